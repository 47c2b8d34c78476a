"""Networks to polynomials: for one Gaussian in closed form, any degree; for mixtures by a linear system."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numeric_backend.errors import InputError, ShapeError
from polywick.gated import GLU
from polywick.inputs import Gaussian
from polywick.mixture import GaussianMixture
from polywick.mixture_solve import checked_tolerance, project_on_mixture
from polywick.network import MLP
from polywick.polynomial import Polynomial
from polywick.projection import project
from polywick.shapes import checked_degree, one_library

__all__ = ["approximate"]


def approximate(
    network: Any,
    inputs: Any,
    degree: int = 2,
    *,
    tolerance: float = 1e-6,
    progress: Callable[[int, float, float], None] | None = None,
) -> Polynomial:
    """Least-squares polynomial of degree n of a network under Gaussian inputs, or under a mixture of Gaussians.

    With one Gaussian it has a closed form. With ``y_j = w_j . x + b1_j ~ N(mu_j, sigma_j^2)`` it is the same network
    with each unit's activation replaced by ``p_j(y) = sum_{k<=n} c_k(mu_j, sigma_j)/k! He_k((y - mu_j)/sigma_j)``,
    ``c_k`` being the Hermite coefficients of the activation. A unit with ``sigma_j = 0`` is the constant ``g(mu_j)``. A
    gated unit ``g(y_j) z_j`` gets another such polynomial, times the part of ``z_j`` that is independent of ``y_j``
    (:func:`polywick.projection.project` has the formula); bilinear layers come out exact at degree 2.

    Under a mixture, degrees 0 and 1 have a closed form too; higher ones solve a linear system, directly (up to 2,000
    features at degree 2, up to 1 GB above) or, at degree 2, by conjugate gradients on an operator that is never formed:
    they stop when the excess of the mean squared error over the least is estimated below ``tolerance``. Where the
    overall covariance is singular the polynomial is fitted on its range. ``.report`` of the result says what was done.

    Parameters
    ----------
    network : MLP or GLU
        The network.
    inputs : Gaussian or GaussianMixture
        Law of the input; any means, covariances and weights.
    degree : int
        Degree n, at least 0.
    tolerance : float
        Excess mean squared error allowed under a mixture, as a fraction of the network's variance.
    progress : callable, optional
        Told, step by step, the conjugate gradient steps done, the estimated excess and the tolerance.

    Returns
    -------
    Polynomial
        Under a Gaussian in factored form: cost and memory are those of the network. Under a mixture as dense tensors.

    Raises
    ------
    InputError
        When network, inputs or degree are of another kind.
    ShapeError
        When the inputs' dimension is not the network's.
    SizeError
        When the system of a mixture, or its coefficient tensor, would not fit in memory.
    ArrayLibraryError
        When the network is of NumPy arrays and the inputs of CuPy's, or the other way round.

    Warns
    -----
    UserWarning
        When conjugate gradients did not reach the tolerance; the result is marked, ``.report.converged`` is False.

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
    if not isinstance(inputs, (Gaussian, GaussianMixture)):
        raise InputError(
            f"inputs is a {type(inputs).__name__}; expected a polywick.Gaussian, for example Gaussian.fit(samples), "
            "or a polywick.GaussianMixture"
        )
    n = checked_degree(degree)
    tolerance = checked_tolerance(tolerance)
    if progress is not None and not callable(progress):
        raise InputError(f"progress is {progress!r}; expected a function of three numbers, or None")
    if inputs.d != network.d:
        name, weights = ("W", network.W) if isinstance(network, GLU) else ("W1", network.W1)
        raise ShapeError(
            f"inputs have mean of shape ({inputs.d},) and {name} has shape {weights.shape}; "
            f"expected as many inputs as {name} has columns"
        )
    one_library(network=network.W2, inputs=inputs.mean)
    if isinstance(inputs, GaussianMixture):
        return project_on_mixture(network, inputs, n, tolerance=tolerance, progress=progress)
    return project(network, inputs, n)
