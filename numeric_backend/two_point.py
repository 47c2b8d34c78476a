"""Covariances ``Cov(g(y_1), g(y_2))`` of one activation at two jointly Gaussian points.

Activations whose kernel records a decomposition (piecewise polynomials; polynomials times the normal cdf; two lines
and exponentials around 0; exponentials on the whole line) are exact: a few Hermite terms plus an integral remainder
(:mod:`numeric_backend.price_remainder`, :mod:`numeric_backend.exponential_remainder`). Every other
kernel gets the Hermite series, cut off, with the bound ``|rho|^(K+1) sqrt(tail_1 tail_2)`` on what was cut.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from numeric_backend.decomposition import Decomposition, decomposition_of
from numeric_backend.errors import ArrayLibraryError, InputError, KernelError, ShapeError
from numeric_backend.exponential_remainder import exponential_remainder
from numeric_backend.exponential_terms import KinkedExponentials, exponentials_of
from numeric_backend.kernel_targets import kernel_on
from numeric_backend.namespaces import array_namespace, as_float64
from numeric_backend.price_remainder import price_remainder

__all__ = ["TwoPoint", "TwoPointRule", "two_point_covariance"]

FloatArray = npt.NDArray[np.float64]

_SERIES_TERMS = 64
_ROUNDING = 16 * float(np.finfo(float).eps)


class TwoPoint(NamedTuple):
    """A two-point quantity and a bound on its truncation error (0 where the method is exact)."""

    value: FloatArray
    bound: FloatArray


class TwoPointRule:
    """How two-point moments of one kernel are computed.

    Parameters
    ----------
    kernel : module
        A kernel module.
    terms : int
        Where the Hermite series is cut off for kernels without a decomposition.

    Attributes
    ----------
    exact : bool
        Whether the remainder is integrated in closed form.
    order : int
        Number of Hermite terms that stand before the remainder.

    Examples
    --------
    >>> from numeric_backend import kernels
    >>> from numeric_backend.two_point import TwoPointRule
    >>> rule = TwoPointRule(kernels.load("relu"))
    >>> rule.exact, rule.order
    (True, 1)
    """

    def __init__(self, kernel: Any, terms: int = _SERIES_TERMS) -> None:
        self.kernel = kernel
        self._decomposition: Decomposition | KinkedExponentials | None = exponentials_of(kernel.KERNEL)
        if self._decomposition is None:
            self._decomposition = decomposition_of(kernel.KERNEL)
        self.exact = self._decomposition is not None
        self.order = terms if self._decomposition is None else self._decomposition.order

    def coefficients(self, mu: FloatArray, sigma: FloatArray, degree: int) -> FloatArray:
        """``c_k/sqrt(k!)``, shape ``(degree + 1, units)``; exactly 0 for k >= 1 where ``sigma = 0``; NumPy or CuPy."""
        xp = array_namespace(mu, sigma)
        kernel = kernel_on(self.kernel, xp.__name__)
        coefficients = as_float64(xp, "coefficients", kernel.hermite_coefficients(mu, sigma, degree))
        scale = np.cumprod(np.concatenate([[1.0], 1 / np.sqrt(np.arange(1.0, degree + 1))]))
        normalised: FloatArray = coefficients * xp.asarray(scale)[:, None]
        normalised[1:] = xp.where(xp.asarray(sigma) == 0, 0.0, normalised[1:])
        if not xp.isfinite(normalised).all():
            units = xp.flatnonzero(~xp.isfinite(normalised).all(axis=0))
            raise KernelError(
                f"kernel {self.kernel.KERNEL.get('name')!r} gives no finite Hermite coefficients up to "
                f"degree {degree} at {units.size} points, first at mu={float(mu[units[0]]):g}, "
                f"sigma={float(sigma[units[0]]):g}; "
                "expected means and standard deviations within the range of double precision"
            )
        return normalised

    def tails(self, mu: FloatArray, sigma: FloatArray, coefficients: FloatArray) -> FloatArray:
        """``sqrt(Var g - sum_{1<=k<=K} c_k^2/k!)`` per unit, left out by the series; 0 if exact.

        Far out in a tail the coefficients of high order may have errors by which they exceed the variance: what they
        do then counts as left out.
        """
        if self.exact:
            return np.zeros_like(mu)
        variance = np.asarray(self.kernel.variance(mu, sigma), dtype=np.float64)
        if not np.isfinite(variance).all():
            raise KernelError(
                f"kernel {self.kernel.KERNEL.get('name')!r} gives no finite variance at "
                f"{np.count_nonzero(~np.isfinite(variance))} of {variance.size} points; "
                "expected one wherever its Hermite coefficients are finite"
            )
        kept = np.sum(coefficients[1 : self.order + 1] ** 2, axis=0)
        rounding = 4 * np.finfo(np.float64).eps * (variance + kept)
        tails: FloatArray = np.sqrt(np.abs(variance - kept) + rounding)
        return np.where(sigma == 0, 0.0, tails)

    def remainder(
        self,
        mu_1: FloatArray,
        sigma_1: FloatArray,
        mu_2: FloatArray,
        sigma_2: FloatArray,
        rho: FloatArray,
        complement: FloatArray,
    ) -> FloatArray:
        """Moment beyond the first ``order`` Hermite terms, per pair; 0 for series rules."""
        if self._decomposition is None:
            return np.zeros_like(rho)
        if isinstance(self._decomposition, KinkedExponentials):
            return exponential_remainder(self._decomposition, mu_1, sigma_1, mu_2, sigma_2, rho, complement)
        return price_remainder(self._decomposition, mu_1, sigma_1, mu_2, sigma_2, rho, complement)

    def beyond(
        self, remainder: FloatArray, first: FloatArray, second: FloatArray, rho: FloatArray, degree: int
    ) -> FloatArray:
        """``Cov - sum_{1<=k<=degree} c_k c_k' rho^k/k!`` from the remainder and both coefficients."""
        total = remainder.copy()
        power = rho ** (min(degree, self.order) + 1)
        for k in range(min(degree, self.order) + 1, max(degree, self.order) + 1):
            term = first[k] * second[k] * power
            total += term if k <= self.order else -term
            power = power * rho
        return total


def two_point_covariance(
    kernel: Any,
    mu_1: Any,
    sigma_1: Any,
    mu_2: Any,
    sigma_2: Any,
    rho: Any,
    *,
    complement: Any = None,
    beyond: int = 0,
    terms: int = _SERIES_TERMS,
) -> TwoPoint:
    """``Cov(g(y_1), g(y_2)) - sum_{1<=k<=beyond} c_k c_k' rho^k/k!`` for ``y_i ~ N(mu_i, sigma_i^2)``.

    Parameters
    ----------
    kernel : module
        A kernel module.
    mu_1, sigma_1, mu_2, sigma_2, rho : array_like
        Means, standard deviations (at least 0) and correlation (``|rho| <= 1``); they broadcast.
    complement : array_like, optional
        ``1 - |rho|`` where it is known better than ``rho`` tells: near 1 the covariance of a jump changes
        like its square root.
    beyond : int
        Hermite terms left out; 0 gives the covariance itself.
    terms : int
        Length of the series for kernels without a decomposition.

    Returns
    -------
    TwoPoint
        ``value`` and truncation ``bound``, each of the broadcast shape. Exact rules are accurate to about
        1e-14 of ``sd(g(y_1)) sd(g(y_2))``, ``|rho| = 1`` included; where pieces of degree 2 or more meet at several
        breakpoints (hardswish, sparse_plus) about ``1e-16 (1 + sigma_1 sigma_2)`` of it.

    Raises
    ------
    InputError
        For ``|rho| > 1`` (but for 16 ulp, which rounding may add), negative or non-finite ``sigma``, or ``beyond``
        below 0.
    ArrayLibraryError
        For arrays of another library than NumPy.
    ShapeError
        When the arguments do not broadcast.
    KernelError
        Where the covariance, or what it is made of, is no finite double.

    References
    ----------
    Mehler's formula and Price's theorem; see :mod:`numeric_backend.price_remainder` and
    :mod:`numeric_backend.exponential_remainder`.

    Examples
    --------
    >>> from numeric_backend import kernels
    >>> from numeric_backend.two_point import two_point_covariance
    >>> found = two_point_covariance(kernels.load("relu"), 0.0, 1.0, 0.0, 1.0, 1.0)
    >>> round(float(found.value), 12)                                       # 1/2 - 1/(2 pi)
    0.340845056908
    """
    given = {"mu_1": mu_1, "sigma_1": sigma_1, "mu_2": mu_2, "sigma_2": sigma_2, "rho": rho}
    library = array_namespace(*given.values(), complement)
    if library is not np:
        raise ArrayLibraryError(
            f"arrays of {library.__name__} were given; two-point moments are computed with numpy. "
            "Convert them first, for example with cupy.asnumpy"
        )
    values = [as_float64(np, name, value) for name, value in given.items()]
    if beyond < 0:
        raise InputError(f"beyond is {beyond}; expected at least 0")
    values[4] = _correlations(values[4])
    for name, value in (("mu_1", values[0]), ("mu_2", values[2])):
        if not np.isfinite(value).all():
            raise InputError(f"{name} has entries that are not finite; expected means")
    for name, value in (("sigma_1", values[1]), ("sigma_2", values[3])):
        if not ((value >= 0) & np.isfinite(value)).all():
            raise InputError(f"{name} has negative or non-finite entries; expected standard deviations")
    gaps = 1 - np.abs(values[4]) if complement is None else as_float64(np, "complement", complement)
    if not ((gaps >= 0) & (gaps <= 1)).all():
        raise InputError("complement has entries outside [0, 1] or NaN; expected 1 - |rho|")
    values.append(gaps)
    try:
        grid = np.broadcast_arrays(*values)
    except ValueError as error:
        raise ShapeError(f"the shapes {[v.shape for v in values]} do not broadcast") from error
    m_1, s_1, m_2, s_2, r, gap = (np.ascontiguousarray(v).reshape(-1) for v in grid)
    rule = TwoPointRule(kernel, terms)
    depth = max(rule.order, beyond)
    first, second = rule.coefficients(m_1, s_1, depth), rule.coefficients(m_2, s_2, depth)
    with np.errstate(over="ignore", invalid="ignore"):
        value = rule.beyond(rule.remainder(m_1, s_1, m_2, s_2, r, gap), first, second, r, beyond)
    lost = np.flatnonzero(~np.isfinite(value))
    if lost.size:
        i = lost[0]
        raise KernelError(
            f"the covariance of kernel {kernel.KERNEL.get('name')!r} is beyond the range of double precision at "
            f"{lost.size} of {value.size} pairs, first at mu=({m_1[i]:g}, {m_2[i]:g}), sigma=({s_1[i]:g}, {s_2[i]:g}); "
            "expected means and standard deviations of moderate size"
        )
    tails = rule.tails(m_1, s_1, first) * rule.tails(m_2, s_2, second)
    bound = np.abs(r) ** (rule.order + 1) * tails
    return TwoPoint(value.reshape(grid[0].shape), bound.reshape(grid[0].shape))


def _correlations(rho: FloatArray) -> FloatArray:
    """``rho``, with what a computed correlation exceeds 1 by taken away.

    Raises
    ------
    InputError
        An entry is further out, or NaN.
    """
    outside = ~(np.abs(rho) <= 1 + _ROUNDING)
    if outside.any():
        raise InputError(
            f"rho has entries outside [-1, 1] or NaN, {np.count_nonzero(outside)} of {rho.size}, the first "
            f"{float(rho[outside][0])!r}; expected correlations, covariances divided by both standard deviations"
        )
    return np.clip(rho, -1, 1)
