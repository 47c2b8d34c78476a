"""All degrees at once, blocks of pairs, residual variances, files."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import polywick as pw
from numeric_backend import two_point_covariance
from numeric_backend.errors import InputError, ShapeError
from polywick.pair_blocks import pair_blocks

SMALL = (64 << 20) + 8 * 64 * 1700  # blocks of about 40 units


def network(activation, h=8, d=3, o=2, seed=0):
    rng = np.random.default_rng(seed)
    return pw.MLP(rng.normal(size=(h, d)), rng.normal(size=h), rng.normal(size=(o, h)), np.zeros(o), activation)


@pytest.mark.parametrize("activation", ["relu", "gelu", "silu", "square", "elu"])
def test_the_curve_is_that_of_every_polynomial(activation):
    net, inputs = network(activation), pw.Gaussian([0.5, 0.0, -1.0], np.diag([1.0, 0.5, 2.0]))
    degrees = [3, 0, 1, 70, 3]
    curve = pw.fvu_curve(net, inputs, degrees)
    assert curve.degrees == tuple(degrees)
    for place, degree in enumerate(degrees):
        P = pw.approximate(net, inputs, degree)
        assert curve.fvu[place] == pytest.approx(P.fvu, abs=1e-13)
        np.testing.assert_allclose(curve.fvu_per_output[place], P.fvu_per_output, atol=1e-13)
        np.testing.assert_allclose(curve.fvu_interval[place], P.fvu_interval, atol=1e-12)
    np.testing.assert_array_equal(curve.r2, 1 - curve.fvu)
    assert curve.fvu[1] == 1.0
    assert curve.r2_per_output.shape == (5, 2)
    assert curve.fvu_interval_per_output.shape == (5, 2, 2)


def test_the_curve_as_a_table():
    lines = repr(pw.fvu_curve(network("silu"), pw.Gaussian.standard(3), [1, 2])).splitlines()
    assert lines[0].split() == ["degree", "R^2", "unexplained", "best", "output", "worst", "output"]
    assert [line.split()[0] for line in lines[1:]] == ["1", "2"]
    assert all("certainly " in line for line in lines[1:])


@pytest.mark.parametrize(("activation", "h"), [("relu", 300), ("silu", 50)])
def test_blocks_hold_every_pair_once(activation, h):
    """In large blocks and in small ones, against all pairs of covariances one by one."""
    net, inputs = network(activation, h=h), pw.Gaussian.standard(3)
    sigma = np.linalg.norm(net.W1, axis=1)
    rho = np.clip(net.W1 @ net.W1.T / np.outer(sigma, sigma), -1, 1)
    np.fill_diagonal(rho, 1.0)
    found = two_point_covariance(net.kernel, net.b1[:, None], sigma[:, None], net.b1, sigma, rho)
    variance = np.einsum("oi,ij,oj->o", net.W2, found.value, net.W2)
    bound = np.einsum("oi,ij,oj->o", np.abs(net.W2), found.bound, np.abs(net.W2))
    constant = pw.approximate(net, inputs, 0)
    for memory in (1 << 30, SMALL):
        sums = constant.variance_sums(2, memory)
        assert (np.abs(sums.residual(0) - variance) <= 1e-12 * variance + bound).all()
        np.testing.assert_allclose(sums.residual(2), constant.variance_sums(2).residual(2), rtol=1e-11)


def test_memory_decides_the_size_of_the_blocks():
    unit, weights = np.eye(100), np.ones((1, 100))
    assert {block.rho.shape for block in pair_blocks(unit, weights)} == {(100, 100)}
    small = list(pair_blocks(unit, weights, SMALL))
    assert max(max(block.rho.shape) for block in small) < 50
    assert sum(block.flat(block.rho).size for block in small) == 100 * 99 // 2
    with pytest.raises(InputError, match=r"memory is 1000 bytes; expected at least"):
        list(pair_blocks(unit, weights, 1000))
    with pytest.raises(InputError, match=r"memory is 1000 bytes"):
        pw.fvu_curve(network("relu"), pw.Gaussian.standard(3), [1], memory=1000)


def test_blocks_without_a_common_output_are_left_out():
    weights = np.zeros((3, 600))
    weights[0, :10] = weights[1, 300:310] = weights[2, [5, 599]] = 1.0
    found = {(block.rows.start, block.columns.start): block.outputs for block in pair_blocks(np.eye(600), weights)}
    assert set(found) == {(0, 0), (0, 512), (256, 256)}
    assert [found[key].tolist() for key in sorted(found)] == [[0], [2], [1]]


def test_forms_count_every_pair_twice():
    rng = np.random.default_rng(0)
    weights, left = rng.normal(size=(2, 70)), rng.normal(size=70)
    matrix = rng.normal(size=(70, 70))
    symmetric = matrix + matrix.T
    np.fill_diagonal(symmetric, 0.0)
    total = np.zeros(2)
    for block in pair_blocks(np.eye(70), weights, SMALL):
        block.add_form(total, block.square(block.flat(symmetric[block.rows, block.columns])), left, left)
    np.testing.assert_allclose(total, np.einsum("oi,i,ij,j,oj->o", weights, left, symmetric, left, weights), rtol=1e-12)


def test_units_too_small_to_matter_are_passed_over():
    net = network("relu")
    W2 = np.concatenate([net.W2, 1e-30 * net.W2], axis=1)
    more = pw.MLP(np.concatenate([net.W1, net.W1 + 1]), np.concatenate([net.b1, net.b1]), W2, net.b2, "relu")
    inputs = pw.Gaussian.standard(3)
    found, expected = pw.approximate(more, inputs, 2), pw.approximate(net, inputs, 2)
    np.testing.assert_allclose(found.fvu_per_output, expected.fvu_per_output, rtol=1e-12)


def test_shares_of_the_degrees():
    P = pw.approximate(network("gelu"), pw.Gaussian.standard(3), 4)
    assert P.explained_by_degree.shape == (5, 2)
    np.testing.assert_array_equal(P.explained_by_degree[0], 0.0)
    np.testing.assert_allclose(P.explained_by_degree.sum(axis=0) + P.fvu_per_output, 1.0, rtol=1e-13)
    lower = pw.approximate(network("gelu"), pw.Gaussian.standard(3), 2)
    np.testing.assert_allclose(P.explained_by_degree[:3], lower.explained_by_degree, rtol=1e-11)


def test_residual_variance_of_samples():
    net, inputs = network("relu"), pw.Gaussian([0.5, 0.0, -1.0], np.diag([1.0, 0.5, 2.0]))
    P = pw.approximate(net, inputs, 2)
    x = inputs.sample(100_000, seed=0)
    squares = (net(x) - P(x)) ** 2
    error = squares.std(axis=0) / np.sqrt(len(x))
    assert (np.abs(squares.mean(axis=0) - P.residual_variance) < 4 * error).all()


def test_residual_variance_in_files(tmp_path):
    kernel = pw.kernel("x*erf(x)", name="x_erf")
    for activation in ("relu", kernel):
        P = pw.approximate(network(activation), pw.Gaussian.standard(3), 2)
        _ = P.fvu
        P.save(tmp_path / "p.npz")
        Q = pw.load(tmp_path / "p.npz")
        np.testing.assert_array_equal(Q.residual_variance, P.residual_variance)
    arrays = dict(np.load(tmp_path / "p.npz"))
    del arrays["residual_variance"]
    np.savez(tmp_path / "old.npz", **arrays)
    with pytest.raises(InputError, match="residual variance is not in the file"):
        _ = pw.load(tmp_path / "old.npz").residual_variance


def test_bad_degrees_and_inputs():
    net = network("relu")
    with pytest.raises(InputError, match="degrees is empty; expected at least one degree"):
        pw.fvu_curve(net, pw.Gaussian.standard(3), [])
    with pytest.raises(InputError, match="degree is -1"):
        pw.fvu_curve(net, pw.Gaussian.standard(3), [1, -1])
    with pytest.raises(ShapeError, match="expected as many inputs"):
        pw.fvu_curve(net, pw.Gaussian.standard(2), [1])


@settings(max_examples=25, deadline=None)
@given(
    activation=st.sampled_from(["relu", "gelu", "hardtanh", "square"]),
    d=st.integers(1, 4),
    rank=st.integers(0, 4),
    h=st.integers(1, 9),
    degree=st.integers(0, 4),
    seed=st.integers(0, 10_000),
)
def test_shapes_ranks_and_copies(activation, d, rank, h, degree, seed):
    """Against all pairs of covariances one by one, with units that are constant, dead, or copies of one another."""
    rng = np.random.default_rng(seed)
    W1, b1, W2 = rng.normal(size=(h, d)), rng.normal(size=h), rng.normal(size=(2, h))
    copies = rng.integers(h, size=h)
    copied = rng.random(h) < 0.4
    W1[copied], b1[copied] = W1[copies[copied]], b1[copies[copied]]
    W1[rng.random(h) < 0.2] = 0.0
    W2[:, rng.random(h) < 0.2] = 0.0
    root = rng.normal(size=(d, rank))
    gaussian = pw.Gaussian(rng.normal(size=d), root @ root.T)
    net = pw.MLP(W1, b1, W2, np.zeros(2), activation)
    mu = W1 @ gaussian.mean + b1
    sigma, unit = gaussian.deviations(net.W1)
    rho = np.clip(unit @ unit.T, -1, 1)
    gap = np.minimum(0.5 * np.sum((unit[:, None] - np.sign(rho)[:, :, None] * unit) ** 2, axis=2), 1.0)
    rho = np.where(np.abs(rho) > 0.9, np.sign(rho) * (1 - gap), rho)
    given = net.kernel, mu[:, None], sigma[:, None], mu, sigma, rho
    variance, residual = (
        np.einsum("oi,ij,oj->o", W2, two_point_covariance(*given, complement=1 - np.abs(rho), beyond=beyond).value, W2)
        for beyond in (0, degree)
    )
    size = (np.abs(W2) @ np.sqrt(np.where(sigma > 0, net.kernel.variance(mu, sigma), 0.0))) ** 2
    P = pw.approximate(net, gaussian, degree)
    assert (np.abs(P.residual_variance - residual) <= 1e-13 * size).all()
    assert (np.abs(P.variance_sums().residual(0) - variance) <= 1e-13 * size).all()
