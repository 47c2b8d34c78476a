"""The error of a kernel over the plane of (mu, sigma)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
from mpmath import libmp
from numpy.typing import NDArray

from codegen import method_constants
from codegen.verify.arithmetic import arithmetic, namespaces
from codegen.verify.error_bounds import no_errors
from codegen.verify.error_metric import relative_error, scales
from codegen.verify.kernel_runs import float_run
from codegen.verify.parameter_values import bound, settings
from codegen.verify.reference import Reference

__all__ = ["DIGITS", "FUNCTIONS", "AccuracyMap", "accuracy_map", "independent_points"]

FUNCTIONS = ("raw_moments", "hermite_coefficients")
DEGREE = 3
DIGITS = 30
_FARTHEST = math.asinh(1e3)
MEANS = np.sinh(np.linspace(-_FARTHEST, _FARTHEST, 24))
DEVIATIONS = np.logspace(-9, 6, 16)
_SMALLEST, _LARGEST = libmp.from_float(1e-250), libmp.from_float(1e250)
_NODES = 2001
_BITS = 80
_DEVIATIONS = 40.0

Raw = Any
IndependentPoint = tuple[float, float, float]


@dataclass(frozen=True)
class AccuracyMap:
    """Errors of a kernel, the worst of orders 0 to 3.

    Attributes
    ----------
    mu, sigma : ndarray
        Columns and rows.
    errors : dict of ndarray
        By function, one row per sigma; NaN where the scale of every order lies outside 1e-250 .. 1e250.
    promise : dict of float
        By function.
    arithmetic : str
        The library the reference is computed with.
    """

    mu: NDArray[np.float64]
    sigma: NDArray[np.float64]
    errors: dict[str, NDArray[np.float64]]
    promise: dict[str, float]
    arithmetic: str


def accuracy_map(
    kernel: ModuleType, mu: NDArray[np.float64] = MEANS, sigma: NDArray[np.float64] = DEVIATIONS
) -> AccuracyMap:
    """The kernel in doubles against its own text in 30 digits, at the defaults of its parameters.

    Errors are measured as certificates measure them; E|y^n g|, which raw moments are compared with, is known to a
    few per cent here.

    Parameters
    ----------
    kernel : module
        A committed kernel.
    mu, sigma : ndarray, optional
        Means and positive deviations; by default 24 from -1000 to 1000, evenly in asinh(mu), and 16 from 1e-9 to 1e6,
        evenly in log(sigma).
    """
    kernel = bound(kernel, next(settings(kernel))) if kernel.KERNEL.get("parameters") else kernel
    points = [(float(m), float(s)) for s in sigma for m in mu]
    own = float_run(kernel, points, DEGREE)
    exact = _exact_run(kernel, points)
    errors = {name: np.full(len(points), math.nan) for name in FUNCTIONS}
    for index, point in enumerate(points):
        measures = _scales(kernel, point, own, exact, index)
        for name in FUNCTIONS:
            judged = [
                relative_error(own[name][n][index], exact[name][n][index], measures[name][n])
                for n in range(DEGREE + 1)
                if _is_judged(measures[name][n])
            ]
            if judged:
                errors[name][index] = max(judged)
    return AccuracyMap(
        mu,
        sigma,
        {name: row.reshape(sigma.size, mu.size) for name, row in errors.items()},
        {name: float(kernel.KERNEL["promise"][name]) for name in FUNCTIONS},
        arithmetic(namespaces()[0]),
    )


def independent_points(kernel: ModuleType, table: dict[str, Any]) -> dict[str, list[IndependentPoint]]:
    """(mu, sigma, error) at the points of an accuracy table: its references are integrals of the definition."""
    rows = [(float.fromhex(row["mu"]), float.fromhex(row["sigma"]), row["values"]) for row in table["points"]]
    own = float_run(kernel, [(mu, sigma) for mu, sigma, _ in rows], DEGREE)
    found: dict[str, list[IndependentPoint]] = {name: [] for name in FUNCTIONS}
    for index, (mu, sigma, values) in enumerate(rows):
        for name in FUNCTIONS:
            judged = [
                relative_error(own[name][n][index], _raw(entry[0]), _raw(entry[1]))
                for n, entry in enumerate(values[name][: DEGREE + 1])
                if entry is not None and not entry[3] and _is_judged(_raw(entry[1]))
            ]
            if judged and sigma > 0:
                found[name].append((mu, sigma, max(judged)))
    return found


def _raw(decimal: str) -> Raw:
    return libmp.from_str(decimal, 120, "n")


def _is_judged(scale: Raw) -> bool:
    return bool(libmp.mpf_gt(scale, _SMALLEST) and libmp.mpf_lt(scale, _LARGEST))


def _exact_run(kernel: ModuleType, points: list[tuple[float, float]]) -> dict[str, list[list[Raw]]]:
    """The kernel's text in many digits: raw moments to 3, Hermite coefficients to 5."""
    xp = namespaces()[0](DIGITS, method_constants(list(kernel.METHOD), DIGITS))
    mu, sigma = (xp.inputs([point[i] for point in points]) for i in (0, 1))
    runs = {"raw_moments": kernel._raw_moments(xp, mu, sigma, DEGREE)}
    runs["hermite_coefficients"] = kernel._hermite_coefficients(xp, mu, sigma, DEGREE + 2)
    shape = (len(points),)
    return {
        name: [[xp.raw(value) for value in np.broadcast_to(np.asarray(row, dtype=object), shape)] for row in run]
        for name, run in runs.items()
    }


def _scales(
    kernel: ModuleType, point: tuple[float, float], own: dict[str, Any], exact: dict[str, Any], index: int
) -> dict[str, list[Raw]]:
    mu, sigma = point
    moments = tuple(row[index] for row in exact["raw_moments"])
    hermite = tuple(row[index] for row in exact["hermite_coefficients"])
    reference = Reference(
        mu=mu,
        sigma=sigma,
        moments=moments,
        magnitudes=_magnitudes(kernel, mu, sigma, moments),
        hermite=hermite,
        second_moment=own["second_moment"][0][index],
        variance=_variance(own["variance"][0][index], hermite),
        digits=DIGITS,
        agreement=0.0,
        errors=no_errors(DEGREE),
    )
    record = kernel.KERNEL
    found = scales(reference, record["promise"], DEGREE, int(record.get("near_roots", 0)))
    return {name: found[name] for name in FUNCTIONS}


def _variance(in_doubles: Raw, hermite: tuple[Raw, ...]) -> Raw:
    """Var g; where the square is no double any more, what ``sum_k c_k^2 / k!`` has of it in the orders at hand."""
    least = libmp.fzero
    for k, coefficient in enumerate(hermite[1:], start=1):
        square = libmp.mpf_pow_int(coefficient, 2, _BITS)
        least = libmp.mpf_add(least, libmp.mpf_div(square, libmp.from_int(math.factorial(k)), _BITS), _BITS)
    return in_doubles if libmp.mpf_gt(in_doubles, least) else least


def _magnitudes(kernel: ModuleType, mu: float, sigma: float, moments: tuple[Raw, ...]) -> tuple[Raw, ...]:
    """E|y^n g(y)|, at least |E[y^n g(y)]|: the trapezoidal rule over nodes dense near mu and near 0."""
    z = np.linspace(-_DEVIATIONS, _DEVIATIONS, _NODES)
    reach = math.asinh(abs(mu) + _DEVIATIONS * sigma)
    y = np.union1d(mu + sigma * z, np.sinh(np.linspace(-reach, reach, _NODES)))
    with np.errstate(all="ignore"):
        weight = np.exp(-(((y - mu) / sigma) ** 2) / 2) / (sigma * math.sqrt(2 * math.pi))
        size = np.abs(kernel.activation(y)) * weight
        found = [float(np.trapezoid(np.abs(y) ** n * size, y)) for n in range(len(moments))]
    raw = [libmp.from_float(value) if math.isfinite(value) else libmp.fzero for value in found]
    return tuple(
        libmp.mpf_abs(moment) if libmp.mpf_gt(libmp.mpf_abs(moment), one) else one
        for moment, one in zip(moments, raw, strict=True)
    )
