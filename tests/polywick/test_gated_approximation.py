"""The polynomial of a gated network by other ways: quadrature, the master theorem, Stein's lemma, sampling."""

from collections import Counter
from itertools import combinations_with_replacement
from math import factorial, prod

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import polywick as pw
from numeric_backend import isserlis_moment, kernels, master_coefficients


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


def tensor_grid(gaussian, nodes):
    """Gauss-Hermite nodes and weights on the support of the Gaussian."""
    if gaussian.rank == 0:
        return gaussian.mean[None], np.ones(1)
    z, w = np.polynomial.hermite_e.hermegauss(nodes)
    axes = np.meshgrid(*[z] * gaussian.rank, indexing="ij")
    points = np.stack([a.ravel() for a in axes], axis=-1)
    mass = np.prod(np.meshgrid(*[w] * gaussian.rank, indexing="ij"), axis=0).ravel()
    return gaussian.mean + points @ gaussian.factor.T, mass / mass.sum()


def monomials(d, degree):
    return [m for k in range(degree + 1) for m in combinations_with_replacement(range(d), k)]


def features(x, degree):
    return np.stack([np.prod(x[:, list(m)], axis=1) for m in monomials(x.shape[1], degree)], axis=1)


def coefficients_by_monomial(polynomial):
    """One row per monomial of ``monomials``: the tensors' entries, counted once per ordering."""
    rows = []
    for m in monomials(polynomial.d, polynomial.degree):
        count = factorial(len(m)) // prod(factorial(p) for p in Counter(m).values())
        rows.append(count * polynomial.tensor(len(m))[(slice(None), *m)])
    return np.array(rows)


def evaluated(polynomial, x):
    """intercept + linear x + x' quadratic x + ... at one point, from the dense tensors."""
    total = 0.0
    for k in range(polynomial.degree + 1):
        tensor = polynomial.tensor(k)
        for _ in range(k):
            tensor = tensor @ x
        total = total + tensor
    return total


@pytest.mark.parametrize("degree", [0, 1, 2, 3, 4])
@pytest.mark.parametrize(("d", "rank"), [(1, 1), (2, 2), (3, 3), (3, 2), (3, 1)])
def test_against_least_squares_on_a_tensor_grid(d, rank, degree):
    """A smooth gate of moderate pre-activations: the grid integrates to rounding, and least squares fits on it."""
    rng = np.random.default_rng(100 * d + 10 * rank + degree)
    net = random_glu(rng, d, 5, 2, "gelu")
    gaussian = random_gaussian(rng, d, rank)
    sigma, _ = gaussian.deviations(net.W)
    net = pw.GLU(0.6 / sigma.max() * net.W, net.b, net.V, net.c, net.W2, net.b2, "gelu")
    x, mass = tensor_grid(gaussian, 60 if gaussian.rank < 3 else 30)
    root = np.sqrt(mass)[:, None]
    design = features(x - gaussian.mean, degree)
    solution, *_ = np.linalg.lstsq(root * design, root * net(x), rcond=1e-12)
    polynomial = pw.approximate(net, gaussian, degree)
    assert np.abs(solution).max() > 0.1
    np.testing.assert_allclose(root * polynomial(x), root * (design @ solution), atol=3e-13)


@pytest.mark.parametrize("name", ["relu", "gelu", "heaviside", "silu"])
@pytest.mark.parametrize(("d", "degree"), [(1, 4), (2, 2), (2, 3), (3, 2)])
def test_against_the_master_theorem(name, d, degree):
    """E[g(y) z x_i x_j ...] by master coefficients and raw moments, E[x_i x_j ...] by Isserlis; then one solve."""
    rng = np.random.default_rng(d + 10 * degree)
    net = random_glu(rng, d, 4, 2, name)
    gaussian = random_gaussian(rng, d)
    mean, S = gaussian.mean, gaussian.covariance
    terms = monomials(d, degree)

    def moment(m):
        return float(isserlis_moment(mean, S, [m.count(i) for i in range(d)]))

    gram = np.array([[moment(a + b) for b in terms] for a in terms])
    mu, var = net.W @ mean + net.b, np.einsum("hi,ij,hj->h", net.W, S, net.W)
    raw = kernels.load(name).raw_moments(mu, np.sqrt(var), degree + 1)
    right = []
    for m in terms:
        hidden = []
        for j in range(4):
            rows = np.concatenate([net.V[j][None], np.eye(d)[list(m)]])  # z_j, x_i, ...
            means = np.concatenate([[net.V[j] @ mean + net.c[j]], mean[list(m)]])
            a = master_coefficients(mu[j], var[j], means, rows @ S @ rows.T, rows @ S @ net.W[j])
            hidden.append(a @ raw[: len(a), j])
        right.append(net.W2 @ np.array(hidden) + net.b2 * moment(m))
    solution = np.linalg.solve(gram, np.array(right))
    found = coefficients_by_monomial(pw.approximate(net, gaussian, degree))
    np.testing.assert_allclose(found, solution, atol=2e-14 * np.linalg.cond(gram) * np.abs(right).max())


@pytest.mark.parametrize("name", ["relu", "gelu", "sigmoid", "tanh"])
def test_against_expected_gradient_and_hessian(name):
    """beta = E grad f and Gamma = E Hess f / 2 by the chain rule and Stein's lemma, for degree 2."""
    rng = np.random.default_rng(4)
    net, gaussian = random_glu(rng, 4, 6, 3, name), random_gaussian(rng, 4)
    mean, S, W, V = gaussian.mean, gaussian.covariance, net.W, net.V
    mu, a0 = W @ mean + net.b, V @ mean + net.c
    covariance = np.einsum("hi,ij,hj->h", W, S, V)
    sigma = np.sqrt(np.einsum("hi,ij,hj->h", W, S, W))
    g0, g1, g2, g3 = kernels.load(name).expected_derivatives(mu, sigma, 3)
    beta = net.W2 @ ((a0 * g1 + covariance * g2)[:, None] * W + g0[:, None] * V)
    own, mixed = net.W2 * (a0 * g2 + covariance * g3), net.W2 * g1
    cross = np.einsum("oh,hi,hj->oij", mixed, W, V)
    gamma = (np.einsum("oh,hi,hj->oij", own, W, W) + cross + cross.transpose(0, 2, 1)) / 2
    expectation = net.W2 @ (a0 * g0 + covariance * g1) + net.b2
    P = pw.approximate(net, gaussian, 2)
    np.testing.assert_allclose(P.quadratic, gamma, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(P.linear, beta - 2 * gamma @ mean, rtol=1e-12, atol=1e-13)
    constant = expectation - np.einsum("oij,ij->o", gamma, S) - beta @ mean + np.einsum("oij,i,j->o", gamma, mean, mean)
    np.testing.assert_allclose(P.intercept, constant, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", ["reglu", "swiglu"])
def test_against_ordinary_least_squares_on_samples(name):
    """Every coefficient within five robust standard errors, which are small enough for the check to fail."""
    rng = np.random.default_rng(21)
    net, gaussian = random_glu(rng, 3, 6, 2, name, scale=1.5), random_gaussian(rng, 3)
    x = gaussian.sample(300_000, seed=22)
    centred = np.linalg.lstsq(gaussian.factor, (x - gaussian.mean).T)[0].T
    design = features(centred, 2)
    polynomial = pw.approximate(net, gaussian, 2)
    inverse = np.linalg.inv(design.T @ design)
    for output in range(2):
        gap = net(x)[:, output] - polynomial(x)[:, output]
        fitted = inverse @ (design.T @ gap)  # what least squares would still change
        scores = design * gap[:, None]
        error = np.sqrt(np.diag(inverse @ (scores.T @ scores) @ inverse))
        assert (np.abs(fitted) < 5 * error).all()
        size = np.sqrt(np.mean((polynomial(x)[:, output] - polynomial(x)[:, output].mean()) ** 2))
        assert (error < 0.02 * size).all()


@pytest.mark.parametrize(("activation", "degree"), [("bilinear", 2), ("identity", 5), ("square", 3), ("cube", 4)])
def test_polynomial_gates_are_exact(activation, degree):
    """Everywhere, not only on average: a bilinear layer is its own quadratic polynomial."""
    rng = np.random.default_rng(8)
    net, gaussian = random_glu(rng, 4, 7, 3, activation), random_gaussian(rng, 4)
    P = pw.approximate(net, gaussian, degree)
    x = 3 * rng.normal(size=(50, 4))
    np.testing.assert_allclose(P(x), net(x), rtol=1e-11, atol=1e-11 * np.abs(net(x)).max())
    np.testing.assert_allclose([evaluated(P, row) for row in x], net(x), rtol=1e-9, atol=1e-10 * np.abs(net(x)).max())
    if activation == "bilinear":
        cross = np.einsum("oh,hi,hj->oij", net.W2, net.W, net.V)
        np.testing.assert_allclose(P.quadratic, (cross + cross.transpose(0, 2, 1)) / 2, atol=1e-13)
        np.testing.assert_allclose(P.linear, net.W2 @ (net.b[:, None] * net.V + net.c[:, None] * net.W), atol=1e-12)
        np.testing.assert_allclose(P.intercept, net.W2 @ (net.b * net.c) + net.b2, atol=1e-12)


@pytest.mark.parametrize("degree", [0, 1, 3, 6])
def test_units_without_a_gate_of_their_own_are_units_of_an_mlp(degree):
    """z = 1 gives g(y), and z = y gives y g(y): relu becomes relu squared, heaviside relu."""
    rng = np.random.default_rng(3)
    net, gaussian = random_glu(rng, 3, 5, 2, "relu"), random_gaussian(rng, 3)
    x = gaussian.sample(30, seed=0)
    rest = (net.W2, net.b2)
    pairs = [
        (pw.GLU(net.W, net.b, 0 * net.W, np.ones(5), *rest, "relu"), "relu"),
        (pw.GLU(net.W, net.b, net.W, net.b, *rest, "relu"), "relu2"),
        (pw.GLU(net.W, net.b, net.W, net.b, *rest, "heaviside"), "relu"),
    ]
    for gated, name in pairs:
        plain = pw.MLP(net.W, net.b, *rest, name)
        np.testing.assert_allclose(gated(x), plain(x), rtol=1e-12, atol=1e-12)
        ours, theirs = pw.approximate(gated, gaussian, degree), pw.approximate(plain, gaussian, degree)
        np.testing.assert_allclose(ours(x), theirs(x), rtol=1e-10, atol=1e-11)
        np.testing.assert_allclose(ours.tensor(degree), theirs.tensor(degree), rtol=1e-9, atol=1e-11)


def test_permuted_units_and_duplicates_are_the_same_network():
    rng = np.random.default_rng(15)
    net, gaussian = random_glu(rng, 3, 4, 2, "geglu"), random_gaussian(rng, 3)
    order = np.array([2, 0, 3, 1, 2])  # unit 2 twice, with half its weight each
    share = np.array([0.5, 1.0, 1.0, 1.0, 0.5])
    halves = (net.W[order], net.b[order], net.V[order], net.c[order])
    other = pw.GLU(*halves, net.W2[:, order] * share, net.b2, net.activation)
    x = gaussian.sample(20, seed=3)
    ours, theirs = pw.approximate(other, gaussian, 3), pw.approximate(net, gaussian, 3)
    np.testing.assert_allclose(ours(x), theirs(x), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(ours.tensor(3), theirs.tensor(3), rtol=1e-11, atol=1e-12)


def test_a_rotation_and_a_linear_layer_in_front_commute():
    rng = np.random.default_rng(14)
    net = random_glu(rng, 4, 5, 2, "swiglu")
    A, shift, inner = rng.normal(size=(4, 3)), rng.normal(size=4), random_gaussian(rng, 3)
    outer = pw.Gaussian(A @ inner.mean + shift, A @ inner.covariance @ A.T)
    behind = pw.GLU(net.W @ A, net.W @ shift + net.b, net.V @ A, net.V @ shift + net.c, net.W2, net.b2, net.activation)
    x = inner.sample(20, seed=3)
    for degree in range(5):
        whole, parts = pw.approximate(behind, inner, degree), pw.approximate(net, outer, degree)
        np.testing.assert_allclose(whole(x), parts(x @ A.T + shift), rtol=1e-9, atol=1e-10)


@given(
    st.integers(1, 4), st.integers(1, 6), st.integers(1, 3), st.integers(0, 2), st.integers(0, 4),
    st.sampled_from(["relu", "gelu", "sigmoid", "cube", "identity"]), st.integers(0, 2**32 - 1),
)  # fmt: skip
@settings(max_examples=80, deadline=None)
def test_any_shape_rank_and_degenerate_units(d, h, o, rank, degree, name, seed):
    """Zero rows, duplicated and opposite units, constant ones: what is left over is orthogonal to every monomial."""
    rng = np.random.default_rng(seed)

    def degenerate(M):
        M[rng.random(h) < 0.2] = 0.0
        signs, copies = rng.choice([-1.0, 1.0], size=h)[:, None], rng.integers(0, h, size=h)
        return np.where(rng.random(h)[:, None] < 0.3, signs * M[copies], M)

    W, V = degenerate(rng.normal(size=(h, d))), degenerate(rng.normal(size=(h, d)))
    V = np.where(rng.random(h)[:, None] < 0.2, 2.0 * W, V)
    gaussian = random_gaussian(rng, d, min(rank, d))
    sigma, _ = gaussian.deviations(W)
    W = W / max(1.0, sigma.max())
    net = pw.GLU(W, rng.normal(size=h), V, rng.normal(size=h), rng.normal(size=(o, h)), rng.normal(size=o), name)
    P = pw.approximate(net, gaussian, degree)
    x, mass = tensor_grid(gaussian, 120)
    f = net(x)
    size = np.sqrt(mass @ f**2)
    products = (mass[:, None] * (f - P(x))).T @ features((x - gaussian.mean) / (1 + np.sqrt(gaussian.d)), degree)
    accuracy = 2e-2 if name == "relu" else 1e-10  # the grid sees a kink dimly
    assert (np.abs(products) <= accuracy * (1e-3 + size[:, None])).all()
    for row in x[:: max(1, len(x) // 5)]:
        scale = 1 + max(np.abs(P.tensor(k)).max() * (1 + np.abs(row).max()) ** k for k in range(degree + 1))
        np.testing.assert_allclose(evaluated(P, row), P(row), atol=1e-11 * scale * d**degree)


def test_against_the_definition_in_many_digits():
    """E[f He_i(u) He_j(v)] along independent directions u, v: the trapezoidal rule in mpmath, at two steps."""
    W, V, b, c = (0.9, -0.4), (0.5, 1.2), 0.3, -0.7
    mean, L = (0.2, -0.5), ((1.1, 0.0), (0.4, 0.8))
    covariance = np.array(L) @ np.array(L).T
    P = pw.approximate(pw.GLU([W], [b], [V], [c], activation="swiglu"), pw.Gaussian(mean, covariance), 3)
    hermite = [lambda t: 1, lambda t: t, lambda t: t * t - 1, lambda t: t**3 - 3 * t]
    orders = [(i, j) for i in range(4) for j in range(4 - i)]

    def unit(u, v):
        x = (mean[0] + L[0][0] * u, mean[1] + L[1][0] * u + L[1][1] * v)
        y, z = (sum(a * s for a, s in zip(row, x, strict=True)) + shift for row, shift in ((W, b), (V, c)))
        return y / (1 + mpmath.exp(-y)) * z

    def moments(per_unit):
        axis = [mpmath.mpf(k) / per_unit for k in range(-10 * per_unit, 10 * per_unit + 1)]
        density = [mpmath.npdf(u) / per_unit for u in axis]
        basis = mpmath.matrix([[H(u) * p for u, p in zip(axis, density, strict=True)] for H in hermite])
        values = mpmath.matrix([[unit(u, v) for v in axis] for u in axis])
        return basis * values * basis.T

    with mpmath.workdps(30):
        coarse, fine = moments(4), moments(5)
    nodes, mass = np.polynomial.hermite_e.hermegauss(5)  # exact for the polynomial's own moments
    points = mean + np.array([(u, v) for u in nodes for v in nodes]) @ np.array(L).T
    weights = mass / mass.sum()
    values = P(points).reshape(5, 5)
    for i, j in orders:
        assert abs(coarse[i, j] - fine[i, j]) < 1e-16
        found = (weights * hermite[i](nodes)) @ values @ (weights * hermite[j](nodes))
        assert abs(found - float(fine[i, j])) < 1e-14 * (1 + abs(float(fine[i, j])))
