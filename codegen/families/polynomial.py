"""Polynomials with roots away from 0: a Taylor shift to mu in doubled arithmetic, then central moments.

Next to a root r the terms of ``E[g]`` cancel, and so do those of g(mu) itself. Its Taylor coefficients at mu, found to
twice the working precision and multiplied factor by factor where roots repeat, are small where g is.
"""

from __future__ import annotations

import sympy as sp

from codegen.families.contract import PROMISE, SIGNATURE
from codegen.kernel_plan import KernelPlan, exact_pair, expression_text, polynomial_coefficients


def is_monomial(polynomial: sp.Expr, variable: sp.Symbol) -> bool:
    """Whether the polynomial is a single power times a constant: then it has no root but 0."""
    return len([c for c in polynomial_coefficients(polynomial, variable) if c != 0]) <= 1


def _factors(polynomial: sp.Expr, variable: sp.Symbol) -> list[sp.Expr]:
    """Factors without repeated roots, each as often as it occurs, the constant in the first of them."""
    poly = sp.Poly(polynomial, variable)
    if not (poly.domain.is_QQ or poly.domain.is_ZZ):
        return [polynomial]
    constant, found = poly.sqf_list()
    factors = [factor.as_expr() for factor, power in found for _ in range(power)]
    return [sp.expand(constant * factors[0]), *factors[1:]]


def _local_coefficients(polynomial: sp.Expr, variable: sp.Symbol) -> str:
    lines = [
        "def _local_coefficients(xp: Any, mu: Any) -> Any:",
        '    """``g^(k)(mu) / k!``, k = 0 .. the degree of g."""',
        "    factors = [",
    ]
    for factor in _factors(polynomial, variable):
        lines.append("        [")
        for k in range(int(sp.degree(factor, variable)) + 1):
            coefficients = polynomial_coefficients(sp.diff(factor, variable, k) / sp.factorial(k), variable)
            listed = ", ".join(exact_pair(c) for c in coefficients)
            lines.append(f"            doubled_horner(xp, mu, [{listed}]),")
        lines.append("        ],")
    return "\n".join([*lines, "    ]", "    return series_product(factors)"])


def _raw_moments(degree: int) -> str:
    terms = " + ".join(f"local[{k}] * central[n{f' + {k}' if k else ''}]" for k in range(degree + 1))
    return "\n".join(
        [
            f"def _raw_moments({SIGNATURE}, degree: int) -> Any:",
            '    """``E[y^n g(y)]``, n = 0 .. degree, from ``E[(y - mu)^n g(y)]``."""',
            "    local = _local_coefficients(xp, mu)",
            f"    central = gaussian_moments(xp, xp.zeros_like(mu), sigma * sigma, degree + {degree})",
            f"    return shifted([{terms} for n in range(degree + 1)], mu)",
        ]
    )


def _expected_derivatives(degree: int) -> str:
    local, central = sp.IndexedBase("local"), sp.IndexedBase("central")
    lines = [
        f"def _expected_derivatives({SIGNATURE}, degree: int) -> Any:",
        '    """``E[g^(k)(y)]``, k = 0 .. degree."""',
        "    local = _local_coefficients(xp, mu)",
        f"    central = gaussian_moments(xp, xp.zeros_like(mu), sigma * sigma, {degree})",
        "    values = [",
    ]
    for k in range(degree + 1):
        value = sp.Add(*(sp.ff(k + j, k) * local[k + j] * central[j] for j in range(0, degree - k + 1, 2)))
        lines.append(f"        {expression_text(value)},")
    lines += ["    ]", f"    return (values + [xp.zeros_like(mu) for k in range({degree}, degree)])[: degree + 1]"]
    return "\n".join(lines)


def _hermite_coefficients(degree: int) -> str:
    return "\n".join(
        [
            f"def _hermite_coefficients({SIGNATURE}, degree: int) -> Any:",
            '    """``c_k = E[g(y) He_k((y - mu) / sigma)] = sigma^k E[g^(k)(y)]``, k = 0 .. degree."""',
            "    values = _expected_derivatives(xp, mu, sigma, degree)",
            f"    scales = powers(xp, sigma, min(degree, {degree}))",
            f"    return [s * value for s, value in zip(scales, values, strict=False)] + values[{degree + 1} :]",
        ]
    )


def _variance(degree: int) -> str:
    lines = [
        f"def _variance({SIGNATURE}) -> Any:",
        '    """``Var g(y) = sum_k c_k^2 / k!``, k >= 1."""',
        f"    coefficients = _hermite_coefficients(xp, mu, sigma, {degree})",
    ]
    coefficients = sp.IndexedBase("coefficients")
    total = sp.Add(*(coefficients[k] ** 2 / sp.factorial(k) for k in range(1, degree + 1)))
    return "\n".join([*lines, f"    return {expression_text(total)}"])


def _second_moment() -> str:
    return "\n".join(
        [
            f"def _second_moment({SIGNATURE}) -> Any:",
            '    """``E[g(y)^2] = Var g(y) + c_0^2``."""',
            "    mean = _expected_derivatives(xp, mu, sigma, 0)[0]",
            "    return _variance(xp, mu, sigma) + mean * mean",
        ]
    )


def _activation(polynomial: sp.Expr) -> str:
    return "\n".join(
        [
            "def _activation(xp: Any, x: Any) -> Any:",
            f'    """``{sp.sstr(polynomial)}``, factor by factor: roots repeat."""',
            "    return _local_coefficients(xp, x)[0]",
        ]
    )


def plan(polynomial: sp.Expr, variable: sp.Symbol, *, expanded: bool = False) -> KernelPlan:
    """The kernel of a polynomial of degree 1 or more; ``expanded`` is whether it was given as a sum.

    A sum leaves nothing of its digits next to roots that repeat: its values are those of its factors.
    """
    degree = int(sp.degree(polynomial, variable))
    functions = [
        _local_coefficients(polynomial, variable),
        _raw_moments(degree),
        _expected_derivatives(degree),
        _hermite_coefficients(degree),
        _second_moment(),
        _variance(degree),
    ]
    regimes = ["Taylor coefficients at mu to twice the working precision, then central moments: roots included"]
    if expanded and len(_factors(polynomial, variable)) > 1:
        promise = {**PROMISE, "activation": PROMISE["raw_moments"]}
        return KernelPlan(functions, promise, regimes, [], root_ulps=0, activation=_activation(polynomial))
    return KernelPlan(functions, PROMISE, regimes, [], root_ulps=0)
