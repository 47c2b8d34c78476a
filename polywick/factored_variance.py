"""The variance by degree of the network behind a factored polynomial."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from numeric_backend.errors import KernelError
from numeric_backend.namespaces import as_numpy
from polywick.fvu import variance_sums
from polywick.gated_fvu import GatedUnits, gated_variance_sums
from polywick.inputs import Gaussian
from polywick.pair_blocks import DEFAULT_MEMORY
from polywick.polynomial import Polynomial
from polywick.substitution import SUBSTITUTED
from polywick.unexplained import UnexplainedVariance
from polywick.variance_sums import VarianceSums

__all__ = ["FactoredVariance"]

FloatArray = Any  # float64, of NumPy or CuPy


class FactoredVariance(Polynomial):
    """Polynomials that know the units of their network, and so the variance of each degree.

    The attributes are those of :class:`polywick.factored.FactoredPolynomial`.
    """

    W1: FloatArray
    b1: FloatArray
    W2: FloatArray
    sigma: FloatArray
    inputs: Gaussian
    activation: str
    kernel: Any
    expression: str
    formula: str
    R: FloatArray | None
    value_mean: FloatArray | None
    value_slope: FloatArray | None

    def variance_sums(self, degree: int | None = None, memory: int = DEFAULT_MEMORY) -> VarianceSums:
        """The network's variance by degree, up to ``degree`` (that of the polynomial by default).

        Computed with NumPy, in float64, whatever library the polynomial is of.

        Parameters
        ----------
        degree : int, optional
            The highest degree; all of them cost what the highest does.
        memory : int
            Bytes that may be used beside what the units themselves take, at most.

        Raises
        ------
        KernelError
            When the polynomial came without its kernel.
        InputError
            When variances leave the range of double precision, or ``memory`` is too small.

        Examples
        --------
        >>> import polywick as pw
        >>> net = pw.GLU([[1.0, 0.0]], None, [[0.0, 1.0]], None, activation="bilinear")             # x_1 x_2
        >>> sums = pw.approximate(net, pw.Gaussian.standard(2), degree=1).variance_sums(2)
        >>> sums.by_degree[:, 0] * 4.0 ** sums.exponents, sums.residual(2)
        (array([0., 0., 1.]), array([0.]))
        """
        if self.formula == SUBSTITUTED:
            raise KernelError(
                "the fraction of variance unexplained is that of least-squares polynomials; this one is a substitution "
                "under a law that is not the image of its own. Make it with polywick.approximate for the network there"
            )
        if self.kernel is None:
            raise KernelError(
                f"the fraction of variance unexplained needs the kernel of {self.activation!r}"
                f"{f' = {self.expression}' if self.expression else ''}, which this polynomial came without; "
                "pass it when loading: polywick.load(path, activation=kernel)"
            )
        n = self.degree if degree is None else degree
        _, unit = self.inputs.deviations(self.W1)
        mu, sigma, unit, W2 = (as_numpy(a) for a in (self.W1 @ self.inputs.mean + self.b1, self.sigma, unit, self.W2))
        if self.R is None:
            return variance_sums(self.kernel, mu, sigma, unit, W2, n, memory)
        mean, slope, residual = (as_numpy(a) for a in (self.value_mean, self.value_slope, self.R @ self.inputs.factor))
        return gated_variance_sums(self.kernel, GatedUnits(mu, sigma, unit, mean, slope, residual), W2, n, memory)

    @cached_property
    def _sums(self) -> VarianceSums:
        return self.variance_sums()

    @property
    def explained_by_degree(self) -> Any:
        """The share of each output's variance that each degree adds, shape ``(n + 1, o)``.

        What the rows miss to 1 is `fvu_per_output`. Row 0 is 0: the constant is the mean, which explains no
        variance. Where the variance is 0 all shares are.

        Examples
        --------
        >>> import polywick as pw
        >>> net = pw.MLP([[1.0]], [0.0], [[1.0]], [0.0], "relu")
        >>> pw.approximate(net, pw.Gaussian.standard(1), degree=2).explained_by_degree.round(4).T
        array([[0.    , 0.7335, 0.2335]])
        """
        return self.namespace.asarray(self._sums.shares)

    def _explain(self) -> UnexplainedVariance:
        return self._sums.unexplained(self.degree)
