"""``polywick inspect``: the networks found in a file of weights."""

from __future__ import annotations

import click

from numeric_backend.errors import InputError
from polywick.cli.console import print_table, say

__all__ = ["inspect_command"]


@click.command("inspect")
@click.argument("path")
def inspect_command(path: str) -> None:
    """The MLP and GLU blocks found in an .npz file."""
    from polywick.reading import blocks

    found = blocks(path)
    if not found:
        raise InputError(
            f"'{path}' holds no MLP or GLU block; expected arrays W1, b1, W2, b2 (MLP) or W, V and, if it has them, "
            "b, c, W2, b2 (GLU)"
        )
    rows = [
        (
            block.name,
            block.kind,
            str(block.inputs),
            str(block.hidden),
            str(block.outputs),
            block.activation or "-",
        )
        for block in found
    ]
    print_table(("block", "kind", "inputs", "hidden", "outputs", "activation"), rows)
    say(f"{len(found)} block{'s' if len(found) > 1 else ''} in {path}")
