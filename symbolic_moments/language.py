"""The language of activations: strings in ``x`` read by a whitelist over Python's syntax tree.

Nothing is ever evaluated as Python. The limits of :data:`LIMITS` on length, nesting and digits are checked on the
text before it is parsed; those on nodes, exponents and degrees before SymPy builds the expression they belong to.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

import sympy as sp

from symbolic_moments.language_functions import CONSTANTS, FUNCTIONS
from symbolic_moments.symbols import x

__all__ = ["LIMITS", "Limits", "parse_expression", "read_expression"]


@dataclass(frozen=True)
class Limits:
    """How large an expression may be.

    Attributes
    ----------
    length, depth, operations_depth, nodes, digits, exponent, degree : int
        Characters of the text; nested brackets; nested operations (a sum of ten terms nests nine); operations and
        operands in all; digits of one number; absolute value of an exponent's numerator and denominator; degree of
        the expression as a polynomial in its deepest parts.
    """

    length: int = 2000
    depth: int = 40
    operations_depth: int = 120
    nodes: int = 600
    digits: int = 50
    exponent: int = 64
    degree: int = 64


LIMITS = Limits()
_OPENING, _CLOSING = "([", ")]"
_NAMES = "x, pi, E, " + ", ".join(sorted(FUNCTIONS))


def _refuse(reason: str, text: str) -> NoReturn:
    shown = text if len(text) <= 80 else text[:77] + "..."
    raise ValueError(f"expression {shown!r}: {reason}")


def _check_text(text: str) -> None:
    if not text.strip():
        _refuse("it is empty; give an expression in x such as 'x*erf(x)'", text)
    if len(text) > LIMITS.length:
        _refuse(f"it is too long: {len(text)} characters, at most {LIMITS.length}", text)
    open_brackets: list[tuple[str, int]] = []
    for position, character in enumerate(text):
        if character in _OPENING:
            open_brackets.append((character, position))
            if len(open_brackets) > LIMITS.depth:
                _refuse(f"it is too deep: more than {LIMITS.depth} nested brackets", text)
        elif character in _CLOSING:
            if not open_brackets:
                _refuse(f"unbalanced brackets: {character!r} at position {position} closes nothing", text)
            opened, where = open_brackets.pop()
            if _OPENING.index(opened) != _CLOSING.index(character):
                _refuse(
                    f"unbalanced brackets: {opened!r} at position {where} is closed by {character!r} at {position}",
                    text,
                )
    if open_brackets:
        opened, where = open_brackets[-1]
        _refuse(f"unbalanced brackets: {opened!r} at position {where} is never closed", text)
    for number in re.findall(r"[0-9][0-9_.]*", text):
        if len(number) > LIMITS.digits:
            _refuse(f"the number {number[:20]}... is too long: at most {LIMITS.digits} digits", text)
    for exponent in re.findall(r"[0-9.][eE][+-]?([0-9]+)", text):
        if len(exponent) > 3 or int(exponent) > LIMITS.exponent:
            _refuse(f"too large an exponent: e{exponent}, at most {LIMITS.exponent}", text)
    for exponent in re.findall(r"(?:\*\*|\^)\s*\(?\s*[+-]?\s*([0-9]+)", text):
        if len(exponent) > 9 or int(exponent) > LIMITS.exponent:
            _refuse(f"too large an exponent: {exponent}, at most {LIMITS.exponent}", text)


def _check_tree(tree: ast.AST, text: str) -> None:
    level, depth, nodes = [tree], 0, 0
    while level:
        depth += 1
        nodes += len(level)
        level = [child for node in level for child in ast.iter_child_nodes(node) if _counts(child)]
        if depth > LIMITS.operations_depth:
            _refuse(f"it is too deep: more than {LIMITS.operations_depth} nested operations", text)
        if nodes > LIMITS.nodes:
            _refuse(f"it is too large: more than {LIMITS.nodes} operations and operands", text)


def _counts(node: ast.AST) -> bool:
    return not isinstance(node, (ast.expr_context, ast.operator, ast.unaryop, ast.cmpop, ast.boolop))


def parse_expression(text: str, symbols: Mapping[str, sp.Symbol] | None = None) -> sp.Expr:
    """Return the SymPy expression in the symbol ``x`` that ``text`` denotes.

    Parameters
    ----------
    text : str
        Numbers (decimals are exact rationals), ``x``, ``pi``, ``E``, ``+ - * / **`` (``^`` is read as ``**``), brackets
        and the functions of :data:`symbolic_moments.language_functions.FUNCTIONS`; in the conditions of ``Piecewise``
        also comparisons, ``&``, ``|``, ``True`` and ``False``.
    symbols : mapping, optional
        Further names, parameters, and the symbols they stand for.

    Returns
    -------
    sympy.Expr
        An expression in ``x`` alone, or in ``x`` and the parameters.

    Raises
    ------
    ValueError
        The text is empty, exceeds :data:`LIMITS`, has unbalanced brackets or contains anything outside the language;
        the message names the offending part.

    Examples
    --------
    >>> from symbolic_moments.language import parse_expression
    >>> parse_expression("0.01*x + relu(x)**2")
    x/100 + Max(0, x)**2
    >>> parse_expression("x.real")
    Traceback (most recent call last):
    ...
    ValueError: expression 'x.real': 'x.real' is attribute access, which the language of activations does not have
    """
    if not isinstance(text, str):
        raise TypeError(f"an expression is a string, {type(text).__name__} given")
    _check_text(text)
    source = text.strip().replace("^", "**")
    try:
        tree = ast.parse(source, mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        where = getattr(error, "offset", None)
        place = f" at position {where - 1}" if where else ""
        _refuse(f"it cannot be read: {getattr(error, 'msg', 'too deeply nested')}{place}", text)
    _check_tree(tree, text)
    expression, _ = _Reader(text, source, symbols or {}).read(tree)
    if not isinstance(expression, sp.Expr):
        _refuse("it is a condition, not a function of x; wrap it: Piecewise((1, condition), (0, True))", text)
    if expression.has(sp.zoo, sp.nan, sp.oo, -sp.oo):
        _refuse("it divides by zero", text)
    return expression


class _Reader:
    """Builds SymPy expressions bottom-up, with the degree of each part."""

    def __init__(self, text: str, source: str, symbols: Mapping[str, sp.Symbol]) -> None:
        self.text = text
        self.source = source
        self.symbols = symbols

    def read(self, node: ast.AST) -> tuple[Any, int]:
        method = getattr(self, f"_read_{type(node).__name__.lower()}", None)
        if method is None:
            kinds = {
                "Attribute": "attribute access",
                "Lambda": "a lambda",
                "Subscript": "indexing",
                "IfExp": "a conditional expression (write Piecewise((a, condition), (b, True)))",
                "NamedExpr": "an assignment",
                "JoinedStr": "a string",
            }
            self.refuse(node, f"is {kinds.get(type(node).__name__, 'a ' + type(node).__name__)}, which")
        return method(node)

    def refuse(self, node: ast.AST, what: str) -> NoReturn:
        part = ast.get_source_segment(self.source, node) or type(node).__name__
        _refuse(f"{part!r} {what} the language of activations does not have", self.text)

    def _read_constant(self, node: ast.Constant) -> tuple[Any, int]:
        value = node.value
        if isinstance(value, bool):
            return (sp.true if value else sp.false), 0
        if isinstance(value, int):
            return sp.Integer(value), 0
        if isinstance(value, float):
            digits = ast.get_source_segment(self.source, node) or repr(value)
            return sp.Rational(digits.replace("_", "")), 0
        return self.refuse(node, f"is a {type(value).__name__}, which")

    def _read_name(self, node: ast.Name) -> tuple[Any, int]:
        if node.id == "x":
            return x, 1
        if node.id in self.symbols:
            return self.symbols[node.id], 0
        if node.id in CONSTANTS:
            return CONSTANTS[node.id], 0
        if node.id in FUNCTIONS:
            _refuse(f"the function {node.id} needs its argument: {node.id}(x)", self.text)
        return _refuse(f"unknown name {node.id!r}; the only variable is x, and the names known are {_NAMES}", self.text)

    def _read_unaryop(self, node: ast.UnaryOp) -> tuple[Any, int]:
        value, degree = self.read(node.operand)
        if isinstance(node.op, ast.Invert) and not isinstance(value, sp.Expr):
            return sp.Not(value), degree
        value = self.number(node.operand, value)
        if isinstance(node.op, ast.USub):
            return -value, degree
        if isinstance(node.op, ast.UAdd):
            return value, degree
        return self.refuse(node, "uses an operator that")

    def number(self, node: ast.AST, value: Any) -> Any:
        if not isinstance(value, sp.Expr):
            part = ast.get_source_segment(self.source, node) if isinstance(node, ast.expr) else None
            _refuse(f"{part!r} is a condition where a number is expected", self.text)
        return value

    def _read_binop(self, node: ast.BinOp) -> tuple[Any, int]:
        left, left_degree = self.read(node.left)
        right, right_degree = self.read(node.right)
        if isinstance(node.op, (ast.BitAnd, ast.BitOr)):
            if isinstance(left, sp.Expr) or isinstance(right, sp.Expr):
                _refuse("& and | join conditions; put each comparison in brackets: (x > 0) & (x < 1)", self.text)
            return (sp.And if isinstance(node.op, ast.BitAnd) else sp.Or)(left, right), left_degree + right_degree
        left, right = self.number(node.left, left), self.number(node.right, right)
        if isinstance(node.op, ast.Add):
            return left + right, max(left_degree, right_degree)
        if isinstance(node.op, ast.Sub):
            return left - right, max(left_degree, right_degree)
        if isinstance(node.op, ast.Mult):
            return left * right, self.degree(left_degree + right_degree)
        if isinstance(node.op, ast.Div):
            if right.is_zero:
                _refuse(f"it divides by zero in {ast.get_source_segment(self.source, node)!r}", self.text)
            return left / right, self.degree(left_degree + right_degree)
        if isinstance(node.op, ast.Pow):
            return self.power(node, left, right, left_degree, right_degree)
        return self.refuse(node, "uses an operator that")

    def degree(self, degree: int) -> int:
        if degree > LIMITS.degree:
            _refuse(f"its degree is too large: {degree}, at most {LIMITS.degree}", self.text)
        return degree

    def power(
        self, node: ast.BinOp, base: Any, exponent: Any, base_degree: int, exponent_degree: int
    ) -> tuple[Any, int]:
        if exponent.is_Rational:
            size = max(abs(int(exponent.p)), int(exponent.q))
            if size > LIMITS.exponent:
                _refuse(
                    f"too large an exponent in {ast.get_source_segment(self.source, node)!r}: {_short(exponent)}, "
                    f"at most {LIMITS.exponent}",
                    self.text,
                )
            if base.is_zero and exponent.is_negative:
                _refuse(f"it divides by zero in {ast.get_source_segment(self.source, node)!r}", self.text)
            if base.is_Rational and max(abs(int(base.p)), int(base.q)).bit_length() * size > 4096:
                _refuse(f"the number {ast.get_source_segment(self.source, node)} is too large", self.text)
            return base**exponent, self.degree(base_degree * size)
        if base.is_number and base.is_positive:
            return base**exponent, base_degree + exponent_degree
        _refuse(
            f"too general an exponent in {ast.get_source_segment(self.source, node)!r}: an exponent is a rational "
            "number, or the base a positive number",
            self.text,
        )

    def _read_compare(self, node: ast.Compare) -> tuple[Any, int]:
        relations = {
            ast.Lt: sp.Lt,
            ast.LtE: sp.Le,
            ast.Gt: sp.Gt,
            ast.GtE: sp.Ge,
            ast.Eq: sp.Eq,
            ast.NotEq: sp.Ne,
        }
        operands = [self.read(operand) for operand in (node.left, *node.comparators)]
        conditions = []
        for index, operator in enumerate(node.ops):
            relation = relations.get(type(operator))
            if relation is None:
                self.refuse(node, "uses a comparison that")
            left, right = (self.number(node, operands[index + j][0]) for j in (0, 1))
            conditions.append(relation(left, right))
        return sp.And(*conditions), self.degree(max(degree for _, degree in operands))

    def _read_tuple(self, node: ast.Tuple) -> tuple[Any, int]:
        _refuse(f"{ast.get_source_segment(self.source, node)!r} is a pair outside of Piecewise", self.text)

    def _read_call(self, node: ast.Call) -> tuple[Any, int]:
        if not isinstance(node.func, ast.Name):
            self.refuse(node.func, "is called, which")
        name = node.func.id
        if name not in FUNCTIONS:
            _refuse(
                f"unknown function {name!r}; the functions known are {', '.join(sorted(FUNCTIONS))}",
                self.text,
            )
        if node.keywords:
            self.refuse(node, "uses a keyword argument, which")
        entry = FUNCTIONS[name]
        if entry.pairs:
            return self.piecewise(node)
        if not entry.least <= len(node.args) <= entry.most:
            count = str(entry.least) if entry.least == entry.most else f"{entry.least} or more"
            _refuse(f"{name} takes {count} argument(s), {len(node.args)} given", self.text)
        arguments = [self.read(argument) for argument in node.args]
        values = [self.number(argument, value) for argument, (value, _) in zip(node.args, arguments, strict=True)]
        try:
            result = entry.build(*values)
        except ValueError as error:
            _refuse(f"{ast.get_source_segment(self.source, node)!r}: {error}", self.text)
        return result, self.degree(max((degree for _, degree in arguments), default=0))

    def piecewise(self, node: ast.Call) -> tuple[Any, int]:
        pairs, degree = [], 0
        if not node.args:
            _refuse("Piecewise needs pairs: Piecewise((value, condition), ..., (value, True))", self.text)
        for argument in node.args:
            if not isinstance(argument, ast.Tuple) or len(argument.elts) != 2:
                part = ast.get_source_segment(self.source, argument)
                _refuse(f"{part!r} in Piecewise is not a pair (value, condition)", self.text)
            value, value_degree = self.read(argument.elts[0])
            condition, condition_degree = self.read(argument.elts[1])
            if isinstance(condition, sp.Expr):
                part = ast.get_source_segment(self.source, argument.elts[1])
                _refuse(f"{part!r} in Piecewise is not a condition", self.text)
            pairs.append((self.number(argument.elts[0], value), condition))
            degree = max(degree, value_degree, condition_degree)
        if pairs[-1][1] != sp.true:
            _refuse(
                "the last pair of Piecewise must have the condition True, so that every x has a value",
                self.text,
            )
        return sp.Piecewise(*pairs), degree


def _short(number: Any) -> str:
    shown = str(number)
    return shown if len(shown) <= 24 else f"{shown[:20]}..."


def read_expression(spec: Any) -> sp.Expr:
    """Return the expression in the house's ``x`` of a string or of a SymPy expression in one symbol.

    Parameters
    ----------
    spec : str or sympy.Expr
        A string goes to :func:`parse_expression`. In a SymPy expression its one symbol, whatever its name and
        assumptions, is replaced by ``x``; if it has several, one of them must be called ``x``, and the others stay as
        real parameters. Floats become the decimals they print as.

    Raises
    ------
    ValueError
        As :func:`parse_expression`; or the expression has two free symbols, none of them ``x``.

    Examples
    --------
    >>> import sympy
    >>> from symbolic_moments.language import read_expression
    >>> read_expression(sympy.Symbol("z") * sympy.erf(sympy.Symbol("z")) / 2)
    x*erf(x)/2
    """
    if isinstance(spec, str):
        return parse_expression(spec)
    if not isinstance(spec, (sp.Expr, int)):
        raise TypeError(f"an activation is a string or a SymPy expression, {type(spec).__name__} given")
    expression = sp.sympify(spec)
    variables = sorted(expression.free_symbols, key=str)
    named = [symbol for symbol in variables if symbol.name == "x"] or variables[:1]
    parameters = [symbol for symbol in variables if symbol not in named]
    if len(named) > 1 or (parameters and named[0].name != "x"):
        raise ValueError(
            f"expression {str(expression)[:80]!r}: it has the free symbols {', '.join(map(str, variables))}; "
            "give one symbol, or call the argument x and the parameters otherwise"
        )
    for symbol in parameters:
        if symbol.is_real is False or symbol.name in ("mu", "sigma", "n", "k"):
            raise ValueError(f"the parameter {symbol} must be real and not called mu, sigma, n or k; rename it")
    replaced = expression.xreplace({number: sp.Rational(str(number)) for number in expression.atoms(sp.Float)})
    replaced = replaced.subs(named[0], x) if named else replaced
    if replaced.has(sp.I, sp.zoo, sp.nan, sp.oo, -sp.oo):
        raise ValueError(f"expression {str(expression)[:80]!r}: it is not real and finite on the real line")
    return replaced
