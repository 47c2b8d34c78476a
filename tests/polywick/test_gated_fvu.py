"""What polynomials leave of gated networks: against quadrature, in hard geometry, and where only a series is known."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import polywick as pw
from numeric_backend import kernels
from numeric_backend.errors import InputError

KINKS = {"relu": [0.0], "hardtanh": [-1.0, 1.0], "hardswish": [-3.0, 3.0], "leaky_relu": [0.0]}
SMOOTH = ["gelu", "probit", "identity", "square"]
GAUSSIAN = pw.Gaussian([0.3, -0.5], [[1.5, 0.4], [0.4, 0.7]])


def network(activation, seed=0, h=6, d=2, o=2):
    """Units at random, then a constant activated half, two nearly equal ones, one whose halves are parallel."""
    rng = np.random.default_rng(seed)
    W, V = rng.normal(size=(h, d)), rng.normal(size=(h, d))
    b, c, W2 = rng.normal(size=h), rng.normal(size=h), rng.normal(size=(o, h))
    W[3] = 0.0
    W[4] = W[1] + 1e-3 * rng.normal(size=d)
    V[2] = 0.5 * W[2]
    return pw.GLU(W, b, V, c, W2, rng.normal(size=o), activation)


def lines_of(net, name):
    return [(*w, b - kink) for w, b in zip(net.W, net.b, strict=True) for kink in KINKS.get(name, []) if np.any(w)]


def errors(values, P, points, weights):
    """Variance of the network's values and the mean squared error of a polynomial, by quadrature."""
    return weights @ (values - weights @ values) ** 2, weights @ (values - P(points)) ** 2


@pytest.mark.parametrize("name", [*KINKS, *SMOOTH])
def test_every_degree_against_quadrature(name, plane_rule):
    net = network(name)
    points, weights = plane_rule(GAUSSIAN, lines_of(net, name))
    values = net(points)
    for degree in range(5):
        P = pw.approximate(net, GAUSSIAN, degree)
        variance, residual = errors(values, P, points, weights)
        np.testing.assert_allclose(P.residual_variance, residual, atol=3e-12 * variance.max())
        np.testing.assert_allclose(P.fvu_per_output, residual / variance, atol=3e-12)
        assert P.fvu_interval == (P.fvu, P.fvu)
        assert P.fvu == pytest.approx(residual.sum() / variance.sum(), abs=3e-12)


@pytest.mark.parametrize("name", ["silu", "sigmoid", "tanh"])
def test_series_against_quadrature(name, plane_rule):
    net = network(name)
    points, weights = plane_rule(GAUSSIAN, [])
    values = net(points)
    for degree in (1, 3):
        P = pw.approximate(net, GAUSSIAN, degree)
        variance, residual = errors(values, P, points, weights)
        low, high = P.fvu_interval
        assert low - 1e-12 <= residual.sum() / variance.sum() <= high + 1e-12
        assert 0 < high - low < 1e-6
        assert P.fvu == pytest.approx(residual.sum() / variance.sum(), abs=1e-9)


@pytest.mark.parametrize("degree", [1, 2, 70])
def test_series_of_a_known_function_holds_the_exact_fraction(degree):
    """The kernel of relu without what is known of its kinks."""
    relu = kernels.load("relu")
    members = {member: getattr(relu, member) for member in ("activation", "hermite_coefficients", "variance")}
    net = network("relu")
    series = pw.GLU(net.W, net.b, net.V, net.c, net.W2, net.b2, SimpleNamespace(KERNEL={"name": "series"}, **members))
    exact, summed = pw.approximate(net, GAUSSIAN, degree), pw.approximate(series, GAUSSIAN, degree)
    low, high = summed.fvu_interval
    assert low <= exact.fvu <= high
    assert 1e-6 < high - low < 0.05
    lows, highs = summed.fvu_interval_per_output.T
    assert ((lows <= exact.fvu_per_output) & (exact.fvu_per_output <= highs)).all()


def test_bilinear_layers_are_exact_at_degree_2():
    P = pw.approximate(network("bilinear", o=3), GAUSSIAN, 2)
    assert P.fvu < 1e-14
    assert (P.fvu_per_output < 1e-14).all()
    assert pw.approximate(network("bilinear"), GAUSSIAN, 1).fvu > 0.1


def test_samples_agree_within_their_standard_errors():
    rng = np.random.default_rng(5)
    d, h = 7, 30
    net = pw.GLU(
        rng.normal(size=(h, d)) / 2, rng.normal(size=h), rng.normal(size=(h, d)) / 2, rng.normal(size=h),
        rng.normal(size=(2, h)), activation="swiglu",
    )  # fmt: skip
    root = rng.normal(size=(d, 4))
    gaussian = pw.Gaussian(rng.normal(size=d), root @ root.T / 4)
    P = pw.approximate(net, gaussian, 2)
    x = gaussian.sample(200_000, seed=1)
    squares = (net(x) - P(x)) ** 2
    error = squares.std(axis=0) / np.sqrt(len(x))
    assert (np.abs(squares.mean(axis=0) - P.residual_variance) < 4 * error).all()
    assert (error < 0.02 * P.residual_variance).all()


@pytest.mark.parametrize("name", ["reglu", "geglu", "swiglu"])
def test_a_linear_layer_in_front(name):
    rng = np.random.default_rng(8)
    net, A, a = network(name), rng.normal(size=(2, 3)), rng.normal(size=2)
    front = pw.GLU(net.W @ A, net.W @ a + net.b, net.V @ A, net.V @ a + net.c, net.W2, net.b2, net.kernel)
    root = rng.normal(size=(3, 3))
    inner = pw.Gaussian(rng.normal(size=3), root @ root.T)
    outer = pw.Gaussian(A @ inner.mean + a, A @ inner.covariance @ A.T)
    found, expected = (pw.approximate(*pair, 3) for pair in ((front, inner), (net, outer)))
    np.testing.assert_allclose(found.fvu_per_output, expected.fvu_per_output, rtol=1e-11, atol=2e-12)
    np.testing.assert_allclose(found.explained_by_degree, expected.explained_by_degree, rtol=1e-9, atol=1e-11)


def test_copies_of_units_add_up_and_cancel():
    net = network("relu")
    doubled = pw.GLU(
        *(np.concatenate([part, part]) for part in (net.W, net.b, net.V, net.c)),
        np.concatenate([3 * net.W2, -2 * net.W2], axis=1),
        activation="relu",
    )
    np.testing.assert_allclose(
        pw.approximate(doubled, GAUSSIAN, 2).fvu_per_output,
        pw.approximate(net, GAUSSIAN, 2).fvu_per_output,
        rtol=1e-12,
    )
    nothing = pw.GLU(doubled.W, doubled.b, doubled.V, doubled.c, np.concatenate([net.W2, -net.W2], axis=1))
    assert (pw.approximate(nothing, GAUSSIAN, 1).fvu, pw.approximate(nothing, GAUSSIAN, 1).fvu_interval) == (0, (0, 0))


@pytest.mark.parametrize("name", ["reglu", "swiglu"])
def test_units_without_projection_are_outputs_of_their_own(name):
    net = network(name, h=300)
    alone = pw.approximate(pw.GLU(net.W, net.b, net.V, net.c, activation=name), GAUSSIAN, 2)
    few = [0, 3, 4, 299]
    some = pw.GLU(net.W[few], net.b[few], net.V[few], net.c[few], activation=name)
    expected = pw.approximate(some, GAUSSIAN, 2).fvu_per_output
    np.testing.assert_allclose(alone.fvu_per_output[few], expected, rtol=1e-12, atol=1e-14)


def test_inputs_on_a_line_and_inputs_that_are_a_point():
    net = network("geglu")
    line = pw.Gaussian([0.3, -0.5], [[1.0, 2.0], [2.0, 4.0]])
    t, weights = np.polynomial.hermite_e.hermegauss(180)
    points, weights = line.mean + t[:, None] * [1.0, 2.0], weights / weights.sum()
    P = pw.approximate(net, line, 3)
    variance, residual = errors(net(points), P, points, weights)
    np.testing.assert_allclose(P.residual_variance, residual, atol=1e-11 * variance.max())
    point = pw.approximate(net, pw.Gaussian([0.3, -0.5], np.zeros((2, 2))), 2)
    assert (point.fvu, point.residual_variance.tolist()) == (0.0, [0.0, 0.0])


@settings(max_examples=25, deadline=None)
@given(
    name=st.sampled_from(["reglu", "geglu", "bilinear", "swiglu"]),
    d=st.integers(1, 4),
    rank=st.integers(1, 4),
    h=st.integers(1, 9),
    o=st.integers(1, 3),
    seed=st.integers(0, 10_000),
)
def test_shapes_and_ranks(name, d, rank, h, o, seed):
    """Shares add up to 1, orders of units do not matter, all degrees agree with one pass."""
    rng = np.random.default_rng(seed)
    W, V = rng.normal(size=(2, h, d))
    b, c, W2 = rng.normal(size=h), rng.normal(size=h), rng.normal(size=(o, h))
    W[rng.random(h) < 0.2] = 0.0
    V[rng.random(h) < 0.2] = 0.0
    W2[:, rng.random(h) < 0.2] = 0.0
    root = rng.normal(size=(d, rank))
    gaussian = pw.Gaussian(rng.normal(size=d), root @ root.T)
    P = pw.approximate(pw.GLU(W, b, V, c, W2, activation=name), gaussian, 3)
    total = P.explained_by_degree.sum(axis=0) + P.fvu_per_output
    assert ((np.abs(total - 1) < 1e-11) | (total == 0)).all()
    shuffled = rng.permutation(h)
    Q = pw.approximate(pw.GLU(W[shuffled], b[shuffled], V[shuffled], c[shuffled], W2[:, shuffled], activation=name), gaussian, 3)  # fmt: skip  # noqa: E501
    low, high = P.fvu_interval
    assert Q.fvu == pytest.approx(P.fvu, abs=1e-10 + (high - low))
    values = pw.fvu_curve(pw.GLU(W, b, V, c, W2, activation=name), gaussian, range(4)).fvu
    assert (np.diff(values) < 1e-12).all()
    assert values[3] == pytest.approx(P.fvu, abs=1e-12)


def test_units_out_of_range_are_refused():
    huge = pw.GLU([[1e100]], [0.0], [[1e100]], [0.0], activation="reglu")
    with pytest.raises(InputError, match="leave the range of double precision"):
        _ = pw.approximate(huge, pw.Gaussian.standard(1), 1).fvu
