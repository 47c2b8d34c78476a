"""Pieces on which a definition is constant: their integrals are differences of Phi and phi at their ends.

They are made twice, with more bits the second time: what cancels between the ends shows as a disagreement, like that of
two quadrature rules.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from math import comb
from typing import Any

import mpmath
from mpmath import libmp

from codegen.verify.interval import Interval
from codegen.verify.normal_cdf import raw_normal_cdf
from codegen.verify.panel_sums import PanelSums

__all__ = ["constant_sums", "is_constant"]

_MORE_BITS = 64
_TAIL = 30
"""So many standard deviations out nothing is left of a half line that holds mu."""

Raw = Any


def is_constant(interval: Interval) -> bool:
    """Whether the branch is a number."""
    return interval.sizes is not None and len(interval.sizes) == 1


def constant_sums(interval: Interval, degrees: tuple[int, int]) -> tuple[PanelSums, PanelSums]:
    """The integrals over a whole interval on which g is constant, with the bits it asks for and with more.

    Parameters
    ----------
    interval : Interval
        Its ends may be infinite.
    degrees : (int, int)
        Highest power and highest Hermite order.

    Returns
    -------
    PanelSums, PanelSums
        ``c int y^n phi``, ``(c - g(mu)) int He_k phi`` and their relatives.
    """
    first, second = (_sums(interval, degrees, interval.precision + more) for more in (0, _MORE_BITS))
    return first, second


def _sums(interval: Interval, degrees: tuple[int, int], bits: int) -> PanelSums:
    mp = _context(bits)
    mu = mp.make_mpf(libmp.mpf_sub(interval.peak, interval.gap))
    sigma = mp.make_mpf(interval.sigma)
    value = mp.make_mpf(interval.evaluate(interval.peak, interval.precision))  # g(mu) where that is the same
    centred = value - mp.make_mpf(interval.centre_value)
    ends = [mp.make_mpf(end) for end in (interval.left, interval.right)]
    if ends[0] < 0 < ends[1]:
        ends.insert(1, mp.zero)
    places = [_end(((end - mu) / sigma)._mpf_, bits, max(degrees)) for end in ends]
    pairs = list(pairwise(places))
    powers = [_powers(mp, low, high, (mu, sigma), degrees[0]) for low, high in pairs]
    moments = [mp.fsum(row) * value for row in zip(*powers, strict=True)]
    sizes = [mp.fsum(row, absolute=True) * abs(value) for row in zip(*powers, strict=True)]
    share = moments[0] / value if value else mp.fsum(row[0] for row in powers)
    low, high = places[0], places[-1]
    hermite = [share * centred]
    hermite += [(a - b) * centred for a, b in zip(low.hermite, high.hermite, strict=True)][: degrees[1]]
    reach = max(abs(place.z) if mp.isfinite(place.z) else _TAIL + _nearest(mp, places) for place in places)
    return PanelSums(
        tuple(one._mpf_ for one in moments),
        tuple(one._mpf_ for one in sizes),
        tuple(one._mpf_ for one in hermite),
        (share * value**2)._mpf_,
        (share * centred**2)._mpf_,
        (share * abs(value))._mpf_,
        (share * abs(centred))._mpf_,
        (abs(mu) + sigma * reach)._mpf_,
        reach._mpf_ if isinstance(reach, mp.mpf) else libmp.from_int(int(reach)),
    )


def _nearest(mp: Any, places: list[_End]) -> Any:
    return min((abs(place.z) for place in places if mp.isfinite(place.z)), default=mp.zero)


class _End:
    """Phi on either side of an end, ``z^j phi(z)``, and ``He_k(z) phi(z)``."""

    def __init__(self, mp: Any, z: Any, degree: int):
        self.z = z
        lower, upper, density = _normal(z._mpf_, mp.prec)
        self.lower, self.upper = mp.make_mpf(lower), mp.make_mpf(upper)
        density = mp.make_mpf(density)
        place = z if density else mp.zero
        self.powers, self.hermite = [density], [density, place * density]
        for k in range(1, degree + 1):
            self.powers.append(self.powers[-1] * place)
            self.hermite.append(place * self.hermite[k] - k * self.hermite[k - 1])
        self.hermite = self.hermite[: degree + 1]


def _normal(z: Raw, bits: int) -> tuple[Raw, Raw, Raw]:
    """Phi(z), 1 - Phi(z), and phi(z)."""
    if z in (libmp.finf, libmp.fninf):
        whole = (libmp.fone, libmp.fzero, libmp.fzero)
        return whole if z == libmp.finf else (whole[1], whole[0], whole[2])
    tail = raw_normal_cdf(libmp.mpf_neg(libmp.mpf_abs(z)), bits)
    rest = libmp.mpf_sub(libmp.fone, tail, bits)
    square = libmp.mpf_shift(libmp.mpf_neg(libmp.mpf_mul(z, z)), -1)
    root = libmp.mpf_sqrt(libmp.mpf_shift(libmp.mpf_pi(bits + 10), 1), bits + 10)
    density = libmp.mpf_div(libmp.mpf_exp(square, bits + 10), root, bits)
    return (tail, rest, density) if z[0] else (rest, tail, density)


@lru_cache(maxsize=4096)
def _end(z: Raw, bits: int, degree: int) -> _End:
    """Neighbouring pieces share it."""
    mp = _context(bits)
    return _End(mp, mp.make_mpf(z), degree)


def _powers(mp: Any, low: _End, high: _End, moved: tuple[Any, Any], degree: int) -> list[Any]:
    """``int y^n phi`` between two ends, n = 0 .. degree."""
    share = low.upper - high.upper if low.z >= 0 else high.lower - low.lower
    centred = [share, low.powers[0] - high.powers[0]]
    for j in range(2, degree + 1):
        centred.append((j - 1) * centred[j - 2] + low.powers[j - 1] - high.powers[j - 1])
    mu, sigma = moved
    return [
        mp.fsum(comb(n, j) * mu ** (n - j) * sigma**j * centred[j] for j in range(n + 1)) for n in range(degree + 1)
    ]


@lru_cache(maxsize=32)
def _context(bits: int) -> Any:
    context = mpmath.MPContext()
    context.prec = bits
    return context
