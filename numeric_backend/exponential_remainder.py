"""The remainder of the Hermite expansion of a two-point moment, for two lines and exponentials around 0.

After the linear term it is, as in :mod:`numeric_backend.price_remainder`,
``(s_1 s_2)^2 int_0^rho (rho - r) E_r[g'' g''] dr``. Products with a kink are densities times Mills ratios
(:mod:`numeric_backend.exponential_integrand`), those of two exponentials are in
:mod:`numeric_backend.exponential_product`.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from numeric_backend.correlation_panels import Integrand, integral, last_of_remainder
from numeric_backend.exponential_integrand import Node, PinnedPairs, pinned_pairs
from numeric_backend.exponential_product import exponential_product, second_quotient
from numeric_backend.exponential_terms import ExponentialTerm, KinkedExponentials

__all__ = ["exponential_remainder"]

FloatArray = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]

_CHUNK = 4096  # pairs, times 14 to 24 nodes at once


def exponential_remainder(
    exponentials: KinkedExponentials,
    mu_1: FloatArray,
    sigma_1: FloatArray,
    mu_2: FloatArray,
    sigma_2: FloatArray,
    rho: FloatArray,
    complement: FloatArray,
) -> FloatArray:
    """``Cov(g(y_1), g(y_2)) - rho c_1 c_1'`` for g made of two lines and exponentials.

    Parameters
    ----------
    exponentials : KinkedExponentials
        Of g.
    mu_1, sigma_1, mu_2, sigma_2 : arrays, shape (pairs,)
        Means and standard deviations, ``sigma >= 0``; a unit with ``sigma = 0`` gives 0.
    rho, complement : arrays, shape (pairs,)
        Correlations, ``|rho| <= 1``, and ``1 - |rho|``.

    Returns
    -------
    array, shape (pairs,)
        Error below 1e-13 of the product of the two standard deviations of ``g(y_i)``; not finite where that product
        is beyond double precision.

    References
    ----------
    R. Price, *IRE Transactions on Information Theory* 4 (1958).

    Examples
    --------
    ``Cov(exp(y_1), exp(y_2)) = exp(mu_1 + mu_2 + (s_1^2 + s_2^2)/2) (exp(rho s_1 s_2) - 1)``:

    >>> import numpy as np
    >>> from numeric_backend.exponential_terms import ExponentialTerm, KinkedExponentials
    >>> g = KinkedExponentials(0.0, (ExponentialTerm(0, 1.0, 1.0),))
    >>> zero, one, rho = np.zeros(1), np.ones(1), np.array([0.5])
    >>> round(float(exponential_remainder(g, zero, one, zero, one, rho, 1 - rho)[0]), 12)     # e (sqrt(e) - 3/2)
    0.404266327649
    """
    result = np.zeros(rho.shape)
    live = np.flatnonzero((sigma_1 > 0) & (sigma_2 > 0) & (rho != 0))
    for start in range(0, live.size, _CHUNK):
        rows = live[start : start + _CHUNK]
        given = mu_1[rows], sigma_1[rows], mu_2[rows], sigma_2[rows], rho[rows]
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            if exponentials.is_entire:
                result[rows] = _entire(exponentials.terms, *given)
            else:
                result[rows] = _kinked(exponentials, pinned_pairs(*given, complement[rows]))
    return result


def _entire(
    terms: tuple[ExponentialTerm, ...],
    mu_1: FloatArray,
    sigma_1: FloatArray,
    mu_2: FloatArray,
    sigma_2: FloatArray,
    rho: FloatArray,
) -> FloatArray:
    total = np.zeros_like(rho)
    for first in terms:
        mean_1 = first.coefficient * np.exp(first.rate * (mu_1 + first.rate * sigma_1**2 / 2))
        for second in terms:
            mean_2 = second.coefficient * np.exp(second.rate * (mu_2 + second.rate * sigma_2**2 / 2))
            x = first.rate * second.rate * sigma_1 * sigma_2 * rho
            total += mean_1 * mean_2 * (x * x * second_quotient(x))
    return total


def _kinked(exponentials: KinkedExponentials, pairs: PinnedPairs) -> FloatArray:
    total = np.zeros_like(pairs.rho)
    if exponentials.kink:
        pinned = integral(pairs, np.zeros_like(total), last_of_remainder(pairs), _with_a_pin(exponentials))
        total += exponentials.kink * pinned
    for first in exponentials.terms:
        for second in exponentials.terms:
            total += first.bend * second.bend * exponential_product(first, second, pairs)
    return pairs.sigma_1 * pairs.sigma_2 * total


def _with_a_pin(exponentials: KinkedExponentials) -> Integrand:
    """The integrand ``(rho - t) (J delta delta + sum_j (delta f_j + f_j delta))``."""

    def integrand(node: Node, v: FloatArray, rows: Rows) -> FloatArray:
        value = exponentials.kink * node.density
        for term in exponentials.terms:
            value = value + term.bend * (node.share(term, 1) + node.share(term, 2))
        return node.distance(v) * value

    return integrand
