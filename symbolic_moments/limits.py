r"""What ``c_k = E[g(y) He_k((y - mu)/sigma)]`` becomes under narrow and under wide Gaussians.

Both rest on the half-line integrals ``H(p, k) = int_0^oo u^p He_k(u) phi(u) du``. At a breakpoint ``m`` with
``g(m + h) = sum_j a_j h^j`` for ``h > 0`` and ``sum_j b_j |h|^j`` for ``h < 0``, and ``mu = m``,

    c_k = sum_j sigma^j (a_j + (-1)^k b_j) H(j, k).

Far away, where ``g(x) = a x^p`` for ``x > 0``, the substitution ``x = sigma u`` leaves ``He_k phi`` at
``u - mu/sigma``, whose derivatives are ``-He_{k+1} phi`` and so on:

    c_k = sum_i a sigma^(p-i) mu^i / i! H(p, k + i),

and for ``x < 0`` the same with ``-mu`` and a factor ``(-1)^k``. Terms with ``i > p`` vanish as ``sigma -> oo``.
"""

from __future__ import annotations

import sympy as sp

from symbolic_moments.activation import Activation
from symbolic_moments.end_behaviour import End, powers_at_end
from symbolic_moments.symbols import mu, sigma, x

__all__ = ["half_line_moment", "narrow_limit", "wide_limit"]


def half_line_moment(p: sp.Expr, k: int) -> sp.Expr:
    r"""``H(p, k) = int_0^oo u^p He_k(u) phi(u) du``, ``p > -1``.

    Examples
    --------
    >>> import sympy
    >>> half_line_moment(sympy.Integer(1), 0), half_line_moment(sympy.Integer(1), 3)
    (sqrt(2)/(2*sqrt(pi)), 0)
    """
    u = sp.Symbol("u")
    terms = sp.Poly(sp.expand(sp.hermite_prob(k, u)), u).terms()
    total = sp.Add(*[coefficient * _moment(p + power) for (power,), coefficient in terms])
    return sp.simplify(total)


def _moment(s: sp.Expr) -> sp.Expr:
    """``int_0^oo u^s phi(u) du``."""
    return 2 ** (s / 2) * sp.gamma((s + 1) / 2) / (2 * sp.sqrt(sp.pi))


def wide_limit(g: Activation, k: int) -> sp.Expr | None:
    """What ``c_k`` differs from by less than any number as ``sigma -> oo``, ``mu`` fixed.

    Parameters
    ----------
    g : Activation
        Without open parameters.
    k : int
        Order of the Hermite coefficient.

    Returns
    -------
    sympy.Expr or None
        A sum of powers of ``sigma`` (half-integer ones for the root of softplus) with coefficients in ``mu``; None
        where ``g`` grows exponentially or has no powers at its ends.

    Examples
    --------
    >>> from symbolic_moments import activation
    >>> wide_limit(activation("gelu"), 0)
    mu/2 + sqrt(2)*sigma/(2*sqrt(pi))
    >>> wide_limit(activation("tanh"), 1)
    sqrt(2)/sqrt(pi)
    """
    total = sp.S.Zero
    ends: tuple[End, End] = (1, -1)
    for end in ends:
        powers = powers_at_end(g, end)
        if powers is None:
            return None
        for coefficient, p in powers:
            for i in range(int(sp.floor(p)) + 1):
                shape = sigma ** (p - i) * (end * mu) ** i / sp.factorial(i)
                total += end**k * coefficient * shape * half_line_moment(p, k + i)
    return sp.expand(total)


def narrow_limit(g: Activation, k: int, breakpoint_index: int) -> sp.Expr | None:
    """The leading term of ``c_k`` as ``sigma -> 0`` with ``mu`` at a breakpoint of ``g``.

    Elsewhere ``c_k = sigma^k g^(k)(mu) + O(sigma^(k+2))``.

    Parameters
    ----------
    g : Activation
        Without open parameters.
    k : int
        Order of the Hermite coefficient.
    breakpoint_index : int
        Which of ``g.decomposition.breakpoints``.

    Returns
    -------
    sympy.Expr or None
        A number times a power of ``sigma``; 0 if there is no term up to ``sigma^(k+2)``; None where ``g`` could not be
        taken apart.

    Examples
    --------
    >>> from symbolic_moments import activation
    >>> [narrow_limit(activation("heaviside"), k, 0) for k in range(3)]
    [1/2, sqrt(2)/(2*sqrt(pi)), 0]
    """
    parts = g.decomposition
    if parts.remainder != 0:
        return None
    place = parts.breakpoints[breakpoint_index]
    left, right = (_on_interval(g, breakpoint_index + side) for side in (0, 1))
    for j in range(k + 3):
        above, below = (sp.diff(one, x, j).subs(x, place) / sp.factorial(j) for one in (right, left))
        term = sp.simplify((above + (-1) ** (k + j) * below) * half_line_moment(sp.Integer(j), k))
        if term != 0:
            return term * sigma**j
    return sp.S.Zero


def _on_interval(g: Activation, index: int) -> sp.Expr:
    parts = g.decomposition
    terms = [term.as_expr() for term in (parts.terms[index] if parts.terms else ())]
    return parts.pieces[index] + sp.Add(*terms, *[term.as_expr() for term in parts.error_terms])
