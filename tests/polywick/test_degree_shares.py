"""What each degree adds under a mixture, from the polynomial alone."""

import numpy as np
import pytest

import polywick as pw
from numeric_backend.errors import KernelError, SizeError
from polywick.dense_polynomial import DensePolynomial
from polywick.mixture_solve import project, project_on_mixture
from polywick.network_variance import unexplained_of


def make_network(d=3, h=6, o=2, activation="gelu", seed=0):
    rng = np.random.default_rng(seed)
    return pw.MLP(rng.normal(size=(h, d)), rng.normal(size=h), rng.normal(size=(o, h)), rng.normal(size=o), activation)


def make_mixture(d=3, ranks=(3, 2, 3), seed=1):
    rng = np.random.default_rng(seed)
    roots = [rng.normal(size=(d, rank)) for rank in ranks]
    return pw.GaussianMixture(
        rng.dirichlet(np.full(len(ranks), 3.0)), rng.normal(size=(len(ranks), d)), [root @ root.T for root in roots]
    )


@pytest.mark.parametrize("activation", ["relu", "gelu", "silu"])
@pytest.mark.parametrize("degree", [0, 1, 2, 4])
def test_the_curve_falls_by_the_shares(activation, degree):
    net, mixture = make_network(activation=activation), make_mixture()
    P = pw.approximate(net, mixture, degree)
    curve = pw.fvu_curve(net, mixture, range(degree + 1))
    shares = P.explained_by_degree
    np.testing.assert_allclose(shares[1:], -np.diff(curve.fvu_per_output, axis=0), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(shares.sum(axis=0) + P.fvu_per_output, 1.0, rtol=1e-12)
    assert (shares >= 0).all()


@pytest.mark.parametrize("rank", [3, 1, 0])
@pytest.mark.parametrize("degree", [0, 1, 2, 3])
def test_one_component_has_the_shares_of_the_gaussian(degree, rank):
    net = make_network(activation="relu")
    root = np.random.default_rng(4).normal(size=(3, rank))
    gaussian = pw.Gaussian([0.5, -1.0, 0.0], root @ root.T)
    expected = pw.approximate(net, gaussian, degree).explained_by_degree
    for mixture in (
        pw.GaussianMixture.of([1.0], [gaussian]),
        pw.GaussianMixture.of([0.25, 0.0, 0.75], [gaussian, pw.Gaussian.standard(3), gaussian]),
    ):
        found = pw.approximate(net, mixture, degree).explained_by_degree
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-11)


def test_tensors_under_a_gaussian_have_the_shares_of_its_units():
    net, gaussian = make_network(activation="relu"), pw.Gaussian([0.5, -1.0, 0.0], np.diag([1.0, 0.5, 2.0]))
    P = pw.approximate(net, gaussian, 3)
    left = unexplained_of(P, net, gaussian)
    tensors = [P.tensor(k) for k in range(4)]
    written_out = DensePolynomial(np.zeros(3), tensors, inputs=gaussian, unexplained=left)
    np.testing.assert_allclose(written_out.explained_by_degree, P.explained_by_degree, rtol=1e-9, atol=1e-11)


def test_the_highest_share_is_the_variance_of_what_it_adds():
    """``Var(P_n - P_(n-1))``, sampled from the polynomials themselves and not from the fraction unexplained."""
    net, mixture = make_network(), make_mixture()
    x = mixture.sample(200_000, seed=5)
    variance = net(x).var(axis=0)
    for degree in (1, 2, 3):
        added = pw.approximate(net, mixture, degree)(x) - pw.approximate(net, mixture, degree - 1)(x)
        spread = (added**2).std(axis=0) / np.sqrt(len(x)) / variance
        share = pw.approximate(net, mixture, degree).explained_by_degree[degree]
        assert (np.abs((added**2).mean(axis=0) / variance - share) < 5 * spread + 0.02 * share).all()


def test_conjugate_gradients_leave_the_same_shares():
    """An error of the coefficients counts to second order."""
    net, mixture = make_network(d=4, activation="relu"), make_mixture(d=4, ranks=(4, 4, 2))
    expected = pw.approximate(net, mixture, 2).explained_by_degree
    found = project_on_mixture(net, mixture, 2, tolerance=1e-6, direct_features=0).explained_by_degree
    np.testing.assert_allclose(found[1], expected[1], rtol=1e-10)
    np.testing.assert_allclose(found[2], expected[2], atol=1e-6)


def test_files_and_linear_layers_keep_them(tmp_path):
    net, mixture = make_network(), make_mixture()
    P = pw.approximate(net, mixture, 3)
    P.save(tmp_path / "p.npz")
    np.testing.assert_allclose(pw.load(tmp_path / "p.npz").explained_by_degree, P.explained_by_degree, rtol=1e-12)
    A = np.random.default_rng(6).normal(size=(3, 3))
    np.testing.assert_allclose(P.compose_linear(A).explained_by_degree, P.explained_by_degree, rtol=1e-8, atol=1e-12)


def test_exact_polynomials_and_constants():
    mixture = make_mixture()
    exact = pw.approximate(make_network(activation="square"), mixture, 3)
    shares = exact.explained_by_degree
    np.testing.assert_allclose(shares.sum(axis=0), 1.0, rtol=1e-12)
    np.testing.assert_allclose(shares[3], 0.0, atol=1e-12)
    constant = pw.MLP(np.zeros((2, 3)), [1.0, 2.0], [[1.0, 1e8], [3.0, -1.0]], [0.0, 1.0], "relu")
    for degree in (1, 2, 3):
        np.testing.assert_array_equal(pw.approximate(constant, mixture, degree).explained_by_degree, 0.0)


def test_points_are_told_apart_by_a_quadratic():
    """Three point masses on a line: degree 2 explains all, and the triangle is singular beyond."""
    points = pw.GaussianMixture([0.25, 0.5, 0.25], [[-1.0], [0.0], [1.0]], [[[0.0]]] * 3)
    net = pw.MLP([[1.0]], [0.25], [[1.0]], [0.0], "relu")
    values, weights = net(np.array([[-1.0], [0.0], [1.0]]))[:, 0], np.array([0.25, 0.5, 0.25])
    variance = weights @ (values - weights @ values) ** 2
    linear = (weights @ (values * np.array([-1.0, 0.0, 1.0]))) ** 2 / 0.5
    shares = pw.approximate(net, points, 4).explained_by_degree[:, 0]
    np.testing.assert_allclose(shares, [0, linear / variance, 1 - linear / variance, 0, 0], atol=1e-12)


def test_a_system_that_does_not_fit_names_the_curve(monkeypatch):
    P = pw.approximate(make_network(), make_mixture(), 3)
    monkeypatch.setattr(project, "DIRECT_LIMIT_BYTES", 1000)
    with pytest.raises(SizeError, match=r"10 features, .* 2\.4 kB, more than 1\.0 kB; .*polywick\.fvu_curve"):
        _ = P.explained_by_degree
    quadratic = project_on_mixture(make_network(), make_mixture(), 2, direct_features=0)
    assert (quadratic.explained_by_degree[1:] > 0).all()


def test_without_the_network_nothing_is_a_share():
    P = pw.approximate(make_network(), make_mixture(), 2)
    alone = DensePolynomial(P.centre, P.tensors, inputs=P.inputs)
    with pytest.raises(KernelError, match="came without its network"):
        _ = alone.explained_by_degree
