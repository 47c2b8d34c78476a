"""Where the family of last resort keeps less, or answers NaN: on record."""

import numpy as np

from codegen import emit


def test_beyond_its_panels_a_function_is_not_taken_for_zero():
    """The panels of what neither decays nor overflows end at 1e8: moments beyond were 0."""
    kernel = emit("tanh(x**3)").load()
    assert any("panels follow g no farther" in regime for regime in kernel.KERNEL["regimes"])
    assert np.isnan(kernel.raw_moments([2e8, 0.0], [1.0, 1e7], 0)).all()
    assert abs(kernel.raw_moments(9e7, 1.0, 0) - 1) < 1e-13
    assert not np.isnan(emit("tanh(x**3)*exp(-x**2)").load().raw_moments(2e8, 1.0, 0)).any()


def test_variances_beside_kinks_away_from_zero_are_no_exception():
    regimes = emit("abs(x + 1) - softplus(x)").load().KERNEL["regimes"]
    assert not any("ten sigma" in regime for regime in regimes)
