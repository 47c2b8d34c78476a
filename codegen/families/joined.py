"""A function that two kernels serve: one next to a place, the other elsewhere."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import sympy as sp

from codegen.families.contract import SEQUENCES, SINGLES, function_text
from codegen.families.renamed import referring, renamed
from codegen.kernel_plan import KernelPlan, expression_text

__all__ = ["beside", "plan"]

_NEAR, _ELSEWHERE = "_near", "_elsewhere"
_BETWEEN = re.compile(r"\n(?=def )")
_DEFINED = re.compile(r"def (_\w+)\(")
_NAME = re.compile(r"\b_\w+")


def plan(
    near: KernelPlan, elsewhere: KernelPlan, condition: str, described: str, *, squares: bool = True
) -> KernelPlan:
    """The kernel whose rows are those of ``near`` where a condition holds.

    Parameters
    ----------
    near, elsewhere
        Plans of one function. The activation is that of ``near`` or, where that was renamed away, of ``elsewhere``.
    condition
        Text of a mask of rows, in ``mu`` and ``sigma``.
    described
        The same for the record.
    squares
        Whether the variance is that of ``near`` there, too; the second moment is made of it and the mean.
    """
    texts = [
        *renamed(near.functions if squares else _without_squares(near.functions), _NEAR),
        *renamed(elsewhere.functions, _ELSEWHERE),
    ]
    chosen = [
        "def _is_near(xp: Any, mu: Any, sigma: Any) -> Any:",
        f'    """{described}."""',
        f"    return {condition}",
    ]
    functions = [*texts, "\n".join(chosen)]
    functions += [_dispatch(name, ", degree", "degree + 1") for name in SEQUENCES]
    functions += [_dispatch(name, "", "1") for name in SINGLES] if squares else _SQUARES_ELSEWHERE
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


_SQUARES_ELSEWHERE = [
    function_text(
        "_second_moment",
        f"functions = lambda mu, sigma: [_near_square(xp, mu, sigma)], "
        f"lambda mu, sigma: [_second_moment{_ELSEWHERE}(xp, mu, sigma)]",
        "return by_condition(xp, _is_near(xp, mu, sigma), mu, sigma, functions, 1)[0]",
    ),
    f"""def _near_square(xp: Any, mu: Any, sigma: Any) -> Any:
    \"\"\"``Var g + E[g]^2``.\"\"\"
    return _variance{_ELSEWHERE}(xp, mu, sigma) + _hermite_coefficients{_NEAR}(xp, mu, sigma, 0)[0] ** 2""",
    function_text("_variance", f"return _variance{_ELSEWHERE}(xp, mu, sigma)"),
]


def _without_squares(texts: Sequence[str]) -> list[str]:
    r"""The texts of functions without those that nothing but the second moment and the variance needs.

    Examples
    --------
    >>> texts = ["def _raw_moments(xp):\n    return _sums(xp)", "def _sums(xp):\n    return 1"]
    >>> squares = ["def _variance(xp):\n    return _squares(xp)", "def _squares(xp):\n    return _sums(xp)"]
    >>> _without_squares([*texts, *squares]) == texts
    True
    """
    parts = [part.strip("\n") for text in texts for part in _BETWEEN.split(text)]
    named = {match.group(1): part for part in parts if (match := _DEFINED.match(part))}
    needed, asked = set[str](), [name for name in named if name in SEQUENCES or name == "_activation"]
    while asked:
        name = asked.pop()
        needed.add(name)
        asked += [other for other in _NAME.findall(named[name]) if other in named and other not in needed]
    return [part for part in parts if (match := _DEFINED.match(part)) is None or match.group(1) in needed]
