"""The remainder of the Hermite expansion of a two-point moment, for two lines and exponentials around 0.

After the linear term it is, as in :mod:`numeric_backend.price_remainder`,
``(s_1 s_2)^2 int_0^rho (rho - r) E_r[g'' g''] dr``. Products with a pin are densities times Mills ratios. The product
of two exponentials, ``F(r) = E_r[f_i f_j]``, would be a bivariate normal distribution function, but Price's theorem
gives

    F'(r) = kappa F(r) + b(r),    kappa = c_i c_j s_1 s_2,    b = side_i side_j p_r (1 - A_i - A_j)

with A the shares ``a m(a + side h)`` of :mod:`numeric_backend.exponential_integrand`. Solved for F from r = 0, or from
r = 1 where kappa would amplify, the double integral becomes a single one of b against a weight in closed form.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from numeric_backend.exponential_integrand import Node, PinnedPairs, both_sides, half_line, pinned_pairs
from numeric_backend.exponential_terms import ExponentialTerm, KinkedExponentials
from numeric_backend.quadrature import gauss_legendre

__all__ = ["exponential_remainder"]

FloatArray = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]

_NODES = 24
_PANELS = (1, 2, 4, 8, 16, 32)
_LONGEST = 1.6  # of a panel in v = artanh(t)
_CHUNK = 2048
_AMPLIFIED = 6.0  # kappa rho up to which F comes from r = 0: exp(6)/6^2 times the rounding of what is added
_LAYER = 40.0  # e-folds in which a weight may change within a panel
_NEGLIGIBLE = 36.0  # e-folds beyond which nothing is left
_LATEST_ONSET = 4.0  # of the decay in v, for every x with a normal density


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
        Error below 1e-13 of the product of the two standard deviations of ``g(y_i)``.

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
    0.404266328054
    """
    result = np.zeros(rho.shape)
    live = np.flatnonzero((sigma_1 > 0) & (sigma_2 > 0) & (rho != 0))
    for start in range(0, live.size, _CHUNK):
        rows = live[start : start + _CHUNK]
        given = mu_1[rows], sigma_1[rows], mu_2[rows], sigma_2[rows], rho[rows]
        if exponentials.is_entire:
            result[rows] = _entire(exponentials.terms, *given)
        else:
            with np.errstate(over="ignore", under="ignore"):
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
            total += mean_1 * mean_2 * (x * x * _second_quotient(x))
    return total


def _kinked(exponentials: KinkedExponentials, pairs: PinnedPairs) -> FloatArray:
    total = np.zeros_like(pairs.rho)
    if exponentials.kink:
        pinned = _integral(pairs, np.zeros_like(total), _last_of_remainder(pairs), _with_a_pin(exponentials))
        total += exponentials.kink * pinned
    for first in exponentials.terms:
        for second in exponentials.terms:
            kappa = first.rate * second.rate * pairs.sigma_1 * pairs.sigma_2 * pairs.sign
            backward = kappa * pairs.rho > _AMPLIFIED
            for rows, method in (
                (np.flatnonzero(~backward), _from_independence),
                (np.flatnonzero(backward), _from_identity),
            ):
                if rows.size:
                    value = method(first, second, kappa[rows], pairs.take(rows))
                    total[rows] += first.bend * second.bend * value
    return pairs.sigma_1 * pairs.sigma_2 * total


def _last_of_remainder(pairs: PinnedPairs) -> FloatArray:
    """Where to end an integral over v up to rho whose weight vanishes at rho: all decays like ``exp(-3 v)``."""
    return np.minimum(pairs.v_end, _NEGLIGIBLE / 3 + _LATEST_ONSET)


def _with_a_pin(exponentials: KinkedExponentials) -> Callable[[Node, FloatArray, Rows], FloatArray]:
    """The integrand ``(rho - t) (J delta delta + sum_j (delta f_j + f_j delta))``."""

    def integrand(node: Node, v: FloatArray, rows: Rows) -> FloatArray:
        value = exponentials.kink * node.density
        for term in exponentials.terms:
            value = value + term.bend * (node.share(term, 1) + node.share(term, 2))
        return node.distance(v) * value

    return integrand


def _source(node: Node, first: ExponentialTerm, second: ExponentialTerm) -> FloatArray:
    """``p_t (A_i + A_j - 1)``."""
    return node.share(first, 1) + node.share(second, 2) - node.density


def _from_independence(
    first: ExponentialTerm, second: ExponentialTerm, kappa: FloatArray, pairs: PinnedPairs
) -> FloatArray:
    """``|kappa| int_0^rho (rho - r) F(r) dr`` from F(0): F grows by the source and by ``exp(kappa u)``."""
    size, sides = np.abs(kappa), np.sign(kappa)

    def integrand(node: Node, v: FloatArray, rows: Rows) -> FloatArray:
        u = node.distance(v)
        return size[rows] * u * u * _second_quotient(kappa[rows] * u) * _source(node, first, second)

    start = half_line(first.side * pairs.x_1, abs(first.rate) * pairs.sigma_1)
    start = start * half_line(second.side * pairs.sign * pairs.x_2, abs(second.rate) * pairs.sigma_2)
    outside = size * pairs.rho**2 * _second_quotient(kappa * pairs.rho) * start
    # Where F decays fast the weight has a layer in front of rho.
    with np.errstate(divide="ignore"):
        layer = np.where(kappa < 0, _LAYER / size, np.inf)
    middle = np.where(layer < pairs.rho, _artanh_of_complement(np.minimum(pairs.gap + layer, 1.0)), 0.0)
    v_last = _last_of_remainder(pairs)
    middle = np.minimum(middle, v_last)
    inside = _integral(pairs, np.zeros_like(middle), middle, integrand) + _integral(pairs, middle, v_last, integrand)
    return outside - sides * inside


def _from_identity(
    first: ExponentialTerm, second: ExponentialTerm, kappa: FloatArray, pairs: PinnedPairs
) -> FloatArray:
    """The same from F(1), where both exponentials are of one Gaussian; ``kappa > 0``, both on one side."""

    def within(node: Node, v: FloatArray, rows: Rows) -> FloatArray:
        x = kappa[rows] * node.t
        weight = node.distance(v) * -np.expm1(-x) + node.t * _settled(x)
        value: FloatArray = weight * _source(node, first, second)
        return value

    def beyond(node: Node, v: FloatArray, rows: Rows) -> FloatArray:
        return np.exp(kappa[rows] * node.distance(v)) * _source(node, first, second)

    side = first.side
    end = both_sides(
        side * pairs.x_1, abs(first.rate) * pairs.sigma_1, side * pairs.x_2, abs(second.rate) * pairs.sigma_2
    )
    # The density decays like exp(-v) once it has come up, unless the distance of the pins ends it.
    with np.errstate(divide="ignore"):
        ended = np.log(2 * np.sqrt(2 * _NEGLIGIBLE) / np.abs(pairs.difference))
    top = np.clip(ended, _NEGLIGIBLE / 2 + _LATEST_ONSET, _NEGLIGIBLE + _LATEST_ONSET)
    v_last = np.minimum(pairs.v_end, top)
    middle = np.minimum(np.arctanh(np.minimum(_LAYER / kappa, 0.999)), v_last)
    inside = _integral(pairs, np.zeros_like(middle), middle, within) + _integral(pairs, middle, v_last, within)
    faded = pairs.gap - _LAYER / kappa
    top = np.where(faded > 0, np.minimum(top, _artanh_of_complement(np.where(faded > 0, faded, 1.0))), top)
    tail = end * np.exp(-kappa * pairs.gap) + _integral(pairs, v_last, top, beyond)
    return inside + tail * pairs.rho * _settled(kappa * pairs.rho)


def _integral(
    pairs: PinnedPairs, low: FloatArray, high: FloatArray, integrand: Callable[[Node, FloatArray, Rows], FloatArray]
) -> FloatArray:
    """The integral over v from ``low`` to ``high``, in as many panels as its length asks for."""
    points, weights = gauss_legendre(_NODES)
    total, length = np.zeros_like(low), high - low
    waiting = length > 0
    for panels in _PANELS:
        rows = np.flatnonzero(waiting & (length <= panels * _LONGEST))
        waiting[rows] = False
        if rows.size == 0:
            continue
        part = pairs.take(rows)
        for panel in range(panels):
            v = low[rows] + length[rows] * ((panel + points[:, None]) / panels)
            total[rows] += weights @ integrand(Node(part, v), v, rows)
        total[rows] *= length[rows] / panels
    return total


def _artanh_of_complement(gap: FloatArray) -> FloatArray:
    """``artanh(1 - gap)``."""
    return 0.5 * (np.log(2 - gap) - np.log(gap))


def _second_quotient(x: FloatArray) -> FloatArray:
    """``(exp(x) - 1 - x)/x^2``."""
    near = np.clip(x, -1.0, 1.0)
    series = np.zeros_like(x)
    for k in range(19, 1, -1):
        series = (1 + near * series) / k
    far = np.where(np.abs(x) > 1, x, 1.0)
    return np.where(np.abs(x) > 1, (np.expm1(far) - far) / (far * far), series)


def _settled(x: FloatArray) -> FloatArray:
    """``(1 - exp(-x) (1 + x))/x``, 0 at 0."""
    return np.where(x > 0, -np.expm1(-x) / np.where(x > 0, x, 1.0) - np.exp(-x), 0.0)
