"""Components of mixtures from samples: by labels, or searched for."""

from __future__ import annotations

from typing import Any

import numpy as np

from numeric_backend.errors import InputError, ShapeError
from numeric_backend.namespaces import array_library, array_namespace, as_numpy
from polywick.inputs import Gaussian
from polywick.shapes import one_library

__all__ = ["gaussians_found", "gaussians_of_classes"]

_REGULAR = 1e-6  # of the mean variance: what the search adds to every variance
_ROUNDED = 1e-9

Mixed = tuple[list[float], list[Gaussian]]


def gaussians_of_classes(rows: Any, labels: Any) -> Mixed:
    """Shares of the classes, and a Gaussian with the mean and the (unbiased) covariance of the rows of each.

    Parameters
    ----------
    rows : array, shape (N, d)
        Samples, of NumPy or CuPy.
    labels : array_like, shape (N,)
        Their classes.

    Raises
    ------
    InputError
        When labels are NaN or do not sort.
    ShapeError
        When there are not as many labels as rows.
    ArrayLibraryError
        When the rows are NumPy's and the labels CuPy's.

    Examples
    --------
    >>> import numpy as np
    >>> from polywick.mixture_fit import gaussians_of_classes
    >>> gaussians_of_classes(np.array([[0.0], [2.0], [5.0], [5.0]]), ["a", "a", "b", "b"])
    ([0.5, 0.5], [Gaussian(d=1), Gaussian(d=1, singular covariance of rank 0)])
    """
    xp = array_namespace(rows)
    if array_library(labels) != "numpy":
        one_library(samples=rows, labels=labels)
    classes = np.asarray(labels) if array_library(labels) is None else as_numpy(labels)
    if classes.shape != (rows.shape[0],) or classes.size == 0:
        raise ShapeError(
            f"labels has shape {classes.shape} and samples has shape {rows.shape}; expected one label per row, "
            "and at least one row"
        )
    unnamed = int(np.count_nonzero(classes != classes))  # NaN and NaT differ from themselves
    if unnamed:
        raise InputError(f"labels has {unnamed} NaN entries of {classes.size}; expected a class for every row")
    try:
        names, counts = np.unique(classes, return_counts=True)
    except TypeError as error:
        raise InputError(f"labels do not sort ({error}); expected labels of one type, such as integers") from error
    places = [xp.asarray(np.flatnonzero(classes == name)) for name in names]
    return (counts / classes.size).tolist(), [_gaussian_of(rows[chosen]) for chosen in places]


def gaussians_found(rows: Any, count: int, seed: int) -> Mixed:
    """Weights and Gaussians found by scikit-learn's expectation maximisation, on the host.

    The samples are searched in the unit of their root mean square deviation, and the variance that keeps the search
    from collapsing, a 10^-6th of its square, is taken off again: the unit of the samples does not matter.

    Raises
    ------
    ShapeError
        When there are fewer rows than components, or only one.
    ModuleNotFoundError
        When scikit-learn is not installed.
    """
    try:
        from sklearn.mixture import GaussianMixture as Search
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "a mixture without labels is fitted by scikit-learn, which is not installed; "
            "expected the extra 'sklearn': pip install 'polywick[sklearn]', or labels"
        ) from error
    if rows.shape[0] < max(count, 2):
        raise ShapeError(f"samples has shape {rows.shape}; expected at least {max(count, 2)} rows")
    xp, samples = array_namespace(rows), as_numpy(rows)
    centre = samples.mean(axis=0)
    unit = float(np.sqrt(np.mean((samples - centre) ** 2))) or 1.0
    found = Search(count, random_state=seed, reg_covar=_REGULAR).fit((samples - centre) / unit)
    gaussians = []
    for mean, regular in zip(found.means_, found.covariances_, strict=True):
        covariance = regular - _REGULAR * np.eye(len(centre))
        dead = np.diag(covariance) <= _ROUNDED * np.diag(regular)  # a column that is constant in the component
        covariance[dead, :], covariance[:, dead] = 0.0, 0.0
        gaussians.append(Gaussian(xp.asarray(centre + unit * mean), xp.asarray(unit**2 * covariance)))
    return (found.weights_ / found.weights_.sum()).tolist(), gaussians


def _gaussian_of(rows: Any) -> Gaussian:
    if rows.shape[0] == 1:
        return Gaussian(rows[0], array_namespace(rows).zeros((rows.shape[1], rows.shape[1])))
    return Gaussian.fit(rows)
