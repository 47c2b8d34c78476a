"""The projection theorem: the least-squares polynomial of a network under one Gaussian, unit by unit."""

from __future__ import annotations

from numeric_backend.two_point import TwoPointRule
from polywick.factored import FactoredPolynomial
from polywick.gated import GLU
from polywick.inputs import Gaussian
from polywick.network import MLP

__all__ = ["project"]


def project(network: MLP | GLU, inputs: Gaussian, degree: int) -> FactoredPolynomial:
    """The least-squares polynomial of degree n under one Gaussian; see :func:`polywick.approximate`.

    With ``t_j = (y_j - mu_j)/sigma_j`` and ``C_k = c_k/sqrt(k!)`` the normalised Hermite coefficients of the
    activation, a unit ``g(y_j)`` of an MLP becomes ``sum_{k<=n} C_k he_k(t_j)``. In a GLU ``g(y_j) z_j`` is
    ``g(y_j) (a0 + a1 t_j + e_j)`` with ``a0 = E z_j``, ``a1 = Cov(z_j, t_j)`` and ``e_j`` independent of ``t_j``, so
    by ``t he_k = sqrt(k+1) he_{k+1} + sqrt(k) he_{k-1}`` it becomes

        sum_{k<=n} (a0 C_k + a1 (sqrt(k+1) C_{k+1} + sqrt(k) C_{k-1})) he_k(t_j) + e_j sum_{k<n} C_k he_k(t_j).

    Examples
    --------
    >>> import polywick as pw
    >>> from polywick.projection import project
    >>> net = pw.GLU([[1.0]], [0.0], [[1.0]], [2.0], activation="bilinear")
    >>> print(project(net, pw.Gaussian.standard(1), 2).latex())
    P(x) = 2 x_{1} + x_{1}^{2}
    """
    return _gated(network, inputs, degree) if isinstance(network, GLU) else _plain(network, inputs, degree)


def _plain(network: MLP, inputs: Gaussian, n: int) -> FactoredPolynomial:
    mu = network.W1 @ inputs.mean + network.b1
    sigma = inputs.spreads(network.W1)
    return FactoredPolynomial(
        network.W1,
        network.b1,
        network.W2,
        network.b2,
        coefficients=TwoPointRule(network.kernel).coefficients(mu, sigma, n),
        sigma=sigma,
        inputs=inputs,
        activation=network.activation,
        kernel=network.kernel,
        dtype=network.dtype,
    )


def _gated(network: GLU, inputs: Gaussian, n: int) -> FactoredPolynomial:
    xp = network.namespace
    W, V = network.W, network.V
    mu, mean = W @ inputs.mean + network.b, V @ inputs.mean + network.c
    sigma, unit = inputs.deviations(W)
    slope = ((V @ inputs.factor) * unit).sum(axis=1)
    varies = sigma > 0
    R = V - slope[:, None] * xp.where(varies[:, None], W / xp.where(varies, sigma, 1.0)[:, None], 0.0)
    C = TwoPointRule(network.kernel).coefficients(mu, sigma, n + 1)
    roots = xp.sqrt(xp.arange(n + 2.0))[:, None]
    neighbours = roots[1:] * C[1:]
    neighbours[1:] += roots[1 : n + 1] * C[:n]
    return FactoredPolynomial(
        W,
        network.b,
        network.W2,
        network.b2,
        coefficients=mean * C[: n + 1] + slope * neighbours,
        sigma=sigma,
        inputs=inputs,
        activation=network.activation,
        kernel=network.kernel,
        dtype=network.dtype,
        R=R,
        residual_coefficients=C[:n],
        value_mean=mean,
        value_slope=slope,
    )
