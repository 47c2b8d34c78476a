"""The fraction of variance unexplained where only a series is known, and in hard geometry."""

from types import SimpleNamespace

import numpy as np
import pytest

import polywick as pw
from numeric_backend.errors import InputError
from polywick.fvu import unexplained_variance


def sine_covariance(m_1, s_1, m_2, s_2, rho):
    cross = rho * s_1 * s_2
    damping = np.exp(-(s_1**2 + s_2**2) / 2)
    return damping * (np.expm1(cross) * np.cos(m_1 - m_2) - np.expm1(-cross) * np.cos(m_1 + m_2)) / 2


def sine_coefficients(mu, sigma, degree):
    k = np.arange(degree + 1)[:, None]
    return sigma**k * np.exp(-(sigma**2) / 2) * np.sin(mu + k * np.pi / 2)


SINE = SimpleNamespace(
    KERNEL={"name": "sine"},
    activation=np.sin,
    hermite_coefficients=sine_coefficients,
    variance=lambda mu, sigma: sine_covariance(mu, sigma, mu, sigma, 1.0),
)


@pytest.mark.parametrize("scale", [0.5, 2.0, 7.0])
def test_interval_holds_the_exact_fraction(scale):
    """sin has closed covariances; its series stops at 64 terms, which scale 7 outgrows."""
    rng = np.random.default_rng(int(10 * scale))
    W1, b1, W2 = scale * rng.normal(size=(6, 3)) / np.sqrt(3), rng.normal(size=6), rng.normal(size=(2, 6))
    net = pw.MLP(W1, b1, W2, np.zeros(2), SINE)
    gaussian = pw.Gaussian.standard(3)
    P = pw.approximate(net, gaussian, 2)
    sigma = np.linalg.norm(W1, axis=1)
    rho = np.clip(W1 @ W1.T / np.outer(sigma, sigma), -1, 1)
    cov = sine_covariance(b1[:, None], sigma[:, None], b1, sigma, rho)
    c = sine_coefficients(b1, sigma, 2)
    explained = np.outer(c[1], c[1]) * rho + np.outer(c[2], c[2]) * rho**2 / 2
    residual, variance = np.diag(W2 @ (cov - explained) @ W2.T), np.diag(W2 @ cov @ W2.T)
    exact = residual.sum() / variance.sum()
    low, high = P.fvu_interval
    assert low - 1e-13 <= exact <= high + 1e-13
    lows, highs = P.fvu_interval_per_output.T
    assert ((lows - 1e-13 <= residual / variance) & (residual / variance <= highs + 1e-13)).all()
    assert ((lows <= P.fvu_per_output) & (P.fvu_per_output <= highs)).all()
    assert low <= P.fvu <= high
    assert abs(P.fvu - exact) < 1e-12 if scale < 2.5 else high - low > 1e-12
    assert ("certainly" in repr(P)) == (low != high)


@pytest.mark.parametrize("name", ["elu", "selu"])
def test_exponentials_are_exact(name):
    """No interval is left, the series of the same kernel holds the fraction in its own, and it gets there."""
    rng = np.random.default_rng(11)
    W1, b1, W2 = rng.normal(size=(7, 3)), rng.normal(size=7), rng.normal(size=(2, 7))
    kernel = pw.MLP(W1, b1, W2, np.zeros(2), name).kernel
    members = {member: getattr(kernel, member) for member in ("activation", "hermite_coefficients", "variance")}
    series = SimpleNamespace(KERNEL={"name": "series"}, **members)
    exact, summed = (
        pw.approximate(pw.MLP(W1, b1, W2, np.zeros(2), g), pw.Gaussian.standard(3), 2) for g in (name, series)
    )
    assert exact.fvu_interval == (exact.fvu, exact.fvu)
    np.testing.assert_array_equal(exact.fvu_interval_per_output, exact.fvu_per_output[:, None] * [1.0, 1.0])
    low, high = summed.fvu_interval
    assert low < exact.fvu < high
    assert high - low < 1e-3


def test_nearly_opposite_and_nearly_equal_steps():
    """Cov of two steps at 0 is arcsin(rho)/(2 pi): units an angle of 1e-9 apart differ by 1.6e-10, not by 0."""
    angle = 1e-9
    W1 = np.array([[1.0, 0.0], [np.cos(angle), np.sin(angle)]])
    net = pw.MLP(W1, [0.0, 0.0], [[1.0, -1.0]], [0.0], "heaviside")
    gaussian = pw.Gaussian.standard(2)
    sigma, unit = gaussian.deviations(net.W1)
    found = unexplained_variance(net.kernel, np.zeros(2), sigma, unit, net.W2, 0)
    # Variance of the difference: 2 (1/4 - (1/4 - angle/(2 pi))) = angle/pi, a cancellation of nine digits.
    assert found.overall == 1.0
    single = pw.approximate(pw.MLP(W1, [0.0, 0.0], np.eye(2), [0.0, 0.0], "heaviside"), gaussian, 1)
    np.testing.assert_allclose(single.fvu_per_output, 1 - 2 / np.pi, rtol=1e-13)


def test_dead_units_do_not_matter():
    rng = np.random.default_rng(2)
    W1, b1, W2 = rng.normal(size=(5, 3)), rng.normal(size=5), rng.normal(size=(1, 5))
    W1[1] = 0.0
    W2[0, 3] = 0.0
    keep = [0, 2, 4]
    gaussian = pw.Gaussian.standard(3)
    all_units = pw.approximate(pw.MLP(W1, b1, W2, [0.0], "relu"), gaussian, 2).fvu
    live_units = pw.approximate(pw.MLP(W1[keep], b1[keep], W2[:, keep], [0.0], "relu"), gaussian, 2).fvu
    assert all_units == pytest.approx(live_units, rel=1e-13)


def test_units_deep_in_the_dead_half_of_relu():
    """All units at mu = -5 sigma: a fraction of tiny variances."""
    net = pw.MLP(np.eye(2), [-5.0, -5.0], [[1.0, 2.0]], [0.0], "relu")
    P = pw.approximate(net, pw.Gaussian.standard(2), 1)
    kernel = net.kernel
    c = kernel.hermite_coefficients(-5.0, 1.0, 1)
    expected = 1 - c[1] ** 2 / kernel.variance(-5.0, 1.0)
    assert P.fvu == pytest.approx(float(expected), rel=1e-12)
    assert 0.9999 < P.fvu < 1.0
    deeper = pw.MLP(np.eye(2), [-30.0, -30.0], [[1.0, 2.0]], [0.0], "relu")
    assert pw.approximate(deeper, pw.Gaussian.standard(2), 1).fvu == 1.0


@pytest.mark.parametrize("h", [1e-3, 1e-5, 1e-7, 1e-8, 1e-9])
def test_interval_holds_the_fraction_where_units_cancel(h):
    """(relu(x + h) - relu(x))/h is a step: 1 - 2/pi, until rounding leaves everything open."""
    P = pw.approximate(pw.MLP([[1.0], [1.0]], [h, 0.0], [[1 / h, -1 / h]], [0.0], "relu"), pw.Gaussian.standard(1), 1)
    low, high = P.fvu_interval
    assert low <= 1 - 2 / np.pi + h <= high + 2 * h
    assert low <= P.fvu <= high
    if h <= 1e-7:
        assert (low, high) == (0.0, 1.0)
        assert "certainly in [0, 1]" in repr(P)


def test_one_output_that_cancels_says_so_beside_one_that_does_not():
    rows = [[1.0, -1.0], [1.0, 1.0]]
    P = pw.approximate(pw.MLP([[1.0], [1.0]], [1e-9, 0.0], rows, [0.0, 0.0], "relu"), pw.Gaussian.standard(1), 1)
    np.testing.assert_array_equal(P.fvu_interval_per_output[0], [0.0, 1.0])
    np.testing.assert_array_equal(P.fvu_interval_per_output[1], P.fvu_per_output[1])
    assert P.fvu_interval == (P.fvu, P.fvu)


def test_what_cancels_to_rounding_is_zero_and_says_whether_it_is_certain():
    gaussian = pw.Gaussian.standard(1)
    copies = pw.approximate(pw.MLP([[1.0], [1.0]], [1.0, 1.0], [[0.1, -0.1]], [0.0], "gelu"), gaussian, 1)
    assert (copies.fvu, copies.fvu_interval) == (0.0, (0.0, 0.0))
    scaled = pw.approximate(pw.MLP([[1.0], [0.3]], [0.0, 0.0], [[0.3, -1.0]], [0.0], "relu"), gaussian, 1)
    assert (scaled.fvu, scaled.fvu_interval) == (0.0, (0.0, 1.0))


@pytest.mark.parametrize("scale", [1e155, 1e-165, 1e300, 1e-300])
def test_scale_of_the_output_does_not_matter(scale):
    W1, b1, W2, gaussian = [[1.0], [0.5]], [1.0, 0.0], np.array([[1.0, 2.0], [3.0, 1e-3]]), pw.Gaussian.standard(1)
    plain = pw.approximate(pw.MLP(W1, b1, W2, np.zeros(2), "relu"), gaussian, 1)
    scaled = pw.approximate(pw.MLP(W1, b1, scale * W2, np.zeros(2), "relu"), gaussian, 1)
    assert scaled.fvu == pytest.approx(plain.fvu, rel=1e-13)
    np.testing.assert_allclose(scaled.fvu_per_output, plain.fvu_per_output, rtol=1e-13)
    mixed = pw.approximate(pw.MLP(W1, b1, W2 * [[1.0], [scale]], np.zeros(2), "relu"), gaussian, 1)
    assert mixed.fvu == pytest.approx(plain.fvu_per_output[int(scale > 1)], rel=1e-13)
    np.testing.assert_allclose(mixed.fvu_per_output, plain.fvu_per_output, rtol=1e-13)


@pytest.mark.parametrize("scale", [1e155, 1e-170])
def test_hidden_units_out_of_range_are_refused(scale):
    P = pw.approximate(pw.MLP([[scale]], [scale], [[1.0]], [0.0], "relu"), pw.Gaussian.standard(1), 1)
    with pytest.raises(InputError, match="leave the range of double precision"):
        _ = P.fvu


def test_a_unit_that_underflows_to_a_constant():
    P = pw.approximate(pw.MLP([[1.0]], [-60.0], [[1.0]], [0.0], "relu"), pw.Gaussian.standard(1), 1)
    assert P.fvu == 0.0


@pytest.mark.parametrize("kind", ["MLP", "GLU"])
def test_errors_of_high_orders_far_out_count(kind):
    """tanh 25 deviations from its bend: 64 coefficients come to more than the variance."""
    one = np.ones((1, 1))
    weights = (1.5644378352621438 * one, [-39.444868867930886])
    value = (0 * one, [2.0]) if kind == "GLU" else ()
    net = (pw.GLU if kind == "GLU" else pw.MLP)(*weights, *value, one, [0.0], "tanh")
    P = pw.approximate(net, pw.Gaussian.standard(1), 1)
    c = net.kernel.hermite_coefficients(weights[1][0], weights[0][0, 0], 1)
    exact = 1 - c[1] ** 2 / net.kernel.variance(weights[1][0], weights[0][0, 0])
    low, high = P.fvu_interval
    assert low <= exact <= high
    assert high - low > 1e-5
