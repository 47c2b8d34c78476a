"""Limits under narrow and wide Gaussians, against values far out."""

import mpmath
import pytest
import sympy as sp

from symbolic_moments import activation
from symbolic_moments.activations import CATALOGUE
from symbolic_moments.end_behaviour import powers_at_end
from symbolic_moments.limits import half_line_moment, narrow_limit, wide_limit
from symbolic_moments.symbols import mu, sigma, x

NAMES = [record.name for record in CATALOGUE]
CLOSED = [name for name in NAMES if activation(name).family not in ("LG", "NO")]
OPEN = sorted(set(NAMES) - set(CLOSED))
ORDERS = range(4)


def number(expression, **values):
    """A finite value of an expression; NaN is no value."""
    result = mpmath.mpf(sp.N(expression.subs({mu: values.get("mu", 0), sigma: values["sigma"]}), 90))
    assert mpmath.isfinite(result)
    return result


def difference_of_wide_limit(name, width, digits):
    g = activation(name)
    point = {"mu": "3/10", "sigma": width}
    for k in ORDERS:
        limit = wide_limit(g, k)
        with mpmath.workdps(90):
            value = g.hermite(k).evalf(digits, **point)
            yield abs(value - number(limit, mu=sp.Rational(3, 10), sigma=width))


@pytest.mark.parametrize("p", [sp.Integer(0), sp.Rational(1, 2), sp.Integer(3)])
@pytest.mark.parametrize("k", ORDERS)
def test_half_line_moments_are_the_integrals(p, k):
    def integrand(u):
        hermite = mpmath.mpf(2) ** (-mpmath.mpf(k) / 2) * mpmath.hermite(k, u / mpmath.sqrt(2))
        return u ** mpmath.mpf(p) * hermite * mpmath.npdf(u)

    expected = mpmath.quad(integrand, [0, 1, 4, 12, 40])
    assert abs(number(half_line_moment(p, k), sigma=1) - expected) < 1e-13


@pytest.mark.parametrize("name", [name for name in CLOSED if wide_limit(activation(name), 0) is not None])
def test_wide_limits_of_closed_forms(name):
    assert all(error < 1e-11 for error in difference_of_wide_limit(name, 10**14, 90))


# The remainder of softsign and of squareplus falls like log(sigma)/sigma, that of the root of softplus like its root.
@pytest.mark.parametrize("name", OPEN)
def test_wide_limits_of_series_and_integrals(name):
    width, allowed = (10**8, 1e-3) if name == "sqrtsoftplus" else (10**4, 2e-2)
    assert all(error < allowed for error in difference_of_wide_limit(name, width, 12))


def test_what_grows_exponentially_has_no_powers():
    assert wide_limit(activation("exp"), 0) is None
    assert wide_limit(activation("exp(-x)"), 2) is None
    assert powers_at_end(activation("x*exp(x)*Phi(x)"), 1) is None
    assert powers_at_end(activation("sinh(tanh(x) + x)"), 1) is None


def test_what_is_no_sum_of_powers_has_none():
    assert powers_at_end(activation("log(1 + x**2)"), 1) is None
    assert wide_limit(activation("log(1 + x**2)"), 0) is None


BROKEN = [(name, i) for name in CLOSED for i in range(len(activation(name).decomposition.breakpoints))]


@pytest.mark.parametrize(("name", "index"), BROKEN)
@pytest.mark.parametrize("k", ORDERS)
def test_narrow_limits_at_breakpoints(name, index, k):
    g = activation(name)
    place = g.decomposition.breakpoints[index]
    limit = narrow_limit(g, k, index)
    width = sp.Rational(1, 10**25)  # narrow beside 1e-6, the distance of xielu's breakpoints
    value = g.hermite(k).evalf(40, mu=str(place), sigma=str(width))
    if limit == 0:
        assert abs(value) <= 1e-10 * float(width) ** k
    else:
        assert abs(value / number(limit, sigma=width) - 1) < 1e-10


def test_one_of_the_catalogue_has_no_powers():
    assert [name for name in NAMES if wide_limit(activation(name), 0) is None] == ["exp"]


def test_there_are_breakpoints_to_look_at():
    assert len(BROKEN) > 30
    assert ("hardshrink", 1) in BROKEN


@pytest.mark.parametrize("name", ["relu", "hardswish", "elu", "gcu", "gelu", "laplace", "silu", "softsign", "mish"])
@pytest.mark.parametrize("k", ORDERS)
def test_narrow_coefficients_are_derivatives_elsewhere(name, k):
    g = activation(name)
    place = sp.Rational(1, 3)
    derivative = sp.N(sp.diff(g.expression, x, k).subs(x, place).doit(), 30)
    value = g.hermite(k).evalf(30, mu="1/3", sigma="1e-8") / mpmath.mpf("1e-8") ** k
    assert abs(value - mpmath.mpf(derivative)) < 1e-12


def test_a_function_that_is_not_taken_apart_has_no_statement_at_a_breakpoint():
    assert narrow_limit(activation("gelu_10"), 0, 0) is None
