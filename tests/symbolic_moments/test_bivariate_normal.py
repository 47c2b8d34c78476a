"""The bivariate normal distribution function against integrals over one variable, and its exact limits."""

from fractions import Fraction

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from symbolic_moments.bivariate_cdf import bivariate_cdf
from symbolic_moments.bivariate_normal import Phi2
from symbolic_moments.evaluation import Evaluator
from symbolic_moments.mpmath_context import working_context
from symbolic_moments.normal import Phi

CONTEXT = working_context(40)


def by_conditioning(h, k, r):
    """int_{-oo}^h phi(x) Phi((k - r x)/sqrt(1 - r^2)) dx, its peak taken out: a relative error of about 1e-30."""
    root = CONTEXT.sqrt(1 - r * r)

    def logarithm(u):
        t = (k - r * u) / root
        return -u * u / 2 - (t * t / 2 + CONTEXT.log(1 - t) if t < 0 else 0)

    def integrand(u):
        return CONTEXT.exp(-u * u / 2 - peak) * CONTEXT.ncdf((k - r * u) / root)

    grid = [h - CONTEXT.mpf(j) / 8 for j in range(161)]
    peak = max(logarithm(u) for u in grid)
    found = [j for j, u in enumerate(grid) if logarithm(u) - peak > -95]
    cuts = sorted({grid[j] for j in (*found, max(0, found[0] - 1), min(160, found[-1] + 1))})
    return CONTEXT.quad(integrand, cuts, method="gauss-legendre") * CONTEXT.exp(peak) / CONTEXT.sqrt(2 * CONTEXT.pi)


@settings(max_examples=25, deadline=None)
@given(h=st.floats(-6, 4), k=st.floats(-6, 4), r=st.floats(-0.98, 0.98))
def test_it_is_the_probability_even_in_the_tails(h, k, r):
    h, k, r = map(CONTEXT.mpf, (h, k, r))
    reference = by_conditioning(h, k, r)
    assert abs(bivariate_cdf(CONTEXT, h, k, r) - reference) <= CONTEXT.mpf(10) ** -25 * reference


@pytest.mark.parametrize(
    "point", [(-30, -20, -0.875), (-30, -29, 1 - 2.0**-20), (3, -3, 2.0**-26 - 1), (5, 5, 2.0**-7 - 1)]
)
def test_more_digits_change_nothing(point):
    few, many = working_context(30), working_context(70)
    values = [bivariate_cdf(c, *(c.mpf(number) for number in point)) for c in (few, many)]
    assert values[1] > 0
    assert abs(values[0] / values[1] - 1) < many.mpf(10) ** -28


def test_quadrants_slices_and_limits():
    half = sp.Rational(1, 2)
    h, k, r = sp.symbols("h k r", real=True)
    assert Phi2(0, 0, r) == sp.Rational(1, 4) + sp.asin(r) / (2 * sp.pi)
    assert Phi2(h, k, 0) == Phi(h) * Phi(k)
    assert Phi2(h, sp.oo, half) == Phi2(sp.oo, h, half) == Phi(h)
    assert Phi2(-sp.oo, k, half) == 0
    assert Phi2(1, 2, 1) == Phi(1)
    assert Phi2(-1, half, -1) == 0
    one, two = CONTEXT.one, CONTEXT.mpf(2)
    assert bivariate_cdf(CONTEXT, one, two, one) == CONTEXT.ncdf(1)
    assert abs(bivariate_cdf(CONTEXT, one, two, -one) - (CONTEXT.ncdf(1) - CONTEXT.ncdf(-2))) < 1e-38
    assert bivariate_cdf(CONTEXT, -one, one, -one) == 0
    assert bivariate_cdf(CONTEXT, CONTEXT.inf, two, -one) == CONTEXT.ncdf(2)
    assert CONTEXT.isnan(bivariate_cdf(CONTEXT, CONTEXT.nan, two, -one))


def test_the_four_quadrants_make_a_whole():
    h, k, r = (CONTEXT.mpf(number) for number in ("0.7", "-1.3", "0.45"))
    signs = [(1, 1), (1, -1), (-1, 1), (-1, -1)]
    total = CONTEXT.fsum(bivariate_cdf(CONTEXT, a * h, b * k, a * b * r) for a, b in signs)
    assert abs(total - 1) < CONTEXT.mpf(10) ** -38


@pytest.mark.parametrize("place", [0, 1, 2])
def test_derivatives_are_those_of_the_values(place):
    symbols = sp.symbols("h k r", real=True)
    point = [Fraction(1, 3), Fraction(-2, 3), Fraction(2, 5)]
    evaluator = Evaluator(CONTEXT, dict(zip(symbols, point, strict=True)))
    slope = evaluator.real(evaluator(sp.diff(Phi2(*symbols), symbols[place])))
    step = Fraction(1, 10**12)
    ends = []
    for sign in (-1, 1):
        moved = [value + sign * step * (index == place) for index, value in enumerate(point)]
        ends.append(bivariate_cdf(CONTEXT, *(CONTEXT.mpf(value.numerator) / value.denominator for value in moved)))
    assert abs((ends[1] - ends[0]) * 10**12 / 2 - slope) < CONTEXT.mpf(10) ** -20


def test_it_prints_as_mathematics_and_evaluates_in_sympy():
    x = sp.Symbol("x", real=True)
    assert sp.latex(Phi2(x, 1, sp.Rational(1, 2))) == r"\Phi_2\left(x, 1, \frac{1}{2}\right)"
    value = Phi2(1, sp.Rational(-1, 2), sp.Rational(1, 3)).evalf(40)
    reference = bivariate_cdf(CONTEXT, CONTEXT.one, CONTEXT.mpf("-0.5"), CONTEXT.one / 3)
    assert abs(CONTEXT.mpf(str(value)) - reference) < CONTEXT.mpf(10) ** -37
