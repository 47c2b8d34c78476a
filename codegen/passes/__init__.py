"""Rewritings of expression nodes: pure functions, one a file, run in the order of ``PASSES``."""

from __future__ import annotations

from collections.abc import Callable

from codegen.ir import Node
from codegen.passes.integer_powers import integer_powers
from codegen.passes.signs import signs

PASSES: tuple[Callable[[Node], Node], ...] = (signs, integer_powers)


def run_passes(node: Node) -> Node:
    """Apply every pass in order."""
    for rewriting in PASSES:
        node = rewriting(node)
    return node
