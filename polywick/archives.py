""".npz archives: written atomically, read without pickle, with one clear error when they are damaged."""

from __future__ import annotations

import io
import os
import re
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from numeric_backend.errors import InputError
from numeric_backend.files import write_atomically

__all__ = ["read_archive", "write_archive"]

_LONGEST_MESSAGE = 120


def read_archive(
    path: str | os.PathLike[str], what: str, required: Iterable[str] = ()
) -> dict[str, npt.NDArray[np.generic]]:
    """Every array of an ``.npz`` file.

    Parameters
    ----------
    path : path
        The file.
    what : str
        What the file should hold, for messages.
    required : iterable of str
        Arrays that must be there.

    Raises
    ------
    InputError
        When the file is missing, damaged, needs pickle, or lacks an array.
    """
    place = Path(path)
    if not place.is_file():
        raise InputError(f"there is no file {str(place)!r}; expected {what} (.npz)")
    try:
        with place.open("rb") as file:
            archive = np.load(file, allow_pickle=False)
            if not isinstance(archive, np.lib.npyio.NpzFile):
                raise InputError(f"{str(place)!r} is a single array; expected {what} (.npz)")
            with archive:
                arrays = {name: archive[name] for name in archive.files}
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, KeyError, NotImplementedError) as error:
        raise InputError(
            f"{str(place)!r} is damaged ({_brief(error)}); expected {what} (.npz). Write it again"
        ) from error
    except ValueError as error:
        if isinstance(error, InputError):
            raise
        raise InputError(
            f"{str(place)!r} is damaged or not an .npz file of plain arrays ({_brief(error)}); expected {what} (.npz)"
        ) from error
    missing = [name for name in required if name not in arrays]
    if missing:
        raise InputError(
            f"{str(place)!r} lacks {', '.join(missing)} (it holds {', '.join(arrays) or 'nothing'}); "
            f"expected {what} (.npz)"
        )
    return arrays


def _brief(error: Exception) -> str:
    """The first line of a message, without the bytes of the file it quotes."""
    line = next(iter(str(error).splitlines()), type(error).__name__)
    text = re.sub(r"""b(['"]).*""", "unreadable bytes", line)
    return text if len(text) <= _LONGEST_MESSAGE else text[:_LONGEST_MESSAGE] + " ..."


def write_archive(path: str | os.PathLike[str], arrays: Mapping[str, npt.ArrayLike]) -> None:
    """Write ``arrays`` to ``path`` in one step: a reader finds the old file or the whole new one.

    Raises
    ------
    InputError
        When the place cannot be written; nothing half-written is left behind.
    """
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **{name: np.asarray(a) for name, a in arrays.items()})
    write_atomically(path, buffer.getvalue())
