"""Signs below the accuracy of a reference: raise its digits until it knows them, or say that it does not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mpmath import libmp

from codegen.verify.definition import Definition
from codegen.verify.expectations import Expectation, expectations
from codegen.verify.interval import ReferenceRefusesError

__all__ = ["asks_for_sign", "with_known_signs"]

Expected = dict[tuple[float, float], dict[str, list[Expectation]]]
_MORE_DIGITS = (40, 120)


def asks_for_sign(expectation: Expectation, own: Any) -> bool:
    """Whether the verdict on `own` (a raw mpf) hangs on a sign the reference does not know: 0 is right for any."""
    return expectation.sign_only and not expectation.sign_known and own != libmp.fzero


def with_known_signs(
    definition: Definition,
    expected: Expected,
    own: Mapping[str, Sequence[Sequence[Any]]],
    degree: int,
    digits: int,
    promise: Mapping[str, float],
    root_ulps: int = 0,
) -> Expected:
    """The expectations, made again with more digits at points where a verdict hangs on an unknown sign.

    Parameters
    ----------
    definition : Definition
        The activation.
    expected : dict
        Expectations by point and function.
    own : Mapping
        What the kernel returned in doubles: by function, order and point, in the order of `expected`.
    degree, digits : int
        Highest order, and the digits of the expectations at hand.
    promise : Mapping
        Promised accuracy by function.
    root_ulps : int
        As in `expectations`.
    """
    result = dict(expected)
    for p, point in enumerate(expected):
        for more in _MORE_DIGITS:
            if not _hangs(result[point], own, p):
                break
            try:
                again = expectations(definition, *point, degree, digits + more, promise, root_ulps)
            except ReferenceRefusesError:
                break
            result[point] = {
                name: [
                    new if old.sign_only and not old.sign_known else old
                    for old, new in zip(row, again[name], strict=True)
                ]
                for name, row in result[point].items()
            }
    return result


def _hangs(at_point: Mapping[str, Sequence[Expectation]], own: Mapping[str, Any], p: int) -> bool:
    return any(
        asks_for_sign(expectation, own[name][order][p])
        for name, row in at_point.items()
        for order, expectation in enumerate(row)
    )
