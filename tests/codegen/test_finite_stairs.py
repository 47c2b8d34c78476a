"""Quantisers, functions of finitely many steps, against sums over the steps in many digits."""

from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from mpmath import mp, mpf

from codegen import emit, verify
from codegen.kernel_choice import NoKernelError
from codegen.sided_rounding import sided_rounding
from codegen.verify.definition import read_definition
from codegen.verify.smooth import UnsupportedExpressionError
from symbolic_moments.language import parse_expression

QUANTISERS = {
    "round(clip(x, -1, 1)*127)/127": (-127, 127, "127", "127"),
    "round(clip(x, 0, 6)*255/6)*6/255": (0, 255, "42.5", "42.5"),
    "clip(round(20*x), -128, 127)/20": (-128, 127, "20", "20"),
    "clip(round(x), -8, 7)": (-8, 7, "1", "1"),
}
"""First and last whole number, what x is multiplied by before it is rounded, and what it is divided by after."""
POINTS = [(0.3, 1e-9), (0.5, 0.01), (-0.7, 0.3), (0.1, 2.0), (-8.0, 0.9), (30.0, 40.0), (-900.0, 1e5)]


@cache
def kernel(text):
    return emit(text).load()


def _steps(text):
    first, last, scale, unit = QUANTISERS[text]
    places = [(n + mpf(1) / 2) / mpf(scale) for n in range(first, last)]
    return places, [n / mpf(unit) for n in range(first, last + 1)]


def _beyond(end):
    return mp.erfc(end / mp.sqrt(2)) / 2


def _probability(low, high):
    return _beyond(low) - _beyond(high) if low > 0 else _beyond(-high) - _beyond(-low)


def _integral(order, low, high):
    """``int He_order phi``, order at least 1."""
    before = [
        mp.hermite(order - 1, z / mp.sqrt(2)) / mp.sqrt(2) ** (order - 1) * mp.npdf(z) if abs(z) < mp.inf else 0
        for z in (low, high)
    ]
    return before[0] - before[1]


@pytest.mark.parametrize("text", QUANTISERS)
def test_expectations_are_sums_over_the_steps(text):
    for mu, sigma in POINTS:
        with mp.workdps(50):
            places, levels = _steps(text)
            ends = [-mp.inf, *((place - mpf(mu)) / mpf(sigma) for place in places), mp.inf]
            shares = [_probability(*pair) for pair in pairwise(ends)]
            about = levels[sum(place <= mu for place in places)]
            apart = [level - about for level in levels]
            size = mp.fsum(abs(level) * share for level, share in zip(levels, shares, strict=True))
            mean = mp.fsum(level * share for level, share in zip(levels, shares, strict=True))
            square = mp.fsum(one**2 * share for one, share in zip(apart, shares, strict=True))
            variance = square - mp.fsum(one * share for one, share in zip(apart, shares, strict=True)) ** 2
            found = kernel(text).hermite_coefficients(mu, sigma, 5)
            assert abs(float(found[0]) - mean) <= 1e-14 * size + mpf(10) ** -290, (mu, sigma)
            if variance > mpf(10) ** -280:
                assert abs(float(kernel(text).variance(mu, sigma)) - variance) <= 2e-14 * variance, (mu, sigma)
            for k in range(1, 6):
                exact = mp.fsum(one * _integral(k, *pair) for one, pair in zip(apart, pairwise(ends), strict=True))
                limit = 1e-14 * mp.sqrt(variance * mp.factorial(k)) + mpf(10) ** -290
                assert abs(float(found[k]) - exact) <= limit, (mu, sigma, k)


def _moments(mu, sigma, low, high):
    """``E[y^n; low < z < high]``, n = 0 .. 8, y = mu + sigma z, by integration by parts."""
    ends = [(z, mp.npdf(z)) if abs(z) < mp.inf else (mpf(0), mpf(0)) for z in (low, high)]
    powers = [_probability(low, high), ends[0][1] - ends[1][1]]
    for n in range(2, 9):
        (a, before), (b, after) = ends
        powers.append((n - 1) * powers[-2] + a ** (n - 1) * before - b ** (n - 1) * after)
    return [mp.fsum(mp.binomial(n, j) * mu ** (n - j) * sigma**j * powers[j] for j in range(n + 1)) for n in range(9)]


@pytest.mark.parametrize("text", QUANTISERS)
def test_moments_are_sums_over_the_steps(text):
    for point in POINTS:
        with mp.workdps(80):
            mu, sigma = map(mpf, point)
            places, levels = _steps(text)
            cuts = sorted({*places, mpf(0)})
            ends = [-mp.inf, *((cut - mu) / sigma for cut in cuts), mp.inf]
            middles = [cuts[0] - 1, *((a + b) / 2 for a, b in pairwise(cuts)), cuts[-1] + 1]
            heights = [levels[sum(place < middle for place in places)] for middle in middles]
            shares = [_moments(mu, sigma, *pair) for pair in pairwise(ends)]
            terms = [[height * share[n] for height, share in zip(heights, shares, strict=True)] for n in range(9)]
            wanted = [(mp.fsum(row), mp.fsum(map(abs, row))) for row in terms]
        found = kernel(text).raw_moments(*point, 8)
        for n, (value, size) in enumerate(wanted):
            assert abs(found[n] - value) <= 2e-14 * size + mpf(10) ** -290, (point, n)


def test_places_of_one_switch_inside_another_are_seen():
    """``min(1, max(-1, x))`` was read as ``max(-1, x)``: E[g] was 37.7 at (0.3, 0.7)."""
    assert sided_rounding(parse_expression("floor(clip(x, -1, 1)*127)")).places == (-1, 1)
    assert abs(kernel("floor(clip(x, -1, 1)*127)").raw_moments(0.3, 0.7, 0)[0] - 31.3859) < 1e-4


def test_ties_are_those_of_the_function():
    places = np.arange(-40, 41) / 4
    np.testing.assert_array_equal(kernel("clip(round(x), -8, 7)").activation(places), np.clip(np.rint(places), -8, 7))
    found = kernel("clip(round(20*x), -128, 127)/20").activation(places)
    np.testing.assert_allclose(found, np.clip(np.rint(20 * places), -128, 127) / 20, rtol=4e-16)
    slopes = kernel("clip(round(x), -8, 7)").expected_derivatives([0.5, 0.25, 7.5], 0.0, 1)[1]
    assert np.isnan(slopes[0])
    assert slopes[1:].tolist() == [0, 0]


def test_texts_are_short():
    assert kernel("round(clip(x, -1, 1)*127)/127").__source__.count("\n") < 2000


def test_verify_knows_all_jumps_between_two_places():
    definition = read_definition("round(clip(x, -1, 1)*127)/127")
    assert len(definition.kinks) == 254
    assert definition.serves(3.0, 1e6)
    assert [definition.pieces[n].expression for n in (0, -1)] == [-1, 1]


def test_verify_passes_under_wide_gaussians():
    certificate = verify(kernel("clip(round(x), -8, 7)"), digits=30, degree=2, points=[(0.3, 2.0), (3.0, 400.0)])
    assert certificate.passed
    assert certificate.counts["refused"] == 0


def test_too_many_steps_are_refused():
    with pytest.raises(NoKernelError, match="2000 steps; at most 1000"):
        emit("round(clip(x, -1, 1)*1000)/1000")
    with pytest.raises(UnsupportedExpressionError, match="2000 steps; at most 1000"):
        read_definition("round(clip(x, -1, 1)*1000)/1000")
