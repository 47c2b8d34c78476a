"""What each degree adds under a mixture, from the polynomial alone.

Projections are nested, ``P_k f = P_k P_n f``: the least-squares polynomials of lower degree are those of the polynomial
of degree n itself. Degrees are no orthogonal parts; degree k adds ``Var(P_k f) - Var(P_{k-1} f)``, never less than 0.
"""

from __future__ import annotations

from math import factorial

import numpy as np
import numpy.typing as npt

from numeric_backend.errors import SizeError
from numeric_backend.namespaces import as_numpy
from polywick.dense_polynomial import DensePolynomial
from polywick.hermite_basis import HermiteBasis, feature_count
from polywick.inputs import Gaussian
from polywick.mixture import GaussianMixture
from polywick.mixture_solve.coordinates import whitened, whitening
from polywick.mixture_solve.direct import explained_up_to
from polywick.mixture_solve.project import check_direct
from polywick.polynomial_distance import hermite_tensors

__all__ = ["shares_by_degree"]

FloatArray = npt.NDArray[np.float64]

_ROUNDING = 64 * float(np.finfo(np.float64).eps)


def shares_by_degree(polynomial: DensePolynomial) -> FloatArray:
    """The share of each output's variance that each degree adds, shape ``(n + 1, o)``; in NumPy, on the host.

    Degree 1 has a closed form, degrees from 2 to ``n - 1`` are refitted by the direct solver, all from one triangle.
    The highest adds what is then missing to ``1 - fvu``, which an error of the polynomial's own coefficients changes
    to second order only.

    Raises
    ------
    SizeError
        When a quadratic or more has to be refitted and its system would not fit in memory.

    Examples
    --------
    >>> import polywick as pw
    >>> from polywick.degree_shares import shares_by_degree
    >>> net = pw.MLP([[1.0]], [0.0], [[1.0]], [0.0], "square")
    >>> two = pw.GaussianMixture([0.5, 0.5], [[1.0], [5.0]], [[[1.0]], [[1.0]]])
    >>> shares_by_degree(pw.approximate(net, two, degree=2)).round(4).T
    array([[0.    , 0.9091, 0.0909]])
    """
    n, mixture = polynomial.degree, _counting(polynomial.inputs)
    residual, left = as_numpy(polynomial.residual_variance), as_numpy(polynomial.fvu_per_output)
    some = left > 0
    variance = np.where(some, residual / np.where(some, left, 1.0), 0.0)
    if not some.all():
        variance = np.where(some, variance, _variance(polynomial, mixture))
    safe = np.where(variance > 0, variance, np.inf)
    explained = np.zeros((n + 1, polynomial.outputs))
    explained[:n] = _explained_below(polynomial, mixture) / safe
    explained[n] = np.where(variance > 0, 1 - left, 0.0)
    shares: FloatArray = np.maximum(np.diff(explained, axis=0, prepend=0.0), 0.0)
    shares[0] = 0.0
    return shares


def _counting(inputs: Gaussian | GaussianMixture) -> GaussianMixture:
    """The inputs as a mixture, without components of weight 0."""
    if isinstance(inputs, Gaussian):
        return GaussianMixture.of([1.0], [inputs])
    weights = as_numpy(inputs.weights)
    counted = np.flatnonzero(weights > 0)
    return GaussianMixture.of(weights[counted].tolist(), [inputs.components[k] for k in counted])


def _explained_below(polynomial: DensePolynomial, mixture: GaussianMixture) -> FloatArray:
    """Variances of the projections of degrees 0 to ``n - 1``, shape ``(n, o)``."""
    n = polynomial.degree
    explained = np.zeros((n, polynomial.outputs))
    if n == 2:
        explained[1] = _linear_part(polynomial, mixture)
    if n < 3:
        return explained
    try:
        check_direct(feature_count(mixture.rank, n - 1), n - 1, mixture.rank)
    except SizeError as error:
        raise SizeError(
            f"what each degree adds to a polynomial of degree {n} is found by fitting those below it: {error}. "
            "polywick.fvu_curve(network, inputs, degrees) gives what the polynomials that can be found leave"
        ) from error

    def coefficients(k: int, basis: HermiteBasis) -> FloatArray:
        return basis.coordinates(hermite_tensors(polynomial, mixture.components[k])[:n])

    return explained_up_to(whitened(mixture), as_numpy(mixture.weights), coefficients, n - 1)


def _linear_part(quadratic: DensePolynomial, mixture: GaussianMixture) -> FloatArray:
    """Variance of the linear projection of a quadratic, by the law of total covariance."""
    constant, slope, form = (as_numpy(tensor) for tensor in quadratic.tensors)
    weights, means = as_numpy(mixture.weights), as_numpy(mixture.means)
    values, within = np.empty((weights.size, constant.size)), np.zeros_like(slope)
    for k, (weight, component) in enumerate(zip(weights, mixture.components, strict=True)):
        shift, covariance = means[k] - as_numpy(quadratic.centre), as_numpy(component.covariance)
        images = form @ shift
        traces = form.reshape(constant.size, -1) @ covariance.ravel()
        values[k] = constant + slope @ shift + images @ shift + traces
        within += weight * ((slope + 2 * images) @ covariance)
    between = (weights[:, None] * (values - weights @ values)).T @ (means - weights @ means)
    return np.asarray(np.sum(((within + between) @ whitening(mixture).T) ** 2, axis=1))


def _variance(polynomial: DensePolynomial, mixture: GaussianMixture) -> FloatArray:
    """Variance of every output; 0 where it is that of rounded values."""
    weights, tensors = as_numpy(mixture.weights), [hermite_tensors(polynomial, c) for c in mixture.components]
    values = np.stack([each[0] for each in tensors])
    variance = weights @ (values - weights @ values) ** 2
    for weight, each in zip(weights, tensors, strict=True):
        for k, tensor in enumerate(each[1:], start=1):
            variance += weight * factorial(k) * np.sum(tensor.reshape(variance.size, -1) ** 2, axis=1)
    return np.asarray(np.where(variance <= (_ROUNDING * np.abs(values).max(axis=0)) ** 2, 0.0, variance))
