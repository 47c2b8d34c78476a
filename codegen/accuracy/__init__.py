"""The accuracy tables as they ship: what each committed kernel promised and what was measured.

One JSON file a kernel; `codegen.accuracy_tables` makes them and holds kernels to them.
"""

from __future__ import annotations

import hashlib
import json
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

__all__ = ["checksum", "committed_table", "read_table", "table_names", "worst_measured"]


def table_names() -> tuple[str, ...]:
    """Names of the kernels with a table, in alphabetical order.

    Examples
    --------
    >>> "relu" in table_names()
    True
    """
    files = (entry.name for entry in resources.files(__name__).iterdir())
    return tuple(sorted(name.removesuffix(".json") for name in files if name.endswith(".json")))


def committed_table(name: str) -> dict[str, Any]:
    """The table that ships for a committed kernel.

    Raises
    ------
    KeyError
        There is no table of this name.

    Examples
    --------
    >>> table = committed_table("relu")
    >>> table["kernel"], len(table["points"]) > 20
    ('relu', True)
    """
    if name not in table_names():
        raise KeyError(f"no accuracy table for {name!r}; there are tables for {', '.join(table_names())}")
    return read_table(resources.files(__name__).joinpath(f"{name}.json"))


def read_table(path: Traversable) -> dict[str, Any]:
    """A table from its file.

    Raises
    ------
    ValueError
        The content is not what its checksum says.
    """
    table: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    if checksum(table) != table.get("checksum"):
        raise ValueError(
            f"{path.name} was changed by hand: its checksum is wrong; make it with python -m codegen tables"
        )
    return table


def checksum(table: dict[str, Any]) -> str:
    """Of everything in the table but the checksum itself."""
    content = {key: value for key, value in table.items() if key != "checksum"}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def worst_measured(table: dict[str, Any], functions: tuple[str, ...]) -> float:
    """Largest error the kernel had in these functions, over the points and orders of its table.

    Examples
    --------
    >>> 0 < worst_measured(committed_table("relu"), ("raw_moments", "variance")) < 2e-14
    True
    """
    return max(float(error) for function in functions for error in table["recorded"][function])
