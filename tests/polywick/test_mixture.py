"""Gaussian mixtures: moments, fitting, sampling, regularisation, and what is refused."""

import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import polywick as pw
from numeric_backend.errors import InputError, ShapeError


def mixture_of(seed, d=3, count=3):
    generator = np.random.default_rng(seed)
    roots = generator.normal(size=(count, d, d))
    return pw.GaussianMixture(
        generator.dirichlet(np.ones(count)), generator.normal(size=(count, d)), roots @ roots.transpose(0, 2, 1)
    )


def test_overall_moments_are_those_of_the_samples():
    mixture = mixture_of(0)
    draws = mixture.sample(400_000, seed=1)
    error = np.sqrt(np.diag(mixture.covariance) / len(draws))
    assert (np.abs(draws.mean(axis=0) - mixture.mean) < 5 * error).all()
    np.testing.assert_allclose(np.cov(draws.T), mixture.covariance, atol=0.05)


def test_samples_come_in_the_shares_of_the_weights_and_repeat_with_the_seed():
    mixture = pw.GaussianMixture([0.25, 0.75, 0.0], [[0.0], [5.0], [9.0]], [[[0.0]]] * 3)
    draws = mixture.sample(40_000, seed=3)
    assert set(np.unique(draws)) == {0.0, 5.0}
    assert abs(np.mean(draws == 5.0) - 0.75) < 5 * np.sqrt(0.25 * 0.75 / 40_000)
    np.testing.assert_array_equal(draws, mixture.sample(40_000, seed=3))
    assert mixture.sample(0, seed=3).shape == (0, 1)


def test_labels_give_the_moments_of_the_classes():
    generator = np.random.default_rng(2)
    samples, labels = generator.normal(size=(300, 4)), generator.integers(0, 3, size=300)
    labels[0], samples[0] = 7, 1.5
    mixture = pw.GaussianMixture.fit(samples, labels)
    assert mixture.weights.tolist() == [np.mean(labels == name) for name in (0, 1, 2, 7)]
    for component, name in zip(mixture.components, (0, 1, 2, 7), strict=True):
        mine = samples[labels == name]
        np.testing.assert_allclose(component.mean, mine.mean(axis=0), rtol=1e-13)
        expected = np.cov(mine.T) if name != 7 else np.zeros((4, 4))
        np.testing.assert_allclose(component.covariance, expected, atol=1e-14)
    words = np.array(["zero", "one", "two", "", "", "", "", "seven"])[labels]
    assert sorted(pw.GaussianMixture.fit(samples, words).weights) == sorted(mixture.weights)


def test_without_labels_the_components_are_searched_for():
    pytest.importorskip("sklearn")
    truth = pw.GaussianMixture([0.3, 0.7], [[-5.0, 0.0], [5.0, 1.0]], [np.eye(2), np.diag([1.0, 2.0])])
    found = pw.GaussianMixture.fit(truth.sample(20_000, seed=0), n_components=2)
    order = np.argsort(found.weights)
    np.testing.assert_allclose(found.weights[order], truth.weights, atol=0.02)
    np.testing.assert_allclose(found.means[order], truth.means, atol=0.05)


def test_the_search_says_which_extra_it_needs(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.mixture", None)
    with pytest.raises(ModuleNotFoundError, match=r"polywick\[sklearn\]"):
        pw.GaussianMixture.fit(np.eye(4), n_components=2)


def test_inflating_adds_the_same_variance_everywhere():
    mixture = mixture_of(4)
    inflated = mixture.inflate(0.25)
    np.testing.assert_allclose(inflated.covariance, mixture.covariance + 0.25 * np.eye(3), rtol=1e-13)
    np.testing.assert_array_equal(inflated.means, mixture.means)
    np.testing.assert_allclose(
        mixture.overall.inflate(0.25).covariance, mixture.covariance + 0.25 * np.eye(3), rtol=1e-13
    )
    assert mixture.inflate(0).rank == mixture.rank


@pytest.mark.parametrize("relative", [0.0, 1e-3, 0.1])
def test_truncating_keeps_the_principal_directions(relative):
    scales = np.array([1.0, 0.3, 1e-2, 0.0])
    generator = np.random.default_rng(5)
    roots = generator.normal(size=(3, 4, 4)) * scales[:, None]
    mixture = pw.GaussianMixture(
        [0.2, 0.3, 0.5], generator.normal(size=(3, 4)) * scales, roots @ roots.transpose(0, 2, 1)
    )
    values, vectors = np.linalg.eigh(mixture.covariance)
    kept = values > max(relative * values[-1], 1e-12)
    projector = vectors[:, kept] @ vectors[:, kept].T
    truncated = mixture.truncate(relative)
    assert truncated.rank == kept.sum()
    np.testing.assert_allclose(truncated.mean, mixture.mean, atol=1e-14)
    np.testing.assert_allclose(truncated.covariance, projector @ mixture.covariance @ projector, atol=1e-13)
    single = mixture.overall.truncate(relative)
    np.testing.assert_allclose(single.covariance, truncated.covariance, atol=1e-13)
    assert single.rank == truncated.rank


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 5), st.integers(1, 4))
def test_the_rank_is_that_of_the_space_the_mixture_lives_in(seed, d, count):
    generator = np.random.default_rng(seed)
    ranks = generator.integers(0, d + 1, size=count)
    roots = [generator.normal(size=(d, rank)) for rank in ranks]
    means = generator.normal(size=(count, d))
    mixture = pw.GaussianMixture(np.full(count, 1 / count), means, [root @ root.T for root in roots])
    directions = np.hstack([*roots, (means - means.mean(axis=0)).T])
    assert mixture.rank == np.linalg.matrix_rank(directions, tol=1e-7)


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (([], [], []), ShapeError, ["empty", "at least one component"]),
        (([0.5, 0.6], [[0.0], [1.0]], [[[1.0]]] * 2), InputError, ["sum to 1.1", "expected 1"]),
        (([-0.5, 1.5], [[0.0], [1.0]], [[[1.0]]] * 2), InputError, ["1 negative", "-0.5 at 0"]),
        (([np.nan, 1.0], [[0.0], [1.0]], [[[1.0]]] * 2), InputError, ["weights", "1 NaN"]),
        (([0.5, 0.5], [[0.0], [1.0, 2.0]], [[[1.0]], np.eye(2)]), ShapeError, ["dimension 1", "component 1", "2"]),
        (([0.5, 0.5], [[0.0]], [[[1.0]]]), ShapeError, ["2 weights", "1 means", "1 covariances"]),
        (([1.0], [[0.0, 0.0]], [[[1.0]]]), ShapeError, ["component 0", "(1, 1)", "(2, 2)"]),
        (([1.0], [[0.0, 0.0]], [np.diag([1.0, -1.0])]), InputError, ["component 0", "indefinite", "-1"]),
        (([[1.0]], [[0.0]], [[[1.0]]]), ShapeError, ["weights", "1 dimension"]),
    ],
)
def test_what_is_no_mixture_is_refused(arguments, error, words):
    with pytest.raises(error) as caught:
        pw.GaussianMixture(*arguments)
    for word in words:
        assert word in str(caught.value)


def test_bad_samples_labels_and_numbers_are_refused():
    samples = np.eye(3)
    with pytest.raises(InputError, match="neither labels nor n_components"):
        pw.GaussianMixture.fit(samples)
    with pytest.raises(InputError, match="both labels and n_components"):
        pw.GaussianMixture.fit(samples, [0, 1, 2], 2)
    with pytest.raises(ShapeError, match=r"labels has shape \(2,\) and samples has shape \(3, 3\)"):
        pw.GaussianMixture.fit(samples, [0, 1])
    with pytest.raises(InputError, match="n_components is 0"):
        pw.GaussianMixture.fit(samples, n_components=0)
    with pytest.raises(ShapeError, match="2 weights and 1 components"):
        pw.GaussianMixture.of([0.5, 0.5], [pw.Gaussian.standard(2)])
    for law in (mixture_of(0), pw.Gaussian.standard(3)):
        with pytest.raises(InputError, match="variance is -1"):
            law.inflate(-1)
        with pytest.raises(InputError, match="variance is 'much'"):
            law.inflate("much")
        with pytest.raises(InputError, match="relative is 1"):
            law.truncate(1)
        with pytest.raises(InputError, match="relative is nan"):
            law.truncate(float("nan"))
    with pytest.raises(InputError, match="n is -1"):
        mixture_of(0).sample(-1, seed=0)
