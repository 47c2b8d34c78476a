"""What functions and relations of SymPy mean in mpmath."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import sympy as sp

from symbolic_moments.bivariate_cdf import bivariate_cdf
from symbolic_moments.bivariate_normal import Phi2
from symbolic_moments.fractional_parts import fractional_part
from symbolic_moments.mpmath_context import normal_cdf, normal_density, owens_t
from symbolic_moments.normal import OwenT, Phi, phi

__all__ = ["FUNCTIONS", "RELATIONS"]

FUNCTIONS: dict[Any, Callable[..., Any]] = {
    sp.exp: lambda c, u: c.exp(u),
    sp.sin: lambda c, u: c.sin(u),
    sp.cos: lambda c, u: c.cos(u),
    sp.tan: lambda c, u: c.tan(u),
    fractional_part: lambda c, u: u - c.floor(u),
    sp.sinh: lambda c, u: c.sinh(u),
    sp.cosh: lambda c, u: c.cosh(u),
    sp.tanh: lambda c, u: c.tanh(u),
    sp.sech: lambda c, u: 1 / c.cosh(u),
    sp.asin: lambda c, u: c.asin(u),
    sp.acos: lambda c, u: c.acos(u),
    sp.atan: lambda c, u: c.atan(u),
    sp.asinh: lambda c, u: c.asinh(u),
    sp.erf: lambda c, u: c.erf(u),
    sp.erfc: lambda c, u: c.erfc(u),
    sp.gamma: lambda c, u: c.gamma(u),
    sp.uppergamma: lambda c, a, u: c.gammainc(a, u),
    sp.besseli: lambda c, k, u: c.besseli(int(k), u),
    sp.besselj: lambda c, k, u: c.besselj(int(k), u),
    Phi: normal_cdf,
    phi: normal_density,
    OwenT: owens_t,
    Phi2: bivariate_cdf,
}

RELATIONS: dict[Any, Callable[[Any, Any], bool]] = {
    sp.StrictGreaterThan: operator.gt,
    sp.GreaterThan: operator.ge,
    sp.StrictLessThan: operator.lt,
    sp.LessThan: operator.le,
    sp.Equality: operator.eq,
    sp.Unequality: operator.ne,
}
