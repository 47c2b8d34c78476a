"""The accuracy map measures what it says: against integrals of the definition, and with a kernel made worse."""

import math
from types import ModuleType

import numpy as np
import pytest

from codegen.accuracy import committed_table
from codegen.verify.definition import read_definition
from codegen.verify.error_metric import relative_error
from codegen.verify.expectations import expectations
from codegen.verify.kernel_runs import float_run
from numeric_backend import kernels
from polywick.book.accuracy_map import DEGREE, FUNCTIONS, accuracy_map, independent_points
from polywick.book.map_picture import map_picture

MEANS, DEVIATIONS = np.array([-300.0, -6.1, -0.4, 0.02, 1.3, 40.0]), np.array([1e-8, 0.01, 0.7, 30.0, 1e5])


@pytest.mark.parametrize("name", ["relu", "hardswish", "gelu", "elu", "silu", "snake", "tanh"])
def test_the_map_agrees_with_integrals_of_the_definition(name):
    """At (-300, 0.01) the variance of tanh is no double, and its root is."""
    kernel = kernels.load(name)
    found = accuracy_map(kernel, MEANS, DEVIATIONS)
    definition = read_definition(kernel.KERNEL["expression"])
    points = [(float(mu), float(sigma)) for sigma in DEVIATIONS for mu in MEANS]
    own = float_run(kernel, points, DEGREE)  # one run: rounding depends on what stands beside a point
    roots = int(kernel.KERNEL.get("near_roots", 0))
    compared = 0
    for index, point in enumerate(points):
        told = expectations(definition, *point, DEGREE, 30, kernel.KERNEL["promise"], roots)
        for function in FUNCTIONS:
            judged = [
                relative_error(own[function][n][index], one.value, one.scale)
                for n, one in enumerate(told[function])
                if not one.sign_only and not one.beyond and one.scale[1]
            ]
            mapped = found.errors[function].flat[index]
            if judged and not math.isnan(mapped):
                assert mapped == pytest.approx(max(judged), rel=0.2, abs=2e-17), (function, point)
                compared += 1
    assert compared > 20


def worse(kernel, factor):
    """The kernel with its doubles off by a factor and its text as it is."""
    result = ModuleType(kernel.__name__)
    result.__dict__.update(kernel.__dict__)
    result.raw_moments = lambda mu, sigma, degree: kernel.raw_moments(mu, sigma, degree) * factor
    return result


def test_an_error_in_the_doubles_shows():
    kernel = kernels.load("relu")
    found = accuracy_map(worse(kernel, 1 + 1e-10), MEANS, DEVIATIONS)
    judged = found.errors["raw_moments"][~np.isnan(found.errors["raw_moments"])]
    assert judged.size > 3
    assert np.all(judged == pytest.approx(1e-10, rel=1e-2))
    assert np.nanmax(found.errors["hermite_coefficients"]) < found.promise["hermite_coefficients"]


def test_values_that_are_not_numbers_are_errors():
    found = accuracy_map(worse(kernels.load("relu"), math.nan), MEANS, DEVIATIONS)
    judged = found.errors["raw_moments"][~np.isnan(found.errors["raw_moments"])]
    assert judged.size > 3
    assert np.all(np.isinf(judged))


def test_the_points_of_the_tables_have_the_errors_that_were_recorded():
    kernel, table = kernels.load("gelu"), committed_table("gelu")
    found = independent_points(kernel, table)
    for function in FUNCTIONS:
        assert len(found[function]) > 10
        worst = max(error for _, _, error in found[function])
        assert worst <= 2 * max(table["recorded"][function][: DEGREE + 1]) + 4.5e-16
    assert independent_points(kernel, {"points": []}) == {function: [] for function in FUNCTIONS}
    spoiled = independent_points(worse(kernel, 1 + 1e-10), table)
    assert max(error for *_, error in spoiled["raw_moments"]) == pytest.approx(1e-10, rel=1e-2)


def test_the_picture_is_an_image_of_its_map():
    found = accuracy_map(kernels.load("identity"), MEANS, DEVIATIONS)
    picture = map_picture(found, {function: [] for function in FUNCTIONS})
    assert picture.startswith(b"\x89PNG")
    found.errors["raw_moments"][1, 1] = 1e-3
    assert map_picture(found, {function: [] for function in FUNCTIONS}) != picture
