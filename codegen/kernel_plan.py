"""What a family hands to the module template."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import sympy as sp

from codegen.ir import Node
from codegen.lower import lower, lower_pair
from codegen.passes import run_passes
from codegen.plan_check import Sample
from codegen.printer import text


@dataclass(frozen=True)
class KernelPlan:
    """The family-specific functions of a kernel, as text, and what is promised of them.

    Attributes
    ----------
    functions
        Source text of ``_raw_moments``, ``_hermite_coefficients``, ``_expected_derivatives``, ``_second_moment``
        and ``_variance``, in this order.
    promise
        Largest error of each public function, in the measure of ``docs/accuracy.md``.
    regimes
        One line a regime: where it holds and which form is used there.
    seams
        Values of ``t`` or ``h`` (the argument of the density) at which the form changes.
    root_ulps
        Next to a root of g away from 0 the error may be what a change of mu or sigma by so many ulp would make; 0 where
        the promise holds there too. ``KERNEL["near_roots"]`` says so if g has such a root.
    activation
        Source text of ``_activation`` where the expression's own text would lose digits.
    sample
        Where the finished kernel is to be held to its promise before it is handed out; None where a proof does that.
    last
        Whether no other family is left to be asked.
    crosses
        Whether g has roots away from 0.
    blocks
        How many blocks of rows are worked on at a time: rows that share nodes are to find each other.
    keeps_places
        Whether distances from all kinks are made of mu itself and the rounding of the kinks is put back.
    slack
        How many times more than others of its kind the kernel erred on its trial.
    near_places
        Places next to which promises are exceeded under narrow Gaussians, and by how many ulp of the place over sigma:
        means, relative to E|g|, coefficients, to sd(g) sqrt(k!), variances and squares, E[g^2], to themselves.
        ``KERNEL["near_places"]`` says so.
    """

    functions: Sequence[str]
    promise: Mapping[str, float]
    regimes: Sequence[str]
    seams: Sequence[Mapping[str, float | str]]
    root_ulps: int = 4
    activation: str | None = None
    sample: Sample | None = None
    last: bool = False
    crosses: bool = False
    blocks: int = 1
    keeps_places: bool = False
    slack: int = 1
    near_places: Sequence[Mapping[str, float]] = ()

    def promising_less(self, slack: int, miss: str) -> KernelPlan:
        """The plan with promises ``10 slack`` times as large, and a regime that says so; that of g itself if it missed.

        What cancels and has roots may have two that nearly meet, where its terms' rounding is felt most and no trial
        looks: ten times as large again, and for g itself.
        """
        factor = (100 if self.crosses else 10) * slack
        promise = {
            name: limit if name == "activation" and not (self.crosses or miss.startswith(name)) else factor * limit
            for name, limit in self.promise.items()
        }
        regime = f"promises {factor} times less than others of its kind: a trial gave {miss}"
        return replace(self, promise=promise, regimes=[*self.regimes, regime], slack=slack)


def expression_text(expression: sp.Basic | Node) -> str:
    """Kernel text of a SymPy expression."""
    return text(run_passes(expression if isinstance(expression, Node) else lower(expression)))


def polynomial_coefficients(polynomial: sp.Expr, variable: sp.Symbol) -> list[sp.Expr]:
    """Coefficients, lowest power first; ``[0]`` for the zero polynomial."""
    return [sp.simplify(c) if not c.is_number else c for c in reversed(sp.Poly(polynomial, variable).all_coeffs())]


def tuple_text(values: Sequence[sp.Expr]) -> str:
    """Kernel text of a tuple of expressions."""
    return "(" + ", ".join(expression_text(value) for value in values) + ("," if len(values) == 1 else "") + ")"


def exact_pair(value: sp.Expr) -> str:
    """A constant and what rounding takes from it, as kernel text; of a parameter it takes nothing."""
    if value.free_symbols:
        return f"({expression_text(value)}, 0)"
    return expression_text(lower_pair(value))
