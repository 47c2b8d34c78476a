from __future__ import annotations
from fractions import Fraction
from typing import Any
import sympy as sp
from symbolic_moments.activation import Activation
from symbolic_moments.gaussian_quadrature import gaussian_expectation
from symbolic_moments.symbols import mu, mu_1, mu_2, rho, sigma, sigma_1, sigma_2, x

def two_point_integral(digits, left, right, exact):
    if right.moment(0).kind == "closed":
        return _given(digits, left, right, exact)
    if left.moment(0).kind == "closed":
        swapped = {**exact, mu_1: exact[mu_2], mu_2: exact[mu_1], sigma_1: exact[sigma_2], sigma_2: exact[sigma_1]}
        return _given(digits, right, left, swapped)
    raise NotImplementedError

def _given(digits, outer, inner, exact):
    r, m_1, m_2, s_1, s_2 = (sp.Rational(exact[v].numerator, exact[v].denominator) for v in (rho, mu_1, mu_2, sigma_1, sigma_2))
    conditional = inner.moment(0).expr.xreplace({mu: m_2 + r * s_2 / s_1 * (x - m_1), sigma: s_2 * sp.sqrt(1 - r**2)})
    return gaussian_expectation(digits, outer.expression * conditional, {**exact, mu: exact[mu_1], sigma: exact[sigma_1]})
