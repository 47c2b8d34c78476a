"""``u Phi(u) + phi(u)``, the mean of ``max(u + z, 0)`` under a standard normal z: nothing is subtracted."""

from typing import Any

from codegen.primitives.compensated import clip_to_density, density
from codegen.primitives.half_line import scaled_tails
from codegen.primitives.precise import normal_cdf_of, small
from codegen.primitives.taylor import Series


def smoothed_relu(xp: Any, u: Any) -> Any:
    """``max(u, 0) + phi(u) int_0^inf z exp(-z^2/2 - |u| z) dz``; of a series: the integral of Phi."""
    if isinstance(u, Series):
        return u.integrated(smoothed_relu(u.xp, u.coefficients[0]), xp.ndtr(u))
    return smoothed_relu_of(xp, (u, xp.zeros_like(u)))


def smoothed_relu_of(xp: Any, argument: Any) -> Any:
    """The same of an argument and what rounding took from it."""
    u, rest = argument
    if isinstance(u, Series):
        return u.integrated(smoothed_relu_of(u.xp, (u.coefficients[0], rest)), normal_cdf_of(xp, argument))
    near = clip_to_density(xp, u, 1)
    peak = density(xp, near, 1) * (1 - near * small(xp, rest))
    return xp.maximum(u, 0) + peak * scaled_tails(xp, xp.abs(near), 1)[1]
