"""What a kernel's record grants itself next to places: so many ulp of the place over sigma, or of g over sd(g)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from mpmath import libmp

from codegen.verify.expectations import Expectation

__all__ = ["as_on_record"]

Raw = Any
_FELT = 40
"""How many sigma away from a kink its record speaks of, as its words say."""
_BITS = 80
_EPSILON = 2.0**-52
_KINDS = ("means", "coefficients", "variances", "squares")
Expected = dict[tuple[float, float], dict[str, list[Expectation]]]


def as_on_record(expected: Expected, kinks: Sequence[Mapping[str, float]], promise: Mapping[str, float]) -> Expected:
    """The expectations; where a kink on record is felt, measured in what the record says where that is more.

    Parameters
    ----------
    expected : dict
        By point, by function: one expectation per order.
    kinks : sequence of Mapping
        ``KERNEL["near_places"]``: ``place``, and ``means``, ``coefficients``, ``variances`` and ``squares``, in ulp of
        it over sigma, or ``levels``: coefficients in ``2^-52 |E[g]| / sd(g)``, variances in twice that.
    promise : Mapping
        Promised accuracy by function.
    """
    found = dict(expected)
    for kink in kinks:
        place = float(kink["place"])
        for mu, sigma in expected:
            if sigma > 0 and abs(mu - place) <= _FELT * sigma:
                ulps = math.ulp(place) / sigma
                times = {kind: float(kink.get(kind, 0.0)) * ulps for kind in _KINDS}
                if "levels" in kink:
                    lost = float(kink["levels"]) * _level_over_deviation(expected[mu, sigma]) * _EPSILON
                    times |= {"coefficients": lost, "variances": 2 * lost}
                found[mu, sigma] = _widened(found[mu, sigma], times, sigma, promise)
    return found


def _widened(
    at_point: Mapping[str, list[Expectation]], times: Mapping[str, float], sigma: float, promise: Mapping[str, float]
) -> dict[str, list[Expectation]]:
    """The expectations of a point, granted ``times`` the natural scales."""
    means, coefficients, variances, squares = (times[kind] for kind in _KINDS)
    variance, second = at_point["variance"][0], at_point["second_moment"][0]
    deviation = libmp.mpf_sqrt(libmp.mpf_abs(variance.value), _BITS)
    found = dict(at_point)
    found["raw_moments"] = [
        _granted(one, _natural(one), means / promise["raw_moments"]) for one in found["raw_moments"]
    ]
    for name in ("hermite_coefficients", "expected_derivatives"):
        first, *others = found[name]
        power = sigma if name == "expected_derivatives" else 1.0
        sizes = [math.sqrt(math.factorial(k)) / power**k for k in range(1, len(found[name]))]
        more = coefficients / promise[name]
        found[name] = [
            _granted(first, _natural(first), means / promise[name]),
            *(_granted(one, deviation, more * size) for one, size in zip(others, sizes, strict=True)),
        ]
    found["variance"] = [_granted(variance, _natural(variance), variances / promise["variance"])]
    found["second_moment"] = [_granted(second, _natural(second), squares / promise["second_moment"])]
    return found


def _level_over_deviation(at_point: Mapping[str, list[Expectation]]) -> float:
    """``|E[g]| / sd(g)``; 0 where g does not vary."""
    mean, variance = (abs(libmp.to_float(at_point[name][0].value)) for name in ("hermite_coefficients", "variance"))
    return mean / math.sqrt(variance) if variance else 0.0


def _natural(one: Expectation) -> Raw:
    """The quantity's own scale; where it was widened, what is known to be no larger."""
    return libmp.mpf_abs(one.value) if one.granted else one.scale


def _granted(one: Expectation, natural: Raw, times: float) -> Expectation:
    """The expectation, measured in so many times a scale if that is more."""
    scale = libmp.mpf_mul(natural, libmp.from_float(times), _BITS)
    return replace(one, scale=scale, granted=True) if libmp.mpf_gt(scale, one.scale) else one
