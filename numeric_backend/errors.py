"""Errors of the numeric room: what was given, what was expected, what to do."""

from __future__ import annotations

__all__ = [
    "ArrayLibraryError",
    "InputError",
    "KernelError",
    "ShapeError",
    "SizeError",
    "UnknownKernelError",
]


class InputError(ValueError):
    """A value outside the domain of the quantity asked for; base of every error raised for bad input.

    Examples
    --------
    >>> from numeric_backend.errors import InputError, ShapeError
    >>> issubclass(ShapeError, InputError)
    True
    """


class ShapeError(InputError):
    """Arrays whose shapes do not fit together; the message names both shapes."""


class ArrayLibraryError(InputError, TypeError):
    """Arrays of two libraries in one call, or of a library that is not supported."""


class UnknownKernelError(InputError, LookupError):
    """A kernel name that is not in the catalogue; the message suggests the nearest one."""


class KernelError(InputError):
    """A kernel module that lacks what was needed of it."""


class SizeError(InputError, MemoryError):
    """A dense array larger than the limit; the message names its size."""
