"""Maintainers' verbs for the committed kernels: ``python -m codegen emit | check | tables | report``."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from codegen import manifest
from codegen.accuracy_page import accuracy_page
from codegen.accuracy_tables import make_table, write_table
from numeric_backend import kernels

TABLES = Path("codegen/accuracy")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Write, compare and report on the kernels in numeric_backend/kernels."""


@main.command()
def emit() -> None:
    """Write every kernel whose text has changed."""
    written = 0
    for path in manifest.write_all():
        click.echo(f"wrote {path.name}")
        written += 1
    click.echo(f"{written} written, {len(manifest.kernel_names()) - written} unchanged")


@main.command()
def check() -> None:
    """Compare every committed kernel with what the generator writes, byte for byte."""
    problems = manifest.differences()
    for problem in problems:
        click.echo(f"{problem.name} {problem.problem}", err=True)
        if problem.diff:
            click.echo(problem.diff, err=True)
    if problems:
        click.echo("to mend: python -m codegen emit, then read the difference", err=True)
        sys.exit(1)
    click.echo(f"{len(manifest.kernel_names())} kernels are what the generator writes")


@main.command()
@click.option("--folder", type=click.Path(file_okay=False, exists=True, path_type=Path), default=TABLES)
@click.argument("names", nargs=-1)
def tables(folder: Path, names: tuple[str, ...]) -> None:
    """Make the accuracy tables of the kernels named (all of them if none is)."""
    for name in names or manifest.kernel_names():
        table = make_table(kernels.load(name))
        write_table(table, folder / f"{name}.json")
        click.echo(f"{name}: {len(table['points'])} points")


@main.command()
@click.option("--folder", type=click.Path(file_okay=False, exists=True, path_type=Path), default=TABLES)
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), default=Path("docs/accuracy.md"))
def report(folder: Path, output: Path) -> None:
    """Write the accuracy page from the tables."""
    output.write_text(accuracy_page(folder), encoding="utf-8")
    click.echo(f"wrote {output}")


if __name__ == "__main__":
    main()
