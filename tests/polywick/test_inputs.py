import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import polywick as pw
from numeric_backend.errors import InputError, ShapeError


@given(st.integers(1, 6), st.integers(0, 6), st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_factor_and_rank_of_any_covariance(d, rank, seed):
    rank = min(d, rank)
    root = np.random.default_rng(seed).normal(size=(d, rank))
    gaussian = pw.Gaussian(np.zeros(d), root @ root.T)
    assert gaussian.rank == rank
    assert gaussian.factor.shape == (d, rank)
    np.testing.assert_allclose(gaussian.factor @ gaussian.factor.T, root @ root.T, atol=1e-12)
    assert ("singular covariance of rank" in repr(gaussian)) == (rank < d)


def test_indefinite_covariance_names_its_eigenvalue():
    with pytest.raises(InputError, match=r"indefinite: its smallest eigenvalue is -1 \(the largest is 3\)"):
        pw.Gaussian([0, 0], [[1.0, 2.0], [2.0, 1.0]])
    with pytest.raises(InputError, match="smallest eigenvalue is -2"):
        pw.Gaussian([0], [[-2.0]])


def test_asymmetric_covariance_names_its_entries():
    with pytest.raises(InputError, match=r"asymmetric: entry \(0, 1\) is 0.5 and entry \(1, 0\) is 0.25"):
        pw.Gaussian([0, 0], [[1.0, 0.5], [0.25, 1.0]])


def test_rounding_is_not_an_error():
    covariance = np.array([[1.0, 0.5], [0.5 * (1 + 1e-12), 1.0]])
    gaussian = pw.Gaussian([0, 0], covariance)
    assert (gaussian.covariance == gaussian.covariance.T).all()
    draws = np.random.default_rng(0).normal(size=(40, 60)).astype(np.float32)
    single = np.cov(draws.T).astype(np.float32)  # rank 39, negative eigenvalues of the size of float32 rounding
    assert pw.Gaussian(np.zeros(60), single).rank == 39


@pytest.mark.parametrize(
    ("mean", "covariance", "error", "message"),
    [
        (np.zeros(3), np.eye(2), ShapeError, r"covariance has shape \(2, 2\) and mean has shape \(3,\)"),
        (np.zeros((1, 2)), np.eye(2), ShapeError, r"mean has shape \(1, 2\); expected 1 dimension$"),
        (np.zeros(2), np.ones(2), ShapeError, r"covariance has shape \(2,\); expected 2 dimensions"),
        (np.zeros(0), np.zeros((0, 0)), ShapeError, "expected at least one input"),
        ([0.0, np.nan], np.eye(2), InputError, "mean has 1 NaN or infinite entries of 2"),
        ([0.0, 0.0], [[np.inf, 0], [0, np.nan]], InputError, "covariance has 2 NaN or infinite entries of 4"),
        (["a"], [[1.0]], InputError, "mean has dtype .*expected real numbers"),
    ],
)
def test_bad_input(mean, covariance, error, message):
    with pytest.raises(error, match=message):
        pw.Gaussian(mean, covariance)


@pytest.mark.parametrize("d", [0, -1, 2.5, True, "3"])
def test_standard_needs_a_count(d):
    with pytest.raises(InputError, match="expected"):
        pw.Gaussian.standard(d)


def test_fit_is_the_sample_mean_and_covariance():
    samples = np.random.default_rng(1).normal(size=(50, 4))
    samples[:, 2] = 7.0
    gaussian = pw.Gaussian.fit(samples)
    np.testing.assert_allclose(gaussian.mean, samples.mean(axis=0), atol=1e-15)
    np.testing.assert_allclose(gaussian.covariance, np.cov(samples.T), atol=1e-14)
    assert gaussian.rank == 3
    assert (gaussian.factor[2] == 0).all()
    with pytest.raises(ShapeError, match=r"samples has shape \(1, 4\); expected \(N, d\) with at least two rows"):
        pw.Gaussian.fit(samples[:1])


def test_samples_have_the_law():
    root = np.array([[1.0, 0.0], [2.0, 0.5], [3.0, 0.5]])
    gaussian = pw.Gaussian([1.0, -1.0, 0.0], root @ root.T)
    draws = gaussian.sample(200_000, seed=3)
    np.testing.assert_array_equal(draws, gaussian.sample(200_000, seed=3))
    error = np.sqrt(np.diag(gaussian.covariance) / 200_000)
    assert (np.abs(draws.mean(axis=0) - gaussian.mean) < 5 * error).all()
    np.testing.assert_allclose(np.cov(draws.T), gaussian.covariance, rtol=0.02)
    np.testing.assert_allclose(draws[:, 2] - draws[:, 1] - draws[:, 0], 0.0, atol=1e-12)  # the null direction


@pytest.mark.parametrize("n", [-1, 2.5, "3"])
def test_number_of_draws(n):
    with pytest.raises(InputError, match="expected a number of draws of at least 0"):
        pw.Gaussian.standard(2).sample(n, seed=0)


def test_directions_without_variance_are_exactly_constant():
    gaussian = pw.Gaussian(np.zeros(3), [[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 0.0]])
    directions = np.array([[1.0, -1.0, 0.0], [0.0, 0.0, 3.0], [0.0, 0.0, 0.0], [1.0, 1.0, 0.0]])
    sigma, unit = gaussian.deviations(directions)
    np.testing.assert_array_equal(sigma[:3], 0.0)
    np.testing.assert_array_equal(unit[:3], 0.0)
    assert sigma[3] == pytest.approx(2.0, rel=1e-15)


def test_small_variances_beside_large_ones_are_kept():
    gaussian = pw.Gaussian(np.zeros(2), np.diag([1e6, 1e-6]))
    sigma, _ = gaussian.deviations(np.eye(2))
    np.testing.assert_allclose(sigma, [1e3, 1e-3], rtol=1e-14)


def test_inputs_are_copied_and_results_read_only():
    mean, covariance = np.zeros(2), np.eye(2)
    for array in (mean, covariance):
        array.setflags(write=False)
    gaussian = pw.Gaussian(mean, covariance)
    for array in (gaussian.mean, gaussian.covariance, gaussian.factor):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 1.0


def test_dead_and_dependent_features_beside_very_different_scales():
    net = pw.MLP([[0.0, 0.0, 1e3]], [0.0], [[1.0]], [0.0], "relu")
    for dead in (0.0, 1.0):
        P = pw.approximate(net, pw.Gaussian([0, 0, 0], np.diag([1e12, dead, 1e-6])), 1)
        assert P.sigma[0] == pytest.approx(1.0, rel=1e-14)
        assert P.fvu == pytest.approx(0.26652889653787, rel=1e-12)
        np.testing.assert_allclose(P.linear, [[0, 0, 500]], atol=1e-10)
    proportional = pw.Gaussian([0, 0, 0], [[1e10, 0, 0], [0, 1e-6, 2e-6], [0, 2e-6, 4e-6]])
    assert proportional.rank == 2
    sigma, _ = proportional.deviations(np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 2, -1.0]]))
    np.testing.assert_allclose(sigma, [1e5, 1e-3, 2e-3, 0], rtol=1e-13)
    draws = proportional.sample(1000, seed=0)
    np.testing.assert_allclose(draws[:, 2], 2 * draws[:, 1], atol=1e-17)
    assert draws[:, 1].std() == pytest.approx(1e-3, rel=0.1)


def test_variances_that_are_rounding_errors_of_others_are_accepted():
    noise = np.diag([1.0, 1e-18, 1e-18])
    noise[1, 2] = noise[2, 1] = 5e-18
    assert pw.Gaussian(np.zeros(3), noise).rank == 1


def test_fit_of_features_of_different_scales_and_constants():
    samples = np.random.default_rng(3).normal(size=(1000, 4)) * [1e6, 1e-3, 0.0, 1.0]
    samples[:, 2] = 0.1
    samples[:, 3] = 5.0 + np.spacing(5.0) * (samples[:, 3] > 0)
    gaussian = pw.Gaussian.fit(samples)
    assert gaussian.rank == 2
    assert (gaussian.covariance[2:] == 0).all()
    assert gaussian.mean[2] == 0.1
    np.testing.assert_allclose(
        gaussian.deviations(np.eye(4))[0], [*samples[:, :2].std(axis=0, ddof=1), 0, 0], rtol=1e-12
    )


def test_masked_samples_are_refused():
    samples = np.ma.masked_invalid([[1.0, np.nan], [2.0, 3.0], [0.0, 1.0]])
    with pytest.raises(InputError, match="samples has 1 masked entries; expected none"):
        pw.Gaussian.fit(samples)
    assert pw.Gaussian.fit(np.ma.masked_invalid(np.eye(3))).d == 3


def test_directions_at_the_ends_of_the_range_of_floats():
    sigma, unit = pw.Gaussian.standard(2).deviations(np.array([[3e-200, 4e-200], [3e200, 4e200]]))
    np.testing.assert_allclose(sigma, [5e-200, 5e200], rtol=1e-15)
    np.testing.assert_allclose(unit, [[0.6, 0.8]] * 2, rtol=1e-15)


@pytest.mark.parametrize("precision", [0.0, -1.0, np.nan, 1.0])
def test_precision_is_a_unit_roundoff(precision):
    with pytest.raises(InputError, match="expected a unit roundoff"):
        pw.Gaussian([0.0], [[1.0]], precision=precision)


def test_standard_names_what_is_wrong():
    with pytest.raises(InputError, match=r"^d is -1; expected an integer of at least 1"):
        pw.Gaussian.standard(-1)
