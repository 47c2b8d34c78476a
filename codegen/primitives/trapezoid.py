"""Expectations of functions analytic near the real axis: one trapezoidal rule in z for all rows."""

from typing import Any

from codegen.primitives.recurrences import hermite_times


def trapezoid_rule(xp: Any, step: Any, tilts: Any, count: int, degree: int) -> Any:
    """Nodes ``z_j = j h`` and weights ``h phi(z_j) He_k(z_j)``, k < count, a row for each k.

    ``step`` is the pair (p, q), h = p / q at 15 digits; ``tilts`` widen the window to the left and to the right, and
    so does a degree above 8 of what is to be integrated.
    """
    drop = xp.method["trapezoid_window"] + 2 * max(degree - 8, 0)
    numerator, denominator = step
    denominator = denominator * xp.method["trapezoid_refinement"] * (1 + max(degree - 1, 0) // 16)
    reach = xp.sqrt(2 * drop)
    first, last = (int((reach + tilt) * denominator / numerator) + 1 for tilt in tilts)
    z = xp.arange(-first, last + 1) * numerator / denominator
    weights = xp.exp(-z * z / 2) * numerator / denominator / xp.sqrt2pi
    return z, xp.stack(hermite_times(z, weights, count - 1))


def trapezoid_sums(xp: Any, mu: Any, sigma: Any, rule: Any, integrand: Any, orders: Any, centre: Any = None) -> Any:
    """``E[f_r(y) He_k(z)]``, k < orders[r], for every f_r: rows times nodes, in portions that stay in the cache."""
    z, weights = rule
    totals = [[xp.zeros_like(mu) for _ in range(count)] for count in orders]
    height = max(xp.table_size // len(z), 1)
    for start in range(0, len(mu), height):
        part = slice(start, start + height)
        y = mu[part, None] + sigma[part, None] * z
        around = None if centre is None else centre[part, None]
        for total, values in zip(totals, integrand(y, around), strict=True):
            sums = weights[: len(total)] @ values.T
            for row, value in zip(total, sums, strict=True):
                row[part] = value
    return totals
