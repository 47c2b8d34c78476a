"""Circle moments of one exponential or one wave: Bessel functions of the amplitude."""

from typing import Any

from codegen.primitives.compensated import exact_product, exact_sum
from codegen.primitives.precise import exp_of


def circle_exponential(xp: Any, factor: Any, rate: Any, A: Any, b: Any, frequencies: int) -> Any:
    """``int factor exp(rate (A cos t + b)) cos(r t) dt = 2 pi factor exp(rate b) I_r(rate A)``; ``rate`` is a pair.

    The exponents of ``exp(rate b)`` and of I_r are added before either is taken: one may overflow and the other vanish.
    """
    size = xp.abs(A)
    steep, steep_rest = (rate[0], rate[1]) if rate[0] > 0 else (-rate[0], -rate[1])
    by_size, size_rest = exact_product(xp, steep + xp.zeros_like(A), size)
    by_shift, shift_rest = exact_product(xp, rate[0] + xp.zeros_like(A), b)
    total, rest = exact_sum(by_shift, by_size)
    rest = rest + (size_rest + steep_rest * size) + (shift_rest + rate[1] * b)
    peak = 2 * xp.pi * factor * exp_of(xp, (total, rest))
    back = (A < 0) if rate[0] > 0 else (A > 0)
    moments = []
    for r in range(frequencies + 1):
        share = xp.ive(r, by_size)
        value = xp.where(share == 0, 0, peak * share)
        moments.append(xp.where(back, -value, value) if r % 2 else value)
    return moments


def circle_wave(xp: Any, rate: Any, A: Any, value: Any, turned: Any, frequencies: int) -> Any:
    """The same for a wave of frequency ``rate``, ``value = g(b)`` and ``turned = g(b + pi/(2 rate))``.

    ``g(A cos t + b)`` is ``g(b) cos(rate A cos t)`` and ``turned`` times the sine of that: J_r, by the parity of r.
    """
    signed = (value, turned, -value, -turned)
    return [2 * xp.pi * signed[r % 4] * xp.jv(r, rate * A) for r in range(frequencies + 1)]
