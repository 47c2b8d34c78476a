"""Verification over the parameters of a kernel: a certificate at each setting, and all of them in one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from types import ModuleType

from codegen.verify.certificate import KINDS, Certificate, RegimeRow, Row
from codegen.verify.check import check
from codegen.verify.parameter_values import Setting, bound, settings
from codegen.verify.regimes import REGIMES
from codegen.verify.spread import ALONE, Spread

__all__ = ["check_over_parameters"]


def check_over_parameters(
    module: ModuleType,
    digits: int,
    degree: int,
    points: Sequence[tuple[float, float]] | None,
    notes: Sequence[str] = (),
    spread: Spread = ALONE,
) -> Certificate:
    """The certificate of a kernel at the defaults of its parameters and at a few seeded values besides.

    A kernel without parameters is checked as it is.

    Raises
    ------
    KernelDoesNotRun
        The module is not a kernel, or fails when called.
    """
    record = getattr(module, "KERNEL", None)
    if not isinstance(record, dict) or not record.get("parameters"):
        return check(module, digits, degree, points, notes, spread)
    found: list[tuple[Setting, Certificate]] = []
    for seed, setting in enumerate(settings(module)):
        chosen = points
        if points is None and not setting.is_default:
            chosen = setting.points(module, seed)
        there = replace(spread, setting=setting)
        certificate = check(bound(module, setting), digits, degree, chosen, notes if not found else (), there)
        found.append((setting, certificate))
    return _merged(found, str(record["template"]))


def _merged(found: Sequence[tuple[Setting, Certificate]], template: str) -> Certificate:
    setting, first = found[0]
    rows = tuple(
        _merged_row([(one, certificate.table[index]) for one, certificate in found])
        for index in range(len(first.table))
    )
    objecting = next((certificate for _, certificate in found if not certificate.referee_agrees), first)
    where = "; ".join(f"{one} at {certificate.counts['points']} points" for one, certificate in found)
    notes = [*first.notes, f"parameters: {where}"]
    for one, certificate in found[1:]:
        notes += [f"{one}: {note}" for note in certificate.notes]
    names = " and ".join(setting.values)
    not_covered = [*first.not_covered, f"other values of {names}"]
    return replace(
        first,
        expression=template,
        table=rows,
        counts={key: sum(certificate.counts[key] for _, certificate in found) for key in first.counts},
        referee=objecting.referee,
        referee_agrees=objecting.referee_agrees,
        not_covered=tuple(not_covered),
        notes=tuple(notes),
        regimes=_merged_regimes([(one, row) for one, certificate in found for row in certificate.regimes]),
    )


def _merged_regimes(rows: Sequence[tuple[Setting, RegimeRow]]) -> tuple[RegimeRow, ...]:
    """One row a regime, in the order of `REGIMES`."""
    regimes = [[pair for pair in rows if pair[1].regime == regime] for regime in REGIMES]
    return tuple(_merged_regime(alike) for alike in regimes if alike)


def _merged_regime(rows: Sequence[tuple[Setting, RegimeRow]]) -> RegimeRow:
    measured = [(one, row) for one, row in rows if row.worst] or rows[:1]
    setting, found = max(measured, key=lambda pair: pair[1].worst.get("of_limit", math.inf))
    algebra, truncation, rounding = (_largest([getattr(row, kind) for _, row in measured]) for kind in KINDS)
    return RegimeRow(
        found.regime,
        sum(row.points for _, row in rows),
        algebra,
        truncation,
        rounding,
        {**found.worst, "parameters": str(setting)} if found.worst else {},
        sum(row.checked for _, row in rows),
        sum(row.failed for _, row in rows),
        sum(row.granted for _, row in rows),
        sum(row.sign_only for _, row in rows),
        sum(row.unknown_signs for _, row in rows),
        sum(row.left_out for _, row in rows),
    )


def _merged_row(rows: Sequence[tuple[Setting, Row]]) -> Row:
    _, first = rows[0]
    worst_setting, worst = max(rows, key=lambda pair: pair[1].worst.get("of_limit", math.inf))
    algebra, truncation, rounding = (_largest([getattr(row, kind) for _, row in rows]) for kind in KINDS)
    return replace(
        first,
        algebra=algebra,
        truncation=truncation,
        rounding=rounding,
        worst={**worst.worst, "parameters": str(worst_setting)},
        checked=sum(row.checked for _, row in rows),
        failed=sum(row.failed for _, row in rows),
        sign_only=sum(row.sign_only for _, row in rows),
    )


def _largest(errors: Sequence[float]) -> float:
    """The largest, or NaN where one of them was not measured."""
    return math.nan if any(map(math.isnan, errors)) else max(errors)
