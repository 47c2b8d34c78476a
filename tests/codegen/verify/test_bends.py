"""Where the reference is made to look: bends of curved arguments, vertical places, derivatives of what saturates."""

import mpmath
import pytest
from mpmath import libmp

from codegen.verify.definition import read_definition
from codegen.verify.overflow import end_growth
from codegen.verify.reference import reference
from codegen.verify.whole_line import outward_rates


def number(raw):
    return mpmath.mp.make_mpf(raw)


@pytest.mark.parametrize("sigma", [1e4, 1e6])
def test_a_step_of_a_cube_is_seen_under_a_wide_gaussian(sigma):
    """Two rules agreed on 0, neither having seen it."""
    found = reference(read_definition("tanh(x**3)"), 0.7, sigma, 2, 25)
    with mpmath.workdps(40):
        ends = [-20, -2, -1, 0, 1, 2, 20]
        inner = mpmath.quad(lambda y: (mpmath.tanh(y**3) - mpmath.sign(y)) * mpmath.npdf(y, 0.7, sigma), ends)
        wanted = mpmath.erf(mpmath.mpf(0.7) / sigma / mpmath.sqrt(2)) + inner
        assert abs(number(found.moments[0]) / wanted - 1) < mpmath.mpf(10) ** -18


def test_a_reciprocal_with_algebraic_tails_is_seen_under_a_wide_gaussian():
    found = reference(read_definition("1/(1 + x**8)"), 0.0, 1e5, 0, 25)
    with mpmath.workdps(40):
        wanted = 2 * mpmath.quad(
            lambda y: mpmath.npdf(y, 0, 1e5) / (1 + y**8), [0, 0.5, 1, 2, 8, 64, 512, 2**13, 2**17, 1e6]
        )
        assert abs(number(found.moments[0]) / wanted - 1) < mpmath.mpf(10) ** -18


@pytest.mark.parametrize("mu", [0.0, 1.0, -6e-3])
def test_next_to_a_logarithm_there_is_a_reference(mu):
    found = reference(read_definition("log(x**2)"), mu, 1.0, 0, 25)
    with mpmath.workdps(30):
        ends = [
            mu - 12,
            -1,
            *(-(10.0**-k) for k in range(3, 30, 3)),
            0,
            *(10.0**-k for k in range(27, 0, -3)),
            1,
            mu + 12,
        ]
        wanted = mpmath.quad(lambda y: mpmath.log(y * y) * mpmath.npdf(y, mu, 1) if y else 0, sorted(ends))
        assert abs(number(found.moments[0]) - wanted) < mpmath.mpf(10) ** -18


def test_a_derivative_of_what_has_saturated_is_not_lost():
    """1 - tanh(u)^2 needs 5131 bits there, and had 4000."""
    second = read_definition("tanh(x**3)").pieces[0].derivative(2)(libmp.from_float(12.115276586285878), 400)
    with mpmath.workdps(40):
        u = mpmath.mpf(12.115276586285878)
        leading = 4 * mpmath.exp(-2 * u**3) * (6 * u - 18 * u**4)
        assert abs(number(second) / leading - 1) < 1e-30


def test_a_saturated_step_far_from_its_bend_has_its_variance():
    found = reference(read_definition("1/(1 + exp(-x**5))"), 31.0, 1.0, 0, 25)
    assert float(number(found.variance)) == pytest.approx(1.66542044904e-196, rel=1e-10)


def test_a_flat_top_is_no_constant():
    found = reference(read_definition("1/(1 + x**8)"), 0.0, 1e-12, 0, 25)
    assert float(mpmath.log10(number(found.variance))) == pytest.approx(-192 + 6.3044905, abs=1e-6)


def test_roots_of_exponentials_grow_at_their_own_rate():
    definition = read_definition("sqrt(1 + exp(x))")
    assert end_growth(definition, 1) == pytest.approx(0.5)
    assert any(rate == pytest.approx(0.5) for rate in outward_rates(definition))
    assert outward_rates(read_definition("x**2*tanh(x) + exp(-Abs(x))")) == ()
    found = reference(definition, 0.0, 60.0, 0, 25)
    with mpmath.workdps(40):
        assert abs(number(found.moments[0]) / mpmath.exp(450) - 1) < 1e-18
