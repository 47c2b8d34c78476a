"""Kinks and roots where a smooth monotone function passes a number: no double, and no zero of a polynomial."""

from functools import cache
from itertools import pairwise

import pytest
from mpmath import mp, mpf
from mpmath.calculus.quadrature import GaussLegendre

from codegen import emit

kernel_of = cache(lambda text: emit(text).load())


def softplus(y):
    return mp.log1p(mp.exp(y))


CASES = {
    "elu(softplus(x) - 3)": (
        lambda y: softplus(y) - 3 if softplus(y) > 3 else mp.expm1(softplus(y) - 3),
        lambda: mp.log(mp.exp(3) - 1),
    ),
    "where(softplus(x) > 1, tanh(x), x)": (
        lambda y: mp.tanh(y) if softplus(y) > 1 else y,
        lambda: mp.log(mp.e - 1),
    ),
}


@pytest.mark.parametrize("text", CASES)
@pytest.mark.parametrize(
    ("t", "sigma"), [(4.5, 2e-9), (-3, 1e-9), (0, 1e-7), (-8, 1e-5), (2, 1e-3), (-1, 0.05), (0.5, 1), (-1, 30)]
)
def test_both_sides_of_the_kink(text, t, sigma):
    value, located = CASES[text]
    with mp.workdps(50):
        kink = located()
        mu = float(kink + t * mpf(sigma))
        mean, spread = mpf(mu), mpf(sigma)
        near = {kink, *(kink + side * mpf(2) ** k for side in (-1, 1) for k in range(-8, 10))}
        near |= {mpf(k) for k in range(-60, 60)} | {mean + k * spread for k in range(-36, 37, 2)}
        cuts = sorted(cut for cut in near if abs(cut - mean) <= 36 * spread)
        rows = []
        for low, high in pairwise(cuts):
            for node, weight in GaussLegendre(mp).calc_nodes(4, mp.prec):
                y = (high + low) / 2 + (high - low) / 2 * node
                rows.append(((y - mean) / spread, value(y), (high - low) / 2 * weight * mp.npdf(y, mean, spread)))
        first = mp.fsum(w * v for z, v, w in rows)
        slope = mp.fsum(w * (v - first) * z for z, v, w in rows)
        variance = mp.fsum(w * (v - first) ** 2 for z, v, w in rows)
        size = mp.fsum(w * abs(v) for z, v, w in rows)
        kernel = kernel_of(text)
        found = [mpf(float(c)) for c in kernel.hermite_coefficients(mu, sigma, 1)]
        assert abs(found[0] - first) <= 1e-13 * size
        assert abs(found[1] - slope) <= 1e-13 * mp.sqrt(variance)
        assert abs(mpf(float(kernel.raw_moments(mu, sigma, 0)[0])) - first) <= 1e-13 * size
        assert abs(mpf(float(kernel.variance(mu, sigma))) - variance) <= 2e-13 * variance
