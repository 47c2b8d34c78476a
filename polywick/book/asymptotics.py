"""Limits of a page: narrow Gaussians, wide Gaussians."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp
from markupsafe import Markup

from polywick.book.mathml import displayed, inline, prose
from symbolic_moments import Activation
from symbolic_moments.latex import latex_of
from symbolic_moments.limits import narrow_limit, wide_limit
from symbolic_moments.singular_points import kinks
from symbolic_moments.symbols import sigma

__all__ = ["Limits", "limits"]

ORDERS = range(4)
_LONGEST_NUMBER = 10**9
_SHOWN_DIGITS = 10


@dataclass(frozen=True)
class Limits:
    """What the page says of narrow and of wide Gaussians.

    Attributes
    ----------
    narrow : Markup
        Where the function is smooth.
    at_breakpoints : tuple of (Markup, tuple of Markup)
        The place, and the leading terms of c_0 .. c_3 there.
    narrow_note, wide : Markup
        What else there is to say; what wide Gaussians lead to.
    wide_terms : tuple of Markup
        ``c_k`` up to what vanishes.
    """

    narrow: Markup
    at_breakpoints: tuple[tuple[Markup, tuple[Markup, ...]], ...]
    narrow_note: Markup
    wide: Markup
    wide_terms: tuple[Markup, ...]


def limits(g: Activation) -> Limits:
    """Both limits of an activation without open parameters.

    Examples
    --------
    >>> from symbolic_moments import activation
    >>> found = limits(activation("relu"))
    >>> len(found.at_breakpoints), len(found.wide_terms)
    (1, 4)
    """
    places = g.decomposition.breakpoints if g.decomposition.remainder == 0 else ()
    rows = tuple(
        (inline(rf"\mu = {_number(place)}"), tuple(_leading(g, k, index) for k in ORDERS))
        for index, place in enumerate(places)
    )
    note = prose("")
    if g.decomposition.remainder != 0 and kinks(g.expression):
        note = prose("At its kinks, where g is continuous, the first holds and the second need not.")
    terms = [wide_limit(g, k) for k in ORDERS]
    known = [term for term in terms if term is not None]
    return Limits(
        narrow=displayed(
            r"\mathbb{E}[x^n g(x)] \to \mu^n g(\mu), \qquad "
            r"c_k = \sigma^k g^{(k)}(\mu) + O\left(\sigma^{k+2}\right) \qquad (\sigma \to 0)"
        ),
        at_breakpoints=rows,
        narrow_note=note,
        wide=_wide_words(len(known) == len(terms)),
        wide_terms=tuple(
            displayed(rf"c_{{{k}}} {_equals(term)} {_number(term)} + o(1)") for k, term in enumerate(known)
        ),
    )


def _wide_words(has_powers: bool) -> Markup:
    if has_powers:
        return prose(r"For $\sigma \to \infty$ with $\mu$ fixed, from the powers of $|x|$ that g consists of far away:")
    return prose(
        r"For $\sigma \to \infty$ with $\mu$ fixed, the $c_k$ grow faster than every power of $\sigma$: g grows "
        "exponentially, and the formulas above are the simplest statement."
    )


def _leading(g: Activation, k: int, index: int) -> Markup:
    term = narrow_limit(g, k, index)
    if term is None:
        raise ValueError(f"{g.label} has breakpoints and no limits there")
    if term == 0:
        return displayed(rf"c_{{{k}}} = o\left(\sigma^{{{k + 2}}}\right)")
    order = sp.degree(term, sigma) if term.has(sigma) else 0
    smaller = "o(1)" if order == 0 else rf"o\left({latex_of(sigma**order)}\right)"
    return displayed(rf"c_{{{k}}} {_equals(term)} {_number(term)} + {smaller}")


def _equals(expression: sp.Expr) -> str:
    return r"\approx" if _is_long(expression) else "="


def _is_long(expression: sp.Expr) -> bool:
    return any(max(abs(number.p), number.q) > _LONGEST_NUMBER for number in expression.atoms(sp.Rational))


def _number(expression: Any) -> str:
    """LaTeX; numbers with more digits than anyone reads are rounded."""
    shown = sp.N(expression, _SHOWN_DIGITS) if _is_long(expression) else expression
    return latex_of(shown)
