"""The definition of a Gaussian expectation, as quadrature: the referee of the formulas."""

import itertools
from fractions import Fraction

import mpmath
import pytest
from mpmath.calculus.quadrature import GaussLegendre


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
        reach = (15 if wide else 18) * deviation
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
