"""A function next to a root of several cancelling terms: its Taylor polynomial with the root as a factor."""

from typing import Any


def near_root(xp: Any, x: Any, plain: Any, radius: Any, order: int, coefficients: Any) -> Any:
    """``x^order sum_j coefficients_j x^j`` well within ``radius`` of 0, ``plain`` elsewhere."""
    reach = radius * xp.rational(1, xp.method["root_reciprocal"])
    near = xp.maximum(xp.minimum(x, reach), -reach)
    value = coefficients[-1]
    for coefficient in coefficients[-2::-1]:
        value = value * near + coefficient
    for _ in range(order):
        value = value * near
    return xp.where((x < reach) & (x > -reach), value, plain)


def departure(xp: Any, r: Any, difference: Any, radius: Any, order: int, *coefficients: Any) -> Any:
    """``f(c + r) - f(c)``, by its series in r next to 0."""
    return near_root(xp, r, difference, radius, order, coefficients)
