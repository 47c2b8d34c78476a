"""Every value against its limit: the largest error of each kind by function, and the worst value by regime."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mpmath import libmp

from codegen.verify.certificate import KINDS, RegimeRow, Row
from codegen.verify.error_metric import is_beyond_doubles, is_small, relative_error, right_sign_or_zero
from codegen.verify.evidence import Evidence, Point
from codegen.verify.expectations import Expectation
from codegen.verify.kernel_runs import Rows
from codegen.verify.signs import asks_for_sign

__all__ = ["Judge", "Tally"]

_LARGEST_POWER = 1e250
"""Size of y^n from which on it, or what it is multiplied with, may be no double."""


@dataclass
class Tally:
    """What is counted of some values, and the one that is largest against its limit.

    `checked` counts every value once for each kind of error, like `failed`; `granted` those whose limit was widened to
    what an ulp of mu or sigma changes, `sign_only` those of which only the sign (or zero) was asked, `unknown_signs`
    those of which not even that is known, `beyond_doubles` those that no double holds.
    """

    errors: dict[str, float] = field(default_factory=dict)
    worst: dict[str, Any] = field(default_factory=dict)
    checked: int = 0
    failed: int = 0
    granted: int = 0
    sign_only: int = 0
    unknown_signs: int = 0
    beyond_doubles: int = 0

    def take(self, finding: Mapping[str, Any]) -> None:
        """One error of one value: its kind, its limit, and where it occurred."""
        kind, error, limit = finding["kind"], finding["error"], finding["limit"]
        self.checked += 1
        self.failed += not error < limit
        self.errors[kind] = _larger(self.errors.get(kind, 0.0), error)
        if not self.worst or not finding["of_limit"] <= self.worst["of_limit"]:
            self.worst = dict(finding)

    def count(self, expectation: Expectation, *, unknown: bool) -> None:
        """How a value was judged."""
        self.unknown_signs += unknown
        self.sign_only += expectation.sign_only and not unknown
        self.granted += expectation.granted and not expectation.sign_only
        self.beyond_doubles += is_beyond_doubles(expectation.value)

    def measured(self) -> tuple[float, float, float]:
        """The largest error of each kind; NaN where none was measured, unless only signs were asked."""
        unmeasured = 0.0 if self.sign_only else math.nan
        algebra, truncation, rounding = (self.errors.get(kind, unmeasured) for kind in KINDS)
        return algebra, truncation, rounding

    def regime_row(self, regime: str, points: int, left_out: int) -> RegimeRow:
        """The row of a regime."""
        algebra, truncation, rounding = self.measured()
        return RegimeRow(
            regime,
            points,
            algebra,
            truncation,
            rounding,
            self.worst,
            self.checked,
            self.failed,
            self.granted,
            self.sign_only,
            self.unknown_signs,
            left_out,
        )


@dataclass
class Judge:
    """Judges the values of one function.

    Attributes
    ----------
    function : str
        Its name.
    limits : tuple of float
        What algebra, truncation and rounding errors must stay below.
    noisy : bool
        The record says that values below the promise are noise of either sign.
    variables : pair of str
        What the coordinates of a point are called.
    tally : Tally
        What it has found.
    """

    function: str
    limits: tuple[float, float, float]
    noisy: bool = False
    variables: tuple[str, str] = ("mu", "sigma")
    tally: Tally = field(default_factory=Tally)

    def examine(self, evidence: Evidence, doubles: Mapping[str, Rows], tallies: Mapping[Point, Tally]) -> None:
        """Judge every value; `tallies` are those of the regimes, by point."""
        for p, (point, expected) in enumerate(evidence.expected.items()):
            for order, expectation in enumerate(expected[self.function]):
                own = doubles[self.function][order][p]
                both = (self.tally, tallies[point])
                unknown = False
                if self.function in evidence.fallen:
                    errors = {"algebra": math.inf}
                else:
                    raised = evidence.raised[self.function][order][p]
                    shipped = evidence.shipped[self.function][order][p]
                    unknown = asks_for_sign(expectation, own) and is_small(own, expectation.size)
                    errors = {} if unknown else self._errors(own, raised, shipped, expectation)
                    for tally in both:
                        tally.count(expectation, unknown=unknown)
                for kind, error in errors.items():
                    finding = self._finding(kind, error, point, order)
                    for tally in both:
                        tally.take(finding)

    def falling_short(self, evidence: Evidence, doubles: Mapping[str, Rows]) -> set[tuple[int, float, float]]:
        """Order and point of the values that are not what they should be in doubles, whatever their text gives."""
        if self.function in evidence.fallen:
            return set()
        found = set()
        for p, ((mu, sigma), expected) in enumerate(evidence.expected.items()):
            for order, expectation in enumerate(expected[self.function]):
                own = doubles[self.function][order][p]
                if asks_for_sign(expectation, own) and is_small(own, expectation.size):
                    continue
                raised, shipped = (rows[self.function][order][p] for rows in (evidence.raised, evidence.shipped))
                error = self._errors(own, raised, shipped, expectation)["rounding"]
                if not error < self.limits[-1]:
                    found.add((order, mu, sigma))
        return found

    def _errors(self, own: Any, raised: Any, shipped: Any, expectation: Expectation) -> dict[str, float]:
        if expectation.undefined:
            undefined = all(_is_special(value) for value in (own, raised, shipped))
            return {"rounding": 0.0 if undefined else math.inf}
        if expectation.infinite and _is_infinite(own):
            return {"rounding": 0.0}
        if expectation.sign_only:
            return {"rounding": self._of_sign(own, expectation)}
        value, scale = expectation.value, expectation.scale
        lost = expectation.beyond and _is_special(own)
        errors = {
            "algebra": relative_error(raised, value, scale),
            "truncation": relative_error(shipped, value, scale),
            "rounding": 0.0 if lost else relative_error(own, shipped, scale),
        }
        return self._beyond_doubles((raised, shipped, own), expectation, errors)

    def _beyond_doubles(
        self, found: Sequence[Any], expectation: Expectation, errors: Mapping[str, float]
    ) -> dict[str, float]:
        """The errors; where no double holds the value, none of what has its sign and is no double either.

        Where already powers of y are no doubles, NaN and an infinity of either sign are no errors of the doubles.
        """
        if not is_beyond_doubles(expectation.value):
            return dict(errors)
        lost = expectation.size > _LARGEST_POWER and _is_special(found[-1])
        rounding = 0.0 if lost else relative_error(found[-1], expectation.value, expectation.scale)
        kept = {**errors, "rounding": rounding}
        signs = [libmp.mpf_sign(one) if is_beyond_doubles(one) else 0 for one in found]
        return {
            kind: 0.0 if sign == libmp.mpf_sign(expectation.value) and not error < limit else error
            for (kind, error), limit, sign in zip(kept.items(), self.limits, signs, strict=True)
        }

    def _of_sign(self, own: Any, expectation: Expectation) -> float:
        """0 for the right sign, zero, or noise within the promise where the record allows it; infinite otherwise."""
        error = right_sign_or_zero(own, expectation.value, expectation.size)
        if self.noisy and relative_error(own, expectation.value, expectation.scale) < self.limits[-1]:
            return 0.0
        return error

    def _finding(self, kind: str, error: float, point: Point, order: int) -> dict[str, Any]:
        limit = self.limits[KINDS.index(kind)]
        return {
            "function": self.function,
            "kind": kind,
            "order": order,
            **dict(zip(self.variables, point, strict=True)),
            "error": error,
            "limit": limit,
            "of_limit": error / limit,
        }

    def row(self) -> Row:
        """The row of this function."""
        algebra, truncation, rounding = self.tally.measured()
        found = self.tally
        return Row(
            self.function,
            algebra,
            truncation,
            rounding,
            self.limits,
            found.worst,
            found.checked,
            found.failed,
            found.sign_only,
        )


def _larger(a: float, b: float) -> float:
    """The larger, NaN if either is NaN."""
    return a if math.isnan(a) or a >= b else b


def _is_infinite(raw: Any) -> bool:
    return raw in (libmp.finf, libmp.fninf)


def _is_special(raw: Any) -> bool:
    return not raw[1] and bool(raw[2])
