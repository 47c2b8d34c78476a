"""Polynomials on disk."""

from __future__ import annotations

import os
from types import ModuleType
from typing import Any

import numpy as np

from numeric_backend import kernels
from numeric_backend.errors import InputError
from polywick.archives import read_archive, write_archive
from polywick.inputs import Gaussian
from polywick.network import resolve_kernel
from polywick.polynomial import Polynomial
from polywick.shapes import finite_array
from polywick.unexplained import UnexplainedVariance

__all__ = ["load", "save"]

_FORMAT = "polywick polynomial 1"
_ARRAYS = ("W1", "b1", "W2", "b2", "coefficients", "sigma", "mean", "covariance", "activation", "format")


_REAL = ("W1", "b1", "W2", "b2", "coefficients", "sigma", "mean", "covariance", "precision")
_FRACTIONS = ("fvu", "fvu_per_output", "fvu_interval_per_output")


def _committed(name: str, formula: str) -> ModuleType | None:
    """The committed kernel of that name, if its formula is the one asked for too."""
    if name not in kernels.names():
        return None
    kernel = kernels.load(name)
    return kernel if formula and kernel.KERNEL["formula"] == formula else None


def save(polynomial: Polynomial, path: str | os.PathLike[str]) -> None:
    """Write a polynomial to an ``.npz`` file; see :meth:`polywick.Polynomial.save`.

    With an activation outside the catalogue the fraction of variance unexplained is computed first and
    written along, since its kernel will not be at hand when the file is read.
    """
    arrays = {
        "format": np.array(_FORMAT),
        "activation": np.array(polynomial.activation),
        "expression": np.array(polynomial.expression),
        "formula": np.array(polynomial.formula),
        "W1": polynomial.W1,
        "b1": polynomial.b1,
        "W2": polynomial.W2,
        "b2": polynomial.b2,
        "coefficients": polynomial.coefficients,
        "sigma": polynomial.sigma,
        "mean": polynomial.inputs.mean,
        "covariance": polynomial.inputs.covariance,
        "precision": np.array([polynomial.inputs.precision]),
    }
    foreign = _committed(polynomial.activation, polynomial.formula) is None
    if "_unexplained" in polynomial.__dict__ or (polynomial.kernel is not None and foreign):
        arrays["fvu"] = np.array([polynomial.fvu, *polynomial.fvu_interval])
        arrays["fvu_per_output"] = polynomial.fvu_per_output
        arrays["fvu_interval_per_output"] = polynomial.fvu_interval_per_output
    write_archive(path, arrays)


def load(path: str | os.PathLike[str], activation: Any = None) -> Polynomial:
    """The polynomial that :meth:`polywick.Polynomial.save` wrote.

    Parameters
    ----------
    path : path
        An ``.npz`` file.
    activation : str or kernel module, optional
        The kernel, where it is none of the committed ones; without it the polynomial is evaluated as ever, and
        what needs the kernel says so.

    Raises
    ------
    InputError
        When the file is missing, damaged, or holds something else, or the activation is another one.

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
    name, expression, formula = (str(arrays.get(key, "")) for key in ("activation", "expression", "formula"))
    if activation is None:
        kernel = _committed(name, formula)
    else:
        kernel = resolve_kernel(activation)
        given = str(kernel.KERNEL.get("formula", ""))
        if formula and given != formula:
            raise InputError(
                f"activation has the formula {given or 'unknown'} ({kernel.KERNEL.get('name')}) and the polynomial in "
                f"{os.fspath(path)!r} {formula} ({name} = {expression}); expected the activation it was made with"
            )
    unexplained = None
    try:
        for key in (*_REAL, *_FRACTIONS):
            if key in arrays and arrays[key].dtype.kind not in "fiu":
                raise InputError(f"{key} has dtype {arrays[key].dtype}; expected real numbers")
        if "fvu" in arrays:
            missing = [key for key in _FRACTIONS if key not in arrays]
            if missing:
                raise InputError(f"fvu stands without {', '.join(missing)}")
            fvu, low, high = (float(value) for value in finite_array("fvu", arrays["fvu"], 1))
            per_output = finite_array("fvu_per_output", arrays["fvu_per_output"], 1)
            intervals = finite_array("fvu_interval_per_output", arrays["fvu_interval_per_output"], 2)
            unexplained = UnexplainedVariance(fvu, per_output, (low, high), intervals)
        precision = finite_array("precision", arrays["precision"], 1)[0] if "precision" in arrays else None
        return Polynomial(
            *(np.asarray(arrays[name], dtype=np.float64) for name in ("W1", "b1", "W2", "b2")),
            coefficients=np.asarray(arrays["coefficients"], dtype=np.float64),
            sigma=np.asarray(arrays["sigma"], dtype=np.float64),
            inputs=Gaussian(arrays["mean"], arrays["covariance"], precision=precision),
            activation=name,
            kernel=kernel,
            expression=expression,
            formula=formula,
            unexplained=unexplained,
        )
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise InputError(f"{os.fspath(path)!r} does not hold a valid polynomial: {error}; expected {what}") from error
