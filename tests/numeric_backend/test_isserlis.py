from fractions import Fraction
from itertools import combinations_with_replacement, permutations
from math import prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import symbolic_moments
from numeric_backend import isserlis_moment
from numeric_backend.errors import InputError, ShapeError


def by_partitions(indices, mean, cov):
    """E[prod X_i] from the definition: a sum over partitions into singletons and pairs, exactly.

    Such partitions are the permutations that are their own inverse. Returns the value and the sum of absolute
    values of its terms.
    """
    value = scale = Fraction(0)
    n = len(indices)
    for p in permutations(range(n)):
        if all(p[p[i]] == i for i in range(n)):
            term = prod(
                (mean[indices[i]] if p[i] == i else cov[indices[i]][indices[p[i]]] for i in range(n) if p[i] >= i),
                start=Fraction(1),
            )
            value += term
            scale += abs(term)
    return value, scale


eighths = st.integers(-24, 24).map(lambda k: Fraction(k, 8))


@st.composite
def gaussians(draw, largest=3):
    d = draw(st.integers(1, largest))
    mean = [draw(eighths) for _ in range(d)]
    root = [[draw(eighths) for _ in range(d)] for _ in range(d)]
    cov = [[sum((a * b for a, b in zip(u, v, strict=True)), Fraction(0)) for v in root] for u in root]
    return mean, cov


def floats(nested):
    return np.array(nested, dtype=object).astype(float)


@given(gaussians(), st.data())
@settings(max_examples=60, deadline=None)
def test_against_partition_enumeration(gaussian, data):
    mean, cov = gaussian
    exponents = data.draw(
        st.lists(st.integers(0, 4), min_size=len(mean), max_size=len(mean)).filter(lambda k: sum(k) <= 6)
    )
    indices = [i for i, k in enumerate(exponents) for _ in range(k)]
    value, scale = by_partitions(indices, mean, cov)
    found = isserlis_moment(floats(mean), floats(cov), exponents)
    assert abs(Fraction(float(found)) - value) <= scale * Fraction(1, 10**14)


def test_high_order_of_one_variable():
    # E[X^60] for N(0, 1) is 59!!
    assert isserlis_moment([0.0], [[1.0]], (60,)) == pytest.approx(float(prod(range(1, 60, 2))), rel=1e-14)


def test_batches_broadcast_and_agree_one_by_one():
    rng = np.random.default_rng(1)
    mean, root = rng.normal(size=(4, 1, 3)), rng.normal(size=(5, 3, 3))
    cov = root @ root.transpose(0, 2, 1)
    found = isserlis_moment(mean, cov, (2, 1, 3))
    assert found.shape == (4, 5)
    for i in range(4):
        for j in range(5):
            assert found[i, j] == isserlis_moment(mean[i, 0], cov[j], (2, 1, 3))


def test_large_batch_crosses_chunks():
    mean = np.linspace(-1, 1, 20_001)[:, None]
    found = isserlis_moment(mean, [[2.0]], (4,))
    np.testing.assert_allclose(found, mean[:, 0] ** 4 + 12 * mean[:, 0] ** 2 + 12, rtol=1e-15)


def test_read_only_inputs_and_empty_batches():
    mean, cov = np.zeros((0, 2)), np.eye(2)
    cov.setflags(write=False)
    assert isserlis_moment(mean, cov, (1, 1)).shape == (0,)
    assert isserlis_moment(np.zeros(0), np.zeros((0, 0)), ()) == 1.0


def test_against_the_symbolic_expansion():
    rng = np.random.default_rng(2)
    for exponents in [(2, 1, 1), (3, 3), (1, 1, 1, 1, 1)]:
        d = len(exponents)
        mean, root = rng.normal(size=d), rng.normal(size=(d, d))
        cov = root @ root.T
        values = {f"m_{i + 1}": float(mean[i]) for i in range(d)}
        for i, j in combinations_with_replacement(range(d), 2):
            values[f"S_{i + 1}{j + 1}"] = float(cov[i, j])
        exact = float(symbolic_moments.isserlis(exponents).evalf(30, **values))
        scale = isserlis_moment(np.abs(mean), np.abs(cov), exponents)
        assert abs(isserlis_moment(mean, cov, exponents) - exact) < 1e-14 * scale


@pytest.mark.parametrize(
    ("mean", "cov", "exponents"),
    [(np.zeros(2), np.eye(3), (1, 1)), (np.zeros(3), np.eye(3), (1, 1)), (0.0, np.eye(1), (1,))],
)
def test_mismatched_shapes_are_named(mean, cov, exponents):
    with pytest.raises(ShapeError, match=r"multi_index has length .*mean has shape .*cov has shape"):
        isserlis_moment(mean, cov, exponents)


def test_batches_that_do_not_broadcast():
    with pytest.raises(ShapeError, match=r"\(2, 1\) and cov \(3, 1, 1\) do not broadcast"):
        isserlis_moment(np.zeros((2, 1)), np.ones((3, 1, 1)), (1,))


@pytest.mark.parametrize("exponents", [(-1, 1), (0.5, 1), "ab"])
def test_bad_exponents(exponents):
    with pytest.raises(InputError, match=r"multi_index is .*expected"):
        isserlis_moment(np.zeros(2), np.eye(2), exponents)
