"""Arcs of a circle: where ``A cos t + b`` lies between two cuts, in angles that keep their digits next to a tangent.

An arc is told from the nearer end of ``[0, pi]``: beyond a quarter turn ``t`` becomes ``pi - t`` and A its negative.
"""

from typing import Any

from codegen.primitives.compensated import exact_sum


def circle_angles(xp: Any, A: Any, offset: Any) -> Any:
    """``t`` and ``pi - t`` in ``[0, pi]`` with ``A cos t = offset``, the nearest end where there is none.

    ``tan(t/2)^2 = (A - offset)/(A + offset)``, both differences rounded once; ``offset`` is a pair.
    """
    high, high_rest = exact_sum(A, -offset[0])
    low, low_rest = exact_sum(A, offset[0])
    from_top = xp.sqrt(xp.maximum(high + (high_rest - offset[1]), 0))
    from_bottom = xp.sqrt(xp.maximum(low + (low_rest + offset[1]), 0))
    return 2 * xp.arctan2(from_top, from_bottom), 2 * xp.arctan2(from_bottom, from_top)


def offset_from(cut: Any, b: Any) -> Any:
    """``cut - b`` as a pair, of a pair ``cut``."""
    total, rest = exact_sum(cut[0], -b)
    return total, rest + cut[1]


def half_length(xp: Any, A: Any, low: Any, high: Any, gap: Any) -> Any:
    """Half of ``high - low``, angles whose cosines differ by ``gap / A``: a short arc from the gap, not from its ends.

    ``gap = 2 A sin((high + low)/2) sin((high - low)/2)``.
    """
    plain = (high - low) / 2
    sine = gap / (2 * A * xp.sin((high + low) / 2))
    return xp.where((low > 0) & (4 * plain < 1), xp.arcsin(xp.minimum(sine, 1)), plain)


def distances_along(xp: Any, A: Any, high: Any, half: Any, shares: Any) -> Any:
    """``A cos t - A cos(high)`` at ``t = high - 2 half (1 - share)``, arcs times shares."""
    turn = half[:, None] * (1 - shares)
    return 2 * A[:, None] * xp.sin(high[:, None] - turn) * xp.sin(turn)


def cosine_sums(xp: Any, angles: Any, values: Any, weights: Any, frequencies: int) -> Any:
    """``sum_j weights_j values_ij cos(r angles_ij)``, r = 0 .. frequencies: turned on by a rotation for each r."""
    first, second = xp.cos(angles), xp.sin(angles)
    cosine, sine = values, xp.zeros_like(values)
    sums = [cosine @ weights]
    for _ in range(frequencies):
        cosine, sine = cosine * first - sine * second, sine * first + cosine * second
        sums.append(cosine @ weights)
    return sums


def shares_of(xp: Any, rule: Any, parts: int) -> Any:
    """Nodes and weights on [0, 1] of a rule repeated on ``parts`` equal parts."""
    nodes = [(part + node) / parts for part in range(parts) for node, _ in rule]
    weights = [weight / parts for _ in range(parts) for _, weight in rule]
    return xp.asarray(nodes), xp.asarray(weights)


def both_halves(xp: Any, A: Any, b: Any, rows: Any, still: Any) -> Any:
    """Circle moments for any A from ``rows``, integrals over ``0 < t < pi`` for ``|A|``; ``still`` is g(b)."""
    moments = [2 * xp.where(A < 0, -row, row) if r % 2 else 2 * row for r, row in enumerate(rows)]
    whole = [2 * xp.pi * still, *(xp.zeros_like(still) for _ in rows[1:])]
    return [xp.where(A == 0, at_rest, moment) for at_rest, moment in zip(whole, moments, strict=True)]
