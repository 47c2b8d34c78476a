"""What is to be known at each point before a kernel is judged: what it should return, and its text in mpmath.

Points do not know of one another, so that any share of them can be looked at anywhere, and the shares put together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType

from codegen.method import RULES, method_constants
from codegen.verify.definition import Definition, read_definition
from codegen.verify.expectations import Expectation, expectations
from codegen.verify.interval import ReferenceRefusesError
from codegen.verify.kernel_runs import KernelDoesNotRun, Rows, mp_run
from codegen.verify.signs import with_known_signs

__all__ = ["REFERENCE_LEAVES", "Evidence", "Point", "Question", "at_places", "gathered", "merged", "require_method"]

Point = tuple[float, float]

_GUARD_DIGITS = 5
REFERENCE_LEAVES = 4


@dataclass(frozen=True)
class Question:
    """What is asked of a kernel at every point.

    Attributes
    ----------
    expression : str
        The definition.
    digits, degree : int
        Digits of the certificate, highest order.
    promise : Mapping
        Promised accuracy by function.
    root_ulps : int
        As in `expectations`.
    """

    expression: str
    digits: int
    degree: int
    promise: Mapping[str, float]
    root_ulps: int = 0


@dataclass(frozen=True)
class Evidence:
    """What was found at some points.

    Attributes
    ----------
    expected : dict
        By point, by function: one expectation per order. The other attributes follow the order of its points.
    refused : dict
        By point: why there is no reference.
    raised, shipped : dict
        The text in mpmath, with its constants raised and as shipped: by function, order and point.
    fallen : dict
        By function: the double that entered its run, which then has no rows.
    """

    expected: dict[Point, dict[str, list[Expectation]]]
    refused: dict[Point, str]
    raised: dict[str, Rows]
    shipped: dict[str, Rows]
    fallen: dict[str, str]


def gathered(module: ModuleType, points: Sequence[Point], own: Mapping[str, Rows], question: Question) -> Evidence:
    """The evidence at these points; `own` is what the kernel returned there in doubles.

    Raises
    ------
    KernelDoesNotRun
        The text does not run in mpmath.
    """
    working = question.digits + _GUARD_DIGITS
    require_method(module)
    constants = method_constants(dict(module.METHOD), working, question.degree)
    definition = read_definition(question.expression)
    expected, refused = _expected(definition, points, question)
    kept = list(expected)
    if not kept:
        return Evidence(expected, refused, {}, {}, {})
    raised, fallen = mp_run(module, kept, question.degree, working, constants)
    shipped, also = mp_run(module, kept, question.degree, working, module.METHOD)
    places = {point: place for place, point in enumerate(points)}
    expected = with_known_signs(
        definition,
        expected,
        at_places(own, [places[point] for point in kept]),
        question.degree,
        question.digits - REFERENCE_LEAVES,
        question.promise,
        question.root_ulps,
    )
    return Evidence(expected, refused, raised, shipped, {**also, **fallen})


def at_places(runs: Mapping[str, Rows], places: Sequence[int]) -> dict[str, Rows]:
    """The columns of a run at some of its points."""
    return {name: [[row[place] for place in places] for row in rows] for name, rows in runs.items()}


def merged(shares: Sequence[Evidence], points: Sequence[Point]) -> Evidence:
    """The evidence of all shares, in the order of the points; none of them has fallen to double."""
    expected = {point: at_point for share in shares for point, at_point in share.expected.items()}
    refused = {point: why for share in shares for point, why in share.refused.items()}
    found = [share for share in shares if share.expected]
    order = {point: place for place, point in enumerate(point for share in found for point in share.expected)}
    kept = [point for point in points if point in expected]
    places = [order[point] for point in kept]

    def runs(of: Callable[[Evidence], dict[str, Rows]]) -> dict[str, Rows]:
        if not found:
            return {}
        side_by_side = {
            name: [
                [value for part in parts for value in part] for parts in zip(*(of(s)[name] for s in found), strict=True)
            ]
            for name in of(found[0])
        }
        return at_places(side_by_side, places)

    return Evidence(
        {point: expected[point] for point in kept},
        {point: refused[point] for point in points if point in refused},
        runs(lambda share: share.raised),
        runs(lambda share: share.shipped),
        {},
    )


def _expected(
    definition: Definition, points: Sequence[Point], question: Question
) -> tuple[dict[Point, dict[str, list[Expectation]]], dict[Point, str]]:
    expected, refused = {}, {}
    digits = question.digits - REFERENCE_LEAVES
    for mu, sigma in points:
        try:
            expected[mu, sigma] = expectations(
                definition, mu, sigma, question.degree, digits, question.promise, question.root_ulps
            )
        except ReferenceRefusesError as error:
            refused[mu, sigma] = f"no reference: {error}"
    return expected, refused


def require_method(module: ModuleType) -> None:
    """Nothing, for a kernel whose method constants all have a rule by which they are raised.

    Raises
    ------
    KernelDoesNotRun
        One has none.
    """
    unknown = sorted(set(module.METHOD) - set(RULES))
    if unknown:
        raise KernelDoesNotRun(
            f"{module.KERNEL['name']}: unknown method constants {unknown}; known are {sorted(RULES)}"
        )
