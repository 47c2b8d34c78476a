"""The variance of ``polynomial + polynomial * Phi`` beyond its first Hermite terms, as one positive integral."""

from typing import Any

from codegen.primitives.recurrences import gaussian_moments, powers


def remainder_variance(
    xp: Any, mu: Any, sigma: Any, smoothing: Any, centre: Any, width_squared: Any, derivative: Any, order: int
) -> Any:
    r"""``sigma^(2n) int_0^1 (1-r)^(n-1)/(n-1)! E_r[G(y_1) G(y_2)] dr`` with ``n = order``, ``G = g^(n)``.

    ``G(y) = Q(v) phi(v / width)``, ``v = y - centre``, ``derivative`` the coefficients of Q, lowest power first.
    With ``sin theta = r sigma^2 / S^2`` the root of the determinant cancels, and every term is positive. Nodes
    crowd towards r = 1, where the integrand has a layer of width ``width / S``: ``rest`` is cubic in the node.
    """
    h, peak, scale = smoothing
    peak = peak * xp.sqrt2pi
    variance = sigma * sigma
    total = scale * scale
    k = variance / total
    width = xp.sqrt(width_squared)
    top = xp.arctan2(variance, width * xp.sqrt(total + variance))
    square = h * h
    lowest = square / (xp.method["variance_window"] + square / (1 + k)) - 1
    bottom = xp.arcsin(xp.maximum(lowest, 0))
    bottom = xp.minimum(bottom, top)
    span = top - bottom
    result = xp.zeros_like(mu)
    for node, weight in xp.method["panel_rule"]:
        rest = span * node**3
        theta = top - rest
        gap = 2 * xp.cos(theta + rest / 2) * xp.sin(rest / 2)
        sine = xp.sin(theta)
        along = width_squared * (variance + sine * total) / (total * (1 + sine))
        across = width_squared * (gap / (width_squared / total + gap))
        mean = width_squared * (mu - centre) / (total * (1 + sine))
        pair = paired_moment(xp, mean, (along + across) / 2, (along - across) / 2, derivative)
        power = 3 * node**2 * weight * smoothed_pair(xp, square, peak, sine, width_squared / total + gap)
        for j in range(1, order):
            power = power * (total * gap) / j
        result = result + power * pair
    return result * span * width_squared / (2 * xp.pi)


def smoothed_pair(xp: Any, square: Any, peak: Any, sine: Any, one_minus_sine: Any) -> Any:
    """``exp(-square / (1 + sine))``, square = h^2, by way of ``peak = exp(-square / 2)``, which has no rounding error.

    What is left to exponentiate is at most a quarter of the square, and so is the error it brings. It is bounded
    where ``peak`` has vanished, so that no infinity meets a zero.
    """
    small = 3 * sine < 1
    rest = xp.where(small, square * sine, -square * one_minus_sine / 2) / (1 + sine)
    rest = xp.minimum(rest, xp.method["density_limit"] ** 2 // 8)
    return peak * (xp.where(small, peak, 1) * xp.exp(rest))


def paired_moment(xp: Any, mean: Any, variance: Any, covariance: Any, coefficients: Any) -> Any:
    """``E[Q(v_1) Q(v_2)] = sum_j covariance^j / j! E[Q^(j)(v)]^2``: no cancellation for covariance >= 0."""
    degree = len(coefficients) - 1
    moments = gaussian_moments(xp, mean, variance, degree)
    shares = powers(xp, covariance, degree)
    total = 0
    factorial = 1
    for j in range(degree + 1):
        value = 0
        for p in range(j, degree + 1):
            falling = 1
            for i in range(p - j + 1, p + 1):
                falling = falling * i
            value = value + coefficients[p] * falling * moments[p - j]
        total = total + shares[j] * (value * value) / factorial
        factorial = factorial * (j + 1)
    return total
