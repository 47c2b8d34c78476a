"""Functions without a closed form: Gauss-Legendre panels between breakpoints, the derivative for what is odd."""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp

from codegen.exact_comparisons import is_double
from codegen.families.contract import SIGNATURE
from codegen.families.kink_variance import cancelling_kinks, kink_lines, nearest_kink_lines
from codegen.kernel_plan import KernelPlan, exact_pair, expression_text
from codegen.kink_limits import jumps_at, kink_limits
from codegen.panel_plan import PanelPlan, panel_plan, vanishes
from codegen.precise_arguments import with_precise_arguments
from codegen.roots import changes_sign_away_from_zero
from codegen.shared_terms import shared_terms_text
from codegen.stable_forms import asymptote, derivative, stabilised
from codegen.trapezoid_plan import TrapezoidPlan, trapezoid_plan
from symbolic_moments.normal import phi

PROMISE = {
    "activation": 2e-14,
    "raw_moments": 1e-13,
    "hermite_coefficients": 1e-13,
    "expected_derivatives": 1e-13,
    "second_moment": 1e-13,
    "variance": 2e-13,
}

NARROW = 32
"""A Gaussian is narrow if it is so many times narrower than the widest that the coarsest trapezoid serves."""


def _density(u: sp.Expr) -> sp.Expr:
    return sp.exp(-(u**2) / 2) / sp.sqrt(2 * sp.pi)


@dataclass(frozen=True)
class End:
    """The line a function approaches at one end, what it leaves, and the panels of that."""

    polynomial: sp.Expr
    rest: sp.Expr
    slope: sp.Expr
    plan: PanelPlan


class QuadratureEmitter:
    """Writes the functions of one kernel from a continuous function and its kinks."""

    def __init__(self, expression: sp.Expr, kinks: tuple[sp.Expr, ...], variable: sp.Symbol):
        self.function = stabilised(expression)
        self.derivative = stabilised(derivative(self.function, variable).replace(phi, _density))
        self.variable = variable
        self.kinks = kinks
        # Nodes are rounded themselves: precise arguments would cost time there and gain nothing.
        self.precise = with_precise_arguments(self.function, variable) != self.function
        self.at_nodes = "_value" if self.precise else "_activation"
        self.jumps = jumps_at(self.function, variable, kinks)
        self.value_plan = panel_plan(self.function, variable, kinks)
        self.slope_plan = panel_plan(self.derivative, variable, kinks)
        self.cancelling = cancelling_kinks(self.function, variable, kinks)
        self.vanishes = vanishes(self.function, variable)
        plans = (self.value_plan, self.slope_plan)
        self.trapezoids = trapezoid_plan((self.function, self.derivative), variable, plans, kinks)
        self.asymptotes = self._asymptotes(kinks)
        self.rooted = changes_sign_away_from_zero(self.function, variable)
        self.square = "_integrated_square" if self.rooted else "_second_moment"

    def _asymptotes(self, kinks: tuple[sp.Expr, ...]) -> tuple[End, End] | None:
        """Both ends, if the function approaches a line exponentially fast at each of them."""
        ends = []
        for side in (-1, 1):
            found = asymptote(self.function, self.variable, side)
            if found is None or sp.degree(found[0], self.variable) > 1:
                return None
            polynomial, rest = found
            if any(panel_plan(rest, self.variable, kinks).faster):
                return None
            slope = sp.diff(polynomial, self.variable)
            ends.append(End(polynomial, rest, slope, panel_plan(rest, self.variable, kinks)))
        return ends[0], ends[1]

    def tables(self) -> str:
        """Text of ``_derivative``, ``_value_and_slope``, ``_value_panels``, ``_slope_panels`` and ``_trapezoids``."""
        return "\n".join(
            [
                "def _derivative(xp: Any, x: Any) -> Any:",
                '    """``g\'(x)``."""',
                f"    return {expression_text(self.derivative)}",
                "",
                "",
                "def _value_and_slope(xp: Any, x: Any) -> Any:",
                '    """``[g(x), g\'(x)]``, terms they share made once."""',
                *shared_terms_text((self.function, self.derivative)),
                "",
                "",
                *self._value_lines(),
                *self._logarithmic_slope_lines(),
                *_panel_lines("_value_panels", "g", self.value_plan),
                "",
                "",
                *_panel_lines("_slope_panels", "g'", self.slope_plan),
                "",
                "",
                *_trapezoid_lines(self.trapezoids),
            ]
        )

    def _value_lines(self) -> list[str]:
        if not self.precise:
            return []
        return [
            "def _value(xp: Any, x: Any) -> Any:",
            '    """``g(x)`` at a node, the arguments of its functions rounded."""',
            f"    return {expression_text(self.function)}",
            "",
            "",
        ]

    def _logarithmic_slope_lines(self) -> list[str]:
        if not any((*self.value_plan.faster, *self.slope_plan.faster)):
            return []
        return [
            "def _logarithmic_slope(xp: Any, x: Any) -> Any:",
            '    """``g\'(x) / g(x)``."""',
            "    value, slope = _value_and_slope(xp, x)",
            "    return slope / value",
            "",
            "",
        ]

    def raw_moments(self) -> str:
        """Text of ``_raw_moments``."""
        return "\n".join(
            [
                f"def _raw_moments({SIGNATURE}, degree: int) -> Any:",
                '    """``E[y^n g(y)]``, n = 0 .. degree."""',
                "    point, spread = split_point_mass(xp, sigma)",
                "",
                "    def integrand(y: Any, centre: Any) -> Any:",
                f"        return rising({self.at_nodes}(xp, y), y, degree)",
                "",
                "    values = expectations(xp, mu, spread, _value_panels(xp), _trapezoids(xp), integrand, degree + 1)",
                "    at = mu[point]",
                "    return set_where(point, values, rising(_activation(xp, at), at, degree))",
            ]
        )

    def hermite(self) -> str:
        """Text of ``_hermite_coefficients`` and ``_coefficients_by_slope``."""
        by_slope = "_coefficients_by_slope" if self.vanishes else "_hermite_coefficients"
        lines = [
            f"def {by_slope}({SIGNATURE}, degree: int) -> Any:",
            '    """``c_0 = E[g]``, ``c_k = sigma E[g\'(y) He_(k-1)(z)]``, k = 1 .. degree."""',
            "    if degree == 0:",
            "        return _raw_moments(xp, mu, sigma, 0)",
            "    point, spread = split_point_mass(xp, sigma)",
            "    functions = (",
            f"        lambda y, centre: [{self.at_nodes}(xp, y)],",
            "        lambda y, centre: [_derivative(xp, y)],",
            "        lambda y, centre: _value_and_slope(xp, y),",
            "    )",
            "    tables = _value_panels(xp), _slope_panels(xp), _trapezoids(xp)",
            "    mean, slopes = value_and_slope_expectations(xp, mu, spread, *tables, functions, degree)",
            "    mean[point] = _activation(xp, mu[point])",
            "    coefficients = [sigma * slope for slope in without_noise(xp, slopes)]",
            *(line for kink, jump in self.jumps for line in _jump_lines(kink, jump)),
            *self._last_lines(),
        ]
        if self.vanishes:
            lines += [
                "",
                "",
                f"def _hermite_coefficients({SIGNATURE}, degree: int) -> Any:",
                '    """``c_k``, k = 0 .. degree: by the slope, or by g itself under a wide Gaussian."""',
                "    wide = (sigma > 16) & (xp.abs(mu) < 4 * sigma)",
                "    some, others = xp.flatnonzero(wide), xp.flatnonzero(~wide)",
                "    arguments = xp, mu[some], sigma[some], _value_panels(xp)",
                f"    direct = direct_coefficients(*arguments, lambda y, centre: [{self.at_nodes}(xp, y)], degree)",
                "    by_slope = _coefficients_by_slope(xp, mu[others], sigma[others], degree)",
                "    result = [xp.zeros_like(mu) for _ in range(degree + 1)]",
                "    for row, one, other in zip(result, direct, by_slope, strict=True):",
                "        row[some], row[others] = one, other",
                "    return result",
            ]
        return "\n".join(lines)

    def _last_lines(self) -> list[str]:
        if self.trapezoids is None:
            return ["    return [mean, *coefficients]"]
        limit = expression_text(self.trapezoids.classes[0][1] / NARROW)
        return [
            "    coefficients = [mean, *coefficients]",
            f"    return narrow_coefficients(xp, mu, sigma, coefficients, _activation, {limit})",
        ]

    def derivatives(self) -> str:
        """Text of ``_expected_derivatives``."""
        kinked = ["    limits = derivatives_of(xp, _activation, at, degree)"]
        if self.kinks:
            kinked.append("    limits[1:2] = [_derivative(xp, at)][:degree]")
        for kink in filter(is_double, self.kinks):
            jumps = any(kink == place for place, _ in self.jumps)
            limits = [] if jumps else kink_limits(self.function, self.variable, kink)
            known = [expression_text(limit.replace(phi, _density)) for limit in limits]
            kinked += [
                f"    at_kink = at == {expression_text(kink)}",
                f"    known = [{', '.join(known)}] + [xp.nan] * degree",
                "    limits[1:] = [xp.where(at_kink, k, limit) for k, limit in zip(known, limits[1:], strict=False)]",
            ]
        return "\n".join(
            [
                f"def _expected_derivatives({SIGNATURE}, degree: int) -> Any:",
                '    """``E[g^(k)(y)] = c_k / sigma^k``; at sigma = 0 the derivative by Taylor arithmetic."""',
                "    point, spread = split_point_mass(xp, sigma)",
                "    coefficients = _hermite_coefficients(xp, mu, spread, degree)",
                "    values = to_derivatives([], coefficients, spread, degree)",
                "    at = mu[point]",
                *kinked,
                "    return set_where(point, values, limits)",
            ]
        )

    def second_moment(self) -> str:
        """Text of ``_second_moment``."""
        return "\n".join(
            [
                f"def {self.square}({SIGNATURE}) -> Any:",
                '    """``E[g(y)^2]``."""',
                "    point, spread = split_point_mass(xp, sigma)",
                "    panels = doubled(_value_panels(xp))",
                "",
                "    def integrand(y: Any, centre: Any) -> Any:",
                f"        return [{self.at_nodes}(xp, y) ** 2]",
                "",
                "    values = expectations(xp, mu, spread, panels, _trapezoids(xp), integrand, 1)",
                "    return set_where(point, values, [_activation(xp, mu[point]) ** 2])[0]",
                *(_at_root_lines() if self.rooted else []),
            ]
        )

    def variance(self) -> str:
        """Text of ``_variance`` and what it calls."""
        lines = [
            f"def _variance({SIGNATURE}) -> Any:",
            '    """``Var g(y)``: the Hermite series where it has converged, moments of what is left elsewhere."""',
            "    point, spread = split_point_mass(xp, sigma)",
            '    order = xp.method["series_order"]',
            "    coefficients = _hermite_coefficients(xp, mu, spread, order)",
            "    series = xp.zeros_like(mu)",
            "    factorial = 1",
            "    for k in range(1, order + 1):",
            "        factorial = factorial * k",
            "        series = series + coefficients[k] * coefficients[k] / factorial",
            "    last = (coefficients[order - 1] ** 2 * order + coefficients[order] ** 2) / factorial",
            '    rest = xp.flatnonzero(last * xp.method["series_reciprocal"] >= series)',
            "    first = [coefficient[rest] for coefficient in coefficients[:2]]",
            "    series[rest] = _variance_by_moments(xp, mu[rest], spread[rest], first)",
            *(nearest_kink_lines(self.cancelling, self.at_nodes) if self.cancelling else []),
            "    return set_where(point, [xp.maximum(series, 0)], [0])[0]",
            "",
            "",
        ]
        ends = self.asymptotes
        lines += self._about_mean_lines() if ends is None else self._asymptotic_lines(ends)
        for number, kink in enumerate(self.cancelling):
            lines += kink_lines(kink, number)
        return "\n".join(lines)

    def _asymptotic_lines(self, ends: tuple[End, End]) -> list[str]:
        lines: list[str] = []
        for name, end in zip(("left", "right"), ends, strict=True):
            lines += [
                f"def _rest_{name}(xp: Any, x: Any) -> Any:",
                f'    """``g(x) - ({sp.sstr(end.polynomial)})``."""',
                f"    return {expression_text(end.rest)}",
                "",
                "",
                *_panel_lines(f"_rest_{name}_panels", f"g - ({sp.sstr(end.polynomial)})", end.plan),
                "",
                "",
            ]
        lines += [
            "def _variance_by_moments(xp: Any, mu: Any, sigma: Any, coefficients: Any) -> Any:",
            '    """``Var p + 2 Cov(p, u) + Var u``: p the line g approaches on the side of mu, u the rest."""',
            "    result = xp.zeros_like(mu)",
            "    for side, rest, panels, slope in (",
            f"        (mu < 0, _rest_left, _rest_left_panels, {expression_text(ends[0].slope)}),",
            f"        (~(mu < 0), _rest_right, _rest_right_panels, {expression_text(ends[1].slope)}),",
            "    ):",
            "        some = xp.flatnonzero(side)",
            "        arguments = (xp, mu[some], sigma[some])",
            "        once, twice = panels(xp), doubled(panels(xp))",
            "        mean = expectations(*arguments, once, _trapezoids(xp), lambda y, c: [rest(xp, y)], 1)[0]",
            "        square = expectations(*arguments, twice, _trapezoids(xp), lambda y, c: [rest(xp, y) ** 2], 1)[0]",
            "        near = slope * sigma[some]",
            "        result[some] = (square - mean * mean) + near * (2 * coefficients[1][some] - near)",
            *(_kinked_lines(self.at_nodes) if self.kinks else []),
            "    return result",
        ]
        return lines

    def _about_mean_lines(self) -> list[str]:
        return [
            "def _variance_by_moments(xp: Any, mu: Any, sigma: Any, coefficients: Any) -> Any:",
            '    """``E[g^2] - E[g]^2`` where the second is small, ``E[(g - E g)^2]`` where it is not."""',
            "    panels = (_value_panels(xp)[0], (0, 0), (None, None))",
            "    mean = coefficients[0]",
            f"    square = {self.square}(xp, mu, sigma)",
            "",
            "    def integrand(y: Any, centre: Any) -> Any:",
            f"        return [({self.at_nodes}(xp, y) - centre) ** 2]",
            "",
            "    about = expectations(xp, mu, sigma, panels, _trapezoids(xp), integrand, 1, mean)[0]",
            "    return xp.where(2 * mean * mean < square, square - mean * mean, about)",
        ]


def _kinked_lines(value: str) -> list[str]:
    """Around a kink g is not small against the rest: then g about its mean, unless g is nearly constant."""
    return [
        "    centre = coefficients[0]",
        "    panels = (_value_panels(xp)[0], (0, 0), (None, None))",
        "    arguments = (xp, mu, sigma, panels, _trapezoids(xp))",
        f"    about = expectations(*arguments, lambda y, c: [({value}(xp, y) - c) ** 2], 1, centre)[0]",
        "    result = xp.where(about * 2**30 > centre * centre, about, result)",
    ]


def _jump_lines(kink: sp.Expr, jump: sp.Expr) -> list[str]:
    return [
        f"    shares = jump_shares(xp, mu, spread, {exact_pair(kink)}, degree)",
        f"    jump = xp.where(sigma > 0, {expression_text(jump)}, 0)",
        "    coefficients = [c + jump * share for c, share in zip(coefficients, shares, strict=True)]",
    ]


def _at_root_lines() -> list[str]:
    """Next to a root of g away from 0 the deviation keeps more digits than the square."""
    return [
        "",
        "",
        f"def _second_moment({SIGNATURE}) -> Any:",
        '    """``E[g(y)^2]``; next to a root of g away from 0 as ``Var g(y) + c_0^2``."""',
        "    square = _integrated_square(xp, mu, sigma)",
        "    mean = _raw_moments(xp, mu, sigma, 0)[0]",
        "    near = xp.flatnonzero(2 * mean * mean < square)",
        "    square[near] = _variance(xp, mu[near], sigma[near]) + mean[near] ** 2",
        "    return square",
    ]


def _panel_lines(name: str, what: str, plan: PanelPlan) -> list[str]:
    pairs = [f"        {exact_pair(cut)}," for cut in plan.breakpoints]
    rates = ", ".join(expression_text(rate) for rate in plan.rates)
    slopes = ["_logarithmic_slope" if faster else "None" for faster in plan.faster]
    return [
        f"def {name}(xp: Any) -> Any:",
        f'    """Breakpoints of {what}, its exponential decay rates at both ends, (log g)\' where it decays faster."""',
        "    breakpoints = [",
        *pairs,
        "    ]",
        f"    return breakpoints, ({rates}), ({', '.join(slopes)})",
    ]


def _trapezoid_lines(plan: TrapezoidPlan | None) -> list[str]:
    classes = () if plan is None else plan.classes
    span = "xp.inf" if plan is None or plan.span is None else str(plan.span)
    return [
        "def _trapezoids(xp: Any) -> Any:",
        '    """Steps (p, q) of the trapezoidal rule and the largest sigma of each; the largest ``|mu|`` of all."""',
        "    classes: Any = [",
        *(f"        (({step.p}, {step.q}), {expression_text(sigma)})," for step, sigma in classes),
        "    ]",
        f"    return classes, {span}",
    ]


def plan(expression: sp.Expr, kinks: tuple[sp.Expr, ...], variable: sp.Symbol) -> KernelPlan:
    """The kernel of a continuous function without a closed form.

    Raises
    ------
    NoPanelPlanError
        The function cannot be cut into a moderate number of panels.
    """
    emitter = QuadratureEmitter(expression, kinks, variable)
    functions = [
        emitter.tables(),
        emitter.raw_moments(),
        emitter.hermite(),
        emitter.derivatives(),
        emitter.second_moment(),
        emitter.variance(),
    ]
    count = len(emitter.value_plan.breakpoints)
    regimes = [
        *_trapezoid_regime(emitter.trapezoids),
        f"{count} breakpoints; between them Gauss-Legendre panels on the part the Gaussian reaches",
        "Hermite coefficients from the first on: through the derivative, so that saturation does not cancel",
        "sigma = 0: the point mass, derivatives by Taylor arithmetic",
        "what is below the promise, relative to its scale, is noise of either sign",
    ]
    if any(emitter.slope_plan.faster):
        regimes.append("far out, where a normal tail is all that is left of g', coefficients and variance lose digits")
    if emitter.cancelling:
        regimes.append(
            "around a kink the variance is that of g less its value there, by the Taylor series of both sides"
        )
    seams: list[dict[str, float | str]] = [{"variable": "mu", "value": float(k)} for k in kinks]
    if emitter.trapezoids is not None:
        ends = emitter.trapezoids.classes[0], emitter.trapezoids.classes[-1]
        seams += [{"variable": "sigma", "value": float(limit)} for _, limit in ends]
    return KernelPlan(functions, PROMISE, regimes, seams)


def _trapezoid_regime(plan: TrapezoidPlan | None) -> list[str]:
    if plan is None:
        return []
    (step, _), (last_step, limit) = plan.classes[0], plan.classes[-1]
    return [f"sigma <= {limit}: trapezoidal rule in z, steps from {step} to {last_step}"]
