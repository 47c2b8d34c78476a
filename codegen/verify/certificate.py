"""What a verification found: a value that can be printed, kept as JSON, and does not pass by default."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from codegen.verify.certificate_text import KINDS, as_html, as_text

__all__ = ["KINDS", "Certificate", "RegimeRow", "Row"]


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
class RegimeRow:
    """What was found in one regime of the plane of (mu, sigma), over all functions; see `regimes.REGIMES`.

    Attributes
    ----------
    regime : str
        Its name.
    points : int
        Points in it.
    algebra, truncation, rounding : float
        Largest error of each kind; NaN where nothing was measured.
    worst : Mapping[str, Any]
        Function, order, point and kind of the error that is largest against its limit; empty where none was measured.
    checked, failed : int
        As in `Row`.
    granted : int
        Values whose limit was widened to what an ulp of mu or sigma changes.
    sign_only, unknown_signs : int
        Values of which only the sign was asked, and those of which not even that is known: not covered.
    left_out : int
        Points without a reference.
    """

    regime: str
    points: int
    algebra: float
    truncation: float
    rounding: float
    worst: Mapping[str, Any]
    checked: int
    failed: int
    granted: int
    sign_only: int
    unknown_signs: int
    left_out: int


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
    regimes : tuple of RegimeRow
        The same values, regime by regime.
    references : tuple of str
        Where the independent numbers come from.
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
    regimes: tuple[RegimeRow, ...] = ()
    references: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """All rows passed, for fewer orders too; the reference vouched for all points, the second referee agrees."""
        complete = bool(self.table) and self.counts.get("points", 0) > 0 and self.counts.get("refused", 1) == 0
        alike = self.counts.get("functions_failed_at_fewer_orders", 0) == 0
        return complete and alike and self.referee_agrees and all(row.passed for row in self.table)

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
            regimes = tuple(RegimeRow(**row) for row in record.pop("regimes", ()))
            for derived in ("passed", "worst"):
                record.pop(derived)
            for name in ("not_covered", "notes", "references"):
                record[name] = tuple(record.get(name, ()))
            return cls(table=rows, regimes=regimes, **record)
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a certificate: {error}") from error

    def __str__(self) -> str:
        return as_text(self)

    def _repr_html_(self) -> str:
        return as_html(self)


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
