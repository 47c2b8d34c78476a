"""Conditional expressions and calls of ``where``, as the ``Piecewise`` that they are; calls of ``pow`` as powers."""

from __future__ import annotations

import ast
from typing import Any

import sympy as sp

__all__ = ["with_piecewise", "with_plain_conditions"]


def with_piecewise(tree: Any) -> Any:
    """The tree of an expression with ``Piecewise((a, c), (b, True))`` for ``a if c else b`` and for ``where(c, a, b)``.

    Examples
    --------
    >>> ast.unparse(with_piecewise(ast.parse("where(x < 1, x, 1 if x < 2 else 0)", mode="eval")))
    'Piecewise((x, x < 1), (Piecewise((1, x < 2), (0, True)), True))'
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
    def visit_IfExp(self, node: ast.IfExp) -> Any:
        """Rewrite ``a if c else b``."""
        self.generic_visit(node)
        return _piecewise(node, node.test, node.body, node.orelse)

    def visit_Call(self, node: ast.Call) -> Any:
        """Rewrite ``where(c, a, b)``, and ``pow(a, b)`` as ``a**b``."""
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id == "pow" and len(node.args) == 2 and not node.keywords:
            return ast.copy_location(ast.BinOp(node.args[0], ast.Pow(), node.args[1]), node)
        if isinstance(node.func, ast.Name) and node.func.id == "where" and len(node.args) == 3 and not node.keywords:
            return _piecewise(node, *node.args)
        return node


def _piecewise(place: ast.expr, condition: ast.expr, value: ast.expr, otherwise: ast.expr) -> ast.Call:
    pairs = [(value, condition), (otherwise, ast.copy_location(ast.Constant(True), place))]
    tuples = [ast.copy_location(ast.Tuple([one, held], ast.Load()), place) for one, held in pairs]
    name = ast.copy_location(ast.Name("Piecewise", ast.Load()), place)
    return ast.copy_location(ast.Call(name, list(tuples), []), place)
