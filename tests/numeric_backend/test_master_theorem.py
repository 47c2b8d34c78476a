from fractions import Fraction
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import symbolic_moments
from numeric_backend import isserlis_moment, kernels, master_coefficients
from numeric_backend.errors import ShapeError


def exact_coefficients(mean, cov):
    """a_0 .. a_n and the sums of absolute terms, from partitions into singletons and pairs, in fractions.

    ``mean`` and ``cov`` are those of (X, Y_1, ..., Y_n).
    """
    n = len(mean) - 1
    beta = [cov[0][i] / cov[0][0] for i in range(1, n + 1)]
    alpha = [mean[i + 1] - beta[i] * mean[0] for i in range(n)]
    C = [[cov[i + 1][j + 1] - beta[i] * cov[0][j + 1] for j in range(n)] for i in range(n)]
    value, scale = [Fraction(0)] * (n + 1), [Fraction(0)] * (n + 1)
    for p in permutations(range(n)):
        if any(p[p[i]] != i for i in range(n)):
            continue
        polynomial = [Fraction(1)]
        for i in range(n):
            if p[i] == i:
                up = [Fraction(0), *(beta[i] * c for c in polynomial)]
                polynomial = [a + alpha[i] * b for a, b in zip(up, [*polynomial, Fraction(0)], strict=True)]
            elif p[i] > i:
                polynomial = [C[i][p[i]] * c for c in polynomial]
        for k, c in enumerate(polynomial):
            value[k] += c
            scale[k] += abs(c)
    return value, scale


eighths = st.integers(-16, 16).map(lambda k: Fraction(k, 8))


@given(st.integers(0, 6), st.data())
@settings(max_examples=40, deadline=None)
def test_against_partition_enumeration(n, data):
    mean = [data.draw(eighths) for _ in range(n + 1)]
    root = [[data.draw(eighths) for _ in range(n + 1)] for _ in range(n + 1)]
    root[0][0] += 5  # Var X > 0
    cov = [[sum((a * b for a, b in zip(u, v, strict=True)), Fraction(0)) for v in root] for u in root]
    value, _ = exact_coefficients(mean, cov)
    m, S = np.array(mean, dtype=float), np.array(cov, dtype=float).reshape(n + 1, n + 1)
    found = master_coefficients(m[0], S[0, 0], m[1:], S[1:, 1:], S[0, 1:])
    assert found.shape == (n + 1,)
    # Forming alpha and C cancels; the theorem without signs and subtractions bounds the rounding error.
    largest = 1 + np.abs(m).max() + np.abs(S).max() / S[0, 0] * (1 + abs(m[0]))
    size = (n + 1) ** n * largest**n * (1 + np.abs(S).max()) ** (n / 2)
    for k in range(n + 1):
        assert abs(float(found[k]) - float(value[k])) <= 1e-14 * size


def well_scaled(rng, n, *batch):
    root = rng.normal(size=(*batch, n + 1, n + 1)) / np.sqrt(n + 1) + np.eye(n + 1)
    return rng.normal(size=(*batch, n + 1)), root @ np.swapaxes(root, -1, -2)


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 6, 7])
def test_accuracy_relative_to_the_terms(n):
    mean, cov = well_scaled(np.random.default_rng(n), n)
    value, scale = exact_coefficients(
        [Fraction(float(x)) for x in mean], [[Fraction(float(x)) for x in row] for row in cov]
    )
    found = master_coefficients(mean[0], cov[0, 0], mean[1:], cov[1:, 1:], cov[0, 1:])
    for k in range(n + 1):
        assert abs(float(found[k]) - float(value[k])) <= 2e-14 * float(scale[k])


@pytest.mark.parametrize("n", [2, 3, 5])
def test_against_the_symbolic_theorem(n):
    mean, cov = well_scaled(np.random.default_rng(20 + n), n)
    beta = cov[0, 1:] / cov[0, 0]
    alpha = mean[1:] - beta * mean[0]
    C = cov[1:, 1:] - np.outer(beta, cov[0, 1:])
    values = {f"alpha_{i + 1}": float(alpha[i]) for i in range(n)}
    values |= {f"beta_{i + 1}": float(beta[i]) for i in range(n)}
    values |= {f"C_{i + 1}{j + 1}": float(C[i, j]) for i in range(n) for j in range(i + 1, n)}
    found = master_coefficients(mean[0], cov[0, 0], mean[1:], cov[1:, 1:], cov[0, 1:])
    for k, formula in enumerate(symbolic_moments.master_theorem(n).coefficients):
        assert found[k] == pytest.approx(float(formula.evalf(30, **values)), rel=1e-12, abs=1e-13)


def test_theorem_against_sampling():
    """E[relu(X) Y_1 Y_2 Y_3] by the coefficients and relu's raw moments, within five standard errors."""
    rng = np.random.default_rng(5)
    mean, cov = well_scaled(rng, 3)
    a = master_coefficients(mean[0], cov[0, 0], mean[1:], cov[1:, 1:], cov[0, 1:])
    exact = float(a @ kernels.load("relu").raw_moments(mean[0], np.sqrt(cov[0, 0]), 3))
    draws = rng.multivariate_normal(mean, cov, size=400_000)
    values = np.maximum(draws[:, 0], 0) * draws[:, 1:].prod(axis=1)
    error = values.std() / np.sqrt(values.size)
    assert abs(values.mean() - exact) < 5 * error
    assert abs(values.mean() - 1.2 * exact) > 5 * error  # the check has the power to fail


def test_constant_x_puts_everything_in_the_first_coefficient():
    rng = np.random.default_rng(6)
    mean, cov = well_scaled(rng, 4, 3)
    var_x, cov_xy = cov[:, 0, 0].copy(), cov[:, 0, 1:].copy()
    var_x[1], cov_xy[1] = 0.0, 0.0
    found = master_coefficients(mean[:, 0], var_x, mean[:, 1:], cov[:, 1:, 1:], cov_xy)
    assert found.shape == (5, 3)
    np.testing.assert_array_equal(found[1:, 1], 0.0)
    assert found[0, 1] == pytest.approx(isserlis_moment(mean[1, 1:], cov[1, 1:, 1:], (1, 1, 1, 1)), rel=1e-14)
    assert (found[1:, [0, 2]] != 0).all()


def test_impossible_gaussians_give_nan():
    arguments = (np.zeros(2), np.eye(2), np.ones(2))
    found = master_coefficients(0.0, [-1.0, np.nan, 0.0, 1.0], *arguments)
    np.testing.assert_array_equal(np.isnan(found).all(axis=0), [True, True, True, False])
    assert np.isfinite(found[:, 3]).all()


def test_batch_crosses_chunks_and_broadcasts():
    rng = np.random.default_rng(7)
    mean, cov = well_scaled(rng, 2, 9001)
    found = master_coefficients(mean[:, 0], cov[:, 0, 0], mean[:, 1:], cov[:, 1:, 1:], cov[:, 0, 1:])
    for i in (0, 4095, 4096, 9000):
        one = master_coefficients(mean[i, 0], cov[i, 0, 0], mean[i, 1:], cov[i, 1:, 1:], cov[i, 0, 1:])
        np.testing.assert_array_equal(found[:, i], one)
    spread = master_coefficients(mean[:5, :1], 1.0, np.zeros(2), np.eye(2), [0.5, 0.25])
    assert spread.shape == (3, 5, 1)


def test_mismatched_shapes_are_named():
    with pytest.raises(ShapeError, match=r"mu_y has shape \(2,\), cov_y \(3, 3\) and cov_xy \(2,\)"):
        master_coefficients(0.0, 1.0, np.zeros(2), np.eye(3), np.zeros(2))
    with pytest.raises(ShapeError, match="expected shapes that broadcast"):
        master_coefficients(np.zeros(2), np.ones(3), np.zeros(2), np.eye(2), np.zeros(2))
