"""Periodic functions: narrow Gaussians see some periods, wide ones the harmonics of what a narrow one has smoothed."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import sympy as sp

from codegen.families.periodic_public import WITHIN, activation, public_functions, smoothed
from codegen.families.quadrature import PROMISE
from codegen.families.renamed import renamed
from codegen.kernel_plan import KernelPlan, exact_pair, expression_text
from codegen.nodes_beside import in_every_period
from codegen.periodic_window import AROUND, WIDE
from codegen.plan_check import Sample
from codegen.structures import Structure
from symbolic_moments.folded_waves import breaks_of
from symbolic_moments.symbols import x

__all__ = ["SAMPLED", "head_of", "plan", "reachable", "sample_of"]

SAMPLED = 10
"""Periods to each side on which the finished kernel is tried: enough for some Gaussians that are wide."""

_NEEDED = ("_raw_moments", "_hermite_coefficients", "_expected_derivatives", "_variance")
_HEAD_BITS = 28
_PARTS = 16


def plan(
    expression: sp.Expr,
    inner: KernelPlan,
    within: str,
    period: sp.Expr,
    slope: sp.Expr,
    kinks: Sequence[sp.Expr],
    vertical: Sequence[sp.Expr],
) -> KernelPlan:
    """The kernel of a function with a period, or of one and a line.

    Parameters
    ----------
    expression : sympy.Expr
        The function.
    inner : KernelPlan
        That of the function on some periods around 0 (``codegen.periodic_window``).
    within : str
        Text of that one's ``_activation``.
    period : sympy.Expr
        A positive number.
    slope : sympy.Expr
        That of the line.
    kinks, vertical : sequence of sympy.Expr
        Where the function is not smooth, and has no Taylor series on either side, in ``SAMPLED`` periods to each side.
    """
    folded = any(breaks_of(node) is not None for node in sp.preorder_traversal(expression))
    own = activation(expression, period, slope, folded)
    called = "" if own is None else own
    texts = renamed([within, *inner.functions], WITHIN)
    unit = sp.Integer(2) ** (math.floor(math.log2(float(period))) - 12)
    wide = sp.floor(period / WIDE / unit) * unit
    functions = [
        *reachable(texts, called),
        _turned(period, slope),
        smoothed(period, wide, slope),
        *public_functions(period, wide, slope),
    ]
    left = "" if slope == 0 else f" less the line of slope {sp.sstr(slope)}"
    regimes = [
        f"sigma <= {wide}: mu less a multiple of the period {sp.sstr(period)}, and g in some periods around 0:",
        *inner.regimes,
        f"wider: harmonics of E[g] under a Gaussian half as wide{left}",
    ]
    if slope != 0:
        regimes.append("beyond one period the mean is that within and a line, and keeps their rounding next to roots")
    seams: list[Mapping[str, float | str]] = [*inner.seams, {"variable": "sigma", "value": float(wide)}]
    return replace(
        inner,
        functions=functions,
        promise={name: max(PROMISE[name], inner.promise[name]) for name in PROMISE},
        regimes=regimes,
        seams=seams,
        activation=own,
        sample=sample_of(expression, period, slope, kinks, vertical),
        last=inner.last,
    )


def sample_of(
    expression: sp.Expr, period: sp.Expr, slope: sp.Expr, kinks: Sequence[sp.Expr], vertical: Sequence[sp.Expr]
) -> Sample:
    """Where the whole is tried: in every eighth of a period, and as far as is looked at."""
    unit = sp.Rational(2) ** (math.floor(math.log2(float(period))) - 5)
    centres = {sp.Integer(round(float(period) * j / 8 / float(unit))) * unit for j in range(-4, 5)}
    structures = tuple(Structure(centre, unit) for centre in sorted(centres))
    reach = SAMPLED * float(period)
    ends = tuple(reach * j / (_PARTS * SAMPLED) for j in range(-_PARTS * SAMPLED, _PARTS * SAMPLED + 1))
    beside = in_every_period(expression, x, vertical, period) if slope == 0 else ()
    return Sample(
        structures, tuple(kinks), ends=ends, reach=reach, singular=tuple(vertical), rounded_nodes=True, beside=beside
    )


def reachable(texts: Sequence[str], called: str, needed: Sequence[str] = _NEEDED) -> list[str]:
    """Those of the renamed functions that the ``needed`` ones, and ``called``, call."""
    wanted = {f"{name}{WITHIN}" for name in needed} | set(re.findall(r"\b_\w+", called))
    kept: list[str] = []
    waiting = list(texts)
    while found := [text for text in waiting if any(f"def {name}(" in text for name in wanted)]:
        kept += found
        waiting = [text for text in waiting if text not in found]
        wanted |= set(re.findall(r"\b_\w+", "\n".join(found)))
    return [text for text in texts if text in kept]


def head_of(period: sp.Expr) -> sp.Rational:
    """The period in few enough bits for exact multiples."""
    unit = sp.Integer(2) ** (math.floor(math.log2(float(period))) - _HEAD_BITS)
    return sp.Integer(math.floor(sp.N(period / unit, 40))) * unit


def _turned(period: sp.Expr, slope: sp.Expr) -> str:
    """Text of ``_turned``: what turns back to 0 is known best there; a line is to cancel in as few places as may be."""
    head = head_of(period)
    around = expression_text(period / 2 if slope == 0 else AROUND * period)
    return "\n".join(
        [
            "def _turned(xp: Any, mu: Any) -> Any:",
            '    """``mu`` less a multiple of the period, and what rounding takes from it."""',
            f"    return turned(xp, mu, {exact_pair(period)}, {expression_text(head)}, {around})",
        ]
    )
