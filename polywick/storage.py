"""Polynomials on disk."""

from __future__ import annotations

import os

import numpy as np

from numeric_backend import kernels
from numeric_backend.errors import InputError
from polywick.archives import read_archive, write_archive
from polywick.fvu import UnexplainedVariance
from polywick.inputs import Gaussian
from polywick.polynomial import Polynomial
from polywick.shapes import finite_array

__all__ = ["load", "save"]

_FORMAT = "polywick polynomial 1"
_ARRAYS = ("W1", "b1", "W2", "b2", "coefficients", "sigma", "mean", "covariance", "activation", "format")


def save(polynomial: Polynomial, path: str | os.PathLike[str]) -> None:
    """Write a polynomial to an ``.npz`` file; see :meth:`polywick.Polynomial.save`.

    With an activation outside the catalogue the fraction of variance unexplained is computed first and
    written along, since its kernel will not be at hand when the file is read.
    """
    arrays = {
        "format": np.array(_FORMAT),
        "activation": np.array(polynomial.activation),
        "W1": polynomial.W1,
        "b1": polynomial.b1,
        "W2": polynomial.W2,
        "b2": polynomial.b2,
        "coefficients": polynomial.coefficients,
        "sigma": polynomial.sigma,
        "mean": polynomial.inputs.mean,
        "covariance": polynomial.inputs.covariance,
    }
    known = polynomial.activation in kernels.names() and polynomial.kernel is kernels.load(polynomial.activation)
    if polynomial.kernel is not None and not known:
        arrays["foreign_activation"] = np.array(True)
    if "_unexplained" in polynomial.__dict__ or (polynomial.kernel is not None and not known):
        arrays["fvu"] = np.array([polynomial.fvu, *polynomial.fvu_interval])
        arrays["fvu_per_output"] = polynomial.fvu_per_output
    write_archive(path, arrays)


def load(path: str | os.PathLike[str]) -> Polynomial:
    """The polynomial that :meth:`polywick.Polynomial.save` wrote.

    Parameters
    ----------
    path : path
        An ``.npz`` file.

    Raises
    ------
    InputError
        When the file is missing, damaged, or holds something else.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import polywick as pw
    >>> net = pw.MLP([[1.0]], [0.0], [[1.0]], [0.0], "relu")
    >>> P = pw.approximate(net, pw.Gaussian.standard(1), degree=2)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     P.save(pathlib.Path(folder) / "p.npz")
    ...     Q = pw.load(pathlib.Path(folder) / "p.npz")
    >>> Q.fvu == P.fvu
    True
    """
    what = "a polynomial written by Polynomial.save"
    arrays = read_archive(path, what, _ARRAYS)
    if str(arrays["format"]) != _FORMAT:
        raise InputError(f"{os.fspath(path)!r} has format {str(arrays['format'])!r}; expected {_FORMAT!r}")
    activation = str(arrays["activation"])
    unexplained = None
    try:
        if "fvu" in arrays:
            fvu, low, high = (float(value) for value in finite_array("fvu", arrays["fvu"], 1))
            per_output = finite_array("fvu_per_output", arrays["fvu_per_output"], 1)
            unexplained = UnexplainedVariance(fvu, per_output, (low, high))
        here = activation in kernels.names() and "foreign_activation" not in arrays
        return Polynomial(
            *(np.asarray(arrays[name], dtype=np.float64) for name in ("W1", "b1", "W2", "b2")),
            coefficients=np.asarray(arrays["coefficients"], dtype=np.float64),
            sigma=np.asarray(arrays["sigma"], dtype=np.float64),
            inputs=Gaussian(arrays["mean"], arrays["covariance"]),
            activation=activation,
            kernel=kernels.load(activation) if here else None,
            unexplained=unexplained,
        )
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{os.fspath(path)!r} does not hold a valid polynomial: {error}; expected {what}") from error
