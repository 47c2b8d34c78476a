import sys
import types

import numpy as np
import pytest

from numeric_backend.errors import ArrayLibraryError, InputError
from numeric_backend.isserlis import isserlis_moment
from numeric_backend.master_theorem import master_coefficients
from numeric_backend.namespaces import array_library, array_namespace, as_float64


def foreign_array(library):
    """An object that looks like an array of another library."""
    kind = type("ndarray", (), {"__module__": f"{library}.core", "shape": (2,), "dtype": np.dtype(float)})
    return kind()


def test_numbers_and_lists_follow_numpy():
    assert array_namespace(1.0, [1, 2], np.float64(3)) is np
    assert array_namespace() is np


def test_library_is_read_off_the_type():
    assert array_library(np.zeros(2)) == "numpy"
    assert array_library(foreign_array("cupy")) == "cupy"
    assert array_library(foreign_array("jaxlib")) == "jax"
    assert array_library(3.0) is None


def test_mixing_libraries_names_both():
    with pytest.raises(ArrayLibraryError, match=r"cupy and numpy .* expected one library"):
        array_namespace(np.zeros(2), foreign_array("cupy"))
    with pytest.raises(ArrayLibraryError, match="cupy and numpy"):
        isserlis_moment(np.zeros(2), foreign_array("cupy"), (1, 1))
    with pytest.raises(ArrayLibraryError, match="cupy and numpy"):
        master_coefficients(0.0, 1.0, foreign_array("cupy"), np.eye(2), np.zeros(2))


def test_unsupported_library_is_named():
    with pytest.raises(ArrayLibraryError, match="an array of torch was given; expected numpy or cupy"):
        array_namespace(foreign_array("torch"))


def test_cupy_is_the_module_of_that_name(monkeypatch):
    stand_in = types.ModuleType("cupy")
    monkeypatch.setitem(sys.modules, "cupy", stand_in)
    assert array_namespace(foreign_array("cupy"), 2.0) is stand_in


@pytest.mark.parametrize("value", [["a"], [1j], [[1, 2], [3]], [None]])
def test_not_real_numbers(value):
    with pytest.raises(InputError, match=r"mean .*expected"):
        as_float64(np, "mean", value)


@pytest.mark.parametrize("dtype", ["float16", "float32", "int8", "uint64", "bool"])
def test_other_real_types_become_float64(dtype):
    assert as_float64(np, "x", np.ones(2, dtype=dtype)).dtype == np.float64
