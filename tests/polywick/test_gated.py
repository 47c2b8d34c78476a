"""Gated networks as such, and what their polynomials offer."""

import numpy as np
import pytest

import polywick as pw
from numeric_backend import kernels
from numeric_backend.errors import ArrayLibraryError, InputError, ShapeError
from polywick.gated import GATES


def random_glu(rng, d, h, o, activation, scale=1.0):
    return pw.GLU(
        scale * rng.normal(size=(h, d)) / np.sqrt(d),
        0.5 * rng.normal(size=h),
        rng.normal(size=(h, d)) / np.sqrt(d),
        rng.normal(size=h),
        rng.normal(size=(o, h)),
        rng.normal(size=o),
        activation,
    )


def random_gaussian(rng, d, rank=None):
    root = rng.normal(size=(d, d if rank is None else rank)) / np.sqrt(d)
    return pw.Gaussian(rng.normal(size=d), root @ root.T)


@pytest.mark.parametrize(("gate", "activation"), GATES.items())
def test_gates_go_by_their_names(gate, activation):
    rng = np.random.default_rng(0)
    net = random_glu(rng, 3, 4, 2, gate)
    assert net.activation == activation
    x = rng.normal(size=(5, 6, 3))
    hidden = kernels.load(activation).activation(x @ net.W.T + net.b) * (x @ net.V.T + net.c)
    np.testing.assert_allclose(net(x), hidden @ net.W2.T + net.b2, rtol=1e-13)
    assert repr(net) == f"GLU(3 -> 4 gated {activation} -> 2)"


def test_without_projection_the_units_are_the_outputs():
    net = pw.GLU([[1.0, 0.0], [0.0, 1.0]], None, [[0.0, 1.0], [1.0, 0.0]], None)
    np.testing.assert_allclose(net([2.0, 3.0]), [3 / (1 + np.exp(-2.0)), 2 / (1 + np.exp(-3.0))], rtol=1e-14)
    assert (net.activation, net.outputs, repr(net)) == ("sigmoid", 2, "GLU(2 -> 2 gated sigmoid)")
    assert pw.approximate(net, pw.Gaussian.standard(2), 1).outputs == 2


WEIGHTS = {"W": np.ones((3, 2)), "b": np.zeros(3), "V": np.ones((3, 2)), "c": np.zeros(3), "W2": np.ones((1, 3))}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"V": np.ones((3, 4))}, r"W has shape \(3, 2\) and V has shape \(3, 4\); expected the two halves"),
        ({"V": np.ones((4, 2))}, r"W has shape \(3, 2\) and V has shape \(4, 2\); expected the two halves"),
        ({"b": np.zeros(4)}, r"W has shape \(3, 2\) and b has shape \(4,\)"),
        ({"c": np.zeros(2)}, r"V has shape \(3, 2\) and c has shape \(2,\)"),
        ({"W2": np.ones((1, 4))}, r"W has shape \(3, 2\) and W2 has shape \(1, 4\)"),
        ({"b2": np.zeros(2)}, r"W2 has shape \(1, 3\) and b2 has shape \(2,\)"),
        ({"W": np.ones(3)}, r"W has shape \(3,\); expected 2 dimensions"),
        ({"W2": np.ones((0, 3))}, "at least one input and one output"),
    ],
)
def test_halves_that_do_not_fit_are_both_named(change, message):
    with pytest.raises(ShapeError, match=message):
        pw.GLU(**(WEIGHTS | change))


@pytest.mark.parametrize("name", WEIGHTS)
def test_weights_that_are_not_finite_are_counted(name):
    array = WEIGHTS[name].copy()
    array.flat[0], array.flat[-1] = np.nan, np.inf
    with pytest.raises(InputError, match=f"^{name} has 2 NaN or infinite entries of {array.size}"):
        pw.GLU(**(WEIGHTS | {name: array}))


def test_other_bad_input():
    with pytest.raises(InputError, match="b2 is given without W2"):
        pw.GLU(**(WEIGHTS | {"W2": None, "b2": np.zeros(3)}))
    with pytest.raises(InputError, match=r"no kernel is called 'swiglo'; did you mean"):
        pw.GLU(**WEIGHTS, activation="swiglo")
    foreign = type("Tensor", (), {"__module__": "torch", "shape": (3, 2), "dtype": np.dtype(float)})()
    with pytest.raises(ArrayLibraryError, match="W is an array of torch and b of numpy; expected one library"):
        pw.GLU(**(WEIGHTS | {"W": foreign}))
    net = pw.GLU(**WEIGHTS)
    with pytest.raises(ShapeError, match=r"inputs have mean of shape \(3,\) and W has shape \(3, 2\)"):
        pw.approximate(net, pw.Gaussian.standard(3))
    with pytest.raises(ShapeError, match=r"x has shape \(4, 3\); expected \(..., 2\)"):
        net(np.zeros((4, 3)))


@pytest.fixture
def quartic():
    rng = np.random.default_rng(2)
    return pw.approximate(random_glu(rng, 3, 5, 2, "geglu"), random_gaussian(rng, 3), 4)


def test_tensors_are_symmetric(quartic):
    for k in range(2, 5):
        tensor = quartic.tensor(k)
        for place in range(1, k):
            np.testing.assert_allclose(tensor, tensor.swapaxes(place, place + 1), atol=1e-13 * np.abs(tensor).max())
    np.testing.assert_array_equal(quartic.quadratic, quartic.quadratic.transpose(0, 2, 1))
    np.testing.assert_array_equal(quartic.tensor(5), 0.0)


def test_spectra_and_table(quartic):
    rng = np.random.default_rng(6)
    wide = pw.approximate(random_glu(rng, 20, 4, 2, "swiglu"), random_gaussian(rng, 20), 2)  # rank 8 of 20
    for P, counts in ((quartic, (1, None)), (wide, (3, 8, None))):
        for count in counts:
            for which, form in ((1, P.quadratic[1]), ([1.0, -2.0], P.quadratic[0] - 2 * P.quadratic[1])):
                values, vectors = P.eigh(which, count)
                np.testing.assert_allclose(form @ vectors, vectors * values, atol=1e-12)
                exact = np.linalg.eigvalsh(form)
                np.testing.assert_allclose(np.abs(values), np.sort(np.abs(exact))[::-1][: values.size], atol=1e-12)
    left, values, right = quartic.svd()
    np.testing.assert_allclose((left * values) @ right, quartic.linear, atol=1e-12)
    text = repr(quartic)
    assert "5 gated hidden units (gelu)" in text
    for k, line in enumerate(text.splitlines()[2:7]):
        assert float(line.split()[-1]) == pytest.approx(np.linalg.norm(quartic.tensor(k)), rel=1e-3)


def test_latex_of_a_bilinear_layer():
    net = pw.GLU([[1.0, 0.0]], [1.0], [[0.0, 2.0]], None, activation="bilinear")
    P = pw.approximate(net, pw.Gaussian([3.0, -1.0], [[1.0, 0.5], [0.5, 2.0]]), 2)
    assert P.latex() == "P(x) = 2 x_{2} + 2 x_{1} x_{2}"


def test_round_trip(quartic, tmp_path):
    quartic.save(tmp_path / "p.npz")
    again = pw.load(tmp_path / "p.npz")
    x = np.random.default_rng(1).normal(size=(10, 3))
    np.testing.assert_array_equal(again(x), quartic(x))
    np.testing.assert_array_equal(again.tensor(4), quartic.tensor(4))
    for name in ("R", "residual_coefficients", "value_mean", "value_slope"):
        np.testing.assert_array_equal(getattr(again, name), getattr(quartic, name))
    assert again.kernel is pw.load(tmp_path / "p.npz", activation="geglu").kernel is kernels.load("gelu")
    with pytest.raises(InputError, match="expected the activation it was made with"):
        pw.load(tmp_path / "p.npz", activation="swiglu")
    arrays = dict(np.load(tmp_path / "p.npz"))
    del arrays["value_mean"]
    np.savez(tmp_path / "p.npz", **arrays)
    with pytest.raises(InputError, match=r"valid polynomial: value_mean is missing"):
        pw.load(tmp_path / "p.npz")


def test_residual_directions_are_uncorrelated_with_the_gate(quartic):
    S = quartic.inputs.covariance
    np.testing.assert_allclose(np.einsum("hi,ij,hj->h", quartic.R, S, quartic.W1), 0.0, atol=1e-14)
    assert np.abs(quartic.R).max() > 0.1


@pytest.mark.parametrize("degree", [60, 200])
def test_high_degrees_are_stable(degree):
    rng = np.random.default_rng(17)
    net, gaussian = random_glu(rng, 4, 6, 2, "relu"), random_gaussian(rng, 4)
    x = gaussian.sample(2000, seed=4)
    gap = pw.approximate(net, gaussian, degree)(x) - net(x)
    assert np.mean(gap**2) < 1e-3 * np.mean((net(x) - net(x).mean(axis=0)) ** 2)


def test_tiny_and_large_weights():
    """A gate of deviation 1e-200 is the constant g(b) to first order; one of 1e200 a step."""
    gaussian = pw.Gaussian.standard(2)
    tiny = pw.approximate(pw.GLU([[1e-200, 0.0]], [0.5], [[1.0, 2.0]], [3.0], activation="relu"), gaussian, 2)
    np.testing.assert_allclose(tiny.linear, [[0.5, 1.0]], rtol=1e-14)
    np.testing.assert_allclose(tiny.quadratic, [[[1e-200, 1e-200], [1e-200, 0.0]]], rtol=1e-13)
    large = pw.approximate(pw.GLU([[1e200, 0.0]], [0.0], [[0.0, 1.0]], [1.0], activation="heaviside"), gaussian, 1)
    np.testing.assert_allclose(large.linear, [[1 / np.sqrt(2 * np.pi), 0.5]], rtol=1e-13)


def test_no_hidden_units_at_all():
    nothing = np.zeros((0, 2))
    net = pw.GLU(nothing, None, nothing, None, np.zeros((1, 0)), [3.0], "swiglu")
    P = pw.approximate(net, pw.Gaussian.standard(2), 3)
    np.testing.assert_array_equal(P([[1.0, 2.0]]), net([[1.0, 2.0]]))
    np.testing.assert_array_equal(P.tensor(3), np.zeros((1, 2, 2, 2)))
    assert P.latex() == "P(x) = 3"
    assert "0 gated hidden units" in repr(P)
