"""Derivatives next to a place where a function is vertical: series in units that shrink towards it."""

from typing import Any

from codegen.primitives.taylor import Series, taylor_namespace


def scaled_derivatives_of(xp: Any, function: Any, x: Any, degree: int, places: Any) -> Any:
    """``f^(k)(x)``, k = 0 .. degree, by running ``function`` on ``x + unit h``: powers of the unit are taken out last.

    The unit is the distance d from the nearest of ``places``, so that nothing overflows; where that leaves no number
    of a coefficient, ``d^(3/4)``.
    """
    distance = xp.zeros_like(x) + 1
    for place in places:
        distance = xp.minimum(distance, xp.abs(x - place))
    distance = xp.where(distance > 0, distance, 1)
    root = xp.sqrt(distance)
    found = []
    for unit in (distance, root * xp.sqrt(root)):
        variable = Series(xp, ([x, unit] + [xp.zeros_like(x)] * degree)[: degree + 1])
        results = []
        for k, value in enumerate(function(taylor_namespace(xp), variable).coefficients):
            for j in range(1, k + 1):
                value = value / unit * j
            results.append(value)
        found.append(results)
    return [xp.where(xp.abs(one) > 0, one, other) for one, other in zip(*found, strict=True)]
