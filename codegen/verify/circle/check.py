"""The certificate of a kernel of circle moments: algebra, truncation and rounding errors, apart.

As for Gaussian kernels: the text in many digits with its constants raised against the definition, with those it ships,
and the kernel in doubles against that.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any

from mpmath import libmp

from codegen.method import method_constants
from codegen.verify.arithmetic import arithmetic, namespaces
from codegen.verify.certificate import Certificate
from codegen.verify.circle.points import REGIMES, choose_circle_points, regime_of_circle
from codegen.verify.circle.referee import second_opinion
from codegen.verify.circle.reference import CircleReference, circle_reference
from codegen.verify.circle.runs import FUNCTIONS, circle_float_run, circle_mp_run, require_circle_bodies
from codegen.verify.definition import Definition, read_definition
from codegen.verify.evidence import REFERENCE_LEAVES, Evidence, at_places, require_method
from codegen.verify.expectations import Expectation, activation_expectation
from codegen.verify.interval import ReferenceRefusesError
from codegen.verify.judge import Judge, Tally
from codegen.verify.kernel_runs import KernelDoesNotRun
from codegen.verify.mp_namespace import MpNamespace

__all__ = ["check_circle", "is_circle_kernel"]

Point = tuple[float, float]

MOST_INPUT_ULPS = 4
_SPARE_DIGITS = 10
_GUARD_DIGITS = 5
_BITS = 80
_SMALLEST_NORMAL = libmp.from_float(2.2250738585072014e-308)
_OVERFLOWING = libmp.from_float(1e305)


def is_circle_kernel(module: ModuleType) -> bool:
    """Whether the record of a module says that it computes circle moments."""
    record = getattr(module, "KERNEL", None)
    return isinstance(record, Mapping) and record.get("quantity") == "circle_moments"


def check_circle(
    module: ModuleType,
    digits: int,
    highest: int | None,
    points: Sequence[Point] | None,
    notes: Sequence[str] = (),
) -> Certificate:
    """The certificate of a loaded kernel, r = 0 .. ``highest``; ``points`` are pairs (A, b).

    Without ``highest`` it goes up to the frequency that the record promises.

    Raises
    ------
    KernelDoesNotRun
        The module is not a kernel, or fails when called.
    """
    record = module.KERNEL
    definition, promise = _read(record, module)
    frequencies = _promised_frequencies(record) if highest is None else highest
    input_ulps = min(int(record.get("input_ulps", 0)), MOST_INPUT_ULPS)
    chosen = choose_circle_points(definition) if points is None else list(points)
    own = circle_float_run(module, chosen, frequencies)
    references, refused = _references(definition, chosen, frequencies, digits - REFERENCE_LEAVES)
    kept = list(references)
    evidence = Evidence({}, refused, {}, {}, {})
    if kept:
        working = digits + _GUARD_DIGITS
        raised, fallen = circle_mp_run(
            module, kept, frequencies, working, method_constants(dict(module.METHOD), working, frequencies)
        )
        shipped, also = circle_mp_run(module, kept, frequencies, working, module.METHOD)
        expected = {
            point: {
                "activation": [activation_expectation(definition, point[1], promise["activation"])],
                "circle_moments": expected_moments(point, found, promise["circle_moments"], input_ulps),
            }
            for point, found in references.items()
        }
        evidence = Evidence(expected, refused, raised, shipped, {**also, **fallen})
    places = {point: place for place, point in enumerate(chosen)}
    regimes = {point: regime_of_circle(definition, *point) for point in chosen}
    tallies = {regime: Tally() for regime in REGIMES}
    judges = [
        Judge(name, (10.0 ** -(digits - _SPARE_DIGITS), promise[name] / 4, promise[name] * 3 / 4), variables=("A", "b"))
        for name in FUNCTIONS
    ]
    doubles = at_places(own, [places[point] for point in kept])
    for judge in judges:
        judge.examine(evidence, doubles, {point: tallies[regimes[point]] for point in kept})
    seen, left_out = Counter(regimes[point] for point in kept), Counter(regimes[point] for point in refused)
    opinion = second_opinion(str(record["expression"]), references, frequencies, digits)
    return Certificate(
        str(record["name"]),
        str(record["expression"]),
        str(record.get("target", "numpy")),
        digits,
        frequencies,
        tuple(judge.row() for judge in judges),
        {
            "points": len(kept),
            "values": sum(judge.tally.checked for judge in judges),
            "failed": sum(judge.tally.failed for judge in judges),
            "granted": sum(judge.tally.granted for judge in judges),
            "sign_only": sum(judge.tally.sign_only for judge in judges),
            "unknown_signs": sum(judge.tally.unknown_signs for judge in judges),
            "refused": len(refused),
            "seen_by_second_referee": opinion.points,
        },
        opinion.statement,
        opinion.agrees,
        (
            f"frequencies above {frequencies}",
            "|A| or |b| above 1e3",
            "NaN and infinities",
            "results rounded to 16 or 32 bits",
            *(("any point but those given",) if points is not None else ()),
        ),
        (*notes, *refused.values(), *(f"{name}: {message}" for name, message in evidence.fallen.items())),
        tuple(
            tally.regime_row(regime, seen[regime], left_out[regime])
            for regime, tally in tallies.items()
            if seen[regime] or left_out[regime]
        ),
        (
            f"definition: two Gauss-Legendre rules of different precision that agree to {digits - REFERENCE_LEAVES} "
            f"digits, {arithmetic(MpNamespace)}",
            f"text of the kernel: {arithmetic(namespaces()[0])}",
        ),
    )


def expected_moments(point: Point, found: CircleReference, promise: float, input_ulps: int) -> list[Expectation]:
    """What the moments should be, and what errors are divided by: ``int |g|``.

    Where that is larger, the change that `input_ulps` ulp of A or b would make, or the smallest normal double, over the
    promise.
    """
    step = input_ulps * (math.ulp(point[0]) + math.ulp(point[1]))
    change = libmp.mpf_mul(found.slope, libmp.from_float(step), _BITS)
    least = change if libmp.mpf_gt(change, _SMALLEST_NORMAL) else _SMALLEST_NORMAL
    allowed = libmp.mpf_div(least, libmp.from_float(promise), _BITS)
    granted = bool(libmp.mpf_gt(allowed, found.size))
    scale = allowed if granted else found.size
    beyond = bool(libmp.mpf_gt(found.size, _OVERFLOWING))
    return [Expectation(value, scale, granted=granted, beyond=beyond) for value in found.moments]


def _references(
    definition: Definition, points: Sequence[Point], frequencies: int, digits: int
) -> tuple[dict[Point, CircleReference], dict[Point, str]]:
    found, refused = {}, {}
    for A, b in points:
        try:
            found[A, b] = circle_reference(definition, A, b, frequencies, digits)
        except ReferenceRefusesError as error:
            refused[A, b] = f"no reference: {error}"
    return found, refused


def _promised_frequencies(record: Mapping[str, Any]) -> int:
    found = record.get("frequencies")
    if not isinstance(found, int) or isinstance(found, bool) or found < 0:
        raise KernelDoesNotRun(
            f"{record['name']}: KERNEL['frequencies'] is {found!r}; expected the highest frequency promised, an integer"
        )
    return found


def _read(record: Mapping[str, Any], module: ModuleType) -> tuple[Definition, dict[str, float]]:
    """The definition and the promises of a record."""
    if not isinstance(getattr(module, "METHOD", None), Mapping):
        raise KernelDoesNotRun(f"{module.__name__} is not a kernel: it needs a dictionary METHOD")
    promised = record.get("promise")
    for key in ("name", "expression"):
        if key not in record:
            raise KernelDoesNotRun(f"{module.__name__} is not a kernel: KERNEL has no {key!r}")
    require_circle_bodies(module)
    require_method(module)
    promise: dict[str, float] = {}
    for name in FUNCTIONS:
        value = promised.get(name) if isinstance(promised, Mapping) else None
        if not isinstance(value, int | float) or not 0 < value <= 1:
            raise KernelDoesNotRun(
                f"{record['name']}: KERNEL['promise'][{name!r}] is {value!r}; expected a number in (0, 1]"
            )
        promise[name] = float(value)
    try:
        return read_definition(str(record["expression"])), promise
    except (ValueError, TypeError, ArithmeticError) as error:
        raise KernelDoesNotRun(f"{record['name']}: KERNEL['expression'] cannot be read: {error}") from error
