"""Functions of logistic type in forms that neither overflow nor cancel, on arrays and on power series."""

from typing import Any

from codegen.primitives.series_rows import put_into_rows, rows_of_series
from codegen.primitives.taylor import Series, of_product


def falling_exponential(xp: Any, x: Any) -> Any:
    """``exp(-|x|)``."""
    return xp.exp(-xp.abs(x))


def rising_exponential(xp: Any, x: Any) -> Any:
    """``exp(min(x, 350))``, whose square does not overflow."""
    return xp.exp(xp.minimum(x, 350))


def sigmoid(xp: Any, x: Any, shared: Any = None) -> Any:
    """``1 / (1 + exp(-x))``, to full relative accuracy on both sides; of a series: ``1/2 + tanh(x/2)/2``.

    ``shared`` is ``falling_exponential(x)`` if known.
    """
    if isinstance(x, Series):
        half = xp.tanh(x / 2).coefficients
        return Series(x.xp, [sigmoid(x.xp, x.coefficients[0]), *(coefficient / 2 for coefficient in half[1:])])
    fading = falling_exponential(xp, x) if shared is None else shared
    return xp.where(x < 0, fading, 1) / (1 + fading)


def sigmoid_difference(xp: Any, u: Any, v: Any) -> Any:
    """``sigmoid(u) - sigmoid(v) = sign(u - v) sigmoid(above) sigmoid(-below) (1 - exp(below - above))``.

    Next to 0, where its even derivatives vanish, those of series are differences of those of ``tanh(u/2)/2``.
    """
    apart = u - v
    above, below = xp.where(apart < 0, v, u), xp.where(apart < 0, u, v)
    size = sigmoid(xp, above) * sigmoid(xp, -below)
    falling = xp.expm1(-xp.abs(apart))
    product = xp.where(apart < 0, falling, -falling) * size
    if not isinstance(apart, Series) or len(apart.coefficients) < 2:
        return product
    pair = apart.like(u), apart.like(v)
    sizes = apart.xp.abs(pair[0].coefficients[0]) + apart.xp.abs(pair[1].coefficients[0])
    odd = xp.flatnonzero(8 * sizes < apart.xp.abs(apart.coefficients[1]))
    if not len(odd):
        return product
    one, other = (rows_of_series(part, odd) for part in pair)
    tangents = (xp.tanh(one / 2) - xp.tanh(other / 2)) / 2
    return put_into_rows(product, odd, tangents.restarted(product.coefficients[0][odd]))


def reciprocal_expm1(xp: Any, u: Any) -> Any:
    """``1 / (exp(u) - 1)``, to full relative accuracy on both sides; of a series by ``f' = -f (1 + f) u'``."""
    if isinstance(u, Series):
        start, opposite = reciprocal_expm1(u.xp, u.coefficients[0]), reciprocal_expm1(u.xp, -u.coefficients[0])
        return u.solved(start, lambda f, n: -(f[n] + of_product(f, f, n)) if n else start * opposite)
    return xp.where(u < 0, 1, -falling_exponential(xp, u)) / xp.expm1(-xp.abs(u))


def softplus(xp: Any, x: Any, shared: Any = None) -> Any:
    """``log(1 + exp(x))``; of a series: the integral of the sigmoid. ``shared`` as for the sigmoid."""
    if isinstance(x, Series):
        return x.integrated(softplus(x.xp, x.coefficients[0]), sigmoid(xp, x))
    return xp.maximum(x, 0) + xp.log1p(falling_exponential(xp, x) if shared is None else shared)


def sech_squared(xp: Any, x: Any) -> Any:
    """``1 - tanh(x)^2`` without the subtraction."""
    if isinstance(x, Series):
        tangent = xp.tanh(x)
        return Series(x.xp, [sech_squared(x.xp, x.coefficients[0]), *(-(tangent * tangent)).coefficients[1:]])
    fading = falling_exponential(xp, 2 * x)
    return 4 * fading / ((1 + fading) * (1 + fading))


def sech(xp: Any, x: Any) -> Any:
    """``1 / cosh(x) = 2 e^-|x| / (1 + e^(-2|x|))``."""
    if isinstance(x, Series):
        tangent = xp.tanh(x)
        return x.solved(sech(x.xp, x.coefficients[0]), lambda value, n: -of_product(value, tangent.coefficients, n))
    fading = falling_exponential(xp, x)
    return 2 * fading / (1 + fading * fading)


def tanh_softplus(xp: Any, x: Any, shared: Any = None) -> Any:
    """``tanh(softplus(x)) = w / (w + 2)``, ``w = e^x (e^x + 2)``; ``shared`` is ``rising_exponential(x)`` if known."""
    if isinstance(x, Series):
        return xp.tanh(softplus(xp, x))
    rising = rising_exponential(xp, x) if shared is None else shared
    part = rising * (rising + 2)
    return part / (part + 2)


def tanh_softplus_slope(xp: Any, x: Any, shared: Any = None) -> Any:
    """``4 e^x (e^x + 1) / (w + 2)^2``, ``w = e^x (e^x + 2)``, the derivative of ``tanh(softplus(x))``.

    Beyond 350 it stays at 1e-303. ``shared`` is ``rising_exponential(x)`` if known.
    """
    if isinstance(x, Series):
        return sech_squared(xp, softplus(xp, x)) * sigmoid(xp, x)
    rising = rising_exponential(xp, x) if shared is None else shared
    whole = rising * (rising + 2) + 2
    return 4 * rising / whole * ((rising + 1) / whole)


def log_cosh(xp: Any, x: Any) -> Any:
    """``log(cosh(x)) = log1p((e^|x| - 1)^2 e^-|x| / 2)``; beyond 700 it is ``|x|`` and a constant."""
    if isinstance(x, Series):
        return x.integrated(log_cosh(x.xp, x.coefficients[0]), xp.tanh(x))
    size = xp.abs(x)
    near = xp.minimum(size, 700)
    growth = xp.expm1(near)
    return xp.log1p(growth * (growth / (1 + growth)) / 2) + (size - near)


def tanh_rest(xp: Any, x: Any) -> Any:
    """``x - tanh(x)``; for ``|x| < 1`` the series ``sum_k 2k x^(2k+1) / (2k+1)!`` of ``x cosh(x) - sinh(x)``."""
    if isinstance(x, Series):
        tangent = xp.tanh(x)
        return x.integrated(tanh_rest(x.xp, x.coefficients[0]), tangent * tangent)
    near = xp.maximum(xp.minimum(x, 1), -1)
    square = near * near
    total = xp.zeros_like(near)
    for k in range(xp.method["tanh_terms"], 0, -1):
        total = (2 * k + total) * square / ((2 * k) * (2 * k + 1))
    return xp.where(xp.abs(x) < 1, near * total / xp.cosh(near), x - xp.tanh(x))


def log_softplus_slope(xp: Any, x: Any) -> Any:
    """``sigmoid(x) / softplus(x)``, which tends to 1 on the left where both underflow."""
    if isinstance(x, Series):
        start = log_softplus_slope(x.xp, x.coefficients[0])
        falling = sigmoid(xp, -x).coefficients
        return x.solved(
            start, lambda slope, n: of_product(slope, [f - s for f, s in zip(falling, slope, strict=False)], n)
        )
    growth = xp.exp(xp.maximum(xp.minimum(x, 0), -700))
    left = growth / xp.log1p(growth) / (1 + growth)
    return xp.where(x < 0, left, sigmoid(xp, x) / softplus(xp, x))


def sqrt_softplus(xp: Any, x: Any) -> Any:
    """``sqrt(log(1 + exp(x)))``; on the left ``exp(x/2) sqrt(log1p(w)/w)``, ``w = exp(x)``, which underflows later."""
    if isinstance(x, Series):
        slope = log_softplus_slope(xp, x)
        return x.solved(
            sqrt_softplus(x.xp, x.coefficients[0]), lambda root, n: of_product(root, slope.coefficients, n) / 2
        )
    growth = xp.exp(xp.maximum(xp.minimum(x, 0), -700))
    left = xp.exp(xp.minimum(x, 0) / 2) * xp.sqrt(xp.log1p(growth) / growth)
    return xp.where(x < 0, left, xp.sqrt(softplus(xp, x)))


def sum_with_root(xp: Any, x: Any, b: Any) -> Any:
    """``x + sqrt(x^2 + b) = 2 max(x, 0) + b / (|x| + sqrt(x^2 + b))``.

    Of a series next to 0 the plain sum: there odd derivatives of the root are small, and the quotient mixes them.
    """
    apart = 2 * xp.maximum(x, 0) + b / (xp.abs(x) + xp.sqrt(x * x + b))
    return xp.where(x * x < b, x + xp.sqrt(x * x + b), apart) if isinstance(x, Series) else apart


def root_above(xp: Any, x: Any, b: Any, q: Any, gap: Any) -> Any:
    """``sqrt(x^2 + b) - q``, ``gap = b - q^2``: far out ``|x| - q`` and a rest that is small with its derivatives."""
    size, root = xp.abs(x), xp.sqrt(x * x + b)
    far = size - q + b / (size + root)
    return xp.where(x * x > 8 * (q * q + b), far, (x * x + gap) / (root + q))


def damped(xp: Any, fading: Any, growing: Any) -> Any:
    """``fading * growing``, 0 where the first is 0: the second may be infinite there."""
    if isinstance(fading, Series) or isinstance(growing, Series):
        product = fading * growing
        first = fading.coefficients[0] if isinstance(fading, Series) else fading
        return Series(product.xp, [product.xp.where(first == 0, 0, one) for one in product.coefficients])
    return xp.where(fading == 0, 0, fading * growing)
