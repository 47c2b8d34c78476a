import os
import zipfile
from types import SimpleNamespace

import numpy as np
import pytest

import polywick as pw
from numeric_backend import kernels
from numeric_backend.errors import InputError


@pytest.fixture
def polynomial():
    rng = np.random.default_rng(0)
    net = pw.MLP(rng.normal(size=(4, 3)), rng.normal(size=4), rng.normal(size=(2, 4)), rng.normal(size=2), "relu")
    root = rng.normal(size=(3, 2))
    return pw.approximate(net, pw.Gaussian(rng.normal(size=3), root @ root.T), 3)


@pytest.mark.parametrize("computed", [False, True])
def test_round_trip(polynomial, tmp_path, computed):
    if computed:
        _ = polynomial.fvu
    path = tmp_path / "p.npz"
    polynomial.save(path)
    again = pw.load(path)
    x = np.random.default_rng(1).normal(size=(10, 3))
    np.testing.assert_array_equal(again(x), polynomial(x))
    np.testing.assert_array_equal(again.tensor(3), polynomial.tensor(3))
    assert ("not computed yet" in repr(again)) != computed
    assert again.fvu == polynomial.fvu
    assert again.fvu_interval == polynomial.fvu_interval
    np.testing.assert_array_equal(again.fvu_per_output, polynomial.fvu_per_output)
    np.testing.assert_array_equal(again.fvu_interval_per_output, polynomial.fvu_interval_per_output)
    assert (again.degree, again.activation, again.inputs.rank) == (3, "relu", 2)
    assert [p.name for p in tmp_path.iterdir()] == ["p.npz"]


def test_the_path_is_kept_as_given(polynomial, tmp_path):
    polynomial.save(str(tmp_path / "no_suffix"))
    assert pw.load(tmp_path / "no_suffix").degree == 3


def test_a_foreign_activation_keeps_its_fraction(tmp_path):
    relu = kernels.load("relu")
    members = ("activation", "hermite_coefficients", "variance")
    foreign = SimpleNamespace(KERNEL=relu.KERNEL | {"name": "mine"}, **{name: getattr(relu, name) for name in members})
    P = pw.approximate(pw.MLP([[1.0]], [0.2], [[1.0]], [0.0], foreign), pw.Gaussian.standard(1), 2)
    P.save(tmp_path / "p.npz")
    again = pw.load(tmp_path / "p.npz")
    assert again.kernel is None
    assert again.fvu == P.fvu > 0


def test_a_foreign_kernel_of_a_known_name_is_not_taken_for_it(tmp_path):
    gelu = kernels.load("gelu")
    members = ("activation", "hermite_coefficients", "variance")
    posing = SimpleNamespace(KERNEL=gelu.KERNEL | {"name": "relu"}, **{name: getattr(gelu, name) for name in members})
    P = pw.approximate(pw.MLP([[1.0]], [0.2], [[1.0]], [0.0], posing), pw.Gaussian.standard(1), 2)
    P.save(tmp_path / "p.npz")
    assert pw.load(tmp_path / "p.npz").fvu == P.fvu


def test_saving_replaces_in_one_step(polynomial, tmp_path):
    path = tmp_path / "p.npz"
    path.write_bytes(b"old")
    polynomial.save(path)
    assert pw.load(path).degree == 3


def test_a_place_that_cannot_be_written(polynomial, tmp_path):
    with pytest.raises(InputError, match=r"cannot write .*nowhere/p.npz': there is no folder"):
        polynomial.save(tmp_path / "nowhere" / "p.npz")
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError, match=r"cannot write .*folder'"):
        polynomial.save(tmp_path / "folder")
    assert [p.name for p in tmp_path.iterdir()] == ["folder"]


def damaged(kind, path):
    whole = path.read_bytes()
    if kind == "empty":
        path.write_bytes(b"")
    elif kind == "text":
        path.write_bytes(b"not an archive")
    elif kind == "cut":
        path.write_bytes(whole[: len(whole) // 2])
    elif kind == "flipped":
        middle = whole.index(b"NUMPY") + 200
        path.write_bytes(whole[:middle] + bytes(b ^ 0xFF for b in whole[middle : middle + 8]) + whole[middle + 8 :])
    elif kind == "flipped name":
        path.write_bytes(whole[:28] + bytes(b ^ 0xFF for b in whole[28:36]) + whole[36:])
    elif kind == "zip of text":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("W1.npy", "hello")
    elif kind == "single array":
        with path.open("wb") as file:
            np.save(file, np.zeros(3))
    elif kind == "pickle":
        np.savez(path, W1=np.array([{}], dtype=object))
    else:
        arrays = dict(np.load(path))
        change = {
            "other format": {"format": np.array("something else")},
            "missing": {"W2": None},
            "shapes": {"b1": np.zeros(9)},
            "nan": {"coefficients": np.full((4, 4), np.nan)},
            "indefinite": {"covariance": -np.eye(3)},
            "letters": {"sigma": np.array(["a", "b", "c", "d"])},
            "bad fvu": {"fvu": np.array([np.nan, 0.0, 0.0]), "fvu_per_output": np.zeros(2)},
            "short fvu": {"fvu": np.zeros(2), "fvu_per_output": np.zeros(2)},
        }[kind]
        arrays = {name: a for name, a in (arrays | change).items() if a is not None}
        np.savez(path, **arrays)


@pytest.mark.parametrize(
    "kind",
    [
        "empty", "text", "cut", "flipped", "flipped name", "zip of text", "single array", "pickle", "other format",
        "missing", "shapes", "nan", "indefinite", "letters", "bad fvu", "short fvu",
    ],
)  # fmt: skip
def test_damaged_files_give_one_clear_error(polynomial, tmp_path, kind):
    path = tmp_path / "p.npz"
    polynomial.save(path)
    damaged(kind, path)
    with pytest.raises(InputError, match=r"p\.npz'.*expected") as raised:
        pw.load(path)
    message = str(raised.value).replace(str(path), "")
    assert message.isprintable()
    assert len(message) < 300


def test_a_missing_file(tmp_path):
    with pytest.raises(InputError, match=r"there is no file .*p\.npz'"):
        pw.load(tmp_path / "p.npz")


def rectifier(slope):
    """A leaky rectifier with another slope than the catalogue's, as `polywick.kernel` makes it."""
    return pw.kernel("leaky_relu", slope=slope)


def test_a_derived_activation_survives_every_round(tmp_path):
    kernel = rectifier(0.2)
    P = pw.approximate(pw.MLP([[1.0]], [0.2], [[1.0]], [0.0], kernel), pw.Gaussian.standard(1), 2)
    path = tmp_path / "p.npz"
    again = P
    for _ in range(3):
        again.save(path)
        again = pw.load(path)
        assert again.kernel is None
        assert (again.formula, again.expression) == (kernel.KERNEL["formula"], kernel.KERNEL["expression"])
        assert again.fvu == P.fvu
        np.testing.assert_array_equal(again([[0.3]]), P([[0.3]]))
    assert pw.load(path, activation=kernel).kernel is kernel
    with pytest.raises(InputError, match=r"the polynomial in '.*p\.npz' .* expected the activation it was made with"):
        pw.load(path, activation="leaky_relu")
    arrays = {name: a for name, a in np.load(path).items() if not name.startswith("fvu")}
    np.savez(path, **arrays)
    with pytest.raises(InputError, match=r"kernel of 'leaky_relu\S*' = Piece.*load\(path, activation=kernel\)"):
        _ = pw.load(path).fvu
    assert pw.load(path, activation=kernel).fvu == P.fvu


def test_a_committed_kernel_of_another_formula_is_not_used(polynomial, tmp_path):
    path = tmp_path / "p.npz"
    polynomial.save(path)
    assert pw.load(path).kernel is kernels.load("relu")
    np.savez(path, **(dict(np.load(path)) | {"formula": np.array("0123456789abcdef")}))
    assert pw.load(path).kernel is None


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_a_coarse_covariance_loads(tmp_path, dtype):
    draws = np.random.default_rng(0).normal(size=(40, 60))
    gaussian = pw.Gaussian(np.zeros(60), np.cov(draws.T).astype(dtype))
    P = pw.approximate(pw.MLP(np.ones((1, 60)), [0.2], [[1.0]], [0.0], "relu"), gaussian, 1)
    P.save(tmp_path / "p.npz")
    again = pw.load(tmp_path / "p.npz")
    assert (again.inputs.rank, again.inputs.precision) == (gaussian.rank, gaussian.precision)
    assert again.fvu == P.fvu


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sigma": -np.ones(4)}, "sigma has 4 negative entries"),
        ({"coefficients": np.ones((4, 4), dtype=complex)}, "coefficients has dtype complex128"),
        ({"fvu": np.array([0.1, 0.1, 0.1])}, "fvu stands without fvu_per_output"),
        (
            {"fvu": np.full(3, 0.1), "fvu_per_output": np.zeros(3), "fvu_interval_per_output": np.zeros((2, 2))},
            r"have shapes \(\(3,\), \(2, 2\)\); expected \(2,\), \(2, 2\)",
        ),
        ({"precision": np.array([2.0])}, "precision is 2; expected"),
        ({"precision": np.zeros(0)}, "does not hold a valid polynomial"),
    ],
)
def test_files_that_contradict_themselves(polynomial, tmp_path, change, message):
    path = tmp_path / "p.npz"
    polynomial.save(path)
    np.savez(path, **(dict(np.load(path)) | change))
    with pytest.raises(InputError, match=message):
        pw.load(path)


def test_permissions_follow_the_umask(polynomial, tmp_path):
    before = os.umask(0o077)
    try:
        polynomial.save(tmp_path / "p.npz")
    finally:
        os.umask(before)
    assert (tmp_path / "p.npz").stat().st_mode & 0o777 == 0o600


def test_links_are_followed(polynomial, tmp_path):
    (tmp_path / "real").mkdir()
    link, target = tmp_path / "link.npz", tmp_path / "real" / "p.npz"
    link.symlink_to(target)
    for _ in range(2):
        polynomial.save(link)
        assert link.is_symlink()
        assert pw.load(target).degree == 3


def test_pipes_and_devices_are_refused(polynomial, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", "/dev/null"):
        with pytest.raises(InputError, match="it is a device or a pipe, not a file"):
            polynomial.save(path)


def test_files_of_the_first_format_still_load(polynomial, tmp_path):
    path = tmp_path / "p.npz"
    polynomial.save(path)
    arrays = dict(np.load(path))
    del arrays["form"]
    np.savez(path, **(arrays | {"format": np.array("polywick polynomial 1")}))
    again = pw.load(path)
    np.testing.assert_array_equal(again.tensor(3), polynomial.tensor(3))
    assert again.fvu == polynomial.fvu
