"""Kernel text of the variance next to kinks and jumps: what g adds to its value there, at exact distances."""

from __future__ import annotations

from collections.abc import Sequence

from codegen.break_series import BreakSeries

__all__ = ["beside_lines", "breaks_lines", "rest_lines"]


def rest_lines(breaks: Sequence[BreakSeries], condition: str) -> list[str]:
    """Statements of ``_variance`` that name the rows ``rest``: of those with the condition all but next to a break.

    Examples
    --------
    >>> rest_lines((), "last > series")
    ['    rest = xp.flatnonzero(last > series)']
    """
    if not breaks:
        return [f"    rest = xp.flatnonzero({condition})"]
    return [
        "    beside = variance_beside_breaks(xp, mu, sigma, _breaks(xp))",
        f"    rest = xp.flatnonzero(({condition}) & ~(beside >= 0))",
    ]


def beside_lines(breaks: Sequence[BreakSeries]) -> list[str]:
    """The statement of ``_variance`` that puts rows next to a break in their places."""
    return ["    series = xp.where(beside >= 0, beside, series)"] if breaks else []


def breaks_lines(breaks: Sequence[BreakSeries]) -> list[str]:
    """Lines of ``_breaks``."""
    if not breaks:
        return []
    return [
        "",
        "",
        "def _breaks(xp: Any) -> Any:",
        '    """Kinks and jumps: place, jump, distance of the next; for both sides a radius and a series."""',
        "    return (",
        *(f"        {one.text()}," for one in breaks),
        "    )",
    ]
