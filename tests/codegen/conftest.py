"""Expectations of what has jumps at equal distances, in 40 digits: Gauss and Legendre's rule from jump to jump."""

from functools import cache
from itertools import pairwise

import pytest
from mpmath import mp, mpf
from mpmath.calculus.quadrature import GaussLegendre

_DIGITS = 40
_SEEN = 13


@cache
def _rule():
    with mp.workdps(_DIGITS):
        return GaussLegendre(mp).calc_nodes(4, mp.prec)


def _panels(first, step, mu, sigma):
    """Ends of panels on every step, and its number: short ones next to mu, and where a tail begins."""
    reach = _SEEN * sigma + mpf("1.6") * step
    for k in range(int(mp.floor((mu - reach - first) / step)), int(mp.floor((mu + reach - first) / step)) + 1):
        low, high = first + step * k, first + step * (k + 1)
        cuts = {low, high, mpf(0)} | {mu + sigma * mpf(j) / 2 for j in range(-2 * _SEEN, 2 * _SEEN + 1)}
        for end, side in ((low, 1), (high, -1)):
            if (end - mu) * side > 0:
                unit = sigma * min(1, sigma / ((end - mu) * side))
                cuts |= {end + side * unit * 2**j for j in range(8)}
        inside = sorted(cut for cut in cuts if low <= cut <= high)
        yield from ((a, b, k) for a, b in pairwise(inside))


def sums_over_steps(function, first, step, mu, sigma, degree):
    """``E[y^n g]``, ``E|y^n g|``, ``c_k``, ``Var g`` of ``g(y, k)`` on ``[first + k step, first + (k + 1) step)``."""
    with mp.workdps(_DIGITS):
        first, step, mu, sigma = map(mpf, (first, step, mu, sigma))
        terms = []
        for a, b, k in _panels(first, step, mu, sigma):
            for t, w in _rule():
                y = (a + b) / 2 + (b - a) / 2 * t
                z = (y - mu) / sigma
                terms.append((y, z, w * (b - a) / 2 * mp.npdf(z) / sigma, function(y, k)))
        moments = [mp.fsum(w * g * y**n for y, _, w, g in terms) for n in range(degree + 1)]
        sizes = [mp.fsum(w * abs(g * y**n) for y, _, w, g in terms) for n in range(degree + 1)]
        level = function(mu, int(mp.floor((mu - first) / step)))
        apart = mp.fsum(w * (g - level) for _, _, w, g in terms)
        variance = mp.fsum(w * (g - level) ** 2 for _, _, w, g in terms) - apart**2
        coefficients, last, this = [moments[0]], [mpf(1)] * len(terms), [z for _, z, _, _ in terms]
        for k in range(1, degree + 1):
            coefficients.append(mp.fsum(w * (g - level) * h for (_, _, w, g), h in zip(terms, this, strict=True)))
            following = [z * h - k * o for (_, z, _, _), h, o in zip(terms, this, last, strict=True)]
            last, this = this, following
        return moments, sizes, coefficients, variance


def _worst_error(kernel, function, first, step, mu, sigma, degree=4):
    """The largest error in the measures of ``docs/accuracy.md``."""
    moments, sizes, coefficients, variance = sums_over_steps(function, first, step, mu, sigma, degree)
    with mp.workdps(_DIGITS):
        deviation = mp.sqrt(variance)
        scales = [sizes[0], *(deviation * mp.sqrt(mp.factorial(k)) for k in range(1, degree + 1))]
        pairs = [
            *zip(kernel.raw_moments(mu, sigma, degree), moments, sizes, strict=True),
            *zip(kernel.hermite_coefficients(mu, sigma, degree), coefficients, scales, strict=True),
            (kernel.variance(mu, sigma), variance, variance),
            (kernel.second_moment(mu, sigma), variance + moments[0] ** 2, variance + moments[0] ** 2),
        ]
        told = (abs(mpf(float(found)) - wanted) / scale for found, wanted, scale in pairs if scale > 1e-200)
        return float(max(told, default=0))


@pytest.fixture(scope="session")
def worst_error():
    """Of a kernel, at a mean and a deviation: called with the function of y and the step, and where steps begin."""
    return _worst_error
