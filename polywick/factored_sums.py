"""The variance by degree of the network behind a factored polynomial."""

from __future__ import annotations

from typing import TYPE_CHECKING

from numeric_backend.namespaces import as_numpy
from polywick.fvu import variance_sums
from polywick.gated_fvu import GatedUnits, gated_variance_sums
from polywick.pair_blocks import DEFAULT_MEMORY
from polywick.variance_sums import VarianceSums

if TYPE_CHECKING:
    from polywick.factored import FactoredPolynomial

__all__ = ["factored_sums"]


def factored_sums(polynomial: FactoredPolynomial, degree: int, memory: int = DEFAULT_MEMORY) -> VarianceSums:
    """Sums of the network whose units the polynomial approximates, under its inputs, by degree up to ``degree``.

    Computed with NumPy, in float64, whatever library the polynomial is of.

    Examples
    --------
    >>> import polywick as pw
    >>> from polywick.factored_sums import factored_sums
    >>> net = pw.GLU([[1.0, 0.0]], None, [[0.0, 1.0]], None, activation="bilinear")             # x_1 x_2
    >>> sums = factored_sums(pw.approximate(net, pw.Gaussian.standard(2), degree=1), 2)
    >>> sums.by_degree[:, 0] * 4.0 ** sums.exponents, sums.residual(2)
    (array([0., 0., 1.]), array([0.]))
    """
    P = polynomial
    _, unit = P.inputs.deviations(P.W1)
    mu, sigma, unit, W2 = (as_numpy(a) for a in (P.W1 @ P.inputs.mean + P.b1, P.sigma, unit, P.W2))
    if P.R is None:
        return variance_sums(P.kernel, mu, sigma, unit, W2, degree, memory)
    mean, slope, residual = (as_numpy(a) for a in (P.value_mean, P.value_slope, P.R @ P.inputs.factor))
    return gated_variance_sums(P.kernel, GatedUnits(mu, sigma, unit, mean, slope, residual), W2, degree, memory)
