"""Circle moments without a closed form: panels between cuts of the function, each on one quarter of a turn."""

from typing import Any

from codegen.primitives.circle_arcs import (
    circle_angles,
    cosine_sums,
    distances_along,
    half_length,
    offset_from,
    shares_of,
)
from codegen.primitives.circle_trapezoid import circle_trapezoid
from codegen.primitives.compensated import exact_sum


def smooth_circle(xp: Any, function: Any, A: Any, b: Any, farthest: Any, cuts: Any, frequencies: int) -> Any:
    """``int_0^pi g(A cos t + b) cos(r t) dt`` for A > 0: the trapezoidal rule where that is enough, else panels."""
    totals, holds = circle_trapezoid(xp, function, A, b, farthest, frequencies)
    rows = xp.flatnonzero(~holds)
    if len(rows):
        for total, value in zip(totals, circle_panels(xp, function, A[rows], b[rows], cuts, frequencies), strict=True):
            total[rows] = value
    return totals


def circle_panels(xp: Any, function: Any, A: Any, b: Any, cuts: Any, frequencies: int) -> Any:
    """``int_0^pi g(A cos t + b) cos(r t) dt`` for A > 0; ``cuts`` are pairs, increasing."""
    totals = [xp.zeros_like(A) for _ in range(frequencies + 1)]
    for side in (1, -1):
        ends = [None, *((side * c, side * rest) for c, rest in cuts[::side]), None]
        for k in range(len(ends) - 1):
            quarter_turn_panel(xp, function, A, b, side, (ends[k], ends[k + 1]), totals)
    return totals


def quarter_turn_panel(xp: Any, function: Any, A: Any, b: Any, side: int, ends: Any, totals: Any) -> None:
    """Add the part where ``b < y < b + A`` is between the ends; for the side -1 everything is mirrored at 0.

    A node is placed by its distance from the nearer of b and the lower end, which keeps the digits next to a tangent.
    """
    lower, upper = ends
    middle = side * b
    nothing = xp.zeros_like(A)
    start, start_rest = (nothing, nothing) if lower is None else offset_from(lower, middle)
    begins = start > 0
    start, start_rest = xp.where(begins, start, 0), xp.where(begins, start_rest, 0)
    anchor = middle if lower is None else xp.where(begins, lower[0], middle)
    high, _ = circle_angles(xp, A, (start, start_rest))
    low, gap = nothing, nothing
    if upper is not None:
        stop, stop_rest = offset_from(upper, middle)
        low, _ = circle_angles(xp, A, (stop, stop_rest))
        length, length_rest = exact_sum(stop, -start)
        gap = length + (length_rest + (stop_rest - start_rest))
    rows = xp.flatnonzero(high > low)
    if len(rows) == 0:
        return
    A, anchor, low, high, gap = A[rows], anchor[rows], low[rows], high[rows], gap[rows]
    half = half_length(xp, A, low, high, gap)
    rule = xp.method["circle_panel_rule"]
    frequencies = len(totals) - 1
    shares, weights = shares_of(xp, rule, 1 + frequencies // (len(rule) // 2))
    height = max(xp.table_size // len(weights), 1)
    for first in range(0, len(rows), height):
        part = slice(first, first + height)
        y = side * (anchor[part, None] + distances_along(xp, A[part], high[part], half[part], shares))
        values = function(y.reshape(-1)).reshape(y.shape)
        angles = (high[part] - 2 * half[part])[:, None] + 2 * half[part][:, None] * shares
        for r, value in enumerate(cosine_sums(xp, angles, values, weights, frequencies)):
            value = 2 * half[part] * value
            totals[r][rows[part]] = totals[r][rows[part]] + (-value if side < 0 and r % 2 else value)
