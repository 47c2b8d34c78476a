"""The source text of primitives, with everything they call, in a fixed order."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from functools import cache, lru_cache
from importlib import import_module, resources
from pathlib import Path

import codegen.primitives as primitives

_TEXTS = 1024


@cache
def _functions() -> dict[str, tuple[str, frozenset[str], frozenset[str]]]:
    """Name -> (text, names of primitives it calls, names of method constants it uses)."""
    found: dict[str, tuple[str, frozenset[str], frozenset[str]]] = {}
    for module in _module_files():
        source = module.read_text(encoding="utf-8")
        lines = source.split("\n")
        for node in ast.parse(source).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                if node.name in found:
                    raise ValueError(f"the primitive {node.name} is defined twice; rename one")
                text = "\n".join(lines[node.lineno - 1 : node.end_lineno])
                found[node.name] = (text, *_needs_of(node))
    return {
        name: (text, frozenset(names & found.keys() - {name}), constants)
        for name, (text, names, constants) in found.items()
    }


def _module_files() -> list[Path]:
    folder = Path(str(resources.files(primitives)))
    return sorted(path for path in folder.glob("*.py") if path.name != "__init__.py")


def _needs_of(statement: ast.AST) -> tuple[frozenset[str], frozenset[str]]:
    """Names read below the statement that nothing below it binds, and keys ``k`` of every ``xp.method["k"]``."""
    read, bound, constants = set[str](), set[str](), set[str]()
    for node in ast.walk(statement):
        if isinstance(node, ast.Name):
            (bound if isinstance(node.ctx, ast.Store) else read).add(node.id)
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
        elif isinstance(node, ast.Subscript) and isinstance(node.value, ast.Attribute) and node.value.attr == "method":
            key = node.slice
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                constants.add(key.value)
    return frozenset(read - bound), frozenset(constants)


@lru_cache(maxsize=_TEXTS)
def _needs_of_text(text: str) -> tuple[frozenset[str], frozenset[str]]:
    """The same of all statements of a text; trials write the functions of a plan several times."""
    needs = [_needs_of(statement) for statement in ast.parse(text).body]
    return frozenset[str]().union(*(names for names, _ in needs)), frozenset[str]().union(*(used for _, used in needs))


def primitive_sources(texts: Iterable[str]) -> tuple[list[str], list[str]]:
    r"""Texts of the primitives that functions need (callees first) and the names of their method constants.

    Parameters
    ----------
    texts : iterable of str
        Texts of whole statements.

    Returns
    -------
    list of str, list of str
        The texts of the primitives; the names of the constants.

    Examples
    --------
    >>> texts, constants = primitive_sources(["def twice(xp, t):\n    return atan_rest(xp, t)"])
    >>> texts[-1].split("(")[0], constants
    ('def atan_rest', ['atan_terms'])
    """
    functions = _functions()
    needs = [_needs_of_text(text) for text in texts]
    wanted = sorted(frozenset[str]().union(*(names for names, _ in needs)) & functions.keys())
    ordered: dict[str, str] = {}

    def visit(name: str) -> None:
        if name in ordered:
            return
        for callee in sorted(functions[name][1]):
            visit(callee)
        ordered[name] = functions[name][0]

    for name in wanted:
        visit(name)
    constants = frozenset[str]().union(*(used for _, used in needs), *(functions[name][2] for name in ordered))
    return list(ordered.values()), sorted(constants)


def primitive_names() -> frozenset[str]:
    """Names of all primitives."""
    import_module("codegen.primitives")
    return frozenset(_functions())
