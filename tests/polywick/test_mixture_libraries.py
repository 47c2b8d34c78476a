"""Mixtures of NumPy and of CuPy arrays (a strict stand-in): the same calls, answered in the library given."""

import numpy as np
import pytest

import polywick as pw
from numeric_backend.errors import ArrayLibraryError
from polywick.mixture_solve import conjugate_gradients, project_on_mixture
from polywick.network_variance import unexplained_of

NETWORKS = [(pw.MLP, "relu"), (pw.MLP, "sigmoid"), (pw.GLU, "swiglu")]
WEIGHTS = [0.2, 0.5, 0.3]


def network_arrays(kind, dtype=np.float64):
    rng = np.random.default_rng(0)
    shapes = {"W1": (6, 3), "b1": (6,), "W2": (2, 6), "b2": (2,)}
    if kind is pw.GLU:
        shapes = {"W": (6, 3), "b": (6,), "V": (6, 3), "c": (6,), "W2": (2, 6), "b2": (2,)}
    return {name: rng.normal(size=shape).astype(dtype) for name, shape in shapes.items()}


def mixture_arrays(ranks=(3, 3, 3)):
    rng = np.random.default_rng(1)
    roots = [rng.normal(size=(3, rank)) for rank in ranks]
    return rng.normal(size=(len(ranks), 3)), np.stack([root @ root.T for root in roots])


def mixtures(cp, ranks=(3, 3, 3)):
    """The mixture of NumPy's arrays and of the stand-in's."""
    means, covariances = mixture_arrays(ranks)
    return pw.GaussianMixture(WEIGHTS, means, covariances), pw.GaussianMixture(
        cp.asarray(WEIGHTS), cp.asarray(means), cp.asarray(covariances)
    )


def networks(cp, kind, activation, dtype=np.float64):
    arrays = network_arrays(kind, dtype)
    there = {name: cp.asarray(array) for name, array in arrays.items()}
    return kind(**arrays, activation=activation), kind(**there, activation=activation)


def same(cp, found, expected, tolerance=1e-12):
    assert type(found) is cp.ndarray
    assert found.dtype == expected.dtype
    size = np.abs(expected).max(initial=1e-300)
    np.testing.assert_allclose(found.held, expected, rtol=tolerance, atol=tolerance * size)


def same_law(cp, there, here):
    assert repr(there) == repr(here)
    assert there.namespace is cp
    assert (there.d, there.rank) == (here.d, here.rank)
    for name in ("weights", "means", "mean", "covariance"):
        same(cp, getattr(there, name), getattr(here, name))
    for ours, theirs in zip(there.components, here.components, strict=True):
        same(cp, ours.covariance, theirs.covariance)


@pytest.mark.parametrize("ranks", [(3, 3, 3), (3, 1, 0), (1, 1, 1)])
def test_laws_and_their_images(cp, ranks):
    here, there = mixtures(cp, ranks)
    same_law(cp, there, here)
    A, b = np.array([[1.0, 2.0, 0.0], [0.0, -1.0, 1.0]]), np.array([0.5, 1.0])
    same_law(cp, there.affine(cp.asarray(A), cp.asarray(b)), here.affine(A, b))
    same_law(cp, there.affine(A.tolist()), here.affine(A))
    same_law(cp, there.inflate(0.25), here.inflate(0.25))
    same_law(cp, there.truncate(0.1), here.truncate(0.1))
    same(cp, there.sample(50, seed=3), here.sample(50, seed=3))
    assert there.sample(0, seed=3).shape == (0, 3)


def test_lists_follow_the_arrays(cp):
    means, covariances = mixture_arrays()
    here = pw.GaussianMixture(WEIGHTS, means, covariances)
    for given in (
        (WEIGHTS, means.tolist(), [cp.asarray(covariance) for covariance in covariances]),
        (WEIGHTS, [cp.asarray(mean) for mean in means], covariances.tolist()),
        (cp.asarray(WEIGHTS), means.tolist(), covariances.tolist()),
    ):
        same_law(cp, pw.GaussianMixture(*given), here)
    components = [pw.Gaussian(cp.asarray(m), cp.asarray(C)) for m, C in zip(means, covariances, strict=True)]
    same_law(cp, pw.GaussianMixture.of(WEIGHTS, components), here)


@pytest.mark.parametrize("names", [[0, 1], ["one", "two"]])
def test_samples_with_labels(cp, names):
    rng = np.random.default_rng(3)
    samples, labels = rng.normal(size=(40, 3)), rng.choice(names, size=40)
    here = pw.GaussianMixture.fit(samples, labels)
    same_law(cp, pw.GaussianMixture.fit(cp.asarray(samples), labels), here)
    same_law(cp, pw.GaussianMixture.fit(cp.asarray(samples), labels.tolist()), here)
    if names == [0, 1]:
        same_law(cp, pw.GaussianMixture.fit(cp.asarray(samples), cp.asarray(labels)), here)
        with pytest.raises(ArrayLibraryError, match="samples is an array of numpy and labels of cupy"):
            pw.GaussianMixture.fit(samples, cp.asarray(labels))


def test_samples_without_labels(cp):
    rng = np.random.default_rng(4)
    samples = np.concatenate([rng.normal(size=(60, 2)), 9 + rng.normal(size=(40, 2))])
    here = pw.GaussianMixture.fit(samples, n_components=2)
    same_law(cp, pw.GaussianMixture.fit(cp.asarray(samples), n_components=2), here)


@pytest.mark.parametrize("ranks", [(3, 3, 3), (2, 1, 0)])
@pytest.mark.parametrize("degree", [0, 1, 2, 3])
@pytest.mark.parametrize(("kind", "activation"), NETWORKS)
def test_polynomials(cp, kind, activation, degree, ranks):
    (net, net_there), (law, law_there) = networks(cp, kind, activation), mixtures(cp, ranks)
    here, there = pw.approximate(net, law, degree), pw.approximate(net_there, law_there, degree)
    agree(cp, there, here)
    assert there.fvu == pytest.approx(here.fvu, rel=1e-9)
    same(cp, there.fvu_per_output, here.fvu_per_output, 1e-9)
    same(cp, there.fvu_interval_per_output, here.fvu_interval_per_output, 1e-9)
    same(cp, there.residual_variance, here.residual_variance, 1e-9)
    same(cp, there.explained_by_degree, here.explained_by_degree, 1e-9)
    found = unexplained_of(there, net_there, law_there)
    np.testing.assert_allclose(found.residual, here.residual_variance, rtol=1e-9)


def agree(cp, there, here):
    rows = np.random.default_rng(2).normal(size=(4, 2, 3))
    same(cp, there(cp.asarray(rows)), here(rows), 1e-9)
    for k in range(here.degree + 2):
        same(cp, there.tensor(k), here.tensor(k), 1e-9)
    same(cp, there.eigh(0).values, here.eigh(0).values, 1e-9)
    same(cp, there.svd().values, here.svd().values, 1e-9)
    same(cp, there.report.explained_variance, here.report.explained_variance, 1e-9)
    assert str(there.report) == str(here.report)
    assert there.latex() == here.latex()


@pytest.mark.parametrize(("kind", "activation"), NETWORKS)
def test_conjugate_gradients(cp, kind, activation):
    (net, net_there), (law, law_there) = networks(cp, kind, activation), mixtures(cp)
    steps = []
    here = project_on_mixture(net, law, 2, tolerance=1e-9, direct_features=0)
    there = project_on_mixture(
        net_there, law_there, 2, tolerance=1e-9, direct_features=0, progress=lambda *told: steps.append(told)
    )
    assert there.report.method == "conjugate gradients"
    assert there.report.converged
    assert steps[-1][0] == there.report.iterations
    rows = np.random.default_rng(2).normal(size=(50, 3))
    same(cp, there(cp.asarray(rows)), here(rows), 1e-4)
    same(cp, there.report.explained_variance, here.report.explained_variance, 1e-8)
    assert there.fvu == pytest.approx(here.fvu, rel=1e-6)


def test_conjugate_gradients_one_output_at_a_time(cp, monkeypatch):
    """What they fall back on where shared directions lost the residual."""
    monkeypatch.setattr(conjugate_gradients, "_together", conjugate_gradients._apart)
    (net, net_there), (law, law_there) = networks(cp, pw.MLP, "relu"), mixtures(cp)
    here = pw.approximate(net, law, 2)
    there = project_on_mixture(net_there, law_there, 2, direct_features=0)
    assert there.report.converged
    same(cp, there.report.explained_variance, here.report.explained_variance, 1e-6)


def test_the_curve(cp):
    (net, net_there), (law, law_there) = networks(cp, pw.MLP, "gelu"), mixtures(cp)
    here, there = pw.fvu_curve(net, law, [0, 1, 2]), pw.fvu_curve(net_there, law_there, [0, 1, 2])
    np.testing.assert_allclose(there.fvu_per_output, here.fvu_per_output, rtol=1e-9)


def test_a_linear_layer_in_front_and_files(cp, tmp_path):
    (net, net_there), (law, law_there) = networks(cp, pw.MLP, "relu"), mixtures(cp)
    here, there = pw.approximate(net, law, 2), pw.approximate(net_there, law_there, 2)
    A = np.random.default_rng(5).normal(size=(3, 3))
    moved, moved_there = here.compose_linear(A), there.compose_linear(cp.asarray(A))
    same(cp, moved_there.quadratic, moved.quadratic, 1e-9)
    assert moved_there.fvu == pytest.approx(here.fvu, rel=1e-9)
    basis = np.eye(3)[:, :2]
    same(cp, there.restrict(cp.asarray(basis)).quadratic, here.restrict(basis).quadratic, 1e-9)
    there.save(tmp_path / "p.npz")
    again = pw.load(tmp_path / "p.npz")
    np.testing.assert_array_equal(again.quadratic, there.quadratic.held)
    assert repr(again.inputs) == repr(there.inputs)
    assert again.fvu == there.fvu


def test_inputs_are_left_as_they_were(cp):
    arrays = {name: cp.asarray(array) for name, array in network_arrays(pw.MLP).items()}
    means, covariances = (cp.asarray(array) for array in mixture_arrays())
    weights = cp.asarray(WEIGHTS)
    held = [array.held for array in (*arrays.values(), weights, means, covariances)]
    before = [array.copy() for array in held]
    law = pw.GaussianMixture(weights, means, covariances)
    net = pw.MLP(**arrays, activation="relu")
    for degree in (1, 2):
        _ = pw.approximate(net, law.truncate(1e-3), degree).fvu
    project_on_mixture(net, law.inflate(0.1), 2, direct_features=0)
    law.sample(5, seed=0)
    for array, copy in zip(held, before, strict=True):
        np.testing.assert_array_equal(array, copy)
    components = [component.covariance.held.copy() for component in law.components]
    project_on_mixture(net, law, 2, direct_features=0)
    for component, copy in zip(law.components, components, strict=True):
        np.testing.assert_array_equal(component.covariance.held, copy)


def test_single_precision(cp):
    law, law_there = mixtures(cp)
    single, single_there = networks(cp, pw.MLP, "relu", np.float32)
    double, _ = networks(cp, pw.MLP, "relu")
    rows = np.random.default_rng(2).normal(size=(4, 3)).astype(np.float32)
    for degree in (1, 2, 3):
        here, there = pw.approximate(single, law, degree), pw.approximate(single_there, law_there, degree)
        for found, expected in ((there(cp.asarray(rows)), here(rows)), (there.tensor(degree), here.tensor(degree))):
            assert found.dtype == expected.dtype == np.float32
            np.testing.assert_allclose(found.held, expected, rtol=1e-5, atol=1e-6)
        reference = pw.approximate(double, law, degree).tensor(degree)
        np.testing.assert_allclose(here.tensor(degree), reference, rtol=1e-5, atol=1e-5)


def test_two_libraries_in_one_call_are_refused(cp):
    means, covariances = mixture_arrays()
    there = cp.asarray(means), cp.asarray(covariances)
    with pytest.raises(ArrayLibraryError, match="means is an array of cupy and covariances of numpy"):
        pw.GaussianMixture(WEIGHTS, there[0], covariances)
    with pytest.raises(ArrayLibraryError, match="weights is an array of numpy and means of cupy"):
        pw.GaussianMixture(np.array(WEIGHTS), *there)
    with pytest.raises(ArrayLibraryError, match=r"means\[0\] is an array of numpy and means\[1\] of cupy"):
        pw.GaussianMixture([0.5, 0.5], [means[0], there[0][1]], covariances[:2].tolist())
    here, mixed = mixtures(cp)
    with pytest.raises(ArrayLibraryError, match="component 0 is an array of numpy and component 1 of cupy"):
        pw.GaussianMixture.of([0.5, 0.5], [here.components[0], mixed.components[0]])
    with pytest.raises(ArrayLibraryError, match="A is an array of numpy; expected cupy"):
        mixed.affine(np.eye(3))
    net, net_there = networks(cp, pw.MLP, "relu")
    for network, law in ((net, mixed), (net_there, here)):
        with pytest.raises(ArrayLibraryError, match="network is an array of"):
            pw.approximate(network, law, 2)
    with pytest.raises(ArrayLibraryError, match="x is an array of numpy; expected cupy"):
        pw.approximate(net_there, mixed, 2)(means)
