"""Gains, fixed points and the critical line against plain quadrature and printed numbers."""

import mpmath
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from symbolic_moments import signal_propagation

mp = mpmath.MPContext()
mp.dps = 30

DEFINITIONS = {
    "relu": (lambda y: max(y, 0), lambda y: mp.mpf(y > 0)),
    "tanh": (mp.tanh, lambda y: mp.sech(y) ** 2),
    "elu": (lambda y: y if y > 0 else mp.expm1(y), lambda y: mp.mpf(1) if y > 0 else mp.exp(y)),
    "erf": (mp.erf, lambda y: 2 * mp.exp(-y * y) / mp.sqrt(mp.pi)),
    "silu": (lambda y: y / (1 + mp.exp(-y)), lambda y: (1 + y / (1 + mp.exp(y))) / (1 + mp.exp(-y))),
}


def mean_square(function, q):
    scale = mp.sqrt(q)
    return mp.quad(lambda z: function(scale * z) ** 2 * mp.npdf(z), [-12, -6, -3, -1, 0, 1, 3, 6, 12])


@pytest.mark.parametrize("name", ["relu", "tanh", "elu", "erf"])
def test_gains_are_their_definition(name):
    found, (function, slope) = signal_propagation(name), DEFINITIONS[name]
    assert abs(found.gain(20) - 1 / mp.sqrt(mean_square(function, 1))) < 1e-18
    assert abs(found.slope_gain(20) - 1 / mp.sqrt(mean_square(slope, 1))) < 1e-18


@given(
    name=st.sampled_from(["tanh", "elu", "silu"]),
    sigma_w=st.fractions("1.2", "1.8", max_denominator=20),
    sigma_b=st.fractions("0.05", "0.5", max_denominator=20),
)
@settings(max_examples=6, deadline=None)
def test_fixed_points_are_fixed(name, sigma_w, sigma_b):
    found, (function, slope) = signal_propagation(name), DEFINITIONS[name]
    points = found.fixed_points(sigma_w, sigma_b, digits=12)
    weight, bias = (mp.mpf(v.numerator) / v.denominator for v in (sigma_w, sigma_b))
    for point in points:
        q = mp.mpf(point.q)
        assert abs(weight**2 * mean_square(function, q) + bias**2 - q) < 1e-11 * q
        assert abs(weight**2 * mean_square(slope, q) - point.chi_1) < 1e-10
        step = q * mp.mpf("1e-6")
        change = weight**2 * (mean_square(function, q + step) - mean_square(function, q - step)) / (2 * step)
        assert point.stable == (change < 1)


def test_relu_maps_every_size_to_a_multiple():
    found = signal_propagation("relu")
    assert found.gain(30) == found.slope_gain(30)
    with pytest.raises(ValueError, match="every q is a fixed point of relu"):
        found.fixed_points(sp.sqrt(2))
    (point,) = found.fixed_points(1, 2)
    assert abs(point.q - 8) < 1e-13
    assert point.stable
    assert found.critical(3).sigma_b == 0


def test_selu_keeps_unit_variance():
    """Klambauer et al. 2017, equation 2: mean 0 and variance 1 are a fixed point with unit weights."""
    found = signal_propagation("selu")
    assert abs(found.gain(25) - 1) < 1e-24
    assert [round(float(point.q), 12) for point in found.fixed_points(1)] == [0, 1]
    assert found.published.value == sp.Rational(3, 4)


def test_a_printed_point_of_the_critical_line_of_tanh():
    """Pennington, Schoenholz, Ganguli 2017 (arXiv 1711.04735) work at sigma_w^2 = 1.05, sigma_b^2 = 2.01e-5."""
    found = signal_propagation("tanh")
    with mpmath.workdps(20):
        q = mpmath.findroot(lambda q: found.critical(q).sigma_w ** 2 - mpmath.mpf("1.05"), (0.01, 0.05), tol=1e-12)
    assert float(found.critical(q).sigma_b ** 2) == pytest.approx(2.01e-5, rel=3e-3)


def test_the_printed_gain_of_tanh_lets_the_signal_grow():
    """5/3 is above the exact 1.5925...: the second moment settles above 1, in the chaotic phase."""
    found = signal_propagation("tanh")
    assert found.published.value - sp.Float(float(found.gain())) > 0.07
    zero, fixed = found.fixed_points(found.published.value)
    assert not zero.stable
    assert fixed.q > 1
    assert fixed.chi_1 > 1


def test_a_function_that_jumps_has_no_critical_line():
    found = signal_propagation("hardshrink")
    assert found.chi_1(1, 1) == mpmath.inf
    assert found.slope_gain() == 0
    assert found.critical(1) is None
    with pytest.raises(ValueError, match="hardshrink jumps at x = -1/2"):
        found.slope_second_moment()


@pytest.mark.parametrize(("sigma_w", "sigma_b"), [(-1, 0), (1, "-0.5")])
def test_standard_deviations_are_not_negative(sigma_w, sigma_b):
    with pytest.raises(ValueError, match="a standard deviation is at least 0"):
        signal_propagation("tanh").fixed_points(sigma_w, sigma_b)


def test_parameters_need_values():
    with pytest.raises(ValueError, match="the parameters slope have no value"):
        signal_propagation("leaky_relu", slope="slope")
    exact = signal_propagation("leaky_relu", slope="1/5")
    assert abs(exact.gain(20) - mpmath.sqrt(2 / (1 + mpmath.mpf("0.04")))) < 1e-15
