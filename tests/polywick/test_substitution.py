"""Polynomials after an affine map of their inputs."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import polywick as pw
from numeric_backend.errors import InputError, KernelError, ShapeError
from polywick.dense_polynomial import DensePolynomial

KINDS = ("mlp", "glu", "dense")


def polynomial_of(kind, generator, d=3, h=4, o=2, degree=4):
    root = generator.normal(size=(d, d))
    inputs = pw.Gaussian(generator.normal(size=d), root @ root.T)
    if kind == "dense":
        factored = polynomial_of("mlp", generator, d, h, o, degree=min(degree, 3))
        centre = generator.normal(size=d)
        moved = factored.compose_linear(np.eye(d), centre)
        return DensePolynomial(centre, [moved.tensor(k) for k in range(moved.degree + 1)], inputs=inputs)
    W, V = generator.normal(size=(2, h, d))
    b, c = generator.normal(size=(2, h))
    W2, b2 = generator.normal(size=(o, h)), generator.normal(size=o)
    network = pw.MLP(W, b, W2, b2, "gelu") if kind == "mlp" else pw.GLU(W, b, V, c, W2, b2, "swiglu")
    return pw.approximate(network, inputs, degree)


def assert_same_values(Q, P, A, b, generator):
    u = generator.normal(size=(20, A.shape[1]))
    expected = P(u @ A.T + b)
    np.testing.assert_allclose(Q(u), expected, rtol=0, atol=1e-11 * np.abs(expected).max())


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 5), st.integers(0, 4))
def test_values_and_tensors_are_those_of_the_map_and_the_polynomial_in_turn(kind, seed, p, degree):
    generator = np.random.default_rng(seed)
    P = polynomial_of(kind, generator, degree=degree)
    A, b = generator.normal(size=(3, p)), generator.normal(size=3)
    Q = P.compose_linear(A, b)
    assert type(Q) is type(P)
    assert (Q.d, Q.degree) == (p, P.degree)
    assert_same_values(Q, P, A, b, generator)
    written = DensePolynomial(np.zeros(p), [Q.tensor(k) for k in range(Q.degree + 1)], inputs=Q.inputs)
    assert_same_values(written, P, A, b, generator)


@pytest.mark.parametrize("activation", ["relu", "gelu"])
def test_a_linear_layer_in_front_commutes(activation):
    generator = np.random.default_rng(7)
    A, b = generator.normal(size=(3, 5)), generator.normal(size=3)
    root = generator.normal(size=(5, 5))
    before = pw.Gaussian(generator.normal(size=5), root @ root.T)
    W1, b1, W2, b2 = (generator.normal(size=shape) for shape in ((6, 3), 6, (2, 6), 2))
    whole = pw.approximate(pw.MLP(W1 @ A, b1 + W1 @ b, W2, b2, activation), before, 3)
    parts = pw.approximate(pw.MLP(W1, b1, W2, b2, activation), before.affine(A, b), 3).compose_linear(A, b, before)
    for k in range(4):
        expected = whole.tensor(k)
        np.testing.assert_allclose(parts.tensor(k), expected, rtol=0, atol=1e-12 * np.abs(expected).max())
    assert parts.fvu == pytest.approx(whole.fvu, rel=1e-9)


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("mlp", "this one is a substitution"),
        ("glu", "this one is a substitution"),
        ("dense", "came without its network"),
    ],
)
def test_a_substitution_that_is_no_projection_has_no_fraction(kind, message, tmp_path):
    P = polynomial_of(kind, np.random.default_rng(3))
    Q = P.restrict(np.eye(3)[:, :2])
    with pytest.raises(KernelError, match=message):
        _ = Q.fvu
    Q.save(tmp_path / "q.npz")
    with pytest.raises(KernelError, match=message):
        _ = pw.load(tmp_path / "q.npz").fvu


def test_no_kernel_gives_a_substitution_a_fraction(tmp_path):
    """Loaded with the activation it was made with, it had one: that of another polynomial."""
    polynomial_of("mlp", np.random.default_rng(3)).restrict(np.eye(3)[:, :2]).save(tmp_path / "q.npz")
    with pytest.raises(InputError, match="substituted"):
        pw.load(tmp_path / "q.npz", activation="gelu")


MIXTURE = pw.GaussianMixture([0.5, 0.5], [[-1.0], [1.0]], [[[1.0]], [[0.5]]])
ALIKE = pw.Gaussian(MIXTURE.mean, MIXTURE.covariance)
RELU = pw.MLP([[1.0]], [0.0], [[1.0]], [0.0], "relu")


def test_another_law_with_the_same_moments_is_another_law():
    """A Gaussian with the mean and covariance of a mixture kept the fraction of the mixture."""
    P = pw.approximate(RELU, MIXTURE, 2)
    assert P.compose_linear([[1.0]], inputs=MIXTURE).fvu == P.fvu
    with pytest.raises(KernelError, match="came without its network"):
        _ = P.compose_linear([[1.0]], inputs=ALIKE).fvu


def test_a_factored_polynomial_takes_no_mixture():
    with pytest.raises(InputError, match="inputs is a GaussianMixture; expected a Gaussian"):
        pw.approximate(RELU, ALIKE, 2).compose_linear([[1.0]], inputs=MIXTURE)


@pytest.mark.parametrize("kind", KINDS)
def test_a_restriction_goes_through_the_mean_or_the_origin_given(kind):
    generator = np.random.default_rng(11)
    P = polynomial_of(kind, generator)
    basis = generator.normal(size=(3, 2))
    for origin in (None, generator.normal(size=3)):
        Q = P.restrict(basis, origin)
        assert_same_values(Q, P, basis, P.inputs.mean if origin is None else origin, generator)


def test_what_does_not_fit_is_refused():
    P = polynomial_of("mlp", np.random.default_rng(1))
    with pytest.raises(ShapeError, match=r"A has shape \(2, 3\); expected \(3, p\)"):
        P.compose_linear(np.ones((2, 3)))
    with pytest.raises(ShapeError, match=r"b has shape \(2,\); expected \(3,\)"):
        P.compose_linear(np.ones((3, 2)), np.zeros(2))
    with pytest.raises(ShapeError, match=r"inputs have dimension 4 and A has shape \(3, 2\)"):
        P.compose_linear(np.ones((3, 2)), inputs=pw.Gaussian.standard(4))
    with pytest.raises(InputError, match="basis has 2 columns and rank 1; expected independent columns"):
        P.restrict(np.ones((3, 2)))
    with pytest.raises(ShapeError, match=r"A has shape \(2, 5\)"):
        P.inputs.affine(np.ones((2, 5)))
