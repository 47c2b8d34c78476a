"""What a mixture is made of: weights and components, checked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from numeric_backend.errors import InputError, ShapeError
from polywick.covariance import freeze, roundoff
from polywick.inputs import Gaussian
from polywick.shapes import finite_array

__all__ = ["checked_weights", "of_one_dimension", "parts_by_name"]

FloatArray = Any  # float64, of NumPy or CuPy

_SUM_ERROR = 1e-8
_EXACT = 4 * float(np.finfo(np.float64).eps)


def parts_by_name(name: str, given: Any) -> dict[str, Any]:
    """The array that is given, or the arrays of a sequence, by what they are called in messages.

    Examples
    --------
    >>> from polywick.mixture_parts import parts_by_name
    >>> parts_by_name("means", [[0.0], [1.0]])
    {'means[0]': [0.0], 'means[1]': [1.0]}
    """
    return {name: given} if hasattr(given, "dtype") else {f"{name}[{k}]": part for k, part in enumerate(given)}


def checked_weights(weights: Any, xp: Any) -> FloatArray:
    """``weights`` as an array of the library ``xp`` that sums to 1; what rounding leaves is divided out.

    Raises
    ------
    ShapeError
        When there are none.
    InputError
        When one is negative, or they do not sum to 1.

    Examples
    --------
    >>> import numpy as np
    >>> from polywick.mixture_parts import checked_weights
    >>> checked_weights([0.25, 0.75], np)
    array([0.25, 0.75])
    """
    array = finite_array("weights", weights, 1, xp)
    if array.size == 0:
        raise ShapeError("the mixture is empty: weights has shape (0,); expected at least one component")
    if (array < 0).any():
        k = int(array.argmin())
        raise InputError(
            f"weights has {int(xp.count_nonzero(array < 0))} negative entries, {float(array[k]):.6g} at {k}; "
            "expected none"
        )
    total = float(array.sum())
    if abs(total - 1) > max(_SUM_ERROR, array.size * roundoff(weights)):
        raise InputError(f"weights sum to {total:.9g}; expected 1. Divide them by their sum")
    if abs(total - 1) <= _EXACT:
        return array
    normalised = array / total
    freeze(normalised)
    return normalised


def of_one_dimension(components: Sequence[Gaussian]) -> tuple[Gaussian, ...]:
    """The components, if they are Gaussians of one dimension.

    Raises
    ------
    InputError
        When one is no Gaussian.
    ShapeError
        When two are of different dimension.
    """
    for k, component in enumerate(components):
        if not isinstance(component, Gaussian):
            raise InputError(f"component {k} is a {type(component).__name__}; expected a polywick.Gaussian")
        if component.d != components[0].d:
            raise ShapeError(
                f"component 0 has dimension {components[0].d} and component {k} has dimension {component.d}; "
                "expected components of one dimension"
            )
    return tuple(components)
