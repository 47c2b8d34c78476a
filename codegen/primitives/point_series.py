"""Derivatives at a point mass next to some places: those of power series that start there."""

from typing import Any

from codegen.primitives.beside_place import series_derivatives


def point_derivatives_by_series(xp: Any, mu: Any, sigma: Any, values: Any, places: Any) -> Any:
    """``E[g^(k)]``, at sigma = 0 next to a place by the series there; k >= 1.

    A place is a pair, the side on which the series is g (0: on both, and there), how far, and its coefficients.
    """
    values = [values[0], *(value + xp.zeros_like(mu) for value in values[1:])]
    for (start, error), side, reach, series in places:
        offset = (mu - start) - error
        near = (sigma == 0) & (xp.abs(offset) <= reach * xp.rational(1, xp.method["root_reciprocal"]))
        if side:
            near = near & (side * offset > 0)
        some = xp.flatnonzero(near)
        if len(some):
            there = offset[some]
            found = series_derivatives(xp, there, 0 * there, series, min(len(values), len(series) // 2) - 1)
            for value, derivative in zip(values[1:], found[1:], strict=False):
                value[some] = derivative
    return values
