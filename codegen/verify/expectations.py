"""What each function of a kernel should return at one point, and how its number is judged."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mpmath import libmp

from codegen.verify.definition import Definition
from codegen.verify.error_metric import INPUT_ULPS, is_subnormal, scales
from codegen.verify.points import smoothing
from codegen.verify.reference import reference

__all__ = ["Expectation", "expectations"]

Raw = Any
_NORMAL_DENSITY = 37.6159
_VANISHING = libmp.from_float(1e-250)
_PRECISION = 400


@dataclass(frozen=True)
class Expectation:
    """One value and how to judge a number that should equal it.

    Attributes
    ----------
    value, scale : raw mpf
        The reference and what errors are divided by.
    size : float
        Natural size of the quantity.
    sign_only : bool
        Only the sign (or zero) is asked: the value, or the density it is built from, is no normal double.
    undefined : bool
        The limit sigma -> 0 does not exist; NaN or an infinity is the right answer.
    """

    value: Raw
    scale: Raw
    size: float = 1.0
    sign_only: bool = False
    undefined: bool = False


def expectations(
    definition: Definition, mu: float, sigma: float, degree: int, digits: int, promise: Mapping[str, float]
) -> dict[str, list[Expectation]]:
    """Per function one expectation per order, at one point.

    Raises
    ------
    ReferenceRefusesError
        The reference cannot vouch for the point.
    """
    point = reference(definition, mu, sigma, degree, digits)
    values = {
        "raw_moments": point.moments,
        "hermite_coefficients": point.hermite[: degree + 1],
        "second_moment": (point.second_moment,),
        "variance": (point.variance,),
    }
    if sigma == 0:
        measures = {name: [libmp.mpf_abs(value) for value in row] for name, row in values.items()}
        result = {name: _judged(row, measures[name], name, mu, sigma, True) for name, row in values.items()}
        result["expected_derivatives"] = _limits(definition, mu, degree, promise["expected_derivatives"])
    else:
        spread = libmp.from_float(sigma)
        values["expected_derivatives"] = tuple(
            libmp.mpf_div(value, libmp.mpf_pow_int(spread, k, _PRECISION), _PRECISION)
            for k, value in enumerate(point.hermite[: degree + 1])
        )
        measures = scales(point, promise, degree)
        normal = _normal_density(definition, mu, sigma)
        result = {name: _judged(row, measures[name], name, mu, sigma, normal) for name, row in values.items()}
    result["activation"] = [_activation(definition, mu, promise["activation"])]
    return result


def _judged(row: Any, measures: list[Raw], name: str, mu: float, sigma: float, normal: bool) -> list[Expectation]:
    result = []
    reach = abs(mu) + sigma
    for n, (value, scale) in enumerate(zip(row, measures, strict=True)):
        size = reach**n if name == "raw_moments" else 1.0
        measure = libmp.mpf_div(scale, libmp.from_float(size), 60) if 0 < size < math.inf else scale
        vanishing = not normal and libmp.mpf_lt(measure, _VANISHING)
        lowered = is_subnormal(value) and libmp.mpf_lt(scale, _VANISHING)
        result.append(Expectation(value, scale, size, bool(vanishing or lowered)))
    return result


def _normal_density(definition: Definition, mu: float, sigma: float) -> bool:
    """Whether phi at the kinks and scales is a normal double: |t| or |h| at most 37.6."""
    return all(
        abs(mu - centre) <= _NORMAL_DENSITY * math.hypot(sigma, width) for centre, width in smoothing(definition)
    )


def _activation(definition: Definition, mu: float, promise: float) -> Expectation:
    x = libmp.from_float(mu)
    value = definition.value(x, _PRECISION)
    index, at_kink = definition.interval(x)
    scale = libmp.mpf_abs(value)
    if not at_kink:
        slope = definition.pieces[index].derivative(1)(x, _PRECISION)
        scale = _conditioned(scale, slope, mu, promise)
    return Expectation(value, scale, 1.0, is_subnormal(value) or (bool(value[1]) and _beyond(definition, mu, value)))


def _beyond(definition: Definition, mu: float, value: Raw) -> bool:
    return not _normal_density(definition, mu, 0.0) and bool(libmp.mpf_lt(libmp.mpf_abs(value), _VANISHING))


def _conditioned(scale: Raw, slope: Raw, mu: float, promise: float) -> Raw:
    """The scale, or where larger the change `INPUT_ULPS` ulp of mu would make, over the promise."""
    change = libmp.mpf_mul(libmp.mpf_abs(slope), libmp.from_float(INPUT_ULPS * math.ulp(mu) / promise), 60)
    return change if libmp.mpf_gt(change, scale) else scale


def _limits(definition: Definition, mu: float, degree: int, promise: float) -> list[Expectation]:
    """g^(k)(mu), the limits of E[g^(k)] for sigma -> 0.

    At a kink the limit is the mean of both sides, as long as no lower derivative jumps.
    """
    x = libmp.from_float(mu)
    index, at_kink = definition.interval(x)
    result = [_activation(definition, mu, promise)]
    if not at_kink:
        functions = [definition.pieces[index].derivative(k) for k in range(1, degree + 2)]
        numbers = [function(x, _PRECISION) for function in functions]
        for value, slope in itertools.pairwise(numbers):
            scale = _conditioned(libmp.mpf_abs(value), slope, mu, promise)
            vanishing = not _normal_density(definition, mu, 0.0) and libmp.mpf_lt(libmp.mpf_abs(value), _VANISHING)
            result.append(Expectation(value, scale, 1.0, is_subnormal(value) or bool(vanishing)))
        return result
    left, right = definition.pieces[index - 1], definition.pieces[index]
    jumped = _differ(left.derivative(0)(x, _PRECISION), right.derivative(0)(x, _PRECISION))
    for k in range(1, degree + 1):
        sides = [piece.derivative(k)(x, _PRECISION) for piece in (left, right)]
        value = libmp.mpf_shift(libmp.mpf_add(*sides, _PRECISION), -1)
        result.append(Expectation(value, libmp.mpf_abs(value), undefined=jumped))
        jumped = jumped or _differ(*sides)
    return result


def _differ(left: Raw, right: Raw) -> bool:
    """Whether two values differ by more than the rounding of constants that need not cancel exactly."""
    gap = libmp.mpf_abs(libmp.mpf_sub(left, right, _PRECISION, "n"))
    largest = _larger(libmp.fone, _larger(libmp.mpf_abs(left), libmp.mpf_abs(right)))
    return bool(libmp.mpf_gt(gap, libmp.mpf_shift(largest, -_PRECISION // 2)))


def _larger(a: Raw, b: Raw) -> Raw:
    return a if libmp.mpf_gt(a, b) else b
