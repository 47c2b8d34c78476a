"""Which array library a call runs on: decided by the arrays given.

NumPy and CuPy are supported. CuPy is recognised by the type of an array and never imported otherwise.
Python numbers, lists and NumPy scalars belong to no library and follow the arrays they are given with.
"""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

from numeric_backend.errors import ArrayLibraryError, InputError

__all__ = ["array_library", "array_namespace", "as_float64", "as_numpy"]

_SUPPORTED = ("numpy", "cupy")


def array_library(array: object) -> str | None:
    """Name of the library an array belongs to; ``None`` for numbers, lists and NumPy scalars.

    Parameters
    ----------
    array : object
        Anything.

    Examples
    --------
    >>> import numpy as np
    >>> from numeric_backend.namespaces import array_library
    >>> array_library(np.zeros(3))
    'numpy'
    >>> array_library([1.0, 2.0]) is None
    True
    """
    if isinstance(array, np.ndarray):
        return "numpy"
    if isinstance(array, np.generic) or not (hasattr(array, "shape") and hasattr(array, "dtype")):
        return None
    library = type(array).__module__.partition(".")[0]
    return "jax" if library == "jaxlib" else library


def array_namespace(*arrays: object) -> Any:
    """The module (``numpy`` or ``cupy``) that the given arrays belong to; NumPy when none is an array.

    Parameters
    ----------
    *arrays : object
        Arrays, lists or numbers.

    Raises
    ------
    ArrayLibraryError
        When arrays of two libraries are mixed, or a library is not supported.

    Examples
    --------
    >>> import numpy as np
    >>> from numeric_backend.namespaces import array_namespace
    >>> array_namespace(np.zeros(2), 1.0).__name__
    'numpy'
    """
    libraries = sorted({library for array in arrays if (library := array_library(array)) is not None})
    if len(libraries) > 1:
        raise ArrayLibraryError(
            f"arrays of {' and '.join(libraries)} were given in one call; expected one library. "
            "Convert them first, for example with numpy.asarray or cupy.asarray"
        )
    if libraries and libraries[0] not in _SUPPORTED:
        raise ArrayLibraryError(
            f"an array of {libraries[0]} was given; expected numpy or cupy. Convert it first with numpy.asarray"
        )
    if not libraries or libraries[0] == "numpy":
        return np
    return importlib.import_module(libraries[0])


def as_float64(xp: Any, name: str, value: object) -> Any:
    """``value`` as a float64 array of the namespace ``xp``.

    Parameters
    ----------
    xp : module
        The array namespace.
    name : str
        What the value is called in error messages.
    value : array_like
        Real numbers.

    Raises
    ------
    InputError
        When the value is not an array of real numbers.

    Examples
    --------
    >>> import numpy as np
    >>> from numeric_backend.namespaces import as_float64
    >>> as_float64(np, "mean", [1, 2])
    array([1., 2.])
    """
    try:
        array = xp.asarray(value)
    except (TypeError, ValueError) as error:
        raise InputError(f"{name} is not an array of real numbers ({error}); expected numbers") from error
    if array.dtype.kind not in "fiub" and array.dtype.name != "bfloat16":
        raise InputError(f"{name} has dtype {array.dtype}; expected real numbers")
    return array.astype(xp.float64, copy=False)


def as_numpy(array: Any) -> Any:
    """The array as one of NumPy: itself, or copied from the GPU.

    Examples
    --------
    >>> import numpy as np
    >>> from numeric_backend.namespaces import as_numpy
    >>> as_numpy(np.ones(2))
    array([1., 1.])
    """
    library = array_namespace(array)
    return np.asarray(array) if library is np else library.asnumpy(array)
