"""``polywick approximate`` with labelled samples: mixtures, inflated and truncated."""

import functools
import importlib

import numpy as np
import pytest

import polywick


@pytest.fixture
def files(tmp_path):
    generator = np.random.default_rng(5)
    samples, labels = generator.normal(size=(90, 3)), np.repeat(["left", "right", "up"], 30)
    samples[30:60] *= [1.0, 0.5, 1e-3]
    samples[60:, 2] *= 1e-3
    samples[:30, 2] *= 1e-3
    arrays = {"W1": generator.normal(size=(6, 3)), "b1": generator.normal(size=6)}
    np.savez(tmp_path / "mlp.npz", **arrays, W2=generator.normal(size=(2, 6)), b2=np.ones(2))
    np.save(tmp_path / "x.npy", samples)
    np.save(tmp_path / "y.npy", labels)
    return tmp_path, samples, labels


def words(folder):
    return (
        *("approximate", folder / "mlp.npz", "--activation", "relu"),
        *("--samples", folder / "x.npy", "--labels", folder / "y.npy"),
    )


@pytest.mark.parametrize(
    ("options", "changed"),
    [
        ((), lambda mixture: mixture),
        (("--inflate", "0.25"), lambda mixture: mixture.inflate(0.25)),
        (("--truncate", "1e-3"), lambda mixture: mixture.truncate(1e-3)),
        (("--inflate", "1e-9", "--truncate", "1e-3"), lambda mixture: mixture.inflate(1e-9).truncate(1e-3)),
    ],
)
def test_labels_make_a_mixture(run, files, options, changed):
    folder, samples, labels = files
    output = folder / "p.npz"
    code, out, err = run(*words(folder), *options, "-o", output)
    assert (code, err) == (0, "")
    inputs = changed(polywick.GaussianMixture.fit(samples, labels))
    direct = polywick.approximate(polywick.read(folder / "mlp.npz", activation="relu"), inputs, 2)
    np.testing.assert_array_equal(polywick.load(output).quadratic, direct.quadratic)
    assert f"variance unexplained: {direct.fvu:.6g}" in out
    assert ("the inputs vary in 2 of 3 dimensions" in out) == ("--truncate" in options)


def test_a_single_gaussian_is_inflated_too(run, files):
    folder, samples, _ = files
    start = ("approximate", folder / "mlp.npz", "--activation", "relu", "--degree", "1", "--inflate", "0.5")
    code, _, err = run(*start, "--samples", folder / "x.npy", "-o", folder / "p.npz")
    assert (code, err) == (0, "")
    inputs = polywick.Gaussian.fit(samples).inflate(0.5)
    direct = polywick.approximate(polywick.read(folder / "mlp.npz", activation="relu"), inputs, 1)
    np.testing.assert_array_equal(polywick.load(folder / "p.npz").linear, direct.linear)


def test_what_a_solve_warns_of_is_one_line_on_stderr(run, files, monkeypatch):
    folder, _, _ = files
    module = importlib.import_module("polywick.approximate")
    monkeypatch.setattr(
        module, "project_on_mixture", functools.partial(module.project_on_mixture, steps=1, direct_features=0)
    )
    code, out, err = run(*words(folder))
    assert code == 0
    assert err.startswith("polywick: the quadratic has not converged after 1 iterations")
    assert err.count("\n") == 1
    assert "NOT CONVERGED" in out


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--labels", "y.npy"), "--labels is given without --samples"),
        (("--samples", "x.npy", "--labels", "nowhere.npy"), "expected the labels as a .npy file"),
        (("--samples", "x.npy", "--labels", "few.npy"), "labels has shape (3,) and samples has shape (90, 3)"),
        (("--samples", "x.npy", "--inflate", "much"), "--inflate is 'much'; expected a number"),
        (("--samples", "x.npy", "--inflate", "-1"), "variance is -1.0; expected a finite number"),
        (("--samples", "x.npy", "--truncate", "2"), "relative is 2.0; expected a fraction"),
        (("--samples", "x.npy", "--labels", "y.npy", "--tolerance", "0"), "tolerance is 0.0; expected a fraction"),
    ],
)
def test_wrong_use_is_one_line(run, files, options, said):
    folder, _, _ = files
    np.save(folder / "few.npy", np.zeros(3))
    paths = [folder / word if word.endswith(".npy") else word for word in options]
    code, out, err = run("approximate", folder / "mlp.npz", "--activation", "relu", *paths)
    assert (code, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1
