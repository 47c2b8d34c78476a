"""The CuPy text made from a committed kernel is what the generator emits for CuPy."""

import inspect
from types import SimpleNamespace

import pytest

from codegen import emit
from codegen.verify.cupy_stand_in import cupy_or_stand_in
from numeric_backend import kernel_targets, kernels
from numeric_backend.errors import KernelError
from numeric_backend.kernel_targets import cupy_text, kernel_on


@pytest.mark.parametrize(
    "name", ["relu", "gelu", "identity", "elu", "sin", "hardswish", "gelu_10", "laplace", "leaky_relu", "softsign"]
)
def test_the_text_is_the_generators(name):
    assert cupy_text(inspect.getsource(kernels.load(name))) == emit(name, target="cupy").source


def test_every_committed_kernel_has_the_head_that_is_replaced():
    for name in kernels.names():
        text = cupy_text(inspect.getsource(kernels.load(name)))
        assert "numpy" not in text.replace("cupy", "")
        assert "import cupy as array_library" in text


def test_a_kernel_made_on_demand_carries_its_text(monkeypatch):
    monkeypatch.setattr(kernel_targets, "_made", {})  # what the stand-in loads goes with it
    made = emit("x*erf(x)").load()
    with cupy_or_stand_in():
        other = kernel_on(made, "cupy")
        assert other is kernel_on(made, "cupy")
        assert other.KERNEL["target"] == "cupy"
        assert other.__source__ == emit("x*erf(x)", target="cupy").source
    assert kernel_on(other, "cupy") is other


def test_what_cannot_be_moved_is_refused():
    with pytest.raises(KernelError, match="expected a kernel emitted for numpy by this version"):
        cupy_text(emit("relu", target="cupy").source)
    with cupy_or_stand_in():
        there = emit("relu", target="cupy").load()
    with pytest.raises(KernelError, match="'relu' runs on cupy arrays and these are of numpy"):
        kernel_on(there, "numpy")
    with pytest.raises(KernelError, match=r"'mine' runs on numpy arrays .* polywick\.kernel\(\.\.\., target='cupy'\)"):
        kernel_on(SimpleNamespace(KERNEL={"name": "mine"}), "cupy")
