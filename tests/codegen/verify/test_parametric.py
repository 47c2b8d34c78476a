"""Verification looks beyond the defaults of parameters."""

from fractions import Fraction

import pytest

from codegen import emit
from codegen.verify import Certificate, KernelDoesNotRun, verify
from codegen.verify.parameter_values import settings
from numeric_backend import kernels
from symbolic_moments import activation
from symbolic_moments.activations import ActivationRecord
from symbolic_moments.parameters import POSITIVE, Parameter

JUMP = ActivationRecord(
    "jump_relu",
    "Piecewise((x, x > {theta}), (0, True))",
    "PP",
    (),
    (Parameter("theta", "0.25", POSITIVE, "scale"),),
)
POINTS = [(0.3, 0.8), (-1.0, 0.4), (0.0, 1.0), (2.0, 0.0), (0.0, 0.0)]


def replaced(source, old, new):
    """The emitted source with one passage replaced; the passage must be there."""
    assert old in source.source
    return type(source)(source.name, source.target, source.source.replace(old, new))


@pytest.mark.parametrize("spec", ["leaky_relu", JUMP], ids=["leaky_relu", "jump_relu"])
@pytest.mark.parametrize("target", ["numpy", "cupy"])
def test_parametric_kernels_pass_and_say_at_which_values(spec, target):
    certificate = verify(emit(activation(spec), target=target), 25, 3, POINTS)
    assert certificate.passed, str(certificate)
    (values,) = [note for note in certificate.notes if note.startswith("parameters: ")]
    assert values.count(" at 5 points") == values.count("=") == (3 if spec == "leaky_relu" else 4)
    name = "slope" if spec == "leaky_relu" else "theta"
    assert f"other values of {name}" in certificate.not_covered
    assert certificate.counts["points"] == 5 * values.count("=")
    assert name in certificate.expression
    assert Certificate.from_json(certificate.to_json()) == certificate


def test_a_kernel_right_at_its_default_alone_fails():
    frozen = replaced(emit("leaky_relu"), "mean = (1 - slope) * far[1]", "mean = xp.rational(99, 100) * far[1]")
    certificate = verify(frozen, 25, 2, POINTS)
    assert not certificate.passed
    assert [row.function for row in certificate.table if not row.passed] == ["variance"]
    worst = certificate.worst["parameters"]
    assert worst.startswith("slope = ")
    assert worst != "slope = 1/100"
    assert worst in str(certificate)


def test_a_scale_with_a_wrong_power_fails():
    wrong = replaced(emit("celu"), "for _ in range(n + 1):", "for _ in range(n):")
    certificate = verify(wrong, 25, 2, POINTS[:2])
    assert [row.function for row in certificate.table if not row.passed] == ["raw_moments"]


def test_another_default_in_the_signature_than_in_the_record_fails():
    wrong = replaced(
        emit("leaky_relu"),
        "def variance(mu: Any, sigma: Any, *, slope: Any = 0.01)",
        "def variance(mu: Any, sigma: Any, *, slope: Any = 0.02)",
    )
    assert [row.function for row in verify(wrong, 25, 1, POINTS).table if not row.passed] == ["variance"]


def test_a_template_of_another_function_fails():
    other = "'template': 'Max(x, slope*x)'"  # the same for slopes up to 1, the default among them
    wrong = replaced(emit("leaky_relu"), "'template': 'Piecewise((x, x > 0), (slope*x, True))'", other)
    assert not verify(wrong, 25, 1, POINTS).passed


@pytest.mark.parametrize(
    ("old", "new"),
    [("'exact': '1/100'", "'exact': 'steep'"), ("'template': 'Piecewise(", "'template': 'Piecewise(steep")],
)
def test_a_record_that_cannot_be_read_is_no_kernel(old, new):
    with pytest.raises(KernelDoesNotRun, match="do not describe its parameters"):
        verify(replaced(emit("leaky_relu"), old, new), 25, 1, POINTS)


def test_settings_are_the_same_every_time_and_all_different():
    module = emit(activation(JUMP)).load()
    chosen = list(settings(module))
    assert chosen == list(settings(module))
    assert len({str(setting) for setting in chosen}) == 4
    last = chosen[3].values["theta"]
    assert Fraction(float(last)) == last
    assert last.numerator.bit_length() > 40


def test_settings_keep_the_order_of_breakpoints():
    for setting in settings(kernels.load("hardtanh")):
        assert setting.values["minimum"] < setting.values["maximum"]
