"""What each function of a kernel should return at one point, and how its number is judged."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sympy as sp
from mpmath import libmp

from codegen.parity import parity
from codegen.rounding_forms import is_power_of_two
from codegen.verify.definition import Definition
from codegen.verify.differences import UnsettledDerivativeError
from codegen.verify.error_metric import INPUT_ULPS, is_subnormal, natural_scales, scales
from codegen.verify.interval import ReferenceRefusesError
from codegen.verify.points import smoothing
from codegen.verify.reference import reference
from codegen.verify.regimes import FURTHEST_DENSITY
from symbolic_moments.fractional_parts import fractional_part
from symbolic_moments.symbols import x

__all__ = ["Expectation", "activation_expectation", "expectations"]

Raw = Any
_VANISHING = libmp.from_float(1e-250)
_OVERFLOWING = libmp.from_float(1e250)
_PRECISION = 400
_NEXT_TO = 200
"""A kink is looked at from so many binary places beside it where it cannot be looked at; ..."""
_UNSEEN = libmp.from_man_exp(1, -100000)
"""... less than this is no power of that."""


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
    bound : raw mpf
        How far the reference itself can be from the truth.
    granted : bool
        The scale is larger than the quantity's own: it is what an ulp of mu or sigma changes, over the promise.
    beyond : bool
        The scale is so large that terms of it leave the doubles: NaN or an infinity is an answer there.
    infinite : bool
        Terms leave the doubles, though the value may not, and the record says so: an infinity is an answer there.
    """

    value: Raw
    scale: Raw
    size: float = 1.0
    sign_only: bool = False
    undefined: bool = False
    granted: bool = False
    beyond: bool = False
    infinite: bool = False
    bound: Raw = libmp.fzero

    @property
    def sign_known(self) -> bool:
        """Whether the reference is accurate enough to tell the sign of the value."""
        return not self.bound[1] or bool(libmp.mpf_gt(libmp.mpf_abs(self.value), self.bound))


BY_SYMMETRY = Expectation(libmp.fzero, libmp.fzero)
"""Exactly 0, and no error is allowed."""


def expectations(
    definition: Definition,
    mu: float,
    sigma: float,
    degree: int,
    digits: int,
    promise: Mapping[str, float],
    root_ulps: int = 0,
) -> dict[str, list[Expectation]]:
    """Per function one expectation per order, at one point; `root_ulps` as in `error_metric.scales`.

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
    bounds = {
        "raw_moments": point.errors.moments,
        "hermite_coefficients": point.errors.hermite[: degree + 1],
        "second_moment": (point.errors.second_moment,),
        "variance": (point.errors.variance,),
    }
    if sigma == 0:
        natural = {name: [libmp.mpf_abs(value) for value in row] for name, row in values.items()}
        measures = _at_point_mass(definition, values, mu, promise, root_ulps)
        normal = True
    else:
        for rows in (values, bounds):
            rows["expected_derivatives"] = _over_powers(rows["hermite_coefficients"], sigma)
        natural = natural_scales(point, degree)
        measures = scales(point, promise, degree, root_ulps)
        normal = _normal_density(definition, mu, sigma)
    saturates = definition.saturates and sigma > 0
    result = {
        name: _judged(row, natural[name], measures[name], bounds[name], name, (mu, sigma), normal, saturates)
        for name, row in values.items()
    }
    if sigma == 0:
        result["expected_derivatives"] = _limits(definition, mu, degree, promise["expected_derivatives"])
        if root_ulps:
            result["expected_derivatives"][0] = result["hermite_coefficients"][0]
    if mu == 0 and (found := parity(definition.expression, x)) is not None:
        for name in ("raw_moments", "hermite_coefficients", "expected_derivatives"):
            result[name] = [
                BY_SYMMETRY if (n + found.order) % 2 and not known.undefined else known
                for n, known in enumerate(result[name])
            ]
    result["activation"] = [activation_expectation(definition, mu, promise["activation"])]
    return result


def _over_powers(coefficients: tuple[Raw, ...], sigma: float) -> tuple[Raw, ...]:
    """c_k / sigma^k."""
    spread = libmp.from_float(sigma)
    return tuple(
        libmp.mpf_div(value, libmp.mpf_pow_int(spread, k, _PRECISION), _PRECISION)
        for k, value in enumerate(coefficients)
    )


def _at_point_mass(
    definition: Definition, values: Mapping[str, Any], mu: float, promise: Mapping[str, float], root_ulps: int
) -> dict[str, list[Raw]]:
    """The values' own size; where `root_ulps` ulp of mu change them by more, that change over the promise."""
    measures = {name: [libmp.mpf_abs(value) for value in row] for name, row in values.items()}
    x = libmp.from_float(mu)
    index, at_kink = definition.interval(x)
    change = libmp.fzero if at_kink else jump_within_an_ulp(definition, mu)
    if at_kink or not (root_ulps or change[1]):
        return measures
    size = measures["hermite_coefficients"][0]
    if root_ulps:
        slope = libmp.mpf_abs(definition.pieces[index].derivative(1)(x, _PRECISION))
        change = libmp.mpf_add(change, libmp.mpf_mul(slope, libmp.from_float(root_ulps * math.ulp(mu)), 60), 60)
    square = libmp.mpf_mul(change, libmp.mpf_add(libmp.mpf_shift(size, 1), change, 60), 60)
    changes = {"raw_moments": change, "hermite_coefficients": change, "second_moment": square}
    for name, by_inputs in changes.items():
        for n, scale in enumerate(measures[name] if name == "raw_moments" else measures[name][:1]):
            allowed = libmp.mpf_div(by_inputs, libmp.from_float(promise[name]), 60)
            if name == "raw_moments":
                allowed = libmp.mpf_mul(allowed, libmp.mpf_pow_int(libmp.mpf_abs(x), n, 60), 60)
            measures[name][n] = allowed if libmp.mpf_gt(allowed, scale) else scale
    return measures


def _judged(
    row: Any,
    natural: list[Raw],
    measures: list[Raw],
    bounds: Any,
    name: str,
    point: tuple[float, float],
    normal: bool,
    saturates: bool = False,
) -> list[Expectation]:
    result = []
    reach = abs(point[0]) + point[1]
    for n, (value, own, scale, bound) in enumerate(zip(row, natural, measures, bounds, strict=True)):
        size = _power(reach, n) if name == "raw_moments" else 1.0
        measure = libmp.mpf_div(scale, libmp.from_float(size), 60) if 0 < size < math.inf else scale
        vanishing = not normal and libmp.mpf_lt(measure, _VANISHING)
        lowered = is_subnormal(value) and libmp.mpf_lt(scale, _VANISHING)
        beyond = bool(libmp.mpf_gt(scale, _OVERFLOWING))
        if saturates and not scale[1] and not value[1]:
            lowered, bound = True, _VANISHING  # nothing showed in all the bits the reference may add
        sign_only, granted = bool(vanishing or lowered), bool(libmp.mpf_gt(scale, own))
        result.append(Expectation(value, scale, size, sign_only, granted=granted, beyond=beyond, bound=bound))
    return result


def _power(base: float, exponent: int) -> float:
    """``base**exponent``, infinite where that is beyond the largest double."""
    try:
        return base**exponent
    except OverflowError:
        return math.inf


def _normal_density(definition: Definition, mu: float, sigma: float) -> bool:
    """Whether phi at the kinks and scales is a normal double: |t| or |h| at most 37.6."""
    return all(
        abs(mu - centre) <= FURTHEST_DENSITY * math.hypot(sigma, width) for centre, width in smoothing(definition)
    )


def activation_expectation(definition: Definition, mu: float, promise: float) -> Expectation:
    """What ``activation(mu)`` should be."""
    x = libmp.from_float(mu)
    value = definition.value(x, _PRECISION)
    index, at_kink = definition.interval(x)
    scale = libmp.mpf_abs(value)
    if not at_kink:
        slope = definition.pieces[index].derivative(1)(x, _PRECISION)
        scale = _conditioned(scale, slope, mu, promise)
        jump = libmp.mpf_div(jump_within_an_ulp(definition, mu), libmp.from_float(promise), 60)
        scale = jump if libmp.mpf_gt(jump, scale) else scale
    sign_only = is_subnormal(value) or (bool(value[1]) and _beyond(definition, mu, value))
    return Expectation(value, scale, 1.0, sign_only, granted=_exceeds(scale, value))


def jump_within_an_ulp(definition: Definition, mu: float) -> Raw:
    """Twice what a function jumps by within an ulp of mu that rounds a product: that is rounded itself."""
    slopes = {sp.diff(part.args[0], x) for part in definition.expression.atoms(fractional_part)}
    if all(is_power_of_two(slope) for slope in slopes):
        return libmp.fzero
    places = [libmp.from_float(math.nextafter(mu, end)) for end in (-math.inf, mu, math.inf)]
    low, middle, high = (definition.interval(place) for place in places)
    if low == middle == high:
        return libmp.fzero
    values = [definition.value(place, _PRECISION) for place in places]
    left, right = (libmp.mpf_abs(libmp.mpf_sub(values[1], values[side], 60)) for side in (0, 2))
    larger = left if libmp.mpf_gt(left, right) else right
    return libmp.mpf_shift(larger, 1)  # rounding has but a part of the promise


def _exceeds(scale: Raw, value: Raw) -> bool:
    return bool(libmp.mpf_gt(scale, libmp.mpf_abs(value)))


def _beyond(definition: Definition, mu: float, value: Raw) -> bool:
    return not _normal_density(definition, mu, 0.0) and bool(libmp.mpf_lt(libmp.mpf_abs(value), _VANISHING))


def _conditioned(scale: Raw, slope: Raw, mu: float, promise: float) -> Raw:
    """The scale, or where larger the change `INPUT_ULPS` ulp of mu would make, over the promise."""
    change = libmp.mpf_mul(libmp.mpf_abs(slope), libmp.from_float(INPUT_ULPS * math.ulp(mu) / promise), 60)
    return change if libmp.mpf_gt(change, scale) else scale


def _limits(definition: Definition, mu: float, degree: int, promise: float) -> list[Expectation]:
    """g^(k)(mu), the limits of E[g^(k)] for sigma -> 0.

    At a kink the limit is the mean of both sides, as long as no lower derivative jumps. Only the sign is asked where
    the coefficient g^(k)(mu)/k! of the power series is no normal double: it is what a kernel without a closed form has.
    """
    x = libmp.from_float(mu)
    index, at_kink = definition.interval(x)
    result = [activation_expectation(definition, mu, promise)]
    if not at_kink:
        functions = [definition.pieces[index].derivative(k) for k in range(1, degree + 2)]
        try:
            numbers = [function(x, _PRECISION) for function in functions]
        except UnsettledDerivativeError as error:
            raise ReferenceRefusesError(str(error)) from error
        for k, (value, slope) in enumerate(itertools.pairwise(numbers), 1):
            scale = _conditioned(libmp.mpf_abs(value), slope, mu, promise)
            vanishing = not _normal_density(definition, mu, 0.0) and libmp.mpf_lt(libmp.mpf_abs(value), _VANISHING)
            coefficient = libmp.mpf_div(value, libmp.from_int(math.factorial(k)), 60)
            unseen = definition.saturates and not value[1] and not scale[1]
            sign_only, bound = is_subnormal(coefficient) or bool(vanishing), libmp.fzero
            if unseen:
                sign_only, bound = True, _VANISHING
            result.append(Expectation(value, scale, 1.0, sign_only, granted=_exceeds(scale, value), bound=bound))
        return result
    left, right = definition.pieces[index - 1], definition.pieces[index]
    jumped = _differ(*(_beside(piece, 0, x, side) for piece, side in ((left, -1), (right, 1))))
    for k in range(1, degree + 1):
        try:
            sides = [_beside(piece, k, x, side) for piece, side in ((left, -1), (right, 1))]
        except (ArithmeticError, ValueError):  # a root or a logarithm of 0
            result += [Expectation(libmp.fzero, libmp.fzero, undefined=True) for _ in range(k, degree + 1)]
            break
        value = libmp.mpf_shift(libmp.mpf_add(*sides, _PRECISION), -1)
        result.append(Expectation(value, libmp.mpf_abs(value), undefined=jumped))
        jumped = jumped or _differ(*sides)
    return result


def _beside(piece: Any, order: int, x: Raw, side: int) -> Raw:
    """The derivative on one side of a kink; 0 where it falls to that faster than any power and is no quotient there."""
    derivative = piece.derivative(order)
    try:
        return derivative(x, _PRECISION)
    except (ArithmeticError, ValueError):
        inside = derivative(libmp.mpf_add(x, libmp.from_man_exp(side, -_NEXT_TO), _PRECISION, "n"), _PRECISION)
        if libmp.mpf_lt(libmp.mpf_abs(inside), _UNSEEN):
            return libmp.fzero
        raise


def _differ(left: Raw, right: Raw) -> bool:
    """Whether two values differ by more than the rounding of constants that need not cancel exactly."""
    gap = libmp.mpf_abs(libmp.mpf_sub(left, right, _PRECISION, "n"))
    largest = _larger(libmp.fone, _larger(libmp.mpf_abs(left), libmp.mpf_abs(right)))
    return bool(libmp.mpf_gt(gap, libmp.mpf_shift(largest, -_PRECISION // 2)))


def _larger(a: Raw, b: Raw) -> Raw:
    return a if libmp.mpf_gt(a, b) else b
