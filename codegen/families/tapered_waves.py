"""Gaussians wider than the waves of a function of panels: far out its waves are tapered off, envelopes left.

Waves that go on without end are followed by panels as far as a few thousand; beyond, a Gaussian that reaches them is
wide, and what it sees of them is their average (``slow_parts``). With a taper that is 1 where envelopes bend and
smooth beside the waves, ``E[g] = E[average + taper (g - average)]`` to the last digits, and likewise for ``g^2``.
"""

from __future__ import annotations

import math
from dataclasses import replace

import sympy as sp

from codegen.families import joined
from codegen.families.contract import function_text
from codegen.families.general_subject import GeneralSubject
from codegen.families.general_tables import panel_rows
from codegen.families.tapered_subject import Tapered, TaperedSubject
from codegen.fused_functions import fused
from codegen.kernel_plan import KernelPlan, expression_text
from codegen.panel_marks import NoPanelPlanError
from codegen.stable_forms import stabilised

__all__ = ["with_wide_gaussians"]

_ENDLESS = "oscillates without end"
_NAMES = ("", "_square")
_ABOUT = 1000
_PHASES = 6
"""Terms from which on an average is a sum over phases: brought together they would be a quotient without end."""
_OF_STEPS = 1e-12
"""Promised of the variance where such averages differ: three sigma from the step ``E[g]^2`` is all but ``E[g^2]``."""


def with_wide_gaussians(plan: KernelPlan, subject: GeneralSubject, start: sp.Expr) -> KernelPlan:
    """The plan of a function that oscillates without end; its waves averaged where panels end, if that is known."""
    try:
        wide = TaperedSubject(subject)
    except NoPanelPlanError:
        return plan
    reach = math.floor(subject.reach)
    if reach - min(_ABOUT, reach / 2) < 12 * wide.least:
        return plan
    within = replace(plan, regimes=[one for one in plan.regimes if _ENDLESS not in one])
    condition = f"|mu| + 12 sigma <= {reach}"
    return joined.plan(within, _plan(wide, plan, start), f"xp.abs(mu) + 12 * sigma <= {reach}", condition)


def _plan(wide: TaperedSubject, within: KernelPlan, start: sp.Expr) -> KernelPlan:
    """The plan of wide Gaussians; the activation is that of the kernel within its panels."""
    constant, added, twice = expression_text(wide.constant), [], ""
    moments = ["return _averaged(xp, sigma, [row[0] for row in sums])"]
    if wide.constant:
        added = [f"values[0] = values[0] + {constant}"]
        twice = f" + {constant} * (2 * mean + {constant})"
        mean = expression_text(sp.Symbol("mu") + start)
        moments = [
            f"powers = gaussian_moments(xp, {mean}, sigma * sigma, degree)",
            f"moments = [row[0] + {constant} * power for row, power in zip(sums, powers, strict=True)]",
            "return _averaged(xp, sigma, moments)",
        ]
    powers = f"rising(_tapered(xp, y), {expression_text(sp.Symbol('y') + start)}, degree)"
    squares = [
        f"mean = _averaged(xp, sigma, {_sums('', '[1]')}[0])[0]",
        f"square = _averaged(xp, sigma, {_sums('_square', '[1]')}[0])[0]",
    ]
    averaged = [
        "def _averaged(xp: Any, sigma: Any, values: Any) -> Any:",
        '    """The values under Gaussians wide enough for it."""',
        f"    return [xp.where(sigma >= {expression_text(wide.least)}, value, xp.nan) for value in values]",
    ]
    functions = [
        *(_table(wide, name, one) for name, one in zip(_NAMES, (wide.deviation, wide.square), strict=True)),
        "\n".join(averaged),
        function_text(
            "_raw_moments",
            "weights = ((1, 0), (1, degree))[: degree + 1]",
            f"sums = {_sums('', '[1] * (degree + 1)', 'weights', powers)}",
            *moments,
        ),
        function_text(
            "_hermite_coefficients",
            f"values = {_sums('', '[degree + 1]')}[0]",
            *added,
            "return _averaged(xp, sigma, values)",
        ),
        function_text(
            "_expected_derivatives",
            "return to_derivatives([], _hermite_coefficients(xp, mu, sigma, degree), sigma, degree)",
        ),
        function_text("_second_moment", *squares[0 if wide.constant else 1 :], f"return square{twice}"),
        function_text("_variance", *squares, "return square - mean * mean"),
    ]
    regimes = [
        "waves averaged, and tapered off where nothing bends",
        f"sigma < {sp.sstr(wide.least)}: NaN, since g {_ENDLESS}",
    ]
    sample = None if within.sample is None else replace(within.sample, waves=wide.highest)
    promise = dict(within.promise)
    if _steps(wide.deviation):
        promise["variance"] = max(promise["variance"], _OF_STEPS)
    return replace(
        within, functions=functions, activation=None, regimes=regimes, seams=[], sample=sample, promise=promise
    )


def _sums(name: str, orders: str, weights: str = "((1, 0),)", integrand: str = "") -> str:
    """Text of sums over the panels of one of the tapered functions."""
    panels, values = f"_tapered{name}_panels(xp)", integrand or f"[_tapered{name}(xp, y)]"
    return f"enveloped_sums(xp, mu, sigma, {panels}, {weights}, lambda y, centre: {values}, {orders})"


def _table(wide: TaperedSubject, name: str, one: Tapered) -> str:
    """Text of a tapered function and of its panels."""
    ends = f"({', '.join(expression_text(end) for end in wide.ends)})"
    unit, longest = expression_text(wide.unit), expression_text(wide.longest)
    whole = expression_text(fused(stabilised(one.function)))
    left, right = map(_average_text, one.averages)
    middle = expression_text(wide.middle)
    average = left if left == right else f"xp.where(x < {middle}, {left}, {right})"
    shown = "g" if wide.constant == 0 else f"(g - {sp.sstr(wide.constant)})"
    lines = [
        f"def _tapered{name}(xp: Any, x: Any) -> Any:",
        f'    """``{shown}{"^2" if name else ""}``, its waves tapered."""',
        f"    left = tapered(xp, x, {ends}, {unit})",
        f"    average = xp.where(left < 1, {average}, 0)",
        f"    return left * ({whole}) + (1 - left) * average",
    ]
    if one.averages == (0, 0):
        lines[2:] = [f"    return tapered(xp, x, {ends}, {unit}) * ({whole})"]
    lines += ["", "", f"def _tapered{name}_panels(xp: Any) -> Any:", f'    """Panels of ``_tapered{name}``."""']
    for side, panels in (("inner", one.inner), ("left", one.outer[0]), ("right", one.outer[1])):
        rows = panel_rows(panels)
        lines += [f"    {side}: Any = [", *rows, "    ]"] if rows else [f"    {side}: Any = []"]
    return "\n".join([*lines, f"    return tapered_panels(xp, inner, (left, right), {unit}, {longest}, {one.level})"])


def _steps(one: Tapered) -> bool:
    """Whether a function inside which waves stand has other averages to its left than to its right."""
    left, right = one.averages
    return left != right and len(sp.Add.make_args(left)) >= _PHASES


def _average_text(average: sp.Expr) -> str:
    """Text of an average; a sum over phases term by term, in none of which anything cancels."""
    terms = sp.Add.make_args(average)
    parts = [average] if len(terms) < _PHASES else terms
    return " + ".join(expression_text(fused(stabilised(part))) for part in parts)
