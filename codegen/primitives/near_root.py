"""A function next to a root of several cancelling terms: its Taylor polynomial with the root as a factor."""

from typing import Any

from codegen.primitives.series_rows import put_into_rows, rows_of_series
from codegen.primitives.taylor import Series


def near_root(xp: Any, x: Any, plain: Any, radius: Any, order: int, coefficients: Any) -> Any:
    """``x^order sum_j coefficients_j x^j`` well within ``radius`` of 0, ``plain`` elsewhere."""
    reach = radius * xp.rational(1, xp.method["root_reciprocal"])
    inside = (x < reach) & (x > -reach)
    some = xp.flatnonzero(inside)
    if not len(some):
        return xp.where(inside, x, plain)
    if isinstance(x, Series):
        near = rows_of_series(x, some)
        return put_into_rows(x.like(plain), some, near.like(with_root(near, order, coefficients)))
    result = xp.where(inside, x, plain)
    result[inside] = with_root(x[inside], order, coefficients)
    return result


def with_root(x: Any, order: int, coefficients: Any) -> Any:
    """``x^order sum_j coefficients_j x^j``."""
    value = coefficients[-1]
    for coefficient in coefficients[-2::-1]:
        value = value * x + coefficient
    for _ in range(order):
        value = value * x
    return value


def departure(xp: Any, r: Any, difference: Any, radius: Any, order: int, *coefficients: Any) -> Any:
    """``f(c + r) - f(c)``, by its series in r next to 0."""
    return near_root(xp, r, difference, radius, order, coefficients)
