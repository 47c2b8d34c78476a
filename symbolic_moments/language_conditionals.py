"""Conditional expressions, calls of ``where`` and comparisons in arithmetic, as the ``Piecewise`` that they are."""

from __future__ import annotations

import ast
from functools import reduce
from typing import Any

import sympy as sp

from symbolic_moments.language_bounds import without_missing_bounds
from symbolic_moments.language_libraries import own_name

__all__ = ["with_piecewise", "with_plain_conditions"]

_JOINING = {"logical_and": ast.BitAnd, "logical_or": ast.BitOr}
_CASTS = ("float", "double", "astype")


def with_piecewise(tree: Any) -> Any:
    """The tree of an expression with ``Piecewise((a, c), (b, True))`` for ``a if c else b`` and for ``where(c, a, b)``.

    A comparison as a factor is 0 where it does not hold, whatever stands beside it (Iverson's bracket), and 1 where it
    holds.

    Examples
    --------
    >>> ast.unparse(with_piecewise(ast.parse("where(x < 1, x, 1 if x < 2 else 0)", mode="eval")))
    'Piecewise((x, x < 1), (Piecewise((1, x < 2), (0, True)), True))'
    >>> ast.unparse(with_piecewise(ast.parse("2*(x > 0)*x + (x < 3)", mode="eval")))
    'Piecewise((2 * x, x > 0), (0, True)) + Piecewise((1, x < 3), (0, True))'
    """
    return ast.fix_missing_locations(_Rewriting().visit(tree))


def with_plain_conditions(expression: sp.Expr) -> sp.Expr:
    """The expression with ``(c and a) or (not c and b)`` for conditions ``a if c else b``.

    Examples
    --------
    >>> from symbolic_moments.symbols import x
    >>> with_plain_conditions(sp.Piecewise((1, sp.ITE(x < 1, x > 0, x > 2)), (0, True)))
    Piecewise((1, ((x >= 1) & (x > 2)) | ((x > 0) & (x < 1))), (0, True))
    """
    return expression.replace(
        lambda part: isinstance(part, sp.ITE),
        lambda part: sp.Or(sp.And(part.args[0], part.args[1]), sp.And(sp.Not(part.args[0]), part.args[2])),
    )


class _Rewriting(ast.NodeTransformer):
    def visit_Attribute(self, node: ast.Attribute) -> Any:
        """Rewrite ``np.exp`` as ``exp``."""
        name = own_name(node)
        return node if name is None else ast.copy_location(ast.Name(name, ast.Load()), node)

    def visit_IfExp(self, node: ast.IfExp) -> Any:
        """Rewrite ``a if c else b``."""
        self.generic_visit(node)
        return _piecewise(node, node.test, node.body, node.orelse)

    def visit_BoolOp(self, node: ast.BoolOp) -> Any:
        """Rewrite ``and`` and ``or`` between conditions."""
        self.generic_visit(node)
        if not all(map(_is_condition, node.values)):
            return node
        return _joined(node, node.values, ast.BitAnd() if isinstance(node.op, ast.And) else ast.BitOr())

    def visit_UnaryOp(self, node: ast.UnaryOp) -> Any:
        """Rewrite ``not c``, and ``-c`` as that of a number."""
        if isinstance(node.op, ast.USub) and _has_conditions(node.operand):
            return self._product(node)
        self.generic_visit(node)
        if isinstance(node.op, ast.Not) and _is_condition(node.operand):
            return ast.copy_location(ast.UnaryOp(ast.Invert(), node.operand), node)
        return node

    def visit_BinOp(self, node: ast.BinOp) -> Any:
        """Rewrite products with conditions, and conditions in sums and powers."""
        if isinstance(node.op, ast.Mult | ast.Div) and _has_conditions(node):
            return self._product(node)
        self.generic_visit(node)
        if isinstance(node.op, ast.Add | ast.Sub | ast.Pow):
            node.left, node.right = _as_number(node.left), _as_number(node.right)
        return node

    def visit_Call(self, node: ast.Call) -> Any:
        """Rewrite ``where(c, a, b)``, ``pow(a, b)`` as ``a**b``, and ``clip`` without a bound."""
        if _casts(node):
            return self.visit(node.func.value)  # type: ignore[attr-defined]
        self.generic_visit(node)
        if not isinstance(node.func, ast.Name):
            return node
        name, given = node.func.id, node.args
        if name == "clip":
            return without_missing_bounds(node)
        if node.keywords:
            return node
        if name == "pow" and len(given) == 2:
            return ast.copy_location(ast.BinOp(given[0], ast.Pow(), given[1]), node)
        if name == "where" and len(given) == 3:
            return _piecewise(node, *given)
        if name in _JOINING and len(given) == 2 and all(map(_is_condition, given)):
            return _joined(node, given, _JOINING[name]())
        if name == "logical_not" and len(given) == 1 and _is_condition(given[0]):
            return ast.copy_location(ast.UnaryOp(ast.Invert(), given[0]), node)
        return node

    def _product(self, node: ast.expr) -> Any:
        """Factors that are numbers where all factors that are conditions hold, 0 elsewhere."""
        factors = [(divides, self.visit(one)) for divides, one in _factors(node)]
        conditions = [one for divides, one in factors if _is_condition(one) and not divides]
        numbers = [(divides, one) for divides, one in factors if divides or not _is_condition(one)]
        value = ast.copy_location(ast.Constant(1), node) if not numbers or numbers[0][0] else numbers.pop(0)[1]
        for divides, one in numbers:
            value = ast.copy_location(ast.BinOp(value, ast.Div() if divides else ast.Mult(), one), node)
        return _piecewise(node, _joined(node, conditions, ast.BitAnd()), value, ast.Constant(0))


def _is_condition(node: ast.AST) -> bool:
    """Whether it is a comparison, or such joined by and, or, not: a number nowhere."""
    if isinstance(node, ast.BoolOp):
        return all(map(_is_condition, node.values))
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitAnd | ast.BitOr):
        return _is_condition(node.left) and _is_condition(node.right)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.Invert):
        return _is_condition(node.operand)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name):
        called = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
        return called.startswith("logical_") or _casts(node)
    return isinstance(node, ast.Compare)


def _casts(node: ast.Call) -> bool:
    """Whether it is ``(x > 0).float()`` or the like."""
    function = node.func
    return isinstance(function, ast.Attribute) and function.attr in _CASTS and _is_condition(function.value)


def _factors(node: ast.expr) -> list[tuple[bool, ast.expr]]:
    """Factors of a product and whether it is divided by them."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.Div):
        last = [(True, node.right)] if isinstance(node.op, ast.Div) else _factors(node.right)
        return _factors(node.left) + last
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return [(False, ast.copy_location(ast.Constant(-1), node)), *_factors(node.operand)]
    return [(False, node)]


def _has_conditions(product: ast.expr) -> bool:
    return any(_is_condition(one) and not divides for divides, one in _factors(product))


def _as_number(node: ast.expr) -> ast.expr:
    return _piecewise(node, node, ast.Constant(1), ast.Constant(0)) if _is_condition(node) else node


def _joined(place: ast.expr, conditions: list[ast.expr], operator: ast.operator) -> ast.expr:
    return reduce(lambda one, other: ast.copy_location(ast.BinOp(one, operator, other), place), conditions)


def _piecewise(place: ast.expr, condition: ast.expr, value: ast.expr, otherwise: ast.expr) -> ast.Call:
    pairs = [(value, condition), (otherwise, ast.copy_location(ast.Constant(True), place))]
    tuples = [ast.copy_location(ast.Tuple([one, held], ast.Load()), place) for one, held in pairs]
    name = ast.copy_location(ast.Name("Piecewise", ast.Load()), place)
    return ast.copy_location(ast.Call(name, list(tuples), []), place)
