"""An activation as its definition: kinks, smooth pieces between them, and the value at every point.

Nothing here knows a moment. The expression of a kernel is cut where an Abs, Max, Min, sign, Heaviside or
Piecewise changes its branch; on each open interval the chosen branches leave a smooth expression.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sympy as sp
from mpmath import libmp

from codegen.verify.bends import bends, vertical_places
from codegen.verify.branches import BRANCHING, KINK_DIGITS, branch_at, kinks_of, looked_at, samples_between
from codegen.verify.differences import derivative_by_differences
from codegen.verify.removable import filled
from codegen.verify.slopes import symbolic_derivative
from codegen.verify.smooth import SmoothFunction, compile_smooth, raw_number
from symbolic_moments.folded_waves import breaks_of
from symbolic_moments.language import parse_expression
from symbolic_moments.normal import Phi, phi
from symbolic_moments.removable import removable_singularity
from symbolic_moments.symbols import x

__all__ = ["Definition", "Piece", "read_definition"]

_DEVIATIONS = 40
_SYMBOLIC_ORDERS = 9
_MOST_OPERATIONS = 300
"""Of a fourth derivative: each further order more than doubles them."""


@dataclass(frozen=True)
class Piece:
    """A smooth branch g on an open interval between neighbouring kinks.

    Attributes
    ----------
    expression : sympy.Expr
        The branch, without Abs, Max, Min, sign, Heaviside or Piecewise.
    evaluate : callable
        (raw mpf, precision in bits) -> raw mpf.
    removable : sympy.Rational, optional
        Where a denominator vanishes although the branch has a limit.
    """

    expression: sp.Expr
    evaluate: SmoothFunction
    removable: sp.Rational | None = None

    @property
    def is_zero(self) -> bool:
        """Whether the branch is identically zero."""
        return bool(self.expression == 0)

    def derivative(self, order: int) -> SmoothFunction:
        """g^(order) on the branch: symbolic, and by differences where that would be millions of operations."""
        if order > _SYMBOLIC_ORDERS and sp.count_ops(sp.diff(self.expression, x, 4)) > _MOST_OPERATIONS:
            return derivative_by_differences(self.evaluate, order)
        return filled(symbolic_derivative(self.expression, order), self.removable)


@dataclass(frozen=True)
class Definition:
    """g, cut at its kinks.

    Attributes
    ----------
    text : str
        The expression as given.
    expression : sympy.Expr
        The expression as parsed.
    kinks : tuple of sympy.Expr
        Real numbers, increasing; `len(pieces) == len(kinks) + 1`.
    pieces : tuple of Piece
        The smooth branches from left to right.
    scales : tuple of tuple[sympy.Expr, sympy.Expr]
        (centre, width) of every erf, Phi, exp, tanh ... of a linear argument; for erf the width of the
        Gaussian it is the integral of.
    bends : tuple of tuple[float, float]
        (centre, width), roughly, of every function, root or reciprocal of a curved one.
    vertical : tuple of sympy.Expr
        Kinks next to which there is no Taylor series.
    reach : float
        How far from 0 all kinks are known.
    """

    text: str
    expression: sp.Expr
    kinks: tuple[sp.Expr, ...]
    pieces: tuple[Piece, ...]
    scales: tuple[tuple[sp.Expr, sp.Expr], ...]
    bends: tuple[tuple[float, float], ...] = ()
    vertical: tuple[sp.Expr, ...] = ()
    reach: float = math.inf

    def serves(self, mu: float, sigma: float) -> bool:
        """Whether the kinks that a Gaussian sees are known."""
        return abs(mu) + _DEVIATIONS * sigma < self.reach

    @property
    def saturates(self) -> bool:
        """Whether it may approach a constant so closely that rounded values show no difference."""
        return bool(self.scales or self.bends) or self.expression.has(*_SATURATING)

    def raw_kinks(self, precision: int) -> tuple[Any, ...]:
        """The kinks as raw mpf."""
        return _raw_numbers(self.kinks, precision)

    def raw_scales(self, precision: int) -> tuple[tuple[Any, Any], ...]:
        """The scales as raw mpf."""
        flat = _raw_numbers(tuple(number for scale in self.scales for number in scale), precision)
        return tuple(zip(flat[::2], flat[1::2], strict=True))

    def raw_vertical(self, precision: int) -> tuple[Any, ...]:
        """The vertical places as raw mpf."""
        return _raw_numbers(self.vertical, precision)

    def kink_floats(self) -> tuple[float, ...]:
        """The doubles nearest to the kinks."""
        return tuple(float(kink) for kink in self.kinks)

    def interval(self, point: Any) -> tuple[int, bool]:
        """Index of the piece to the right of the last kink at or below `point`, and whether it is a kink."""
        index = 0
        for kink in self.raw_kinks(3 * KINK_DIGITS):
            if libmp.mpf_eq(kink, point):
                return index + 1, True
            if libmp.mpf_lt(kink, point):
                index += 1
        return index, False

    def value(self, point: Any, precision: int) -> Any:
        """g(point), at a kink the expression's own value."""
        index, at_kink = self.interval(point)
        if not at_kink:
            return self.pieces[index].evaluate(point, precision)
        value = self.expression.subs(x, self.kinks[index - 1])
        if value.is_finite is False:
            return libmp.fninf if self.is_negative_beside(index, precision) else libmp.finf
        return raw_number(value, precision)

    def is_negative_beside(self, index: int, precision: int) -> bool:
        """Whether g is negative just before the piece ``index``: which infinity a logarithm tends to there."""
        beside = libmp.mpf_sub(self.raw_kinks(precision)[index - 1], libmp.from_man_exp(1, -precision // 2), precision)
        return bool(libmp.mpf_lt(self.pieces[index - 1].evaluate(beside, precision), libmp.fzero))


@lru_cache(maxsize=64)
def read_definition(text: str) -> Definition:
    """The definition denoted by an expression in x.

    Raises
    ------
    ValueError
        The text is not in the language of activations, or a kink cannot be found exactly.

    Examples
    --------
    >>> definition = read_definition("Max(x, 0) + Abs(x - 1)")
    >>> definition.kinks, [piece.expression for piece in definition.pieces]
    ((0, 1), [1 - x, 1, 2*x - 1])
    """
    expression = parse_expression(text).replace(_is_log_of_even_power, _logarithm_of_size)
    bent = expression.has(*BRANCHING) or any(breaks_of(part) is not None for part in sp.preorder_traversal(expression))
    reach, known = looked_at(expression) if bent else (None, None)
    found = {kink for kink in kinks_of(expression, known) if known is None or abs(sp.N(kink, 50)) < known}
    ends = set() if reach is None else {-reach, reach}
    kinks = tuple(sorted(found | ends, key=lambda kink: sp.N(kink, 50)))
    branches = [branch_at(expression, sample) for sample in samples_between(kinks)]
    if ends:
        branches = [sp.S.Zero, *branches[1:-1], sp.S.Zero]
    place = removable_singularity(expression)
    branches = [
        branch.replace(_is_gudermannian, lambda e: 2 * sp.atan(sp.tanh(e.args[0].args[0] / 2))) for branch in branches
    ]
    expanded = [sp.expand(branch.replace(_is_one_plus_tanh, _as_logistic)) for branch in branches]
    pieces = tuple(Piece(branch, filled(compile_smooth(branch, x), place), place) for branch in expanded)
    scales, vertical = _scales([expression, *branches]), vertical_places(kinks, expanded)
    served = math.inf if reach is None else float(reach)
    return Definition(text, expression, kinks, pieces, scales, bends(expanded), vertical, served)


def _is_log_of_even_power(node: sp.Basic) -> bool:
    power = node.args[0] if isinstance(node, sp.log) else None
    return bool(isinstance(power, sp.Pow) and power.exp.is_Integer and power.exp % 2 == 0)


def _logarithm_of_size(node: sp.Expr) -> sp.Expr:
    return node.args[0].exp * sp.log(sp.Abs(node.args[0].base))


def _is_gudermannian(node: sp.Basic) -> bool:
    """``asin(tanh(u))``: next to 1 the arcsine loses half the bits of its argument."""
    return isinstance(node, sp.asin) and isinstance(node.args[0], sp.tanh)


def _is_one_plus_tanh(node: sp.Basic) -> bool:
    """``1 + tanh(u)`` or ``1 - tanh(u)``: far out it vanishes, and the sum of two numbers would not show how fast."""
    rest = node - 1 if isinstance(node, sp.Add) and sp.S.One in node.args else None
    return isinstance(rest, sp.tanh) or isinstance(-rest if rest is not None else None, sp.tanh)


def _as_logistic(node: sp.Expr) -> sp.Expr:
    rest = node - 1
    exponent = -2 * rest.args[0] if isinstance(rest, sp.tanh) else 2 * (-rest).args[0]
    return 2 / (1 + sp.exp(exponent))


# Functions that reach their asymptotes like exp(-|x|), not like exp(-x^2): what they leave is felt ten times as far.
_EXPONENTIAL = (sp.exp, sp.tanh, sp.sech, sp.cosh, sp.sinh)
_EXPONENTIAL_REACH = 10
_SATURATING = (*_EXPONENTIAL, sp.erf, sp.erfc, Phi, phi)


def _scales(expressions: Sequence[sp.Expr]) -> tuple[tuple[sp.Expr, sp.Expr], ...]:
    """Of the expression as written and of its branches: ``exp(-Abs(x))`` has a linear argument only in those."""
    found = set()
    for part in itertools.chain.from_iterable(map(sp.preorder_traversal, expressions)):
        if part.is_Function and not isinstance(part, BRANCHING) and part.args[0].is_polynomial(x):
            argument = sp.Poly(part.args[0], x)
            if argument.degree() == 1:
                slope, offset = argument.all_coeffs()
                width = 1 / abs(slope)
                found.add((-offset / slope, width / sp.sqrt(2) if part.func in (sp.erf, sp.erfc) else width))
                if part.func in _EXPONENTIAL:
                    found.add((-offset / slope, _EXPONENTIAL_REACH * width))
            elif argument.degree() == 2 and part.func is sp.exp and argument.LC().is_negative:
                square, linear, _ = argument.all_coeffs()
                found.add((-linear / (2 * square), 1 / sp.sqrt(-2 * square)))
    return tuple(sorted(found, key=sp.default_sort_key))


@lru_cache(maxsize=256)
def _raw_numbers(values: tuple[sp.Expr, ...], precision: int) -> tuple[Any, ...]:
    return tuple(raw_number(value, precision) for value in values)
