"""What a rule for circle moments hands to the text of the module."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from codegen.plan_check import Sample

__all__ = ["CLOSED", "QUADRATURE", "CirclePlan", "circle_function"]

CLOSED = 2e-14
QUADRATURE = 1e-13


@dataclass(frozen=True)
class CirclePlan:
    """The functions of a kernel of circle moments, as text, and what is promised of them.

    Attributes
    ----------
    functions
        Source text of ``_circle_moments`` and of what it calls beside ``_activation`` and primitives.
    promise
        Largest error, relative to ``int |g(A cos t + b)| dt``.
    regimes
        One line a regime: where it holds and which form is used there.
    activation
        Source text of ``_activation`` where the expression's own text would lose digits.
    input_ulps
        Where ``int |g|`` is smaller, the error may be the change that so many ulp of A or b would make; 0 where the
        promise holds without that.
    sample
        Where the finished kernel is held to its promise before it is handed out; None where a proof does that.
    """

    functions: Sequence[str]
    promise: float
    regimes: Sequence[str]
    activation: str | None = None
    input_ulps: int = 4
    sample: Sample | None = None


def circle_function(statement: str, lines: Sequence[str]) -> str:
    """Text of ``_circle_moments`` with these lines as its body."""
    return "\n".join(
        [
            "def _circle_moments(xp: Any, A: Any, b: Any, frequencies: int) -> Any:",
            f'    """{statement}."""',
            *(f"    {line}" for line in lines),
        ]
    )
