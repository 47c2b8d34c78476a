r"""Closed two-point moments: exponents by a change of Gaussian, the rest by Stein's recurrences.

With ``Q = diag(q_1, q_2)`` and ``b = c - 2 Q mu``, ``exp(-y'Qy + c'y)`` times the density of ``N(mu, S)`` is

    exp(c'mu - mu'Q mu + b'S'b/2)/sqrt(V)  times that of  N(mu + S'b, S'),   S' = S (1 + 2 Q S)^(-1),

``V = det(1 + 2 Q S)``, and waves are exponents ``c + i w``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from symbolic_moments.bivariate_normal import Phi2
from symbolic_moments.decomposition import Decomposition
from symbolic_moments.expansion_size import UnwieldyError
from symbolic_moments.exponential_algebra import Term
from symbolic_moments.normal import Phi, phi
from symbolic_moments.symbols import mu_1, mu_2, rho, sigma_1, sigma_2, x
from symbolic_moments.two_point_parts import Cdf, Part, parts_of
from symbolic_moments.two_point_recurrences import coefficients

__all__ = ["MOST_DEGREE", "MOST_PAIRS", "closed_two_point_moment"]

MOST_PAIRS = 100
"""Pairs of parts beyond which no closed form is kept."""
MOST_DEGREE = 16
"""Degree of the product of two polynomials beyond which no closed form is kept."""

_I_1, _I_2 = sp.symbols("eta_1 eta_2", real=True)


def closed_two_point_moment(left: Decomposition, right: Decomposition) -> sp.Expr:
    """``E[g1(y1) g2(y2)]`` in ``mu_1, sigma_1, mu_2, sigma_2, rho``, for ``sigma_i > 0`` and ``|rho| < 1``.

    Raises
    ------
    UnwieldyError
        A function is not made of the parts that integrals are closed for, a wave meets a step or a distribution
        function, or the expression would be too large.

    Examples
    --------
    >>> from symbolic_moments import activation
    >>> from symbolic_moments.two_point_closed import closed_two_point_moment
    >>> closed_two_point_moment(activation("exp").decomposition, activation("x").decomposition)
    (mu_2 + rho*sigma_1*sigma_2)*exp(mu_1 + sigma_1**2/2)
    """
    parts = parts_of(left), parts_of(right)
    if len(parts[0]) * len(parts[1]) > MOST_PAIRS:
        raise UnwieldyError(f"{len(parts[0])} times {len(parts[1])} parts are more than the {MOST_PAIRS} that are kept")
    return sp.Add(*[_pair(one, two) for one in parts[0] for two in parts[1]])


def _pair(one: Part, two: Part) -> sp.Expr:
    degree = sum(_degree(factor) for factor in (one.term, two.term))
    if degree > MOST_DEGREE:
        raise UnwieldyError(f"polynomials of degrees {degree} together are more than the {MOST_DEGREE} that are kept")
    tilt = _Tilt.of(one.term, two.term)
    if one.term.w != 0 or two.term.w != 0:
        if one.cdf is not None or two.cdf is not None:
            raise UnwieldyError("a sine or cosine times a step has no closed form in real functions")
        return tilt.factor * sp.Add(*[_wave(one.term, two.term, tilt, direction) / 2 for direction in (1, -1)])
    return tilt.factor * tilt.moved(_untilted(one, two))


def _degree(term: Term) -> int:
    return max(int(sp.Poly(factor, x).degree()) for factor in (term.polynomial, term.sine) if factor != 0)


@dataclass(frozen=True)
class _Tilt:
    """Means and covariances of the changed Gaussian, and the factor before it."""

    factor: sp.Expr
    means: tuple[sp.Expr, sp.Expr]
    variances: tuple[sp.Expr, sp.Expr]
    covariance: sp.Expr

    @classmethod
    def of(cls, one: Term, two: Term) -> _Tilt:
        """That of two terms, their waves left out."""
        S_11, S_22, S_12 = sigma_1**2, sigma_2**2, rho * sigma_1 * sigma_2
        q_1, q_2 = one.q, two.q
        if q_1 != 0 or q_2 != 0:
            V = (1 + 2 * q_1 * S_11) * (1 + 2 * q_2 * S_22) - 4 * q_1 * q_2 * S_12**2
            S_11, S_22 = (S_11 + 2 * q_2 * (S_11 * S_22 - S_12**2)) / V, (S_22 + 2 * q_1 * (S_11 * S_22 - S_12**2)) / V
            S_12 = S_12 / V
        else:
            V = sp.S.One
        b_1, b_2 = one.c - 2 * q_1 * mu_1, two.c - 2 * q_2 * mu_2
        exponent = one.c * mu_1 + two.c * mu_2 - q_1 * mu_1**2 - q_2 * mu_2**2
        exponent += (b_1**2 * S_11 + 2 * b_1 * b_2 * S_12 + b_2**2 * S_22) / 2
        means = mu_1 + b_1 * S_11 + b_2 * S_12, mu_2 + b_1 * S_12 + b_2 * S_22
        return cls(sp.exp(exponent) / sp.sqrt(V), means, (S_11, S_22), S_12)

    def moved(self, expression: sp.Expr) -> sp.Expr:
        """An expression in the five variables at those of the changed Gaussian."""
        new: dict[Any, Any] = {mu_1: self.means[0], mu_2: self.means[1]}
        if self.variances != (sigma_1**2, sigma_2**2):
            new |= {sigma_1: sp.sqrt(self.variances[0]), sigma_2: sp.sqrt(self.variances[1])}
            new[rho] = self.covariance / sp.sqrt(self.variances[0]) / sp.sqrt(self.variances[1])
        return expression.xreplace(new)


def _untilted(one: Part, two: Part) -> sp.Expr:
    """The expectation, exponents left out."""
    found = coefficients(one, two)
    if one.cdf is None and two.cdf is None:
        return found[0]
    left = None if one.cdf is None else _Side.of(one.cdf, mu_1, sigma_1)
    right = None if two.cdf is None else _Side.of(two.cdf, mu_2, sigma_2)
    if left is None or right is None:
        (side,) = (side for side in (left, right) if side is not None)
        return found[0] * Phi(side.sign * side.h) + found[1] * phi(side.h)
    r = rho * sigma_1 * sigma_2 / (left.D * right.D)
    k_1, k_2 = left.given(right, r), right.given(left, r)
    return (
        found[0] * Phi2(left.sign * left.h, right.sign * right.h, left.sign * right.sign * r)
        + found[1] * phi(left.h) * Phi(right.sign * k_2)
        + found[2] * phi(right.h) * Phi(left.sign * k_1)
        + found[3] * phi(left.h) * phi(k_2)
    )


@dataclass(frozen=True)
class _Side:
    """``D`` and ``h = (mu - m)/D`` of one factor."""

    distance: sp.Expr
    D: sp.Expr
    sign: int

    @classmethod
    def of(cls, cdf: Cdf, mean: sp.Expr, deviation: sp.Expr) -> _Side:
        return cls(mean - cdf.point, sp.sqrt(deviation**2 + cdf.square), cdf.sign)

    @property
    def h(self) -> sp.Expr:
        return self.distance / self.D

    def given(self, other: _Side, r: sp.Expr) -> sp.Expr:
        """``(h - r h')/sqrt(1 - r^2)``: ``h`` once the other factor is conditioned on."""
        if r == rho:
            return (self.h - rho * other.h) / sp.sqrt(1 - rho**2)
        determinant = sp.factor_terms(sp.expand(self.D**2 * other.D**2) - rho**2 * sigma_1**2 * sigma_2**2)
        across = sp.factor_terms(self.distance * other.D**2 - rho * sigma_1 * sigma_2 * other.distance)
        return across / (other.D * sp.sqrt(determinant))


def _wave(one: Term, two: Term, tilt: _Tilt, direction: int) -> sp.Expr:
    """``Re E[(p1 - i s1)(p2 -+ i s2) exp(i (w1 y1 +- w2 y2))]``: two waves are half the sum of both."""
    w_1, w_2 = one.w, direction * two.w
    (S_11, S_22), S_12 = tilt.variances, tilt.covariance
    damping = sp.exp(-(w_1**2 * S_11 + 2 * w_1 * w_2 * S_12 + w_2**2 * S_22) / 2)
    phase = w_1 * tilt.means[0] + w_2 * tilt.means[1]
    real: Any = sp.S.Zero
    imaginary: Any = sp.S.Zero
    for a, by_i in ((one.polynomial, 0), (one.sine, 1)):
        for b, times_i in ((two.polynomial, 0), (two.sine, 1)):
            if a == 0 or b == 0:
                continue
            sign = (-sp.I) ** by_i * (-direction * sp.I) ** times_i
            (moment,) = coefficients(Part(Term(a)), Part(Term(b)))
            complex_means = {mu_1: mu_1 + sp.I * _I_1, mu_2: mu_2 + sp.I * _I_2}
            for addend in sp.Add.make_args(sp.expand(sign * moment.xreplace(complex_means))):
                of_i = addend.as_coefficient(sp.I)
                real, imaginary = (real + addend, imaginary) if of_i is None else (real, imaginary + of_i)
    eta = {_I_1: w_1 * S_11 + w_2 * S_12, _I_2: w_1 * S_12 + w_2 * S_22}
    real, imaginary = (tilt.moved(part).xreplace(eta) for part in (real, imaginary))
    return damping * (real * sp.cos(phase) - imaginary * sp.sin(phase))
