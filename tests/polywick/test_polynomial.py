from math import lgamma, log

import numpy as np
import pytest

import polywick as pw
from numeric_backend.errors import InputError, KernelError, ShapeError, SizeError
from polywick.factored import FactoredPolynomial


@pytest.fixture
def network():
    rng = np.random.default_rng(0)
    return pw.MLP(rng.normal(size=(4, 6)), rng.normal(size=4), rng.normal(size=(2, 4)), rng.normal(size=2), "gelu")


@pytest.fixture
def inputs():
    root = np.random.default_rng(1).normal(size=(6, 6))
    return pw.Gaussian(np.linspace(-1, 1, 6), root @ root.T)


def test_polynomial_activations_are_reproduced():
    """(2 x_1 + x_2 + 1)^3 under any Gaussian is itself, in monomials of x."""
    net = pw.MLP([[2.0, 1.0]], [1.0], [[1.0]], [0.0], "cube")
    P = pw.approximate(net, pw.Gaussian([3.0, -2.0], [[2.0, 1.0], [1.0, 5.0]]), 3)
    np.testing.assert_allclose(P.intercept, [1.0], atol=1e-11)
    np.testing.assert_allclose(P.linear, [[6.0, 3.0]], rtol=1e-11)
    np.testing.assert_allclose(P.quadratic, [[[12.0, 6.0], [6.0, 3.0]]], rtol=1e-11)
    cubic = P.tensor(3)
    np.testing.assert_allclose(cubic[0, 0, 0, 0], 8.0, rtol=1e-12)
    np.testing.assert_allclose([cubic[0, 0, 0, 1], cubic[0, 1, 0, 0], cubic[0, 0, 1, 1]], [4.0, 4.0, 2.0], rtol=1e-12)


def test_higher_degree_keeps_hermite_and_not_monomial_coefficients(network, inputs):
    low, high = pw.approximate(network, inputs, 2), pw.approximate(network, inputs, 4)
    np.testing.assert_array_equal(low.coefficients, high.coefficients[:3])
    assert np.abs(low.quadratic - high.quadratic).max() > 1e-3


def test_tensors_are_symmetric_and_zero_above_the_degree(network, inputs):
    P = pw.approximate(network, inputs, 3)
    np.testing.assert_array_equal(P.quadratic, P.quadratic.transpose(0, 2, 1))
    cubic = P.tensor(3)
    np.testing.assert_allclose(cubic, cubic.transpose(0, 3, 1, 2), atol=1e-12 * np.abs(cubic).max())
    np.testing.assert_allclose(cubic, cubic.transpose(0, 2, 1, 3), atol=1e-12 * np.abs(cubic).max())
    np.testing.assert_array_equal(P.tensor(4), np.zeros((2, 6, 6, 6, 6)))


def test_shapes_of_calls(network, inputs):
    P = pw.approximate(network, inputs, 2)
    x = np.random.default_rng(2).normal(size=(3, 5, 6))
    assert P(x).shape == (3, 5, 2)
    assert P(x[0, 0]).shape == (2,)
    assert P(np.zeros((0, 6))).shape == (0, 2)
    np.testing.assert_allclose(P(x)[1, 2], P(x[1, 2]), rtol=1e-12)
    with pytest.raises(ShapeError, match=r"x has shape \(5,\); expected \(..., 6\)"):
        P(np.zeros(5))


def test_many_rows_cross_blocks(network, inputs):
    P = pw.approximate(network, inputs, 2)
    x = inputs.sample(400_000, seed=1)
    y = P(x)
    for i in (0, 174_762, 174_763, 399_999):
        np.testing.assert_allclose(y[i], P(x[i]), rtol=1e-9, atol=1e-9)


def test_high_degree_evaluation_is_stable(network, inputs):
    """At degree 60 the Hermite recurrence still approaches the network; monomials could not."""
    P = pw.approximate(network, inputs, 60)
    x = inputs.sample(2000, seed=4)
    gap = P(x) - network(x)
    assert np.mean(gap**2) < 1e-3 * np.mean((network(x) - network(x).mean(axis=0)) ** 2)
    assert 0 <= P.fvu < 1e-3


def test_dense_export_names_its_size():
    d, rng = 784, np.random.default_rng(3)
    net = pw.MLP(rng.normal(size=(5, d)), np.zeros(5), rng.normal(size=(10, 5)), np.zeros(10), "relu")
    P = pw.approximate(net, pw.Gaussian.standard(d), 3)
    with pytest.raises(SizeError, match=r"order 3 of shape \(10, 784, 784, 784\) takes 38.6 GB.*limit of 4.0 GB"):
        P.tensor(3)
    with pytest.raises(SizeError, match=r"limit of 1\.0 kB"):
        P.tensor(2, limit_bytes=1000)
    assert issubclass(SizeError, MemoryError)
    assert P.quadratic.shape == (10, d, d)


@pytest.mark.parametrize("k", [1, 3, None])
def test_eigenvectors_of_outputs_and_directions(network, inputs, k):
    P = pw.approximate(network, inputs, 2)
    for which, form in [(1, P.quadratic[1]), (-1, P.quadratic[-1]), ([1.0, -2.0], P.quadratic[0] - 2 * P.quadratic[1])]:
        values, vectors = P.eigh(which, k)
        count = 6 if k is None else k
        assert values.shape == (count,)
        assert vectors.shape == (6, count)
        np.testing.assert_allclose(form @ vectors, vectors * values, atol=1e-12)
        np.testing.assert_allclose(vectors.T @ vectors, np.eye(count), atol=1e-12)
        exact = np.linalg.eigvalsh(form)
        np.testing.assert_allclose(np.abs(values), np.sort(np.abs(exact))[::-1][:count], atol=1e-12)
        assert (np.diff(np.abs(values)) <= 1e-12).all()


@pytest.mark.parametrize(
    ("which", "k", "message"),
    [
        (2, None, "output is 2; expected an index below 2"),
        ([1.0, 2.0, 3.0], None, r"direction has shape \(3,\); expected \(2,\)"),
        (0, 7, "k is 7; expected between 1 and 6"),
        (0, 0, "k is 0; expected between 1 and 6"),
    ],
)
def test_eigh_bad_input(network, inputs, which, k, message):
    with pytest.raises(InputError, match=message):
        pw.approximate(network, inputs, 2).eigh(which, k)


def test_svd_is_that_of_the_linear_part(network, inputs):
    P = pw.approximate(network, inputs, 2)
    left, values, right = P.svd()
    np.testing.assert_allclose((left * values) @ right, P.linear, atol=1e-12)
    assert (np.diff(values) <= 0).all()


def test_latex_is_the_polynomial():
    net = pw.MLP([[1.0, -1.0]], [0.0], [[1.0], [0.001]], [0.0, 2.0], "square")
    P = pw.approximate(net, pw.Gaussian.standard(2), 2)
    first, second = P.latex().splitlines()
    assert first == "P_{1}(x) = x_{1}^{2} - 2 x_{1} x_{2} + x_{2}^{2}"
    assert second == "P_{2}(x) = 2 + 0.001 x_{1}^{2} - 0.002 x_{1} x_{2} + 0.001 x_{2}^{2}"
    tiny = pw.MLP([[1.0]], [0.0], [[-1e-9]], [0.0], "identity")
    assert pw.approximate(tiny, pw.Gaussian.standard(1), 1).latex() == r"P(x) = -1 \cdot 10^{-9} x_{1}"
    nothing = pw.MLP([[0.0]], [0.0], [[1.0]], [0.0], "identity")
    assert pw.approximate(nothing, pw.Gaussian.standard(1), 1).latex() == "P(x) = 0"


def test_latex_of_a_large_polynomial_is_refused():
    net = pw.MLP(np.ones((1, 30)), [0.0], [[1.0]], [0.0], "relu")
    P = pw.approximate(net, pw.Gaussian.standard(30), 2)
    with pytest.raises(SizeError, match="the polynomial has 496 terms; LaTeX is written for at most 200"):
        P.latex()
    assert P._repr_latex_() is None


def test_table_before_and_after_the_fraction_is_known(network, inputs):
    P = pw.approximate(network, inputs, 2)
    assert "6 inputs -> 2 outputs, 4 hidden units (gelu)" in repr(P)
    assert "not computed yet" in repr(P)
    assert f"{P.fvu:.6g}" in repr(P)
    assert f"{np.linalg.norm(P.quadratic):.4g}" in repr(P)


def test_without_a_kernel_the_fraction_is_refused(network, inputs):
    P = pw.approximate(network, inputs, 1)
    bare = FactoredPolynomial(
        P.W1, P.b1, P.W2, P.b2, coefficients=P.coefficients, sigma=P.sigma, inputs=inputs, activation="mystery"
    )
    np.testing.assert_array_equal(bare(np.ones(6)), P(np.ones(6)))
    with pytest.raises(KernelError, match="needs the kernel of 'mystery'"):
        _ = bare.fvu


def test_parts_that_do_not_fit(network, inputs):
    P = pw.approximate(network, inputs, 1)
    with pytest.raises(ShapeError, match="do not fit together"):
        FactoredPolynomial(
            P.W1, P.b1[:-1], P.W2, P.b2, coefficients=P.coefficients, sigma=P.sigma, inputs=inputs, activation="gelu"
        )


@pytest.mark.parametrize("degree", [171, 200, 250])
def test_degrees_whose_factorial_no_float_holds(degree):
    """relu has Hermite coefficients c_k = (-1)^(k/2 - 1) (k - 3)!!/sqrt(2 pi) at mean 0."""
    net = pw.MLP([[3.0, 4.0]], [0.0], [[1.0]], [0.0], "relu")
    P = pw.approximate(net, pw.Gaussian.standard(2), degree)
    np.testing.assert_allclose(P.linear, [[1.5, 2.0]], rtol=1e-12)
    x = np.array([[0.1, 0.2], [-0.3, 0.1]])
    np.testing.assert_allclose(P(x), net(x), atol=0.05)
    assert np.isfinite(P.quadratic).all()
    last = repr(P).splitlines()[-2].split()
    assert last[0] == str(degree)
    if degree % 2 == 0:
        # |top coefficient| of (u . x)^n, times |u|^n, u a unit vector: (n - 3)!!/(n! sqrt(2 pi)) of length 5.
        logarithm = lgamma(degree - 1) - lgamma(degree / 2) - (degree / 2 - 1) * log(2) - lgamma(degree + 1)
        assert float(last[-1]) == pytest.approx(5 * np.exp(logarithm) / np.sqrt(2 * np.pi), rel=1e-3)
    one = pw.approximate(pw.MLP([[2.0]], [0.0], [[1.0]], [0.0], "relu"), pw.Gaussian.standard(1), degree)
    with pytest.raises(SizeError, match=f"has {degree + 1} axes; numpy arrays have at most 64"):
        one.tensor(degree)


def test_the_largest_degree_is_stated(network, inputs):
    with pytest.raises(InputError, match="degree is 251; expected at most 250: above, Hermite coefficients"):
        pw.approximate(network, inputs, 251)


def test_messages_name_the_argument(network, inputs):
    P = pw.approximate(network, inputs, 2)
    with pytest.raises(InputError, match=r"^k is -1; expected an integer of at least 0"):
        P.tensor(-1)
    with pytest.raises(InputError, match=r"^k is -1; expected"):
        P.eigh(0, k=-1)
    with pytest.raises(InputError, match=r"^degree is -1; expected"):
        pw.approximate(network, inputs, -1)
