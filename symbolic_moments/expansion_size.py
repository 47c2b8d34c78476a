"""How many terms an expression has once it is multiplied out: a bound, found without doing it."""

from __future__ import annotations

import math
from typing import Any

import sympy as sp

from symbolic_moments.language_limits import LIMITS
from symbolic_moments.normal import Phi
from symbolic_moments.symbols import x

__all__ = ["UnwieldyError", "expanded_terms", "require_moderate_expansion"]


class UnwieldyError(Exception):
    """A closed form has more terms than are of use to anyone, or none is kept."""


_ALGEBRA = (sp.Max, sp.Min, sp.Abs, sp.sign, sp.Heaviside, sp.Piecewise, sp.erf, sp.erfc, Phi)


def require_moderate_expansion(expression: sp.Expr) -> None:
    """Refuse an expression whose closed form would have to be multiplied out into more terms than the limit.

    Parameters
    ----------
    expression : sympy.Expr
        In ``x``. What has no closed form is not multiplied out, and always passes.

    Raises
    ------
    ValueError
        With the number of terms and the limit, :attr:`Limits.terms`.

    Examples
    --------
    >>> from symbolic_moments.expansion_size import require_moderate_expansion
    >>> from symbolic_moments.language import parse_expression
    >>> require_moderate_expansion(parse_expression("(x + sqrt(2))**64"))
    >>> require_moderate_expansion(parse_expression("(x + sqrt(2) + sqrt(3) + pi)**32"))
    Traceback (most recent call last):
    ...
    ValueError: (x + sqrt(2) + sqrt(3) + pi)**32 would have up to 6545 terms multiplied out, at most 600; \
take a lower degree, fewer pieces, or decimals instead of roots and pi
    """
    if not all(isinstance(function, _ALGEBRA) for function in expression.atoms(sp.Function) if function.has(x)):
        return
    terms = expanded_terms(expression)
    if terms > LIMITS.terms:
        raise ValueError(
            f"{str(expression)[:80]} would have up to {terms} terms multiplied out, at most {LIMITS.terms}; "
            "take a lower degree, fewer pieces, or decimals instead of roots and pi"
        )


def expanded_terms(node: Any) -> int:
    """A bound of the number of terms; rational numbers merge, other numbers and parameters do not.

    Examples
    --------
    >>> from symbolic_moments.expansion_size import expanded_terms
    >>> from symbolic_moments.language import parse_expression
    >>> expanded_terms(parse_expression("(x + 1)**20")), expanded_terms(parse_expression("(x + pi + E)**20"))
    (21, 231)
    """
    if isinstance(node, sp.Piecewise):
        return sum(expanded_terms(value) for value, _ in node.args)
    if _is_rational_polynomial(node):
        return min(_degree(node) + 1, _multiplied_out(node))
    return _multiplied_out(node)


def _multiplied_out(node: Any) -> int:
    """The bound of a node from those of its arguments."""
    if isinstance(node, sp.Mul):
        return math.prod(expanded_terms(factor) for factor in node.args)
    if isinstance(node, sp.Pow) and node.exp.is_Integer and node.exp.is_positive:
        terms, power = expanded_terms(node.base), int(node.exp)
        return math.comb(power + terms - 1, power)
    if isinstance(node, sp.Add) or node.has(x):
        return sum(expanded_terms(argument) for argument in node.args) if node.args else 1
    return 1


def _is_rational_polynomial(node: Any) -> bool:
    if node == x or node.is_Rational:
        return True
    if isinstance(node, sp.Pow) and not (node.exp.is_Integer and node.exp.is_positive):
        return False
    return isinstance(node, (sp.Add, sp.Mul, sp.Pow)) and all(_is_rational_polynomial(part) for part in node.args)


def _degree(node: Any) -> int:
    """Degree of a polynomial, before cancellation."""
    if node == x:
        return 1
    if isinstance(node, sp.Mul):
        return sum(_degree(factor) for factor in node.args)
    if isinstance(node, sp.Pow):
        return _degree(node.base) * int(node.exp)
    return max((_degree(argument) for argument in node.args), default=0)
