"""Steps between levels that nearly agree: the jumps are those of the exact levels."""

from itertools import pairwise

import mpmath
import pytest

from codegen import emit
from codegen.verify import verify


@pytest.mark.parametrize(
    ("text", "levels", "places", "point"),
    [
        ("tanh(clip(round(x), 5, 8))", lambda m: [m.tanh(j) for j in (5, 6, 7, 8)], (5.5, 6.5, 7.5), (7.4999, 1e-3)),
        ("exp(1e-9*sign(x))", lambda m: [m.exp(-(m.mpf(10) ** -9)), m.exp(m.mpf(10) ** -9)], (0,), (4.2, 17.0)),
        ("tanh(10 + sign(x))", lambda m: [m.tanh(9), m.tanh(11)], (0,), (4.2, 17.0)),
        ("tanh(5 + sign(x))", lambda m: [m.tanh(4), m.tanh(6)], (0,), (-3.0, 2.0)),
        ("log(1 + exp(sign(x) - 20))", lambda m: [m.log1p(m.exp(-21)), m.log1p(m.exp(-19))], (0,), (0.5, 1.0)),
    ],
)
def test_jumps_are_differences_of_exact_levels(text, levels, places, point):
    kernel = emit(text).load()
    with mpmath.workdps(50):
        mu, sigma = map(mpmath.mpf, point)
        heights = levels(mpmath)
        below = [0, *(mpmath.ncdf((place - mu) / sigma) for place in places), 1]
        shares = [b - a for a, b in pairwise(below)]
        mean = sum(height * share for height, share in zip(heights, shares, strict=True))
        variance = sum((height - mean) ** 2 * share for height, share in zip(heights, shares, strict=True))
        rises = [b - a for a, b in pairwise(heights)]
        slope = sum(rise * mpmath.npdf((p - mu) / sigma) for rise, p in zip(rises, places, strict=True))
        assert abs(kernel.variance(*point) / variance - 1) < 2e-14
        found = kernel.hermite_coefficients(*point, 1)
        assert abs(found[0] / mean - 1) < 2e-14
        assert abs(found[1] - slope) < 2e-14 * mpmath.sqrt(variance)


def test_such_a_kernel_keeps_its_promise():
    points = [(7.4999, 1e-3), (4.2, 17.0), (0.0, 0.0)]
    for text in ("tanh(10 + sign(x))", "tanh(clip(round(x), 5, 8))"):
        assert verify(emit(text), digits=30, degree=4, points=points).passed
