"""A function that two kernels serve: one next to a place, the other elsewhere."""

from __future__ import annotations

from dataclasses import replace

import sympy as sp

from codegen.families.contract import SEQUENCES, SINGLES, function_text
from codegen.families.renamed import referring, renamed
from codegen.kernel_plan import KernelPlan, expression_text

__all__ = ["beside", "plan"]

_NEAR, _ELSEWHERE = "_near", "_elsewhere"


def plan(near: KernelPlan, elsewhere: KernelPlan, condition: str, described: str) -> KernelPlan:
    """The kernel whose rows are those of ``near`` where a condition holds.

    Parameters
    ----------
    near, elsewhere
        Plans of one function. The activation is that of ``near`` or, where that was renamed away, of ``elsewhere``.
    condition
        Text of a mask of rows, in ``mu`` and ``sigma``.
    described
        The same for the record.
    """
    texts = [*renamed(near.functions, _NEAR), *renamed(elsewhere.functions, _ELSEWHERE)]
    chosen = [
        "def _is_near(xp: Any, mu: Any, sigma: Any) -> Any:",
        f'    """{described}."""',
        f"    return {condition}",
    ]
    functions = [*texts, "\n".join(chosen)]
    functions += [_dispatch(name, ", degree", "degree + 1") for name in SEQUENCES]
    functions += [_dispatch(name, "", "1") for name in SINGLES]
    own = elsewhere.activation and referring(elsewhere.activation, elsewhere.functions, _ELSEWHERE)
    worst = max(elsewhere.promise.values())
    kept = f", where errors are at most {worst:g}" if worst < max(near.promise.values()) else ""
    return replace(
        elsewhere,
        functions=functions,
        promise={name: max(limit, near.promise[name]) for name, limit in elsewhere.promise.items()},
        regimes=[f"{described}:", *near.regimes, f"elsewhere{kept}:", *elsewhere.regimes],
        seams=[*elsewhere.seams, *(seam for seam in near.seams if seam not in elsewhere.seams)],
        root_ulps=max(near.root_ulps, elsewhere.root_ulps),
        activation=near.activation or own,
        sample=elsewhere.sample or near.sample,
        last=True,
        crosses=near.crosses or elsewhere.crosses,
        blocks=max(near.blocks, elsewhere.blocks),
    )


def beside(
    near: KernelPlan, elsewhere: KernelPlan, activation: str, place: sp.Rational, width: sp.Rational
) -> KernelPlan:
    """The kernel whose narrow rows within a distance of a place are those of ``near``, in coordinates that start there.

    ``activation`` is the text of ``_activation`` elsewhere; that there is ``_value_there``, which ``near`` has.
    """
    limit = expression_text(width)
    distance, offset = (expression_text(sp.Abs(sp.Symbol(name, real=True) - place)) for name in ("mu", "x"))
    whole = [
        "def _activation(xp: Any, x: Any) -> Any:",
        f'    """Next to x = {place} in coordinates that start there."""',
        f"    return xp.where({offset} <= {limit}, _value_there{_NEAR}(xp, x), _activation{_ELSEWHERE}(xp, x))",
    ]
    there = replace(near, activation="\n".join(whole))
    beyond = replace(elsewhere, functions=[activation, *elsewhere.functions], activation=None)
    described = f"sigma and mu within {width} of x = {place}, where g touches 0, in coordinates that start there"
    return plan(there, beyond, f"(sigma <= {limit}) & ({distance} <= {limit})", described)


def _dispatch(name: str, passed: str, count: str) -> str:
    """Text of a function that asks both kernels."""
    left, right = ("", "") if passed else ("[", "]")
    calls = [f"lambda mu, sigma: {left}{name}{which}(xp, mu, sigma{passed}){right}" for which in (_NEAR, _ELSEWHERE)]
    return function_text(
        name,
        f"functions = {', '.join(calls)}",
        f"values = by_condition(xp, _is_near(xp, mu, sigma), mu, sigma, functions, {count})",
        f"return values{'' if passed else '[0]'}",
    )
