"""Sums of many logistic terms: served, or refused at once."""

import mpmath
import pytest

from codegen import NoKernelError, emit


def test_a_sum_of_many_steps_is_served():
    kernel = emit(" + ".join(f"tanh({n + 1}*x - {n})/{n + 1}" for n in range(24))).load()
    with mpmath.workdps(30):

        def value(y):
            return mpmath.fsum(mpmath.tanh((n + 1) * y - n) / (n + 1) for n in range(24))

        for mu, sigma in ((0.9, 0.3), (-2.0, 4.0)):
            ends = sorted(
                {mu + mpmath.mpf(j) / 2 * sigma for j in range(-26, 27)} | {mpmath.mpf(j) / 16 for j in range(-8, 33)}
            )
            ends = [end for end in ends if abs(end - mu) <= 13 * sigma]
            mean = mpmath.quad(lambda y, m=mu, s=sigma: value(y) * mpmath.npdf(y, m, s), ends, maxdegree=3)
            size = mpmath.quad(lambda y, m=mu, s=sigma: abs(value(y)) * mpmath.npdf(y, m, s), ends, maxdegree=3)
            assert abs(kernel.raw_moments(mu, sigma, 0)[0] - mean) <= 1e-13 * size


def test_more_places_than_a_kernel_follows_are_refused():
    with pytest.raises(NoKernelError, match="it bends at 40 places; a kernel follows at most 32"):
        emit(" + ".join(f"tanh(x - {3 * n})" for n in range(40)))
