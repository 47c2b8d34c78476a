"""Circle moments by the trapezoidal rule over a turn, whose error is the Fourier coefficients beyond its nodes."""

from typing import Any


def trapezoid_values(xp: Any, function: Any, A: Any, b: Any, intervals: int, frequencies: int) -> Any:
    """``int_0^pi g(A cos t + b) cos(k t) dt`` by ``intervals + 1`` nodes: k = 0 .. frequencies, and the last four.

    ``cos(j k pi / intervals)`` is looked up: its argument repeats. Also the same of ``|g|``.
    """
    table = xp.cos(xp.pi * xp.arange(0, 2 * intervals) / intervals)
    orders = [*range(frequencies + 1), *range(intervals - 3, intervals + 1)]
    columns = xp.stack([table[[j * k % (2 * intervals) for j in range(intervals + 1)]] for k in orders])
    ends = [1 if j in (0, intervals) else 2 for j in range(intervals + 1)]
    weights = (columns * xp.asarray(ends) * xp.pi / (2 * intervals)).T
    values = function((b[:, None] + A[:, None] * table[: intervals + 1]).reshape(-1))
    values = values.reshape((len(A), intervals + 1))
    return (values @ weights).T, xp.abs(values) @ weights[:, 0]


def circle_trapezoid(xp: Any, function: Any, A: Any, b: Any, farthest: Any, frequencies: int) -> Any:
    """The integrals for ``A <= farthest``, and where they are known to hold: the last coefficients are rounding."""
    totals = [xp.zeros_like(A) for _ in range(frequencies + 1)]
    holds = A < 0
    intervals = xp.method["circle_intervals"] + frequencies
    noise = 1 / (xp.ones_like(A) * xp.method["noise_reciprocal"])
    near = xp.flatnonzero(farthest >= A)
    height = max(xp.table_size // intervals, 1)
    for start in range(0, len(near), height):
        rows = near[start : start + height]
        found, size = trapezoid_values(xp, function, A[rows], b[rows], intervals, frequencies)
        small = noise[rows] * size
        kept = small == small
        for last in found[frequencies + 1 :]:
            kept = kept & (xp.abs(last) <= small)
        holds[rows] = kept
        for total, value in zip(totals, found, strict=False):
            total[rows] = value
    return totals, holds


def circle_of_type(xp: Any, function: Any, A: Any, b: Any, rate: Any, frequencies: int) -> Any:
    """The integrals for g of exponential type ``rate``: Fourier coefficient k vanishes beyond ``k = rate A``.

    ``J_k(z)`` and ``I_k(z) / I_0(z)`` are rounding from ``k = z + s z^(1/3) + m`` on; s and m are method constants. NaN
    beyond 2^17 nodes.
    """
    slope, margin = xp.method["circle_margins"]
    size = rate * A
    totals = [xp.zeros_like(A) + xp.nan for _ in range(frequencies + 1)]
    done, intervals = A < 0, 32 + frequencies
    while intervals < 2**18:
        room = 2 * intervals - frequencies - margin
        root = max([k for k in range(64) if k * k * k + slope * k <= room], default=0)
        ready = xp.flatnonzero((size <= root**3) & ~done)
        height = max(xp.table_size // intervals, 1)
        for start in range(0, len(ready), height):
            rows = ready[start : start + height]
            found, magnitude = trapezoid_values(xp, function, A[rows], b[rows], intervals, frequencies)
            for total, value in zip(totals, found, strict=False):
                total[rows] = xp.where(xp.isfinite(magnitude), value, magnitude)
        done[ready] = True
        if xp.all(done | ~(size == size)):
            break
        intervals = 2 * intervals
    return totals
