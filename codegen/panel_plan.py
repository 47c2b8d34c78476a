"""Where a smooth function must be cut so that each panel is resolved by the shipped Gauss-Legendre rule.

The distance from a point of the real axis to the nearest singularity that matters at the working precision is read
off the Taylor coefficients there, after the exponential decay has been divided out (a Gaussian times an exponential
is a Gaussian and needs no cut). Panels are at most eight such distances long, which 56 nodes resolve.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

import mpmath
import sympy as sp

from codegen.tame_functions import TameContext

FARTHEST = 10**8
LONGEST = 8
ORDER = 24
MOST_PANELS = 48
NEGLIGIBLE = 1e-260


class NoPanelPlanError(ValueError):
    """The function oscillates, grows exponentially or is too rough for a moderate number of panels."""


@dataclass(frozen=True)
class PanelPlan:
    """Breakpoints (rationals and kinks, increasing) and the exponential decay rates at both ends.

    ``faster`` says at which end the function decays faster than any exponential; its rate there is only a mild one.
    """

    breakpoints: tuple[sp.Expr, ...]
    rates: tuple[sp.Rational, sp.Rational]
    faster: tuple[bool, bool] = (False, False)


def panel_plan(function: sp.Expr, variable: sp.Symbol, kinks: tuple[sp.Expr, ...]) -> PanelPlan:
    """Cut the real line for ``function``.

    Raises
    ------
    NoPanelPlanError
        More than 48 panels would be needed, or the function grows exponentially.
    """
    context = mpmath.MPContext()
    context.dps = 80
    value = _evaluator(context, function, variable)
    decays = [_rate(context, value, side) for side in (-1, 1)]
    rates = [rate for rate, _ in decays]
    inner = sorted({sp.Integer(0), *kinks}, key=float)
    cuts: list[sp.Expr] = list(inner)
    for side, start in ((-1, inner[0]), (1, inner[-1])):
        rate = rates[(side + 1) // 2]
        cuts += _march(context, value, side, sp.Rational(start) if start.is_Rational else start, rate)
    for lower, upper in pairwise(inner):
        cuts += _fill(context, value, lower, upper)
    if len(cuts) > MOST_PANELS:
        raise NoPanelPlanError(f"{function} needs {len(cuts)} panels, more than {MOST_PANELS}")
    return PanelPlan(tuple(sorted(set(cuts), key=float)), (rates[0], rates[1]), (decays[0][1], decays[1][1]))


def _evaluator(context: Any, function: sp.Expr, variable: sp.Symbol) -> Callable[[Any], Any]:
    compiled = sp.lambdify(variable, function, modules=[mp_functions(context), context])
    return cache(lambda y: context.convert(compiled(y)))


def real_function(function: sp.Expr, variable: sp.Symbol) -> Callable[[float], Any]:
    """The function as a map from floats to numbers of 30 digits."""
    context = mpmath.MPContext()
    context.dps = 30
    value = _evaluator(context, function, variable)
    return lambda y: value(context.mpf(y))


def taylor_radius(function: sp.Expr, variable: sp.Symbol, place: sp.Expr) -> float:
    """Distance from ``place`` to the nearest singularity that matters, infinite for polynomials of low degree.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> 0.9 < taylor_radius(1 / (1 + x**2), x, sp.Integer(0)) < 1.1
    True
    """
    context = mpmath.MPContext()
    context.dps = 80
    centre = context.mpf(str(sp.N(place, 60)))
    return _radius(context, _evaluator(context, function, variable), centre, 1, sp.Integer(0))


def vanishes(function: sp.Expr, variable: sp.Symbol) -> bool:
    """Whether the function is negligible at both ends.

    A slope then integrates to nothing, and expectations of it over a wide Gaussian cancel.
    """
    context = mpmath.MPContext()
    context.dps = 80
    value = _evaluator(context, function, variable)
    return all(abs(value(context.mpf(side * FARTHEST))) < FARTHEST**-0.75 for side in (-1, 1))


def mp_functions(context: Any) -> dict[str, Callable[..., Any]]:
    """Functions of the kernel language that mpmath does not know by name, or would take for ever over."""
    context = TameContext(context)

    def softplus(u: Any) -> Any:
        return context.log1p(context.exp(u)) if u < 60 else u + context.log1p(context.exp(-u))

    return {
        "sigmoid": lambda u: 1 / (1 + context.exp(-u)),
        "softplus": softplus,
        "sech_squared": lambda u: 1 / context.cosh(u) ** 2,
        "log_cosh": lambda u: context.log(context.cosh(u)),
        "tanh_rest": lambda u: u - context.tanh(u),
        "sqrt_softplus": lambda u: context.sqrt(softplus(u)),
        "log_softplus_slope": lambda u: 1 / ((1 + context.exp(-u)) * softplus(u)),
        "sum_with_root": lambda u, b: u + context.sqrt(u**2 + b) if u > 0 else b / (context.sqrt(u**2 + b) - u),
        "Phi": context.ncdf,
        "phi": context.npdf,
        "Abs": abs,
        "Heaviside": lambda u, half=0.5: context.mpf(1) if u > 0 else context.mpf(0) if u < 0 else context.mpf(half),
        "sign": context.sign,
        "Max": max,
        "Min": min,
        **context.tamed,
    }


def _rate(context: Any, value: Callable[[Any], Any], side: int) -> tuple[sp.Rational, bool]:
    """Exponential decay rate at one end, rounded down; 0 for what is slower, a mild one and True for what is faster."""
    slopes = [_slope(context, value, side, near, far) for near, far in ((1, 3), (6, 8), (40, 80))]
    first, middle, last = slopes
    if last is not None and last < -0.2:
        raise NoPanelPlanError("the function grows exponentially; no panel rule covers that")
    if last is None or (middle is not None and last > 1.5 * middle > 0.3):
        return _sixty_fourths(first or 0.0), _fades(context, value, side)
    return _sixty_fourths(last), False


def _fades(context: Any, value: Callable[[Any], Any], side: int) -> bool:
    """Whether the function falls off without vanishing altogether, as it does beyond a kink."""
    return bool(value(context.mpf(7 * side)) != 0)


def _slope(context: Any, value: Callable[[Any], Any], side: int, near: int, far: int) -> float | None:
    """``-d log|g| / d|y|`` between two distances; None where g vanishes or is below 1e-400."""
    sizes = [abs(value(context.mpf(side * x))) for x in (near, far)]
    if min(sizes) < context.mpf(10) ** -400:
        return None
    return float(context.log(sizes[0] / sizes[1])) / (far - near)


def _sixty_fourths(rate: float) -> sp.Rational:
    return sp.Rational(int(rate * 64), 64) if rate > 0.1 else sp.Integer(0)


def _radius(context: Any, value: Callable[[Any], Any], centre: Any, side: int, rate: Any) -> float:
    """Distance within which the Taylor series at ``centre`` converges, as far as double precision can tell."""
    decay = context.mpf(int(rate.p)) / int(rate.q)

    def scaled(y: Any) -> Any:
        return value(y) * context.exp(decay * side * (y - centre))

    step = (1 + abs(centre)) / 64
    nodes = [centre + step * side * j for j in range(ORDER + 1)]
    values = [scaled(node) for node in nodes]
    size = max(abs(v) for v in values)
    if size == 0:
        return float("inf")
    differences = values
    radii = []
    factorial = context.mpf(1)
    for n in range(1, ORDER + 1):
        differences = [b - a for a, b in pairwise(differences)]
        factorial *= n
        coefficient = abs(differences[0]) / factorial
        if n >= ORDER // 2 and coefficient > size * context.mpf(10) ** -60:
            radii.append(float(step * (coefficient / size) ** (-context.mpf(1) / n)))
    return min(radii, default=float("inf"))


def _march(context: Any, value: Callable[[Any], Any], side: int, start: sp.Expr, rate: sp.Rational) -> list[sp.Expr]:
    cuts: list[sp.Expr] = []
    place = sp.Rational(round(float(start) * 64), 64)
    while abs(place) < FARTHEST and len(cuts) <= MOST_PANELS:
        at = context.mpf(int(place.p)) / int(place.q)
        if abs(value(at)) < NEGLIGIBLE and cuts:
            break
        length = LONGEST * _radius(context, value, at + side * context.mpf(2) ** -30, side, rate)
        ahead = min(length, 4 * FARTHEST) / 2
        length = min(length, LONGEST * _radius(context, value, at + side * ahead, side, rate))
        if abs(float(place)) + length >= FARTHEST:
            break
        place = place + side * _rounded(length)
        cuts.append(place)
    return cuts


def _fill(context: Any, value: Callable[[Any], Any], lower: sp.Expr, upper: sp.Expr) -> list[sp.Expr]:
    """Cuts inside a bounded interval between two kinks."""
    a, b = float(lower), float(upper)
    middle = context.mpf((a + b) / 2)
    length = LONGEST * _radius(context, value, middle, 1, sp.Integer(0))
    count = int((b - a) // length) + 1 if length > 0 else MOST_PANELS
    if count > MOST_PANELS:
        raise NoPanelPlanError(f"the interval from {lower} to {upper} needs {count} panels")
    return [sp.Rational(round((a + (b - a) * j / count) * 4096), 4096) for j in range(1, count)]


def _rounded(length: float) -> sp.Rational:
    """Two binary digits of a length, rounded down."""
    exponent = 0
    while length >= 4:
        length, exponent = length / 2, exponent + 1
    while length < 2:
        length, exponent = length * 2, exponent - 1
    return sp.Rational(int(length)) * sp.Integer(2) ** exponent
