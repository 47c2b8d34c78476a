"""Calls of ``clip`` with a bound left out, as the maximum, minimum or argument that they are."""

from __future__ import annotations

import ast

__all__ = ["without_missing_bounds"]

_KEYWORDS = {"min": 0, "a_min": 0, "max": 1, "a_max": 1}


def without_missing_bounds(node: ast.Call) -> ast.expr:
    """``clip(a, low, high)`` with bounds missing or ``None``; the call itself if both are given by position.

    Examples
    --------
    >>> def read(text):
    ...     return ast.unparse(without_missing_bounds(ast.parse(text, mode="eval").body))
    >>> read("clip(x, 0, None)"), read("clip(x, max=1)"), read("clip(x, 0, 1)"), read("clip(x)")
    ('maximum(x, 0)', 'minimum(x, 1)', 'clip(x, 0, 1)', 'clip(x)')
    """
    if not 1 <= len(node.args) <= 3 or len(node.args) + len(node.keywords) == 1:
        return node
    bounds: list[ast.expr | None] = [*node.args[1:], None, None][:2]
    for keyword in node.keywords:
        index = _KEYWORDS.get(keyword.arg or "")
        if index is None or bounds[index] is not None:
            return node
        bounds[index] = keyword.value
    low, high = (None if isinstance(bound, ast.Constant) and bound.value is None else bound for bound in bounds)
    if low is not None and high is not None:
        return _call(node, "clip", [node.args[0], low, high])
    if low is not None:
        return _call(node, "maximum", [node.args[0], low])
    return _call(node, "minimum", [node.args[0], high]) if high is not None else node.args[0]


def _call(place: ast.Call, name: str, arguments: list[ast.expr]) -> ast.Call:
    function = ast.copy_location(ast.Name(name, ast.Load()), place)
    return ast.copy_location(ast.Call(function, arguments, []), place)
