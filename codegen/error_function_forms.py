"""How ``q + p Phi(u)`` is written so that no two large terms cancel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import mpmath
import sympy as sp

from codegen.kernel_plan import polynomial_coefficients
from symbolic_moments.decomposition import ErrorTerm

__all__ = ["CdfForm", "best_form"]

_LOSES = 16
_PLACES = tuple(side * 10.0 ** (n / 4) for n in range(-36, 13) for side in (-1, 1))


@dataclass(frozen=True)
class CdfForm:
    """``factor * list``, the list moments of ``Phi(u)``, ``Phi(-u)`` or ``erf(u / sqrt 2)``, plus ``polynomial``.

    ``loss`` is how many times larger the terms are than ``|g| + |x g'|``, what an ulp of g and of x change, at worst.
    """

    kind: str
    factor: tuple[sp.Expr, ...]
    polynomial: tuple[sp.Expr, ...]
    loss: float = 1.0

    @property
    def cancels(self) -> bool:
        """Whether digits of the moments are lost where those of x are not."""
        return self.loss > _LOSES


def best_form(polynomial: sp.Expr, term: ErrorTerm, variable: sp.Symbol) -> CdfForm:
    """The form of ``polynomial + term.polynomial * Phi(term.slope x + term.offset)`` that loses least.

    Examples
    --------
    >>> from symbolic_moments import activation
    >>> x = sp.Symbol("x", real=True)
    >>> def form(text):
    ...     found = activation(text).decomposition
    ...     return best_form(found.pieces[0], found.error_terms[0], x)
    >>> [form(text).kind for text in ("x*Phi(x)", "x*Phi(x) - x", "erf(x)", "erf(x) + x", "x*Phi(x) + 1")]
    ['cdf', 'mirrored', 'erf', 'erf', 'cdf']
    >>> form("erf(x) + x").polynomial, form("erf(x) - x").cancels
    ((0, 1), True)
    """
    p, zero = sp.expand(term.polynomial), (sp.Integer(0),)
    if sp.expand(polynomial + p) == 0 and p != 0:
        return CdfForm("mirrored", tuple(polynomial_coefficients(-p, variable)), zero)
    half, rest = sp.expand(p / 2), sp.expand(polynomial + p / 2)
    odd = term.offset == 0
    if odd and rest == 0:
        return CdfForm("erf", tuple(polynomial_coefficients(half, variable)), zero)
    cdf = _form("cdf", p, polynomial, term, variable)
    if not odd or not cdf.cancels:
        return cdf
    return min(cdf, _form("erf", half, rest, term, variable), key=lambda form: form.loss)


def _form(kind: str, factor: sp.Expr, polynomial: sp.Expr, term: ErrorTerm, variable: sp.Symbol) -> CdfForm:
    first, second = (tuple(polynomial_coefficients(one, variable)) for one in (factor, polynomial))
    return CdfForm(kind, first, second, _loss(kind == "erf", factor, polynomial, term, variable))


def _loss(is_odd: bool, factor: sp.Expr, polynomial: sp.Expr, term: ErrorTerm, variable: sp.Symbol) -> float:
    context = mpmath.MPContext()
    context.dps = 40
    whole = sp.Poly(factor, variable), sp.Poly(polynomial, variable)
    values, slopes = ([_evaluator(context, one) for one in pair] for pair in (whole, [p.diff() for p in whole]))
    slope, offset = (context.mpf(str(sp.N(one, context.dps))) for one in (term.slope, term.offset))
    worst = 1.0
    for place in _PLACES:
        x = context.mpf(place)
        u = slope * x + offset
        special = context.erf(u / context.sqrt(2)) if is_odd else context.ncdf(u)
        density = slope * context.npdf(u) * (2 if is_odd else 1)
        first, second = values[0](x) * special, values[1](x)
        change = slopes[0](x) * special + values[0](x) * density + slopes[1](x)
        left = abs(first + second) + abs(x * change)
        if left:
            worst = max(worst, float((abs(first) + abs(second)) / left))
    return worst


def _evaluator(context: Any, polynomial: sp.Poly) -> Any:
    coefficients = [context.mpf(str(sp.N(one, context.dps))) for one in polynomial.all_coeffs()]
    return lambda x: context.polyval(coefficients, x)
