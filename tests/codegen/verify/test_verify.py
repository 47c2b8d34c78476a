import sys
from types import ModuleType

import numpy as np
import pytest

import codegen.verify as package
from codegen import emit
from codegen.verify import Certificate, KernelDoesNotRun, load, verify
from codegen.verify.cupy_stand_in import cupy_or_stand_in

FEW = ((0.4, 1.0), (-6.0, 1.5), (-1.0, 0.0))


@pytest.mark.parametrize(
    ("name", "digits"),
    [
        ("relu", 30),
        ("relu", 50),
        ("relu", 100),
        ("gelu", 30),
        pytest.param("gelu", 50, marks=pytest.mark.slow),
        pytest.param("gelu", 100, marks=pytest.mark.slow),
    ],
)
def test_any_number_of_digits(name, digits):
    certificate = verify(emit(name), digits, 4, FEW)
    assert certificate.passed, str(certificate)
    assert all(row.algebra < 10.0 ** -(digits - 10) for row in certificate.table)


def test_relu_passes_at_the_points_verify_chooses():
    certificate = verify(emit("relu"), 30, 8)
    assert certificate.passed, str(certificate)
    assert certificate.counts["points"] > 150
    assert certificate.counts["refused"] == 0


def test_a_certificate_does_not_depend_on_when_it_is_made():
    assert verify(emit("relu"), 30, 2, FEW) == verify(emit("relu"), 30, 2, FEW)


def test_the_package_may_be_called():
    assert package(emit("relu"), 30, 1, FEW) == verify(emit("relu"), 30, 1, FEW)


def test_a_file_is_verified_in_another_process(tmp_path, capfd):
    text = emit("relu").source + "\nimport sys\nsys.modules['codegen_was_here'] = sys\nprint('loud')\n"
    path = tmp_path / "kernel.py"
    path.write_text(text)
    certificate = verify(path, 30, 2, FEW)
    assert isinstance(certificate, Certificate)
    assert certificate == verify(emit("relu"), 30, 2, FEW)
    assert "codegen_was_here" not in sys.modules
    assert capfd.readouterr().out == ""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("import nothing_of_this_name", "cannot be imported: ModuleNotFoundError"),
        ("def (", "cannot be imported: SyntaxError"),
        ("x = 1", "is not a kernel: it needs a dictionary KERNEL"),
        ("raise SystemExit(3)", "cannot be imported: SystemExit"),
        ("import os\nos._exit(7)", "ended the process, exit status 7"),
    ],
)
def test_a_file_that_does_not_run(tmp_path, text, message):
    path = tmp_path / "broken.py"
    path.write_text(text)
    with pytest.raises(KernelDoesNotRun, match=message) as caught:
        verify(str(path), 30, 2, FEW)
    assert "\n" not in str(caught.value)


def test_a_file_that_never_ends(tmp_path, monkeypatch):
    monkeypatch.setattr(load, "IMPORT_SECONDS", 3.0)
    path = tmp_path / "endless.py"
    path.write_text("while True: pass")
    with pytest.raises(KernelDoesNotRun, match="cannot be imported: it was still running after 3 s"):
        verify(str(path), 30, 2, FEW)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(KernelDoesNotRun, match="is not a file; expected a kernel file"):
        verify(tmp_path / "absent.py", 30)


@pytest.mark.parametrize(
    ("original", "replacement", "message"),
    [
        ("def _variance(", "def _dispersion(", "relu has no function _variance; a kernel has one"),
        ("xp.maximum(x, 0)", "xp.larger(x, 0)", "does not run.*larger"),
        ("'expression': 'Max(0, x)'", "'expression': 'Max(0'", r"KERNEL\['expression'\] cannot be read"),
        ("'seed_depth':", "'seed_width':", "unknown method constants"),
    ],
)
def test_a_kernel_that_does_not_run(planted, original, replacement, message):
    with pytest.raises(KernelDoesNotRun, match=message):
        verify(planted("relu", original, replacement), 30, 1, FEW)


def test_a_module_that_is_no_kernel():
    with pytest.raises(KernelDoesNotRun, match="empty is not a kernel"):
        verify(ModuleType("empty"), 30)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"digits": 19}, ValueError, "digits = 19 given; an integer of at least 20"),
        ({"digits": 30.5}, TypeError, "digits = 30.5 given"),
        ({"degree": -1}, ValueError, "degree = -1 given; an integer of at least 0"),
        ({"points": [(0.0, -1.0)]}, ValueError, r"point .* = \(0.0, -1.0\) given; expected finite"),
        ({"points": [(float("nan"), 1.0)]}, ValueError, "expected finite"),
        ({"points": []}, ValueError, "no points given"),
    ],
)
def test_wrong_use(arguments, error, message):
    with pytest.raises(error, match=message):
        verify(emit("relu"), **arguments)


def test_something_else_is_refused():
    with pytest.raises(TypeError, match="int given; expected a kernel module"):
        verify(7)


def test_a_cupy_kernel_runs_on_a_stand_in_that_is_named():
    certificate = verify(emit("relu", target="cupy"), 30, 2, FEW)
    assert certificate.passed, str(certificate)
    assert certificate.target == "cupy"
    with cupy_or_stand_in() as stand_in:
        pass
    assert any("CuPy is not installed" in note for note in certificate.notes) == stand_in


def test_the_stand_in_leaves_nothing_behind():
    before = set(sys.modules)
    with cupy_or_stand_in() as stand_in:
        import cupy

        assert not stand_in or cupy.ndarray is np.ndarray
    assert not stand_in or "cupy" not in set(sys.modules) - before


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda record: record["promise"].update(raw_moments=float("inf")), r"a number in \(0, 1\]"),
        (lambda record: record["promise"].update(variance="abc"), r"a number in \(0, 1\]"),
        (lambda record: record.update(expression="exp(x**2)"), "not integrable"),
        (lambda record: record.update(expression="1/x"), "cannot be read"),
    ],
)
def test_a_record_that_cannot_be_believed_is_refused(change, message):
    module = emit("relu").load()
    change(module.KERNEL)
    with pytest.raises(KernelDoesNotRun, match=message):
        verify(module, digits=25, degree=1, points=[(0.5, 1.0)])


def test_a_kernel_wrong_beyond_its_first_block_is_caught():
    source = emit("relu").source.replace("part = slice(start, start + size)", "part = slice(0, size)")
    module = type(emit("relu"))("relu", "numpy", source).load()
    points = [(0.1 * j - 3, 1.0) for j in range(60)]
    assert not verify(module, digits=25, degree=1, points=points).passed


@pytest.mark.parametrize("expression", ["Max(x + 1, 0)", "x*Phi(2*x - 3)", "tanh(x)"])
def test_what_users_type_passes(expression):
    points = [(-0.75179156, 1e-6), (0.3, 1.0), (-20.0, 3.0), (5.0, 1e4), (-1.0, 0.5)]
    assert verify(emit(expression), digits=30, degree=8, points=points).passed


def test_a_row_of_signs_alone_can_pass():
    """phi(t) is no double at t = -50: nothing is measurable, and every sign is right."""
    certificate = verify("relu", digits=25, degree=2, points=[(-50.0, 1.0)])
    assert certificate.counts["sign_only"] > 0
    assert certificate.passed
