"""Circle moments of polynomial pieces: sines of multiples on long arcs, a rule that is exact to rounding on short ones.

On a short arc, next to a tangent, the sines cancel like the cube of its length.
"""

from typing import Any

from codegen.primitives.circle_arcs import (
    circle_angles,
    cosine_sums,
    distances_along,
    half_length,
    offset_from,
    shares_of,
)


def circle_piece(xp: Any, A: Any, b: Any, ends: Any, polynomials: Any, frequencies: int) -> Any:
    """``int p(A cos t + b) cos(r t) dt`` over the part of ``0 < t < pi`` where ``A cos t + b`` is between the ends.

    The ends are pairs, or None where the piece has none; ``polynomials`` are the coefficients of p about each of them
    and about 0, lowest power first, or None.
    """
    lower, upper = ends
    whole = (xp.zeros_like(A), xp.zeros_like(A) + xp.pi)
    from_lower = whole[::-1] if lower is None else circle_angles(xp, A, offset_from(lower, b))
    from_upper = whole if upper is None else circle_angles(xp, A, offset_from(upper, b))
    turned = from_lower[0] + from_upper[0] > xp.pi
    low = xp.where(turned, from_lower[1], from_upper[0])
    high = xp.where(turned, from_upper[1], from_lower[0])
    half = (high - low) / 2
    if lower is not None and upper is not None:
        half = half_length(xp, A, low, high, (upper[0] - lower[0]) + (upper[1] - lower[1]))
    totals = [xp.zeros_like(A) for _ in range(frequencies + 1)]
    halves = half_radians(len(next(one for one in polynomials if one is not None)))
    is_long = 2 * (high - low) >= halves
    rows = xp.flatnonzero(is_long)
    if len(rows):
        origin, coefficients = nearest_expansion(xp, b[rows], (lower, upper, (0, 0)), polynomials)
        place = (b[rows] - origin[0]) - origin[1], (low[rows] + high[rows]) / 2, half[rows]
        values = long_arc(xp, xp.where(turned[rows], -A[rows], A[rows]), place, coefficients, frequencies)
        add_turned(xp, totals, rows, turned, values)
    rows = xp.flatnonzero((high > low) & ~is_long)
    if len(rows):
        left, right = (one or other for one, other in (polynomials[:2], polynomials[1::-1]))
        nothing, amplitude = xp.zeros_like(A[rows]), xp.where(turned[rows], -A[rows], A[rows])
        pairs = zip(left, right, strict=True)
        coefficients = [xp.where(turned[rows], nothing + other, nothing + one) for one, other in pairs]
        values = short_arc(xp, amplitude, high[rows], half[rows], coefficients, frequencies)
        add_turned(xp, totals, rows, turned, values)
    return totals


def half_radians(count: int) -> int:
    """From how many halves of a radian on an arc is long, p of ``count`` coefficients.

    On an arc of length L about a turning point the sum of cosines cancels like ``tan(L/2)^(-2 degree)``, and by L^2.
    """
    return 2 if count <= 4 else 3


def add_turned(xp: Any, totals: Any, rows: Any, turned: Any, values: Any) -> None:
    """Put the integrals of some rows in place; where ``t`` stands for ``pi - t`` those of odd r change sign."""
    for r, value in enumerate(values):
        totals[r][rows] = xp.where(turned[rows], -value, value) if r % 2 else value


def nearest_expansion(xp: Any, b: Any, origins: Any, polynomials: Any) -> Any:
    """The origin nearest to b of those about which p is known, as a pair of arrays, and the coefficients there.

    A root at an origin keeps its digits.
    """
    known = [(origin, c) for origin, c in zip(origins, polynomials, strict=True) if c is not None]
    nothing = xp.zeros_like(b)
    (first, rest), coefficients = known[0]
    origin, chosen = (nothing + first, nothing + rest), [nothing + c for c in coefficients]
    for (first, rest), coefficients in known[1:]:
        nearer = xp.abs(b - first) < xp.abs(b - origin[0])
        origin = xp.where(nearer, first, origin[0]), xp.where(nearer, rest, origin[1])
        chosen = [xp.where(nearer, c, old) for c, old in zip(coefficients, chosen, strict=True)]
    return origin, chosen


def long_arc(xp: Any, A: Any, place: Any, coefficients: Any, frequencies: int) -> Any:
    """``int p cos(r t) dt``: p as a sum of cosines, each product of two cosines integrated."""
    offset, middle, half = place
    series = cosine_series(xp, A, offset, coefficients)
    orders = range(1, frequencies + len(series))
    integrals = [2 * half, *(2 * xp.cos(n * middle) * xp.sin(n * half) / n for n in orders)]
    return [
        sum(
            (c * (integrals[abs(k - r)] + integrals[k + r]) for k, c in enumerate(series) if k),
            2 * series[0] * integrals[r],
        )
        / 2
        for r in range(frequencies + 1)
    ]


def cosine_series(xp: Any, A: Any, offset: Any, coefficients: Any) -> Any:
    """``a_k`` in ``p(offset + A cos t) = sum_k a_k cos(k t)``."""
    series = [coefficients[-1]]
    for coefficient in coefficients[-2::-1]:
        wider = [*series, xp.zeros_like(A), xp.zeros_like(A)]
        steps = range(1, len(series) + 1)
        turned = [A * wider[1] / 2, *(A * ((2 if k == 1 else 1) * wider[k - 1] + wider[k + 1]) / 2 for k in steps)]
        series = [turn + offset * c for turn, c in zip(turned, wider, strict=False)]
        series[0] = series[0] + coefficient
    return series


def short_arc(xp: Any, A: Any, high: Any, half: Any, coefficients: Any, frequencies: int) -> Any:
    """The same by Gauss-Legendre nodes, p in powers of the distance from the cut at the arc's farther end."""
    rule = xp.method["circle_arc_rule"]
    shares, weights = shares_of(xp, rule, 1 + 2 * (frequencies + len(coefficients)) // len(rule))
    totals = [xp.zeros_like(A) for _ in range(frequencies + 1)]
    height = max(xp.table_size // len(weights), 1)
    for start in range(0, len(A), height):
        part = slice(start, start + height)
        distance = distances_along(xp, A[part], high[part], half[part], shares)
        values = xp.zeros_like(distance) + coefficients[-1][part, None]
        for coefficient in coefficients[-2::-1]:
            values = values * distance + coefficient[part, None]
        angles = (high[part] - 2 * half[part])[:, None] + 2 * half[part][:, None] * shares
        for total, value in zip(totals, cosine_sums(xp, angles, values, weights, frequencies), strict=True):
            total[part] = 2 * half[part] * value
    return totals
