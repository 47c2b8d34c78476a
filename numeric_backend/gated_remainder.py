"""What the first degrees leave of the covariance of two gated units ``g(y_1) z_1`` and ``g(y_2) z_2``."""

from __future__ import annotations

from math import sqrt
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from numeric_backend.slope_moments import SlopeMoments, UnitArrays

__all__ = ["GatedArrays", "gated_remainder"]

FloatArray = npt.NDArray[np.float64]


class GatedArrays(NamedTuple):
    """One unit of each pair: its activated half, and ``z = mean + slope t + e`` with e independent of t."""

    activated: UnitArrays
    mean: FloatArray
    slope: FloatArray


def gated_remainder(
    moments: SlopeMoments,
    first: GatedArrays,
    second: GatedArrays,
    rho: FloatArray,
    gap: FloatArray,
    cross: tuple[FloatArray, FloatArray, FloatArray],
) -> FloatArray:
    """``Cov(g(y_1) z_1, g(y_2) z_2)`` less what the polynomials of degree P share, P being the order of the moments.

    Stein's lemma in z_1 and z_2 makes of ``E[z_1 z_2 g g]`` moments of g and its derivatives. Taking degrees away
    shortens the Hermite series of each, by different numbers of terms, so that neither means nor covariances of
    what is left are ever subtracted.

    Parameters
    ----------
    moments : SlopeMoments
        Of g.
    first, second : GatedArrays
        The two units of every pair, arrays of shape (pairs,).
    rho, gap : arrays, shape (pairs,)
        Correlations of y_1 and y_2, and ``1 - |rho|``.
    cross : three arrays, shape (pairs,)
        ``E[t_1 e_2]``, ``E[e_1 t_2]`` and ``E[e_1 e_2]``.

    Returns
    -------
    array, shape (pairs,)
        Error about 1e-14 of the product of both standard deviations.

    Examples
    --------
    ``Var(relu(t)^2) = 3/2 - 1/4``, of which degree 1 has ``2/pi``:

    >>> import numpy as np
    >>> from numeric_backend import kernels
    >>> from numeric_backend.slope_moments import UnitArrays, slope_moments_of
    >>> from numeric_backend.two_point import TwoPointRule
    >>> relu, zero, one = kernels.load("relu"), np.zeros(1), np.ones(1)
    >>> c = TwoPointRule(relu).coefficients(zero, one, 3)
    >>> unit = GatedArrays(UnitArrays(zero, one, c), zero, one)
    >>> left = gated_remainder(slope_moments_of(relu), unit, unit, one, zero, (zero, zero, zero))[0]
    >>> round(float(left + 2 / np.pi), 12)
    1.25
    """
    (one, mean_1, slope_1), (two, mean_2, slope_2) = first, second
    t1_e2, e1_t2, e1_e2 = cross
    P, c, d = moments.order, one.coefficients, two.coefficients
    power = rho ** (P - 1)
    value = moments.value(one, two, rho, gap)
    value_longer = value + c[P] * d[P] * power * rho
    slope = moments.slope(one, two, rho, gap)
    slope_longer = slope + sqrt(P + 1) * c[P + 1] * d[P] * power * rho
    other_slope = moments.slope(two, one, rho, gap)
    other_slope_longer = other_slope + sqrt(P + 1) * c[P] * d[P + 1] * power * rho
    slopes = moments.slopes(one, two, rho, gap)
    slopes_shorter = slopes - (P + 1) * c[P + 1] * d[P + 1] * power * rho
    slopes_longer = slopes + P * c[P] * d[P] * power
    z1_t2, z2_t1 = slope_1 * rho + e1_t2, slope_2 * rho + t1_e2
    z1_z2 = slope_1 * slope_2 * rho + slope_1 * t1_e2 + slope_2 * e1_t2 + e1_e2
    total = mean_1 * mean_2 * value + z1_z2 * value_longer
    total += mean_2 * (slope_1 * slope + z1_t2 * other_slope_longer)
    total += mean_1 * (slope_2 * other_slope + z2_t1 * slope_longer)
    total += slope_1 * slope_2 * slopes_shorter + z1_t2 * z2_t1 * slopes_longer
    total += slope_1 * z2_t1 * moments.bend(one, two, rho, gap)
    total += slope_2 * z1_t2 * moments.bend(two, one, rho, gap)
    return np.asarray(total)
