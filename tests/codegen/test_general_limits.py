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


def test_variances_beside_kinks_away_from_zero_are_no_exception():
    regimes = emit("abs(x + 1) - softplus(x)").load().KERNEL["regimes"]
    assert not any("ten sigma" in regime for regime in regimes)


def test_levels_that_cannot_be_taken_out_beside_a_vertical_place_are_on_record():
    """On record: c_k next to 0 has the rounding of g, measured in sd(g)."""
    said = "next to x = 0, where g is vertical and not 0"
    kernel = emit("tanh(1 + sqrt(abs(x)))").load()
    assert any(said in regime for regime in kernel.KERNEL["regimes"])
    assert not any(said in regime for regime in emit("sqrt(abs(x))").load().KERNEL["regimes"])
    with mpmath.workdps(40):
        ends = sorted({side * mpmath.mpf(2) ** n for n in range(-60, 5) for side in (-1, 1)} | {mpmath.mpf(0)})
        root = mpmath.sqrt(mpmath.mpf(1e-9))
        rises = [
            lambda z, n=n: (mpmath.tanh(1 + root * mpmath.sqrt(abs(z))) - mpmath.tanh(1)) ** n * mpmath.npdf(z)
            for n in (1, 2)
        ]
        mean, square = (mpmath.quad(rise, ends) for rise in rises)
        spread = mpmath.sqrt(square - mean**2)
    ulp = np.spacing(1.0) / float(spread)
    assert abs(kernel.variance(0.0, 1e-9) / float(spread**2) - 1) < 4 * ulp
    assert abs(kernel.hermite_coefficients(0.0, 1e-9, 1)[1]) < 4 * ulp * float(spread)
