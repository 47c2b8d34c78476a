"""Where the family of last resort keeps less, or answers NaN: on record."""

import mpmath
import numpy as np

from codegen import emit


def test_beyond_its_panels_a_function_is_not_taken_for_zero():
    """The panels of what neither decays nor overflows end at 1e8: moments beyond were 0."""
    kernel = emit("tanh(x**3)").load()
    assert any("panels follow g no farther" in regime for regime in kernel.KERNEL["regimes"])
    assert np.isnan(kernel.raw_moments([2e8, 0.0], [1.0, 1e7], 0)).all()
    assert abs(kernel.raw_moments(9e7, 1.0, 0) - 1) < 1e-13
    assert not np.isnan(emit("tanh(x**3)*exp(-x**2)").load().raw_moments(2e8, 1.0, 0)).any()


def test_variances_beside_kinks_away_from_zero_keep_an_ulp_of_the_kink_over_sigma():
    """On record: nodes are rounded there; by nodes at exact distances from the kink, in many digits."""
    kernel = emit("abs(x + 1) - softplus(x)").load()
    assert any("within ten sigma of x = -1" in regime for regime in kernel.KERNEL["regimes"])
    assert not any("ten sigma" in regime for regime in emit("abs(x)*tanh(x**3)").load().KERNEL["regimes"])
    with mpmath.workdps(40):
        for sigma in (1e-9, 1e-7):
            spread = mpmath.mpf(sigma)
            values = [
                mpmath.quad(
                    lambda z, n=n, s=spread: _beside_minus_one(s * z) ** n * mpmath.npdf(z), [-14, -7, 0, 7, 14]
                )
                for n in (1, 2)
            ]
            expected = values[1] - values[0] ** 2
            assert abs(kernel.variance(-1.0, sigma) / expected - 1) < 2 * np.spacing(1.0) / sigma


def _beside_minus_one(distance):
    """``g(distance - 1) - g(-1)`` of ``abs(x + 1) - softplus(x)``."""
    return abs(distance) - mpmath.log((1 + mpmath.exp(distance - 1)) / (1 + mpmath.exp(-1)))
