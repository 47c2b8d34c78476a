"""Files the command line reads and writes: whole files or none, and messages that name the path."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numeric_backend.errors import InputError
from numeric_backend.files import check_writable, write_atomically

__all__ = ["check_writable", "read_array", "read_labels", "write_atomically"]


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
    array = _read(path, meaning)
    if array.dtype.kind not in "biuf":
        raise InputError(f"'{path}' holds {array.dtype} values; expected the {meaning} as real numbers")
    return np.asarray(array, dtype=np.float64)


def read_labels(path: str | Path) -> NDArray[Any]:
    """The classes in a ``.npy`` file, one for each sample: numbers or words.

    Raises
    ------
    InputError
        There is no such file, or it is no array written by `numpy.save`.
    """
    return _read(path, "labels")


def _read(path: str | Path, meaning: str) -> NDArray[Any]:
    try:
        with Path(path).open("rb") as file:
            return np.lib.format.read_array(file, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise InputError(
            f"cannot read '{path}' ({reason}); expected the {meaning} as a .npy file written with numpy.save"
        ) from error
