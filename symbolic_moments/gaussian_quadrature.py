"""Gaussian expectations by quadrature, to any number of digits, for what has no closed form.

The integrand is scaled by its own largest value before it is integrated (a stopping rule that is absolute
would otherwise call a tail integral of 1e-90 zero), the window is where it exceeds the working precision, and the
panels are cut at kinks, at 0, at the mean, at the peak, and geometrically around each of them on the scale of
the Gaussian and on the scale of the activation. Each panel gets a Gauss-Legendre rule; the second resolution has
twice the nodes and ten digits more.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import mpmath
import sympy as sp
from mpmath.calculus.quadrature import GaussLegendre

from symbolic_moments.evaluation import Evaluator
from symbolic_moments.mpmath_context import working_context
from symbolic_moments.symbols import mu, sigma, x

__all__ = ["gaussian_expectation", "kinks"]


def kinks(expression: sp.Expr) -> tuple[sp.Expr, ...]:
    """Real numbers at which ``expression`` may fail to be smooth: zeros of what its piecewise parts switch on.

    Only zeros of polynomials in ``x`` without parameters are found.

    Examples
    --------
    >>> from symbolic_moments.gaussian_quadrature import kinks
    >>> from symbolic_moments.language import parse_expression
    >>> kinks(parse_expression("Max(x, 1) * tanh(abs(x))"))
    (0, 1)
    """
    switches = []
    for node in sp.preorder_traversal(expression):
        if isinstance(node, (sp.Max, sp.Min)):
            arguments = node.args
            switches += [a - b for i, a in enumerate(arguments) for b in arguments[:i]]
        elif isinstance(node, (sp.Abs, sp.sign, sp.Heaviside)):
            switches.append(node.args[0])
        elif isinstance(node, sp.Piecewise):
            for _, condition in node.args:
                switches += [part.lhs - part.rhs for part in condition.atoms(sp.core.relational.Relational)]
    points = set()
    for switch in switches:
        if switch.free_symbols == {x} and switch.is_polynomial(x):
            poly = sp.Poly(switch, x)
            if poly.degree() == 1:
                points.add(-poly.coeff_monomial(1) / poly.coeff_monomial(x))
            elif poly.domain.is_QQ or poly.domain.is_ZZ:
                points.update(sp.real_roots(poly))
            else:
                points.update(root for root in sp.roots(poly, multiple=True) if root.is_real)
    return tuple(sorted(points, key=lambda point: float(point)))


def gaussian_expectation(digits: int, function: sp.Expr, values: dict[Any, Any]) -> Any:
    """``E[f(y)]`` for ``y ~ N(mu, sigma^2)``, by quadrature at two resolutions that agree.

    Parameters
    ----------
    digits : int
        Decimal digits of the value; where the integral cancels, relative to the value all the same.
    function : sympy.Expr
        ``f`` in ``x``, possibly depending on ``mu``, ``sigma`` and parameters.
    values : dict from sympy.Symbol to Fraction
        ``mu``, ``sigma > 0`` and the parameters.

    Returns
    -------
    mpf
        Exactly 0 if the value stays below ``10^(-2 digits) E|f(y)|``.

    Raises
    ------
    ArithmeticError
        The resolutions do not agree.

    Examples
    --------
    >>> from fractions import Fraction
    >>> import sympy
    >>> from symbolic_moments.gaussian_quadrature import gaussian_expectation
    >>> from symbolic_moments.symbols import mu, sigma, x
    >>> print(gaussian_expectation(15, sympy.exp(x), {mu: Fraction(0), sigma: Fraction(1)}))
    1.64872127070013
    """
    extra = 15
    while extra <= digits + 60:
        coarse, _ = _integrate(digits + extra, function, values, 1)
        fine, size = _integrate(digits + extra + 10, function, values, 2)
        tolerance = mpmath.mpf(10) ** (-digits - 1)
        if abs(fine - coarse) <= tolerance * abs(fine):
            return working_context(digits).convert(fine) * 1
        if extra > digits and abs(fine) < tolerance**2 * size:
            return working_context(digits).zero
        extra += digits + 20
    raise ArithmeticError(
        f"E[{function}]: two resolutions of the quadrature do not agree to {digits} digits at "
        + ", ".join(f"{symbol} = {float(value):g}" for symbol, value in values.items())
    )


@lru_cache(maxsize=16)
def _rule(working: int, resolution: int) -> tuple[Any, list[tuple[Any, Any]]]:
    """A context of ``working`` digits and the Gauss-Legendre rule of a panel in it."""
    context = working_context(working)
    degree = 4 + resolution + max(0, math.ceil(math.log2(working / 75)))
    return context, GaussLegendre(context).calc_nodes(degree, context.prec + 20)


def _integrate(working: int, function: sp.Expr, values: dict[Any, Any], resolution: int) -> tuple[Any, Any]:
    """The integral at ``working`` digits and the integral of the absolute value, roughly."""
    context, rule = _rule(working, resolution)
    evaluator = Evaluator(context, values)
    mean, deviation = evaluator.real(values[mu]), evaluator.real(values[sigma])
    f = evaluator.function_of(x, function)
    special = [evaluator.real(evaluator(point)) for point in kinks(function)]

    def integrand(y: Any) -> Any:
        z = (y - mean) / deviation
        return f(y) * context.exp(-z * z / 2)

    peak, largest = _peak(context, integrand, mean, deviation, special)
    if largest == 0:
        return context.zero, context.zero
    low, high = _window(context, integrand, peak, largest, deviation, mean)
    points = _panels(context, [0, mean, peak, *special], deviation, low, high)
    total = size = context.zero
    for a, b in itertools.pairwise(points):
        middle, half = (a + b) / 2, (b - a) / 2
        part = half * context.fsum(weight * integrand(middle + half * node) for node, weight in rule) / largest
        total += part
        size += abs(part)
    scale = largest / (deviation * context.sqrt(2 * context.pi))
    return total * scale, size * scale


def _peak(
    context: Any, integrand: Callable[[Any], Any], mean: Any, deviation: Any, special: Sequence[Any]
) -> tuple[Any, Any]:
    """Where ``|integrand|`` is about largest, and its value there."""
    steps = [context.mpf(2) ** (j / 2) for j in range(-8, 18)]
    candidates = [mean, *special]
    for centre, unit in [(mean, deviation), *[(point, context.one) for point in [context.zero, *special]]]:
        candidates += [centre + sign * unit * step for step in steps for sign in (-1, 1)]
    best, largest = mean, context.zero
    for candidate in candidates:
        size = abs(integrand(candidate))
        if size > largest:
            best, largest = candidate, size
    return best, largest


def _window(
    context: Any, integrand: Callable[[Any], Any], peak: Any, largest: Any, deviation: Any, mean: Any
) -> tuple[Any, Any]:
    """An interval outside of which the integrand is below the precision, its tails still decreasing there."""
    threshold = largest * context.mpf(10) ** (-context.dps - 10)
    ends = []
    for sign in (-1, 1):
        reach = deviation * context.sqrt(2 * (context.dps + 10) * context.ln(10)) / 4
        centre = peak if sign * (peak - mean) > 0 else mean
        while any(abs(integrand(centre + sign * reach * factor)) > threshold for factor in (1, 1.1, 1.25, 1.6)):
            reach *= 1.5
        ends.append(centre + sign * reach)
    return min(ends[0], peak), max(ends[1], peak)


def _panels(context: Any, centres: Sequence[Any], deviation: Any, low: Any, high: Any) -> list[Any]:
    points = {low, high}
    for centre in centres:
        points.add(context.mpf(centre))
        for unit in (deviation, context.one):
            for j in range(0, 12):
                points.update((centre - unit * 2**j, centre + unit * 2**j))
    inside = sorted(point for point in points if low <= point <= high)
    width = (high - low) * context.mpf(10) ** -6
    kept = [inside[0]]
    exact = {context.mpf(centre) for centre in centres} | {high}
    for point in inside[1:]:
        if point in exact:
            while len(kept) > 1 and point - kept[-1] < width and kept[-1] not in exact:
                kept.pop()
            kept.append(point)
        elif point - kept[-1] >= min(width, deviation / 4, context.one / 4):
            kept.append(point)
    return kept
