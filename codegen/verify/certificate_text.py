"""A certificate for people: a table to print, and the same in HTML."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from codegen.verify.certificate import Certificate, RegimeRow

__all__ = ["KINDS", "as_html", "as_text"]

KINDS = ("algebra", "truncation", "rounding")
_REGIME_COLUMNS = (
    "regime",
    "points",
    "values",
    "granted",
    "signs",
    "unknown",
    "failed",
    "of its limit",
    "worst, where",
)


def as_text(certificate: Certificate) -> str:
    """Verdict, errors by function and by regime, counts, references, what is not covered."""
    lines = [
        f"{certificate.kernel}: {'PASSED' if certificate.passed else 'FAILED'}   g(x) = {certificate.expression}   "
        f"[{certificate.target}, {certificate.digits} digits, degree {certificate.degree}]",
        f"{'function':<22}" + "".join(f"{kind:>20}" for kind in KINDS) + f"{'failed':>14}",
    ]
    for row in certificate.table:
        cells = "".join(
            f"{_cell(getattr(row, kind), limit):>20}" for kind, limit in zip(KINDS, row.limits, strict=True)
        )
        lines.append(f"{row.function:<22}{cells}{f'{row.failed} of {row.checked}':>14}")
    lines += _regime_lines(certificate)
    return "\n".join(lines + _remarks(certificate))


def as_html(certificate: Certificate) -> str:
    """The same for a notebook."""
    rows = [
        [row.function]
        + [_cell(getattr(row, kind), limit) for kind, limit in zip(KINDS, row.limits, strict=True)]
        + [f"{row.failed} of {row.checked}"]
        for row in certificate.table
    ]
    verdict = "passed" if certificate.passed else "FAILED"
    title = f"{certificate.kernel}: {verdict} at {certificate.digits} digits, degree {certificate.degree}"
    tables = _html_table(("function", *KINDS, "failed"), rows)
    if certificate.regimes:
        tables += _html_table(_REGIME_COLUMNS, [_regime_cells(row) for row in certificate.regimes])
    foot = "<br>".join(html.escape(remark) for remark in _remarks(certificate))
    return f"<b>{html.escape(title)}</b>{tables}<p>{foot}</p>"


def _html_table(head: tuple[str, ...], rows: list[list[str]]) -> str:
    titles = "".join(f"<th>{html.escape(name)}</th>" for name in head)
    body = "".join("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><tr>{titles}</tr>{body}</table>"


def _remarks(certificate: Certificate) -> list[str]:
    return [
        _worst_line(certificate.worst),
        f"points: {_counts_line(certificate.counts)}",
        *(f"reference: {reference}" for reference in certificate.references),
        f"second referee: {certificate.referee}",
        *(f"not covered: {item}" for item in certificate.not_covered),
        *(f"note: {item}" for item in certificate.notes),
    ]


def _counts_line(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{value} {name.replace('_', ' ')}" for name, value in counts.items())


def _regime_lines(certificate: Certificate) -> list[str]:
    if not certificate.regimes:
        return []
    rows = [list(_REGIME_COLUMNS), *(_regime_cells(row) for row in certificate.regimes)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_REGIME_COLUMNS) - 1)]
    return [
        "  ".join(
            [
                f"{row[0]:<{widths[0]}}",
                *(f"{cell:>{w}}" for cell, w in zip(row[1:-1], widths[1:], strict=True)),
                row[-1],
            ]
        )
        for row in rows
    ]


def _regime_cells(row: RegimeRow) -> list[str]:
    points = f"{row.points} + {row.left_out} left out" if row.left_out else str(row.points)
    counts = (row.checked, row.granted, row.sign_only, row.unknown_signs, row.failed)
    if not row.worst:
        return [row.regime, points, *map(str, counts), "-", "nothing was measured"]
    of_limit = row.worst["of_limit"]
    share = f"{of_limit:.0%}" if math.isfinite(of_limit) and of_limit < 10 else f"{of_limit:.0e} times"
    return [row.regime, points, *map(str, counts), share, _place(row.worst)]


def _place(worst: Mapping[str, Any]) -> str:
    setting = f", {worst['parameters']}" if worst.get("parameters") else ""
    return (
        f"{worst['kind']} {worst['error']:.1e}, {worst['function']} {worst['order']} "
        f"at ({', '.join(f'{value:.6g}' for _, value in _point(worst))}){setting}"
    )


def _cell(error: float, limit: float) -> str:
    return f"{error:.1e} < {limit:.0e}" if error < limit else f"{error:.1e} !< {limit:.0e}"


def _worst_line(worst: Mapping[str, Any]) -> str:
    if not worst.get("kind"):
        return "worst: nothing was measured"
    setting = f", {worst['parameters']}" if worst.get("parameters") else ""
    return (
        f"worst: {worst['kind']} error {worst['error']:.2e} of {worst['function']}, order {worst['order']}, "
        f"at {', '.join(f'{name} = {value!r}' for name, value in _point(worst))}{setting} "
        f"(limit {worst['limit']:.1e})"
    )


def _point(worst: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """The coordinates of a point and their names: those of a Gaussian, or of a circle."""
    return [(name, worst[name]) for name in ("mu", "sigma", "A", "b") if name in worst]
