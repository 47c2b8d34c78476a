"""A page and its pictures, made where something they are made from has changed."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict
from pathlib import Path

from polywick.book.fingerprint import PAGE, fingerprints
from polywick.book.page import page_html, summary
from polywick.book.page_folder import INPUTS, inputs_of, unfinished_page
from polywick.book.pictures import painters
from symbolic_moments import activation
from symbolic_moments.activations import record_of

__all__ = ["make_page"]


def make_page(name: str, folder: Path) -> None:
    """Write the page of an activation of the catalogue below ``folder``, pictures that are up to date carried over.

    Parameters
    ----------
    name : str
        Of its record.
    folder : Path
        Of the book; the page is ``folder/name/index.html``.
    """
    record = record_of(name)
    if record is None:
        raise ValueError(f"{name!r} is not in the catalogue")
    g = activation(record)
    wanted = fingerprints(record)
    page = folder / record.name
    before = inputs_of(page).get("files", {})
    with unfinished_page(page) as unfinished:
        for file, paint in painters(g).items():
            if before.get(file) == wanted[file] and (page / file).is_file():
                shutil.copy2(page / file, unfinished / file)
            else:
                (unfinished / file).write_bytes(paint())
        short = summary(record, g)
        (unfinished / PAGE).write_text(page_html(record, g, short), encoding="utf-8")
        inputs = {"files": wanted, "summary": asdict(short)}
        (unfinished / INPUTS).write_text(json.dumps(inputs, indent=1), encoding="utf-8")
