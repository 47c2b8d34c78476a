"""A polynomial in factored form: one polynomial of one variable per hidden unit, and what gates it."""

from __future__ import annotations

from functools import cached_property
from math import sqrt
from typing import Any

import numpy as np

from numeric_backend.errors import InputError, ShapeError
from numeric_backend.namespaces import array_namespace
from polywick.dense import dense_tensor, factored_norm, gated_tensor
from polywick.factored_variance import FactoredVariance
from polywick.inputs import Gaussian
from polywick.polynomial_network import PolynomialNetwork
from polywick.printing import counted
from polywick.same_law import preserves
from polywick.shapes import finite_array
from polywick.spectra import Eigen, eigen_of_factors
from polywick.substitution import SUBSTITUTED, recentred
from polywick.unexplained import UnexplainedVariance
from polywick.unit_polynomials import unit_monomials

__all__ = ["FactoredPolynomial"]

FloatArray = Any  # float64, of NumPy or CuPy

_DOUBLE = np.dtype(np.float64)


class FactoredPolynomial(FactoredVariance):
    """``P(x) = b2 + sum_j W2_j [sum_{k<=n} A_k(j) he_k(t_j) + e_j sum_{k<n} B_k(j) he_k(t_j)]``.

    With ``he_k = He_k/sqrt(k!)``, ``t_j = w_j . (x - m)/sigma_j`` and ``e_j = r_j . (x - m)``, ``m`` being the mean
    of the inputs. Nothing larger than the network is stored. For an MLP there are no ``e_j``. For a GLU, whose
    units are ``g(y_j) z_j`` with ``z_j = a0_j + a1_j t_j + e_j``, ``e_j`` is what in ``z_j`` is independent of ``t_j``.

    Parameters
    ----------
    W1, b1, W2, b2 : arrays
        The network's weights, shapes ``(h, d), (h,), (o, h), (o,)``; W and b of a GLU are ``W1`` and ``b1``.
    coefficients : array, shape (n + 1, h)
        ``A_k``; for an MLP the normalised Hermite coefficients ``c_k/sqrt(k!)`` of every unit.
    sigma : array, shape (h,)
        Standard deviations of the pre-activations; 0 marks a unit whose activation is a constant.
    inputs : Gaussian
        The law under which the polynomial is the least-squares one.
    activation : str
        Name of the activation.
    kernel : module, optional
        Its kernel, needed for the fraction of variance unexplained.
    expression, formula : str
        Of the activation, where the kernel is not at hand: its expression and the hash of its formula.
    unexplained : UnexplainedVariance, optional
        That fraction where it is already known.
    R : array, shape (h, d), optional
        Residual directions ``r_j`` of a GLU, ``w_j' S r_j = 0`` with ``S`` the covariance of the inputs.
    residual_coefficients : array, shape (n, h), optional
        ``B_k = c_k/sqrt(k!)``, k < n.
    value_mean, value_slope : arrays, shape (h,), optional
        ``a0_j = E z_j`` and ``a1_j = Cov(z_j, t_j)``. These four come together, or none does.
    dtype : numpy.dtype
        Of the values and coefficients handed out; float64 by default.

    Examples
    --------
    >>> import polywick as pw
    >>> net = pw.MLP([[1.0]], [0.0], [[1.0]], [0.0], "relu")
    >>> P = pw.approximate(net, pw.Gaussian.standard(1), degree=2)
    >>> P.coefficients.shape, P.R is None
    ((3, 1), True)
    """

    def __init__(
        self,
        W1: FloatArray,
        b1: FloatArray,
        W2: FloatArray,
        b2: FloatArray,
        *,
        coefficients: FloatArray,
        sigma: FloatArray,
        inputs: Gaussian,
        activation: str,
        kernel: Any = None,
        expression: str = "",
        formula: str = "",
        unexplained: UnexplainedVariance | None = None,
        R: FloatArray | None = None,
        residual_coefficients: FloatArray | None = None,
        value_mean: FloatArray | None = None,
        value_slope: FloatArray | None = None,
        dtype: np.dtype[Any] = _DOUBLE,
    ) -> None:
        xp = array_namespace(inputs.mean)
        self.W1, self.b1 = finite_array("W1", W1, 2, xp, shared=True), finite_array("b1", b1, 1, xp, shared=True)
        self.W2, self.b2 = finite_array("W2", W2, 2, xp, shared=True), finite_array("b2", b2, 1, xp, shared=True)
        self.coefficients = finite_array("coefficients", coefficients, 2, xp, shared=True)
        self.sigma = finite_array("sigma", sigma, 1, xp, shared=True)
        self.dtype = dtype
        self.inputs: Gaussian = inputs
        self.activation = activation
        self.kernel = kernel
        self.expression = expression if kernel is None else str(kernel.KERNEL.get("expression", ""))
        self.formula = formula if kernel is None else str(kernel.KERNEL.get("formula", ""))
        (h, d), o = self.W1.shape, self.W2.shape[0]
        found = (self.b1.shape, self.W2.shape, self.b2.shape, self.coefficients.shape[1:], self.sigma.shape)
        if found != ((h,), (o, h), (o,), (h,), (h,)) or inputs.d != d or not self.coefficients.shape[0]:
            raise ShapeError(
                f"W1 {self.W1.shape}, b1, W2, b2, coefficients and sigma {found} and inputs of dimension "
                f"{inputs.d} do not fit together; expected (h, d), (h,), (o, h), (o,), (n + 1, h), (h,) and d"
            )
        if (self.sigma < 0).any():
            raise InputError(f"sigma has {int(xp.count_nonzero(self.sigma < 0))} negative entries; expected deviations")
        self._set_gate(R, residual_coefficients, value_mean, value_slope)
        self._set_unexplained(unexplained)

    def _set_gate(self, *parts: FloatArray | None) -> None:
        """``R``, ``residual_coefficients``, ``value_mean`` and ``value_slope``, all or none, after a look at them."""
        names = ("R", "residual_coefficients", "value_mean", "value_slope")
        self.R: FloatArray | None = None
        self.residual_coefficients: FloatArray | None = None
        self.value_mean: FloatArray | None = None
        self.value_slope: FloatArray | None = None
        missing = [name for name, part in zip(names, parts, strict=True) if part is None]
        if len(missing) == len(names):
            return
        if missing:
            raise InputError(f"{', '.join(missing)} missing; expected {', '.join(names)} together, or none of them")
        h, d = self.W1.shape
        for name, part, shape in zip(names, parts, ((h, d), (self.degree, h), (h,), (h,)), strict=True):
            array = finite_array(name, part, len(shape), self.namespace, shared=True)
            if array.shape != shape:
                raise ShapeError(
                    f"{name} has shape {array.shape} beside W1 {self.W1.shape} and coefficients "
                    f"{self.coefficients.shape}; expected {shape}"
                )
            setattr(self, name, array)

    @property
    def degree(self) -> int:
        """The degree n."""
        return int(self.coefficients.shape[0]) - 1

    @property
    def outputs(self) -> int:
        """Number of outputs o."""
        return int(self.W2.shape[0])

    @property
    def _entries_per_row(self) -> int:
        return int(max(self.W1.shape))

    def _rows(self, x: FloatArray) -> FloatArray:
        """By the Hermite recurrence."""
        xp = self.namespace
        centred = x - self.inputs.mean
        t = (centred @ self.W1.T) * self._inverse_sigma
        total = xp.broadcast_to(self.coefficients[0], t.shape).copy()
        gated = 0.0
        previous, hermite = xp.zeros_like(t), xp.ones_like(t)
        for k in range(1, self.degree + 1):
            if self.residual_coefficients is not None:
                gated = gated + self.residual_coefficients[k - 1] * hermite
            previous, hermite = hermite, (t * hermite - sqrt(k - 1) * previous) / sqrt(k)
            total += self.coefficients[k] * hermite
        if self.R is not None and self.degree:
            total += (centred @ self.R.T) * gated
        return total @ self.W2.T + self.b2

    @cached_property
    def _inverse_sigma(self) -> FloatArray:
        """``1/sigma``, and 0 for constant units."""
        varies = self.sigma > 0
        xp = self.namespace
        return xp.where(varies, 1 / xp.where(varies, self.sigma, 1.0), 0.0)

    def _tensor(self, k: int, limit_bytes: int) -> FloatArray:
        weights, gated = unit_monomials(self, k)
        if k and self.R is not None and gated is not None:
            return gated_tensor(gated, self.R, self.W1, self.W2, k, weights, limit_bytes)
        tensor = dense_tensor(weights, self.W1, self.W2, k, limit_bytes)
        return tensor + self.b2 if k == 0 else tensor

    def _norm(self, k: int) -> float:
        if k < 2:
            return float(self.namespace.linalg.norm(self.tensor(k)))
        lengths = self.namespace.linalg.norm(self.W1, axis=1)
        safe = self.namespace.where(lengths > 0, lengths, 1.0)
        weights, gated = unit_monomials(self, k, safe)
        return factored_norm(weights, gated, self.W1 / safe[:, None], self.R, self.W2, k)

    def _title(self) -> str:
        gated = "" if self.R is None else "gated "
        return f"{counted(self.W1.shape[0], f'{gated}hidden unit')} ({self.activation})"

    def _eigen(self, direction: FloatArray, count: int) -> Eigen:
        amplitudes = direction @ self.W2
        weights, gated = unit_monomials(self, 2)
        residual = None if gated is None else amplitudes * gated
        return eigen_of_factors(self.W1, self.R, amplitudes * weights, residual, count)

    def _substituted(self, A: FloatArray, b: FloatArray, law: Any) -> FactoredPolynomial:
        if not isinstance(law, Gaussian):
            raise InputError(
                f"inputs is a {type(law).__name__}; expected a Gaussian: this polynomial is kept in factored form, "
                "for which the law of u has one mean and one covariance"
            )
        same = preserves(A, b, law, self.inputs)
        shift = self.namespace.zeros(self.d) if same else A @ law.mean + b - self.inputs.mean
        names = {"activation": self.activation, "kernel": self.kernel, "expression": self.expression}
        return FactoredPolynomial(
            self.W1 @ A,
            self.b1 + self.W1 @ b,
            self.W2,
            self.b2,
            sigma=self.sigma,
            inputs=law,
            dtype=self.dtype,
            **recentred(self, A, shift),
            **({**names, "formula": self.formula} if same else {"activation": self.activation, "formula": SUBSTITUTED}),
        )

    def as_network(self, deviations: float = 5.0) -> PolynomialNetwork:
        """The same network with polynomial activations, its coefficients in three bases.

        Parameters
        ----------
        deviations : float
            Half the length of every unit's interval, in standard deviations of its pre-activation.

        Raises
        ------
        InputError
            When ``deviations`` is not a positive number.

        Examples
        --------
        >>> import polywick as pw
        >>> net = pw.MLP([[1.0]], [0.0], [[1.0]], [0.0], "gelu")
        >>> print(pw.approximate(net, pw.Gaussian.standard(1), degree=4).as_network(deviations=3))
        PolynomialNetwork of degree 4: 1 -> 1 hidden unit -> 1
          interval of a unit      largest error  median
          as given                      0.09333  0.09333
          2 times as wide                 11.22  11.22
          4 times as wide                 267.5  267.5
        """
        return PolynomialNetwork(self, deviations)
