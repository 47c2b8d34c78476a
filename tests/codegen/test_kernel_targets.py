"""The text made from a kernel of one library is what the generator emits for the other."""

import inspect
from types import SimpleNamespace

import pytest

from codegen import emit
from codegen.verify.cupy_stand_in import cupy_or_stand_in
from numeric_backend import kernel_targets, kernels
from numeric_backend.errors import KernelError
from numeric_backend.kernel_targets import kernel_on, retargeted


@pytest.mark.parametrize(
    "name", ["relu", "gelu", "identity", "elu", "sin", "hardswish", "gelu_10", "laplace", "leaky_relu", "softsign"]
)
def test_the_text_is_the_generators(name):
    here, there = inspect.getsource(kernels.load(name)), emit(name, target="cupy").source
    assert retargeted(here, "cupy") == there
    assert retargeted(there, "numpy") == here


def test_every_committed_kernel_has_the_head_that_is_replaced():
    for name in kernels.names():
        text = retargeted(inspect.getsource(kernels.load(name)), "cupy")
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


def test_a_kernel_for_cupy_follows_to_numpy():
    with cupy_or_stand_in():
        there = emit("relu", target="cupy").load()
    here = kernel_on(there, "numpy")
    assert here.KERNEL == kernels.load("relu").KERNEL
    assert (
        here.hermite_coefficients(0.5, 1.0, 2).tolist()
        == kernels.load("relu").hermite_coefficients(0.5, 1.0, 2).tolist()
    )


def test_what_cannot_be_moved_is_refused():
    text = emit("relu").source
    for damaged in (emit("relu", target="cupy").source, text.replace("BLOCK: int", "BLOCKS: int"), text + text):
        with pytest.raises(KernelError, match="expected a kernel emitted by this version, once"):
            retargeted(damaged, "cupy")
    with pytest.raises(KernelError, match=r"'mine' runs on numpy arrays .* polywick\.kernel\(\.\.\., target='cupy'\)"):
        kernel_on(SimpleNamespace(KERNEL={"name": "mine"}), "cupy")
