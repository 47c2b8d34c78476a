r"""Integrals over a turn of powers and exponentials of cosines: what every closed circle moment is made of."""

from __future__ import annotations

from collections.abc import Callable

import sympy as sp

from symbolic_moments.symbols import x

__all__ = [
    "cosine_weights",
    "error_moment",
    "exponential_moment",
    "gaussian_moment",
    "half_line_power",
    "polynomial_moment",
    "wave_moment",
    "weighted",
]


def cosine_weights(m: int, r: int) -> dict[int, sp.Rational]:
    """``w_k`` in ``cos(t)^m cos(r t) = sum_k w_k cos(k t)``, ``k >= 0``.

    Examples
    --------
    >>> from symbolic_moments.circle_weights import cosine_weights
    >>> cosine_weights(2, 1)
    {3: 1/4, 1: 3/4}
    """
    weights: dict[int, sp.Rational] = {}
    for i in range(m + 1):
        for k in (abs(m - 2 * i + r), abs(m - 2 * i - r)):
            weights[k] = weights.get(k, sp.S.Zero) + sp.Rational(sp.binomial(m, i), 2 ** (m + 1))
    return weights


def weighted(polynomial: sp.Expr, A: sp.Expr, r: int, moment: Callable[[int], sp.Expr]) -> sp.Expr:
    """``int p(A cos t) h(t) cos(r t) dt`` from ``moment(k) = int h(t) cos(k t) dt``."""
    total = sp.S.Zero
    for (m,), coefficient in sp.Poly(polynomial, x).terms():
        total += coefficient * A**m * sp.Add(*[w * moment(k) for k, w in cosine_weights(m, r).items()])
    return total


def polynomial_moment(polynomial: sp.Expr, A: sp.Expr, r: int) -> sp.Expr:
    """``int p(A cos t) cos(r t) dt``: only the weight of ``cos(0 t)`` remains."""
    return weighted(polynomial, A, r, lambda k: 2 * sp.pi if k == 0 else sp.S.Zero)


def half_line_power(j: int, c: sp.Expr, A: sp.Expr, r: int) -> sp.Expr:
    r"""``int (A cos t - c)_+^j cos(r t) dt``, any real ``A``: the arc ``|t| < arccos(c/|A|)``."""
    size = sp.Abs(A)
    sign = sp.S.One if r % 2 == 0 else sp.sign(A)
    end = sp.acos(c / size)
    arc = weighted((x - c) ** j, size, r, lambda k: 2 * end if k == 0 else 2 * sp.sin(k * end) / k)
    whole = polynomial_moment((x - c) ** j, A, r)
    return sp.Piecewise((whole, size <= -c), (sp.S.Zero, size <= c), (sign * arc, True))


def exponential_moment(c: sp.Expr, A: sp.Expr, k: int) -> sp.Expr:
    """``int exp(c A cos t) cos(k t) dt``, a modified Bessel function."""
    return 2 * sp.pi * sp.besseli(k, c * A)


def wave_moment(w: sp.Expr, A: sp.Expr, k: int, sine: bool) -> sp.Expr:
    """``int cos(w A cos t) cos(k t) dt``, or of the sine: a Bessel function where ``k`` has the parity, else 0."""
    turn = sp.sin(k * sp.pi / 2) if sine else sp.cos(k * sp.pi / 2)
    return 2 * sp.pi * turn * sp.besselj(k, w * A) if turn else sp.S.Zero


def gaussian_moment(q: sp.Expr, A: sp.Expr, k: int) -> sp.Expr:
    """``int exp(-q A^2 cos(t)^2) cos(k t) dt``: the exponent is that of ``cos 2t``."""
    if k % 2:
        return sp.S.Zero
    half = q * A**2 / 2
    return 2 * sp.pi * (-1) ** (k // 2) * sp.exp(-half) * sp.besseli(k // 2, half)


def error_moment(slope: sp.Expr, A: sp.Expr, k: int) -> sp.Expr:
    r"""``int (Phi(a A cos t) - 1/2) cos(k t) dt``: by parts the integral of a Gaussian, 0 for even ``k``.

    ``(a A/k) sqrt(pi/2) e^{-q} (-1)^{(k-1)/2} (I_{(k-1)/2}(q) + I_{(k+1)/2}(q))`` with ``q = (a A)^2/4``.
    """
    if k % 2 == 0:
        return sp.S.Zero
    q = (slope * A) ** 2 / 4
    bessel = sp.besseli((k - 1) // 2, q) + sp.besseli((k + 1) // 2, q)
    return slope * A / k * sp.sqrt(sp.pi / 2) * (-1) ** ((k - 1) // 2) * sp.exp(-q) * bessel
