"""What the command line prints, and where: results on stdout, progress and errors on stderr."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from math import isfinite

import click
from rich import box
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

PIPE_WIDTH = 140

__all__ = ["one_line", "print_table", "progress", "say", "solving"]


def say(text: str = "") -> None:
    """Print ``text`` on stdout as it is: never wrapped, never coloured, safe to pipe."""
    click.echo(text)


def print_table(columns: Sequence[str], rows: Sequence[Sequence[str]], title: str | None = None) -> None:
    """Print a table on stdout; columns whose cells are all numbers are flushed right.

    Parameters
    ----------
    columns : sequence of str
        The headings.
    rows : sequence of sequence of str
        One cell per column.
    title : str, optional
        A line above the table.
    """
    if title:
        say(click.style(title, bold=True))
    table = Table(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False)
    for index, column in enumerate(columns):
        right = bool(rows) and all(_is_numeric(row[index]) for row in rows)
        table.add_column(column, justify="right" if right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(cell.replace("[", r"\[") for cell in row))
    terminal = sys.stdout.isatty()
    Console(file=sys.stdout, width=None if terminal else PIPE_WIDTH, highlight=False).print(table)


def _is_numeric(cell: str) -> bool:
    return cell.strip()[:1].isdigit() or cell.strip()[:2].lstrip("-")[:1].isdigit() or cell.strip() == "-"


@contextmanager
def progress(message: str) -> Iterator[None]:
    """A spinner with ``message`` and the time gone by, on a terminal; nothing at all in a pipe."""
    if not sys.stderr.isatty():
        yield
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        bar.add_task(message, total=None)
        yield


@contextmanager
def solving(message: str) -> Iterator[Callable[[int, float, float], None]]:
    """A spinner that also tells the steps of a solve, the excess estimated and the one allowed; nothing in a pipe."""
    if not sys.stderr.isatty():
        yield lambda step, excess, allowed: None
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(message, total=None)

        def watch(step: int, excess: float, allowed: float) -> None:
            found = f"excess about {excess:.1e}" if isfinite(excess) else "excess not yet known"
            bar.update(task, description=f"{message}: step {step}, {found}, {allowed:.1e} allowed")

        yield watch


def one_line(error: BaseException | str) -> str:
    r"""The message of an error on a single line.

    Examples
    --------
    >>> one_line(ValueError("sigma is -1;\n  expected: sigma >= 0"))
    'sigma is -1; expected: sigma >= 0'
    """
    text = str(error.args[0]) if isinstance(error, KeyError) and error.args else str(error)
    return " ".join(text.split()) or type(error).__name__
