"""Every check of what a user hands in, and its message."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from numeric_backend.errors import ArrayLibraryError, InputError, ShapeError, SizeError
from numeric_backend.namespaces import array_library, array_namespace, as_float64

__all__ = [
    "LARGEST_DEGREE",
    "checked_count",
    "checked_degree",
    "checked_number",
    "checked_size",
    "finite_array",
    "one_library",
    "result_type",
    "rows_of",
    "size_text",
]

FloatArray = npt.NDArray[np.float64]

LARGEST_DEGREE = 250
_AXES = 64


def finite_array(name: str, value: object, dims: int, xp: Any = None, *, shared: bool = False) -> Any:
    """``value`` as a float64 copy with ``dims`` dimensions and finite entries, read-only where NumPy holds it.

    Parameters
    ----------
    name : str
        What the value is called in messages.
    value : array_like
        Real numbers.
    dims : int
        Number of dimensions expected.
    xp : module, optional
        The array library of the result; by default that of the value.
    shared : bool
        Whether an array of NumPy that is read-only already, and owns its data, is taken as it is: one that networks and
        laws hold. What a caller made read-only he may write to through an older view.

    Raises
    ------
    InputError
        When entries are not real numbers, or are NaN or infinite (which array, how many).
    ShapeError
        When the number of dimensions differs.
    ArrayLibraryError
        When the array belongs to another library.

    Examples
    --------
    >>> from polywick.shapes import finite_array
    >>> finite_array("b1", [1, 2], 1)
    array([1., 2.])
    """
    library = array_namespace(value)
    if xp is None:
        xp = library
    elif array_library(value) not in (None, xp.__name__):
        raise ArrayLibraryError(
            f"{name} is an array of {library.__name__}; expected {xp.__name__}, as what it is used with. "
            "Convert it first, for example with cupy.asarray or cupy.asnumpy"
        )
    hidden = int(np.count_nonzero(value.mask)) if isinstance(value, np.ma.MaskedArray) else 0
    if hidden:
        raise InputError(f"{name} has {hidden} masked entries; expected none. Drop them")
    array = as_float64(xp, name, value)
    if not (shared and type(array) is np.ndarray and array.flags.owndata and not array.flags.writeable):
        array = xp.array(array, dtype=xp.float64)
    if array.ndim != dims:
        raise ShapeError(f"{name} has shape {array.shape}; expected {dims} dimension{'s' * (dims != 1)}")
    bad = array.size - int(xp.count_nonzero(xp.isfinite(array)))
    if bad:
        raise InputError(f"{name} has {bad} NaN or infinite entries of {array.size}; expected finite numbers")
    if xp is np:
        array.setflags(write=False)
    return array


def one_library(**named: object) -> Any:
    """The module, numpy or cupy, of the arrays given; None and lists follow the others.

    Raises
    ------
    ArrayLibraryError
        When they are of two libraries; the message names one of each.

    Examples
    --------
    >>> from polywick.shapes import one_library
    >>> one_library(W1=[1.0], b1=None).__name__
    'numpy'
    """
    first: dict[str, str] = {}
    for name, value in named.items():
        library = array_library(value)
        if library is not None:
            first.setdefault(library, name)
    if len(first) > 1:
        (one, a), (other, b), *_ = first.items()
        raise ArrayLibraryError(
            f"{a} is an array of {one} and {b} of {other}; expected one library. "
            "Convert one of them, for example with cupy.asarray or cupy.asnumpy"
        )
    return array_namespace(*(named[name] for name in first.values()))


def result_type(*values: object) -> np.dtype[Any]:
    """float32 where every floating-point array given is float32, float64 otherwise.

    Examples
    --------
    >>> import numpy as np
    >>> from polywick.shapes import result_type
    >>> result_type(np.ones(2, np.float32), [1.0])
    dtype('float32')
    """
    given = {np.dtype(value.dtype) for value in values if array_library(value) is not None}  # type: ignore[attr-defined]
    return np.dtype(np.float32 if given == {np.dtype(np.float32)} else np.float64)


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


def checked_number(name: str, value: object) -> float:
    """``value`` as a float.

    Raises
    ------
    InputError
        When it is not a number; the message calls it ``name``.

    Examples
    --------
    >>> from polywick.shapes import checked_number
    >>> checked_number("variance", 2)
    2.0
    """
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError) as error:
        raise InputError(f"{name} is {value!r}; expected a number") from error


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


def rows_of(name: str, x: Any, width: int, xp: Any = np) -> Any:
    """``x`` as a float64 array of the library ``xp`` of shape ``(..., width)``.

    Raises
    ------
    ShapeError
        When the last dimension is not ``width``.
    ArrayLibraryError
        When it is an array of another library.
    """
    library = array_namespace(x)
    if array_library(x) not in (None, xp.__name__):
        raise ArrayLibraryError(
            f"{name} is an array of {library.__name__}; expected {xp.__name__}, the library of what it is given to. "
            "Convert it first, for example with cupy.asarray or cupy.asnumpy"
        )
    array = as_float64(xp, name, x)
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
