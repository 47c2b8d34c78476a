"""Panels that end where a definition has no Taylor series: the distance from that end is ``exp(-t)`` of the panel.

A root or a logarithm of the distance is an exponential or a polynomial of t, and a Gauss-Legendre rule in t sees it;
halves of the panel itself would have to be halved a hundred times.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mpmath import libmp

from codegen.gauss_legendre import Rule
from codegen.verify.interval import Interval
from codegen.verify.panel_sums import PanelSums

__all__ = ["LADDER", "BesideEnd", "integrate_graded"]

LADDER = (0, 8, 24, 48, 96)
"""Ends of panels in t. What is nearer than ``exp(-96)`` is left to a panel of its own."""

Raw = Any


@dataclass(frozen=True)
class BesideEnd:
    """Offsets from the peak: of the end, and from there to the other end of the panel (negative to the left)."""

    interval: Interval
    end: Raw
    span: Raw

    def offset(self, t: Raw) -> tuple[Raw, Raw]:
        """The offset at t, and its distance from the end."""
        precision = self.interval.precision
        distance = libmp.mpf_mul(self.span, libmp.mpf_exp(libmp.mpf_neg(t), precision), precision)
        return libmp.mpf_add(self.end, distance, precision), libmp.mpf_abs(distance)


def integrate_graded(
    beside: BesideEnd, panel: tuple[Raw, Raw], factor: Raw, rule: Rule, degrees: tuple[int, int]
) -> PanelSums:
    """The sums of one rule over ``t`` from ``panel[0]`` to ``panel[1]``, times `factor`, the density at the peak.

    Parameters
    ----------
    beside : BesideEnd
        The panel in y.
    panel : pair of raw mpf
        From and to in t, increasing.
    factor, rule, degrees
        As in `panel_sums.integrate_panel`.
    """
    interval = beside.interval
    precision = interval.precision
    centre = libmp.mpf_shift(libmp.mpf_add(*panel, precision), -1)
    half = libmp.mpf_shift(libmp.mpf_sub(panel[1], panel[0], precision), -1)
    factor = libmp.mpf_mul(factor, half, precision)
    rows = [
        _Node(beside, libmp.mpf_add(centre, libmp.mpf_mul(half, _node(node, rule), precision), precision), weight, rule)
        for node, weight in zip(rule.nodes, rule.weights, strict=True)
    ]

    def summed(values: list[Raw], bits: int = precision) -> Raw:
        return libmp.mpf_mul(libmp.mpf_sum(values, bits), factor, bits)

    moments, hermite, sizes = [], [], []
    powers = [row.plain for row in rows]
    for _ in range(degrees[0] + 1):
        moments.append(summed(powers))
        sizes.append(summed([libmp.mpf_abs(value) for value in powers], 60))
        powers = [libmp.mpf_mul(value, row.y, precision) for value, row in zip(powers, rows, strict=True)]
    before, current = [libmp.fzero] * len(rows), [row.centred for row in rows]
    for k in range(degrees[1] + 1):
        hermite.append(summed(current))
        pairs = zip(before, current, rows, strict=True)
        before, current = current, [_next_hermite(one, two, row.z, k, precision) for one, two, row in pairs]
    return PanelSums(
        tuple(moments),
        tuple(sizes),
        tuple(hermite),
        summed([libmp.mpf_mul(row.plain, row.value, precision) for row in rows]),
        summed([libmp.mpf_mul(row.centred, row.departure, precision) for row in rows]),
        sizes[0],
        summed([libmp.mpf_abs(row.centred) for row in rows], 60),
        _largest([row.y for row in rows]),
        _largest([row.z for row in rows]),
    )


class _Node:
    """y, z, g and g - g(mu) at a node, and the latter two times weight, Gaussian and ``dy/dt``."""

    def __init__(self, beside: BesideEnd, t: Raw, weight: int, rule: Rule) -> None:
        interval = beside.interval
        precision = interval.precision
        offset, distance = beside.offset(t)
        self.y = libmp.mpf_add(interval.peak, offset, precision)
        from_mu = libmp.mpf_add(interval.gap, offset, precision)
        self.z = libmp.mpf_div(from_mu, interval.sigma, precision)
        twice = libmp.mpf_add(offset, libmp.mpf_shift(interval.gap, 1), precision)
        variance = libmp.mpf_mul(interval.sigma, interval.sigma)
        exponent = libmp.mpf_div(libmp.mpf_mul(offset, twice, precision), libmp.mpf_shift(variance, 1), precision)
        gaussian = libmp.mpf_exp(libmp.mpf_neg(exponent), precision)
        share = libmp.mpf_mul(libmp.from_man_exp(weight, -rule.bits), distance, precision)
        share = libmp.mpf_mul(share, gaussian, precision)
        self.value = interval.evaluate(self.y, precision)
        self.departure = libmp.mpf_sub(self.value, interval.centre_value, precision)
        self.plain = libmp.mpf_mul(self.value, share, precision)
        self.centred = libmp.mpf_mul(self.departure, share, precision)


def _node(node: int, rule: Rule) -> Raw:
    return libmp.from_man_exp(node, -rule.bits)


def _next_hermite(before: Raw, current: Raw, z: Raw, k: int, precision: int) -> Raw:
    """``He_(k+1) = z He_k - k He_(k-1)``, each times the same number."""
    lower = libmp.mpf_mul_int(before, k, precision, "n")
    return libmp.mpf_sub(libmp.mpf_mul(z, current, precision), lower, precision)


def _largest(values: list[Raw]) -> Raw:
    largest = libmp.fzero
    for value in values:
        size = libmp.mpf_abs(value)
        largest = size if libmp.mpf_gt(size, largest) else largest
    return largest
