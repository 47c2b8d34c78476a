"""One polynomial of one variable per hidden unit, in three bases."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from numeric_backend.namespaces import array_namespace
from polywick.dense import monomial_weights

if TYPE_CHECKING:
    from polywick.factored import FactoredPolynomial

__all__ = ["UnitPolynomials", "unit_monomials"]


@dataclass(frozen=True, eq=False)
class UnitPolynomials:
    """``p_j(y) = sum_{k<=n} hermite[k, j] he_k((y - mu_j)/sigma_j)``, ``he_k = He_k/sqrt(k!)``, for every unit j.

    Attributes
    ----------
    hermite : array, shape (n + 1, h)
        Coefficients in the normalised Hermite polynomials: what is best conditioned.
    mu, sigma : arrays, shape (h,)
        Means and standard deviations of the pre-activations; ``sigma_j = 0`` marks a constant.
    interval : array, shape (h, 2)
        Where the polynomials are meant to be used: lower and upper ends.

    Examples
    --------
    >>> import numpy as np
    >>> from polywick.unit_polynomials import UnitPolynomials
    >>> p = UnitPolynomials(np.array([[1.0], [2.0]]), np.array([3.0]), np.array([0.5]), np.array([[1.0, 5.0]]))
    >>> p.monomial.ravel(), p.chebyshev.ravel()                                          # 1 + 2 (y - 3)/0.5
    (array([-11.,   4.]), array([1., 8.]))
    """

    hermite: Any
    mu: Any
    sigma: Any
    interval: Any

    @property
    def degree(self) -> int:
        """The degree n."""
        return int(self.hermite.shape[0]) - 1

    def __call__(self, y: Any) -> Any:
        """``p_j(y_j)`` for y of shape ``(..., h)``, by the Hermite recurrence."""
        xp = array_namespace(self.hermite)
        varies = self.sigma > 0
        t = (y - self.mu) * xp.where(varies, 1 / xp.where(varies, self.sigma, 1.0), 0.0)
        total = self.hermite[0] + xp.zeros_like(t)
        before, current = xp.zeros_like(t), xp.ones_like(t)
        for k in range(1, self.degree + 1):
            before, current = current, (t * current - (k - 1) ** 0.5 * before) / k**0.5
            total += self.hermite[k] * current
        return total

    @cached_property
    def monomial(self) -> Any:
        """Coefficients of ``y^k``, shape ``(n + 1, h)``; they cancel where the mean is many deviations from 0."""
        xp = array_namespace(self.hermite)
        return xp.stack([monomial_weights(self.hermite, self.mu, self.sigma, k) for k in range(self.degree + 1)])

    @cached_property
    def chebyshev(self) -> Any:
        """Coefficients of ``T_k(s)``, ``s = (2 y - a - b)/(b - a)`` on the interval ``[a, b]``, shape ``(n + 1, h)``.

        By interpolation in the ``n + 1`` Chebyshev points, which is exact for the degree.

        References
        ----------
        Trefethen, *Approximation Theory and Approximation Practice*, chapters 2 and 3.
        """
        xp = array_namespace(self.hermite)
        count = self.degree + 1
        angles = (xp.arange(count) + 0.5) * (xp.pi / count)
        centre, radius = self.interval.mean(axis=1), (self.interval[:, 1] - self.interval[:, 0]) / 2
        values = self(centre + radius * xp.cos(angles)[:, None])
        coefficients = xp.cos(xp.arange(count)[:, None] * angles) @ values * (2 / count)
        coefficients[0] /= 2
        return coefficients

    @property
    def leading(self) -> Any:
        """Coefficient of ``y^n``, shape ``(h,)``: far out ``p_j(y)`` is ``leading_j y^n``."""
        return self.monomial[-1]


def unit_monomials(polynomial: FactoredPolynomial, k: int, lengths: Any = None) -> tuple[Any, Any]:
    """Per unit the coefficients of ``(u.x)^k`` and ``(r.x)(u.x)^(k-1)``, ``u = w/lengths``; None for an MLP's second.

    Parameters
    ----------
    polynomial : FactoredPolynomial
        The polynomial with rows w and r.
    k : int
        Power.
    lengths : array, shape (h,), optional
        1 by default.

    Examples
    --------
    >>> import polywick as pw
    >>> from polywick.unit_polynomials import unit_monomials
    >>> net = pw.MLP([[1.0]], [3.0], [[1.0]], [0.0], "square")
    >>> unit_monomials(pw.approximate(net, pw.Gaussian.standard(1), degree=2), 1)               # (x + 3)^2
    (array([6.]), None)
    """
    P = polynomial
    image, sigma = P.W1 @ P.inputs.mean, P.sigma
    if lengths is not None:
        image, sigma = image / lengths, sigma / lengths
    weights = monomial_weights(P.coefficients, image, sigma, k)
    if P.R is None or P.residual_coefficients is None:
        return weights, None
    gated = P.namespace.zeros_like(weights)
    if P.degree:
        weights = weights - (P.R @ P.inputs.mean) * monomial_weights(P.residual_coefficients, image, sigma, k)
        if k:
            gated = monomial_weights(P.residual_coefficients, image, sigma, k - 1)
    return weights, gated
