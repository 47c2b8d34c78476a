"""What a mixture's projection needs of a network under one Gaussian: the Hermite coefficients of its outputs.

They are read off the least-squares polynomial under that Gaussian, which closed forms give for every network: its
difference from the network is orthogonal to all polynomials of its degree, under that Gaussian.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np
import numpy.typing as npt

from numeric_backend.namespaces import array_namespace, as_numpy
from polywick.factored import FactoredPolynomial
from polywick.hermite_basis import HermiteBasis

__all__ = ["PairedDirections", "expected_gradient", "expected_value", "hermite_coordinates", "second_moments"]

FloatArray = Any  # float64, of NumPy or CuPy


def expected_value(polynomial: FactoredPolynomial) -> FloatArray:
    """``E f``, shape ``(o,)``."""
    return polynomial.W2 @ polynomial.coefficients[0] + polynomial.b2


def expected_gradient(polynomial: FactoredPolynomial) -> FloatArray:
    """``E grad f`` along the support, shape ``(o, d)``; ``Cov(f, x) = E[grad f] S``. Degree at least 1."""
    gradient = (polynomial.W2 * (polynomial.coefficients[1] * _inverse(polynomial.sigma))) @ polynomial.W1
    if polynomial.R is not None and polynomial.residual_coefficients is not None:
        gradient = gradient + (polynomial.W2 * polynomial.residual_coefficients[0]) @ polynomial.R
    return gradient


@dataclass(frozen=True)
class PairedDirections:
    """Symmetric matrices ``sum_j weights_oj (left_j right_j' + right_j left_j')/2``, one for every output o."""

    left: FloatArray
    right: FloatArray
    weights: FloatArray

    def matrix(self, output: int) -> FloatArray:
        """The matrix of one output, shape ``(r, r)``."""
        product = (self.left.T * self.weights[output]) @ self.right
        return (product + product.T) / 2


def second_moments(polynomial: FactoredPolynomial, cross: FloatArray) -> PairedDirections:
    """``E[f e e'] - E[f] C``, ``e = B (x - m)`` with ``C`` its covariance, from ``cross = S B'``; degree at least 2.

    Parameters
    ----------
    polynomial : FactoredPolynomial
        The least-squares polynomial under ``N(m, S)``.
    cross : array, shape (d, r)
        Covariance of ``x`` and ``B x``.

    Examples
    --------
    >>> import numpy as np
    >>> import polywick as pw
    >>> from polywick.component_moments import second_moments
    >>> net = pw.MLP([[1.0, 0.0]], [0.0], [[1.0]], [0.0], "square")
    >>> P = pw.approximate(net, pw.Gaussian.standard(2), degree=2)
    >>> second_moments(P, np.eye(2)).matrix(0)     # E[x_1^2 x x'] - I = diag(3, 1) - I
    array([[2., 0.],
           [0., 0.]])
    """
    images = (polynomial.W1 * _inverse(polynomial.sigma)[:, None]) @ cross
    weights = sqrt(2.0) * polynomial.W2 * polynomial.coefficients[2]
    if polynomial.R is None or polynomial.residual_coefficients is None:
        return PairedDirections(images, images, weights)
    gates = 2 * polynomial.W2 * polynomial.residual_coefficients[1]
    residual = polynomial.R @ cross
    xp = polynomial.namespace
    return PairedDirections(
        xp.concatenate([images, residual]), xp.concatenate([images, images]), xp.concatenate([weights, gates], axis=1)
    )


def hermite_coordinates(polynomial: FactoredPolynomial, basis: HermiteBasis) -> npt.NDArray[np.float64]:
    """Coefficients of f on ``prod_i he_{b_i}(y_i)``, ``x = m + L y``, shape ``(features, o)``; on the host.

    ``L`` is the factor of the covariance, and ``he_k = He_k/sqrt(k!)``: an orthonormal basis under ``y ~ N(0, I)``.

    Parameters
    ----------
    polynomial : FactoredPolynomial
        The least-squares polynomial under the Gaussian of x, of the basis's degree.
    basis : HermiteBasis
        In as many variables as the Gaussian has dimensions.
    """
    factor = polynomial.inputs.factor
    unit = as_numpy((polynomial.W1 @ factor) * _inverse(polynomial.sigma)[:, None])
    residual = None if polynomial.R is None else as_numpy(polynomial.R @ factor)
    gates = None if polynomial.residual_coefficients is None else as_numpy(polynomial.residual_coefficients)
    W2, coefficients = as_numpy(polynomial.W2), as_numpy(polynomial.coefficients)
    powers, slopes = basis.powers(unit, residual)
    coordinates = np.zeros((basis.size, polynomial.outputs))
    for k in range(basis.degree + 1):
        level = basis.level(k)
        coordinates[level] = powers[level] @ (W2 * coefficients[k]).T
        if k and slopes is not None and gates is not None:
            coordinates[level] += slopes[level] @ (W2 * (gates[k - 1] / np.sqrt(k))).T
    coordinates[0] += as_numpy(polynomial.b2)
    return coordinates


def _inverse(sigma: FloatArray) -> FloatArray:
    xp, varies = array_namespace(sigma), sigma > 0
    return xp.where(varies, 1 / xp.where(varies, sigma, 1.0), 0.0)
