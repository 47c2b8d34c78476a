"""What a kernel's record says of its formula: the decomposition in floats, and a hash."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import sympy as sp

from symbolic_moments import Activation
from symbolic_moments.decomposition import Decomposition
from symbolic_moments.symbols import x

__all__ = ["formula_hash", "plain_decomposition"]


def plain_decomposition(decomposition: Decomposition) -> dict[str, Any]:
    """The decomposition in floats, for the code that runs without SymPy; empty where that code has no use for it.

    It knows polynomials between breakpoints, polynomials around a plain Phi, and constants times exponentials around 0.
    Where a breakpoint, a slope or an offset is no double, what rounding took from it stands beside it.
    """
    exponentials = _exponential_terms(decomposition)
    if not decomposition.is_untilted and not exponentials:
        return {"breakpoints": [], "pieces": [], "error_terms": []}

    def coefficients(polynomial: sp.Expr) -> list[float]:
        return [float(c) for c in reversed(sp.Poly(polynomial, x).all_coeffs())]

    record: dict[str, Any] = {
        "breakpoints": [float(b) for b in decomposition.breakpoints],
        "pieces": [coefficients(piece) for piece in decomposition.pieces],
        "error_terms": [],
    }
    breakpoint_rests = [_rest(b) for b in decomposition.breakpoints]
    if any(breakpoint_rests):
        record["breakpoint_rests"] = breakpoint_rests
    for t in decomposition.error_terms:
        term = {"polynomial": coefficients(t.polynomial), "slope": float(t.slope), "offset": float(t.offset)}
        rests = {"slope_rest": _rest(t.slope), "offset_rest": _rest(t.offset)}
        record["error_terms"].append({**term, **{name: rest for name, rest in rests.items() if rest}})
    if exponentials:
        record["exponential_terms"] = exponentials
    return record


def _exponential_terms(decomposition: Decomposition) -> list[dict[str, float]]:
    """``coefficient exp(rate y)`` beside 0 (side -1, 1) or on the whole line (0); none if one is of another kind."""
    sides = {(): (0,), (0,): (-1, 1)}.get(tuple(decomposition.breakpoints))
    if decomposition.family != "PE" or sides is None:
        return []
    placed = [(side, term) for side, terms in zip(sides, decomposition.terms, strict=True) for term in terms]
    if any(term.polynomial.has(x) for _, term in placed):
        return []
    return [{"side": side, "rate": float(t.c), "coefficient": float(t.polynomial)} for side, t in placed]


def _rest(value: sp.Expr) -> float:
    """What rounding to a double takes from a number."""
    return float(sp.N(value - sp.Rational(float(value)), 20))


def formula_hash(subject: Activation, decomposition: Decomposition) -> str:
    """Sixteen hexadecimal digits that change when the formula does."""
    parts: list[Any] = [
        sp.srepr(subject.expression),
        decomposition.family,
        [sp.srepr(b) for b in decomposition.breakpoints],
        [sp.srepr(p) for p in decomposition.pieces],
        [[sp.srepr(t.polynomial), sp.srepr(t.slope), sp.srepr(t.offset)] for t in decomposition.error_terms],
    ]
    if decomposition.terms:
        parts.append([[sp.srepr(t.as_expr()) for t in terms] for terms in decomposition.terms])
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]
