"""The source text of primitives, with everything they call, in a fixed order."""

from __future__ import annotations

import ast
from functools import cache
from importlib import import_module, resources
from pathlib import Path

import codegen.primitives as primitives


@cache
def _functions() -> dict[str, tuple[str, frozenset[str], frozenset[str]]]:
    """Name -> (text, names of primitives it calls, names of method constants it uses)."""
    found: dict[str, tuple[str, frozenset[str], frozenset[str]]] = {}
    for module in _module_files():
        source = module.read_text(encoding="utf-8")
        for node in ast.parse(source).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                if node.name in found:
                    raise ValueError(f"the primitive {node.name} is defined twice; rename one")
                text = ast.get_source_segment(source, node)
                assert text is not None
                found[node.name] = (text, _names_from_outside(node), frozenset(_method_names(node)))
    return {
        name: (text, frozenset(names & found.keys() - {name}), constants)
        for name, (text, names, constants) in found.items()
    }


def _module_files() -> list[Path]:
    folder = Path(str(resources.files(primitives)))
    return sorted(path for path in folder.glob("*.py") if path.name != "__init__.py")


def _names_from_outside(node: ast.AST) -> frozenset[str]:
    """Names read below ``node`` that nothing below it binds."""
    names = [n for n in ast.walk(node) if isinstance(n, ast.Name)]
    bound = {n.id for n in names if isinstance(n.ctx, ast.Store)}
    arguments = {n.arg for n in ast.walk(node) if isinstance(n, ast.arg)}
    return frozenset(n.id for n in names) - bound - arguments


def _method_names(node: ast.AST) -> set[str]:
    """Keys ``k`` of every ``xp.method["k"]`` below ``node``."""
    return {
        n.slice.value
        for n in ast.walk(node)
        if isinstance(n, ast.Subscript)
        and isinstance(n.value, ast.Attribute)
        and n.value.attr == "method"
        and isinstance(n.slice, ast.Constant)
        and isinstance(n.slice.value, str)
    }


def primitive_sources(body: str) -> tuple[list[str], list[str]]:
    """Texts of the primitives that ``body`` needs (callees first) and the names of their method constants."""
    functions = _functions()
    tree = ast.parse(body)
    wanted = sorted(frozenset[str]().union(*map(_names_from_outside, tree.body)) & functions.keys())
    ordered: list[str] = []

    def visit(name: str) -> None:
        if name in ordered:
            return
        for callee in sorted(functions[name][1]):
            visit(callee)
        ordered.append(name)

    for name in wanted:
        visit(name)
    constants = set(_method_names(tree)).union(*(functions[name][2] for name in ordered))
    return [functions[name][0] for name in ordered], sorted(constants)


def primitive_names() -> frozenset[str]:
    """Names of all primitives."""
    import_module("codegen.primitives")
    return frozenset(_functions())
