"""From sums of variances to fractions, and to the intervals that certainly hold them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["UnexplainedVariance", "fractions", "indistinguishable_from_zero", "interval_text"]

FloatArray = npt.NDArray[np.float64]

_EPSILON = float(np.finfo(np.float64).eps)
_ZERO = 16 * _EPSILON  # a variance below this much of (sum_j |W2_oj| sd_j)^2 cannot be told from 0
_ERROR = 64 * _EPSILON  # rounding errors of both quadratic forms in the same unit
_SHOWN = 1e-9  # rounding errors relative to the variance from which the interval tells them


@dataclass(frozen=True)
class UnexplainedVariance:
    """``E||f - P f||^2 / E||f - E f||^2``: overall, per output, and the intervals that certainly hold them.

    An interval has zero width where the two-point moments are exact and units do not cancel; where they cancel
    so far that rounding reaches the tenth digit, it holds what rounding leaves open, in the end ``(0, 1)``. The
    fraction is 0 where the variance is 0, or cannot be told from 0 (then the interval says so).
    ``interval_per_output`` has shape ``(o, 2)``; ``residual`` is ``E||f_o - P_o||^2`` itself, shape
    ``(o,)``, where it is known.
    """

    overall: float
    per_output: FloatArray
    interval: tuple[float, float]
    interval_per_output: FloatArray
    residual: FloatArray | None = None


def indistinguishable_from_zero(largest: FloatArray) -> FloatArray:
    """Variances up to which units of size ``largest = (sum_j |W2_oj| sd_j)^2`` may have cancelled but for rounding."""
    return _ZERO * largest


def interval_text(value: float, interval: tuple[float, float]) -> str:
    """What to say about an interval beside six digits of the value; nothing where it has no width.

    Examples
    --------
    >>> from polywick.unexplained import interval_text
    >>> interval_text(0.25, (0.2, 0.3)), interval_text(0.25, (0.25 - 1e-12, 0.25 + 3e-12))
    ('certainly in [0.2, 0.3]', 'certainly within 3.0e-12')
    """
    low, high = interval
    if low == high:
        return ""
    ends = f"{low:.6g}", f"{high:.6g}"
    if len({*ends, f"{value:.6g}"}) == 1:
        return f"certainly within {max(high - value, value - low):.1e}"
    return f"certainly in [{', '.join(ends)}]"


def fractions(
    residual: FloatArray,
    explained: FloatArray,
    bound: FloatArray,
    largest: FloatArray,
    exponents: npt.NDArray[np.int64],
    *,
    most: float = 1.0,
) -> UnexplainedVariance:
    """Fractions from sums over the rows of W2 divided by ``2^exponents``.

    Parameters
    ----------
    residual, explained : arrays, shape (o,)
        What the polynomial leaves of the variance and what it explains.
    bound : array, shape (o,)
        What truncated series may have left out of the residual.
    largest : array, shape (o,)
        ``(sum_j |W2_oj| sd_j)^2``, the size of what was added up; rounding is counted in it.
    exponents : array of int, shape (o,)
        The powers of 2 taken out of each row.
    most : float
        What no fraction exceeds: 1 for least-squares polynomials; infinity for others, which may explain less than
        nothing.
    """
    residual = np.maximum(residual, 0.0)
    each = [_enclosed(r, e, b, t, most) for r, e, b, t in zip(residual, explained, bound, largest, strict=True)]
    per_output = np.array([fraction for fraction, _ in each], dtype=np.float64)
    intervals = np.array([interval for _, interval in each], dtype=np.float64).reshape(-1, 2)
    matter = largest > 0
    with np.errstate(over="ignore", under="ignore"):
        unscaled = np.ldexp(residual, 2 * exponents)
    if not matter.any():
        return UnexplainedVariance(0.0, per_output, (0.0, 0.0), intervals, unscaled)
    shifts = 2 * (exponents - exponents[matter].max())
    scale = np.where(matter, np.ldexp(1.0, np.minimum(shifts, 0)), 0.0)
    r, e, b, t = (float(scale @ part) for part in (residual, explained, bound, largest))
    overall, interval = _enclosed(r, e, b, t, most)
    return UnexplainedVariance(overall, per_output, interval, intervals, unscaled)


def _enclosed(
    residual: float, explained: float, bound: float, terms: float, most: float
) -> tuple[float, tuple[float, float]]:
    fraction = _fraction(residual, explained, _ZERO * terms, most)
    error = _ERROR * terms
    if error <= _SHOWN * (residual + explained):
        error = 0.0
    if bound == 0.0 and error == 0.0:
        return fraction, (fraction, fraction)
    least_explained = max(explained - error, 0.0) if most == 1.0 else explained - error
    ends = (
        _fraction(max(residual - bound - error, 0.0), explained + error, 0.0, most),
        _fraction(residual + bound + error, least_explained, 0.0, most),
    )
    return fraction, (min(*ends, fraction), max(*ends, fraction))


def _fraction(residual: float, explained: float, noise: float, most: float) -> float:
    if residual + explained <= noise:
        return 0.0 if most == 1.0 or residual <= noise else most
    return min(float(residual / (residual + explained)), most)
