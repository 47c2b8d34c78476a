r"""Expectations of ``p(y) exp(-q y^2 + c y)``, also times ``cos(w y)`` or ``sin(w y)``, by one rule: the tilt.

An expectation is ``A`` times that of ``p`` under another Gaussian, on any interval, with the ``A``, ``m`` and ``s`` of
:mod:`symbolic_moments.gaussian_tilt`. With ``c + i w`` for ``c`` the mean becomes ``m + i eta``, ``eta = w s^2``, and
``A`` becomes ``A exp(-w eta/2) (cos(w m) + i sin(w m))``.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from symbolic_moments.chirps import chirp_expectation
from symbolic_moments.exponential_algebra import ExponentialPolynomial, Term, require_whole_line_waves
from symbolic_moments.gaussian_tilt import Tilt
from symbolic_moments.moment_polynomials import (
    combined,
    gaussian_polynomials,
    truncated_polynomials,
    wave_polynomials,
)
from symbolic_moments.normal import Phi
from symbolic_moments.symbols import sigma, x

__all__ = ["interval_expectation", "piecewise_expectation", "whole_line_expectation"]

_ETA = sp.Symbol("eta", real=True)


def _coefficients(polynomial: sp.Expr) -> list[sp.Expr]:
    """Lowest power first."""
    return sp.Poly(polynomial, x).all_coeffs()[::-1]


def _gaussian_expectation(polynomial: sp.Expr) -> sp.Expr:
    """``E[p(y)]`` on the whole line, not tilted."""
    coefficients = _coefficients(polynomial)
    return combined(coefficients, gaussian_polynomials(len(coefficients) - 1), sp.S.Zero)


def _wave_expectation(term: Term) -> sp.Expr:
    tilt = Tilt(term.q, term.c)
    eta = term.w * sigma**2 / tilt.scale
    cosine, sine = sp.cos(term.w * tilt.mean), sp.sin(term.w * tilt.mean)
    total: Any = sp.S.Zero
    for polynomial, pair in ((term.polynomial, (cosine, -sine)), (term.sine, (sine, cosine))):
        coefficients = _coefficients(polynomial)
        moments = wave_polynomials(len(coefficients) - 1)
        for index in (0, 1):
            part = combined(coefficients, [moment[index] for moment in moments], _ETA)
            total += tilt.moved(part).xreplace({_ETA: eta}) * pair[index]
    return tilt.factor * sp.exp(-term.w * eta / 2) * total


def whole_line_expectation(term: Term) -> sp.Expr:
    """Expectation of a term, ``y`` on the whole line.

    Examples
    --------
    >>> import sympy
    >>> from symbolic_moments.exponential_algebra import Term
    >>> from symbolic_moments.symbols import x
    >>> from symbolic_moments.tilt import whole_line_expectation
    >>> whole_line_expectation(Term(x, c=sympy.Integer(2)))
    (mu + 2*sigma**2)*exp(2*mu + 2*sigma**2)
    >>> whole_line_expectation(Term(sympy.Integer(1), w=sympy.Integer(3)))
    exp(-9*sigma**2/2)*cos(3*mu)
    """
    if term.chirp != 0:
        return chirp_expectation(term)
    if term.w != 0:
        return _wave_expectation(term)
    tilt = Tilt(term.q, term.c)
    return tilt.factor * tilt.moved(_gaussian_expectation(term.polynomial))


def piecewise_expectation(
    breakpoints: tuple[sp.Expr, ...], sums: tuple[ExponentialPolynomial, ...], order: int = 0
) -> sp.Expr:
    """``E[y^order g(y)]`` for exponential polynomials on intervals.

    Raises
    ------
    OutsideAlgebraError
        A sine or cosine is not the same on all intervals: that integral is not closed.

    Notes
    -----
    On ``(a, b)`` the expectation of ``y^j`` is ``P_j (Phi(t_a) - Phi(t_b))`` plus densities at the ends, ``P_j`` the
    moment of the whole line: no difference of nearly equal numbers stands in it, whichever tail the interval is in.
    """
    power = ExponentialPolynomial((Term(x**order),))
    pieces = [piece * power for piece in sums]
    require_whole_line_waves(pieces)
    by_key: dict[Any, list[sp.Expr]] = {}
    total = [whole_line_expectation(term) for term in pieces[0].terms if term.is_wave]
    for index, piece in enumerate(pieces):
        for term in piece.terms:
            if not term.is_wave:
                by_key.setdefault((term.q, term.c), [sp.S.Zero] * len(pieces))[index] = term.polynomial
    for (q, c), polynomials in by_key.items():
        total.append(_key_expectation(Tilt(q, c), breakpoints, polynomials))
    return sp.Add(*total)


def _key_expectation(tilt: Tilt, breakpoints: tuple[sp.Expr, ...], polynomials: list[sp.Expr]) -> sp.Expr:
    """Expectation of ``exp(-q y^2 + c y)`` times a piecewise polynomial."""
    total: Any = sp.S.Zero
    start = 0
    for index, polynomial in enumerate(polynomials):
        if index + 1 < len(polynomials) and polynomials[index + 1] == polynomial:
            continue
        if polynomial != 0:
            low = breakpoints[start - 1] if start else None
            high = breakpoints[index] if index < len(breakpoints) else None
            total += interval_expectation(tilt, polynomial, low, high)
        start = index + 1
    return total


def interval_expectation(tilt: Tilt, polynomial: sp.Expr, low: sp.Expr | None, high: sp.Expr | None) -> sp.Expr:
    """``E[p(y) exp(-q y^2 + c y); low < y < high]``, ``None`` for no end; ``p`` free of ``mu`` and ``sigma``.

    Examples
    --------
    >>> import sympy
    >>> from symbolic_moments.gaussian_tilt import Tilt
    >>> from symbolic_moments.tilt import interval_expectation
    >>> one, two = sympy.Integer(1), sympy.Integer(2)
    >>> interval_expectation(Tilt(0 * one, two), one, None, 0 * one)
    exp(2*mu + 2*sigma**2)*Phi(-(mu + 2*sigma**2)/sigma)
    """
    if low is None and high is None:
        return whole_line_expectation(Term(polynomial, tilt.q, tilt.c))
    whole = tilt.factor * tilt.moved(_gaussian_expectation(polynomial))
    t_low, t_high = (None if end is None else (tilt.mean - end) / tilt.deviation for end in (low, high))
    if t_high is None:
        total = whole * Phi(t_low)
    else:
        total = whole * Phi(-t_high) if t_low is None else whole * (Phi(t_low) - Phi(t_high))
    for end, sign in ((low, 1), (high, -1)):
        if end is not None:
            total += sign * tilt.moved(_density_part(polynomial, end)) * tilt.density_at(end)
    return total


def _density_part(polynomial: sp.Expr, point: sp.Expr) -> sp.Expr:
    """``B`` in ``E[p(y) 1{y > c}] = A Phi(t_c) + B phi(t_c)``."""
    coefficients = _coefficients(polynomial)
    return combined(coefficients, [b for _, b in truncated_polynomials(len(coefficients) - 1)], point)
