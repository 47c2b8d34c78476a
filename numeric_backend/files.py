"""Writing files: the whole file or none, and a message that names the path."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from numeric_backend.errors import InputError

__all__ = ["check_writable", "write_atomically"]


def write_atomically(path: str | os.PathLike[str], content: str | bytes) -> Path:
    """Write ``content`` to ``path`` in one step: the old file or the new one, never half of either.

    The content goes to a temporary file in the same directory, which then takes the place of ``path``. A symbolic
    link is followed, and the file has the permissions the umask leaves.

    Parameters
    ----------
    path : str or path-like
        Where to write; an existing file is replaced.
    content : str or bytes
        Text is written as UTF-8.

    Returns
    -------
    Path
        ``path``.

    Raises
    ------
    InputError
        The path cannot be written, or is a folder, a device or a pipe; nothing is left behind.

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
        handle, temporary = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".tmp", dir=target.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(temporary).chmod(0o666 & ~_umask())
        Path(temporary).replace(target)
    except OSError as error:
        raise InputError(_cannot_write(path, error.strerror or str(error))) from error
    finally:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
    return Path(path)


def check_writable(path: str | os.PathLike[str]) -> Path:
    """The file ``path`` stands for, after checking that it can be made or replaced (before long work starts).

    Raises
    ------
    InputError
        The folder does not exist or is not writable, or ``path`` is a folder, a device or a pipe.
    """
    target = Path(path).resolve() if Path(path).is_symlink() else Path(path)
    if target.is_dir():
        raise InputError(_cannot_write(path, "it is a folder"))
    if target.exists() and not target.is_file():
        raise InputError(_cannot_write(path, "it is a device or a pipe, not a file"))
    if not target.parent.is_dir():
        raise InputError(_cannot_write(path, f"there is no folder '{target.parent}'"))
    if not os.access(target.parent, os.W_OK):
        raise InputError(_cannot_write(path, f"the folder '{target.parent}' is not writable"))
    return target


def _cannot_write(path: str | os.PathLike[str], reason: str) -> str:
    return f"cannot write '{os.fspath(path)}': {reason}; expected a file name in a folder you may write to"


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
