"""The three errors of a kernel, apart: algebra, truncation and rounding have different owners.

*Algebra*: the kernel's text in mpmath, its method constants raised for the digits asked, against the
definition. *Truncation*: the same text with the constants it ships. *Rounding*: the kernel in doubles
against that.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from codegen.verify.certificate import KINDS, Certificate, Row
from codegen.verify.definition import Definition, read_definition
from codegen.verify.error_metric import NOISE_REGIME, is_small, relative_error, right_sign_or_zero
from codegen.verify.evidence import Evidence, Question, at_places, require_method
from codegen.verify.expectations import Expectation
from codegen.verify.flint_referee import second_referee
from codegen.verify.kernel_runs import SEQUENCES, SINGLES, KernelDoesNotRun, Rows, float_run, require_bodies
from codegen.verify.points import choose_points
from codegen.verify.signs import asks_for_sign
from codegen.verify.spread import ALONE, Spread
from codegen.verify.whole_line import resolvable
from symbolic_moments.integrability import require_integrable

__all__ = ["FEWEST_DIGITS", "check", "checked_points"]

FEWEST_DIGITS = 20
_SPARE_DIGITS = 10
_FUNCTIONS = ("activation", *SEQUENCES, *SINGLES)
_DEFAULT_PROMISE = 2e-14


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
    chosen, unresolved = points, 0
    if chosen is None:
        every = [(point.mu, point.sigma) for point in choose_points(definition, record.get("seams", ()))]
        chosen = [point for point in every if resolvable(definition.expression, point[1])]
        unresolved = len(every) - len(chosen)
    question = Question(str(record["expression"]), digits, degree, promise, int(record.get("near_roots", 0)))
    require_bodies(module)
    require_method(module)
    own = float_run(module, chosen, degree) if chosen else {}
    evidence = spread.evidence(module, chosen, own, question)
    kept = list(evidence.expected)
    noisy = any(NOISE_REGIME in str(regime) for regime in record.get("regimes", ()))
    judges = {name: _Judge(name, _limits(digits, promise[name]), noisy) for name in _FUNCTIONS}
    remarks = [*notes, *evidence.refused.values()]
    remarks += [f"{name}: {message}" for name, message in evidence.fallen.items()]
    places = {point: place for place, point in enumerate(chosen)}
    doubles = at_places(own, [places[point] for point in kept])
    for judge in judges.values():
        judge.examine(evidence, doubles)
    referee = second_referee(definition, kept, degree, digits)
    unknown = sum(judge.unknown_signs for judge in judges.values())
    counts = {
        "points": len(kept),
        "values": sum(judge.checked for judge in judges.values()),
        "failed": sum(judge.failed for judge in judges.values()),
        "sign_only": sum(judge.sign_only for judge in judges.values()),
        "unknown_signs": unknown,
        "refused": len(evidence.refused),
        "seen_by_second_referee": referee.points,
    }
    return Certificate(
        str(record["name"]),
        str(record["expression"]),
        str(record.get("target", "numpy")),
        digits,
        degree,
        tuple(judge.row() for judge in judges.values()),
        counts,
        referee.statement,
        referee.agrees,
        _not_covered(degree, points, unknown, unresolved),
        tuple(remarks),
    )


@dataclass
class _Judge:
    """Collects the errors of one function."""

    function: str
    limits: tuple[float, float, float]
    noisy: bool = False
    errors: dict[str, float] = field(default_factory=dict)
    worst: dict[str, Any] = field(default_factory=dict)
    checked: int = 0
    failed: int = 0
    sign_only: int = 0
    unknown_signs: int = 0

    def examine(self, evidence: Evidence, doubles: Mapping[str, Rows]) -> None:
        for p, (point, expected) in enumerate(evidence.expected.items()):
            for order, expectation in enumerate(expected[self.function]):
                own = doubles[self.function][order][p]
                if self.function in evidence.fallen:
                    self.take("algebra", math.inf, point, order)
                    continue
                raised = evidence.raised[self.function][order][p]
                shipped = evidence.shipped[self.function][order][p]
                if expectation.undefined:
                    unknown = all(_is_special(value) for value in (own, raised, shipped))
                    self.take("rounding", 0.0 if unknown else math.inf, point, order)
                elif asks_for_sign(expectation, own) and is_small(own, expectation.size):
                    self.unknown_signs += 1
                elif expectation.sign_only:
                    self.sign_only += 1
                    self.take("rounding", self.of_sign(own, expectation), point, order)
                else:
                    value, scale = expectation.value, expectation.scale
                    self.take("algebra", relative_error(raised, value, scale), point, order)
                    self.take("truncation", relative_error(shipped, value, scale), point, order)
                    lost = expectation.beyond and _is_special(own)
                    self.take("rounding", 0.0 if lost else relative_error(own, shipped, scale), point, order)

    def of_sign(self, own: Any, expectation: Expectation) -> float:
        """0 for the right sign, zero, or noise within the promise where the record allows it; infinite otherwise."""
        error = right_sign_or_zero(own, expectation.value, expectation.size)
        if self.noisy and relative_error(own, expectation.value, expectation.scale) < self.limits[-1]:
            return 0.0
        return error

    def take(self, kind: str, error: float, point: tuple[float, float], order: int) -> None:
        limit = self.limits[KINDS.index(kind)]
        self.checked += 1
        self.failed += not error < limit
        self.errors[kind] = max(self.errors.get(kind, 0.0), error)
        of_limit = error / limit
        if not self.worst or of_limit > self.worst["of_limit"]:
            self.worst = {
                "function": self.function,
                "kind": kind,
                "order": order,
                "mu": point[0],
                "sigma": point[1],
                "error": error,
                "limit": limit,
                "of_limit": of_limit,
            }

    def row(self) -> Row:
        unmeasured = 0.0 if self.sign_only else math.nan
        algebra, truncation, rounding = (self.errors.get(kind, unmeasured) for kind in KINDS)
        return Row(
            self.function,
            algebra,
            truncation,
            rounding,
            self.limits,
            self.worst,
            self.checked,
            self.failed,
            self.sign_only,
        )


def _is_special(raw: Any) -> bool:
    return not raw[1] and bool(raw[2])


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
        No points, or one that is not finite or has sigma < 0.
    """
    if points is None:
        return None
    chosen = [(float(mu), float(sigma)) for mu, sigma in points]
    for mu, sigma in chosen:
        if not (math.isfinite(mu) and math.isfinite(sigma) and sigma >= 0):
            raise ValueError(f"point (mu, sigma) = ({mu}, {sigma}) given; expected finite numbers with sigma >= 0")
    if not chosen:
        raise ValueError("no points given; leave points out to have them chosen, or give at least one (mu, sigma)")
    return list(dict.fromkeys(chosen))


def _limits(digits: int, promise: float) -> tuple[float, float, float]:
    return 10.0 ** -(digits - _SPARE_DIGITS), promise / 4, promise * 3 / 4


def _not_covered(
    degree: int, points: Sequence[tuple[float, float]] | None, unknown_signs: int, unresolved: int
) -> tuple[str, ...]:
    items = [f"orders above {degree}", "sigma < 0 and NaN", "|mu| > 1e3", "results rounded to 16 or 32 bits"]
    if unknown_signs:
        items.append(f"the signs of {unknown_signs} values that lie below the reference's own accuracy")
    if unresolved:
        items.append(
            f"{unresolved} points at which the definition oscillates too often, or is too narrow, for its reference"
        )
    if points is not None:
        items.append("any point but those given")
    return tuple(items)
