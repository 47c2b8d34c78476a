"""The tour's numeric part: real digits, exact FVU beside a sample, and the picture."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import polywick
from polywick.cli import main
from polywick.demo import accuracy, compare, digits, network, sampled_fvu
from polywick.plots import eigenvector_gallery


@pytest.fixture(scope="module")
def data():
    return digits()


@pytest.fixture(scope="module")
def trained(data):
    return network(data)


@pytest.fixture(scope="module")
def comparisons(trained, data):
    return compare(trained, data, draws=40_000, seed=3)


def test_the_digits_are_split_without_overlap(data):
    assert len(data.train) + len(data.held_out) == 1797
    assert data.train.min() == 0.0
    assert data.train.max() == 1.0
    assert not {row.tobytes() for row in data.train} & {row.tobytes() for row in data.held_out}


def test_the_covariance_is_singular(data):
    assert np.linalg.matrix_rank(np.cov(data.train.T)) < 64


def test_the_network_reads_digits(trained, data):
    assert accuracy(trained, data.held_out, data.held_out_labels) > 0.95


def test_exact_and_sampled_fvu_agree(comparisons):
    for found in comparisons:
        assert abs(found.exact_fvu - found.sampled.value) < 4 * found.sampled.standard_error


def test_higher_degrees_leave_less(comparisons):
    exact = [found.exact_fvu for found in comparisons]
    assert exact[0] > exact[1] > exact[2] > 0


def test_polynomials_read_digits_too(comparisons):
    assert all(found.accuracy > 0.9 for found in comparisons)


def test_the_readme_shows_these_numbers(comparisons):
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    shown = re.findall(r"polynomial of degree (\d) +([\d.]+) +([\d.]+) ± ([\d.]+) +([\d.]+)%", readme)
    assert [int(row[0]) for row in shown] == [found.degree for found in comparisons]
    for (_, exact, sampled, error, percent), found in zip(shown, comparisons, strict=True):
        assert float(exact) == pytest.approx(found.exact_fvu, rel=0.1)
        assert abs(float(sampled) - float(exact)) < 4 * float(error)
        assert float(percent) / 100 == pytest.approx(found.accuracy, abs=0.015)


def test_a_wrong_exact_fvu_would_be_noticed(comparisons):
    assert any(
        abs(1.1 * found.exact_fvu - found.sampled.value) > 4 * found.sampled.standard_error for found in comparisons
    )


def test_the_standard_error_of_a_sampled_fvu_is_right():
    rng = np.random.default_rng(11)
    found = [sampled_fvu(lambda x: x + x**2, lambda x: x + 1.0, rng.standard_normal((2_000, 1))) for _ in range(400)]
    spread = np.std([one.value for one in found])
    assert np.mean([one.standard_error for one in found]) == pytest.approx(spread, rel=0.15)


def test_the_gallery_shows_both_signs_for_every_digit(comparisons, data):
    quadratic = comparisons[1].polynomial
    figure = eigenvector_gallery(quadratic, (8, 8), typical=data.class_means(), title="digits")
    assert len(figure.axes) == 10 * 5
    texts = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert sum(text.startswith("+") for text in texts) == 20
    assert sum(text.startswith("\N{MINUS SIGN}") for text in texts) == 20
    figure.canvas.draw()
    assert np.asarray(figure.canvas.buffer_rgba())[..., :3].std() > 10


def test_the_gallery_refuses_what_it_cannot_draw(comparisons):
    with pytest.raises(ValueError, match="degree 1; expected a quadratic part"):
        eigenvector_gallery(comparisons[0].polynomial, (8, 8))
    with pytest.raises(ValueError, match="63 pixels, the polynomial has 64 inputs"):
        eigenvector_gallery(comparisons[1].polynomial, (9, 7))


@pytest.mark.slow
def test_the_tour_leaves_its_results(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr("polywick.cli.demo.EXPRESSION", "x**2 + x")
    monkeypatch.setattr("polywick.cli.demo.DIGITS", 20)
    folder = tmp_path / "results"
    assert main(["demo", "-o", str(folder)]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    assert printed.out.count("PASSED") == 2
    assert "polynomial of degree 3" in printed.out
    assert {path.name for path in folder.iterdir()} == {
        *("x_erf_numpy.py", "x_erf_numpy.certificate.json", "x_erf_cupy.py", "x_erf_cupy.certificate.json"),
        *("digits_quadratic.npz", "eigenvectors.png"),
    }
    assert (folder / "eigenvectors.png").read_bytes().startswith(b"\x89PNG")
    assert polywick.load(folder / "digits_quadratic.npz").degree == 2


@pytest.mark.parametrize(("missing", "extra"), [("sklearn", "sklearn"), ("matplotlib", "plot")])
def test_the_tour_names_a_missing_extra_at_once(monkeypatch, tmp_path, capsys, missing, extra):
    monkeypatch.setitem(sys.modules, missing, None)
    assert main(["demo", "-o", str(tmp_path / "results")]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert f"polywick[{extra}]" in printed.err
    assert printed.err.count("\n") == 1
    assert not (tmp_path / "results").exists()


DRAW = """
import numpy as np, polywick as pw
from polywick.plots import eigenvector_gallery
w = np.eye(2)
P = pw.approximate(pw.MLP(w, w[0], w, w[0], 'relu'), pw.Gaussian.standard(2), degree=2)
eigenvector_gallery(P, (1, 2))
"""


@pytest.mark.parametrize(
    ("missing", "extra", "call"),
    [
        ("sklearn", "polywick[sklearn]", "from polywick.demo import digits; digits()"),
        ("matplotlib", "polywick[plot]", DRAW),
    ],
)
def test_a_missing_extra_is_named(missing, extra, call):
    script = f"import sys; sys.modules[{missing!r}] = None\n{call}"
    finished = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert finished.returncode == 1
    last = finished.stderr.strip().splitlines()[-1]
    assert last.startswith("ModuleNotFoundError")
    assert extra in last


def test_the_whole_approximation_is_reproducible(trained, data):
    again = network(data)
    np.testing.assert_array_equal(again.W1, trained.W1)
    inputs = polywick.Gaussian.fit(data.train)
    first, second = (polywick.approximate(one, inputs, degree=2).fvu for one in (trained, again))
    assert first == second
