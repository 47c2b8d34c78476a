r"""Expectations of ``p(y) exp(-q y^2 + c y) cos(a y^2 + w y)``, and of sines: the tilt with complex numbers.

With ``Q = q - i a`` for ``q`` and ``C = c + i w`` for ``c`` in :mod:`symbolic_moments.gaussian_tilt`, and
``U = 1 + 2 q sigma^2``, ``v = 2 a sigma^2``, ``W = U^2 + v^2``,

    V = U - i v,  m = (mu + C sigma^2)(U + i v)/W,  s^2 = sigma^2 (U + i v)/W,
    A = W^(-1/4) exp(((C mu + C^2 sigma^2/2 - Q mu^2)(U + i v))/W + i atan(v/U)/2).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sympy as sp
from sympy import QQ
from sympy.polys.rings import ring

from symbolic_moments.exponential_algebra import Term
from symbolic_moments.formula import Step
from symbolic_moments.gaussian_tilt import Tilt
from symbolic_moments.symbols import mu, n, sigma, x

__all__ = ["CHIRP", "ComplexTilt", "chirp_expectation", "chirp_recurrences", "chirps_found"]

_RING, _M, _I, _T, _U = ring("m, eta, s, t", QQ)

CHIRP = Step(
    r"A phase $ax^2 + wx$ makes the tilt complex: with $q - ia$ for $q$ and $c + iw$ for $c$, of whose exponential "
    r"$\cos(ax^2+wx)$ and $\sin(ax^2+wx)$ are the real and imaginary part,",
    r"V = 1 + 2(q - ia)\sigma^2, \quad m = \frac{\mu + (c+iw)\sigma^2}{V}, \quad s^2 = \frac{\sigma^2}{V}, \quad "
    r"A = \frac{1}{\sqrt{V}} \exp\frac{(c+iw)\mu + (c+iw)^2\sigma^2/2 - (q-ia)\mu^2}{V}, \qquad "
    r"\mathbb{E}\left[x^j e^{-(q-ia)x^2+(c+iw)x}\right] = A\,r_j, \quad r_{j+1} = m\,r_j + j s^2 r_{j-1}, \quad "
    r"r_0 = 1",
)
"""Waves of quadratic phase: the tilt with a complex mean and a complex variance."""


@dataclass(frozen=True)
class ComplexTilt:
    """The change of Gaussian that ``exp(-(q - i a) y^2 + (c + i w) y)`` makes, in real and imaginary parts.

    Examples
    --------
    >>> import sympy
    >>> from symbolic_moments.chirps import ComplexTilt
    >>> from symbolic_moments.gaussian_tilt import Tilt
    >>> zero, one = sympy.Integer(0), sympy.Integer(1)
    >>> tilt = ComplexTilt(Tilt(zero, zero), zero, one)
    >>> tilt.size, tilt.phase
    (exp(-2*mu**2*sigma**2/(4*sigma**4 + 1))/(4*sigma**4 + 1)**(1/4), mu**2/(4*sigma**4 + 1) + atan(2*sigma**2)/2)
    """

    damping: Tilt
    w: sp.Expr
    chirp: sp.Expr

    @property
    def imaginary(self) -> sp.Expr:
        """``v``."""
        return 2 * self.chirp * sigma**2

    @property
    def square(self) -> sp.Expr:
        """``W = |V|^2``."""
        return self.damping.scale**2 + self.imaginary**2

    def over_scale(self, real: sp.Expr, imaginary: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
        """A complex number over V."""
        scale = self.damping.scale
        parts = (real * scale - imaginary * self.imaginary, real * self.imaginary + imaginary * scale)
        return sp.factor(sp.expand(parts[0])) / self.square, sp.factor(sp.expand(parts[1])) / self.square

    @property
    def mean(self) -> tuple[sp.Expr, sp.Expr]:
        """``m``."""
        return self.over_scale(self.damping.shifted, self.w * sigma**2)

    @property
    def variance(self) -> tuple[sp.Expr, sp.Expr]:
        """``s^2``."""
        return self.over_scale(sigma**2, sp.S.Zero)

    @property
    def exponent(self) -> tuple[sp.Expr, sp.Expr]:
        """The logarithm of ``sqrt(V) A``."""
        real = self.damping.exponent - self.w**2 * sigma**2 / 2
        return self.over_scale(real, self.w * self.damping.shifted + self.chirp * mu**2)

    @property
    def size(self) -> sp.Expr:
        """``|A|``."""
        return sp.exp(self.exponent[0]) / self.square ** sp.Rational(1, 4)

    @property
    def phase(self) -> sp.Expr:
        """The argument of ``A``."""
        return self.exponent[1] + sp.atan(self.imaginary / self.damping.scale) / 2


def _complex_tilt(key: tuple[sp.Expr, ...]) -> ComplexTilt:
    q, c, w, chirp = key
    return ComplexTilt(Tilt(q, c), w, chirp)


@lru_cache(maxsize=8)
def _raised(order: int) -> tuple[tuple[Any, Any], ...]:
    """``r_j`` in ``QQ[m, eta, s, t]`` for the mean ``m + i eta`` and the variance ``s + i t``, ``j = 0 .. order``."""
    rows = [(_RING.one, _RING.zero)]
    for j in range(order):
        (a, b), (a_before, b_before) = rows[j], rows[j - 1] if j else (_RING.zero, _RING.zero)
        real = _M * a - _I * b + j * (_T * a_before - _U * b_before)
        rows.append((real, _M * b + _I * a + j * (_T * b_before + _U * a_before)))
    return tuple(rows)


def chirp_expectation(term: Term) -> sp.Expr:
    """Expectation of a wave of quadratic phase, ``y`` on the whole line.

    Examples
    --------
    >>> import sympy
    >>> from symbolic_moments.chirps import chirp_expectation
    >>> from symbolic_moments.exponential_algebra import Term
    >>> from symbolic_moments.symbols import mu
    >>> chirp_expectation(Term(sympy.Integer(1), chirp=sympy.Integer(1))).subs(mu, 0)
    cos(atan(2*sigma**2)/2)/(4*sigma**4 + 1)**(1/4)
    """
    tilt = _complex_tilt(term.key)
    symbols = sp.symbols("m eta s t", real=True)
    values = dict(zip(symbols, (*tilt.mean, *tilt.variance), strict=True))
    cosine, sine = sp.cos(tilt.phase), sp.sin(tilt.phase)
    total: Any = sp.S.Zero
    for polynomial, pair in ((term.polynomial, (cosine, -sine)), (term.sine, (sine, cosine))):
        coefficients = sp.Poly(polynomial, x).all_coeffs()[::-1]
        for coefficient, rows in zip(coefficients, _raised(len(coefficients) - 1), strict=True):
            for row, factor in zip(rows, pair, strict=True):
                total += coefficient * row.as_expr(*symbols).xreplace(values) * factor
    return tilt.size * total


def chirp_recurrences(number: int, key: tuple[sp.Expr, ...], equations: list[Any]) -> tuple[Any, Any]:
    """The sequences ``C(n)`` and ``S(n)`` of one wave of quadratic phase; their recurrences join ``equations``."""
    tilt = _complex_tilt(key)
    (m, eta), (s, t) = tilt.mean, tilt.variance
    seeds = tilt.size * sp.cos(tilt.phase), tilt.size * sp.sin(tilt.phase)
    C, S = sp.Function(f"C_{number}"), sp.Function(f"S_{number}")
    equations += [
        sp.Eq(C(n + 1), m * C(n) - eta * S(n) + n * (s * C(n - 1) - t * S(n - 1))),
        sp.Eq(S(n + 1), m * S(n) + eta * C(n) + n * (s * S(n - 1) + t * C(n - 1))),
        sp.Eq(C(0), seeds[0]),
        sp.Eq(S(0), seeds[1]),
        sp.Eq(C(1), m * seeds[0] - eta * seeds[1]),
        sp.Eq(S(1), m * seeds[1] + eta * seeds[0]),
    ]
    return C, S


def chirps_found(keys: list[tuple[Any, ...]]) -> Step:
    """The complex tilts of one activation."""
    lines = []
    for q, c, w, chirp in keys:
        tilt = _complex_tilt((q, c, w, chirp))
        (m, eta), (s, t) = ([sp.latex(part) for part in pair] for pair in (tilt.mean, tilt.variance))
        exponent = sp.latex(-q * x**2 + c * x + sp.I * (chirp * x**2 + w * x))
        lines.append(
            rf"e^{{{exponent}}}: \quad m = {m} + i\,{eta}, \quad s^2 = {s} + i\,{t}, "
            rf"\quad |A| = {sp.latex(tilt.size)}, \quad \arg A = {sp.latex(tilt.phase)}"
        )
    return Step("Here", r"\begin{gathered} " + r" \\ ".join(lines) + r" \end{gathered}")
