"""Text of what narrow Gaussians see: a polynomial times a wave of which the Hermite coefficients are known."""

from __future__ import annotations

import sympy as sp

from codegen.chebyshev_panels import evaluator, logarithm
from codegen.families.contract import SIGNATURE
from codegen.families.kinked_wave_panels import BESIDE_KINKS, NARROW
from codegen.families.kinked_wave_subject import KinkedWaveSubject
from codegen.fused_functions import fused
from codegen.kernel_plan import expression_text
from codegen.stable_functions import sech_squared, sigmoid
from symbolic_moments.symbols import x

__all__ = ["narrow_text", "parts_text"]

HARDLY = 16
"""The part of a period up to which a Hermite series that seems to have converged has."""
CANCELLED, FINE = 8, 256
GONE = -746
"""The logarithm of what is 0 in doubles, ..."""
FARTHER, STEPS = 4, 400
"""... looked for in such steps."""
ORDER = 20


def parts_text(subject: KinkedWaveSubject) -> str:
    """Text of base, envelope and their slopes."""
    names = ("_base", "_envelope", "_base_slope", "_envelope_slope")
    expressions = (subject.base, subject.envelope, *subject.slopes)
    lines: list[str] = []
    for name, expression in zip(names, expressions, strict=True):
        text = expression_text(fused(_with_one_tangent(expression)))
        if expression.has(sp.Heaviside, sp.sign, sp.Piecewise) or not expression.free_symbols:
            text = f"{text} + 0 * x"
        lines += [f"def {name}(xp: Any, x: Any) -> Any:", f'    """``{sp.sstr(expression)}``."""', f"    return {text}"]
        lines += ["", ""]
    return "\n".join(lines[:-2])


def _with_one_tangent(expression: sp.Expr) -> sp.Expr:
    """The expression with ``sech(u/2)^2 / 4`` for ``sigmoid(u) sigmoid(-u)``: its series takes one tangent, not two."""

    def paired(product: sp.Mul) -> sp.Expr:
        for factor in product.args:
            if isinstance(factor, sigmoid) and sigmoid(-factor.args[0]) in product.args:
                rest = [one for one in product.args if one not in (factor, sigmoid(-factor.args[0]))]
                return sp.Mul(*rest, sech_squared(factor.args[0] / 2) / 4)
        return product

    return expression.replace(lambda part: isinstance(part, sp.Mul), paired)


def narrow_text(subject: KinkedWaveSubject, squared: str) -> str:
    """Text of what narrow Gaussians see, and of where they are narrow."""
    last = f"    calm = sigma <= {expression_text(subject.parts.period / HARDLY)}"
    return "\n".join(
        [
            *_beside_root_functions(subject),
            f"def _series({SIGNATURE}, terms: int) -> Any:",
            '    """Scaled Taylor series of base and envelope."""',
            *(
                f"    {name} = scaled_series(xp, _{name}, _{name}_slope, mu, sigma, terms)"
                if one.has(sp.Symbol)
                else f"    {name} = [_{name}(xp, mu), *[0 * sigma for _ in range(terms)]]"
                for one, name in ((subject.base, "base"), (subject.envelope, "envelope"))
            ),
            *_beside_root_lines(subject),
            "    return base, envelope",
            "",
            "",
            *_terms_lines(subject),
            f"def _coefficients_narrow({SIGNATURE}, terms: int, degree: int) -> Any:",
            '    """``c_k``, k = 0 .. degree: of a polynomial times the wave."""',
            "    wave = _hermite_coefficients_wave(xp, mu, sigma, degree + terms)",
            "    return enveloped_coefficients(wave, *_series(xp, mu, sigma, terms))",
            "",
            "",
            f"def _moments_narrow({SIGNATURE}, terms: int, degree: int) -> Any:",
            '    """``E[y^n g(y)]``."""',
            "    return powers_of_place(_coefficients_narrow(xp, mu, sigma, terms, degree), mu, sigma)",
            "",
            "",
            f"def _variance_narrow({SIGNATURE}, terms: int) -> Any:",
            '    """``Var g``: the Hermite series where it has converged, else by the variance of the wave."""',
            "    base, envelope = _series(xp, mu, sigma, terms)",
            f"    wave = _hermite_coefficients_wave(xp, mu, sigma, terms + {ORDER})",
            "    result, last = coefficient_squares(enveloped_coefficients(wave, base, envelope))",
            last,
            '    rest = xp.flatnonzero(~calm | (last * xp.method["series_reciprocal"] >= result))',
            "    mu, sigma = mu[rest], sigma[rest]",
            "    wave, base, envelope = ([row[rest] for row in rows] for rows in (wave, base, envelope))",
            f"    square = {squared}",
            "    spread = _variance_wave(xp, mu, sigma)",
            "    found, size = enveloped_variance(wave, square, spread, base, envelope)",
            *_cancelling_lines(subject),
            "    result[rest] = found",
            "    return result",
        ]
    )


def _terms_lines(subject: KinkedWaveSubject) -> list[str]:
    """Text of ``_series_terms``: far from all that bends a series of fewer terms is tried first."""
    if subject.simple:
        return []
    near = [
        f"        near = near & ({NARROW if width else BESIDE_KINKS} ** (2 * power) * sigma * sigma <= "
        f"(mu - {expression_text(centre)}) ** 2 + {expression_text(width**2)})"
        for centre, width in subject.sharp
    ]
    parts = (subject.base, "base"), (subject.envelope, "envelope")
    masks = [[f"({name}[0] != 0)", *_gone(subject, one)] for one, name in parts if one.has(sp.Symbol)]
    varying = [f"({' | '.join(each)})" for each in masks]
    varies = f"xp.abs(envelope[0]) * (sigma[some] * {expression_text(1 / subject.unit)}) ** 2"
    return [
        f"def _series_terms({SIGNATURE}) -> Any:",
        '    """How many terms of base and envelope count; -1 where these are no polynomials as far as it reaches.',
        "",
        "    Infinite where nothing is left of them.",
        '    """',
        '    most = xp.method["envelope_terms"]',
        "    result = xp.zeros_like(mu) - 1",
        "    for power in (4, 2, 1):",
        "        near = (sigma >= 0) & (result < 0)",
        *near,
        "        some = xp.flatnonzero(near)",
        "        base, envelope = _series(xp, mu[some], sigma[some], -(-most // power))",
        f"        told = series_settled(xp, base){_not_underflown(subject, subject.base, 'base')}",
        f"        told = told & series_settled(xp, envelope){_not_underflown(subject, subject.envelope, 'envelope')}",
        f"        told = told & ((power == 1) | {' & '.join(varying)})",
        f"        seen = {0 if subject.flat else varies}",
        "        counted = xp.maximum(series_degree(xp, base, seen), series_degree(xp, envelope, seen))",
        "        nothing = (counted == 0) & (base[0] == 0) & (envelope[0] == 0)",
        "        result[some] = xp.where(told, xp.where(nothing, xp.inf, counted), -1)",
        "    return result",
        "",
        "",
    ]


def _not_underflown(subject: KinkedWaveSubject, function: sp.Expr, name: str) -> str:
    """Where a series of zeros is that of a function that is 0; elsewhere it is not what a Gaussian sees of its tail."""
    if not function.has(sp.Symbol) or subject.simple:
        return ""
    value = evaluator(function, x)
    masks = [f"(xp.abs({name}[0]) > 0)"]
    for side, comparison in ((-1, "<"), (1, ">")):
        end = side * subject.extent
        if all(value(end + side * distance) == 0 for distance in (1, 7, 100)):
            masks.append(f"(mu[some] {comparison} {expression_text(end)})")
    if function.subs(x, 0) == 0:
        masks.append("(mu[some] == 0)")
    masks += _gone(subject, function)
    return f" & ({' | '.join(masks)})"


def _gone(subject: KinkedWaveSubject, function: sp.Expr) -> list[str]:
    """Masks of Gaussians under which nothing is left of a function that decays, in doubles; more digits see it."""
    value = evaluator(function, x)
    masks = []
    for side in (-1, 1):
        ends = (side * (subject.extent + FARTHER * step) for step in range(1, STEPS))
        end = next((end for end in ends if all(logarithm(value(end * n)) < GONE for n in (1, 2, 5, 20))), None)
        if end is not None:
            masks.append(f"({-side} * (mu[some] - {expression_text(end)}) + {BESIDE_KINKS} * sigma[some] < 0)")
    return masks


def _beside_root_functions(subject: KinkedWaveSubject) -> list[str]:
    """Texts of what is left of g next to 0 where its terms cancel, and of its slope."""
    if subject.root_form is None:
        return []
    lines = []
    for name, form in (("_left_over", subject.root_form), ("_left_over_slope", subject.root_form.slope())):
        lines += [f"def {name}(xp: Any, x: Any) -> Any:", '    """Next to 0, where terms of g cancel."""']
        lines += [f"    return {form.text('0 * x')}", "", ""]
    return lines


def _beside_root_lines(subject: KinkedWaveSubject) -> list[str]:
    """There g as a whole is the polynomial."""
    lines = []
    for _, side, form in () if subject.root_form is None else subject.root_form.sides:
        place = "mu" if side > 0 else "-mu"
        reach = f'{expression_text(form.radius)} * xp.rational(1, xp.method["root_reciprocal"])'
        far = f"({place} + {BESIDE_KINKS} * sigma < {reach})"
        lines += [
            f"    some = xp.flatnonzero(({place} > {BESIDE_KINKS} * sigma) & {far})",
            "    whole = scaled_series(xp, _left_over, _left_over_slope, mu[some], sigma[some], terms)",
            "    for row, value, other in zip(base, whole, envelope, strict=True):",
            "        row[some], other[some] = value, 0",
        ]
    return lines


def _cancelling_lines(subject: KinkedWaveSubject) -> list[str]:
    """Next to extrema of g near a kink, where slopes of base and wave cancel, by panels if those see it."""
    if subject.simple:
        return []
    seen = f"({FINE} * sigma > {expression_text(subject.parts.period)})"
    return [
        f"    some = xp.flatnonzero(({CANCELLED} * found < size) & {seen})",
        "    other = _variance_within(xp, mu[some], sigma[some])",
        "    found[some] = xp.where(other >= 0, other, found[some])",
    ]
