"""Functions whose kernels took minutes to write, or were not written: they are there soon, and right."""

import time
from functools import cache

import mpmath
import pytest

from codegen import emit

FUNCTIONS = {
    "gelu(abs(x + 2)) - softplus(2*x)": (
        lambda y: abs(y + 2) * mpmath.ncdf(abs(y + 2)) - mpmath.log1p(mpmath.exp(2 * y)),
        (-2,),
    ),
}
SECONDS = 10


@cache
def timed(text):
    begun = time.process_time()
    kernel = emit(text).load()
    return kernel, time.process_time() - begun


@pytest.mark.parametrize("text", FUNCTIONS)
def test_emission_takes_seconds(text):
    assert timed(text)[1] < SECONDS


@pytest.mark.parametrize("text", FUNCTIONS)
@pytest.mark.parametrize(("mu", "sigma"), [(-1.7, 0.3), (2.5, 4.0), (-30.0, 2.0)])
def test_moments_are_those_of_the_definition(text, mu, sigma):
    function, kinks = FUNCTIONS[text]
    with mpmath.workdps(30):
        ends = {mpmath.mpf(mu) + sigma * mpmath.mpf(j) / 2 for j in range(-26, 27)}
        ends = sorted(ends | {kink for kink in kinks if abs(kink - mu) < 13 * sigma})
        for n in range(3):
            parts = [
                mpmath.quad(lambda y, n=n, part=part: part(y**n * function(y)) * mpmath.npdf(y, mu, sigma), ends)
                for part in (mpmath.mpf, abs)
            ]
            assert abs(timed(text)[0].raw_moments(mu, sigma, n)[n] - parts[0]) <= 1e-13 * parts[1]
