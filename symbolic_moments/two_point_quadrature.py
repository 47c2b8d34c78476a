r"""Two-point moments by quadrature, to any number of digits.

Where the mean of one function has a closed form, so has its mean given the other variable, and one integral is left:
``E[g1(y1) g2(y2)] = E[g1(y1) E[g2(y2) | y1]]``. Otherwise both variables are integrated: on panels
cut where the function is not smooth, or on a uniform grid of step ``h``, which makes the inner sum a polynomial in
``exp(rho u h/(1 - rho^2))``.
"""

from __future__ import annotations

import bisect
from fractions import Fraction
from typing import Any

import mpmath
import sympy as sp

from symbolic_moments.activation import Activation
from symbolic_moments.gaussian_quadrature import gaussian_expectation
from symbolic_moments.mpmath_context import working_context
from symbolic_moments.removable import with_limit
from symbolic_moments.symbols import mu, mu_1, mu_2, rho, sigma, sigma_1, sigma_2, x
from symbolic_moments.two_point_grids import Grid

__all__ = ["conditional_mean", "inner_first", "two_point_integral"]

_GUARD_DIGITS = 25
_LEVELS = 14
_MOST_PAIRS = 10**7
"""Pairs of nodes: some minute."""


def two_point_integral(digits: int, left: Activation, right: Activation, exact: dict[sp.Symbol, Fraction]) -> Any:
    """``E[g1(y1) g2(y2)]`` from the definition, for positive deviations and ``0 < |rho| < 1``.

    Parameters
    ----------
    digits : int
        Of the value; of the double integral at least ``digits`` digits of ``sqrt(E[g1^2] E[g2^2])``.
    left, right : Activation
        ``g1`` and ``g2``.
    exact : dict from sympy.Symbol to Fraction
        Of the five variables and the parameters.

    Raises
    ------
    ArithmeticError
        Two resolutions do not agree.

    Examples
    --------
    >>> from fractions import Fraction
    >>> from symbolic_moments import activation
    >>> from symbolic_moments.symbols import mu_1, mu_2, rho, sigma_1, sigma_2
    >>> from symbolic_moments.two_point_quadrature import two_point_integral
    >>> half, one = Fraction(1, 2), Fraction(1)
    >>> point = {mu_1: half, mu_2: one, sigma_1: one, sigma_2: one, rho: half}
    >>> print(two_point_integral(15, activation("tanh"), activation("tanh"), point))
    0.295452877051737
    """
    order = inner_first(left, right)
    if order is None:
        return _double(digits, left, right, exact)
    inner, outer = order
    if inner is right:
        return _given_outer(digits, outer, inner, exact)
    swapped = {mu_1: exact[mu_2], mu_2: exact[mu_1], sigma_1: exact[sigma_2], sigma_2: exact[sigma_1]}
    return _given_outer(digits, outer, inner, {**exact, **swapped})


def inner_first(left: Activation, right: Activation) -> tuple[Activation, Activation] | None:
    """The function whose conditional mean is taken, a wave before others, and the other; None if neither is closed."""
    closed = [g for g in (right, left) if g.moment(0).kind == "closed"]
    if not closed:
        return None
    inner = next((g for g in closed if _has_waves(g)), closed[0])
    return inner, left if inner is right else right


def _has_waves(g: Activation) -> bool:
    return any(term.is_wave for terms in g.decomposition.terms for term in terms)


def conditional_mean(g: Activation, m_1: sp.Expr, s_1: sp.Expr, m_2: sp.Expr, s_2: sp.Expr, r: sp.Expr = rho) -> Any:
    """``E[g(y2) | y1 = x]`` in closed form: ``y2`` is Gaussian with mean ``m_2 + r s_2 (x - m_1)/s_1``."""
    conditional = {mu: m_2 + r * s_2 / s_1 * (x - m_1), sigma: s_2 * sp.sqrt(1 - r**2)}
    return g.moment(0).expr.xreplace(conditional)


def _given_outer(digits: int, outer: Activation, inner: Activation, exact: dict[sp.Symbol, Fraction]) -> Any:
    """``E[g1(y1) E[g2(y2) | y1]]``; 0 where a wave is damped beyond the digits, which Cauchy and Schwarz decide."""
    variables = (mu_1, sigma_1, mu_2, sigma_2, rho)
    mean = conditional_mean(inner, *(sp.Rational(exact[s].numerator, exact[s].denominator) for s in variables))
    parameters = {symbol: value for symbol, value in exact.items() if symbol not in variables}
    values = {**parameters, mu: exact[mu_1], sigma: exact[sigma_1]}
    if _has_waves(inner):
        names = {symbol.name: value for symbol, value in parameters.items()}
        whole = inner.second_moment().evalf(5, **names, mu=exact[mu_2], sigma=exact[sigma_2])
        if gaussian_expectation(5, mean**2, values) <= whole * mpmath.mpf(10) ** (-4 * digits - 40):
            return working_context(digits).zero
    return gaussian_expectation(digits, with_limit(outer.expression) * mean, values)


def _double(digits: int, left: Activation, right: Activation, exact: dict[sp.Symbol, Fraction]) -> Any:
    """The double integral on finer and finer grids, until two of them agree."""
    square = 1 - exact[rho] ** 2
    # the exponents of the kernel are as large as 1/(1 - rho^2)
    working = digits + _GUARD_DIGITS + int(0.302 * (square.denominator // square.numerator).bit_length())
    context = working_context(working)
    r = context.mpf(exact[rho].numerator) / exact[rho].denominator
    left_over = context.sqrt((1 - r) * (1 + r))
    grids = [
        Grid(working, with_limit(g.expression), {**exact, mu: exact[mean], sigma: exact[deviation]}, left_over)
        for g, mean, deviation in ((left, mu_1, sigma_1), (right, mu_2, sigma_2))
    ]
    if any(grid.is_zero for grid in grids):
        return working_context(digits).zero
    outer, inner = grids if grids[1].is_smooth else grids[::-1]
    previous = None
    for level in range(_LEVELS):
        value, size = _on_uniform(outer, inner, level, r) if inner.is_smooth else _on_panels(outer, inner, level, r)
        if previous is not None:
            if abs(value - previous) <= context.mpf(10) ** (-digits - 2) * abs(value):
                return working_context(digits).convert(value) * 1
            if max(abs(value), abs(previous)) <= context.mpf(10) ** (-digits - 10) * size:
                return working_context(digits).zero
        previous = value
    raise ArithmeticError(
        f"E[{left.label}(y1) {right.label}(y2)]: two grids do not agree to {digits} digits at "
        + ", ".join(f"{symbol} = {float(value):g}" for symbol, value in exact.items())
    )


def _on_uniform(outer: Grid, inner: Grid, level: int, r: Any) -> tuple[Any, Any]:
    """The sum with a uniform grid inside, and the size that values are measured by."""
    context = working_context(inner.digits)
    c = (1 - r) * (1 + r)
    h = inner.step(level)
    first, values = inner.uniform(level)
    weighted = [value * context.exp(-((j * h) ** 2) / (2 * c)) for j, value in enumerate(values, first)]
    if outer.is_smooth:
        start, others = outer.uniform(level)
        nodes = [(j * outer.step(level), outer.step(level), value) for j, value in enumerate(others, start)]
    else:
        nodes = outer.panels(level)
    reach = _reach(context, c)
    _require_few(len(nodes) * min(len(weighted), int(2 * reach / h)))
    total = []
    for u, weight, value in nodes:
        low, high = (max(0, int((r * u + side * reach) / h) - first) for side in (-1, 1))
        q = context.exp(r * u * h / c)
        inside = context.zero
        for term in reversed(weighted[low:high]):
            inside = inside * q + term
        shift = context.exp((r * u * h * (first + low) - u * u / 2) / c)
        total.append(weight * value * shift * inside)
    norm = h / (2 * context.pi * context.sqrt(c))
    squares = context.fsum(weight * value**2 * context.exp(-u * u / 2) for u, weight, value in nodes)
    inner_squares = context.fsum(value**2 * context.exp(-((j * h) ** 2) / 2) for j, value in enumerate(values, first))
    return norm * context.fsum(total), context.sqrt(squares * inner_squares * h / (2 * context.pi))


def _on_panels(outer: Grid, inner: Grid, level: int, r: Any) -> tuple[Any, Any]:
    """The sum over pairs of nodes of panels, and the size that values are measured by."""
    context = working_context(inner.digits)
    c = (1 - r) * (1 + r)
    reach = _reach(context, c)
    left, right = outer.panels(level), inner.panels(level)
    right.sort(key=lambda node: node[0])
    places = [v for v, _, _ in right]
    total, pairs = [], 0
    for u, weight, value in left:
        near = right[bisect.bisect(places, r * u - reach) : bisect.bisect(places, r * u + reach)]
        pairs += len(near)
        _require_few(pairs)
        inside = [other_weight * other * context.exp(-((v - r * u) ** 2) / (2 * c)) for v, other_weight, other in near]
        total.append(weight * value * context.exp(-u * u / 2) * context.fsum(inside))
    squares = [
        context.fsum(weight * value**2 * context.exp(-u * u / 2) for u, weight, value in nodes)
        for nodes in (left, right)
    ]
    norm = 2 * context.pi * context.sqrt(c)
    return context.fsum(total) / norm, context.sqrt(squares[0] * squares[1]) / (2 * context.pi)


def _reach(context: Any, c: Any) -> Any:
    """Where the density given the other variable is below ``10^(-2 digits)``."""
    return context.sqrt(4 * c * context.ln(10) * context.dps)


def _require_few(pairs: int) -> None:
    if pairs > _MOST_PAIRS:
        raise ArithmeticError(
            f"E[g1(y1) g2(y2)]: {pairs} pairs of nodes are more than {_MOST_PAIRS}; the correlation is too near 1 or "
            "-1, or a deviation too large, for these digits; give fewer digits"
        )
