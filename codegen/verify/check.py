"""The three errors of a kernel, apart: algebra, truncation and rounding have different owners.

*Algebra*: the kernel's text in mpmath, its method constants raised for the digits asked, against the
definition. *Truncation*: the same text with the constants it ships. *Rounding*: the kernel in doubles
against that.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import ModuleType
from typing import Any

from mpmath import libmp

from codegen.verify.arithmetic import arithmetic, namespaces
from codegen.verify.averaged_waves import MOST_PERIODS, followed, waves_are_many
from codegen.verify.certificate import Certificate, RegimeRow
from codegen.verify.definition import Definition, read_definition
from codegen.verify.error_metric import NOISE_REGIME, OVERFLOW_REGIME
from codegen.verify.evidence import REFERENCE_LEAVES, Evidence, Point, Question, at_places, require_method
from codegen.verify.fewer_orders import fewer_orders_failed
from codegen.verify.flint_referee import second_referee
from codegen.verify.judge import Judge, Tally
from codegen.verify.kernel_runs import SEQUENCES, SINGLES, KernelDoesNotRun, float_run, require_bodies
from codegen.verify.mp_namespace import MpNamespace
from codegen.verify.overflow import infinite_where_beyond
from codegen.verify.place_record import as_on_record
from codegen.verify.points import choose_points, smoothing
from codegen.verify.regimes import REGIMES, regime_of
from codegen.verify.spread import ALONE, Spread
from codegen.verify.whole_line import turns_too_fast
from symbolic_moments.integrability import require_integrable

__all__ = ["FEWEST_DIGITS", "check", "checked_points", "require_deviations"]

FEWEST_DIGITS = 20
_SPARE_DIGITS = 10
_FUNCTIONS = ("activation", *SEQUENCES, *SINGLES)
_DEFAULT_PROMISE = 2e-14
_VALUE_BITS = 100
_LEAST_EXPONENT = -(10**12)


def check(
    module: ModuleType,
    digits: int,
    degree: int,
    points: Sequence[tuple[float, float]] | None,
    notes: Sequence[str] = (),
    spread: Spread = ALONE,
) -> Certificate:
    """The certificate of a loaded kernel.

    Raises
    ------
    KernelDoesNotRun
        The module is not a kernel, or fails when called.
    """
    record = _record(module)
    definition = _definition(record)
    promise = {name: float(record["promise"].get(name, _DEFAULT_PROMISE)) for name in _FUNCTIONS}
    chosen, unresolved = points, list[Point]()
    if chosen is None:
        every = [(point.mu, point.sigma) for point in choose_points(definition, record.get("seams", ()))]
        seen = [
            definition.serves(*point)
            and followed(definition, *point)
            and not _infinite(definition, *point)
            and not _vanished(definition, *point)
            for point in every
        ]
        chosen = [point for point, shown in zip(every, seen, strict=True) if shown]
        unresolved = [point for point, shown in zip(every, seen, strict=True) if not shown]
    question = Question(str(record["expression"]), digits, degree, promise, int(record.get("near_roots", 0)))
    require_bodies(module)
    require_method(module)
    own = float_run(module, chosen, degree) if chosen else {}
    evidence = spread.evidence(module, chosen, own, question)
    if any(OVERFLOW_REGIME in str(regime) for regime in record.get("regimes", ())):
        evidence = replace(evidence, expected=infinite_where_beyond(definition, evidence.expected))
    if kinks := record.get("near_places"):
        evidence = replace(evidence, expected=as_on_record(evidence.expected, kinks, promise))
    kept = list(evidence.expected)
    noisy = any(NOISE_REGIME in str(regime) for regime in record.get("regimes", ()))
    judges = [Judge(name, _limits(digits, promise[name]), noisy) for name in _FUNCTIONS]
    remarks = [*notes, *evidence.refused.values()]
    remarks += [f"{name}: {message}" for name, message in evidence.fallen.items()]
    places = {point: place for place, point in enumerate(chosen)}
    doubles = at_places(own, [places[point] for point in kept])
    features = smoothing(definition)
    regimes = {point: regime_of(features, *point) for point in (*chosen, *unresolved)}
    tallies = {regime: Tally() for regime in REGIMES}
    for judge in judges:
        judge.examine(evidence, doubles, {point: tallies[regimes[point]] for point in kept})
    fewer = fewer_orders_failed(module, kept, evidence, judges, doubles)
    remarks += fewer
    referee = second_referee(definition, kept, degree, digits)
    unknown = sum(judge.tally.unknown_signs for judge in judges)
    counts = {
        "points": len(kept),
        "values": sum(judge.tally.checked for judge in judges),
        "failed": sum(judge.tally.failed for judge in judges),
        "granted": sum(judge.tally.granted for judge in judges),
        "sign_only": sum(judge.tally.sign_only for judge in judges),
        "unknown_signs": unknown,
        "beyond_doubles": sum(judge.tally.beyond_doubles for judge in judges),
        "refused": len(evidence.refused),
        "functions_failed_at_fewer_orders": len(fewer),
        "seen_by_second_referee": referee.points,
    }
    return Certificate(
        str(record["name"]),
        str(record["expression"]),
        str(record.get("target", "numpy")),
        digits,
        degree,
        tuple(judge.row() for judge in judges),
        counts,
        referee.statement,
        referee.agrees,
        _not_covered(degree, points, unknown, len(unresolved), _waves_not_followed(definition, unresolved)),
        tuple(remarks),
        _regime_rows(tallies, regimes, evidence, unresolved),
        _references(
            digits,
            any(turns_too_fast(definition.expression, *point) for point in kept),
            any(waves_are_many(definition.expression, sigma) for _, sigma in kept),
        ),
    )


def _infinite(definition: Definition, mu: float, sigma: float) -> bool:
    """Whether a point mass lies where g is infinite."""
    return sigma == 0 and definition.value(libmp.from_float(mu), _VALUE_BITS) in (libmp.finf, libmp.fninf)


def _vanished(definition: Definition, mu: float, sigma: float) -> bool:
    """Whether g is so small there that its moments come from where the density is smaller than any digits show."""
    place = definition.value(libmp.from_float(mu), _VALUE_BITS)
    return sigma > 0 and bool(place[1]) and place[2] + place[3] < _LEAST_EXPONENT


def _regime_rows(
    tallies: Mapping[str, Tally], regimes: Mapping[Point, str], evidence: Evidence, unresolved: Sequence[Point]
) -> tuple[RegimeRow, ...]:
    """The rows of the regimes in which there are points."""
    seen = Counter(regimes[point] for point in evidence.expected)
    left_out = Counter(regimes[point] for point in (*evidence.refused, *unresolved))
    return tuple(
        tally.regime_row(regime, seen[regime], left_out[regime])
        for regime, tally in tallies.items()
        if seen[regime] or left_out[regime]
    )


def _waves_not_followed(definition: Definition, unresolved: Sequence[Point]) -> int:
    """At how many points the waves are what keeps a reference from them."""
    return sum(
        waves_are_many(definition.expression, sigma) and not followed(definition, mu, sigma) for mu, sigma in unresolved
    )


def _references(digits: int, turned: bool, averaged: bool) -> tuple[str, ...]:
    agreed = digits - REFERENCE_LEAVES
    lines = " (two lines turned into the complex plane where a quadratic phase turns too fast)" if turned else ""
    if averaged:
        lines += " (two paths that leave the line where waves without end are too many to be followed along it)"
    return (
        f"definition: two Gauss-Legendre rules that agree to {agreed} digits{lines}, {arithmetic(MpNamespace)}",
        f"text of the kernel: {arithmetic(namespaces()[0])}",
    )


def _record(module: ModuleType) -> Mapping[str, Any]:
    record = getattr(module, "KERNEL", None)
    wanted = ("name", "expression", "promise")
    if not isinstance(record, Mapping) or any(key not in record for key in wanted):
        raise KernelDoesNotRun(
            f"{module.__name__} is not a kernel: it needs a dictionary KERNEL with {', '.join(wanted)}"
        )
    if not isinstance(getattr(module, "METHOD", None), Mapping):
        raise KernelDoesNotRun(f"{module.__name__} is not a kernel: it needs a dictionary METHOD")
    for name in _FUNCTIONS:
        promised = record["promise"].get(name, _DEFAULT_PROMISE) if isinstance(record["promise"], Mapping) else None
        if not isinstance(promised, int | float) or not 0 < promised <= 1:
            raise KernelDoesNotRun(
                f"{record['name']}: KERNEL['promise'][{name!r}] is {promised!r}; expected a number in (0, 1]"
            )
    return record


def _definition(record: Mapping[str, Any]) -> Definition:
    try:
        definition = read_definition(str(record["expression"]))
        require_integrable(definition.expression)
        return definition
    except (ValueError, TypeError, ArithmeticError) as error:
        raise KernelDoesNotRun(f"{record['name']}: KERNEL['expression'] cannot be read: {error}") from error


def checked_points(points: Sequence[tuple[float, float]] | None) -> list[tuple[float, float]] | None:
    """The points a caller gave, without repetitions; None stays None.

    Raises
    ------
    ValueError
        No points, or one that is not finite.
    """
    if points is None:
        return None
    chosen = [(float(first), float(second)) for first, second in points]
    for first, second in chosen:
        if not (math.isfinite(first) and math.isfinite(second)):
            raise ValueError(f"point ({first}, {second}) given; expected finite numbers")
    if not chosen:
        raise ValueError("no points given; leave points out to have them chosen, or give at least one (mu, sigma)")
    return list(dict.fromkeys(chosen))


def require_deviations(points: Sequence[tuple[float, float]] | None) -> None:
    """Nothing, for points (mu, sigma) with sigma >= 0.

    Raises
    ------
    ValueError
        One has sigma < 0.
    """
    for mu, sigma in points or ():
        if sigma < 0:
            raise ValueError(f"point (mu, sigma) = ({mu}, {sigma}) given; expected finite numbers with sigma >= 0")


def _limits(digits: int, promise: float) -> tuple[float, float, float]:
    return 10.0 ** -(digits - _SPARE_DIGITS), promise / 4, promise * 3 / 4


def _not_covered(
    degree: int, points: Sequence[tuple[float, float]] | None, unknown_signs: int, unresolved: int, waves: int
) -> tuple[str, ...]:
    items = [f"orders above {degree}", "sigma < 0 and NaN", "|mu| > 1e3", "results rounded to 16 or 32 bits"]
    if unknown_signs:
        items.append(f"the signs of {unknown_signs} values that lie below the reference's own accuracy")
    if waves:
        items.append(
            f"{waves} points at which the Gaussian is wider than {MOST_PERIODS} radians of waves without end, which "
            "are no sum of envelopes times waves that is known in the complex plane"
        )
    if unresolved > waves:
        items.append(
            f"{unresolved - waves} points at which the definition oscillates or branches too often, is too narrow, "
            "infinite or below exp(-1e12), for its reference"
        )
    if points is not None:
        items.append("any point but those given")
    return tuple(items)
