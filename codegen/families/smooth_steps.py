"""Smooth functions of one rounded line: jumps around narrow Gaussians, the smooth function averaged under wide ones."""

from __future__ import annotations

from dataclasses import replace

import sympy as sp

from codegen.families import joined
from codegen.families.contract import SQUARE_OF_VARIANCE, function_text
from codegen.families.periodic import sample_of
from codegen.families.quadrature import PROMISE
from codegen.families.renamed import renamed
from codegen.kernel_plan import KernelPlan, expression_text
from codegen.module_text import activation_text
from codegen.parity import parity
from codegen.rounded_polynomials import step
from codegen.smooth_steps import WIDE_STEPS, SmoothSteps
from codegen.smoothed_relus import written_density
from codegen.stable_forms import derivative, stabilised
from codegen.symmetry_text import with_symmetry
from symbolic_moments.normal import Phi, phi
from symbolic_moments.symbols import x

__all__ = ["plan"]

_SMOOTH = "_smooth"
_SAMPLED = 16


def plan(expression: sp.Expr, parts: SmoothSteps, smooth: KernelPlan) -> KernelPlan:
    """The kernel of a smooth function of a rounded line.

    Parameters
    ----------
    expression : sympy.Expr
        The function, its values at ties included.
    parts : SmoothSteps
        The same between them.
    smooth : KernelPlan
        That of the smooth function which in the middle of every step is what the function is there.
    """
    height = renamed([activation_text(parts.height.subs(step, x))], "_of_step")
    texts = [smooth.activation or activation_text(parts.smooth), *smooth.functions]
    if (symmetry := parity(parts.smooth, x)) is not None:
        texts = with_symmetry(texts, symmetry)
    own = [
        "def _activation(xp: Any, x: Any) -> Any:",
        f'    """``{sp.sstr(expression)}``."""',
        f"    return _activation_of_step(xp, {expression_text(parts.number)})",
    ]
    shared = [*height, *renamed(texts, _SMOOTH), _rise(parts, texts)]
    by_jumps = replace(
        smooth,
        functions=_by_jumps(parts),
        promise=dict(PROMISE),
        regimes=["the height of the step around mu, and jumps from there on, integrals of slopes"],
        seams=[],
    )
    promise = {name: max(limit, smooth.promise[name]) for name, limit in PROMISE.items()}
    averaged = replace(
        smooth,
        functions=_averaged(parts),
        promise=promise,
        regimes=[f"``{sp.sstr(parts.smooth)}``, averaged over the length of a step:", *smooth.regimes],
    )
    limit = WIDE_STEPS * parts.period
    found = joined.plan(by_jumps, averaged, f"sigma < {expression_text(limit)}", f"sigma < {limit}")
    first = parts.line.subs(x, 0)
    kinks = [
        (n - first) * parts.period
        for n in range(int(sp.ceiling(first)) - _SAMPLED, int(sp.floor(first)) + _SAMPLED + 1)
    ]
    return replace(
        found,
        functions=[*shared, *found.functions],
        activation="\n".join(own),
        sample=sample_of(expression, parts.period, sp.S.Zero, kinks, ()),
        last=True,
        blocks=1,
    )


def _rise(parts: SmoothSteps, texts: list[str]) -> str:
    """Text of ``_rise`` and of the slope."""
    if any(text.startswith("def _derivative(") for text in texts):
        slope = f"_derivative{_SMOOTH}(xp, x)"
    elif parts.smooth.has(Phi):
        written = derivative(stabilised(parts.smooth), x).replace(phi, written_density)
        slope = activation_text(written).rpartition("return ")[2]
    else:
        slope = f"_expected_derivatives{_SMOOTH}(xp, x, 0 * x, 1)[1]"
    return "\n".join(
        [
            "def _slope(xp: Any, x: Any) -> Any:",
            '    """That of the smooth function."""',
            f"    return {slope}",
            "",
            "",
            "def _rise(xp: Any, n: Any) -> Any:",
            '    """How far g rises where step n begins."""',
            f"    return lattice_rise(xp, _activation_of_step, _slope, n, {parts.lattice}, {parts.grade})",
        ]
    )


def _by_jumps(parts: SmoothSteps) -> list[str]:
    """Texts of the functions under narrow Gaussians."""
    inward, outward = parts.growth
    ends = ", ".join(expression_text(bend.centre) for bend in (parts.bends[0], parts.bends[-1]))
    growth = f"xp.rational({inward}, 64), xp.rational({outward}, 64), {ends}"
    given = f"xp, {parts.lattice}, ({growth}), (_activation_of_step, _rise), mu, spread"
    known = "point, spread = split_point_mass(xp, sigma)"
    return [
        function_text(
            "_raw_moments",
            known,
            "powers_of_y = gaussian_moments(xp, mu, spread * spread, degree)",
            f"values = lattice_moments({given}, powers_of_y)",
            "at = mu[point]",
            "return set_where(point, values, rising(_activation(xp, at), at, degree))",
        ),
        function_text(
            "_hermite_coefficients",
            known,
            f"values = lattice_coefficients({given}, degree)",
            "return set_where(point, values, [_activation(xp, mu[point])] + [0] * degree)",
        ),
        function_text(
            "_expected_derivatives",
            known,
            "values = to_derivatives([], _hermite_coefficients(xp, mu, spread, degree), spread, degree)",
            "at = mu[point]",
            f"slope = xp.where(is_on_lattice(xp, at, {parts.lattice}), xp.nan, 0 * at)",
            "return set_where(point, values, [_activation(xp, at)] + [slope] * degree)",
        ),
        SQUARE_OF_VARIANCE,
        function_text(
            "_variance",
            known,
            f"return set_where(point, [lattice_variance({given})], [0])[0]",
        ),
    ]


def _averaged(parts: SmoothSteps) -> list[str]:
    """Texts of the functions under wide Gaussians."""
    length, grade, rate = expression_text(parts.period), parts.grade, parts.rate
    coefficients = f"_hermite_coefficients{_SMOOTH}"
    ripples = parts.refinement > 1
    given = [
        "def _ripple(xp: Any, power: int) -> Any:",
        '    """What averages of g, or of its square, miss where it bends."""',
        f"    bends = {parts.steps_of_bends()}",
        f"    return ripple_shares(xp, _activation_of_step, bends, {parts.refinement}, power)",
    ]
    more = "return [one + other for one, other in zip(values, ripple, strict=True)]"
    functions = ["\n".join(given)] if ripples else []
    seen = f"{parts.lattice}, mu, sigma"
    functions += [
        function_text(
            "_raw_moments",
            f"values = box_moments(xp, _raw_moments{_SMOOTH}, mu, sigma, {length}, degree, {grade})",
            *_with(ripples, f"ripple = ripple_moments(xp, _ripple(xp, 1), {seen}, degree)", more),
        ),
        function_text(
            "_hermite_coefficients",
            f"values = box_coefficients(xp, {coefficients}, mu, sigma, {length}, {rate}, degree)",
            *_with(ripples, f"ripple = ripple_coefficients(xp, _ripple(xp, 1), {seen}, degree)", more),
        ),
        function_text(
            "_expected_derivatives",
            "return to_derivatives([], _hermite_coefficients(xp, mu, sigma, degree), sigma, degree)",
        ),
        SQUARE_OF_VARIANCE,
        function_text(
            "_variance",
            f"values = box_variance(xp, {coefficients}, _variance{_SMOOTH}, mu, sigma, {length}, {rate}, {grade})",
            *_with(
                ripples,
                f"mean = box_coefficients(xp, {coefficients}, mu, sigma, {length}, {rate}, 0)[0]",
                f"known = [ripple_coefficients(xp, _ripple(xp, power), {seen}, 0)[0] for power in (1, 2)]",
                "return values + (known[1] - known[0] * (2 * mean + known[0]))",
            ),
        ),
    ]
    return functions


def _with(ripples: bool, *lines: str) -> list[str]:
    """The lines, or what returns the values alone."""
    return list(lines) if ripples else ["return values"]
