"""A network whose activations are polynomials: what encrypted inference evaluates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from numeric_backend.errors import InputError, KernelError
from numeric_backend.kernel_targets import kernel_on
from numeric_backend.namespaces import array_namespace
from polywick.printing import counted
from polywick.shapes import checked_number, rows_of
from polywick.unit_polynomials import UnitPolynomials

if TYPE_CHECKING:
    from polywick.factored import FactoredPolynomial

__all__ = ["PolynomialNetwork"]

_POINTS = 257
_ZOOMS = 6
_ZOOM_POINTS = 17


class PolynomialNetwork:
    """``P(x) = W2 p(W1 x + b1) + b2``: the network again, each activation ``g`` replaced by a polynomial ``p_j``.

    Of a GLU: ``P(x) = W2 (p(y) + z q(y)) + b2`` with ``y = W1 x + b1`` and ``z = V x + c``. Made by
    :meth:`polywick.factored.FactoredPolynomial.as_network`; its values are those of the polynomial.

    Attributes
    ----------
    W1, b1, W2, b2 : arrays
        Weights, shapes ``(h, d), (h,), (o, h), (o,)``.
    units : UnitPolynomials
        The polynomials ``p_j`` with their coefficients as ``.hermite``, ``.monomial`` and ``.chebyshev``, and
        ``.interval``.
    V, c : arrays or None
        The second half of a GLU, shapes ``(h, d), (h,)``.
    gates : UnitPolynomials or None
        The polynomials ``q_j`` of a GLU, of degree n - 1.

    Examples
    --------
    >>> import polywick as pw
    >>> net = pw.MLP([[1.0]], [0.0], [[1.0]], [0.0], "relu")
    >>> N = pw.approximate(net, pw.Gaussian.standard(1), degree=2).as_network(deviations=3)
    >>> N.units.monomial.ravel().round(4), N.units.interval
    (array([0.1995, 0.5   , 0.1995]), array([[-3.,  3.]]))
    >>> N.sup_error().round(3)
    array([0.495])
    """

    def __init__(self, polynomial: FactoredPolynomial, deviations: float) -> None:
        deviations = checked_number("deviations", deviations)
        if not np.isfinite(deviations) or deviations <= 0:
            raise InputError(f"deviations is {deviations:g}; expected a positive number of standard deviations")
        P, xp = polynomial, polynomial.namespace
        self.W1, self.b1, self.W2, self.b2 = P.W1, P.b1, P.W2, P.b2
        self.dtype = P.dtype
        self.kernel = P.kernel
        self.activation = P.activation
        mu = P.W1 @ P.inputs.mean + P.b1
        interval = xp.stack([mu - deviations * P.sigma, mu + deviations * P.sigma], axis=1)
        self.V: Any = None
        self.c: Any = None
        self.gates: UnitPolynomials | None = None
        coefficients = P.coefficients
        if P.R is not None and P.residual_coefficients is not None:
            mean, slope = xp.asarray(P.value_mean), xp.asarray(P.value_slope)
            self.V = P.R + (slope * xp.where(P.sigma > 0, 1 / xp.where(P.sigma > 0, P.sigma, 1.0), 0.0))[:, None] * P.W1
            self.c = mean - self.V @ P.inputs.mean
            spread = xp.sqrt(slope**2 + P.inputs.deviations(P.R)[0] ** 2)
            self._values = mean - deviations * spread, mean + deviations * spread
            coefficients = _ungated(coefficients, P.residual_coefficients, mean, slope)
            gate = P.residual_coefficients if P.degree else xp.zeros((1, P.sigma.size))
            self.gates = UnitPolynomials(gate, mu, P.sigma, interval)
        self.units = UnitPolynomials(coefficients, mu, P.sigma, interval)

    @property
    def degree(self) -> int:
        """The degree n of the network; a gate times its value counts for both."""
        return self.units.degree

    def __call__(self, x: Any) -> Any:
        """``P(x)`` for rows ``x`` of shape ``(..., d)``; shape ``(..., o)``, of the polynomial's library and dtype."""
        rows = rows_of("x", x, self.W1.shape[1], array_namespace(self.W1))
        y = rows @ self.W1.T + self.b1
        hidden = self.units(y)
        if self.gates is not None:
            hidden = hidden + (rows @ self.V.T + self.c) * self.gates(y)
        return (hidden @ self.W2.T + self.b2).astype(self.dtype, copy=False)

    def sup_error(self, stretch: float = 1.0) -> Any:
        """``sup |g(y) - p_j(y)|`` over the interval of every unit, shape ``(h,)``.

        Parameters
        ----------
        stretch : float
            The interval is that of ``units`` stretched by this factor around its middle: 2 shows how the polynomials
            leave the activation outside.

        Returns
        -------
        array, shape (h,)
            The largest value on 257 points and on six finer grids around it. Of a GLU the supremum of
            ``|g(y) z - p_j(y) - z q_j(y)|`` with z within as many deviations of its mean.

        Raises
        ------
        KernelError
            When the activation is not at hand.
        """
        if self.kernel is None:
            raise KernelError(
                f"the error needs the activation {self.activation!r}, whose kernel this network came without; "
                "pass it when loading the polynomial: polywick.load(path, activation=kernel)"
            )
        stretch = checked_number("stretch", stretch)
        if not np.isfinite(stretch) or stretch <= 0:
            raise InputError(f"stretch is {stretch:g}; expected a positive factor")
        xp = array_namespace(self.W1)
        low, high = self.units.interval[:, 0], self.units.interval[:, 1]
        centre, radius = (low + high) / 2, stretch * (high - low) / 2
        units = xp.arange(centre.size)
        place, step, worst = centre, radius, xp.zeros_like(centre)
        for count in (_POINTS, *[_ZOOM_POINTS] * _ZOOMS):
            points = place + step * xp.linspace(-1, 1, count)[:, None]
            points = xp.minimum(xp.maximum(points, centre - radius), centre + radius)
            errors = self._errors(points, xp)
            best = errors.argmax(axis=0)
            place, step, worst = points[best, units], step * (2 / (count - 1)), xp.maximum(worst, errors[best, units])
        return worst

    def _errors(self, y: Any, xp: Any) -> Any:
        difference = kernel_on(self.kernel, xp.__name__).activation(y)
        if self.gates is None:
            return abs(difference - self.units(y))
        difference, offset = difference - self.gates(y), self.units(y)
        return xp.maximum(*(abs(end * difference - offset) for end in self._values))

    def __repr__(self) -> str:
        h, d = self.W1.shape
        gated = "" if self.gates is None else "gated "
        sizes = f"{d} -> {counted(h, f'{gated}hidden unit')} -> {self.W2.shape[0]}"
        head = f"PolynomialNetwork of degree {self.degree}: {sizes}"
        if self.kernel is None or h == 0:
            return head
        lines = [head, f"  {'interval of a unit':<22}  largest error  median"]
        for stretch in (1, 2, 4):
            errors = self.sup_error(stretch)
            lines.append(f"  {_times(stretch):<22}  {float(errors.max()):>13.4g}  {float(_median(errors)):.4g}")
        return "\n".join(lines)


def _times(stretch: int) -> str:
    return "as given" if stretch == 1 else f"{stretch} times as wide"


def _median(values: Any) -> Any:
    return array_namespace(values).median(values)


def _ungated(coefficients: Any, residual: Any, mean: Any, slope: Any) -> Any:
    """``p - (mean + slope t) q`` with p and q by their coefficients in ``he_k``: the part without z."""
    xp = array_namespace(coefficients)
    rest = coefficients.copy()
    n = residual.shape[0]
    roots = xp.sqrt(xp.arange(n + 1.0))[:, None]
    rest[:n] -= mean * residual
    rest[1:] -= slope * roots[1:] * residual
    rest[: n - 1] -= slope * (roots[1:n] * residual[1:]) if n > 1 else 0.0
    return rest
