"""Files the command line reads and writes: whole files or none, and messages that name the path."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from numeric_backend.errors import InputError

__all__ = ["check_writable", "read_array", "write_atomically"]


def write_atomically(path: str | Path, content: str | bytes) -> Path:
    """Write ``content`` to ``path`` in one step: the old file or the new one, never half of either.

    The content goes to a temporary file in the same directory, which then takes the place of ``path``.

    Parameters
    ----------
    path : str or Path
        Where to write; an existing file is replaced.
    content : str or bytes
        Text is written as UTF-8.

    Raises
    ------
    InputError
        The path cannot be written; nothing is left behind.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_atomically(pathlib.Path(folder) / "a.txt", "whole").read_text()
    'whole'
    """
    target = check_writable(path)
    data = content.encode() if isinstance(content, str) else content
    temporary: str | None = None
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(temporary).chmod(0o666 & ~_umask())
        Path(temporary).replace(target)
    except OSError as error:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
        raise InputError(_cannot_write(target, error.strerror or str(error))) from error
    return target


def check_writable(path: str | Path) -> Path:
    """``path`` as a `Path`, after checking that a file can be made there (before long work starts).

    Raises
    ------
    InputError
        The folder does not exist or is not writable, or ``path`` is a folder itself.
    """
    target = Path(path)
    if target.is_dir():
        raise InputError(_cannot_write(target, "it is a folder"))
    if not target.parent.is_dir():
        raise InputError(_cannot_write(target, f"there is no folder '{target.parent}'"))
    if not os.access(target.parent, os.W_OK):
        raise InputError(_cannot_write(target, f"the folder '{target.parent}' is not writable"))
    return target


def _cannot_write(path: Path, reason: str) -> str:
    return f"cannot write '{path}': {reason}; expected a file name in a folder you may write to"


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def read_array(path: str | Path, meaning: str) -> NDArray[np.float64]:
    """The numbers in a ``.npy`` file as float64.

    Parameters
    ----------
    path : str or Path
        The file.
    meaning : str
        What the array is ("samples", "mean" ...), for the messages.

    Raises
    ------
    InputError
        There is no such file, it is no array written by `numpy.save`, or it does not hold real numbers.
    """
    try:
        with Path(path).open("rb") as file:
            array = np.lib.format.read_array(file, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise InputError(
            f"cannot read '{path}' ({reason}); expected the {meaning} as a .npy file written with numpy.save"
        ) from error
    if array.dtype.kind not in "biuf":
        raise InputError(f"'{path}' holds {array.dtype} values; expected the {meaning} as real numbers")
    return np.asarray(array, dtype=np.float64)
