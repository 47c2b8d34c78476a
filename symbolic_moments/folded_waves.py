"""Inverse functions of waves, ``asin(sin(u))`` and its like, and fractional parts: lines in u between breaks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from symbolic_moments.fractional_parts import fractional_part

__all__ = ["FoldedWave", "breaks_of", "folded_wave", "line_around"]

_DIGITS = 30


@dataclass(frozen=True)
class FoldedWave:
    """``level + scale asin(sin(angle))``, or ``level + scale atan(tan(angle))``.

    Attributes
    ----------
    angle : sympy.Expr
        In ``x``.
    breaks : sympy.Expr
        What vanishes where a line ends.
    scale : sympy.Expr
        A constant.
    level : sympy.Expr
        A constant.
    turns : bool
        True of a triangle wave, which turns back there; False of a saw-tooth, which jumps.
    """

    angle: sp.Expr
    breaks: sp.Expr
    scale: sp.Expr
    level: sp.Expr
    turns: bool


def folded_wave(node: Any) -> FoldedWave | None:
    """``node`` as a folded wave; None of anything else.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> folded_wave(sp.asin(sp.sin(2 * x))).breaks, folded_wave(sp.asin(sp.sin(x) / 2)) is None
    (cos(2*x), True)
    >>> folded_wave(fractional_part(x)).breaks
    sin(pi*x)
    """
    if isinstance(node, fractional_part):
        # frac(u) = 1/2 + atan(tan(pi (u - 1/2)))/pi
        angle = sp.pi * (node.args[0] - sp.S.Half)
        return FoldedWave(angle, sp.sin(sp.pi * node.args[0]), 1 / sp.pi, sp.S.Half, False)
    if isinstance(node, sp.atan) and isinstance(node.args[0], sp.tan):
        angle = node.args[0].args[0]
        return FoldedWave(angle, sp.cos(angle), sp.S.One, sp.S.Zero, False)
    if not isinstance(node, (sp.asin, sp.acos)):
        return None
    sign, wave = node.args[0].as_coeff_Mul()
    if abs(sign) != 1 or not isinstance(wave, (sp.sin, sp.cos)):
        return None
    (angle,) = wave.args
    breaks = sp.cos(angle) if isinstance(wave, sp.sin) else sp.sin(angle)
    # cos(u) = sin(u + pi/2), acos(v) = pi/2 - asin(v)
    angle = angle + (sp.pi / 2 if isinstance(wave, sp.cos) else 0)
    if isinstance(node, sp.acos):
        return FoldedWave(angle, breaks, -sign, sp.pi / 2, True)
    return FoldedWave(angle, breaks, sign, sp.S.Zero, True)


def line_around(node: Any, variable: sp.Symbol, place: sp.Expr) -> sp.Expr:
    """The line that a folded wave is around a place where it does not break; anything else as it is.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> [line_around(g, x, 3) for g in (sp.asin(sp.sin(x)), sp.acos(sp.cos(x)), sp.atan(sp.tan(x)))]
    [pi - x, x, x - pi]
    >>> line_around(fractional_part(x), x, sp.Rational(7, 2)), line_around(fractional_part(-x), x, sp.Rational(7, 2))
    (x - 3, 4 - x)
    """
    found = folded_wave(node)
    if found is None:
        return node
    count = sp.floor(sp.N(found.angle.subs(variable, place) / sp.pi, _DIGITS) + sp.S.Half)
    back = -1 if found.turns and count % 2 else 1
    return sp.expand(found.level + found.scale * back * (found.angle - count * sp.pi))


def breaks_of(node: Any) -> sp.Expr | None:
    """What vanishes where the lines of a folded wave end, also of ``asin(|sin(u)|)``, or ``atan(a tan(u))`` jumps.

    None of anything else.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> breaks_of(sp.acos(sp.cos(x))), breaks_of(sp.asin(sp.Abs(sp.sin(x)))), breaks_of(sp.asin(x))
    (sin(x), cos(x), None)
    >>> breaks_of(sp.atan(3 * sp.tan(x)))
    cos(x)
    """
    if isinstance(node, sp.atan) and isinstance(node.args[0].as_coeff_Mul()[1], sp.tan):
        return sp.cos(node.args[0].as_coeff_Mul()[1].args[0])
    if isinstance(node, (sp.asin, sp.acos)) and node.has(sp.Abs):
        node = node.func(node.args[0].replace(sp.Abs, lambda u: u))
    found = folded_wave(node)
    return None if found is None else found.breaks
