"""Next to an extremum, where the terms of g' cancel: coefficients and variances of the power series of g from there."""

from __future__ import annotations

from dataclasses import replace

import mpmath
import sympy as sp

from codegen.families.contract import function_text
from codegen.families.renamed import referring, renamed
from codegen.kernel_plan import KernelPlan, exact_pair, expression_text, tuple_text
from codegen.panel_plan import taylor_radius
from codegen.root_forms import DIGITS, TERMS, simple_rational, taylor_coefficients

__all__ = ["beside"]

_FINEST, _WIDEST = -10, 6
_SUFFIX = "_elsewhere"
_NARROWER = 14
"""How many times narrower than half of where the series serves a row is: beyond so many sigma nothing is seen."""


def beside(elsewhere: KernelPlan, branch: sp.Expr, variable: sp.Symbol, place: sp.Rational, gap: float) -> KernelPlan:
    """The kernel whose narrow rows next to ``place``, a root of g', are by the power series of ``branch`` there.

    ``gap`` is how far away the next kink is. Raw moments and second moments stay what they were.
    """
    radius = min(taylor_radius(branch, variable, place), gap)
    exponent = next((n for n in range(_WIDEST, _FINEST - 1, -1) if 2.0**n <= radius), None)
    if exponent is None:
        return elsewhere
    context = mpmath.MPContext()
    context.dps = 3 * DIGITS
    circle = context.mpf(2) ** (exponent - 2)
    numbers = taylor_coefficients(context, branch.subs(variable, place + variable), variable, circle)
    value, _, *others = (simple_rational(context, c) for c in numbers[: TERMS + 1])
    served = sp.Integer(2) ** (exponent - 1)
    texts = renamed(elsewhere.functions, _SUFFIX)
    own = elsewhere.activation and referring(elsewhere.activation, elsewhere.functions, _SUFFIX)
    described = f"mu within {served / 4} of x = {float(place)!r}, where g' is 0, and sigma <= {served / 4 / _NARROWER}"
    series = "series_derivatives(xp, _offset(xp, mu), sigma, _series(xp), {})"
    near = [f"times_powers({series.format('degree')}, sigma)", f"{series.format('degree')}"]
    squares = f"[sum_of_squares(xp, times_powers({series.format(TERMS)}, sigma))]"
    functions = [
        *texts,
        f'def _series(xp: Any) -> Any:\n    """Power series of g at x = {float(place)!r}."""\n'
        f"    return {tuple_text([value, sp.S.Zero, *others])}",
        f'def _offset(xp: Any, mu: Any) -> Any:\n    """``mu`` less the place."""\n'
        f"    start, error = {exact_pair(place)}\n    return (mu - start) - error",
        f'def _is_near(xp: Any, mu: Any, sigma: Any) -> Any:\n    """{described}."""\n'
        f'    reach = {expression_text(served)} * xp.rational(1, xp.method["root_reciprocal"])\n'
        f"    return (xp.abs(_offset(xp, mu)) <= reach) & ({_NARROWER} * sigma <= reach)",
        function_text("_raw_moments", f"return _raw_moments{_SUFFIX}(xp, mu, sigma, degree)"),
        _dispatch("_hermite_coefficients", near[0], ", degree", "degree + 1", " & (sigma > 0)"),
        _dispatch("_expected_derivatives", near[1], ", degree", "degree + 1", ""),
        function_text("_second_moment", f"return _second_moment{_SUFFIX}(xp, mu, sigma)"),
        _dispatch("_variance", squares, "", "1", ""),
    ]
    regimes = [f"{described}: coefficients and variances by the power series of g there", *elsewhere.regimes]
    return replace(elsewhere, functions=functions, regimes=regimes, activation=own, last=True)


def _dispatch(name: str, near: str, passed: str, count: str, further: str) -> str:
    """Text of a function that is the series next to the place."""
    other = f"{name}{_SUFFIX}(xp, mu, sigma{passed})"
    calls = [f"lambda mu, sigma: {one}" for one in (near, other if passed else f"[{other}]")]
    return function_text(
        name,
        f"functions = {', '.join(calls)}",
        f"values = by_condition(xp, _is_near(xp, mu, sigma){further}, mu, sigma, functions, {count})",
        f"return values{'' if passed else '[0]'}",
    )
