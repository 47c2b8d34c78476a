"""Networks to polynomials by the projection theorem: no Gram matrix, no linear solve, any degree."""

from __future__ import annotations

from typing import Any

from numeric_backend.errors import InputError, ShapeError
from polywick.gated import GLU
from polywick.inputs import Gaussian
from polywick.network import MLP
from polywick.polynomial import Polynomial
from polywick.projection import project
from polywick.shapes import checked_degree, one_library

__all__ = ["approximate"]


def approximate(network: Any, inputs: Any, degree: int = 2) -> Polynomial:
    """Least-squares polynomial of degree n of a network under Gaussian inputs, in closed form.

    With ``y_j = w_j . x + b1_j ~ N(mu_j, sigma_j^2)`` it is the same network with each unit's activation
    replaced by ``p_j(y) = sum_{k<=n} c_k(mu_j, sigma_j)/k! He_k((y - mu_j)/sigma_j)``, ``c_k`` being the
    Hermite coefficients of the activation. A unit with ``sigma_j = 0`` is the constant ``g(mu_j)``. A gated unit
    ``g(y_j) z_j`` gets another such polynomial, times the part of ``z_j`` that is independent of ``y_j``
    (:func:`polywick.projection.project` has the formula); bilinear layers come out exact at degree 2.

    Parameters
    ----------
    network : MLP or GLU
        The network.
    inputs : Gaussian
        Law of the input; any mean and covariance.
    degree : int
        Degree n, at least 0.

    Returns
    -------
    Polynomial
        In factored form; cost and memory are those of the network.

    Raises
    ------
    InputError
        When network, inputs or degree are of another kind.
    ShapeError
        When the inputs' dimension is not the network's.
    ArrayLibraryError
        When the network is of NumPy arrays and the inputs of CuPy's, or the other way round.

    References
    ----------
    Projection commutes with ``W2 g(W1 x + b1) + b2`` because ``He_k(u . z)``, ``|u| = 1``, lies in the k-th
    homogeneous chaos (Janson, *Gaussian Hilbert Spaces*, theorem 3.9). Degrees 1 and 2: arXiv 2502.01032.

    Examples
    --------
    >>> import polywick as pw
    >>> net = pw.MLP([[1.0, 1.0], [1.0, -1.0]], [0.0, 0.5], [[1.0, -1.0]], [0.2], "gelu")
    >>> P = pw.approximate(net, pw.Gaussian.standard(2), degree=3)
    >>> P.degree, round(P.fvu, 4) < 0.05
    (3, True)
    """
    if not isinstance(network, (MLP, GLU)):
        raise InputError(
            f"network is a {type(network).__name__}; expected a polywick.MLP or polywick.GLU (polywick.read makes one)"
        )
    if not isinstance(inputs, Gaussian):
        raise InputError(
            f"inputs is a {type(inputs).__name__}; expected a polywick.Gaussian, for example Gaussian.fit(samples)"
        )
    n = checked_degree(degree)
    if inputs.d != network.d:
        name, weights = ("W", network.W) if isinstance(network, GLU) else ("W1", network.W1)
        raise ShapeError(
            f"inputs have mean of shape {inputs.mean.shape} and {name} has shape {weights.shape}; "
            f"expected as many inputs as {name} has columns"
        )
    one_library(network=network.W2, inputs=inputs.mean)
    return project(network, inputs, n)
