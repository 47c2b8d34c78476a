"""Two-point covariances of saturating functions under Gaussians far wider, and far narrower, than their slope."""

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from numeric_backend import kernels, two_point_covariance

HARDTANH = kernels.load("hardtanh")
exponents = st.floats(-1.0, 6.0)


def clip(y):
    return max(mp.mpf(-1), min(mp.mpf(1), y))


def clip_mean(mean, deviation):
    def ramp(place):
        t = (mean - place) / deviation
        return (mean - place) * mp.ncdf(t) + deviation * mp.npdf(t)

    return -1 + ramp(-1) - ramp(1)


def from_the_definition(mu_1, sigma_1, mu_2, sigma_2, rho):
    """``E[(g(y_1) - E g) (E[g(y_2) | y_1] - E g)]`` by quadrature over y_1, cut at every kink."""
    with mp.workdps(25):
        mu_1, sigma_1, mu_2, sigma_2, rho = (mp.mpf(float(v)) for v in (mu_1, sigma_1, mu_2, sigma_2, rho))
        means = clip_mean(mu_1, sigma_1), clip_mean(mu_2, sigma_2)
        rest = sigma_2 * mp.sqrt(1 - rho**2)

        def integrand(z):
            given_z = clip_mean(mu_2 + rho * sigma_2 * z, rest) - means[1]
            return (clip(mu_1 + sigma_1 * z) - means[0]) * given_z * mp.npdf(z)

        kinks = [(c - mu_1) / sigma_1 for c in (-1, 1)] + [(c - mu_2) / (rho * sigma_2) for c in (-1, 1)]
        cuts = sorted({mp.mpf(k) for k in range(-10, 11, 2)} | {k for k in kinks if abs(k) < 10})
        return float(mp.quad(integrand, cuts))


@settings(max_examples=5)
@given(
    exponents, exponents, st.floats(-2.0, 2.0), st.floats(-2.0, 2.0), st.floats(0.05, 0.95), st.sampled_from([-1, 1])
)
def test_covariances_keep_their_digits_however_wide_the_gaussians(e_1, e_2, t_1, t_2, size, sign):
    sigma_1, sigma_2, rho = 10.0**e_1, 10.0**e_2, sign * size
    mu_1, mu_2 = t_1 * max(sigma_1, 1.0), t_2 * max(sigma_2, 1.0)
    found = float(two_point_covariance(HARDTANH, mu_1, sigma_1, mu_2, sigma_2, rho).value)
    spread = float(np.sqrt(HARDTANH.variance(mu_1, sigma_1)) * np.sqrt(HARDTANH.variance(mu_2, sigma_2)))
    assert abs(found - from_the_definition(mu_1, sigma_1, mu_2, sigma_2, rho)) <= 1e-13 * spread


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("exponent", range(-9, 7))
def test_correlation_one_gives_the_variance_of_the_kernel(exponent, sign):
    sigma = 10.0**exponent
    mu = np.linspace(-3, 3, 41) * max(sigma, 1.2)
    found = two_point_covariance(HARDTANH, mu, sigma, sign * mu, sigma, float(sign)).value
    expected = HARDTANH.variance(mu, sigma)
    assert np.all(np.abs(sign * found - expected) <= 2e-13 * expected + 1e-290)


def test_nothing_warns_on_the_way_to_a_kink_out_of_reach():
    with np.errstate(all="raise", under="ignore"):
        found = two_point_covariance(HARDTANH, [0.999, -1.2], 1e-4, [5.0, 1.0], 1e-5, [[1.0], [-0.3], [0.9999]])
    assert np.isfinite(found.value).all()
