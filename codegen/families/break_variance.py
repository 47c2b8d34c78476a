"""Kernel text of the variance next to kinks and jumps: what g adds to its value there, at exact distances."""

from __future__ import annotations

from collections.abc import Sequence

from codegen.break_series import BreakSeries

__all__ = ["beside_breaks_lines", "breaks_lines"]


def beside_breaks_lines(breaks: Sequence[BreakSeries]) -> list[str]:
    """Statements of ``_variance`` that name the rows next to the places ``beside``; none where there are none."""
    if not breaks:
        return []
    return ["    beside = variance_beside_breaks(xp, mu, sigma, _breaks(xp))"]


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
