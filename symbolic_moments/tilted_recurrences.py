r"""``E[y^n g(y)]`` for general ``n``: one recurrence with its seeds for every tilt, breakpoint and error term.

The sequences carry the factor ``A`` of their tilt: ``m(n) = E[y^n exp(-q y^2 + c y)]``, ``T(n)`` the same above a
breakpoint, ``C(n)`` and ``S(n)`` with ``cos w y`` and ``sin w y``, ``J(n)`` with ``Phi(a y + b)``, which needs the raw
moments ``R(n)`` of one more Gaussian.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from symbolic_moments.chirps import chirp_recurrences
from symbolic_moments.decomposition import Decomposition, ErrorTerm
from symbolic_moments.error_terms import error_term_scale
from symbolic_moments.gaussian_tilt import Tilt
from symbolic_moments.hermite_structure import tilted_gaussian
from symbolic_moments.normal import Phi, phi
from symbolic_moments.symbols import D, mu, n, sigma, x

__all__ = ["stated_recurrences"]


def stated_recurrences(parts: Decomposition) -> sp.Tuple:
    """``M(n)`` as a combination of sequences, and their recurrences.

    Examples
    --------
    >>> from symbolic_moments.decomposition import decompose
    >>> from symbolic_moments.language import parse_expression
    >>> from symbolic_moments.tilted_recurrences import stated_recurrences
    >>> for equation in stated_recurrences(decompose(parse_expression("x*exp(x)"))):
    ...     print(equation.lhs, "=", equation.rhs)
    M(n) = m_1(n + 1)
    m_1(n + 1) = n*sigma**2*m_1(n - 1) + (mu + sigma**2)*m_1(n)
    m_1(0) = exp(mu + sigma**2/2)
    m_1(1) = (mu + sigma**2)*exp(mu + sigma**2/2)
    """
    total: Any = sp.S.Zero
    equations: list[Any] = []
    sums = parts.sums()
    keys = list(dict.fromkeys(term.key for piece in sums for term in piece.terms))
    for number, key in enumerate(keys, start=1):
        found = [{term.key: term for term in piece.terms}.get(key) for piece in sums]
        polynomials = [sp.S.Zero if term is None else term.polynomial for term in found]
        if key[2] != 0 or key[3] != 0:
            term = next(one for one in found if one is not None)
            total += _wave(number, key, term.polynomial, term.sine, equations)
            continue
        tilt = Tilt(key[0], key[1])
        if polynomials[0] != 0:
            total += _whole_line(number, tilt, polynomials[0], equations)
        for place, point in enumerate(parts.breakpoints, start=1):
            step = sp.expand(polynomials[place] - polynomials[place - 1])
            if step != 0:
                total += _truncated(f"{number}_{place}", tilt, point, step, equations)
    for number, error in enumerate(parts.error_terms, start=1):
        total += _error(number, error, equations)
    return sp.Tuple(sp.Eq(sp.Function("M")(n), total, evaluate=False), *equations)


def _shifted(polynomial: sp.Expr, sequence: Any) -> sp.Expr:
    """``sum_j p_j s(n + j)`` for ``E[y^n p(y) ...]``."""
    return sp.Add(*[coefficient * sequence(n + power) for (power,), coefficient in sp.Poly(polynomial, x).terms()])


def _whole_line(number: int, tilt: Tilt, polynomial: sp.Expr, equations: list[Any]) -> sp.Expr:
    m = sp.Function(f"m_{number}")
    equations += [
        sp.Eq(m(n + 1), tilt.mean * m(n) + n * tilt.deviation**2 * m(n - 1)),
        sp.Eq(m(0), tilt.factor),
        sp.Eq(m(1), tilt.mean * tilt.factor),
    ]
    return _shifted(polynomial, m)


def _truncated(label: str, tilt: Tilt, point: sp.Expr, step: sp.Expr, equations: list[Any]) -> sp.Expr:
    T = sp.Function(f"T_{label}")
    seed = tilt.factor * Phi((tilt.mean - point) / tilt.deviation)
    boundary = tilt.deviation * tilt.density_at(point)
    at_point = boundary * point**n if point != 0 else sp.S.Zero
    equations += [
        sp.Eq(T(n + 1), tilt.mean * T(n) + n * tilt.deviation**2 * T(n - 1) + at_point),
        sp.Eq(T(0), seed),
        sp.Eq(T(1), tilt.mean * seed + boundary),
    ]
    return _shifted(step, T)


def _wave(number: int, key: Any, cosine: sp.Expr, sine: sp.Expr, equations: list[Any]) -> sp.Expr:
    q, c, w, chirp = key
    if chirp != 0:
        C, S = chirp_recurrences(number, key, equations)
        return _shifted(cosine, C) + _shifted(sine, S)
    tilt = Tilt(q, c)
    eta = w * sigma**2 / tilt.scale
    factor = tilt.factor * sp.exp(-w * eta / 2)
    seeds = factor * sp.cos(w * tilt.mean), factor * sp.sin(w * tilt.mean)
    C, S = sp.Function(f"C_{number}"), sp.Function(f"S_{number}")
    equations += [
        sp.Eq(C(n + 1), tilt.mean * C(n) - eta * S(n) + n * tilt.deviation**2 * C(n - 1)),
        sp.Eq(S(n + 1), tilt.mean * S(n) + eta * C(n) + n * tilt.deviation**2 * S(n - 1)),
        sp.Eq(C(0), seeds[0]),
        sp.Eq(S(0), seeds[1]),
        sp.Eq(C(1), tilt.mean * seeds[0] - eta * seeds[1]),
        sp.Eq(S(1), tilt.mean * seeds[1] + eta * seeds[0]),
    ]
    return _shifted(cosine, C) + _shifted(sine, S)


def _error(number: int, term: ErrorTerm, equations: list[Any]) -> sp.Expr:
    J, R = sp.Function(f"J_{number}"), sp.Function(f"R_{number}")
    tilt = Tilt(term.q, term.c)
    scale = error_term_scale(term.slope)
    mean, variance = (tilt.moved(part.subs(D, scale)) for part in tilted_gaussian(term.slope, term.offset))
    h = tilt.moved((term.slope * mu + term.offset) / scale)
    local = tilt.factor * tilt.deviation**2 * term.slope / tilt.moved(scale) * phi(h)
    seed = tilt.factor * Phi(h)
    equations += [
        sp.Eq(J(n + 1), tilt.mean * J(n) + n * tilt.deviation**2 * J(n - 1) + local * R(n)),
        sp.Eq(J(0), seed),
        sp.Eq(J(1), tilt.mean * seed + local),
        sp.Eq(R(n + 1), mean * R(n) + n * variance * R(n - 1)),
        sp.Eq(R(0), 1),
        sp.Eq(R(1), mean, evaluate=False),
    ]
    return _shifted(term.polynomial, J)
