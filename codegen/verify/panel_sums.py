"""One Gauss-Legendre panel for every integrand of the definition at once."""

from __future__ import annotations

import math
from dataclasses import dataclass
from operator import mul
from typing import Any

import numpy as np
from mpmath import libmp

from codegen.gauss_legendre import Rule
from codegen.verify.interval import Interval

__all__ = ["PanelSums", "integrate_panel"]

Raw = Any


@dataclass(frozen=True)
class PanelSums:
    """Integrals over one panel against the normal density, as raw mpf.

    Attributes
    ----------
    moments : tuple of raw mpf
        int y^n g, n = 0 .. N.
    magnitudes : tuple of raw mpf
        int |y^n g|, to a few digits (it is a scale).
    hermite : tuple of raw mpf
        int He_k(z) (g - g(mu)), k = 0 .. K.
    square, centred_square : raw mpf
        int g^2 and int (g - g(mu))^2.
    size, centred_size : raw mpf
        int |g| and int |g - g(mu)|, to a few digits.
    furthest, furthest_unit : raw mpf
        Largest |y| and largest |z| on the panel.
    """

    moments: tuple[Raw, ...]
    magnitudes: tuple[Raw, ...]
    hermite: tuple[Raw, ...]
    square: Raw
    centred_square: Raw
    size: Raw
    centred_size: Raw
    furthest: Raw
    furthest_unit: Raw


def integrate_panel(
    interval: Interval, panel: tuple[Raw, Raw], factor: Raw, rule: Rule, degrees: tuple[int, int]
) -> PanelSums:
    """The sums of one rule over `panel`, offsets from the interval's peak, times `factor`, the density there.

    Values are measured from the peak, exp(-d (d + 2 gap) / (2 sigma^2)), so the integrand is of order one
    however small the integral; moments in the panel's own coordinate are summed in integers and moved to y
    and z afterwards.
    """
    precision = interval.precision
    centre = libmp.mpf_shift(libmp.mpf_add(panel[0], panel[1], precision), -1)
    half = libmp.mpf_shift(libmp.mpf_sub(panel[1], panel[0], precision), -1)
    nodes = _Nodes(interval, rule, centre, half)
    factor = libmp.mpf_mul(factor, half, precision)
    middle = libmp.mpf_add(interval.peak, centre, precision)
    start = libmp.mpf_div(libmp.mpf_add(interval.gap, centre, precision), interval.sigma, precision)
    stretch = libmp.mpf_div(half, interval.sigma, precision)
    moments = _moved(_local(nodes.plain, rule, degrees[0]), _powers(middle, degrees[0], precision), half, precision)
    hermite = _moved(
        _local(nodes.centred, rule, degrees[1]), _hermite(start, degrees[1], precision), stretch, precision
    )
    return PanelSums(
        tuple(libmp.mpf_mul(value, factor, precision) for value in moments),
        tuple(libmp.mpf_mul(value, factor, 60) for value in nodes.magnitudes(rule, degrees[0])),
        tuple(libmp.mpf_mul(value, factor, precision) for value in hermite),
        libmp.mpf_mul(_local(nodes.square, rule, 0)[0], factor, precision),
        libmp.mpf_mul(_local(nodes.centred_square, rule, 0)[0], factor, precision),
        libmp.mpf_mul(_size(nodes.plain, rule), factor, 60),
        libmp.mpf_mul(_size(nodes.centred, rule), factor, 60),
        libmp.mpf_add(libmp.mpf_abs(middle), half, 60),
        libmp.mpf_add(libmp.mpf_abs(start), stretch, 60),
    )


class _Nodes:
    """The integrands at the nodes: g, g - g(mu) and their squares, times the Gaussian over its peak."""

    def __init__(self, interval: Interval, rule: Rule, centre: Raw, half: Raw) -> None:
        precision, bits = interval.precision, rule.bits
        twice_gap = libmp.mpf_shift(interval.gap, 1)
        variance = libmp.mpf_mul(interval.sigma, interval.sigma)
        scale = libmp.mpf_div(libmp.from_int(-1), libmp.mpf_shift(variance, 1), precision + 20)
        self.points: list[Raw] = []
        self.plain: list[Raw] = []
        self.centred: list[Raw] = []
        self.square: list[Raw] = []
        self.centred_square: list[Raw] = []
        for node in rule.nodes:
            x = libmp.from_man_exp(node, -bits)
            offset = libmp.mpf_add(centre, libmp.mpf_mul(half, x, precision), precision)
            y = libmp.mpf_add(interval.peak, offset, precision)
            product = libmp.mpf_mul(offset, libmp.mpf_add(offset, twice_gap, precision), precision)
            gaussian = libmp.mpf_exp(libmp.mpf_mul(product, scale, precision), precision)
            value = interval.evaluate(y, precision)
            centred = libmp.mpf_sub(value, interval.centre_value, precision)
            plain = libmp.mpf_mul(value, gaussian, precision)
            weighted = libmp.mpf_mul(centred, gaussian, precision)
            self.points.append(y)
            self.plain.append(plain)
            self.centred.append(weighted)
            self.square.append(libmp.mpf_mul(plain, value, precision))
            self.centred_square.append(libmp.mpf_mul(weighted, centred, precision))

    def magnitudes(self, rule: Rule, degree: int) -> list[Raw]:
        """Sums of w |y|^n |g| in doubles, scaled: good to a few digits where g or y changes sign."""
        integers, exponent = _fixed(self.plain, rule)
        unit = 2.0 ** -min(rule.bits, 900)
        shift = max(rule.bits - 900, 0)
        sizes = np.array([float(abs(value) >> shift) * unit for value in integers])
        distances = [libmp.mpf_abs(y) for y in self.points]
        largest = max(distances, key=lambda y: (y[2] + y[3], y[1]) if y[1] else (-math.inf, 0))
        if not largest[1]:
            return [libmp.mpf_shift(libmp.from_float(float(sizes.sum())), exponent)] + [libmp.fzero] * degree
        ratios = np.array([libmp.to_float(libmp.mpf_div(y, largest, 60)) for y in distances])
        values, power = [], libmp.fone
        for n in range(degree + 1):
            total = libmp.from_float(float(sizes @ ratios**n))
            values.append(libmp.mpf_mul(libmp.mpf_shift(total, exponent), power, 60))
            power = libmp.mpf_mul(power, largest, 60)
        return values


def _fixed(values: list[Raw], rule: Rule) -> tuple[list[int], int]:
    """Weighted values as integers, and the common exponent taken out: value = integer 2^(exponent - bits)."""
    exponent = max((value[2] + value[3] for value in values if value[1]), default=0)
    integers = [
        (int(libmp.to_fixed(libmp.mpf_shift(value, -exponent), rule.bits)) * weight) >> rule.bits
        for value, weight in zip(values, rule.weights, strict=True)
    ]
    return integers, exponent


def _local(values: list[Raw], rule: Rule, degree: int) -> list[Raw]:
    """Sums of w f x^j over the rule's nodes x in (-1, 1), j = 0 .. degree."""
    integers, exponent = _fixed(values, rule)
    sums = [sum(map(mul, integers, rule.powers[j])) for j in range(degree + 1)]
    return [libmp.from_man_exp(total, exponent - 2 * rule.bits) for total in sums]


def _size(values: list[Raw], rule: Rule) -> Raw:
    """Sum of w |f| over the rule's nodes."""
    integers, exponent = _fixed(values, rule)
    return libmp.from_man_exp(sum(map(abs, integers)), exponent - rule.bits, 60)


def _powers(base: Raw, degree: int, precision: int) -> list[Raw]:
    values = [libmp.fone]
    for _ in range(degree):
        values.append(libmp.mpf_mul(values[-1], base, precision))
    return values


def _hermite(z: Raw, degree: int, precision: int) -> list[Raw]:
    values = [libmp.fone, z]
    for k in range(1, degree):
        lower = libmp.mpf_mul_int(values[k - 1], k, precision, "n")
        values.append(libmp.mpf_sub(libmp.mpf_mul(z, values[k], precision), lower, precision))
    return values[: degree + 1]


def _moved(local: list[Raw], basis: list[Raw], step: Raw, precision: int) -> list[Raw]:
    """Sums of p_n(c + step x) f from sums of x^j f, p_n an Appell sequence.

    p_n(c + u) = sum_j C(n,j) p_(n-j)(c) u^j holds for powers and for Hermite polynomials.
    """
    scaled, power = [], libmp.fone
    for value in local:
        scaled.append(libmp.mpf_mul(value, power, precision))
        power = libmp.mpf_mul(power, step, precision)
    results = []
    for n in range(len(local)):
        total = libmp.fzero
        for j in range(n + 1):
            term = libmp.mpf_mul_int(libmp.mpf_mul(scaled[j], basis[n - j], precision), math.comb(n, j), precision, "n")
            total = libmp.mpf_add(total, term, precision)
        results.append(total)
    return results
