"""Where an expression is not smooth: zeros of what it switches on, and of what it takes roots and logarithms of."""

from __future__ import annotations

import bisect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sympy as sp

from symbolic_moments.evaluation import Evaluator
from symbolic_moments.folded_waves import breaks_of
from symbolic_moments.real_zeros import MOST_ZEROS, isolated_zeros
from symbolic_moments.symbols import x

__all__ = ["SingularPoint", "Switch", "features", "kinks", "singular_points", "switches"]


_MOST_FEATURE_DEGREE = 8


@dataclass(frozen=True)
class Switch:
    """An expression at whose zeros another may fail to be smooth.

    Attributes
    ----------
    expression : sympy.Expr
        In ``x`` and parameters.
    algebraic : bool
        At a zero the other may have no one-sided Taylor series: a root or a logarithm is taken there.
    rivals : tuple of sympy.Expr
        Of a maximum: its arguments. A zero of the difference of two of them counts only where they are the largest.
    largest : bool
        False for a minimum.
    """

    expression: sp.Expr
    algebraic: bool = False
    rivals: tuple[sp.Expr, ...] = ()
    largest: bool = True


@dataclass(frozen=True)
class SingularPoint:
    """A point at which an expression is not smooth, and whether one-sided Taylor series may fail there."""

    place: Any
    algebraic: bool


def switches(expression: sp.Expr) -> tuple[Switch, ...]:
    """The switches of an expression, inner ones before those they stand in.

    Examples
    --------
    >>> from symbolic_moments.language import parse_expression
    >>> from symbolic_moments.singular_points import switches
    >>> [(str(one.expression), one.algebraic) for one in switches(parse_expression("sqrt(abs(tanh(x))) + sign(x - 1)"))]
    [('tanh(x)', True), ('x - 1', False)]
    """
    found: dict[Switch, None] = {}
    _collect(expression, False, found)
    return tuple(found)


def _collect(node: Any, algebraic: bool, found: dict[Switch, None]) -> None:
    if not node.has(x):
        return
    base, roots, breaks = None, [], breaks_of(node)
    if breaks is not None:
        roots = [breaks]
    elif isinstance(node, sp.Pow) and not node.exp.is_Integer and node.base.has(x):
        base, roots = node.base, [node.base]
    elif isinstance(node, sp.log):
        base, roots = node.args[0], [node.args[0]]
    elif isinstance(node, (sp.asin, sp.acos)):
        base, roots = node.args[0], [node.args[0] - 1, node.args[0] + 1]
    for argument in node.args:
        _collect(argument, algebraic or base is not None, found)
    if isinstance(node, (sp.Max, sp.Min)):
        arguments, largest = node.args, isinstance(node, sp.Max)
        for i, one in enumerate(arguments):
            for other in arguments[:i]:
                _add(one - other, algebraic, found, tuple(arguments), largest)
    elif isinstance(node, (sp.Abs, sp.sign, sp.Heaviside)):
        roots = [node.args[0]]
    elif isinstance(node, sp.core.relational.Relational):
        roots = [node.lhs - node.rhs]
    for root in roots:
        _add(root, algebraic or base is not None, found)


def _add(
    expression: Any,
    algebraic: bool,
    found: dict[Switch, None],
    rivals: tuple[sp.Expr, ...] = (),
    largest: bool = True,
) -> None:
    for factor in sp.Mul.make_args(expression):
        while (isinstance(factor, sp.Pow) and factor.exp.is_positive and not factor.exp.has(x)) or isinstance(
            factor, sp.Abs
        ):
            factor = factor.args[0]
        if isinstance(factor, sp.Mul):
            _add(factor, algebraic, found, rivals, largest)
        elif factor.has(x):
            found[Switch(factor, algebraic, rivals if len(rivals) > 2 else (), largest)] = None


def exact_zeros(expression: sp.Expr) -> tuple[sp.Expr, ...] | None:
    """Real zeros of a polynomial in ``x`` without parameters, as SymPy numbers; None for anything else."""
    if expression.free_symbols != {x} or not expression.is_polynomial(x):
        return None
    poly = sp.Poly(expression, x)
    if poly.degree() == 1:
        return (-poly.coeff_monomial(1) / poly.coeff_monomial(x),)
    if poly.domain.is_QQ or poly.domain.is_ZZ:
        return tuple(dict.fromkeys(sp.real_roots(poly)))
    return None


def kinks(expression: sp.Expr) -> tuple[sp.Expr, ...]:
    """Real numbers at which ``expression`` may fail to be smooth: zeros of what its piecewise parts switch on.

    Only zeros of polynomials in ``x`` without parameters are found; :func:`singular_points` finds the others.

    Examples
    --------
    >>> from symbolic_moments.language import parse_expression
    >>> from symbolic_moments.singular_points import kinks
    >>> kinks(parse_expression("Max(x, 1) * tanh(abs(x))"))
    (0, 1)
    """
    points: set[sp.Expr] = set()
    for switch in switches(expression):
        if switch.expression.is_polynomial(x) and switch.expression.free_symbols == {x}:
            zeros = exact_zeros(switch.expression)
            if zeros is None:
                poly = sp.Poly(switch.expression, x)
                zeros = tuple(root for root in sp.roots(poly, multiple=True) if root.is_real)
            points.update(zeros)
    return tuple(sorted(points, key=lambda point: float(point)))


def singular_points(
    found: tuple[Switch, ...],
    evaluator: Evaluator,
    values: Mapping[Any, Any],
    window: tuple[Any, Any],
    unit: Any,
    most: int = MOST_ZEROS,
) -> tuple[SingularPoint, ...]:
    """The zeros of switches inside a window, increasing, and the zeros of their polynomials wherever they lie.

    Parameters
    ----------
    found : tuple of Switch
        As :func:`switches` has them: inner ones first, since an outer switch is searched between the kinks of inner.
    evaluator : Evaluator
        Of the context the points are wanted in, without a value of ``x``.
    values : mapping
        Of the other symbols.
    window : pair of mpf
        Its ends.
    unit : mpf
        The scale the points are accurate on.
    most : int
        Zeros of one switch beyond which the search is given up.

    Raises
    ------
    ArithmeticError
        A switch has too many zeros in the window.
    """
    context = evaluator.context
    digits = context.dps + 5
    apart = unit * context.mpf(10) ** (5 - context.dps)
    places: list[Any] = []
    algebraic: dict[Any, bool] = {}
    for switch in found:
        exact = exact_zeros(switch.expression)
        if exact is not None:
            zeros = [evaluator.real(evaluator(zero)) for zero in exact]
        else:
            zeros = isolated_zeros(switch.expression, values, *window, places, unit, digits, most)
        for zero in zeros:
            zero = context.mpf(zero)
            if switch.rivals and not _rules(switch, evaluator, zero):
                continue
            after = bisect.bisect(places, zero)
            near = next((place for place in places[max(after - 1, 0) : after + 1] if abs(place - zero) <= apart), None)
            if near is None:
                places.insert(after, zero)
                algebraic[zero] = switch.algebraic
            else:
                algebraic[near] = algebraic[near] or switch.algebraic
    return tuple(SingularPoint(place, algebraic[place]) for place in places)


def _rules(switch: Switch, evaluator: Evaluator, zero: Any) -> bool:
    """Whether two of the arguments of a maximum that meet at ``zero`` are its largest there, up to rounding."""
    context = evaluator.context
    sizes = sorted((evaluator.function_of(x, rival)(zero) for rival in switch.rivals), reverse=switch.largest)
    slack = context.mpf(10) ** (-context.dps // 2) * (1 + abs(sizes[0]))
    return bool(abs(sizes[0] - sizes[1]) <= slack)


def features(expression: sp.Expr, evaluator: Evaluator) -> tuple[tuple[Any, Any], ...]:
    """(centre, width) of what happens inside an expression: where a function's polynomial argument is near 0 or turns.

    A root ``r`` of the argument ``p`` counts as ``(r, 1/|p'(r)|)``, or ``(Re r, |Im r|)``, and a zero ``c`` of ``p'``
    as ``(c, sqrt(2/|p''(c)|))``: the bump of ``exp(-100 (x - 7)^2)``, the pole pair of ``1/(1 + x^2)``.
    """
    context = evaluator.context
    found: dict[tuple[Any, Any], None] = {}
    for node in sp.preorder_traversal(expression):
        if not isinstance(node, (sp.Function, sp.Pow)):
            continue
        for argument in node.args:
            if not (isinstance(argument, sp.Expr) and argument.has(x) and argument.is_polynomial(x)):
                continue
            poly = sp.Poly(argument, x)
            if poly.degree() <= _MOST_FEATURE_DEGREE:
                coefficients = [evaluator.real(evaluator(coefficient)) for coefficient in poly.all_coeffs()]
                found.update(dict.fromkeys(_features_of(context, coefficients)))
    return tuple(found)


def _features_of(context: Any, coefficients: list[Any]) -> list[tuple[Any, Any]]:
    def slope_of(p: list[Any]) -> list[Any]:
        return [coefficient * power for coefficient, power in zip(p, range(len(p) - 1, 0, -1), strict=False)]

    first = slope_of(coefficients)
    second = slope_of(first)
    result = []
    for root in _rough_roots(context, coefficients):
        steepness = abs(context.polyval(first, root.real))
        width = abs(root.imag) if abs(root.imag) > 1e-9 * (1 + abs(root)) else 1 / steepness if steepness else None
        result += [] if width is None else [(root.real, width)]
    for turn in _rough_roots(context, first):
        bend = abs(context.polyval(second, turn.real)) if second else 0
        if bend and abs(turn.imag) <= 1e-9 * (1 + abs(turn)):
            result.append((turn.real, context.sqrt(2 / bend)))
    return result


def _rough_roots(context: Any, coefficients: list[Any]) -> list[Any]:
    if len(coefficients) < 2 or not coefficients[0]:
        return []
    if len(coefficients) == 2:
        return [context.mpc(-coefficients[1] / coefficients[0])]
    try:
        return [context.mpc(root) for root in context.polyroots(coefficients, maxsteps=100, extraprec=60)]
    except context.NoConvergence:
        return []
