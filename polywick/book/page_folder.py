"""The folder of a page: whole or absent, and what it was made from."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

__all__ = ["clear_unfinished", "inputs_of", "is_current", "unfinished_page"]

INPUTS = "inputs.json"
_SUFFIX = ".unfinished"


def inputs_of(page: Path) -> dict[str, Any]:
    """What the page in this folder says it was made from; nothing if it does not say."""
    try:
        record = json.loads((page / INPUTS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) and isinstance(record.get("files"), dict) else {}


def is_current(page: Path, wanted: Mapping[str, str]) -> bool:
    """Whether the page was made from what it would be made from now, and all its files are there."""
    return inputs_of(page).get("files") == dict(wanted) and all((page / name).is_file() for name in wanted)


@contextmanager
def unfinished_page(page: Path) -> Iterator[Path]:
    """A hidden folder that takes the place of ``page`` at the end; after an error nothing is left of it."""
    unfinished = Path(tempfile.mkdtemp(prefix=f".{page.name}.", suffix=_SUFFIX, dir=page.parent))
    try:
        yield unfinished
        unfinished.chmod(0o755)
        if page.exists():
            page.rename(unfinished.with_name(f"{unfinished.name}.old{_SUFFIX}"))
        unfinished.rename(page)
    finally:
        for left in page.parent.glob(f"{unfinished.name}*"):
            shutil.rmtree(left)


def clear_unfinished(folder: Path) -> None:
    """Remove what killed builds have left in the book's folder."""
    for left in folder.glob(f".*{_SUFFIX}"):
        shutil.rmtree(left)
