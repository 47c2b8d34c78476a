"""The integral remainder of the Hermite (Mehler) expansion of a two-point moment.

With ``G(rho) = E[g(y_1) g(y_2)]``, Price's theorem ``G^(k)(rho) = (s_1 s_2)^k E[g^(k) g^(k)]`` and Taylor's
formula

    G(rho) = sum_{k<=P} c_k c_k' rho^k/k!
             + (s_1 s_2)^(P+1)/P! int_0^rho (rho - r)^P E_r[g^(P+1)(y_1) g^(P+1)(y_2)] dr

and for the activations of :mod:`numeric_backend.decomposition` the expectation under the integral is closed:
a bivariate normal density ``p_r(x_1, x_2)`` times a polynomial moment. ``r = tanh v`` turns the endpoint
behaviour at ``|rho| = 1`` into smooth decay: panels of Gauss-Legendre nodes in v then hold full accuracy for
every rho.
"""

from __future__ import annotations

from collections.abc import Callable
from math import factorial, pi

import numpy as np
import numpy.typing as npt

from numeric_backend.decomposition import Decomposition, DensityTerm, JumpTerm
from numeric_backend.price_differences import SecondDifference, nearest_kinks, opposite_kinks
from numeric_backend.price_integrand import Integrand, pin

__all__ = ["price_remainder"]

FloatArray = npt.NDArray[np.float64]

# Upper end of r, largest growth of the integrand in e-folds, nodes: in r itself, away from r = 1.
_CORRELATION_TIERS = ((0.2, 2.0, 8), (0.5, 8.0, 12), (0.75, 20.0, 18))
# Upper end of v = artanh(rho), largest growth of the integrand in e-folds, number of panels, nodes per panel.
_TIERS = (
    (1.5, 30.0, 1, 24),
    (2.7, 60.0, 2, 24),
    (5.5, 120.0, 4, 24),
    (10.5, 210.0, 7, 24),
    (20.5, 390.0, 13, 24),
    (44.0, np.inf, 28, 24),
)  # the last end is the largest v there is, _NEGLIGIBLE + _LATEST_ONSET
_NEGLIGIBLE = 40.0  # the integrand decays at least like exp(-(1 + smoothness of g and h) v) ...
_LATEST_ONSET = 4.0  # ... once exp(-x^2 e^(-2v)) has come up, for every x with a normal density
_CHUNK = 32768


def price_remainder(
    decomposition: Decomposition,
    mu_1: FloatArray,
    sigma_1: FloatArray,
    mu_2: FloatArray,
    sigma_2: FloatArray,
    rho: FloatArray,
    complement: FloatArray,
    other: Decomposition | None = None,
) -> FloatArray:
    """``E[g(y_1) h(y_2)] - sum_{k<=P} c_k d_k rho^k/k!``, P being the order of the decompositions.

    Parameters
    ----------
    decomposition : Decomposition
        Of g.
    mu_1, sigma_1, mu_2, sigma_2 : arrays, shape (pairs,)
        Means and standard deviations, ``sigma >= 0``; a unit with ``sigma = 0`` gives 0.
    rho : array, shape (pairs,)
        Correlations, ``|rho| <= 1``.
    complement : array, shape (pairs,)
        ``1 - |rho|``, given apart because near 1 it cannot be recovered from ``rho``.
    other : Decomposition, optional
        Of h, of the same order; h is g where it is not given.

    Returns
    -------
    array, shape (pairs,)
        Error at most about 1e-14 of the product of the two standard deviations of ``g(y_i)``.

    References
    ----------
    R. Price, *IRE Transactions on Information Theory* 4 (1958); R. L. Plackett, *Biometrika* 41 (1954).

    Examples
    --------
    ``E[Heaviside(y_1) Heaviside(y_2)] = 1/4 + arcsin(rho)/(2 pi)`` for zero means:

    >>> import numpy as np
    >>> from numeric_backend.decomposition import decomposition_of
    >>> pieces = {"breakpoints": [0.0], "pieces": [[0.0], [1.0]], "error_terms": []}
    >>> step = decomposition_of({"name": "heaviside", "decomposition": pieces})
    >>> zero, one, rho = np.zeros(1), np.ones(1), np.array([0.5])
    >>> float(12 * price_remainder(step, zero, one, zero, one, rho, 1 - rho)[0])
    1.0
    """
    result = np.zeros(rho.shape)
    second_terms = decomposition.terms if other is None else other.terms
    if not decomposition.terms or not second_terms:
        return result
    kinks = opposite_kinks(decomposition) if other is None else None
    smoothness = decomposition.smoothness + (decomposition if other is None else other).smoothness
    for start in range(0, rho.size, _CHUNK):
        rows = slice(start, start + _CHUNK)
        live = np.flatnonzero((sigma_1[rows] > 0) & (sigma_2[rows] > 0) & (rho[rows] != 0)) + start
        points = mu_1[live], sigma_1[live], mu_2[live], sigma_2[live], rho[live], complement[live]
        if kinks is not None:
            result[live] = _opposite_kinks(kinks, *points)
            continue
        for first in decomposition.terms:
            for second in second_terms:
                result[live] += _pair_of_terms(decomposition.order, smoothness, first, second, *points)
    return result


def _opposite_kinks(
    kinks: tuple[JumpTerm, JumpTerm],
    mu_1: FloatArray,
    sigma_1: FloatArray,
    mu_2: FloatArray,
    sigma_2: FloatArray,
    rho: FloatArray,
    complement: FloatArray,
) -> FloatArray:
    pin_1, step_1, jump_1 = nearest_kinks(kinks, mu_1, sigma_1)
    pin_2, step_2, jump_2 = nearest_kinks(kinks, mu_2, sigma_2)
    sign, share = np.sign(rho), np.ones_like(rho)

    def integrand(rows: npt.NDArray[np.intp]) -> Integrand:
        return SecondDifference(kinks, (pin_1, pin_2), (step_1, step_2), (jump_1, jump_2), sign, share, rows)

    v_end = _artanh(np.abs(rho), complement)
    # What all pairs of kinks share has to decay further, by the square of the steps.
    longer = -np.log(np.minimum(np.abs(step_1 * step_2), 1.0)) / 3
    v_last = np.minimum(v_end, np.minimum(_NEGLIGIBLE / 3 + _LATEST_ONSET + longer, _TIERS[-1][0]))
    factor = np.full_like(rho, 1 / (2 * pi))
    return _integrated(integrand, np.abs(rho), v_last, v_end, np.zeros_like(rho), factor)


def _pair_of_terms(
    order: int,
    smoothness: int,
    first: JumpTerm | DensityTerm,
    second: JumpTerm | DensityTerm,
    mu_1: FloatArray,
    sigma_1: FloatArray,
    mu_2: FloatArray,
    sigma_2: FloatArray,
    rho: FloatArray,
    complement: FloatArray,
) -> FloatArray:
    pins = pin(first, mu_1, sigma_1), pin(second, mu_2, sigma_2)
    share = pins[0].share * pins[1].share
    # 1 - share without cancellation: (1 + s1^2 + s2^2)/(S1^2 S2^2 (1 + share)) for densities, 0 for jumps.
    scales = pins[0].scale * pins[1].scale
    missing: FloatArray = np.zeros_like(share)
    if isinstance(first, DensityTerm):
        missing = (1 + pins[0].variance + pins[1].variance) / (scales**2 * (1 + share))
    pinned = share * np.abs(rho)
    gap = missing + share * complement
    v_end = _artanh(pinned, gap)
    largest = _NEGLIGIBLE / (1 + smoothness) + _LATEST_ONSET
    v_last = np.minimum(v_end, largest)
    growth = np.zeros_like(rho)
    if isinstance(first, DensityTerm):  # between jumps a long way to go (v large) comes with the growth
        growth = np.maximum(np.sign(rho) * pins[0].x * pins[1].x, 0.0) * -np.expm1(-2 * v_last) / 2
    sign = np.sign(rho)

    def integrand(rows: npt.NDArray[np.intp]) -> Integrand:
        return Integrand(first, second, order, pins, sign, share, rows)

    factor = np.full_like(rho, 1 / (2 * pi * factorial(order)))
    if isinstance(first, DensityTerm) and isinstance(second, DensityTerm):
        factor *= scales**order / (first.slope * second.slope) ** (order + 1)
    return _integrated(integrand, pinned, v_last, v_end, growth, factor)


def _artanh(r: FloatArray, complement: FloatArray) -> FloatArray:
    """``artanh r`` from whichever of ``r`` and ``1 - r`` is the smaller; infinite at 1."""
    with np.errstate(divide="ignore"):
        near = 0.5 * (np.log(2 - complement) - np.log(complement))
    return np.where(r < 0.5, np.arctanh(np.minimum(r, 0.5)), near)


def _integrated(
    integrand: Callable[[npt.NDArray[np.intp]], Integrand],
    r_end: FloatArray,
    v_last: FloatArray,
    v_end: FloatArray,
    growth: FloatArray,
    factor: FloatArray,
) -> FloatArray:
    """``factor`` times the integrals of the pairs, those of like demands together."""
    total = np.zeros_like(r_end)
    waiting = v_last > 0

    def ready(chosen: npt.NDArray[np.bool_]) -> npt.NDArray[np.intp]:
        rows = np.flatnonzero(waiting & chosen)
        waiting[rows] = False
        return rows

    for end, e_folds, nodes in _CORRELATION_TIERS:
        if (rows := ready((r_end <= end) & (growth <= e_folds))).size:
            term = integrand(rows)
            total[rows] = term.peaked(factor[rows] * term.over_correlations(r_end[rows], nodes))
    for length, e_folds, panels, nodes in _TIERS:
        if (rows := ready((v_last <= length) & (growth <= e_folds))).size:
            term = integrand(rows)
            total[rows] = term.peaked(factor[rows] * term.over(v_last[rows], v_end[rows], panels, nodes))
    return total
