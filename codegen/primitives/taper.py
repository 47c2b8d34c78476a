"""Waves under a Gaussian wider than their period: they average out, but for what the ends of half lines leave."""

from typing import Any

from codegen.primitives.growing_window import expectations_in_parts, growing_window


def tapered(xp: Any, y: Any, ends: Any, unit: Any) -> Any:
    """1 between ``ends`` and for several ``unit`` beyond, from there falling to 0.

    ``1 - tapered`` times a smooth density has no frequencies as high as ``1 / unit``: waves of such frequencies
    integrate to nothing there.
    """
    width, reach = unit * xp.method["taper_width"], xp.method["taper_reach"]
    return xp.ndtr((y - ends[0]) / width + reach) * xp.ndtr((ends[1] - y) / width + reach)


def tapered_breakpoints(xp: Any, breakpoints: Any, ends: Any, unit: Any, longest: Any) -> Any:
    """``breakpoints`` and equally spaced ones, at most ``longest`` apart, out to where ``tapered`` has vanished."""
    margin = 2 * unit * xp.method["taper_width"] * xp.method["taper_reach"]
    first, last = ends[0] - margin, ends[1] + margin
    count = int((last - first) / longest) + 1
    step = (last - first) * xp.rational(1, count)
    return sorted([*breakpoints, *((first + number * step, 0) for number in range(count + 1))])


def tapered_panels(xp: Any, inner: Any, outer: Any, unit: Any, longest: Any, level: int) -> Any:
    """Panels of what is tapered beyond the ``inner`` ones: equal ones where it is, ``outer`` ones of what is left."""
    margin = 2 * unit * xp.method["taper_width"] * xp.method["taper_reach"]
    count = int(margin / longest) + 1
    step = margin * xp.rational(1, count)
    first, last = inner[0][0][0], inner[-1][1][0]
    left = [((first - (n + 1) * step, 0), (first - n * step, 0), level, 0, 0, 0, 60) for n in reversed(range(count))]
    right = [((last + n * step, 0), (last + (n + 1) * step, 0), level, 0, 0, 0, 60) for n in range(count)]
    low, high = left[0][0], right[-1][1]
    before = [(one[0], min(one[1], low), *one[2:]) for one in outer[0] if one[0][0] < low[0]]
    after = [(max(one[0], high), *one[1:]) for one in outer[1] if one[1][0] > high[0]]
    return [*before, *left, *inner, *right, *after], xp.inf


def clear_of_kinks(xp: Any, mu: Any, sigma: Any, panels: Any) -> Any:
    """Where all that counts of the integrand, of orders up to 16, lies on one side of all kinks."""
    peak, below, above = growing_window(xp, mu, sigma, panels, 16)
    return (peak - below > panels[3][1]) | (peak + above < panels[3][0])


def turned_expectations(xp: Any, mu: Any, sigma: Any, panels: Any, integrand: Any, orders: Any) -> Any:
    """``E[f_r(y) He_k(z)]``, k < orders[r], for ``integrand(y - mu, mu)`` without a kink in reach.

    Phases are those of mu and of the distance from it: no y is rounded.
    """
    _, decays, growths, bounds, longest = panels
    peak, below, above = growing_window(xp, mu, sigma, panels, max(*orders, len(orders)) - 1)
    own: Any = ([], decays, growths, bounds, [min(longest)] * 2)
    return expectations_in_parts(xp, xp.zeros_like(mu), sigma, own, (peak - mu, below, above), integrand, orders, mu)


def powers_of_rise(function: Any, xp: Any, distance: Any, mean: Any) -> Any:
    """``h`` and ``h^2`` of ``h = g(mean + distance) - g(mean)``."""
    rise = function(xp, distance, mean) - function(xp, xp.zeros_like(mean), mean)
    return [rise, rise * rise]
