import sys
import types

import numpy as np
import pytest

import polywick as pw
from numeric_backend.errors import ArrayLibraryError, InputError, ShapeError, UnknownKernelError


def weights(**changes):
    given = {"W1": np.ones((3, 2)), "b1": np.zeros(3), "W2": np.ones((1, 3)), "b2": np.zeros(1)}
    return given | {"activation": "relu"} | changes


def test_network_is_its_formula():
    rng = np.random.default_rng(0)
    W1, b1, W2, b2 = rng.normal(size=(4, 3)), rng.normal(size=4), rng.normal(size=(2, 4)), rng.normal(size=2)
    x = rng.normal(size=(5, 6, 3))
    net = pw.MLP(W1, b1, W2, b2, "relu")
    np.testing.assert_allclose(net(x), np.maximum(x @ W1.T + b1, 0) @ W2.T + b2, rtol=1e-14)
    assert net(x[0, 0]).shape == (2,)
    assert repr(net) == "MLP(3 -> 4 relu -> 2)"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"b1": np.zeros(4)}, r"W1 has shape \(3, 2\) and b1 has shape \(4,\)"),
        ({"W2": np.ones((1, 4))}, r"W1 has shape \(3, 2\) and W2 has shape \(1, 4\)"),
        ({"b2": np.zeros(2)}, r"W2 has shape \(1, 3\) and b2 has shape \(2,\)"),
        ({"W1": np.ones(3)}, r"W1 has shape \(3,\); expected 2 dimensions"),
        ({"W2": np.ones((0, 3)), "b2": np.zeros(0)}, "at least one input and one output"),
    ],
)
def test_mismatched_shapes_are_both_named(change, message):
    with pytest.raises(ShapeError, match=message):
        pw.MLP(**weights(**change))


@pytest.mark.parametrize("name", ["W1", "b1", "W2", "b2"])
def test_weights_that_are_not_finite_are_counted(name):
    array = weights()[name].copy()
    array.flat[0] = np.nan
    array.flat[-1] = np.inf
    count = min(array.size, 2)
    with pytest.raises(InputError, match=f"{name} has {count} NaN or infinite entries of {array.size}"):
        pw.MLP(**weights(**{name: array}))


def test_activation_that_is_no_kernel_is_named():
    with pytest.raises(UnknownKernelError, match=r"no kernel is called 'rellu'; did you mean relu"):
        pw.MLP(**weights(activation="rellu"))
    with pytest.raises(InputError, match=r"activation is tanh \(ufunc\), which is neither .*polywick.kernel"):
        pw.MLP(**weights(activation=np.tanh))
    with pytest.raises(InputError, match=r"activation is 3 \(int\)"):
        pw.MLP(**weights(activation=3))


def test_a_kernel_module_is_an_activation():
    from numeric_backend import kernels

    assert pw.MLP(**weights(activation=kernels.load("gelu"))).activation == "gelu"


def test_input_of_another_width():
    with pytest.raises(ShapeError, match=r"x has shape \(4, 3\); expected \(..., 2\)"):
        pw.MLP(**weights())(np.zeros((4, 3)))


def test_arrays_of_two_libraries_are_refused(monkeypatch):
    monkeypatch.setitem(sys.modules, "cupy", types.ModuleType("cupy"))
    array = type("ndarray", (), {"__module__": "cupy", "shape": (3, 2), "dtype": np.dtype(float)})()
    with pytest.raises(ArrayLibraryError, match=r"W1 is an array of cupy and b1 of numpy; .*cupy.asnumpy"):
        pw.MLP(**weights(W1=array))
    with pytest.raises(ArrayLibraryError, match="x is an array of cupy; expected numpy"):
        pw.MLP(**weights())(array)


def test_weights_are_copied():
    given = weights()
    net = pw.MLP(**given)
    given["W1"][0, 0] = 5.0
    assert net.W1[0, 0] == 1.0
    with pytest.raises(ValueError, match="read-only"):
        net.W1[0, 0] = 2.0


def test_aliases_and_what_has_no_kernel():
    assert pw.MLP(**weights(activation="linear")).activation == "identity"
    with pytest.raises(UnknownKernelError, match="softmax is not an activation of one variable: it maps a whole"):
        pw.MLP(**weights(activation="softmax"))
    with pytest.raises(UnknownKernelError, match=r"no kernel is called 'zzzz'.*polywick\.kernel\('expression'\)"):
        pw.MLP(**weights(activation="zzzz"))


def test_weights_are_copied_once():
    """What a network holds is read-only, and shared by what is made of it; what a user holds is not."""
    W1 = np.ones((2, 3))
    net = pw.MLP(W1, [0.0, 0.0], [[1.0, 1.0]], [0.0], "relu")
    W1[0, 0] = 5.0
    assert net.W1[0, 0] == 1.0
    assert pw.approximate(net, pw.Gaussian.standard(3), 2).W1 is net.W1
    frozen = np.ones((4, 3))[:2]
    frozen.flags.writeable = False  # a view: its base can still change
    assert not np.shares_memory(pw.MLP(frozen, [0.0, 0.0], [[1.0, 1.0]], [0.0], "relu").W1, frozen)
