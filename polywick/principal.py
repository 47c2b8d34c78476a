"""The principal subspace of a covariance: the directions in which the inputs vary enough to be learnt from."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from numeric_backend.errors import InputError
from polywick.shapes import checked_number

__all__ = ["checked_variance", "principal_projector"]

FloatArray = npt.NDArray[np.float64]


def principal_projector(covariance: FloatArray, relative: float) -> FloatArray:
    """The orthogonal projector on the eigenvectors whose eigenvalues exceed ``relative`` times the largest.

    Parameters
    ----------
    covariance : array, shape (d, d)
        Symmetric positive semi-definite.
    relative : float
        At least 0 and below 1.

    Raises
    ------
    InputError
        When ``relative`` is out of range.

    Examples
    --------
    >>> import numpy as np
    >>> from polywick.principal import principal_projector
    >>> principal_projector(np.diag([4.0, 1.0, 1e-6]), 1e-3).round(12)
    array([[1., 0., 0.],
           [0., 1., 0.],
           [0., 0., 0.]])
    """
    cut = checked_number("relative", relative)
    if not 0 <= cut < 1:
        raise InputError(f"relative is {relative!r}; expected a fraction of the largest eigenvalue, such as 1e-3")
    alive = np.diag(covariance) > 0
    values, vectors = np.linalg.eigh(covariance[np.ix_(alive, alive)])
    kept = vectors[:, values > cut * max(float(values[-1]), 0.0)] if values.size else vectors
    projector = np.zeros_like(covariance)
    projector[np.ix_(alive, alive)] = kept @ kept.T
    return projector


def checked_variance(variance: float) -> float:
    """``variance`` as a float, if it is a finite number of at least 0.

    Raises
    ------
    InputError
        When it is not.

    Examples
    --------
    >>> from polywick.principal import checked_variance
    >>> checked_variance(1)
    1.0
    """
    value = checked_number("variance", variance)
    if not 0 <= value < np.inf:
        raise InputError(f"variance is {variance!r}; expected a finite number of at least 0")
    return value
