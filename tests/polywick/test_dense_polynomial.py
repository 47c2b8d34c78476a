from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import polywick as pw
from numeric_backend.errors import InputError, KernelError, ShapeError, SizeError
from polywick.dense_polynomial import DensePolynomial
from polywick.unexplained import UnexplainedVariance


def symmetric(rng, o, d, k):
    raw = rng.normal(size=(o, *(d for _ in range(k))))
    orders = list(permutations(range(1, k + 1)))
    return sum(raw.transpose(0, *order) for order in orders) / len(orders)


def made(seed, o, d, degree, **options):
    rng = np.random.default_rng(seed)
    tensors = [symmetric(rng, o, d, k) for k in range(degree + 1)]
    return DensePolynomial(rng.normal(size=d), tensors, inputs=pw.Gaussian.standard(d), **options)


def brute_force(tensors, x):
    """``sum_k T_k[x, ..., x]`` entry by entry."""
    total = np.zeros(tensors[0].shape[0])
    for k, tensor in enumerate(tensors):
        for index in np.ndindex(*tensor.shape[1:]):
            total += tensor[(slice(None), *index)] * np.prod([x[i] for i in index[:k]])
    return total


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 3), st.integers(1, 4), st.integers(0, 4))
def test_values_and_re_expansion_are_those_of_the_definition(seed, o, d, degree):
    P = made(seed, o, d, degree)
    x = np.random.default_rng(seed + 1).normal(size=(3, d))
    expected = [brute_force(P.tensors, row - P.centre) for row in x]
    np.testing.assert_allclose(P(x), expected, rtol=1e-11, atol=1e-11)
    monomials = [P.tensor(k) for k in range(degree + 1)]
    np.testing.assert_allclose([brute_force(monomials, row) for row in x], expected, rtol=1e-9, atol=1e-9)
    for k, tensor in enumerate(monomials):
        for place in range(1, k):
            np.testing.assert_allclose(tensor, tensor.swapaxes(place, place + 1), rtol=1e-10, atol=1e-10)
    np.testing.assert_array_equal(P.tensor(degree + 1), np.zeros((o, *(d for _ in range(degree + 1)))))


def test_shapes_of_calls_and_sizes():
    P = made(0, 2, 3, 3)
    assert (P.d, P.outputs, P.degree) == (3, 2, 3)
    x = np.random.default_rng(2).normal(size=(4, 5, 3))
    assert P(x).shape == (4, 5, 2)
    assert P(x[0, 0]).shape == (2,)
    assert P(np.zeros((0, 3))).shape == (0, 2)
    assert made(0, 2, 3, 0)(x).shape == (4, 5, 2)
    np.testing.assert_allclose(P(x)[1, 2], P(x[1, 2]), rtol=1e-12)
    with pytest.raises(ShapeError, match=r"x has shape \(5,\); expected \(..., 3\)"):
        P(np.zeros(5))
    with pytest.raises(SizeError, match="limit of 100 bytes"):
        P.tensor(3, limit_bytes=100)


def test_the_same_polynomial_in_factored_form():
    """Tensors of a factored polynomial make a dense one with the same values, spectra, table and LaTeX."""
    rng = np.random.default_rng(3)
    net = pw.MLP(rng.normal(size=(5, 3)), rng.normal(size=5), rng.normal(size=(2, 5)), rng.normal(size=2), "gelu")
    inputs = pw.Gaussian(rng.normal(size=3), np.diag([1.0, 2.0, 0.5]))
    factored = pw.approximate(net, inputs, 3)
    dense = DensePolynomial(np.zeros(3), [factored.tensor(k) for k in range(4)], inputs=inputs, activation="gelu")
    x = rng.normal(size=(20, 3))
    np.testing.assert_allclose(dense(x), factored(x), rtol=1e-10, atol=1e-10)
    for which in (0, -1, [1.0, -2.0]):
        ours, theirs = dense.eigh(which, 2), factored.eigh(which, 2)
        np.testing.assert_allclose(ours.values, theirs.values, rtol=1e-10)
        np.testing.assert_allclose(np.abs(ours.vectors.T @ theirs.vectors), np.eye(2), atol=1e-8)
    np.testing.assert_allclose(dense.svd().values, factored.svd().values, rtol=1e-10)
    assert dense.latex() == factored.latex()
    first, *rows = repr(dense).splitlines()
    assert first == "Polynomial of degree 3: 3 inputs -> 2 outputs, written out (gelu)"
    assert rows == repr(factored).splitlines()[1:]
    with pytest.raises(InputError, match="k is 4; expected between 1 and 3"):
        dense.eigh(0, 4)


@pytest.mark.parametrize(
    ("centre", "tensors", "error", "message"),
    [
        ([0.0, 0.0], [], ShapeError, "there are no tensors"),
        ([0.0], [[1.0]], ShapeError, r"centre has shape \(1,\), .* inputs have dimension 2"),
        ([0.0, 0.0], [[1.0], [[1.0]]], ShapeError, r"tensors\[1\] has shape \(1, 1\) .*expected \(1, 2\)"),
        ([0.0, 0.0], [[1.0], [1.0, 2.0]], ShapeError, r"tensors\[1\] has shape \(2,\); expected 2 dimensions"),
        ([0.0, np.nan], [[1.0]], InputError, "centre has 1 NaN or infinite entries of 2"),
        ([0.0, 0.0], [[1.0], [[1.0, np.inf]]], InputError, r"tensors\[1\] has 1 NaN or infinite"),
        (
            [0.0, 0.0],
            [[1.0], [[1.0, 1.0]], [[[1.0, 2.0], [2.1, 1.0]]]],
            InputError,
            r"tensors\[2\] differs by 0\.1 from itself with places 1 and 2 exchanged",
        ),
    ],
)
def test_tensors_that_make_no_polynomial(centre, tensors, error, message):
    with pytest.raises(error, match=message):
        DensePolynomial(centre, tensors, inputs=pw.Gaussian.standard(2))


FRACTION = UnexplainedVariance(0.25, np.array([0.1, 0.4]), (0.2, 0.3), np.array([[0.1, 0.1], [0.3, 0.5]]))


def test_the_fraction_is_computed_when_it_is_asked_for_and_once():
    calls = []
    P = made(0, 2, 2, 2, unexplained=lambda: calls.append(1) or FRACTION)
    assert "not computed yet" in repr(P)
    assert not calls
    assert (P.fvu, P.fvu_interval) == (0.25, (0.2, 0.3))
    np.testing.assert_array_equal(P.fvu_per_output, FRACTION.per_output)
    assert calls == [1]
    assert "variance unexplained: 0.25, certainly in [0.2, 0.3]" in repr(P)
    with pytest.raises(KernelError, match="came without its network"):
        _ = made(0, 2, 2, 2).fvu
    with pytest.raises(ShapeError, match=r"expected \(3,\), \(3, 2\)"):
        made(0, 3, 2, 2, unexplained=FRACTION)


@pytest.mark.parametrize("degree", [0, 1, 3])
@pytest.mark.parametrize("known", [None, FRACTION, lambda: FRACTION])
def test_round_trip(tmp_path, degree, known):
    P = made(1, 2, 3, degree, unexplained=known, activation="relu", report="solved in 7 steps")
    P.save(tmp_path / "p.npz")
    again = pw.load(tmp_path / "p.npz")
    assert isinstance(again, DensePolynomial)
    assert (again.degree, again.activation, again.report) == (degree, "relu", "solved in 7 steps")
    x = np.random.default_rng(0).normal(size=(5, 3))
    np.testing.assert_array_equal(again(x), P(x))
    assert repr(again).endswith("\nsolved in 7 steps")
    if known is None:
        assert not again.can_explain
    else:
        assert again.fvu_interval == (0.2, 0.3)
        np.testing.assert_array_equal(again.fvu_interval_per_output, FRACTION.interval_per_output)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"tensor_2": None}, "tensor_2 is missing"),
        ({"degree": np.array(9)}, "tensor_4 is missing"),
        ({"form": np.array("round")}, "has form 'round'; expected one of factored, dense"),
        ({"tensor_1": np.array([["a"]])}, "tensor_1 has dtype <U1; expected real numbers"),
        ({"centre": np.zeros(2)}, "does not hold a valid polynomial: centre has shape"),
    ],
)
def test_damaged_files(tmp_path, change, message):
    path = tmp_path / "p.npz"
    made(1, 2, 3, 3).save(path)
    arrays = {name: a for name, a in (dict(np.load(path)) | change).items() if a is not None}
    np.savez(path, **arrays)
    with pytest.raises(InputError, match=message):
        pw.load(path)
