"""Moments of a function beside its derivatives, against quadrature of the definition."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.special import ndtr

from numeric_backend import kernels
from numeric_backend.errors import KernelError
from numeric_backend.gated_remainder import GatedArrays, gated_remainder
from numeric_backend.gated_variance import gated_variances
from numeric_backend.slope_moments import UnitArrays, slope_moments_of
from numeric_backend.two_point import TwoPointRule

FUNCTIONS = {
    "relu": (lambda y: np.maximum(y, 0), [0.0]),
    "gelu": (lambda y: y * ndtr(y), []),
    "probit": (ndtr, []),
    "relu2": (lambda y: np.maximum(y, 0) ** 2, [0.0]),
    "hardswish": (lambda y: y * np.clip(y + 3, 0, 6) / 6, [-3.0, 3.0]),
    "hardtanh": (lambda y: np.clip(y, -1, 1), [-1.0, 1.0]),
    "cube": (lambda y: y**3, []),
    "identity": (lambda y: y, []),
}
NODES, WEIGHTS = np.polynomial.legendre.leggauss(20)


def panels(mean, deviation, cuts):
    """Points t and weights of the standard normal law, cut where ``mean + deviation t`` is one of the cuts."""
    own = [np.clip((cut - mean) / deviation, -10, 10) for cut in cuts]
    edges = np.unique(np.concatenate([np.linspace(-10, 10, 31), own]))
    length = np.diff(edges)[:, None]
    t = (edges[:-1, None] + length * (NODES + 1) / 2).ravel()
    return t, (length * WEIGHTS / 2).ravel() * np.exp(-(t**2) / 2) / np.sqrt(2 * np.pi)


def pairs_of_points(name, mu, sigma, rho):
    """``g(y_1) g(y_2)``, both t, and the weights of a double integral."""
    g, cuts = FUNCTIONS[name]
    t_1, outer = panels(mu[0], sigma[0], cuts)
    rest = np.sqrt((1 - rho) * (1 + rho))
    total_t1, total_t2, weights, values = [], [], [], []
    for t, weight in zip(t_1, outer, strict=True):
        inner, inner_weights = panels(mu[1] + rho * sigma[1] * t, sigma[1] * rest, cuts)
        t_2 = rho * t + rest * inner
        total_t1.append(np.full_like(t_2, t))
        total_t2.append(t_2)
        weights.append(weight * inner_weights)
        values.append(g(mu[0] + sigma[0] * t) * g(mu[1] + sigma[1] * t_2))
    return tuple(np.concatenate(part) for part in (values, total_t1, total_t2, weights))


def definition(name, mu, sigma, rho):
    """E[g g], s_1 E[g' g], s_1 s_2 E[g' g'], s_1^2 E[g'' g], derivatives moved onto the normal density."""
    values, t_1, t_2, weights = pairs_of_points(name, mu, sigma, rho)
    precision = 1 / ((1 - rho) * (1 + rho))
    u_1, u_2 = (t_1 - rho * t_2) * precision, (t_2 - rho * t_1) * precision
    factors = 1.0, u_1, u_1 * u_2 + rho * precision, u_1**2 - precision
    return np.array([np.sum(weights * values * factor) for factor in factors])


def unit(kernel, mu, sigma, degree):
    arrays = np.array([mu]), np.array([sigma])
    return UnitArrays(*arrays, TwoPointRule(kernel).coefficients(*arrays, degree))


def first_terms(a, b, c, d, rho, last):
    """Sum over k up to ``last`` of the Hermite series of the moment of the a-th and the b-th derivative."""

    def rise(k, m):
        return np.sqrt(np.prod(np.arange(k + 1.0, k + m + 1)))

    return sum(rise(k, a) * c[k + a, 0] * rise(k, b) * d[k + b, 0] * rho**k for k in range(last + 1))


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("rho", [0.05, -0.6, 0.9, -0.98])
def test_moments_against_the_definition(name, rho):
    rng = np.random.default_rng(int(100 * (rho + 2)) + len(name))
    kernel, mu, sigma = kernels.load(name), 1.2 * rng.normal(size=2), rng.uniform(0.3, 2.5, size=2)
    moments = slope_moments_of(kernel)
    P = moments.order
    one, two = (unit(kernel, m, s, P + 2) for m, s in zip(mu, sigma, strict=True))
    given = one, two, np.array([rho]), np.array([1 - abs(rho)])
    c, d = one.coefficients, two.coefficients
    found = np.array(
        [
            moments.value(*given)[0] + first_terms(0, 0, c, d, rho, P),
            moments.slope(*given)[0] + first_terms(1, 0, c, d, rho, P),
            moments.slopes(*given)[0] + first_terms(1, 1, c, d, rho, P - 1),
            moments.bend(*given)[0] + first_terms(2, 0, c, d, rho, P - 1),
        ]
    )
    exact = definition(name, mu, sigma, rho)
    size = np.sqrt(np.prod([np.sum(u.coefficients**2) for u in (one, two)]))
    np.testing.assert_allclose(found, exact, rtol=1e-11, atol=3e-13 * size / (1 - rho**2))


@pytest.mark.parametrize("name", ["relu", "gelu", "hardswish", "probit"])
@pytest.mark.parametrize("rho", [0.3, -0.9])
def test_remainder_of_two_gated_units(name, rho):
    """E[g z g z] less the means and the first degree, z conditionally Gaussian given both y."""
    rng = np.random.default_rng(len(name))
    kernel, mu, sigma = kernels.load(name), rng.normal(size=2), rng.uniform(0.3, 2, size=2)
    unit_1, unit_2, e_1, e_2 = np.linalg.qr(rng.normal(size=(4, 4)))[0]
    unit_2 = rho * unit_1 + np.sqrt(1 - rho**2) * unit_2
    e_2 = e_2 - (e_2 @ unit_2) * unit_2 + 0.4 * (unit_1 - rho * unit_2)
    e_1 = 0.7 * e_1 + 0.2 * (unit_2 - rho * unit_1) + 0.3 * e_2
    e_1 = e_1 - (e_1 @ unit_1) * unit_1
    mean, slope = rng.normal(size=2), rng.normal(size=2)
    moments = slope_moments_of(kernel)
    P = moments.order
    assert P <= 2
    one, two = (unit(kernel, m, s, P + 3) for m, s in zip(mu, sigma, strict=True))
    cross = unit_1 @ e_2, e_1 @ unit_2, e_1 @ e_2
    found = gated_remainder(
        moments,
        *(GatedArrays(u, np.array([m]), np.array([b])) for u, m, b in zip((one, two), mean, slope, strict=True)),
        np.array([rho]),
        np.array([1 - abs(rho)]),
        tuple(np.array([value]) for value in cross),
    )[0]
    values, t_1, t_2, weights = pairs_of_points(name, mu, sigma, rho)
    inverse = np.linalg.inv([[1, rho], [rho, 1]])
    given_1, given_2 = inverse @ [0, cross[1]], inverse @ [cross[0], 0]
    conditional = e_1 @ e_2 - np.array([0, cross[1]]) @ inverse @ [cross[0], 0]
    z_1 = mean[0] + slope[0] * t_1 + given_1[0] * t_1 + given_1[1] * t_2
    z_2 = mean[1] + slope[1] * t_2 + given_2[0] * t_1 + given_2[1] * t_2
    total = np.sum(weights * values * (z_1 * z_2 + conditional))
    for k in range(P + 1):
        A, B = [], []
        for u, m, b in zip((one, two), mean, slope, strict=True):
            C = u.coefficients[:, 0]
            A.append(m * C[k] + b * (np.sqrt(k + 1) * C[k + 1] + (np.sqrt(k) * C[k - 1] if k else 0)))
            B.append(C[k - 1] if k else 0.0)
        total -= A[0] * A[1] * rho**k
        if k:
            total -= np.sqrt(k) * rho ** (k - 1) * (A[0] * B[1] * cross[0] + B[0] * A[1] * cross[1])
            both = (k - 1) * cross[0] * cross[1] * rho ** (k - 2) if k > 1 else 0.0
            total -= B[0] * B[1] * (cross[2] * rho ** (k - 1) + both)
    assert found == pytest.approx(total, rel=1e-10, abs=1e-12)


@settings(max_examples=30, deadline=None)
@given(
    name=st.sampled_from(["relu", "gelu", "hardtanh"]),
    mu=st.floats(-3, 3),
    log_sigma=st.floats(-2, 1.5),
    mean=st.floats(-3, 3),
    slope=st.floats(-3, 3),
    spread=st.floats(0, 4),
)
@example(name="relu", mu=0.0, log_sigma=0.0, mean=0.0, slope=7.970719213138999e-159, spread=0.0)
def test_variance_of_one_unit_by_two_routes(name, mu, log_sigma, mean, slope, spread):
    """The pair formula at rho = 1 and the one-dimensional integral, as far as they are normal doubles."""
    kernel = kernels.load(name)
    sigma = np.exp(log_sigma)
    moments = slope_moments_of(kernel)
    u = unit(kernel, mu, sigma, 4)
    one, zero = np.ones(1), np.zeros(1)
    arrays = GatedArrays(u, mean * one, slope * one)
    left = gated_remainder(moments, arrays, arrays, one, zero, (zero, zero, spread * one))[0]
    C = u.coefficients[:, 0]
    A_1 = mean * C[1] + slope * (np.sqrt(2) * C[2] + C[0])
    variance, error = gated_variances(kernel, mu * one, sigma * one, mean * one, slope * one, spread * one)
    scale = variance[0] + (C[0] ** 2 + C[1] ** 2) * (mean**2 + slope**2 + spread)
    assert error[0] <= 1e-11 * scale
    assert left + A_1**2 + C[0] ** 2 * spread == pytest.approx(variance[0], abs=3e-13 * scale + np.finfo(float).tiny)


@pytest.mark.parametrize("name", ["heaviside", "elu", "silu", "hardshrink"])
def test_what_has_no_closed_moments_says_so(name):
    assert slope_moments_of(kernels.load(name)) is None


def test_unit_that_is_constant_has_no_remainder():
    kernel, one, zero = kernels.load("relu"), np.ones(1), np.zeros(1)
    constant, other = unit(kernel, 2.0, 0.0, 3), unit(kernel, 0.5, 1.0, 3)
    moments = slope_moments_of(kernel)
    first, second = GatedArrays(constant, one, zero), GatedArrays(other, one, one)
    for pair in ((first, second), (second, first)):
        cross = (zero, 0.3 * one, 0.2 * one) if pair[0] is first else (0.3 * one, zero, 0.2 * one)
        assert gated_remainder(moments, *pair, zero, one, cross)[0] == pytest.approx(0.0, abs=1e-15)


def test_variance_of_what_waves_too_fast_is_refused():
    sine = kernels.load("sin")
    with pytest.raises(KernelError, match=r"cannot be integrated at 1 of 2 units, first at mu=500, sigma=100"):
        gated_variances(sine, *(np.array(v) for v in ([0.0, 500.0], [1.0, 100.0], [0.0, 0.0], [1.0, 1.0], [1.0, 1.0])))
