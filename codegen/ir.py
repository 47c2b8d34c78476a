"""A small language between SymPy and text: frozen expression nodes."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True)
class Node:
    """An expression. Children are the fields that are nodes or tuples of nodes, in order."""

    def children(self) -> tuple[Node, ...]:
        """Sub-expressions, left to right."""
        found: list[Node] = []
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, Node):
                found.append(value)
            elif isinstance(value, tuple):
                found.extend(item for item in value if isinstance(item, Node))
        return tuple(found)


@dataclass(frozen=True)
class Integer(Node):
    """An exact integer: the same text in every arithmetic."""

    value: int


@dataclass(frozen=True)
class Ratio(Node):
    """An exact rational, rounded once by the array's own arithmetic."""

    numerator: int
    denominator: int


@dataclass(frozen=True)
class Name(Node):
    """A local variable of the kernel function."""

    name: str


@dataclass(frozen=True)
class Constant(Node):
    """A number the namespace knows to its own precision (``pi``, ``nan``)."""

    name: str


@dataclass(frozen=True)
class Item(Node):
    """An entry ``base[index]`` of a list of arrays."""

    base: str
    index: Node


@dataclass(frozen=True)
class Add(Node):
    """A sum, in the order given."""

    terms: tuple[Node, ...]


@dataclass(frozen=True)
class Multiply(Node):
    """A product, in the order given."""

    factors: tuple[Node, ...]


@dataclass(frozen=True)
class Divide(Node):
    """A quotient."""

    numerator: Node
    denominator: Node


@dataclass(frozen=True)
class Power(Node):
    """An integer power with exponent at least 2."""

    base: Node
    exponent: int


@dataclass(frozen=True)
class Negate(Node):
    """The negative of an expression."""

    operand: Node


@dataclass(frozen=True)
class Call(Node):
    """A function of the namespace, or a primitive of the kernel, applied to expressions."""

    function: str
    arguments: tuple[Node, ...]
    primitive: bool = False


@dataclass(frozen=True)
class Tuple(Node):
    """Several values in one: a constant and what rounding took from it, or a list of such."""

    items: tuple[Node, ...]


@dataclass(frozen=True)
class Compare(Node):
    """A comparison, the condition of a ``where``."""

    left: Node
    relation: str
    right: Node
