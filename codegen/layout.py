"""How generated text is laid out: literals one entry a line where they are long, statements within the margin."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from itertools import accumulate
from typing import Any

WIDTH = 100
MARGIN = 120
_STATEMENT = re.compile(r"(return |[-+*/<>=]{1,2} |[A-Za-z_0-9\[\]*, ]+ = )?(.*?)(,?)")
_DEFINITION = re.compile(r"(def \w+\()(.*)(\) -> Any:)")
_OUTER_BRACKETS = re.compile(r"([^ ]*?[(\[])(.*?)([)\]](?:\[\d+\])?)")
_NO_OPERATORS = ((" for ",), (", ",))
_SEPARATORS = (*_NO_OPERATORS, (" & ",), (" > ", " < ", " >= ", " <= "), (" + ", " - "), (" * ", " / "))


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


def within_margin(text: str) -> str:
    """The statements of ``text`` that are longer than the margin in several lines; docstrings stay as they are.

    The whole text stays as it is where that would change what it means: in a lambda within brackets, say.

    >>> print(within_margin("total = " + " + ".join(["first_term * second_term"] * 5)))
    total = (
        first_term * second_term
        + first_term * second_term
        + first_term * second_term
        + first_term * second_term
        + first_term * second_term
    )
    """
    broken = "\n".join(line for whole in text.split("\n") for line in _broken(whole))
    return broken if broken == text or _mean_the_same(broken, text) else text


def _mean_the_same(broken: str, text: str) -> bool:
    try:
        return ast.dump(ast.parse(broken)) == ast.dump(ast.parse(text))
    except SyntaxError:
        return False


def _broken(line: str) -> Iterator[str]:
    content = line.lstrip(" ")
    indent = " " * (len(line) - len(content))
    if len(line) > MARGIN and (found := _DEFINITION.fullmatch(content)) is not None:
        opening, inside, closing = found.groups()
        yield from (
            f"{indent}{opening}",
            *(f"{indent}    {one}," for one in _split(inside, (", ",))),
            f"{indent}{closing}",
        )
        return
    if len(line) <= MARGIN or content.endswith(":") or re.search("[\"'#]", content):
        yield line
        return
    prefix, expression, comma = _STATEMENT.fullmatch(content).groups("")  # type: ignore[union-attr]
    opening, closing, separators = "(", ")", _loosest(expression)
    if separators in _NO_OPERATORS and not prefix:  # what an enclosing bracket holds
        parts = _parts(expression, separators)
        yield from (
            line for part in [*parts[:-1], parts[-1].removesuffix(",") + comma] for line in _broken(indent + part)
        )
        return
    if separators is None:
        found = _OUTER_BRACKETS.fullmatch(expression)
        if found is None or not _is_balanced(found[2]):
            yield line
            return
        opening, expression, closing = found.groups()
        separators = _loosest(expression)
    yield f"{indent}{prefix}{opening}"
    for part in _parts(expression, separators):
        yield from _broken(f"{indent}    {part}")
    yield f"{indent}{closing}{comma}"


def _parts(expression: str, separators: tuple[str, ...] | None) -> list[str]:
    if separators is None:
        return [expression]
    return [part + "," * (separators == (", ",)) for part in _split(expression, separators)]


def _loosest(expression: str) -> tuple[str, ...] | None:
    """What holds the outermost parts of the expression together, if it has several."""
    return next((one for one in _SEPARATORS if len(_split(expression, one)) > 1), None)


def _is_balanced(text: str) -> bool:
    """Whether no bracket closes that was opened before ``text``."""
    return min(accumulate((letter in "([{") - (letter in ")]}") for letter in text), default=0) >= 0


def _split(expression: str, separators: tuple[str, ...]) -> list[str]:
    """Parts between separators outside of brackets; operators stay at the head of what follows them."""
    parts, depth, start = [], 0, 0
    for found in _marks(separators).finditer(expression):
        if letter := found[0]:
            depth += 1 if letter in "([{" else -1
        elif depth == 0:
            parts.append(expression[start : found.start()])
            start = found.start() + (2 if found[1] == ", " else 1)
    return [*parts, expression[start:]]


@cache
def _marks(separators: tuple[str, ...]) -> re.Pattern[str]:
    """Brackets, and the places before separators."""
    return re.compile(rf"[(\[{{}}\])]|(?=({'|'.join(map(re.escape, separators))}))")
