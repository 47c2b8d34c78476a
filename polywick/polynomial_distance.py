"""``E||P - Q||^2`` under a Gaussian, from coefficients."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from math import comb, factorial, sqrt

import numpy as np
import numpy.typing as npt

from numeric_backend.namespaces import as_numpy
from polywick.dense import dense_tensor, gated_tensor
from polywick.dense_polynomial import DensePolynomial
from polywick.factored import FactoredPolynomial
from polywick.inputs import Gaussian
from polywick.polynomial import Polynomial

__all__ = ["hermite_tensors", "squared_distance", "squared_distances"]

FloatArray = npt.NDArray[np.float64]


def squared_distance(factored: FactoredPolynomial, other: Polynomial) -> FloatArray:
    """``E (P_o - Q_o)^2`` of every output under the inputs of P, shape ``(o,)``.

    With ``x = m + L z`` and ``P - Q = sum_k <H_k, He_k(z)>`` it is ``sum_k k! |H_k|^2``.

    Parameters
    ----------
    factored : FactoredPolynomial
        P, least-squares under the Gaussian in question.
    other : Polynomial
        Q, of the same degree.

    Raises
    ------
    SizeError
        When the tensors would not fit.

    Examples
    --------
    >>> import polywick as pw
    >>> from polywick.polynomial_distance import squared_distance
    >>> x_squared, one = pw.MLP([[1.0]], [0.0], [[1.0]], [0.0], "square"), pw.Gaussian.standard(1)
    >>> minus = pw.MLP([[1.0]], [0.0], [[-1.0]], [0.0], "square")
    >>> squared_distance(pw.approximate(x_squared, one, 2), pw.approximate(minus, one, 2))       # E (2 x^2)^2
    array([12.])
    """
    return squared_distances(factored, (other,))[0]


def squared_distances(factored: FactoredPolynomial, others: Sequence[Polynomial]) -> list[FloatArray]:
    """`squared_distance` to several polynomials, of the same degree or a lower one."""
    own, found = _factored_tensors(factored), []
    for other in others:
        total = np.zeros(factored.outputs)
        for k, (mine, theirs) in enumerate(zip_longest(own, hermite_tensors(other, factored.inputs))):
            difference = (mine if theirs is None else mine - theirs).reshape(total.size, -1)
            total += factorial(k) * np.einsum("oi,oi->o", difference, difference)
        found.append(total)
    return found


def hermite_tensors(polynomial: Polynomial, inputs: Gaussian) -> list[FloatArray]:
    """``H_k`` with ``P(m + L z) = sum_k <H_k, He_k(z)>``, ``N(m, L L')`` being the inputs; shapes ``(o, r, .., r)``.

    ``H_k = sum_j (k + 2j)!/(k! j! 2^j) tr^j T_(k+2j)`` for the monomial coefficients T in z.

    Examples
    --------
    >>> import polywick as pw
    >>> from polywick.polynomial_distance import hermite_tensors
    >>> net = pw.MLP([[1.0]], [0.0], [[1.0]], [0.0], "square")
    >>> P = pw.approximate(net, pw.Gaussian.standard(1), 2)
    >>> [round(float(H.item()), 12) for H in hermite_tensors(P, pw.Gaussian([1.0], [[4.0]]))]      # (1 + 2 z)^2
    [5.0, 4.0, 4.0]
    """
    whitened = _whitened(polynomial, as_numpy(inputs.mean), as_numpy(inputs.factor))
    n = len(whitened) - 1
    found = [tensor.copy() for tensor in whitened]
    for order in range(2, n + 1):
        traced = whitened[order]
        for j in range(1, order // 2 + 1):
            traced = np.trace(traced, axis1=-2, axis2=-1)
            k = order - 2 * j
            found[k] += factorial(order) / (factorial(k) * factorial(j) * 2**j) * traced
    return found


def _whitened(polynomial: Polynomial, mean: FloatArray, factor: FloatArray) -> list[FloatArray]:
    """Monomial coefficients of ``P(m + L z)`` in z."""
    n = polynomial.degree
    if isinstance(polynomial, DensePolynomial):
        tensors, shift = [as_numpy(t) for t in polynomial.tensors], mean - as_numpy(polynomial.centre)
    else:
        tensors, shift = [as_numpy(polynomial.tensor(k)) for k in range(n + 1)], mean
    found = []
    for k in range(n + 1):
        total = tensors[n] * comb(n, k)
        for order in range(n - 1, k - 1, -1):
            total = total @ shift + comb(order, k) * tensors[order]
        for place in range(1, k + 1):
            total = np.moveaxis(np.tensordot(total, factor, axes=(place, 0)), -1, place)
        found.append(np.asarray(total))
    return found


def _factored_tensors(polynomial: FactoredPolynomial) -> list[FloatArray]:
    """``H_k`` of a factored polynomial under its own inputs."""
    _, unit = polynomial.inputs.deviations(polynomial.W1)
    unit, W2 = as_numpy(unit), as_numpy(polynomial.W2)
    A = as_numpy(polynomial.coefficients)
    found = [A[0] @ W2.T + as_numpy(polynomial.b2)]
    r, o = unit.shape[1], W2.shape[0]
    for k in range(1, polynomial.degree + 1):
        if r == 0:
            found.append(np.zeros((o, *(0 for _ in range(k)))))
            continue
        tensor = dense_tensor(A[k] / sqrt(factorial(k)), unit, W2, k)
        if polynomial.R is not None and polynomial.residual_coefficients is not None:
            residual = as_numpy(polynomial.R @ polynomial.inputs.factor)
            weights = as_numpy(polynomial.residual_coefficients)[k - 1] / sqrt(factorial(k - 1))
            tensor = tensor + gated_tensor(weights, residual, unit, W2, k)
        found.append(tensor)
    return found
