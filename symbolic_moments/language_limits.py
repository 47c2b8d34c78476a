"""How large an expression may be; checks of a text before it is parsed and of its syntax tree before it is read."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import NoReturn

__all__ = ["LIMITS", "Limits", "check_text", "check_tree", "refuse"]


@dataclass(frozen=True)
class Limits:
    """How large an expression may be.

    Attributes
    ----------
    length, depth, operations_depth, nodes, digits, power_of_ten, exponent, denominator, degree, terms,
    power : int
        Characters of the text; nested brackets; nested operations (a sum of ten terms nests nine); operations and
        operands in all; digits of one number but for zeros at its end; its power of ten; absolute value of an
        exponent, and of 1 over it; denominator of an exponent; degree of the expression as a polynomial in its
        deepest parts; terms of what is multiplied out for a closed form; power of g whose moments are asked for.
    """

    length: int = 2000
    depth: int = 40
    operations_depth: int = 120
    nodes: int = 600
    digits: int = 50
    power_of_ten: int = 300
    exponent: int = 64
    denominator: int = 1000
    degree: int = 64
    terms: int = 600
    power: int = 16


LIMITS = Limits()
_OPENING, _CLOSING = "([", ")]"


def refuse(reason: str, text: str) -> NoReturn:
    """Refuse ``text``, shown shortened."""
    shown = text if len(text) <= 80 else text[:77] + "..."
    raise ValueError(f"expression {shown!r}: {reason}")


def check_text(text: str) -> None:
    """Refuse a text that is empty, too long, too deep, unbalanced or has too large a number, before it is parsed."""
    if not text.strip():
        refuse("it is empty; give an expression in x such as 'x*erf(x)'", text)
    if len(text) > LIMITS.length:
        refuse(f"it is too long: {len(text)} characters, at most {LIMITS.length}", text)
    open_brackets: list[tuple[str, int]] = []
    for position, character in enumerate(text):
        if character in _OPENING:
            open_brackets.append((character, position))
            if len(open_brackets) > LIMITS.depth:
                refuse(f"it is too deep: more than {LIMITS.depth} nested brackets", text)
        elif character in _CLOSING:
            if not open_brackets:
                refuse(f"unbalanced brackets: {character!r} at position {position} closes nothing", text)
            opened, where = open_brackets.pop()
            if _OPENING.index(opened) != _CLOSING.index(character):
                refuse(
                    f"unbalanced brackets: {opened!r} at position {where} is closed by {character!r} at {position}",
                    text,
                )
    if open_brackets:
        opened, where = open_brackets[-1]
        refuse(f"unbalanced brackets: {opened!r} at position {where} is never closed", text)
    for number in re.findall(r"[0-9][0-9_.]*", text):
        if len(number.rstrip("0")) > LIMITS.digits or len(number) > LIMITS.digits + LIMITS.power_of_ten:
            refuse(f"the number {number[:20]}... is too long: at most {LIMITS.digits} digits", text)
    for exponent in re.findall(r"[0-9.][eE][+-]?([0-9]+)", text):
        if len(exponent) > 3 or int(exponent) > LIMITS.power_of_ten:
            refuse(f"too large a power of ten in a number: e{exponent}, at most e{LIMITS.power_of_ten}", text)
    for exponent in re.findall(r"(?:\*\*|\^)\s*\(?\s*[+-]?\s*([0-9]+)", text):
        if len(exponent) > 9 or int(exponent) > LIMITS.exponent:
            refuse(f"too large an exponent: {exponent}, at most {LIMITS.exponent}", text)


def check_tree(tree: ast.AST, text: str) -> None:
    """Refuse a syntax tree that is too deep or too large, before an expression is built of it."""
    level, depth, nodes = [tree], 0, 0
    while level:
        depth += 1
        nodes += len(level)
        level = [child for node in level for child in ast.iter_child_nodes(node) if _counts(child)]
        if depth > LIMITS.operations_depth:
            refuse(f"it is too deep: more than {LIMITS.operations_depth} nested operations", text)
        if nodes > LIMITS.nodes:
            refuse(f"it is too large: more than {LIMITS.nodes} operations and operands", text)


def _counts(node: ast.AST) -> bool:
    return not isinstance(node, (ast.expr_context, ast.operator, ast.unaryop, ast.cmpop, ast.boolop))
