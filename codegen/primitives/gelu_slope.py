"""The expected slope of ``u Phi(u)`` next to its root, where ``Phi`` and ``u phi`` cancel."""

from typing import Any

from codegen.primitives.precise_hermite import smoothed_argument


def gelu_slope(xp: Any, mu: Any, sigma: Any, form: Any, h: Any, peak: Any, slope: Any, share: Any) -> Any:
    """``slope + share / S = a (F(h) - h phi(h) sigma^2 / S^2)``, ``F(h) = Phi(h) + h phi(h)``: all of it as slope.

    Where h is about ``c = -3/4``, ``F^(n)(c) = (-1)^(n-1) ((n + 1) He_(n-1)(c) - c He_n(c)) phi(c)`` serves in a Taylor
    series, whose first term has all digits: then nothing cancels. ``form`` is the centre, the squared width, both as
    pairs (number, what rounding took from it), and a.
    """
    centre, width_squared, factor = form
    first = xp.method["slope_at_start"]
    c = -xp.rational(3, 4)
    rows = xp.flatnonzero(xp.abs(h - c) < xp.rational(1, 16))
    if not len(rows):
        return slope, share
    near, rest = smoothed_argument(xp, mu[rows], sigma[rows], centre, width_squared)
    distance = (near - c) + rest
    before, last = 0, 1
    power, series = 1, 0
    for n in range(1, xp.method["slope_terms"]):
        following = c * last - (n - 1) * before
        power = power * distance / (n if n == 1 else -n)
        series = series + power * ((n + 1) * last - c * following)
        before, last = last, following
    value = first[0] + (first[1] + series * (xp.exp(-(c * c) / 2) / xp.sqrt2pi))
    variance = sigma[rows] * sigma[rows]
    slope[rows] = factor * (value - near * peak[rows] * variance / (width_squared[0] + variance))
    share[rows] = 0
    return slope, share
