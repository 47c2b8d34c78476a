"""Waves under a Gaussian wider than their period: they average out, but for what the ends of half lines leave."""

from typing import Any


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
