"""Rebuilding a node from rewritten children."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace

from codegen.ir import Node


def rebuild(node: Node, rewrite: Callable[[Node], Node]) -> Node:
    """``node`` with ``rewrite`` applied to each child."""
    changes: dict[str, object] = {}
    for field in fields(node):
        value = getattr(node, field.name)
        if isinstance(value, Node):
            changes[field.name] = rewrite(value)
        elif isinstance(value, tuple) and any(isinstance(item, Node) for item in value):
            changes[field.name] = tuple(rewrite(item) for item in value)
    return replace(node, **changes) if changes else node
