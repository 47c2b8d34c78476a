"""Which parameters of an activation its kernel takes at run time, and whether they enter as the catalogue says."""

from __future__ import annotations

import ast
import random
from collections.abc import Sequence
from dataclasses import dataclass

import sympy as sp

from codegen.families.exponential_sides import decays_from_zero
from codegen.open_corners import with_open_corners
from symbolic_moments import Activation, activation
from symbolic_moments.decomposition import Decomposition, decompose
from symbolic_moments.parameter_values import expression_with
from symbolic_moments.parameters import SCALES, Domain
from symbolic_moments.symbols import x

__all__ = ["KernelParameter", "RunTime", "refuse_collisions", "run_time", "settled"]

_DIGITS = 40
_AGREEING_DIGITS = 30
_SAMPLES = 16


@dataclass(frozen=True)
class KernelParameter:
    """A parameter with the value a kernel gives it when the caller gives none."""

    name: str
    default: sp.Expr
    domain: Domain
    enters: str
    above: str = ""

    @property
    def ratio(self) -> sp.Expr:
        """The scale relative to its default, an expression in the parameter's symbol."""
        relative: sp.Expr = (sp.Symbol(self.name, positive=True) / self.default) ** SCALES[self.enters]
        return relative


@dataclass(frozen=True)
class RunTime:
    """What of an activation stays open in its kernel.

    Attributes
    ----------
    parameters : tuple of KernelParameter
        In the order of the kernel's arguments.
    template : sympy.Expr
        g, the parameters as symbols.
    decomposition : Decomposition
        Of g with the parameters open that the family's own text takes, and others at their defaults.
    own : tuple of str
        Names of the parameters that the family's own text takes.
    fixed : tuple of str
        "name = value" of coefficients and scales that are compiled in.
    """

    parameters: tuple[KernelParameter, ...]
    template: sp.Expr
    decomposition: Decomposition
    own: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()

    @property
    def coefficients(self) -> tuple[KernelParameter, ...]:
        """Those the family's own text takes."""
        return tuple(parameter for parameter in self.parameters if parameter.name in self.own)

    @property
    def scale(self) -> KernelParameter | None:
        """The one that changes units."""
        return next((parameter for parameter in self.parameters if parameter.name not in self.own), None)


def settled(subject: Activation) -> Activation:
    """The activation with the catalogue's default wherever a parameter was left open.

    Examples
    --------
    >>> settled(activation("leaky_relu", slope="slope")).expression
    Piecewise((x, x > 0), (x/100, True))
    """
    if subject.record is None or all(value.is_number for _, value in subject.values):
        return subject
    given = {parameter.name: value for parameter, value in subject.values if value.is_number}
    return activation(subject.record, name=subject.name, **given)


def run_time(subject: Activation) -> RunTime:
    """The parameters the kernel of a settled activation takes, checked against its expression.

    Breakpoints of polynomial pieces are taken with their coefficients, and a scale that is one; a coefficient besides
    where the pieces end at 0 at most. Elsewhere they are compiled in, as a parameter of the form and an irrational
    value always are.

    Raises
    ------
    ValueError
        The record says how a parameter enters, and it is not so.

    Examples
    --------
    >>> [parameter.name for parameter in run_time(activation("leaky_relu")).parameters]
    ['slope']
    """
    known = [KernelParameter(p.name, value, p.domain, p.enters, p.above) for p, value in subject.values]
    inner = [one for one in known if one.default.is_Rational and one.domain.accepts(one.default)]
    coefficients = [one for one in inner if one.enters == "coefficient"]
    scales = [one for one in inner if one.enters in SCALES]
    if len(scales) > 1:
        raise ValueError(f"{subject.name}: {' and '.join(one.name for one in scales)} are scales; one can be")
    corners = [one for one in inner if one.enters == "breakpoint"]
    movable = [one for one in known if one in (*coefficients, *scales, *corners)]
    moved = with_open_corners(subject, movable) if scales or corners else None
    if moved is not None:
        template = _expression(subject, movable)
        if scales:
            _check_scale(subject, scales[0], template, coefficients)
        return RunTime(tuple(movable), template, moved, tuple(one.name for one in movable), _fixed(known, movable))
    opened = decompose(_expression(subject, coefficients))
    simpler = subject.family == "PP" and opened.family != "PP" and not _at_defaults(subject)
    if not simpler:
        _check_coefficients(subject, coefficients, opened)
    if simpler or not _takes_coefficients(subject, opened):
        coefficients, opened = [], subject.decomposition
    kept = [one for one in known if one in (*coefficients, *scales)]
    template = _expression(subject, kept)
    if scales:
        _check_scale(subject, scales[0], template, coefficients)
    return RunTime(tuple(kept), template, opened, tuple(one.name for one in coefficients), _fixed(known, kept))


def _fixed(known: Sequence[KernelParameter], kept: Sequence[KernelParameter]) -> tuple[str, ...]:
    return tuple(f"{one.name} = {one.default}" for one in known if one.enters != "form" and one not in kept)


def _at_defaults(subject: Activation) -> bool:
    """Whether no parameter was given: a value such as 0 may make g simpler than its record says."""
    return all(value == parameter.default for parameter, value in subject.values)


def _takes_coefficients(subject: Activation, opened: Decomposition) -> bool:
    """Whether the kernel family writes coefficients as arrays: pieces that end at 0 at most."""
    if subject.family == "PE":
        return decays_from_zero(opened)
    return subject.family == "PP" and opened.breakpoints in ((), (0,))


def _expression(subject: Activation, opened: Sequence[KernelParameter]) -> sp.Expr:
    """``g`` with these parameters as symbols, all others at their values."""
    if subject.record is None or not opened:
        return subject.expression
    names = {one.name for one in opened}
    values = {p.name: p.symbol if p.name in names else value for p, value in subject.values}
    return expression_with(subject.record, values)


def _check_coefficients(subject: Activation, coefficients: Sequence[KernelParameter], opened: Decomposition) -> None:
    names = {one.name for one in coefficients}
    for point in opened.breakpoints:
        moving = sorted(symbol.name for symbol in point.free_symbols if symbol.name in names)
        if moving:
            raise ValueError(
                f"{subject.name}: {moving[0]} is said to be a coefficient, but the breakpoint {point} moves with it; "
                "mend the record (a parameter that only changes units is a scale)"
            )
    if subject.family == "PP" and opened.family != "PP":
        raise ValueError(
            f"{subject.name}: {' and '.join(sorted(names))} said to be a coefficient, but with it open "
            f"{subject.expression} is no piecewise polynomial; mend the record"
        )


def _check_scale(
    subject: Activation, scale: KernelParameter, template: sp.Expr, coefficients: Sequence[KernelParameter]
) -> None:
    """Compare g(x; p) with r g(x/r; d), both to 40 digits, at random points.

    Raises
    ------
    ValueError
        They differ beyond the 30th digit somewhere.
    """
    symbols = {symbol.name: symbol for symbol in template.free_symbols}
    source = random.Random(subject.name)

    def some(spread: float) -> sp.Rational:
        return sp.Rational(round(source.gauss(0, spread) * 10**6), 10**6)

    for _ in range(_SAMPLES):
        others = {symbols[one.name]: abs(some(2)) + sp.Rational(1, 3) for one in coefficients if one.name in symbols}
        value = scale.default * (abs(some(3)) + sp.Rational(1, 7))
        ratio = (value / scale.default) ** SCALES[scale.enters]
        place = some(3) * scale.default ** SCALES[scale.enters] * (1 + 2 * source.randrange(2))
        at_value = template.subs({**others, symbols[scale.name]: value})
        at_default = template.subs({**others, symbols[scale.name]: scale.default})
        given = sp.N(at_value.subs(x, place), _DIGITS)
        expected = sp.N(ratio * at_default.subs(x, place / ratio), _DIGITS)
        if not abs(given - expected) <= sp.Float(10) ** -_AGREEING_DIGITS * (abs(given) + abs(expected)):
            raise ValueError(
                f"{subject.name}: {scale.name} is said to be a {scale.enters}, but g({place}) = {sp.N(given, 8)} at "
                f"{scale.name} = {value}, and r g(x/r) at the default is {sp.N(expected, 8)}; mend the record"
            )


def refuse_collisions(subject: Activation, parameters: Sequence[KernelParameter], body: str) -> None:
    """Refuse a parameter that is called like a name the kernel's text uses otherwise.

    Raises
    ------
    ValueError
        Naming the parameter.
    """
    names = {one.name for one in parameters}
    if not names:
        return
    taken = {"array_library"}
    for node in ast.walk(ast.parse(body)):
        if isinstance(node, ast.FunctionDef):
            arguments = [argument.arg for argument in node.args.args]
            taken |= {node.name, *(name for name in arguments if arguments.count(name) > 1)}
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            taken.add(node.func.id)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            taken.add(node.id)
    if names & taken:
        raise ValueError(
            f"{subject.name}: the parameter {sorted(names & taken)[0]!r} is called like a name of the kernel's own "
            "text; rename it"
        )
