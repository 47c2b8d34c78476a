"""The whitelist: expressions of Python's syntax tree that belong to the language, read into SymPy bottom-up."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any, NoReturn

import sympy as sp

from symbolic_moments.activations import VECTOR_VALUED, record_of
from symbolic_moments.language_functions import CONSTANTS, FUNCTIONS
from symbolic_moments.language_limits import LIMITS, refuse
from symbolic_moments.lattices import substituted
from symbolic_moments.symbols import x

__all__ = ["Reader"]

_SIGNS = {"Eq": "==", "Ne": "!=", "Lt": "<", "Le": "<=", "Gt": ">", "Ge": ">="}
_WRITTEN = {name: f"(a, b) is written a {sign} b" for name, sign in _SIGNS.items()} | {
    "sinc": "(x) is sin(x)/x in analysis and sin(pi*x)/(pi*x) in NumPy and torch; write the one you mean"
}
_NAMES = "x, pi, E, " + ", ".join(sorted(FUNCTIONS))
_BARE = (
    "write {0}(x) without the name of a library: libraries mean different things by one name, and what is meant "
    "here polywick list tells"
)


class Reader:
    """Builds SymPy expressions bottom-up, with the degree of each part."""

    def __init__(self, text: str, source: str, symbols: Mapping[str, sp.Symbol]) -> None:
        self.text = text
        self.source = source
        self.symbols = symbols

    def read(self, node: ast.AST) -> tuple[Any, int]:
        """The expression of a node and its degree."""
        method = getattr(self, f"_read_{type(node).__name__.lower()}", None)
        if method is None:
            kinds = {
                "Attribute": "attribute access",
                "Lambda": "a lambda",
                "Subscript": "indexing",
                "NamedExpr": "an assignment",
                "JoinedStr": "a string",
            }
            self.refuse(node, f"is {kinds.get(type(node).__name__, 'a ' + type(node).__name__)}, which")
        return method(node)

    def refuse(self, node: ast.AST, what: str) -> NoReturn:
        """Refuse a node."""
        part = ast.get_source_segment(self.source, node) or type(node).__name__
        refuse(f"{part!r} {what} the language of activations does not have", self.text)

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
            refuse(f"the function {node.id} needs its argument: {node.id}(x)", self.text)
        if record_of(node.id) is not None:
            refuse(f"the activation {node.id} needs its argument here: {node.id}(x)", self.text)
        return refuse(f"unknown name {node.id!r}; the only variable is x, and the names known are {_NAMES}", self.text)

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
        """``value``, which must not be a condition."""
        if not isinstance(value, sp.Expr):
            part = ast.get_source_segment(self.source, node) if isinstance(node, ast.expr) else None
            refuse(f"{part!r} is a condition where a number is expected", self.text)
        return value

    def _read_binop(self, node: ast.BinOp) -> tuple[Any, int]:
        left, left_degree = self.read(node.left)
        right, right_degree = self.read(node.right)
        if isinstance(node.op, (ast.BitAnd, ast.BitOr)):
            if isinstance(left, sp.Expr) or isinstance(right, sp.Expr):
                refuse("& and | join conditions; put each comparison in brackets: (x > 0) & (x < 1)", self.text)
            return (sp.And if isinstance(node.op, ast.BitAnd) else sp.Or)(left, right), left_degree + right_degree
        left, right = self.number(node.left, left), self.number(node.right, right)
        if isinstance(node.op, ast.Add):
            return left + right, max(left_degree, right_degree)
        if isinstance(node.op, ast.Sub):
            return left - right, max(left_degree, right_degree)
        if isinstance(node.op, ast.Mult):
            return left * right, self.degree(left_degree + right_degree)
        if isinstance(node.op, (ast.Div, ast.FloorDiv, ast.Mod)):
            if right.is_zero:
                refuse(f"it divides by zero in {ast.get_source_segment(self.source, node)!r}", self.text)
            quotient, degree = left / right, self.degree(left_degree + right_degree)
            if isinstance(node.op, ast.Div):
                return quotient, degree
            whole = sp.floor(quotient)
            return (whole if isinstance(node.op, ast.FloorDiv) else left - right * whole), degree
        if isinstance(node.op, ast.Pow):
            return self.power(node, left, right, left_degree, right_degree)
        return self.refuse(node, "uses an operator that")

    def degree(self, degree: int) -> int:
        """``degree``, which must not exceed the limit."""
        if degree > LIMITS.degree:
            refuse(f"its degree is too large: {degree}, at most {LIMITS.degree}", self.text)
        return degree

    def power(
        self, node: ast.BinOp, base: Any, exponent: Any, base_degree: int, exponent_degree: int
    ) -> tuple[Any, int]:
        """``base**exponent`` and its degree."""
        if exponent.is_Rational:
            self.limit_exponent(node, exponent)
            size = max(abs(int(exponent.p)), int(exponent.q))
            if base.is_zero and exponent.is_negative:
                refuse(f"it divides by zero in {ast.get_source_segment(self.source, node)!r}", self.text)
            if base.is_Rational and max(abs(int(base.p)), int(base.q)).bit_length() * size > 4096:
                refuse(f"the number {ast.get_source_segment(self.source, node)} is too large", self.text)
            return base**exponent, self.degree(base_degree * max(1, int(sp.ceiling(abs(exponent)))))
        if base.is_number and base.is_positive:
            return base**exponent, base_degree + exponent_degree
        refuse(
            f"too general an exponent in {ast.get_source_segment(self.source, node)!r}: an exponent is a rational "
            "number, or the base a positive number",
            self.text,
        )

    def limit_exponent(self, node: ast.BinOp, exponent: Any) -> None:
        """Refuse a rational exponent that is too large, too close to 0, or too fine a fraction."""
        shown, most = ast.get_source_segment(self.source, node), LIMITS.exponent
        if abs(exponent) > most:
            refuse(f"too large an exponent in {shown!r}: {_short(exponent)}, at most {most}", self.text)
        if 0 < abs(exponent) * most < 1:
            refuse(f"too small an exponent in {shown!r}: {_short(exponent)}, at least 1/{most}", self.text)
        if exponent.q > LIMITS.denominator:
            finest = f"its denominator is at most {LIMITS.denominator}"
            refuse(f"too fine a fraction as an exponent in {shown!r}: {_short(exponent)}; {finest}", self.text)

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
        refuse(f"{ast.get_source_segment(self.source, node)!r} is a pair outside of Piecewise", self.text)

    def _read_call(self, node: ast.Call) -> tuple[Any, int]:
        if isinstance(node.func, ast.Attribute) and self._known(node.func.attr):
            refuse(f"{ast.unparse(node.func)!r} is called; {_BARE.format(node.func.attr)}", self.text)
        if not isinstance(node.func, ast.Name):
            self.refuse(node.func, "is called, which")
        name = node.func.id
        if node.keywords:
            self.refuse(node, "uses a keyword argument, which")
        if name not in FUNCTIONS:
            return self.catalogued(node, name)
        entry = FUNCTIONS[name]
        if entry.pairs:
            return self.piecewise(node)
        if not entry.least <= len(node.args) <= entry.most:
            count = _count(entry.least, entry.most)
            refuse(f"{name} takes {count} argument(s), {len(node.args)} given", self.text)
        arguments = [self.read(argument) for argument in node.args]
        values = [self.number(argument, value) for argument, (value, _) in zip(node.args, arguments, strict=True)]
        try:
            result = entry.build(*values)
        except ValueError as error:
            refuse(f"{ast.get_source_segment(self.source, node)!r}: {error}", self.text)
        return result, self.degree(max((degree for _, degree in arguments), default=0))

    @staticmethod
    def _known(name: str) -> bool:
        return name in FUNCTIONS or record_of(name) is not None

    def catalogued(self, node: ast.Call, name: str) -> tuple[Any, int]:
        """A name of the catalogue applied to an argument: its expression, parameters at their defaults."""
        record = record_of(name)
        if record is None:
            if name in _WRITTEN:
                refuse(name + _WRITTEN[name], self.text)
            said = f"{name} {VECTOR_VALUED[name]}" if name in VECTOR_VALUED else f"unknown function {name!r}"
            known = ", ".join(sorted(FUNCTIONS))
            refuse(f"{said}; the functions known are {known}, and the names of the catalogue", self.text)
        if len(node.args) != 1:
            refuse(f"{name} takes 1 argument, {len(node.args)} given", self.text)
        value, degree = self.read(node.args[0])
        argument = self.number(node.args[0], value)
        written = record.expression.format(**{one.name: f"({one.default})" for one in record.parameters})
        expression, own_degree = Reader(written, written, {}).read(ast.parse(written, mode="eval").body)
        if expression.count(x) * _size(argument) > LIMITS.nodes:
            refuse(f"it is too large: with {name} written out, more than {LIMITS.nodes} operations", self.text)
        return substituted(expression, x, argument), self.degree(own_degree * max(degree, 1))

    def piecewise(self, node: ast.Call) -> tuple[Any, int]:
        """The ``Piecewise`` of a call."""
        pairs, degree = [], 0
        if not node.args:
            refuse("Piecewise needs pairs: Piecewise((value, condition), ..., (value, True))", self.text)
        for argument in node.args:
            if not isinstance(argument, ast.Tuple) or len(argument.elts) != 2:
                part = ast.get_source_segment(self.source, argument)
                refuse(f"{part!r} in Piecewise is not a pair (value, condition)", self.text)
            value, value_degree = self.read(argument.elts[0])
            condition, condition_degree = self.read(argument.elts[1])
            if isinstance(condition, sp.Expr):
                part = ast.get_source_segment(self.source, argument.elts[1])
                refuse(f"{part!r} in Piecewise is not a condition", self.text)
            pairs.append((self.number(argument.elts[0], value), condition))
            degree = max(degree, value_degree, condition_degree)
        if pairs[-1][1] != sp.true:
            refuse(
                "the last pair of Piecewise must have the condition True, so that every x has a value",
                self.text,
            )
        return sp.Piecewise(*pairs), degree


def _size(expression: sp.Expr) -> int:
    return sum(1 for _ in sp.preorder_traversal(expression))


def _short(number: Any) -> str:
    shown = str(number)
    return shown if len(shown) <= 24 else f"{shown[:20]}..."


def _count(least: int, most: int) -> str:
    return str(least) if least == most else f"{least} to {most}"
