"""Corners of mixtures that once were wrong."""

import numpy as np
import pytest

import polywick as pw
from numeric_backend.errors import InputError
from polywick.mixture_solve import conjugate_gradients as module

MIXTURE = pw.GaussianMixture([0.5, 0.5], [[-1.0], [1.0]], [[[1.0]], [[0.5]]])


@pytest.mark.parametrize("degree", [0, 1, 2, 3])
def test_a_constant_output_has_no_variance_to_leave(degree, tmp_path):
    """What rounding left of it was divided by a variance of 0: the fraction was infinite, and the file unreadable."""
    network = pw.MLP([[1.0]], [0.0], [[0.0], [1.0]], [3.0, 0.0], "relu")
    P = pw.approximate(network, MIXTURE, degree)
    assert P.fvu_per_output[0] == 0
    assert np.isfinite(P.fvu_interval_per_output).all()
    P.save(tmp_path / "p.npz")
    assert pw.load(tmp_path / "p.npz").fvu == P.fvu
    gated = pw.GLU([[0.0]], [2.0], [[0.0]], [3.0], activation="swiglu")
    assert pw.approximate(gated, MIXTURE, degree).fvu == 0


def test_weights_are_divided_by_their_sum():
    """Weights 1e-8 off one moved the mean of a component at 1e6 and its covariance by 1e-4."""
    almost = pw.GaussianMixture([1 - 9e-9], [[1e6]], [[[1.0]]])
    np.testing.assert_allclose(almost.covariance, [[1.0]], rtol=1e-9)
    assert almost.weights.sum() == 1
    assert not almost.weights.flags.writeable


@pytest.mark.parametrize("count", [3, 7, 10])
def test_weights_of_single_precision_are_taken(count):
    weights = np.full(count, 1 / count, np.float32)
    mixture = pw.GaussianMixture(weights, [[0.0]] * count, [[[1.0]]] * count)
    assert abs(mixture.weights.sum() - 1) < 1e-15


def test_a_recursion_that_lost_the_residual_is_found_out(monkeypatch):
    """The residual carried along may be wrong; the result was marked converged all the same."""

    def lost(operator, right, weights):
        images = operator(right / weights)
        for step in range(1, 20):
            yield right / weights + images, right / 10.0**step, 1.0 / 10.0**step

    generator = np.random.default_rng(3)
    root = generator.normal(size=(6, 9))
    matrix = root @ root.T + np.eye(6)
    right = generator.normal(size=(2, 6))
    monkeypatch.setattr(module, "_together", lost)
    found = module.conjugate_gradients(
        lambda stack: stack @ matrix, right, np.ones(6), lambda drops: 1e-12, 500, lambda *told: None
    )
    np.testing.assert_allclose(found.x, np.linalg.solve(matrix, right.T).T, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found.residual, right - found.x @ matrix, atol=1e-9)


def test_the_mark_of_a_solve_stays_with_its_polynomial():
    P = pw.approximate(pw.MLP([[1.0]], [0.0], [[1.0]], [0.0], "relu"), MIXTURE, 2)
    assert P.compose_linear([[2.0]]).report == P.report


NETWORK = pw.MLP([[1.0]], [0.0], [[1.0]], [0.0], "relu")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: pw.GaussianMixture([1.0], None, [[[1.0]]]), "means is None; expected a sequence"),
        (lambda: pw.GaussianMixture.of([1.0], ["a"]), "component 0 is a str; expected a polywick.Gaussian"),
        (lambda: pw.GaussianMixture.fit([[0.0], [1.0]], [1.0, np.nan]), "labels has 1 NaN entries of 2"),
        (lambda: pw.GaussianMixture.fit([[0.0], [1.0]], np.array([1, "a"], object)), "labels do not sort"),
        (lambda: pw.approximate(NETWORK, MIXTURE, 2, tolerance="a"), "tolerance is 'a'; expected a number"),
        (
            lambda: pw.approximate(NETWORK, pw.Gaussian.standard(1), 2, tolerance=7),
            "tolerance is 7; expected a fraction",
        ),
        (lambda: pw.approximate(NETWORK, MIXTURE, 2, progress=3), "progress is 3; expected a function"),
        (lambda: pw.fvu_curve(NETWORK, MIXTURE, 3), "degrees is 3; expected several"),
        (
            lambda: pw.approximate(NETWORK, pw.Gaussian.standard(1)).as_network("a"),
            "deviations is 'a'; expected a number",
        ),
        (
            lambda: pw.approximate(NETWORK, MIXTURE).compose_linear([[1.0]], inputs=3),
            "inputs is a int; expected the law of u",
        ),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(InputError, match=message):
        call()
