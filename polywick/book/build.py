"""Building the book: which pages are to be made, side by side, and the table of contents."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from numeric_backend.errors import InputError
from numeric_backend.files import write_atomically
from polywick.book.extras import require_extras
from symbolic_moments.activations import CATALOGUE, record_of
from symbolic_moments.names import nearest_name

__all__ = ["Built", "build_book"]

CONTENTS = "index.html"


@dataclass(frozen=True)
class Built:
    """What a build did.

    Attributes
    ----------
    contents : Path
        The table of contents, of all pages that there are.
    made, unchanged : tuple of str
        The pages asked for.
    """

    contents: Path
    made: tuple[str, ...]
    unchanged: tuple[str, ...]


def build_book(
    folder: str | Path,
    names: Sequence[str] = (),
    workers: int = 1,
    watch: Callable[[int, int, str], None] = lambda done, total, name: None,
) -> Built:
    """Build the pages of the book that something has changed for, and the table of contents.

    An interrupted build leaves the pages it has finished, each whole; the next one makes the rest.

    Parameters
    ----------
    folder : str or Path
        Where the book is; made if it is not there.
    names : sequence of str, optional
        Names or aliases of the catalogue; all of it by default.
    workers : int
        Processes that share the pages.
    watch : callable, optional
        Called with the pages made so far, how many there are to make, and the name of the last.

    Returns
    -------
    Built

    Raises
    ------
    ModuleNotFoundError
        A library of the extra ``book`` is missing; the message says what to install.
    InputError
        The folder cannot be made or written.
    ValueError
        A name that is not in the catalogue; less than one worker.
    RuntimeError
        A page cannot be made; the message says which.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     build_book(folder, ["identity"]).made, build_book(folder, ["identity"]).unchanged
    (('identity',), ('identity',))
    """
    require_extras()
    if isinstance(workers, bool) or not isinstance(workers, int) or workers < 1:
        raise ValueError(f"workers = {workers!r} given; a whole number of processes is expected, at least 1")
    from polywick.book.fingerprint import fingerprints
    from polywick.book.page_folder import clear_unfinished, is_current

    chosen = _chosen(names)
    book = _made(Path(folder))
    clear_unfinished(book)
    records = {record.name: record for record in CATALOGUE}
    waiting = [name for name in chosen if not is_current(book / name, fingerprints(records[name]))]
    watch(0, len(waiting), "")
    for done, name in enumerate(_make_all(waiting, book, workers), start=1):
        watch(done, len(waiting), name)
    contents = _write_contents(book)
    return Built(contents, tuple(waiting), tuple(name for name in chosen if name not in waiting))


def _chosen(names: Sequence[str]) -> list[str]:
    """The records' own names, in the order of the catalogue."""
    found = set()
    for name in names:
        record = record_of(name)
        if record is None:
            nearest = nearest_name(
                name, [alias for one in CATALOGUE for alias in (one.name, *one.aliases)], len(name) // 2
            )
            suggestion = f" did you mean {nearest!r}?" if nearest else ""
            raise ValueError(
                f"no activation of the catalogue is called {name!r};{suggestion} the book has pages for the names of "
                "polywick list (anything else: polywick derive)"
            )
        found.add(record.name)
    return [record.name for record in CATALOGUE if not names or record.name in found]


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"cannot make the folder '{folder}' ({error.strerror}); expected one you may write to"
        ) from error
    if not os.access(folder, os.W_OK):
        raise InputError(f"the folder '{folder}' is not writable; expected one you may write to")
    return folder


def _make_all(names: Sequence[str], book: Path, workers: int) -> Iterator[str]:
    """Make the pages and yield each name as its page is in place."""
    from polywick.book.make_page import make_page

    if workers == 1 or len(names) < 2:
        for name in names:
            with _naming(name):
                make_page(name, book)
            yield name
        return
    with ProcessPoolExecutor(min(workers, len(names))) as pool:
        jobs = {pool.submit(make_page, name, book): name for name in names}
        try:
            for job in as_completed(jobs):
                with _naming(jobs[job]):
                    job.result()
                yield jobs[job]
        finally:
            pool.shutdown(cancel_futures=True)


@contextmanager
def _naming(page: str) -> Iterator[None]:
    """Errors within say which page they stopped."""
    try:
        yield
    except Exception as error:
        raise RuntimeError(
            f"the page of {page} cannot be made ({type(error).__name__}: {error}); pages finished before are kept, "
            "the next build makes the others"
        ) from error


def _write_contents(book: Path) -> Path:
    from polywick.book.contents import contents_html
    from polywick.book.page import Summary
    from polywick.book.page_folder import inputs_of

    found = {record.name: inputs_of(book / record.name) for record in CATALOGUE}
    pages = {name: Summary(**inputs["summary"]) for name, inputs in found.items() if inputs}
    text = contents_html(pages)
    path = book / CONTENTS
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        write_atomically(path, text)
    return path
