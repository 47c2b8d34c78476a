"""Where circle moments are checked: at rest, at crossings and tangents of whatever the definition has, and anywhere."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from codegen.verify.definition import Definition

__all__ = ["REGIMES", "choose_circle_points", "regime_of_circle"]

Feature = tuple[float, float]

SEED = 20241203
RANDOM_POINTS = 12
FARTHEST = 1e3
_MOST_FEATURES = 2
_AMPLITUDES = (1e-9, 0.125, 1.0, 3.7, 60.0)
_CENTRED = (-0.3, -2.0, -75.0, 500.0, -1000.0)
_TANGENTS = (1e-12, 1e-6, 0.02)
_TANGENT = 1e-3
_SMALL = 1e-3
_LARGE = 100.0

REGIMES = {
    "at rest": "A = 0",
    "tangent": "the circle ends within 1e-3 of A of a kink or scale",
    "small": "A below 1e-3 of the narrowest scale (of 1 where there are kinks alone)",
    "large": "A above 100 times the widest scale (100 where there are kinks alone)",
    "crossing": "a kink or the centre of a scale lies on the circle",
    "apart": "none does",
}


def features_of(definition: Definition) -> list[Feature]:
    """(centre, width) of kinks, width 1, and scales; 0 with width 1 where there are none."""
    scales = [(float(centre), float(width)) for centre, width in definition.scales]
    return list(dict.fromkeys([*((kink, 1.0) for kink in definition.kink_floats()), *scales])) or [(0.0, 1.0)]


def choose_circle_points(definition: Definition) -> list[tuple[float, float]]:
    """Points (A, b), the same at every call."""
    chosen = [point for feature in features_of(definition)[:_MOST_FEATURES] for point in _around(*feature)]
    chosen += [
        (0.0, -2.5),
        (1000.0, -999.75),
        (-700.0, 1000.0),
        (0.25, 1000.0),
        (-0.25, -30.0),
        (1e-12, 0.7),
        (1e-3, 2e-7),
        (-1e-6, 1e-7),
    ]
    draw = np.random.default_rng(SEED)
    for _ in range(RANDOM_POINTS):
        amplitude = draw.choice([-1, 1]) * 10 ** draw.uniform(-3, 3)
        chosen.append((float(amplitude), float(amplitude * draw.uniform(-1.5, 1.5))))
    return list(dict.fromkeys((A, min(max(b, -FARTHEST), FARTHEST)) for A, b in chosen if abs(A) <= FARTHEST))


def _around(centre: float, width: float) -> Iterator[tuple[float, float]]:
    yield 0.0, centre
    for share in _AMPLITUDES:
        A = share * width
        yield A, centre
        yield -A, centre + A / 2
    for share in _CENTRED:
        yield share * width, centre
    for n, gap in enumerate(_TANGENTS):
        for side in (-1, 1):
            yield width, centre + side * width * (1 - gap)
            yield (-1) ** n * 7 * width, centre + side * 7 * width * (1 + gap)


def regime_of_circle(definition: Definition, A: float, b: float) -> str:
    """The first of `REGIMES` that holds at (A, b).

    Examples
    --------
    >>> from codegen.verify.definition import read_definition
    >>> relu = read_definition("Max(x, 0)")
    >>> [regime_of_circle(relu, *point) for point in ((0, 1), (2, -2), (1e-6, 0), (1, 0.5), (1, 3))]
    ['at rest', 'tangent', 'small', 'crossing', 'apart']
    """
    found, size = features_of(definition), abs(A)
    if size == 0:
        return "at rest"
    if any(abs(abs(centre - b) - size) < _TANGENT * size for centre, _ in found):
        return "tangent"
    widths = [width for _, width in found]
    if size < _SMALL * min(widths):
        return "small"
    if size > _LARGE * max(widths):
        return "large"
    return "crossing" if any(abs(centre - b) < size for centre, _ in found) else "apart"
