"""Expression nodes to Python text: one function a node kind, one table of precedences."""

from __future__ import annotations

from collections.abc import Callable

from codegen.ir import (
    Add,
    Call,
    Compare,
    Constant,
    Divide,
    Integer,
    Item,
    Multiply,
    Name,
    Negate,
    Node,
    Power,
    Ratio,
    Tuple,
)

COMPARISON, SUM, PRODUCT, UNARY, POWER, ATOM = range(6)


def precedence(node: Node) -> int:
    """How tightly the text of ``node`` holds together."""
    if isinstance(node, Integer):
        return ATOM if node.value >= 0 else UNARY
    if isinstance(node, Negate):
        return min(UNARY, precedence(node.operand))
    table: dict[type[Node], int] = {
        Compare: COMPARISON,
        Add: SUM,
        Multiply: PRODUCT,
        Divide: PRODUCT,
        Power: POWER,
    }
    return table.get(type(node), ATOM)


def text(node: Node, above: int = COMPARISON) -> str:
    """Python text of ``node``, in parentheses where a neighbour of precedence ``above`` would take it apart.

    >>> text(Multiply((Name("a"), Add((Name("b"), Integer(1))))))
    'a * (b + 1)'
    """
    printer = _PRINTERS.get(type(node))
    if printer is None:
        raise TypeError(f"no text is known for the node {type(node).__name__}; run the pass that removes it first")
    written = printer(node)
    return f"({written})" if precedence(node) < above else written


def _sum(node: Add) -> str:
    parts = [text(node.terms[0], SUM)]
    for term in node.terms[1:]:
        if isinstance(term, Negate):
            parts.append(f"- {text(term.operand, PRODUCT)}")
        elif isinstance(term, Integer) and term.value < 0:
            parts.append(f"- {-term.value}")
        else:
            parts.append(f"+ {text(term, SUM)}")
    return " ".join(parts)


def _product(node: Multiply) -> str:
    return " * ".join([text(node.factors[0], PRODUCT), *(text(f, UNARY) for f in node.factors[1:])])


def _call(node: Call) -> str:
    arguments = ", ".join(text(a) for a in node.arguments)
    return f"{node.function}(xp, {arguments})" if node.primitive else f"xp.{node.function}({arguments})"


def _tuple(node: Tuple) -> str:
    return f"({', '.join(text(item) for item in node.items)}{',' if len(node.items) == 1 else ''})"


_PRINTERS: dict[type[Node], Callable[..., str]] = {
    Integer: lambda n: str(n.value),
    Ratio: lambda n: f"xp.rational({n.numerator}, {n.denominator})",
    Name: lambda n: n.name,
    Constant: lambda n: f"xp.{n.name}",
    Item: lambda n: f"{n.base}[{text(n.index)}]",
    Add: _sum,
    Multiply: _product,
    Divide: lambda n: f"{text(n.numerator, PRODUCT)} / {text(n.denominator, UNARY)}",
    Power: lambda n: f"{text(n.base, ATOM)} ** {n.exponent}",
    Negate: lambda n: f"-{text(n.operand, PRODUCT)}",
    Call: _call,
    Tuple: _tuple,
    Compare: lambda n: f"{text(n.left, SUM)} {n.relation} {text(n.right, SUM)}",
}
