"""Powers of distances to corners: what their rounding leaves of the activation, and roots at rounded corners."""

from __future__ import annotations

import mpmath
import pytest

from codegen import emit
from codegen.verify import verify


def test_a_cube_is_promised_with_the_rounding_of_its_three_factors():
    """``1 - |x|`` is rounded; its cube has three times the error."""
    kernel = emit("Max(0, 1 - abs(x))**3").load()
    at = -0.4484210925520677
    with mpmath.workdps(40):
        wanted = (1 + mpmath.mpf(at)) ** 3
        miss = abs(mpmath.mpf(float(kernel.activation(at))) / wanted - 1)
    assert 4e-16 < miss <= kernel.KERNEL["promise"]["activation"]


@pytest.mark.parametrize(
    ("text", "promise"),
    [("relu6(-x)", 4e-16), ("clip(1 - x, 0, 1)**2", 4e-16), ("relu(Min(1, 0.7 - 1.3*x))**2", 8e-16)],
)
def test_the_promise_grows_where_distances_are_rounded(text, promise):
    assert emit(text).load().KERNEL["promise"]["activation"] == promise


def test_roots_at_corners_that_are_no_doubles_are_on_record():
    """``0.7 - 1.3*x`` is 0 at the double next to 7/13, where it is not: four ulp of mu change it by more."""
    assert emit("relu(Min(1, 0.7 - 1.3*x))**2").load().KERNEL["near_roots"] == 4
    assert "near_roots" not in emit("clip(1 - x, 0, 1)**2").load().KERNEL


@pytest.mark.slow
def test_a_level_on_the_left_of_rounded_corners_is_certified():
    """The mean far to the right was 0: an algebra error of 1."""
    assert verify(emit("relu(Min(1, 0.7 - 1.3*x))**2"), digits=30, degree=2).passed


def test_a_level_on_the_left_is_certified_far_to_its_right():
    points = [
        (10.0, 2.0),
        (25.0, 2.0),
        (0.5384615384615384, 0.0),
        (0.5384615384615385, 0.0),
        (0.10663556434497862, 0.05),
    ]
    assert verify(emit("relu(Min(1, 0.7 - 1.3*x))**2"), digits=30, degree=2, points=points).passed
