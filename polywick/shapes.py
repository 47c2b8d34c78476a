"""Every check of what a user hands in, and its message."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from numeric_backend.errors import ArrayLibraryError, InputError, ShapeError, SizeError
from numeric_backend.namespaces import array_namespace, as_float64

__all__ = ["LARGEST_DEGREE", "checked_count", "checked_degree", "checked_size", "finite_array", "rows_of", "size_text"]

FloatArray = npt.NDArray[np.float64]

LARGEST_DEGREE = 250
_AXES = 64


def finite_array(name: str, value: object, dims: int) -> FloatArray:
    """``value`` as a read-only float64 copy with ``dims`` dimensions and finite entries.

    Raises
    ------
    InputError
        When entries are not real numbers, or are NaN or infinite (which array, how many).
    ShapeError
        When the number of dimensions differs.
    ArrayLibraryError
        When the array belongs to another library than NumPy.

    Examples
    --------
    >>> from polywick.shapes import finite_array
    >>> finite_array("b1", [1, 2], 1)
    array([1., 2.])
    """
    library = array_namespace(value)
    if library is not np:
        raise ArrayLibraryError(
            f"{name} is an array of {library.__name__}; networks, inputs and polynomials hold numpy arrays. "
            "Convert it first, for example with cupy.asnumpy"
        )
    hidden = int(np.count_nonzero(value.mask)) if isinstance(value, np.ma.MaskedArray) else 0
    if hidden:
        raise InputError(f"{name} has {hidden} masked entries; expected none. Drop them")
    array = np.array(as_float64(np, name, value), dtype=np.float64)
    if array.ndim != dims:
        raise ShapeError(f"{name} has shape {array.shape}; expected {dims} dimension{'s' * (dims != 1)}")
    bad = int(np.count_nonzero(~np.isfinite(array)))
    if bad:
        raise InputError(f"{name} has {bad} NaN or infinite entries of {array.size}; expected finite numbers")
    array.setflags(write=False)
    return array


def checked_count(name: str, value: object, least: int = 0) -> int:
    """``value`` as an integer of at least ``least``.

    Raises
    ------
    InputError
        When it is not an integer or is smaller; the message calls it ``name``.

    Examples
    --------
    >>> from polywick.shapes import checked_count
    >>> checked_count("k", 2)
    2
    """
    expected = f"expected an integer of at least {least}"
    if isinstance(value, bool):
        raise InputError(f"{name} is {value!r}; {expected}")
    try:
        count = operator.index(value)  # type: ignore[arg-type]
    except TypeError as error:
        raise InputError(f"{name} is {value!r}; {expected}") from error
    if count < least:
        raise InputError(f"{name} is {count}; {expected}")
    return count


def checked_degree(degree: object) -> int:
    """``degree`` as an integer from 0 to the largest whose Hermite coefficients double precision holds.

    Raises
    ------
    InputError
        When it is not an integer, is negative or is above 250.

    Examples
    --------
    >>> from polywick.shapes import checked_degree
    >>> checked_degree(2)
    2
    """
    value = checked_count("degree", degree)
    if value > LARGEST_DEGREE:
        raise InputError(
            f"degree is {value}; expected at most {LARGEST_DEGREE}: above, Hermite coefficients, which grow like "
            "the square root of a factorial, leave the range of double precision"
        )
    return value


def rows_of(name: str, x: Any, width: int) -> FloatArray:
    """``x`` as a float64 array of shape ``(..., width)``.

    Raises
    ------
    ShapeError
        When the last dimension is not ``width``.
    """
    library = array_namespace(x)
    if library is not np:
        raise ArrayLibraryError(
            f"{name} is an array of {library.__name__}; expected numpy. Convert it first, for example with cupy.asnumpy"
        )
    array: FloatArray = as_float64(np, name, x)
    if array.ndim < 1 or array.shape[-1] != width:
        raise ShapeError(f"{name} has shape {array.shape}; expected (..., {width})")
    return array


def checked_size(what: str, shape: Sequence[int], limit: int) -> None:
    """Refuse a dense float64 array of more than ``limit`` bytes.

    Raises
    ------
    SizeError
        Naming the shape, the size and the limit.
    """
    size = 8
    for length in shape:
        size *= length
    if len(shape) > _AXES:
        raise SizeError(f"{what} has {len(shape)} axes; numpy arrays have at most {_AXES}; keep the factored form")
    if size > limit:
        raise SizeError(
            f"{what} of shape {tuple(shape)} takes {size_text(size)}, more than the limit of "
            f"{size_text(limit)}; keep the factored form (call the polynomial, use eigh with k), or "
            "raise limit_bytes"
        )


def size_text(size: float) -> str:
    """A number of bytes for people.

    Examples
    --------
    >>> from polywick.shapes import size_text
    >>> size_text(38_551_494_656)
    '38.6 GB'
    """
    if size >= 1e21:
        return "over 10^6 PB"
    for unit in ("bytes", "kB", "MB", "GB", "TB", "PB"):
        if size < 1000 or unit == "PB":
            break
        size /= 1000
    return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"
