"""Expectations of ``y^j exp(-q y^2 + c y) cos(a y^2 + w y + p)``, and of the sine: a Gaussian of complex variance.

``V = u - i v = 1 + 2 (q - i a) sigma^2``. The phase is ``a mu^2`` for a narrow Gaussian, any number of turns: exponent
and angle are carried to twice the working precision. Constants are pairs (number, what rounding took from it).
"""

from typing import Any

from codegen.primitives.compensated import exact_square
from codegen.primitives.pairs import paired_difference, paired_product, paired_quotient, paired_sum
from codegen.primitives.tilted import complement


def chirp_tilt(xp: Any, mu: Any, sigma: Any, envelope: Any, rate: Any, frequency: Any, chirp: Any, peak: Any) -> Any:
    """Logarithm and angle of ``sqrt(V) E[f]`` (pairs); ``1/V`` (real, imaginary), ``|V|^2`` and ``f'/f`` at mu.

    ``f = exp(-q y^2 + c y - peak) exp(i (a y^2 + w y))``; ``envelope`` is q, ``rate`` c, ``chirp`` a.
    """
    place, variance = (mu, xp.zeros_like(mu)), exact_square(xp, sigma)
    half = variance[0] / 2, variance[1] / 2
    spread = paired_product(xp, envelope, variance)
    u = paired_sum((2 * spread[0], 2 * spread[1]), (1, 0))
    spread = paired_product(xp, chirp, variance)
    v = 2 * spread[0], 2 * spread[1]
    square = paired_sum(paired_product(xp, u, u), paired_product(xp, v, v))
    fall, turn = paired_product(xp, envelope, place), paired_product(xp, chirp, place)
    falling, turning = paired_difference(rate, fall), paired_sum(frequency, turn)
    growth = paired_difference(paired_product(xp, rate, rate), paired_product(xp, frequency, frequency))
    both = paired_product(xp, rate, frequency)
    real = paired_sum(paired_product(xp, falling, place), paired_product(xp, growth, half))
    imaginary = paired_sum(paired_product(xp, turning, place), paired_product(xp, both, variance))
    exponent = paired_difference(paired_product(xp, real, u), paired_product(xp, imaginary, v))
    exponent = paired_difference(paired_quotient(xp, exponent, square), peak)
    angle = paired_sum(paired_product(xp, real, v), paired_product(xp, imaginary, u))
    shrink = u[0] / square[0], v[0] / square[0]
    slope = paired_difference(falling, fall)[0], paired_sum(turning, turn)[0]
    return exponent, paired_quotient(xp, angle, square), shrink, square[0], slope


def chirp_wave(xp: Any, tilt: Any, phase: Any) -> Any:
    """Cosine and sine of the angle of ``E[f]``, p added: that of the exponent, and half that of ``1/V``."""
    _, angle, shrink, square, _ = tilt
    angle, rest = paired_sum(angle, phase)
    cosine, sine = xp.cos(angle), xp.sin(angle)
    cosine, sine = cosine - rest * sine, sine + rest * cosine
    root = xp.sqrt(square)
    half_cosine = xp.sqrt((1 + root * shrink[0]) / 2)
    half_sine = root * shrink[1] / (2 * half_cosine)
    return cosine * half_cosine - sine * half_sine, sine * half_cosine + cosine * half_sine


def chirp_complement(xp: Any, tilt: Any, sigma: Any, phase: Any, is_sine: bool, sign: int) -> Any:
    """``1 - sign E[cos(a y^2 + w y + p)]``, or of the sine, without cancellation."""
    _, _, shrink, square, slope = tilt
    cosine, sine = chirp_wave(xp, tilt, phase)
    step = slope[1] * sigma
    spread = shrink[1] * square
    exponent = step * step / (2 * square) + xp.log1p(spread * spread) / 4
    part, other = (sine, cosine) if is_sine else (cosine, sine)
    return complement(xp, exponent, sign * part, other)


def complex_product(a: Any, b: Any) -> Any:
    """``a b`` for pairs (real, imaginary)."""
    return a[0] * b[0] - a[1] * b[1], a[0] * b[1] + a[1] * b[0]


def chirped_pairs(
    seed: Any, rate: Any, decay: Any, mean: Any, variance: Any, step: Any, powers: int, degree: int
) -> Any:
    """``tilted_reals`` for ``f = exp(-(q - i a) y^2 + (c + i w) y)``: everything but the orders is complex."""
    values = [seed]
    for k in range(degree):
        value = complex_product(rate, values[k])
        if k:
            before = complex_product(decay, values[k - 1])
            value = value[0] - k * before[0], value[1] - k * before[1]
        values.append(value)
    rows = [values]
    for j in range(powers):
        raised = []
        for k in range(degree + 1):
            real, imaginary = complex_product(mean, rows[j][k])
            for count, factor, beside in (
                (j, variance, rows[j - 1][k] if j else None),
                (k, step, rows[j][k - 1] if k else None),
            ):
                if count:
                    more = complex_product(factor, beside)
                    real, imaginary = real + count * more[0], imaginary + count * more[1]
            raised.append((real, imaginary))
        rows.append(raised)
    return [[value[0] for value in row] for row in rows], [[value[1] for value in row] for row in rows]


def chirped_waves(
    xp: Any, mu: Any, sigma: Any, tilt: Any, constants: Any, phase: Any, unit: Any, top: Any, powers: int, degree: int
) -> Any:
    """``unit^k E[(y^j f)^(k)] exp(-top)``, ``cos(a y^2 + w y + p)`` and then the sine in f; constants q, c, w, a."""
    exponent, _, shrink, square, slope = tilt
    envelope, rate, frequency, chirp = constants
    cosine, sine = chirp_wave(xp, tilt, phase)
    size = xp.exp(exponent[0] - top) * (1 + exponent[1]) / xp.sqrt(xp.sqrt(square))
    step = shrink[0] * unit, shrink[1] * unit
    spread = sigma * sigma
    variance = shrink[0] * spread, shrink[1] * spread
    mean = complex_product((mu + rate * spread, frequency * spread), shrink)
    decay = complex_product((2 * envelope * unit, -2 * chirp * unit), step)
    seed = size * cosine, size * sine
    return chirped_pairs(seed, complex_product(slope, step), decay, mean, variance, step, powers, degree)
