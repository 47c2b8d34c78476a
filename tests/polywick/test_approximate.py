"""The least-squares polynomial three ways: quadrature and least squares, the master theorem, sampling."""

import tracemalloc
from itertools import combinations_with_replacement

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import polywick as pw
from numeric_backend import isserlis_moment, kernels, master_coefficients
from numeric_backend.errors import InputError, ShapeError


def random_network(rng, d, h, o, activation, scale=1.0):
    return pw.MLP(
        scale * rng.normal(size=(h, d)) / np.sqrt(d),
        0.5 * rng.normal(size=h),
        rng.normal(size=(o, h)),
        rng.normal(size=o),
        activation,
    )


def random_gaussian(rng, d, rank=None):
    root = rng.normal(size=(d, d if rank is None else rank)) / np.sqrt(d)
    return pw.Gaussian(rng.normal(size=d), root @ root.T)


def tensor_grid(gaussian, nodes):
    """Gauss-Hermite nodes and weights on the support of the Gaussian."""
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
    from collections import Counter
    from math import factorial, prod

    rows = []
    for m in monomials(polynomial.d, polynomial.degree):
        tensor = polynomial.tensor(len(m))
        count = factorial(len(m)) // prod(factorial(p) for p in Counter(m).values())
        rows.append(count * tensor[(slice(None), *m)])
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
    """Smooth activation of moderate pre-activations: the grid integrates to rounding, and least squares fits on it."""
    rng = np.random.default_rng(100 * d + 10 * rank + degree)
    net = random_network(rng, d, 5, 2, "gelu")
    gaussian = random_gaussian(rng, d, rank)
    sigma, _ = gaussian.deviations(net.W1)
    net = pw.MLP(0.6 / sigma.max() * net.W1, net.b1, net.W2, net.b2, "gelu")
    x, mass = tensor_grid(gaussian, 60 if gaussian.rank < 3 else 30)
    root = np.sqrt(mass)[:, None]
    design = features(x - gaussian.mean, degree)
    solution, *_ = np.linalg.lstsq(root * design, root * net(x), rcond=1e-12)
    fitted = design @ solution
    polynomial = pw.approximate(net, gaussian, degree)
    np.testing.assert_allclose(root * polynomial(x), root * fitted, atol=2e-13)
    variance = np.sum(mass[:, None] * (net(x) - mass @ net(x)) ** 2, axis=0)
    residual = np.sum(mass[:, None] * (net(x) - fitted) ** 2, axis=0)
    np.testing.assert_allclose(polynomial.fvu_per_output, residual / variance, atol=1e-12)
    assert polynomial.fvu == pytest.approx(residual.sum() / variance.sum(), abs=1e-12)


@pytest.mark.parametrize("name", ["relu", "gelu", "abs", "heaviside", "relu2"])
@pytest.mark.parametrize(("d", "degree"), [(1, 4), (2, 2), (2, 3), (3, 2)])
def test_against_the_master_theorem(name, d, degree):
    """E[f x_i x_j ...] by master coefficients and raw moments, E[x_i x_j ...] by Isserlis; then one solve."""
    rng = np.random.default_rng(d + 10 * degree)
    net = random_network(rng, d, 4, 2, name)
    gaussian = random_gaussian(rng, d)
    mean, cov = gaussian.mean, gaussian.covariance
    terms = monomials(d, degree)

    def moment(m):
        return float(isserlis_moment(mean, cov, [m.count(i) for i in range(d)]))

    gram = np.array([[moment(a + b) for b in terms] for a in terms])
    mu, var = net.W1 @ mean + net.b1, np.einsum("hi,ij,hj->h", net.W1, cov, net.W1)
    raw = kernels.load(name).raw_moments(mu, np.sqrt(var), degree)
    right = []
    for m in terms:
        i = list(m)
        a = master_coefficients(mu, var, mean[i], cov[np.ix_(i, i)], (net.W1 @ cov)[:, i])
        hidden = np.sum(a * raw[: len(i) + 1], axis=0)
        right.append(net.W2 @ hidden + net.b2 * moment(m))
    solution = np.linalg.solve(gram, np.array(right))
    found = coefficients_by_monomial(pw.approximate(net, gaussian, degree))
    np.testing.assert_allclose(found, solution, atol=1e-14 * np.linalg.cond(gram) * np.abs(right).max())


@pytest.mark.parametrize("name", ["relu", "gelu", "leaky_relu", "sign", "erf"])
def test_against_sampling(name):
    """Residuals of ten hidden units on 2e5 draws: FVU within five standard errors, orthogonal to the features."""
    rng = np.random.default_rng(11)
    net = random_network(rng, 8, 10, 3, name, scale=1.5)
    gaussian = random_gaussian(rng, 8)
    polynomial = pw.approximate(net, gaussian, 2)
    x = gaussian.sample(200_000, seed=12)
    f = net(x)
    gap = f - polynomial(x)
    residual = np.sum(gap**2, axis=1)
    mean = pw.approximate(net, gaussian, 0).intercept
    spread = np.sum((f - mean) ** 2, axis=1)
    ratio = residual.mean() / spread.mean()
    error = np.std(residual - ratio * spread) / spread.mean() / np.sqrt(x.shape[0])
    assert abs(ratio - polynomial.fvu) < 5 * error
    assert error < 0.05 * polynomial.fvu  # the check has the power to fail
    for feature in (np.ones(x.shape[0]), x[:, 0] - gaussian.mean[0], x[:, 1] * x[:, 2]):
        product = gap * feature[:, None]
        assert (np.abs(product.mean(axis=0)) < 5 * product.std(axis=0) / np.sqrt(x.shape[0])).all()


@given(
    st.integers(1, 4), st.integers(1, 6), st.integers(1, 3), st.integers(0, 4), st.integers(0, 4),
    st.sampled_from(["relu", "gelu", "heaviside", "cube", "erf"]), st.integers(0, 2**32 - 1),
)  # fmt: skip
@settings(max_examples=80, deadline=None)
def test_any_shape_rank_and_degenerate_units(d, h, o, rank, degree, name, seed):
    """Zero rows, duplicated and opposite units, singular covariances: dense and factored forms agree."""
    rng = np.random.default_rng(seed)
    W1 = rng.normal(size=(h, d))
    W1[rng.random(h) < 0.2] = 0.0
    copies = rng.integers(0, h, size=h)
    W1 = np.where(rng.random(h)[:, None] < 0.3, rng.choice([-1.0, 1.0], size=h)[:, None] * W1[copies], W1)
    net = pw.MLP(W1, rng.normal(size=h), rng.normal(size=(o, h)), rng.normal(size=o), name)
    gaussian = random_gaussian(rng, d, min(rank, d))
    polynomial = pw.approximate(net, gaussian, degree)
    assert polynomial.degree == degree
    x = gaussian.sample(7, seed=1)
    dense = np.array([[evaluated(polynomial, row)] for row in x])[:, 0]
    scale = 1 + max(float(np.abs(polynomial.tensor(k)).max()) for k in range(degree + 1))
    scale *= (1 + np.abs(x).max() * d) ** degree
    np.testing.assert_allclose(dense, polynomial(x), atol=1e-12 * scale)
    assert 0.0 <= polynomial.fvu <= 1.0 + 1e-12
    assert polynomial.fvu_interval == (polynomial.fvu, polynomial.fvu)
    assert ((polynomial.fvu_per_output >= 0) & (polynomial.fvu_per_output <= 1 + 1e-12)).all()
    if degree and polynomial.fvu > 1e-9:
        assert polynomial.fvu <= pw.approximate(net, gaussian, degree - 1).fvu + 1e-12


def test_fvu_ends():
    rng = np.random.default_rng(5)
    gaussian = random_gaussian(rng, 3)
    assert pw.approximate(random_network(rng, 3, 4, 2, "cube"), gaussian, 3).fvu == 0.0
    assert pw.approximate(random_network(rng, 3, 4, 2, "identity"), gaussian, 1).fvu == 0.0
    assert pw.approximate(random_network(rng, 3, 4, 2, "relu"), gaussian, 0).fvu == 1.0


def test_units_that_cancel_have_no_variance():
    net = pw.MLP([[1.0, 2.0], [1.0, 2.0]], [0.3, 0.3], [[1.0, -1.0]], [0.0], "relu")
    assert pw.approximate(net, pw.Gaussian.standard(2), 1).fvu == 0.0


def test_duplicated_units_are_one_unit():
    one = pw.MLP([[1.0, 2.0]], [0.3], [[1.0]], [0.0], "heaviside")
    two = pw.MLP([[1.0, 2.0], [1.0, 2.0], [-3.0, -6.0]], [0.3, 0.3, -0.9], [[0.5, 0.25, -0.25]], [0.25], "heaviside")
    gaussian = pw.Gaussian([0.1, 0.2], [[1.0, 0.3], [0.3, 2.0]])
    expected = pw.approximate(one, gaussian, 2).fvu
    assert pw.approximate(two, gaussian, 2).fvu == pytest.approx(expected, rel=1e-12)


def test_a_constant_network_is_itself():
    net = pw.MLP(np.zeros((2, 3)), [1.0, -1.0], [[2.0, 3.0]], [0.5], "relu")
    polynomial = pw.approximate(net, pw.Gaussian.standard(3), 2)
    np.testing.assert_array_equal(polynomial.intercept, [2.5])
    np.testing.assert_array_equal(polynomial.quadratic, 0.0)
    assert polynomial.fvu == 0.0


def test_more_units_than_a_block():
    rng = np.random.default_rng(9)
    net = random_network(rng, 6, 300, 1, "relu")
    gaussian = random_gaussian(rng, 6)
    x = gaussian.sample(30_000, seed=2)
    polynomial = pw.approximate(net, gaussian, 2)
    f = net(x)
    gap = f - polynomial(x)
    ratio = np.var(gap) / np.var(f)
    error = np.std((gap - gap.mean()) ** 2 - ratio * (f - f.mean()) ** 2) / np.var(f) / np.sqrt(f.size)
    assert abs(ratio - polynomial.fvu) < 5 * error


@pytest.mark.parametrize("activation", ["relu", "gelu"])
@pytest.mark.parametrize("size", [(10, 100, 10), (50, 200, 10), (100, 400, 10)])
def test_a_quadratic_takes_no_more_memory_than_twice_itself_and_the_inputs(activation, size):
    rng = np.random.default_rng(0)
    net, gaussian = random_network(rng, *size, activation), random_gaussian(rng, size[0])

    def written_out():
        polynomial = pw.approximate(net, gaussian, 2)
        return [polynomial.tensor(k) for k in range(3)]

    written_out()
    tracemalloc.start()
    try:
        result = written_out()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    inputs = net.W1, net.b1, net.W2, net.b2, gaussian.mean, gaussian.covariance
    assert peak <= 2 * sum(array.nbytes for array in result) + sum(array.nbytes for array in inputs)


@pytest.mark.parametrize("degree", [-1, 1.5, "2", None, True])
def test_bad_degree(degree):
    net, gaussian = random_network(np.random.default_rng(0), 2, 2, 1, "relu"), pw.Gaussian.standard(2)
    with pytest.raises(InputError, match=r"degree is .*; expected an integer of at least 0"):
        pw.approximate(net, gaussian, degree)


def test_bad_network_and_inputs():
    net, gaussian = random_network(np.random.default_rng(0), 2, 2, 1, "relu"), pw.Gaussian.standard(3)
    with pytest.raises(ShapeError, match=r"mean of shape \(3,\) and W1 has shape \(2, 2\)"):
        pw.approximate(net, gaussian)
    with pytest.raises(InputError, match=r"network is a Gaussian; expected a polywick\.MLP"):
        pw.approximate(gaussian, gaussian)
    with pytest.raises(InputError, match=r"inputs is a ndarray; expected a polywick\.Gaussian"):
        pw.approximate(net, np.zeros((5, 2)))
