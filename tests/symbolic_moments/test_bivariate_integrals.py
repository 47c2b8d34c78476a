"""Two-point moments without a closed form against trapezoidal sums and quadrature over both variables."""

import mpmath
import pytest
import sympy as sp

from symbolic_moments import bivariate_moment
from symbolic_moments.symbols import x

NAMES = ("mu_1", "sigma_1", "mu_2", "sigma_2", "rho")


def by_trapezoids(first, second, point, step, digits=40):
    """E[g1 g2] by the trapezoidal rule in two independent variables: exponentially accurate for smooth functions."""
    context = mpmath.MPContext()
    context.dps = digits
    m_1, s_1, m_2, s_2, r = (context.mpf(point[name]) for name in NAMES)
    rest, h = context.sqrt(1 - r * r), context.mpf(step)
    nodes = [(j * h, context.exp(-((j * h) ** 2) / 2)) for j in range(-int(13 / step), int(13 / step) + 1)]
    total = context.fsum(
        w
        * first(context, m_1 + s_1 * u)
        * context.fsum(v_w * second(context, m_2 + s_2 * (r * u + rest * v)) for v, v_w in nodes)
        for u, w in nodes
    )
    return total * h * h / (2 * context.pi)


@pytest.mark.parametrize(("rho", "digits"), [("0.6", 30), ("-0.9990234375", 15)])
def test_two_open_functions_to_many_digits(rho, digits):
    point = {"mu_1": "0.3", "sigma_1": "1", "mu_2": "-0.7", "sigma_2": "0.8", "rho": rho}
    formula = bivariate_moment("tanh", "silu")
    assert formula.kind == "integral"
    reference = by_trapezoids(lambda c, y: c.tanh(y), lambda c, y: y / (1 + c.exp(-y)), point, 0.11)
    assert abs(formula.evalf(digits, **point) / reference - 1) < mpmath.mpf(10) ** (1 - digits)


@pytest.mark.parametrize(
    ("pair", "kinks"),
    [
        (("tanh", "relu"), ((), (0,))),
        (("abs(x)*sigmoid(x)", "abs(x)*tanh(x - 1)"), ((0,), (0,))),
        (("sin", "relu"), ((), (0,))),
    ],
    ids=["one closed", "two kinks", "wave and kink"],
)
def test_open_pairs_with_kinks(two_points, pair, kinks):
    formula = bivariate_moment(*pair)
    assert formula.kind == "integral"
    assert formula.bound
    point = {"mu_1": 0.3, "sigma_1": 1.0, "mu_2": -0.7, "sigma_2": 0.75, "rho": 0.5}
    reference, size = two_points(*pair, kinks, point)
    assert abs(formula.evalf(12, **point) - reference) < 1e-11 * size


def test_what_is_too_large_says_so():
    stairs = sp.Add(*[sp.Max(x - sp.Rational(j, 7), 0) * (-1) ** j for j in range(11)])
    formula = bivariate_moment(stairs, stairs)
    assert formula.kind == "integral"
    assert "more than the 100 that are kept" in formula.derivation()
    assert "more than the 16 that are kept" in bivariate_moment("x**9", "x**8").derivation()


def test_a_wave_damped_beyond_the_digits_is_zero():
    formula = bivariate_moment("erf", "sin")
    point = {"mu_1": 1, "sigma_1": 1, "mu_2": 1, "rho": "-0.8"}
    assert formula.evalf(20, sigma_2=60, **point) == 0
    # by parts over y1 what is left of the wave is exp(-sigma^2/2) and smaller
    assert 0 < abs(formula.evalf(10, sigma_2=10, **point)) < mpmath.mpf(10) ** -12
