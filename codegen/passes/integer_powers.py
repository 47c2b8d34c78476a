"""Powers beyond the square become squares and products: a general power costs as much as a logarithm."""

from __future__ import annotations

from codegen.ir import Multiply, Node, Power
from codegen.passes.walk import rebuild


def integer_powers(node: Node) -> Node:
    """Rewrite ``x**n`` by repeated squaring.

    >>> from codegen.ir import Name
    >>> from codegen.printer import text
    >>> text(integer_powers(Power(Name("x"), 7)))
    'x * x ** 2 * (x ** 2) ** 2'
    """
    node = rebuild(node, integer_powers)
    if not isinstance(node, Power) or node.exponent == 2:
        return node
    factors: list[Node] = []
    exponent, square = node.exponent, node.base
    while exponent:
        if exponent % 2:
            factors.append(square)
        exponent //= 2
        square = Power(square, 2)
    return factors[0] if len(factors) == 1 else Multiply(tuple(factors))
