"""The variance of a polynomial plus tilted terms: the Hermite series, or moments of the terms alone."""

from __future__ import annotations

import math
from dataclasses import replace

import sympy as sp

from codegen.families.contract import SIGNATURE
from codegen.families.tilted_origin import fastest
from codegen.families.tilted_terms import Share, calls, function_text, grows, level_lines, quickens, total
from codegen.kernel_plan import expression_text

moments = sp.IndexedBase("moments")
ZERO = sp.Integer(0)


_RESOLVED, LONG_RESOLVED = 4, 6
_WITHIN = 6
"""Radians a deviation up to which the short and the long series see a wave: beyond, it is damped from all they have."""


def variance(polynomial: list[sp.Expr], shares: list[Share], cancels: bool, hidden: list[str]) -> str:
    """Text of ``_second_moment``, ``_variance`` and ``_variance_by_moments``."""
    return "\n\n\n".join(
        [
            function_text(
                f"_second_moment({SIGNATURE})",
                "``E[g(y)^2] = Var g(y) + E[g]^2``.",
                [
                    "mean = _scaled_derivatives(xp, mu, sigma, sigma, 0)[0]",
                    "return _variance(xp, mu, sigma) + mean * mean",
                ],
            ),
            function_text(
                f"_variance({SIGNATURE})",
                "``Var g(y)``: the Hermite series where it has converged soon, or where moments would cancel.",
                [
                    'order = xp.method["short_series_order"]',
                    "coefficients = _scaled_derivatives(xp, mu, sigma, sigma, order)",
                    "result, last = hermite_variance(xp, coefficients)",
                    'converged = last * xp.method["series_reciprocal"] < result',
                    *_resolved_lines(shares),
                    f"rest = xp.flatnonzero(~(converged & ({expression_text(fastest(shares))} * sigma < 1)))",
                    "first = [coefficient[rest] for coefficient in coefficients]",
                    "value, apart = _variance_by_moments(xp, mu[rest], sigma[rest], first)",
                    "result[rest] = value",
                    *_followed_lines(shares, cancels, hidden),
                    "some = rest[~apart]",
                    'order = xp.method["long_series_order"]',
                    "coefficients = _scaled_derivatives(xp, mu[some], sigma[some], sigma[some], order)",
                    "result[some] = hermite_variance(xp, coefficients)[0]",
                    "return set_where(xp.flatnonzero(sigma == 0), [result], [0])[0]",
                ],
            ),
            function_text(
                f"_variance_by_moments({SIGNATURE}, coefficients: Any)",
                "``Var p + 2 Cov(p, u) + E[u^2] - E[u]^2``, g = p + u, p a polynomial; and if the last two are apart.",
                _by_moments(polynomial, shares),
            ),
        ]
    )


def _resolved_lines(shares: list[Share]) -> list[str]:
    return [f"converged = converged & ({turns(shares)} < {_RESOLVED})"] if quickens(shares) else []


def _followed_lines(shares: list[Share], cancels: bool, hidden: list[str]) -> list[str]:
    """Where moments must not serve; where the long series would lose a fast wave: each for its own, or moments."""
    lines = []
    waves = any(share.factor.is_wave for share in shares)
    if (len(shares) > 1 and waves) or (quickens(shares) and cancels):
        calm = f"(2 * {expression_text(_steepest(shares))} * sigma[rest] < 1)"
        lines.append(f"apart = apart & ~({calm} & ({turns(shares, '[rest]')} < {LONG_RESOLVED}))")
    lines += hidden
    if len(shares) > 1 and waves:
        lines.append(f"apart = apart | ({turns(shares, '[rest]')} > {LONG_RESOLVED})")
    return lines


def _steepest(shares: list[Share]) -> sp.Rational:
    """How fast the factors beside the waves vary at most."""
    return fastest([replace(share, factor=replace(share.factor, w=ZERO, chirp=ZERO)) for share in shares])


def turns(shares: list[Share], rows: str = "") -> str:
    """Radians a deviation of the fastest wave within six of them, as text."""
    frequency, chirp = (
        sp.Rational(math.ceil(64 * max(abs(float(part)) for part in parts)), 64)
        for parts in zip(*[(share.factor.w, 2 * share.factor.chirp) for share in shares], strict=True)
    )
    if chirp == 0:
        return f"{expression_text(frequency)} * sigma{rows}"
    quickened = f"{expression_text(chirp)} * (xp.abs(mu{rows}) + {_WITHIN} * sigma{rows})"
    speed = f"({expression_text(frequency)} + {quickened})" if frequency != 0 else quickened
    return f"{speed} * sigma{rows}"


def _by_moments(polynomial: list[sp.Expr], shares: list[Share]) -> list[str]:
    degree = len(polynomial) - 1
    lines = [
        "mean = _rest_mean(xp, mu, sigma)",
        "square = _rest_square(xp, mu, sigma)",
        "result = square - mean * mean",
    ]
    if degree >= 1:
        lines.append(f"moments = gaussian_moments(xp, mu, sigma * sigma, {degree})")
    for k in range(1, degree + 1):
        value = sum((sp.ff(p, k) * polynomial[p] * moments[p - k] for p in range(k, degree + 1)), ZERO)
        divisor = f" / {sp.factorial(k)}" if k > 1 else ""
        lines += [
            f"near = {expression_text(sp.Symbol('sigma') ** k * value)}",
            f"result = result + near * (2 * coefficients[{k}] - near){divisor}",
        ]
    apart = "8 * mean * mean < 7 * square" if quickens(shares) else "4 * mean * mean < 3 * square"
    if not grows(shares):
        return [*lines, f"return result, {apart}"]
    # Beyond the largest number both moments are infinite, and so is the variance.
    lines.append("finite = mean * mean < xp.inf")
    return [*lines, f"return xp.where(finite, result, square), ({apart}) | ~finite"]


def rest(
    shares: list[Share],
    square_shares: list[Share],
    square_polynomial: list[sp.Expr],
    names: tuple[str, str] = ("_rest_mean", "_rest_square"),
    part: str = "what stands beside the polynomial in g",
) -> str:
    """Text of ``_rest_mean`` and ``_rest_square``: the part beside the polynomial; or of another part."""
    functions = []
    for name, what, parts, polynomial in (
        (names[0], f"``E[u(y)]``, u {part}.", shares, [ZERO]),
        (names[1], "``E[u(y)^2]``.", square_shares, square_polynomial),
    ):
        value = sum((c * moments[j] for j, c in enumerate(polynomial) if c != 0), ZERO)
        lines = calls(parts, "1", "0", "0") + level_lines(parts, value != 0)
        if value != 0:
            lines.append(f"moments = gaussian_moments(xp, mu, sigma * sigma, {len(polynomial) - 1})")
        text = expression_text(total(parts, "[{j}][0]", value))
        lines.append(f"return scaled_up(xp, {text}, top)" if grows(parts) else f"return {text}")
        functions.append(function_text(f"{name}({SIGNATURE})", what, lines))
    return "\n\n\n".join(functions)
