"""What a verification found: a value that can be printed, kept as JSON, and does not pass by default."""

from __future__ import annotations

import html
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

__all__ = ["KINDS", "Certificate", "Row"]

KINDS = ("algebra", "truncation", "rounding")


@dataclass(frozen=True)
class Row:
    """One function of a kernel: its three errors, each with its limit.

    Attributes
    ----------
    function : str
        Name of the public function.
    algebra, truncation, rounding : float
        Largest error of each kind, relative to the function's scale; NaN where nothing was measured.
    limits : tuple of float
        What each had to stay below.
    worst : Mapping[str, Any]
        Point, order and kind of the error that is largest against its limit.
    checked, failed : int
        Values checked (each counts once per kind of error), and how many exceeded their limit.
    sign_only : int
        Values below the normal doubles, of which only the sign (or zero) was asked.
    """

    function: str
    algebra: float
    truncation: float
    rounding: float
    limits: tuple[float, float, float]
    worst: Mapping[str, Any]
    checked: int
    failed: int
    sign_only: int

    @property
    def passed(self) -> bool:
        """Every kind measured, below its limit (NaN is not), and no value failed."""
        errors = (self.algebra, self.truncation, self.rounding)
        return self.failed == 0 and all(error < limit for error, limit in zip(errors, self.limits, strict=True))


@dataclass(frozen=True)
class Certificate:
    """The verdict on one kernel.

    Attributes
    ----------
    kernel, expression, target : str
        What was verified.
    digits, degree : int
        Digits of the mpmath run and the highest order.
    table : tuple of Row
        One row per function.
    counts : Mapping[str, int]
        Points, values, failures, points the reference refused, points a second referee saw.
    referee : str
        What the second referee said, or that there was none.
    referee_agrees : bool
        False when the second referee contradicts the reference.
    not_covered : tuple of str
        What this certificate does not speak about.
    notes : tuple of str
        What else a reader must know (a stand-in for an array library, a run that fell to double).
    """

    kernel: str
    expression: str
    target: str
    digits: int
    degree: int
    table: tuple[Row, ...]
    counts: Mapping[str, int]
    referee: str
    referee_agrees: bool
    not_covered: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """All rows passed, the reference vouched for every point, and the second referee does not object."""
        complete = bool(self.table) and self.counts.get("points", 0) > 0 and self.counts.get("refused", 1) == 0
        return complete and self.referee_agrees and all(row.passed for row in self.table)

    @property
    def worst(self) -> Mapping[str, Any]:
        """The value that is largest against its limit, over all functions."""
        if not self.table:
            return {}
        return max((row.worst for row in self.table), key=lambda worst: worst.get("of_limit", math.inf))

    def to_json(self) -> str:
        """The certificate as JSON; infinities and NaN are written as `{"float": "inf"}`."""
        record = {**asdict(self), "passed": self.passed, "worst": dict(self.worst)}
        return json.dumps(_plain(record), indent=2, allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> Certificate:
        """The certificate written by `to_json`.

        Raises
        ------
        ValueError
            The text is not a certificate.
        """
        try:
            record = _numbers(json.loads(text))
            rows = tuple(Row(**{**row, "limits": tuple(row["limits"])}) for row in record.pop("table"))
            for derived in ("passed", "worst"):
                record.pop(derived)
            for name in ("not_covered", "notes"):
                record[name] = tuple(record[name])
            return cls(table=rows, **record)
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a certificate: {error}") from error

    def __str__(self) -> str:
        verdict = "PASSED" if self.passed else "FAILED"
        lines = [
            f"{self.kernel}: {verdict}   g(x) = {self.expression}   [{self.target}, {self.digits} digits, "
            f"degree {self.degree}]",
            f"{'function':<22}" + "".join(f"{kind:>20}" for kind in KINDS) + f"{'failed':>14}",
        ]
        for row in self.table:
            cells = "".join(
                f"{_cell(getattr(row, kind), limit):>20}" for kind, limit in zip(KINDS, row.limits, strict=True)
            )
            lines.append(f"{row.function:<22}{cells}{f'{row.failed} of {row.checked}':>14}")
        lines += [
            _worst_line(self.worst),
            f"points: {_counts_line(self.counts)}",
            f"second referee: {self.referee}",
        ]
        lines += [f"not covered: {item}" for item in self.not_covered]
        lines += [f"note: {item}" for item in self.notes]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{name}</th>" for name in ("function", *KINDS, "failed"))
        body = ""
        for row in self.table:
            cells = [
                row.function,
                *(_cell(getattr(row, kind), limit) for kind, limit in zip(KINDS, row.limits, strict=True)),
            ]
            cells.append(f"{row.failed} of {row.checked}")
            body += "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in cells) + "</tr>"
        verdict = "passed" if self.passed else "FAILED"
        remarks = [
            _worst_line(self.worst),
            f"points: {_counts_line(self.counts)}",
            f"second referee: {self.referee}",
        ]
        remarks += [f"not covered: {item}" for item in self.not_covered] + [f"note: {item}" for item in self.notes]
        title = f"{self.kernel}: {verdict} at {self.digits} digits, degree {self.degree}"
        foot = "<br>".join(html.escape(remark) for remark in remarks)
        return f"<b>{html.escape(title)}</b><table><tr>{head}</tr>{body}</table><p>{foot}</p>"


def _cell(error: float, limit: float) -> str:
    return f"{error:.1e} < {limit:.0e}" if error < limit else f"{error:.1e} !< {limit:.0e}"


def _worst_line(worst: Mapping[str, Any]) -> str:
    if not worst.get("kind"):
        return "worst: nothing was measured"
    setting = f", {worst['parameters']}" if worst.get("parameters") else ""
    return (
        f"worst: {worst['kind']} error {worst['error']:.2e} of {worst['function']}, order {worst['order']}, "
        f"at mu = {worst['mu']!r}, sigma = {worst['sigma']!r}{setting} (limit {worst['limit']:.1e})"
    )


def _counts_line(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{value} {name.replace('_', ' ')}" for name, value in counts.items())


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return {"float": repr(value)}
    return value


def _numbers(value: Any) -> Any:
    if isinstance(value, dict):
        if set(value) == {"float"}:
            return float(value["float"])
        return {key: _numbers(item) for key, item in value.items()}
    return [_numbers(item) for item in value] if isinstance(value, list) else value
