"""The same calls on NumPy and CuPy arrays (a strict stand-in), float64 and float32."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest

import polywick as pw
from numeric_backend import kernels
from numeric_backend.errors import ArrayLibraryError, InputError, KernelError
from polywick.dense_polynomial import DensePolynomial
from polywick.network_variance import unexplained_of


def weights(kind, dtype=np.float64):
    rng = np.random.default_rng(0)
    shapes = {"W1": (5, 3), "b1": (5,), "W2": (2, 5), "b2": (2,)}
    if kind is pw.GLU:
        shapes = {"W": (5, 3), "b": (5,), "V": (5, 3), "c": (5,), "W2": (2, 5), "b2": (2,)}
    arrays = {name: rng.normal(size=shape).astype(dtype) for name, shape in shapes.items()}
    first = next(iter(arrays.values()))
    first[1], first[2] = 0.0, first[3]  # a constant unit and a duplicate
    return arrays


def law(rank=3):
    rng = np.random.default_rng(1)
    root = rng.normal(size=(3, rank))
    return rng.normal(size=3), root @ root.T


def both(cp, kind, activation, degree, rank=3):
    """The polynomial by NumPy and by the stand-in, and rows to try them on."""
    here = pw.approximate(kind(**weights(kind), activation=activation), pw.Gaussian(*law(rank)), degree)
    there = {name: cp.asarray(array) for name, array in weights(kind).items()}
    inputs = pw.Gaussian(*(cp.asarray(array) for array in law(rank)))
    return here, pw.approximate(kind(**there, activation=activation), inputs, degree)


def same(found, expected):
    assert type(found) is sys.modules["cupy"].ndarray
    np.testing.assert_allclose(found.held, expected, rtol=1e-13, atol=1e-14)
    assert found.dtype == expected.dtype


ROWS = np.random.default_rng(2).normal(size=(4, 2, 3))
NETWORKS = [(pw.MLP, "relu"), (pw.MLP, "gelu"), (pw.MLP, "sigmoid"), (pw.GLU, "swiglu"), (pw.GLU, "geglu")]


@pytest.mark.parametrize(("kind", "activation"), [*NETWORKS, (pw.GLU, "bilinear"), (pw.MLP, "elu"), (pw.MLP, "sin")])
def test_networks(cp, kind, activation):
    here = kind(**weights(kind), activation=activation)
    there = kind(**{name: cp.asarray(array) for name, array in weights(kind).items()}, activation=activation)
    same(there(cp.asarray(ROWS)), here(ROWS))
    same(there(ROWS.tolist()), here(ROWS))
    assert repr(there) == repr(here)
    assert there.namespace is cp


@pytest.mark.parametrize("rank", [3, 2, 0])
@pytest.mark.parametrize("degree", [0, 1, 4])
@pytest.mark.parametrize(("kind", "activation"), NETWORKS)
def test_polynomials(cp, kind, activation, degree, rank):
    here, there = both(cp, kind, activation, degree, rank)
    same(there.coefficients, here.coefficients)
    same(there.sigma, here.sigma)
    same(there(cp.asarray(ROWS)), here(ROWS))
    for k in range(4):
        same(there.tensor(k), here.tensor(k))
    for name in ("intercept", "linear", "quadratic"):
        same(getattr(there, name), getattr(here, name))
    same(there.svd().values, here.svd().values)
    for which in (1, [1.0, -2.0]):
        same(there.eigh(which).values, here.eigh(which).values)
        assert there.eigh(which, 2).vectors.shape == (3, 2)
    assert repr(there) == repr(here)
    assert there.latex() == here.latex()


def test_wide_inputs_go_by_the_range_of_the_rows(cp):
    rng = np.random.default_rng(5)
    W, V = rng.normal(size=(2, 9)), rng.normal(size=(2, 9))
    here = pw.approximate(pw.GLU(W, None, V, None), pw.Gaussian.standard(9), 2)
    inputs = pw.Gaussian(cp.zeros(9), cp.eye(9))
    there = pw.approximate(pw.GLU(cp.asarray(W), None, cp.asarray(V), None), inputs, 2)
    same(there.eigh(0, 3).values, here.eigh(0, 3).values)
    np.testing.assert_allclose(abs(there.eigh(0, 2).vectors.held), abs(here.eigh(0, 2).vectors), atol=1e-12)


def test_the_fraction_and_files(cp, tmp_path):
    here, there = both(cp, pw.MLP, "relu", 2)
    assert there.fvu == pytest.approx(here.fvu, rel=1e-13)
    same(there.fvu_per_output, here.fvu_per_output)
    same(there.fvu_interval_per_output, here.fvu_interval_per_output)
    there.save(tmp_path / "p.npz")
    again = pw.load(tmp_path / "p.npz")
    np.testing.assert_array_equal(again(ROWS), there(cp.asarray(ROWS)).held)


def test_gaussians(cp):
    for rank in (3, 1, 0):
        here, there = pw.Gaussian(*law(rank)), pw.Gaussian(*map(cp.asarray, law(rank)))
        assert (there.d, there.rank) == (here.d, here.rank) == (3, rank)
        same(there.factor @ there.factor.T, here.covariance)
        same(there.sample(5, seed=3), here.sample(5, seed=3))
        for ours, theirs in zip(there.deviations(cp.asarray(ROWS[0])), here.deviations(ROWS[0]), strict=True):
            same(ours, theirs)
    samples = np.random.default_rng(4).normal(size=(20, 3))
    samples[:, 1] = 0.1
    here, there = pw.Gaussian.fit(samples), pw.Gaussian.fit(cp.asarray(samples))
    same(there.covariance, here.covariance)
    assert there.rank == here.rank == 2
    with pytest.raises(InputError, match=r"indefinite: its smallest eigenvalue is -0\.5 "):
        pw.Gaussian(cp.zeros(2), cp.asarray(np.diag([1.0, -0.5])))
    with pytest.raises(InputError, match=r"asymmetric: entry \(0, 1\) is 1 and entry \(1, 0\) is 2"):
        pw.Gaussian(cp.zeros(2), cp.asarray(np.array([[1.0, 1.0], [2.0, 1.0]])))
    with pytest.raises(InputError, match="mean has 1 NaN or infinite entries of 2"):
        pw.Gaussian(cp.asarray([0.0, np.nan]), cp.eye(2))


def test_dense_polynomials(cp):
    here, _ = both(cp, pw.MLP, "gelu", 3)
    tensors = [here.tensor(k) for k in range(4)]
    centre = np.array([0.3, -0.2, 1.0])
    ours = DensePolynomial(centre, tensors, inputs=here.inputs)
    inputs = pw.Gaussian(*map(cp.asarray, law()))
    theirs = DensePolynomial(cp.asarray(centre), [cp.asarray(tensor) for tensor in tensors], inputs=inputs)
    same(theirs(cp.asarray(ROWS)), ours(ROWS))
    for k in range(5):
        same(theirs.tensor(k), ours.tensor(k))
    same(theirs.eigh(0).values, ours.eigh(0).values)
    assert repr(theirs) == repr(ours)


def test_libraries_do_not_mix(cp):
    mean, covariance = law()
    there = pw.MLP(**{name: cp.asarray(array) for name, array in weights(pw.MLP).items()}, activation="relu")
    with pytest.raises(ArrayLibraryError, match="network is an array of cupy and inputs of numpy"):
        pw.approximate(there, pw.Gaussian(mean, covariance))
    with pytest.raises(ArrayLibraryError, match="x is an array of numpy; expected cupy"):
        there(ROWS)
    with pytest.raises(ArrayLibraryError, match="mean is an array of cupy and covariance of numpy"):
        pw.Gaussian(cp.asarray(mean), covariance)
    P = pw.approximate(there, pw.Gaussian(cp.asarray(mean), cp.asarray(covariance)), 1)
    with pytest.raises(ArrayLibraryError, match="x is an array of numpy; expected cupy"):
        P(ROWS)
    with pytest.raises(ArrayLibraryError, match="direction is an array of numpy; expected cupy"):
        P.eigh(np.ones(2))


def test_kernels_made_on_demand_follow_and_others_are_refused(cp):
    arrays = {name: cp.asarray(array) for name, array in weights(pw.MLP).items()}
    inputs = pw.Gaussian(*map(cp.asarray, law()))
    made = pw.kernel("x*erf(x)", name="x_erf")
    here = pw.approximate(pw.MLP(**weights(pw.MLP), activation=made), pw.Gaussian(*law()), 2)
    same(pw.approximate(pw.MLP(**arrays, activation=made), inputs, 2).quadratic, here.quadratic)
    for_cupy = pw.kernel("x*erf(x)", name="x_erf", target="cupy")
    same(pw.approximate(pw.MLP(**arrays, activation=for_cupy), inputs, 2).quadratic, here.quadratic)
    back = pw.approximate(pw.MLP(**weights(pw.MLP), activation=for_cupy), pw.Gaussian(*law()), 2)
    np.testing.assert_array_equal(back.quadratic, here.quadratic)
    relu = kernels.load("relu")
    members = ("activation", "hermite_coefficients", "variance")
    posing = SimpleNamespace(KERNEL=relu.KERNEL | {"name": "mine"}, **{name: getattr(relu, name) for name in members})
    with pytest.raises(KernelError, match=r"'mine' runs on numpy .*polywick\.kernel\(\.\.\., target='cupy'\)"):
        pw.MLP(**arrays, activation=posing)(cp.asarray(ROWS))


@pytest.mark.parametrize("kind", [pw.MLP, pw.GLU])
def test_single_precision_is_rounded_once(kind):
    """float32 networks: everything in float64, results rounded to float32."""
    single = kind(**weights(kind, np.float32), activation="gelu")
    double = kind(**{name: a.astype(np.float64) for name, a in weights(kind, np.float32).items()}, activation="gelu")
    assert (single.dtype, double.dtype) == (np.float32, np.float64)
    rows = ROWS.astype(np.float32)
    np.testing.assert_array_equal(single(rows), double(rows).astype(np.float32))
    inputs = pw.Gaussian(*law())
    P, Q = pw.approximate(single, inputs, 3), pw.approximate(double, inputs, 3)
    np.testing.assert_array_equal(P.coefficients, Q.coefficients)
    np.testing.assert_array_equal(P(rows), Q(rows).astype(np.float32))
    for k in range(4):
        assert P.tensor(k).dtype == np.float32
        np.testing.assert_array_equal(P.tensor(k), Q.tensor(k).astype(np.float32))
    np.testing.assert_array_equal(P.eigh(0).values, Q.eigh(0).values.astype(np.float32))
    assert P.svd().values.dtype == P.quadratic.dtype == np.float32
    if kind is pw.MLP:
        assert P.fvu == Q.fvu
        assert P.fvu_per_output.dtype == np.float64


def test_single_precision_survives_a_file(tmp_path):
    P = pw.approximate(pw.MLP(**weights(pw.MLP, np.float32), activation="relu"), pw.Gaussian(*law()), 2)
    P.save(tmp_path / "p.npz")
    again = pw.load(tmp_path / "p.npz")
    assert again(ROWS).dtype == again.dtype == np.float32
    np.testing.assert_array_equal(again.quadratic, P.quadratic)
    np.savez(tmp_path / "p.npz", **(dict(np.load(tmp_path / "p.npz")) | {"dtype": np.array("float16")}))
    with pytest.raises(InputError, match="dtype is 'float16'; expected float32 or float64"):
        pw.load(tmp_path / "p.npz")


def test_mixed_precision_is_double():
    given = weights(pw.MLP, np.float32)
    assert pw.MLP(**(given | {"b1": given["b1"].tolist()}), activation="relu").dtype == np.float32
    assert pw.MLP(**(given | {"b1": given["b1"].astype(np.float64)}), activation="relu").dtype == np.float64
    assert pw.MLP([[1]], [0], [[1]], [0], "relu").dtype == np.float64


def test_single_precision_on_the_other_library(cp):
    arrays = weights(pw.GLU, np.float32)
    here = pw.approximate(pw.GLU(**arrays, activation="swiglu"), pw.Gaussian(*law()), 2)
    net = pw.GLU(**{name: cp.asarray(array) for name, array in arrays.items()}, activation="swiglu")
    there = pw.approximate(net, pw.Gaussian(*map(cp.asarray, law())), 2)
    rows = ROWS.astype(np.float32)
    for ours, theirs in ((there(cp.asarray(rows)), here(rows)), (there.quadratic, here.quadratic)):
        assert ours.dtype == theirs.dtype == np.float32
        np.testing.assert_allclose(ours.held, theirs, rtol=3e-7)


@pytest.mark.parametrize(("kind", "activation"), NETWORKS)
def test_variances_of_the_stand_in(cp, kind, activation):
    here, there = both(cp, kind, activation, 2, rank=2)
    same(there.residual_variance, here.residual_variance)
    same(there.explained_by_degree, here.explained_by_degree)
    held = {name: cp.asarray(array) for name, array in weights(kind).items()}
    inputs = pw.Gaussian(*(cp.asarray(array) for array in law(2)))
    curve = pw.fvu_curve(kind(**held, activation=activation), inputs, [0, 2])
    assert curve.fvu.tolist() == pytest.approx([1.0, here.fvu], rel=1e-13)
    found = unexplained_of(there, kind(**held, activation=activation), inputs)
    np.testing.assert_allclose(found.residual, here.residual_variance, rtol=1e-11)


def test_gaussians_are_inflated_and_truncated_on_the_other_library(cp):
    here, there = pw.Gaussian(*law()), pw.Gaussian(*(cp.asarray(array) for array in law()))
    same(there.inflate(0.5).covariance, here.inflate(0.5).covariance)
    same(there.truncate(0.1).covariance, here.truncate(0.1).covariance)
