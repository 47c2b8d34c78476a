"""Polynomials on disk."""

from __future__ import annotations

import os
from collections.abc import Iterable
from types import ModuleType
from typing import Any

import numpy as np

from numeric_backend import kernels
from numeric_backend.errors import InputError
from numeric_backend.namespaces import as_numpy
from polywick.archives import read_archive, write_archive
from polywick.dense_polynomial import DensePolynomial
from polywick.factored import FactoredPolynomial
from polywick.gated import GATES
from polywick.inputs import Gaussian
from polywick.mixture import GaussianMixture
from polywick.network import resolve_kernel
from polywick.polynomial import Polynomial
from polywick.shapes import checked_degree, finite_array
from polywick.unexplained import UnexplainedVariance

__all__ = ["load", "save"]

_FORMAT = "polywick polynomial 2"
_FIRST_FORMAT = "polywick polynomial 1"  # factored, of an MLP; it names no form
_WHAT = "a polynomial written by Polynomial.save"
_FORMS = ("factored", "dense")
_GATE = ("R", "residual_coefficients", "value_mean", "value_slope")
_FACTORED = ("W1", "b1", "W2", "b2", "coefficients", "sigma")
_INPUTS = ("mean", "covariance", "precision")
_MIXTURE = ("weights", "means", "covariances", "precision")
_FRACTIONS = ("fvu", "fvu_per_output", "fvu_interval_per_output")


def _committed(name: str, formula: str) -> ModuleType | None:
    """The committed kernel of that name, if its formula is the one asked for too."""
    if name not in kernels.names():
        return None
    kernel = kernels.load(name)
    return kernel if formula and kernel.KERNEL["formula"] == formula else None


def save(polynomial: Polynomial, path: str | os.PathLike[str]) -> None:
    """Write a polynomial to an ``.npz`` file; see :meth:`polywick.Polynomial.save`.

    Where the fraction of variance unexplained could not be computed from what is in the file (an activation outside
    the catalogue, dense tensors) it is computed first and written along. Arrays of CuPy are written as NumPy's.
    """
    arrays: dict[str, Any] = {"format": np.array(_FORMAT), "dtype": np.array(polynomial.dtype.name)}
    if isinstance(polynomial, FactoredPolynomial):
        foreign = _committed(polynomial.activation, polynomial.formula) is None
        needed = polynomial.kernel is not None and foreign
        arrays |= {
            "form": np.array("factored"),
            "activation": np.array(polynomial.activation),
            "expression": np.array(polynomial.expression),
            "formula": np.array(polynomial.formula),
        }
        arrays |= {name: getattr(polynomial, name) for name in _FACTORED}
        arrays |= {name: getattr(polynomial, name) for name in _GATE if polynomial.R is not None}
    elif isinstance(polynomial, DensePolynomial):
        needed = polynomial.can_explain
        arrays |= {
            "form": np.array("dense"),
            "activation": np.array(polynomial.activation),
            "centre": polynomial.centre,
            "degree": np.array(polynomial.degree),
        }
        arrays |= {f"tensor_{k}": tensor for k, tensor in enumerate(polynomial.tensors)}
        if polynomial.report is not None:
            arrays["report"] = np.array(str(polynomial.report))
    else:
        raise InputError(f"a {type(polynomial).__name__} was given; expected a factored or a dense polynomial")
    arrays |= _inputs_arrays(polynomial.inputs)
    if needed or "_unexplained" in polynomial.__dict__:
        arrays["fvu"] = np.array([polynomial.fvu, *polynomial.fvu_interval])
        arrays["fvu_per_output"] = polynomial.fvu_per_output
        arrays["fvu_interval_per_output"] = polynomial.fvu_interval_per_output
        residual = polynomial._unexplained.residual
        if residual is not None and np.isfinite(residual).all():
            arrays["residual_variance"] = residual
    write_archive(path, {name: as_numpy(array) for name, array in arrays.items()})


def _inputs_arrays(inputs: Any) -> dict[str, Any]:
    """The arrays a law of the inputs is made of."""
    if isinstance(inputs, GaussianMixture):
        return {
            "weights": inputs.weights,
            "means": inputs.means,
            "covariances": np.stack([as_numpy(component.covariance) for component in inputs.components]),
            "precision": np.array([component.precision for component in inputs.components]),
        }
    if not isinstance(inputs, Gaussian):
        raise InputError(f"a polynomial under a {type(inputs).__name__} cannot be written; expected a Gaussian")
    return {"mean": inputs.mean, "covariance": inputs.covariance, "precision": np.array([inputs.precision])}


def _gaussian_of(arrays: dict[str, Any]) -> Gaussian:
    """The Gaussian that `_inputs_arrays` took apart."""
    precision = finite_array("precision", arrays["precision"], 1)[0] if "precision" in arrays else None
    return Gaussian(arrays["mean"], arrays["covariance"], precision=precision)


def _inputs_of(arrays: dict[str, Any]) -> Gaussian | GaussianMixture:
    """The law of the inputs that `_inputs_arrays` took apart."""
    if "weights" not in arrays:
        return _gaussian_of(_real(arrays, _INPUTS))
    given = _real(arrays, _MIXTURE)
    precisions = np.broadcast_to(finite_array("precision", given["precision"], 1), len(given["weights"]))
    components = [
        Gaussian(mean, covariance, precision=precision)
        for mean, covariance, precision in zip(given["means"], given["covariances"], precisions.tolist(), strict=True)
    ]
    return GaussianMixture.of(given["weights"], components)


def load(path: str | os.PathLike[str], activation: Any = None) -> Polynomial:
    """The polynomial that :meth:`polywick.Polynomial.save` wrote.

    Parameters
    ----------
    path : path
        An ``.npz`` file.
    activation : str or kernel module, optional
        The kernel (or, of a GLU, the name of its gate), where it is none of the committed ones; without it the
        polynomial is evaluated as ever, and what needs the kernel says so.

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
    arrays = read_archive(path, _WHAT, ("format",))
    written = str(arrays["format"])
    if written not in (_FORMAT, _FIRST_FORMAT):
        raise InputError(f"{os.fspath(path)!r} has format {written!r}; expected {_FORMAT!r}")
    form = "factored" if written == _FIRST_FORMAT else str(arrays.get("form"))
    if form not in _FORMS:
        raise InputError(f"{os.fspath(path)!r} has form {form!r}; expected one of {', '.join(_FORMS)}")
    kernel = _kernel_for(path, arrays, activation)
    try:
        return _factored(arrays, kernel) if form == "factored" else _dense(arrays)
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise InputError(f"{os.fspath(path)!r} does not hold a valid polynomial: {error}; expected {_WHAT}") from error


def _kernel_for(path: str | os.PathLike[str], arrays: dict[str, Any], activation: Any) -> Any:
    """The kernel given, if it is the one the polynomial was made with; else the committed one."""
    name, expression, formula = (str(arrays.get(key, "")) for key in ("activation", "expression", "formula"))
    if activation is None:
        return _committed(name, formula)
    if isinstance(activation, str) and "R" in arrays:
        activation = GATES.get(activation, activation)
    kernel = resolve_kernel(activation)
    given = str(kernel.KERNEL.get("formula", ""))
    if formula and given != formula:
        raise InputError(
            f"activation has the formula {given or 'unknown'} ({kernel.KERNEL.get('name')}) and the polynomial in "
            f"{os.fspath(path)!r} {formula} ({name} = {expression}); expected the activation it was made with"
        )
    return kernel


def _factored(arrays: dict[str, Any], kernel: Any) -> FactoredPolynomial:
    present = _GATE if any(name in arrays for name in _GATE) else ()
    given = _real(arrays, (*_FACTORED, *present))
    return FactoredPolynomial(
        **given,
        inputs=_gaussian_of(_real(arrays, _INPUTS[:2]) | _real(arrays, [n for n in _INPUTS[2:] if n in arrays])),
        activation=str(arrays["activation"]),
        kernel=kernel,
        expression=str(arrays.get("expression", "")),
        formula=str(arrays.get("formula", "")),
        unexplained=_unexplained(arrays),
        dtype=_dtype(arrays),
    )


def _dense(arrays: dict[str, Any]) -> DensePolynomial:
    names = [f"tensor_{k}" for k in range(checked_degree(arrays["degree"]) + 1)]
    given = _real(arrays, ("centre", *names))
    return DensePolynomial(
        given["centre"],
        [given[name] for name in names],
        inputs=_inputs_of(arrays),
        activation=str(arrays["activation"]),
        report=str(arrays["report"]) if "report" in arrays else None,
        unexplained=_unexplained(arrays),
        dtype=_dtype(arrays),
    )


def _real(arrays: dict[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """Those arrays, which must be there and hold real numbers."""
    chosen = {}
    for name in names:
        if name not in arrays:
            raise InputError(f"{name} is missing")
        if arrays[name].dtype.kind not in "fiu":
            raise InputError(f"{name} has dtype {arrays[name].dtype}; expected real numbers")
        chosen[name] = arrays[name]
    return chosen


def _dtype(arrays: dict[str, Any]) -> np.dtype[Any]:
    name = str(arrays.get("dtype", "float64"))
    if name not in ("float32", "float64"):
        raise InputError(f"dtype is {name!r}; expected float32 or float64")
    return np.dtype(name)


def _unexplained(arrays: dict[str, Any]) -> UnexplainedVariance | None:
    if "fvu" not in arrays:
        return None
    missing = [key for key in _FRACTIONS if key not in arrays]
    if missing:
        raise InputError(f"fvu stands without {', '.join(missing)}")
    given = _real(arrays, _FRACTIONS)
    fvu, low, high = (float(value) for value in finite_array("fvu", given["fvu"], 1))
    per_output = finite_array("fvu_per_output", given["fvu_per_output"], 1)
    intervals = finite_array("fvu_interval_per_output", given["fvu_interval_per_output"], 2)
    residual = None
    if "residual_variance" in arrays:
        residual = finite_array("residual_variance", _real(arrays, ("residual_variance",))["residual_variance"], 1)
    return UnexplainedVariance(fvu, per_output, (low, high), intervals, residual)
