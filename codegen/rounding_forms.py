"""What rounds, as a kernel writes it: the array library's own ``floor``, whose ties are those of its products."""

from __future__ import annotations

from typing import Any

import sympy as sp

from codegen.kernel_plan import expression_text
from symbolic_moments.fractional_parts import fraction, fractional_part
from symbolic_moments.symbols import x

_STEPS = (sp.floor, sp.sign, sp.Heaviside)

__all__ = ["away_from_ties", "is_power_of_two", "rounding_text", "written_with_floors"]


def away_from_ties(expression: Any) -> Any:
    """The expression with ``floor(u + 1/2)`` for ``round(u)``, which is another function at ties alone.

    Its period is half as long.

    Examples
    --------
    >>> away_from_ties(x + fractional_part(sp.Rational(1, 4) - x / 2) - fractional_part(x / 2 + sp.Rational(1, 4)))
    x - ((x + 1/2) % 1) + 1/2
    """
    for first in sorted(expression.atoms(fractional_part), key=str):
        (u,) = first.args
        second = fraction(sp.S.Half - u)
        if not sp.diff(u, x).is_negative or not expression.has(second):
            continue
        level = second.args[0] - (sp.S.Half - u)
        whole = sp.S.Half - fraction(2 * (sp.S.Half - u)) + second
        found = sp.expand(expression.xreplace({first: whole}), power_base=False, power_exp=False, log=False)
        if level.is_Integer and not found.has(second):
            expression = found
    return expression


def written_with_floors(expression: Any) -> Any:
    """The expression with ``u - floor(u)`` for fractional parts, the lines that cancel left out.

    Examples
    --------
    >>> print(written_with_floors(x - fractional_part(x)), written_with_floors(fractional_part(2 * x)))
    floor(x) 2*x - floor(2*x)
    """
    floors: dict[Any, Any] = {}

    def floor_of(u: Any) -> Any:
        return floors.setdefault(u, sp.Dummy(f"floor_{len(floors)}", real=True))

    plain = expression.replace(fractional_part, lambda u: u - floor_of(u))
    written = sp.expand(plain, power_base=False, power_exp=False, log=False)
    return sp.factor_terms(written.xreplace({one: sp.floor(u) for u, one in floors.items()}))


def rounding_text(expression: Any, beside_lines: bool = False) -> str | None:
    """Text of ``_activation`` of what is constant between its jumps, or beside a line; None of anything else.

    Where a product rounds onto a jump, it is the product that counts, as in NumPy. Lines beside may have kinks.
    """
    written = written_with_floors(expression)
    left = written.replace(lambda e: isinstance(e, _STEPS), lambda e: sp.Dummy(real=True))
    if beside_lines:
        left = left.replace(_is_kinked_line, lambda e: sp.Dummy(real=True))
    if left.has(x) and not (beside_lines and left.is_polynomial(x) and sp.degree(left, x) <= 1):
        return None
    lines = ["def _activation(xp: Any, x: Any) -> Any:", f'    """``{sp.sstr(expression)}``."""']
    return "\n".join([*lines, f"    return {_steps_first(written)}"])


def _steps_first(written: Any) -> str:
    """Text of a sum: whole numbers first, of which nothing is to be lost where a line is left of them."""
    floors = sorted(written.atoms(sp.floor), key=str)
    terms = sp.Add.make_args(sp.expand(written))
    beside = sp.Add(*(term for term in terms if not term.has(sp.floor)))
    factors = [sp.Add(*(term / one for term in terms if term.has(one))) for one in floors]
    if len(floors) == 1 or any(factor.has(sp.floor) for factor in factors) or not beside.has(x):
        return expression_text(written)
    steps = " + ".join(
        f"({expression_text(factor)}) * {expression_text(one)}" for factor, one in zip(factors, floors, strict=True)
    )
    return f"({steps}) + ({expression_text(beside)})"


def _is_kinked_line(node: Any) -> bool:
    if isinstance(node, sp.Piecewise):
        parts = [piece for piece, _ in node.args]
    else:
        parts = list(node.args) if isinstance(node, sp.Max | sp.Min | sp.Abs) else []
    return bool(parts) and all(one.is_polynomial(x) and sp.degree(one, x) <= 1 for one in parts)


def is_power_of_two(slope: Any) -> bool:
    """Whether products with ``slope`` do not round.

    Examples
    --------
    >>> [is_power_of_two(sp.Rational(p, 8)) for p in (-1, 2, 3)]
    [True, True, False]
    """
    return bool(slope.is_Rational) and all((one & (one - 1)) == 0 for one in (abs(int(slope.p)), int(slope.q)))
