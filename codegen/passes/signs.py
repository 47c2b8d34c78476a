"""Signs move out of products, quotients and sums, and the positive term of a sum comes first."""

from __future__ import annotations

from codegen.ir import Add, Divide, Integer, Multiply, Negate, Node
from codegen.passes.walk import rebuild


def signs(node: Node) -> Node:
    """Rewrite so that at most one sign stands in front of a product, and sums open with a positive term.

    >>> from codegen.ir import Name
    >>> from codegen.printer import text
    >>> text(signs(Add((Negate(Name("a")), Name("b")))))
    'b - a'
    """
    node = rebuild(node, signs)
    if isinstance(node, Multiply):
        negative = sum(isinstance(factor, Negate) for factor in node.factors) % 2
        product = Multiply(tuple(_bare(factor) for factor in node.factors))
        return Negate(product) if negative else product
    if isinstance(node, Divide):
        negative = isinstance(node.numerator, Negate) != isinstance(node.denominator, Negate)
        quotient = Divide(_bare(node.numerator), _bare(node.denominator))
        return Negate(quotient) if negative else quotient
    if isinstance(node, Negate) and isinstance(node.operand, Negate):
        return node.operand.operand
    if isinstance(node, Add):
        first = [term for term in node.terms if not _is_negative(term)]
        return Add((*first, *(term for term in node.terms if _is_negative(term))))
    return node


def _bare(node: Node) -> Node:
    return node.operand if isinstance(node, Negate) else node


def _is_negative(node: Node) -> bool:
    return isinstance(node, Negate) or (isinstance(node, Integer) and node.value < 0)
