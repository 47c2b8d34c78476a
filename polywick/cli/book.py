"""``polywick book``: the formula book as HTML."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from polywick.cli.console import say
from polywick.cli.values import degree

__all__ = ["book_command"]


@click.command("book", short_help="The formula book: a page of HTML for every activation.")
@click.argument("names", nargs=-1)
@click.option(
    "-o", "--output", "folder", default="docs/formulas", show_default=True, metavar="FOLDER", help="Where the book is."
)
@click.option("--workers", metavar="N", help="Processes; one for each core if left out.")
def book_command(names: tuple[str, ...], folder: str, workers: str | None) -> None:
    """Make the pages of NAMES, or all pages; those that nothing has changed for are left as they are.

    A page has the formulas with their derivations, limits, pictures, the accuracy and text of the kernel. It opens from
    the disk and needs no network. An interrupted build is taken up where it was. Needs the extra: polywick[book].
    """
    from polywick.book.build import build_book

    processes = len(os.sched_getaffinity(0)) if workers is None else degree(workers, "number of workers")
    with _counting() as watch:
        built = build_book(folder, names, processes, watch)
    say(f"{len(built.made)} pages made, {len(built.unchanged)} unchanged: {built.contents}")


@contextmanager
def _counting() -> Iterator[Callable[[int, int, str], None]]:
    """A bar with the pages made so far on a terminal; nothing in a pipe."""
    if not sys.stderr.isatty():
        yield lambda done, total, name: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("building the book", total=None)

        def watch(done: int, total: int, name: str) -> None:
            bar.update(task, completed=done, total=total, description=name or "building the book")

        yield watch
