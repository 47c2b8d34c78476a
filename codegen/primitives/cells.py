"""Rows of like mu and sigma: cells of the half plane."""

from typing import Any


def occupied_cells(xp: Any, mu: Any, sigma: Any) -> Any:
    """Rows of each cell that holds ``cell_rows`` of them; the middles of the cells and their largest sigma.

    A cell is half an octave of sigma high, 3 of its largest sigma wide.
    """
    per_octave = xp.rational(2885, 1000)
    level = xp.floor(xp.log(sigma) * per_octave)
    highest = xp.exp((level + 1) / per_octave)
    column = xp.floor(mu / (3 * highest) + xp.rational(1, 2))
    known = xp.flatnonzero((xp.abs(column) < 2**32) & (xp.abs(level) < 2**12))
    if not len(known):
        return [], known, known
    keys = level[known] * 2**34 + column[known]
    order = xp.argsort(keys)
    rows, keys = known[order], keys[order]
    starts = [0, *(xp.flatnonzero(keys[1:] != keys[:-1]) + 1).tolist()]
    ends = [*starts[1:], len(rows)]
    full = [pair for pair in zip(starts, ends, strict=True) if pair[1] - pair[0] >= xp.method["cell_rows"]]
    first = rows[[start for start, _ in full]]
    return [rows[start:end] for start, end in full], 3 * (column * highest)[first], highest[first]
