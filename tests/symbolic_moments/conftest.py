"""The definition of a Gaussian expectation, over one variable or two, as quadrature: the referee of the formulas."""

import itertools
from fractions import Fraction

import mpmath
import pytest
import sympy as sp
from mpmath.calculus.quadrature import GaussLegendre

from symbolic_moments import activation, bivariate_moment
from symbolic_moments.normal import Phi
from symbolic_moments.symbols import x


class Definition:
    """E[f(y)], y ~ N(mean, deviation^2), by composite Gauss-Legendre quadrature at 50 digits.

    Panels are two deviations wide and cut at the kinks; the window reaches from the mean, and from 0, where an
    activation may pull the peak of the integrand, to where the density is below the precision. A Gaussian that an
    exponential tilts has its peak elsewhere: `tilted_mean` says where, and `peaks` takes it.
    """

    def __init__(self):
        self.context = mpmath.MPContext()
        self.context.dps = 50
        self.rule = GaussLegendre(self.context).calc_nodes(5, self.context.prec + 20)

    def number(self, value):
        exact = Fraction(value)
        return self.context.mpf(exact.numerator) / exact.denominator

    def tilted_mean(self, mean, deviation, rate, square=0):
        """The peak of exp(rate y - square y^2) times the density."""
        mean, variance = self.number(mean), self.number(deviation) ** 2
        return (mean + self.number(rate) * variance) / (1 + 2 * self.number(square) * variance)

    def expectations(self, functions, mean, deviation, kinks=(), wide=True, peaks=()):
        """Pairs (E[f], E|f|) for a function returning a list of values, its nodes shared by all of them."""
        context, mean, deviation = self.context, self.number(mean), self.number(deviation)
        reach = (17 if wide else 18) * deviation
        centres = [mean, *peaks, context.zero] if wide else [mean, *peaks]
        low, high = min(centres) - reach, max(centres) + reach
        cuts = [low + 2 * deviation * j for j in range(int((high - low) / (2 * deviation)) + 1)]
        cuts = sorted({*cuts, high, *[context.mpf(k) for k in kinks if low < k < high]})
        totals, sizes = None, None
        for a, b in itertools.pairwise(cuts):
            for node, weight in self.rule:
                y = (a + b) / 2 + (b - a) / 2 * node
                z = (y - mean) / deviation
                factor = weight * (b - a) / 2 * context.exp(-z * z / 2)
                values = [factor * value for value in functions(context, y, z)]
                totals = values if totals is None else [t + v for t, v in zip(totals, values, strict=True)]
                absolute = [abs(v) for v in values]
                sizes = absolute if sizes is None else [t + v for t, v in zip(sizes, absolute, strict=True)]
        norm = deviation * context.sqrt(2 * context.pi)
        return [(total / norm, size / norm) for total, size in zip(totals, sizes, strict=True)]

    def check(self, value, reference, digits=30):
        """Require `digits` digits relative to the reference, or to E|f| where the reference cancels beyond 50."""
        total, size = reference
        value = self.context.convert(value)
        assert not self.context.isnan(value)
        error = abs(value - total)
        assert error <= self.context.mpf(10) ** -digits * abs(total) + self.context.mpf(10) ** -42 * size, (
            f"{self.context.nstr(value, 35)} against {self.context.nstr(total, 35)}, "
            f"E|f| = {self.context.nstr(size, 5)}"
        )

    def hermite(self, order, z):
        """He_order(z), by its recurrence."""
        previous, current = 0, self.context.one
        for j in range(order):
            previous, current = current, z * current - j * previous
        return current


@pytest.fixture(scope="session")
def definition():
    return Definition()


class TwoPoints:
    """E[g1 g2] over y1 and, given it, y2, by composite Gauss-Legendre quadrature; some 20 digits."""

    def __init__(self):
        self.context = mpmath.MPContext()
        self.context.dps = 25
        self.rule = GaussLegendre(self.context).calc_nodes(4, self.context.prec + 20)

    def function(self, spec):
        whole = activation(spec).expression.replace(Phi, lambda u: (1 + sp.erf(u / sp.sqrt(2))) / 2)
        names = ("exp", "sin", "cos", "tanh", "erf", "sqrt", "mpf", "pi", "log")
        own = {name: getattr(self.context, name) for name in names}
        own |= {"Heaviside": lambda u, at=0: self.context.mpf(u > 0)}
        return sp.lambdify(x, whole, [own, "mpmath"])

    def nodes(self, kinks, reach=12):
        """Nodes in a standard normal variable with the weights times the density; 12 where an exponential grows."""
        context = self.context
        cuts = sorted(
            {*(context.mpf(j) for j in range(-reach, reach + 1, 3)), *(kink for kink in kinks if abs(kink) < reach)}
        )
        for low, high in itertools.pairwise(cuts):
            middle, half = (low + high) / 2, (high - low) / 2
            for node, weight in self.rule:
                u = middle + half * node
                yield u, half * weight * context.exp(-u * u / 2) / context.sqrt(2 * context.pi)

    def __call__(self, first, second, kinks, point):
        """The moment, and sqrt(E[g1^2] E[g2^2])."""
        context = self.context
        m_1, s_1, m_2, s_2, r = (context.mpf(point[name]) for name in ("mu_1", "sigma_1", "mu_2", "sigma_2", "rho"))
        left, right = self.function(first), self.function(second)
        reach = 12 if any("exp" in spec for spec in (first, second)) else 9
        rest = s_2 * context.sqrt(1 - r * r)
        fixed = None if kinks[1] else list(self.nodes((), reach))
        total, square = [], []
        for u, weight in self.nodes([(kink - m_1) / s_1 for kink in kinks[0]], reach):
            mean, value = m_2 + r * s_2 * u, left(m_1 + s_1 * u)
            inner = fixed or self.nodes([(kink - mean) / rest for kink in kinks[1]], reach)
            total.append(weight * value * context.fsum(w * right(mean + rest * v) for v, w in inner) if value else 0)
            square.append(weight * value**2)
        others = [
            w * right(m_2 + s_2 * v) ** 2 for v, w in self.nodes([(kink - m_2) / s_2 for kink in kinks[1]], reach)
        ]
        return context.fsum(total), context.sqrt(context.fsum(square) * context.fsum(others))

    def check(self, first, second, kinks, point, digits=16):
        formula = bivariate_moment(first, second)
        reference, size = self(first, second, kinks, point)
        value = self.context.convert(formula.evalf(20, **point))
        assert abs(value - reference) <= self.context.mpf(10) ** -digits * size, (value, reference, size, point)
        return formula


@pytest.fixture(scope="session")
def two_points():
    return TwoPoints()
