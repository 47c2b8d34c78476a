"""Multiples of functions whose square leaves the doubles."""

from __future__ import annotations

import numpy as np
import pytest

from codegen import NoKernelError, emit, verify
from codegen.families import general_subject

POINTS = np.array([[0.3, 0.5], [-20.0, 2.0], [5.0, 0.0], [1.0, 30.0]]).T


@pytest.mark.parametrize("factor", ["1e300", "1e-300"])
def test_coefficients_and_moments_are_those_of_the_function_times_the_factor(factor):
    module, unit = emit(f"{factor}*tanh(x)").load(), emit("tanh(x)").load()
    for name in ("raw_moments", "hermite_coefficients", "expected_derivatives"):
        wanted = float(factor) * getattr(unit, name)(*POINTS, 3)
        np.testing.assert_allclose(getattr(module, name)(*POINTS, 3), wanted, rtol=1e-14)
    spread = np.where(POINTS[1] > 0, np.inf if factor == "1e300" else 0.0, 0.0)
    np.testing.assert_array_equal(module.variance(*POINTS), spread)
    np.testing.assert_allclose(module.activation([-1.0, 0.0]), [-float(factor) * np.tanh(1), 0], rtol=1e-15)


def test_its_expression_is_read_again():
    assert verify(emit("1e300*tanh(x) + 1e300").load(), digits=20, degree=2, points=[(0.3, 0.7), (0.0, 1.0)]).passed


@pytest.mark.parametrize("text", ["tanh(1e300*x)", "sigmoid(1e200*x)"])
def test_what_bends_within_less_than_squares_can_tell_is_refused_at_once(text, monkeypatch):
    def unexpected(*_: object) -> None:
        raise AssertionError("panels were looked for")

    monkeypatch.setattr(general_subject, "resolved_panels", unexpected)
    with pytest.raises(NoKernelError, match=r"it bends within \de-\d+ of x = 0, and the square of"):
        emit(text)
