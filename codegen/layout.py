"""How generated text is laid out: literals one entry a line where they are long, statements within the margin."""

from __future__ import annotations

from typing import Any

WIDTH = 100


def literal(value: Any, indent: int = 0, before: int = 0) -> str:
    """``repr`` of dictionaries, lists, tuples and numbers, broken into lines where longer than the margin.

    ``before`` counts the characters that stand in front of the value on its line.

    >>> literal({"a": (1, 2.5)})
    "{'a': (1, 2.5)}"
    """
    flat = repr(value)
    if len(flat) + indent + before < WIDTH or not isinstance(value, dict | list | tuple):
        return flat
    inner = indent + 4
    opening, closing = {dict: ("{", "}"), list: ("[", "]"), tuple: ("(", ")")}[type(value)]
    if isinstance(value, dict):
        entries = [f"{key!r}: {literal(item, inner, len(repr(key)) + 3)}" for key, item in value.items()]
    else:
        entries = [literal(item, inner, 1) for item in value]
    return "\n".join([opening, *(f"{' ' * inner}{entry}," for entry in entries), " " * indent + closing])
