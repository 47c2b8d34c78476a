"""Taylor arithmetic: the text of an activation run on truncated power series gives its derivatives of any order."""

from typing import Any


class Series:
    """``sum_n coefficients[n] h^n``: arithmetic of power series in h, comparisons by their value at h = 0."""

    __array_ufunc__ = None  # an array times a series is a series

    def __init__(self, xp: Any, coefficients: Any):
        self.xp = xp
        self.coefficients = coefficients
        self.orders: list[int] = []

    def like(self, other: Any) -> Any:
        """``other`` as a series of the same length."""
        if isinstance(other, Series):
            return other
        zero = self.xp.zeros_like(self.coefficients[0])
        return Series(self.xp, [zero + other] + [zero] * (len(self.coefficients) - 1))

    def __add__(self, other: Any) -> Any:
        pairs = zip(self.coefficients, self.like(other).coefficients, strict=True)
        return Series(self.xp, [a + b for a, b in pairs])

    def __neg__(self) -> Any:
        return Series(self.xp, [-a for a in self.coefficients])

    def __sub__(self, other: Any) -> Any:
        return self + (-self.like(other))

    def __rsub__(self, other: Any) -> Any:
        return self.like(other) + (-self)

    def __mul__(self, other: Any) -> Any:
        a, b = self.coefficients, self.like(other).coefficients
        return Series(self.xp, [of_product(a, b, n) for n in range(len(a))])

    def __truediv__(self, other: Any) -> Any:
        a, b = self.coefficients, self.like(other).coefficients
        quotient: list[Any] = []
        for n in range(len(a)):
            quotient.append((a[n] - sum(quotient[i] * b[n - i] for i in range(n))) / b[0])
        return Series(self.xp, quotient)

    def __rtruediv__(self, other: Any) -> Any:
        return self.like(other) / self

    def __pow__(self, exponent: int) -> Any:
        result = self
        for _ in range(exponent - 1):
            result = result * self
        return result

    def __lt__(self, other: Any) -> Any:
        return self.coefficients[0] < self.like(other).coefficients[0]

    def __gt__(self, other: Any) -> Any:
        return self.coefficients[0] > self.like(other).coefficients[0]

    def __le__(self, other: Any) -> Any:
        return self.coefficients[0] <= self.like(other).coefficients[0]

    def __ge__(self, other: Any) -> Any:
        return self.coefficients[0] >= self.like(other).coefficients[0]

    __radd__ = __add__
    __rmul__ = __mul__

    def restarted(self, start: Any) -> Any:
        """The series with another value at h = 0."""
        return Series(self.xp, [start, *self.coefficients[1:]])

    def integrated(self, start: Any, factor: Any) -> Any:
        """The series with value ``start`` whose derivative is ``factor`` times the derivative of this one."""
        f = factor.coefficients
        return Series(self.xp, [start, *(self.increment(f, n) for n in range(1, len(self.coefficients)))])

    def solved(self, start: Any, factor: Any) -> Any:
        """The series u with u(0) = start and ``u' = f(u) x'``; ``factor(u, n)`` is coefficient n of f(u).

        It is asked in the order of n and sees the coefficients 0 to n of u.
        """
        values, factors = [start], []
        for n in range(1, len(self.coefficients)):
            factors.append(factor(values, n - 1))
            values.append(self.increment(factors, n))
        return Series(self.xp, values)

    def increment(self, slope: Any, n: int) -> Any:
        """Coefficient n of the integral of ``slope`` times the derivative of this; what is 0 everywhere is left out."""
        x = self.coefficients
        if not self.orders:
            self.orders = [1, *(i for i in range(2, len(x)) if len(self.xp.flatnonzero(x[i] != 0)))]
        return sum(i * x[i] * slope[n - i] for i in self.orders if i <= n) / n

    def rooted(self, start: Any) -> Any:
        """The series r with r(0) = start and ``r^2`` = this one."""
        x = self.coefficients
        root = [start]
        for n in range(1, len(x)):
            root.append((x[n] - sum(root[i] * root[n - i] for i in range(1, n))) / (2 * start))
        return Series(self.xp, root)


def of_product(a: Any, b: Any, n: int) -> Any:
    """Coefficient n of the product of two power series."""
    return sum(a[i] * b[n - i] for i in range(n + 1))


def taylor_namespace(xp: Any) -> Any:
    """The names of ``xp`` that activations use, for series; whatever is no series goes to ``xp`` itself."""

    def lifted(name: str, rule: Any) -> Any:
        plain: Any = getattr(xp, name, None)
        return lambda u: rule(u, plain(u.coefficients[0])) if isinstance(u, Series) else plain(u)

    def where(condition: Any, a: Any, b: Any) -> Any:
        if not isinstance(a, Series) and not isinstance(b, Series):
            return xp.where(condition, a, b)
        model = a if isinstance(a, Series) else b
        pairs = zip(model.like(a).coefficients, model.like(b).coefficients, strict=True)
        return Series(xp, [xp.where(condition, p, q) for p, q in pairs])

    def gaussian(u: Any, factor: Any) -> Any:
        return functions.exp(-(u * u)) * factor

    def hyperbolic(u: Any, value: Any) -> Any:
        decay = xp.exp(-2 * xp.abs(u.coefficients[0]))
        complement = 4 * decay / ((1 + decay) * (1 + decay))

        return u.solved(value, lambda t, n: -of_product(t, t, n) if n else complement)

    functions: Any = TaylorNames(xp)
    functions.where = where
    functions.abs = lambda u: where(u < 0, -u, u)
    functions.maximum = lambda a, b: where(a < b, b, a)
    functions.minimum = lambda a, b: where(a > b, b, a)
    functions.sign = lambda u: where(u > 0, u * 0 + 1, where(u < 0, u * 0 - 1, u * 0))
    functions.zeros_like = lambda u: u * 0
    functions.exp = lifted("exp", lambda u, value: u.solved(value, lambda e, n: e[n]))
    functions.expm1 = lifted("expm1", lambda u, value: functions.exp(u).restarted(value))
    functions.log = lifted("log", lambda u, value: u.integrated(value, 1 / u))
    functions.log1p = lifted("log1p", lambda u, value: u.integrated(value, 1 / (1 + u)))
    functions.sqrt = lifted("sqrt", lambda u, value: u.rooted(value))
    functions.tanh = lifted("tanh", hyperbolic)
    functions.sinh = lifted("sinh", lambda u, value: (functions.exp(u) - functions.exp(-u)) / 2)
    functions.cosh = lifted("cosh", lambda u, value: (functions.exp(u) + functions.exp(-u)) / 2)
    functions.arctan = lifted("arctan", lambda u, value: u.integrated(value, 1 / (1 + u * u)))
    functions.arcsinh = lifted("arcsinh", lambda u, value: u.integrated(value, 1 / functions.sqrt(1 + u * u)))
    functions.sin = lifted("sin", lambda u, value: trigonometric(u)[0])
    functions.cos = lifted("cos", lambda u, value: trigonometric(u)[1])
    functions.erf = lifted("erf", lambda u, value: u.integrated(value, gaussian(u, 2 / xp.sqrt(xp.pi))))
    functions.ndtr = lifted("ndtr", lambda u, value: u.integrated(value, gaussian(u / xp.sqrt(2), 1 / xp.sqrt2pi)))
    return functions


class TaylorNames:
    """Names of another namespace, some of them replaced."""

    def __init__(self, names: Any):
        self._names = names

    def __getattr__(self, name: str) -> Any:
        return getattr(self._names, name)


def trigonometric(u: Any) -> Any:
    """Sine and cosine of a series."""
    xp, x = u.xp, u.coefficients
    sine, cosine = [xp.sin(x[0])], [xp.cos(x[0])]
    for n in range(1, len(x)):
        sine.append(u.increment(cosine, n))
        cosine.append(-u.increment(sine, n))
    return Series(xp, sine), Series(xp, cosine)


def derivatives_of(xp: Any, function: Any, x: Any, degree: int) -> Any:
    """``f^(k)(x)``, k = 0 .. degree, by running ``function`` on the series ``x + h``; 171! is beyond the doubles."""
    zero = xp.zeros_like(x)
    variable = Series(xp, ([x, zero + 1] + [zero] * degree)[: degree + 1])
    values = function(taylor_namespace(xp), variable).coefficients
    factorial = 1
    results = []
    for k, value in enumerate(values):
        factorial = factorial * max(k, 1) if k <= 170 else factorial
        value = value * factorial
        for j in range(171, k + 1):
            value = value * j
        results.append(value)
    return results
