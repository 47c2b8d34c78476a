"""Functions without a closed form: Gauss-Legendre panels between breakpoints, the derivative for what is odd."""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp

from codegen.families.half_line import SIGNATURE
from codegen.kernel_plan import KernelPlan, exact_pair, expression_text
from codegen.panel_plan import PanelPlan, panel_plan
from codegen.stable_forms import asymptote, stabilised

PROMISE = {
    "activation": 2e-14,
    "raw_moments": 1e-13,
    "hermite_coefficients": 1e-13,
    "expected_derivatives": 1e-13,
    "second_moment": 1e-13,
    "variance": 1e-11,
}


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
        self.derivative = stabilised(sp.diff(self.function, variable))
        self.variable = variable
        self.kinks = kinks
        self.value_plan = panel_plan(self.function, variable, kinks)
        self.slope_plan = panel_plan(self.derivative, variable, kinks)
        self.asymptotes = self._asymptotes(kinks)

    def _asymptotes(self, kinks: tuple[sp.Expr, ...]) -> tuple[End, End] | None:
        """Both ends, if the function approaches a line exponentially fast at each of them."""
        ends = []
        for side in (-1, 1):
            found = asymptote(self.function, self.variable, side)
            if found is None or sp.degree(found[0], self.variable) > 1:
                return None
            polynomial, rest = found
            slope = sp.diff(polynomial, self.variable)
            ends.append(End(polynomial, rest, slope, panel_plan(rest, self.variable, kinks)))
        return ends[0], ends[1]

    def tables(self) -> str:
        """Text of ``_derivative``, ``_value_panels`` and ``_slope_panels``."""
        return "\n".join(
            [
                "def _derivative(xp: Any, x: Any) -> Any:",
                '    """``g\'(x)``."""',
                f"    return {expression_text(self.derivative)}",
                "",
                "",
                *_panel_lines("_value_panels", "g", self.value_plan),
                "",
                "",
                *_panel_lines("_slope_panels", "g'", self.slope_plan),
            ]
        )

    def raw_moments(self) -> str:
        """Text of ``_raw_moments``."""
        return "\n".join(
            [
                f"def _raw_moments({SIGNATURE}, degree: int) -> Any:",
                '    """``E[y^n g(y)]``, n = 0 .. degree."""',
                "    point, spread = split_point_mass(xp, sigma)",
                "    breakpoints, rates = _value_panels(xp)",
                "",
                "    def integrand(y: Any, z: Any, centre: Any) -> Any:",
                "        value = _activation(xp, y)",
                "        return [power * value for power in powers(xp, y, degree)]",
                "",
                "    values = panel_expectations(xp, mu, spread, breakpoints, rates, integrand, degree + 1)",
                "    at = mu[point]",
                "    exact = [power * _activation(xp, at) for power in powers(xp, at, degree)]",
                "    return set_where(point, values, exact)",
            ]
        )

    def hermite(self) -> str:
        """Text of ``_hermite_coefficients``."""
        return "\n".join(
            [
                f"def _hermite_coefficients({SIGNATURE}, degree: int) -> Any:",
                '    """``c_0 = E[g]``, ``c_k = sigma E[g\'(y) He_(k-1)(z)]``, k = 1 .. degree."""',
                "    mean = _raw_moments(xp, mu, sigma, 0)",
                "    if degree == 0:",
                "        return mean",
                "    point, spread = split_point_mass(xp, sigma)",
                "    breakpoints, rates = _slope_panels(xp)",
                "",
                "    def integrand(y: Any, z: Any, centre: Any) -> Any:",
                "        return hermite_times(z, _derivative(xp, y), degree - 1)",
                "",
                "    slopes = panel_expectations(xp, mu, spread, breakpoints, rates, integrand, degree)",
                "    return mean + [sigma * slope for slope in without_noise(xp, slopes)]",
            ]
        )

    def derivatives(self) -> str:
        """Text of ``_expected_derivatives``."""
        kinked = ["    limits = derivatives_of(xp, _activation, at, degree)"]
        if self.kinks:
            kinked.append("    limits[1:2] = [_derivative(xp, at)][:degree]")
        for kink in self.kinks:
            kinked += [
                f"    at_kink = at == {expression_text(kink)}",
                "    limits[2:] = [xp.where(at_kink, xp.nan, limit) for limit in limits[2:]]",
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
                f"def _second_moment({SIGNATURE}) -> Any:",
                '    """``E[g(y)^2]``."""',
                "    point, spread = split_point_mass(xp, sigma)",
                "    breakpoints, rates = _value_panels(xp)",
                "    doubled = (2 * rates[0], 2 * rates[1])",
                "",
                "    def integrand(y: Any, z: Any, centre: Any) -> Any:",
                "        return [_activation(xp, y) ** 2]",
                "",
                "    values = panel_expectations(xp, mu, spread, breakpoints, doubled, integrand, 1)",
                "    return set_where(point, values, [_activation(xp, mu[point]) ** 2])[0]",
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
            "    return set_where(point, [series], [0])[0]",
            "",
            "",
        ]
        ends = self.asymptotes
        return "\n".join(lines + (_about_mean_lines() if ends is None else self._asymptotic_lines(ends)))

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
            "        breakpoints, rates = panels(xp)",
            "        arguments = (xp, mu[some], sigma[some], breakpoints)",
            "        doubled = (2 * rates[0], 2 * rates[1])",
            "        mean = panel_expectations(*arguments, rates, lambda y, z, c: [rest(xp, y)], 1)[0]",
            "        square = panel_expectations(*arguments, doubled, lambda y, z, c: [rest(xp, y) ** 2], 1)[0]",
            "        near = slope * sigma[some]",
            "        result[some] = (square - mean * mean) + near * (2 * coefficients[1][some] - near)",
            "    return result",
        ]
        return lines


def _about_mean_lines() -> list[str]:
    return [
        "def _variance_by_moments(xp: Any, mu: Any, sigma: Any, coefficients: Any) -> Any:",
        '    """``E[g^2] - E[g]^2`` where the second is small, ``E[(g - E g)^2]`` where it is not."""',
        "    breakpoints, _ = _value_panels(xp)",
        "    mean = coefficients[0]",
        "    square = _second_moment(xp, mu, sigma)",
        "",
        "    def integrand(y: Any, z: Any, centre: Any) -> Any:",
        "        return [(_activation(xp, y) - centre) ** 2]",
        "",
        "    about = panel_expectations(xp, mu, sigma, breakpoints, (0, 0), integrand, 1, mean)[0]",
        "    return xp.where(2 * mean * mean < square, square - mean * mean, about)",
    ]


def _panel_lines(name: str, what: str, plan: PanelPlan) -> list[str]:
    pairs = [f"        {exact_pair(cut)}," for cut in plan.breakpoints]
    rates = ", ".join(expression_text(rate) for rate in plan.rates)
    return [
        f"def {name}(xp: Any) -> Any:",
        f'    """Breakpoints of {what} and its exponential decay rates at both ends."""',
        "    breakpoints = [",
        *pairs,
        "    ]",
        f"    return breakpoints, ({rates})",
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
        f"{count} breakpoints; between them Gauss-Legendre panels on the part the Gaussian reaches",
        "Hermite coefficients from the first on: through the derivative, so that saturation does not cancel",
        "sigma = 0: the point mass, derivatives by Taylor arithmetic",
        "what is below the promise, relative to its scale, is noise of either sign",
    ]
    return KernelPlan(functions, PROMISE, regimes, [{"variable": "mu", "value": float(k)} for k in kinks])
