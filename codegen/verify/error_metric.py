"""How far a number is from the reference, in the measure the promises are made in. It always answers.

Raw moments are measured against E|y^n g|, Hermite coefficients against sd(g) sqrt(k!) (c_0 against E|g|),
the second moment against E g^2, the variance against itself; E[g^(k)] against the scale of c_k over
sigma^k. Next to an extremum of g those scales shrink below what the inputs determine, so where it is larger
the scale is the change that `INPUT_ULPS` ulp of mu or sigma would make, divided by the promise. Raw moments, c_0 and
the second moment are given the same next to a root of g, and only where the kernel's record asks for it. Below the
normal doubles the sign is judged; a record may say (`NOISE_REGIME`) that there, too, only the promise is kept. Of what
is beyond the largest double the infinity of its sign is asked, and of the text in many digits that it is as large.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from mpmath import libmp

from codegen.verify.reference import Reference

__all__ = [
    "INPUT_ULPS",
    "NOISE_REGIME",
    "OVERFLOW_REGIME",
    "TINY",
    "is_beyond_doubles",
    "is_small",
    "natural_scales",
    "relative_error",
    "right_sign_or_zero",
    "scales",
]

Raw = Any
INPUT_ULPS = 4
NOISE_REGIME = "is noise of either sign"
OVERFLOW_REGIME = "beyond the doubles within 13 sigma of its weight: infinite"
TINY = 1e-200
_BITS = 80
_SMALLEST_NORMAL = libmp.from_float(2.2250738585072014e-308)
_LARGEST = libmp.from_float(1.7976931348623157e308)


def relative_error(value: Raw, expected: Raw, scale: Raw) -> float:
    """|value - expected| / scale: 0 where both are zero or infinite alike, infinite for NaN or a zero scale.

    Examples
    --------
    >>> one, nan = libmp.from_int(1), libmp.fnan
    >>> relative_error(one, one, one), relative_error(nan, one, one)
    (0.0, inf)
    """
    if value == libmp.fnan or expected == libmp.fnan:
        return math.inf
    if value == expected:
        return 0.0
    if value in (libmp.finf, libmp.fninf):
        return 0.0 if is_beyond_doubles(expected) and libmp.mpf_sign(value) == libmp.mpf_sign(expected) else math.inf
    difference = libmp.mpf_abs(libmp.mpf_sub(value, expected, _BITS))
    if not scale[1]:
        return math.inf
    ratio = libmp.mpf_div(difference, scale, _BITS)
    return float(libmp.to_float(ratio, rnd="n")) if ratio[2] + ratio[3] < 1000 else math.inf


def is_beyond_doubles(value: Raw) -> bool:
    """Whether a number is larger than the largest double, or infinite; NaN is not.

    Examples
    --------
    >>> is_beyond_doubles(libmp.from_int(-(2**1024))), is_beyond_doubles(libmp.from_int(2**1023))
    (True, False)
    """
    return value != libmp.fnan and bool(libmp.mpf_gt(libmp.mpf_abs(value), _LARGEST))


def right_sign_or_zero(value: Raw, expected: Raw, size: float) -> float:
    """0 where `value` is 0, or has the sign of `expected` and is small; infinite otherwise, for NaN too.

    What is asked where the exact value or the density it is built from is no normal double. `size` is the
    natural size of the quantity: "small" is below `TINY` times it.
    """
    if value == libmp.fzero:
        return 0.0
    if not is_small(value, size) or not expected[1] or value[0] != expected[0]:
        return math.inf
    return 0.0


def is_small(value: Raw, size: float) -> bool:
    """Whether `value` is below `TINY` times the natural size of the quantity; NaN and infinities are not."""
    if value in (libmp.fnan, libmp.finf, libmp.fninf):
        return False
    return bool(libmp.mpf_lt(libmp.mpf_abs(value), libmp.from_float(TINY * max(1.0, size))))


def is_subnormal(expected: Raw) -> bool:
    """Whether a non-zero number lies below the smallest normal double."""
    return bool(expected[1]) and bool(libmp.mpf_lt(libmp.mpf_abs(expected), _SMALLEST_NORMAL))


def natural_scales(point: Reference, degree: int) -> dict[str, list[Raw]]:
    """The sizes of the quantities themselves at sigma > 0, function by function, order by order."""
    deviation = libmp.mpf_sqrt(_positive(point.variance), _BITS)
    roots = [libmp.mpf_sqrt(libmp.from_int(math.factorial(k)), _BITS) for k in range(1, degree + 1)]
    hermite = [point.magnitudes[0], *(libmp.mpf_mul(deviation, root, _BITS) for root in roots)]
    return {
        "raw_moments": list(point.magnitudes[: degree + 1]),
        "hermite_coefficients": hermite,
        "expected_derivatives": _over_powers(hermite, point.sigma),
        "second_moment": [point.second_moment],
        "variance": [_positive(point.variance)],
    }


def _over_powers(values: list[Raw], sigma: float) -> list[Raw]:
    spread = libmp.from_float(sigma)
    return [libmp.mpf_div(value, libmp.mpf_pow_int(spread, k, _BITS), _BITS) for k, value in enumerate(values)]


def scales(point: Reference, promise: Mapping[str, float], degree: int, root_ulps: int = 0) -> dict[str, list[Raw]]:
    """What the error of each value is divided by, function by function, order by order.

    Parameters
    ----------
    point : Reference
        The reference at sigma > 0.
    promise : Mapping[str, float]
        Promised accuracy by function.
    degree : int
        Highest order.
    root_ulps : int
        How many ulp of mu or sigma raw moments, c_0 and the second moment may answer for; 0 for none.
    """
    natural = natural_scales(point, degree)
    hermite = natural["hermite_coefficients"]
    for k in range(1, degree + 1):
        hermite[k] = _larger(hermite[k], _over(_input_change(point, k), promise["hermite_coefficients"]))
    derivatives = _over_powers(hermite, point.sigma)
    variance = _larger(natural["variance"][0], _over(_variance_change(point), promise["variance"]))
    moments = natural["raw_moments"]
    second = point.second_moment
    if root_ulps:
        share = libmp.from_float(root_ulps / INPUT_ULPS)
        change = libmp.mpf_mul(_input_change(point, 0), share, _BITS)
        hermite[0] = derivatives[0] = _larger(hermite[0], _over(change, promise["hermite_coefficients"]))
        powers = [libmp.mpf_pow_int(libmp.from_float(abs(point.mu)), n, _BITS) for n in range(degree + 1)]
        raw = _over(change, promise["raw_moments"])
        moments = [_larger(m, libmp.mpf_mul(raw, power, _BITS)) for m, power in zip(moments, powers, strict=True)]
        squared = libmp.mpf_add(libmp.mpf_shift(libmp.mpf_abs(point.hermite[0]), 1), change, _BITS)
        squared = libmp.mpf_mul(squared, change, _BITS)
        squared = libmp.mpf_add(squared, _variance_change(point), _BITS)
        second = _larger(second, _over(squared, promise["second_moment"]))
    return {
        "raw_moments": moments,
        "hermite_coefficients": hermite,
        "expected_derivatives": derivatives,
        "second_moment": [second],
        "variance": [variance],
    }


def _input_change(point: Reference, k: int) -> Raw:
    """Largest of |dc_k/dmu| ulp(mu), |dc_k/dsigma| ulp(sigma), times INPUT_ULPS.

    dc_k/dmu = c_(k+1) / sigma and dc_k/dsigma = (k c_k + c_(k+2)) / sigma.
    """
    by_mu = point.hermite[k + 1]
    by_sigma = libmp.mpf_add(libmp.mpf_mul_int(point.hermite[k], k, _BITS, "n"), point.hermite[k + 2], _BITS)
    return _by_inputs(point, by_mu, by_sigma)


def _variance_change(point: Reference) -> Raw:
    """The same for Var g = sum_k c_k^2 / k!, through the Hermite coefficients at hand.

    The step in mu counts in second order too: next to an extremum of g, where c_1 is almost 0, that is the larger part.
    """
    by_mu = by_sigma = curved = libmp.fzero
    for k in range(1, len(point.hermite) - 2):
        c = point.hermite[k]
        weight = libmp.mpf_div(libmp.mpf_shift(c, 1), libmp.from_int(math.factorial(k)), _BITS)
        turned = libmp.mpf_add(libmp.mpf_mul_int(c, k, _BITS, "n"), point.hermite[k + 2], _BITS)
        by_mu = libmp.mpf_add(by_mu, libmp.mpf_mul(weight, point.hermite[k + 1], _BITS), _BITS)
        by_sigma = libmp.mpf_add(by_sigma, libmp.mpf_mul(weight, turned, _BITS), _BITS)
        square = libmp.mpf_pow_int(point.hermite[k + 1], 2, _BITS)
        curved = libmp.mpf_add(curved, libmp.mpf_div(square, libmp.from_int(math.factorial(k)), _BITS), _BITS)
    step = libmp.from_float(INPUT_ULPS * math.ulp(point.mu) / point.sigma)
    second = libmp.mpf_mul(curved, libmp.mpf_pow_int(step, 2, _BITS), _BITS)
    return libmp.mpf_add(_by_inputs(point, by_mu, by_sigma), second, _BITS)


def _by_inputs(point: Reference, by_mu: Raw, by_sigma: Raw) -> Raw:
    step_mu = INPUT_ULPS * math.ulp(point.mu) / point.sigma
    step_sigma = INPUT_ULPS * math.ulp(point.sigma) / point.sigma
    return _larger(
        libmp.mpf_mul(libmp.mpf_abs(by_mu), libmp.from_float(step_mu), _BITS),
        libmp.mpf_mul(libmp.mpf_abs(by_sigma), libmp.from_float(step_sigma), _BITS),
    )


def _over(change: Raw, promise: float) -> Raw:
    return libmp.mpf_div(change, libmp.from_float(promise), _BITS)


def _larger(a: Raw, b: Raw) -> Raw:
    return a if libmp.mpf_gt(a, b) else b


def _positive(value: Raw) -> Raw:
    return value if libmp.mpf_gt(value, libmp.fzero) else libmp.fzero
