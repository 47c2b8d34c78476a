"""Expectations of ``y^j exp(-q y^2 + c y) cos(w y)`` and ``... sin(w y)``: a Gaussian with another mean and variance.

Multiplied by ``exp(-q y^2 + c y)`` the density of ``N(mu, sigma^2)`` is again one of a Gaussian, times a number;
``i w`` beside c makes the mean complex. Complex numbers are pairs (real, imaginary) or two lists ``cosines``,
``sines``; numbers that need more than the working precision are pairs (number, what rounding took from it).
"""

from typing import Any

from codegen.primitives.compensated import exact_product, exact_square, exact_sum
from codegen.primitives.normal_cdf import smoothed_density


def gaussian_tilt(xp: Any, mu: Any, sigma: Any, centre: Any, width_squared: Any) -> Any:
    """Tilt by ``exp(-(y - centre)^2 / (2 width^2))``: its expectation and ``(mean, shrink, slope, decay)``.

    ``mean`` is that of the tilted Gaussian (a pair), ``shrink`` its variance over sigma^2; ``slope`` and ``decay`` are
    the coefficients of ``E[f^(k+1)] = slope E[f^(k)] - k decay E[f^(k-1)]`` for f the factor itself.
    """
    _, peak, scale = smoothed_density(xp, mu, sigma, centre, width_squared)
    variance, variance_error = exact_square(xp, sigma)
    total, total_error = exact_sum(width_squared[0], variance)
    total_error = total_error + (variance_error + width_squared[1])
    distance, distance_error = exact_sum(mu, -centre[0])
    distance_error = distance_error - centre[1]
    product, product_error = exact_product(xp, distance, width_squared[0])
    quotient = product / total
    back, back_error = exact_product(xp, quotient, total)
    rest = ((product - back) - back_error) + (product_error + width_squared[0] * distance_error)
    rest = (rest + (width_squared[1] * distance - quotient * total_error)) / total
    mean, mean_error = exact_sum(quotient, centre[0])
    mean = exact_sum(mean, mean_error + (rest + centre[1]))
    size = xp.sqrt2pi * peak * (xp.sqrt(width_squared[0]) / scale)
    return size, (mean, width_squared[0] / total, -(distance + distance_error) / total, 1 / total)


def exponential_tilt(xp: Any, mu: Any, sigma: Any, rate: Any, frequency: Any) -> Any:
    """Two pairs, ``c mu + (c^2 - w^2) sigma^2 / 2`` and the mean ``mu + c sigma^2`` after tilting by ``exp(c y)``."""
    variance, variance_error = exact_square(xp, sigma)
    shift, shift_error = exact_product(xp, variance, rate[0])
    shift_error = shift_error + (rate[0] * variance_error + rate[1] * variance)
    mean, mean_error = exact_sum(mu, shift)
    middle, middle_error = exact_sum(mu, shift / 2)
    middle_error = middle_error + shift_error / 2
    exponent, error = exact_product(xp, middle, rate[0])
    error = error + (rate[0] * middle_error + rate[1] * middle)
    exponent, sum_error = exact_sum(exponent, -(frequency[0] * frequency[0] * variance) / 2)
    return (exponent, sum_error + error), exact_sum(mean, mean_error + shift_error)


def exponential_size(xp: Any, exponent: Any, top: Any) -> Any:
    """``exp(exponent - top)``, the exponent a pair: its rounding error is put back."""
    rest, error = exact_sum(exponent[0], -top)
    return xp.exp(rest) * (1 + (error + exponent[1]))


def scaled_up(xp: Any, value: Any, top: Any) -> Any:
    """``exp(top) value`` in two halves: infinite only where the product is beyond the largest number, 0 stays 0."""
    half = xp.exp(top / 2)
    return xp.where(value == 0, 0, (value * half) * half)


def damping(xp: Any, sigma: Any, shrink: Any, frequency: Any) -> Any:
    """``exp(-w^2 tau^2 / 2)``, ``tau^2 = shrink sigma^2``."""
    step = frequency[0] * sigma
    return xp.exp(-(step * step * shrink) / 2)


def wave(xp: Any, mean: Any, frequency: Any, phase: Any) -> Any:
    """Cosine and sine of ``w mean + p``, all three pairs: the angle is right to far below its own rounding."""
    angle, error = exact_product(xp, mean[0], frequency[0])
    angle, rest = exact_sum(angle, phase[0])
    error = error + (frequency[0] * mean[1] + frequency[1] * mean[0]) + (rest + phase[1])
    cosine, sine = xp.cos(angle), xp.sin(angle)
    return cosine - error * sine, sine + error * cosine


def complement(xp: Any, exponent: Any, part: Any, other: Any) -> Any:
    """``1 - exp(-exponent) part`` for ``part^2 + other^2 = 1``, without cancellation: both terms are positive."""
    near = xp.where(part > 0, other * other / (1 + xp.abs(part)), 1 - part)
    return xp.exp(-exponent) * near - xp.expm1(-exponent)


def tilted_reals(
    seed: Any, rate: Any, decay: Any, mean: Any, variance: Any, step: Any, powers: int, degree: int
) -> Any:
    """``unit^k E[(y^j f)^(k)]``, a list over k = 0 .. degree for each j = 0 .. powers; ``seed = E[f]``.

    ``f = exp(-q y^2 + c y)``; ``rate``, ``decay`` and ``step`` are ``slope unit``, ``decay unit^2`` and
    ``shrink unit`` of the tilt. Stein: y times what is there is ``mean`` times it, plus the derivatives' share.
    """
    values = [seed]
    for k in range(degree):
        value = rate * values[k]
        values.append(value - k * decay * values[k - 1] if k else value)
    rows = [values]
    for j in range(powers):
        last = rows[j]
        raised = []
        for k in range(degree + 1):
            value = mean * last[k]
            if j:
                value = value + j * variance * rows[j - 1][k]
            if k:
                value = value + k * step * last[k - 1]
            raised.append(value)
        rows.append(raised)
    return rows


def tilted_pairs(
    seed: Any, rate: Any, decay: Any, mean: Any, variance: Any, step: Any, powers: int, degree: int
) -> Any:
    """``tilted_reals`` for ``f = exp(-q y^2 + (c + i w) y)``, real and imaginary parts; seed, rate, mean are pairs."""
    cosines, sines = [seed[0]], [seed[1]]
    for k in range(degree):
        cosine = rate[0] * cosines[k] - rate[1] * sines[k]
        sine = rate[0] * sines[k] + rate[1] * cosines[k]
        cosines.append(cosine - k * decay * cosines[k - 1] if k else cosine)
        sines.append(sine - k * decay * sines[k - 1] if k else sine)
    return raised_pairs(cosines, sines, mean, variance, step, powers)


def raised_pairs(cosines: Any, sines: Any, mean: Any, variance: Any, step: Any, powers: int) -> Any:
    """The rows j = 1 .. powers of ``tilted_pairs`` below the row j = 0."""
    rows = [cosines], [sines]
    for j in range(powers):
        cosines, sines = rows[0][j], rows[1][j]
        raised: Any = [], []
        for k in range(len(cosines)):
            values = (mean[0] * cosines[k] - mean[1] * sines[k], mean[0] * sines[k] + mean[1] * cosines[k])
            for row, into, last, value in zip(rows, raised, (cosines, sines), values, strict=True):
                total = value
                if j:
                    total = total + j * variance * row[j - 1][k]
                if k:
                    total = total + k * step * last[k - 1]
                into.append(total)
        rows[0].append(raised[0])
        rows[1].append(raised[1])
    return rows


def tilted_waves(
    xp: Any, size: Any, tilt: Any, sigma: Any, frequency: Any, phase: Any, unit: Any, powers: int, degree: int
) -> Any:
    """``unit^k E[(y^j f)^(k)]``, ``cos(w y + p)`` and then ``sin(w y + p)`` in f; ``size`` is ``|E[f]|``, damped."""
    mean, shrink, slope, decay = tilt
    cosine, sine = wave(xp, mean, frequency, phase)
    step = shrink * unit
    variance = sigma * sigma * shrink
    rate = slope * unit, frequency[0] * step
    middle = mean[0], frequency[0] * variance
    return tilted_pairs((size * cosine, size * sine), rate, decay * unit * unit, middle, variance, step, powers, degree)


def plain_waves(xp: Any, mu: Any, sigma: Any, frequency: Any, phase: Any, unit: Any, powers: int, degree: int) -> Any:
    """``tilted_waves`` where f is the wave alone: a quarter turn and ``w unit`` for each derivative."""
    size = damping(xp, sigma, 1, frequency)
    cosine, sine = wave(xp, (mu, 0), frequency, phase)
    rate = frequency[0] * unit
    cosines, sines = [size * cosine], [size * sine]
    for k in range(degree):
        cosines.append(-rate * sines[k])
        sines.append(rate * cosines[k])
    variance = sigma * sigma
    return raised_pairs(cosines, sines, (mu, frequency[0] * variance), variance, unit, powers)


def tilted_exponentials(size: Any, tilt: Any, sigma: Any, unit: Any, powers: int, degree: int) -> Any:
    """``unit^k E[(y^j f)^(k)]`` for f without frequency; ``size`` is ``E[f]``."""
    mean, shrink, slope, decay = tilt
    variance = sigma * sigma * shrink
    return tilted_reals(size, slope * unit, decay * unit * unit, mean[0], variance, shrink * unit, powers, degree)
