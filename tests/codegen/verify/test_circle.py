"""Certificates of circle kernels: what they measure, and that planted errors are found."""

import math

import mpmath
import numpy as np
import pytest

from codegen import KernelSource, emit_circle
from codegen.circle import smooth
from codegen.verify import KernelDoesNotRun, verify
from codegen.verify.arithmetic import namespaces
from codegen.verify.array_namespace import ArrayNamespace
from codegen.verify.circle import referee, reference
from codegen.verify.circle.points import choose_circle_points
from codegen.verify.circle.reference import circle_reference
from codegen.verify.definition import read_definition
from codegen.verify.interval import ReferenceRefusesError
from codegen.verify.mp_namespace import MpNamespace
from symbolic_moments import circle_moment

POINTS = [(2.0, 0.5), (-3.0, -2.999999), (0.0, 1.0), (0.01, -0.3)]


def certificate(spec, points=POINTS, digits=22, degree=3, target="numpy"):
    return verify(emit_circle(spec, target=target), digits=digits, degree=degree, points=points)


@pytest.mark.parametrize("spec", ["relu", "exp", "sin", "x*exp(-x/3)", "tanh", "x/(1 + abs(x))"])
def test_kernels_pass(spec):
    found = certificate(spec)
    assert found.passed, str(found)
    assert [row.function for row in found.table] == ["activation", "circle_moments"]
    assert "agrees" in found.referee


def test_the_second_referee_knows_more_closed_forms_about_zero():
    found = certificate("gelu", [(2.0, 0.0), (1.5, 0.25)])
    assert found.passed
    assert "(closed and integral) agrees in 6 values of 2 points" in found.referee


def test_a_referee_that_contradicts_fails_the_certificate(monkeypatch):
    monkeypatch.setattr(referee, "circle_moment", lambda spec, r, offset=None: circle_moment("abs", r, offset))
    found = certificate("relu", POINTS[:1])
    assert not found.passed
    assert not found.referee_agrees
    assert all(row.passed for row in found.table)
    assert "contradicts the reference: r = 0 at A = 2.0, b = 0.5" in found.referee


def test_the_cupy_text_passes_on_the_stand_in():
    found = certificate("exp", POINTS[:2], target="cupy")
    assert found.passed
    assert "CPU stand-in" in found.notes[0]


@pytest.mark.parametrize(
    ("spec", "correct", "wrong", "kind"),
    [
        ("relu", "xp.sin(n * half) / n", "xp.sin(n * half) / (n + 1)", "algebra"),
        ("relu", "return 2 * xp.arctan2(from_top, from_bottom)", "return 2 * xp.arctan2(from_top, A)", "algebra"),
        ("exp", "peak * share)", "peak * share * (10**11 + 1) / 10**11)", "algebra"),
        ("exp", "exp_of(xp, (total, rest))", "xp.exp(total)", "rounding"),
    ],
)
def test_a_planted_error_is_found(spec, correct, wrong, kind):
    source = emit_circle(spec)
    assert source.source.count(correct) == 1
    planted = KernelSource(source.name, source.target, source.source.replace(correct, wrong))
    found = verify(
        planted, digits=22, degree=3, points=[(2.0, 0.5), (3.0, -2.5), (313.69616873214545, 276.978671376387)]
    )
    row = found.table[1]
    assert not found.passed
    assert not row.passed
    assert getattr(row, kind) > row.limits[("algebra", "truncation", "rounding").index(kind)]
    assert (row.algebra > row.limits[0]) == (kind == "algebra")


def test_too_few_nodes_are_a_truncation_error():
    source = emit_circle("tanh")
    start, end = source.source.index("    'circle_panel_rule'"), source.source.index("xp = SimpleNamespace(")
    kept = [line for line in source.source[start:end].splitlines() if line.startswith("        (")]
    fewer = source.source.replace("\n".join(kept[::2]), "")
    module = KernelSource("tanh", "numpy", fewer).load()
    rule = module.METHOD["circle_panel_rule"]
    module.METHOD["circle_panel_rule"] = [(node, 2 * weight) for node, weight in rule[::2]]
    found = verify(module, digits=22, degree=2, points=[(20.0, 0.5)])
    row = found.table[1]
    assert row.algebra < row.limits[0]
    assert row.truncation > row.limits[1]
    assert not found.passed


def test_a_double_in_the_text_is_found():
    source = emit_circle("relu")
    wrong = source.source.replace("half = (high - low) / 2\n", "half = (high - low) * 0.5\n", 1)
    assert wrong != source.source
    found = verify(KernelSource("relu", "numpy", wrong), digits=22, degree=1, points=[(2.0, 0.5)])
    assert not found.passed
    assert any("double" in note for note in found.notes)


def test_a_kernel_without_its_parts_does_not_run():
    source = emit_circle("relu").source
    for correct, wrong, message in (
        ("def circle_moments(", "def other(", "no function circle_moments"),
        ("'circle_arc_rule':", "'own_rule':", "own_rule"),
        ("'expression': 'Max(0, x)'", "'expression': 'Max(0, z)'", "cannot be read"),
        ("'circle_moments': 2e-14", "'circle_moments': 0", "expected a number in"),
    ):
        assert correct in source
        with pytest.raises(KernelDoesNotRun, match=message):
            verify(KernelSource("relu", "numpy", source.replace(correct, wrong)), digits=22, degree=1, points=[(1, 0)])


def test_a_file_is_recognised_by_its_record(tmp_path):
    path = emit_circle("hardtanh").write(tmp_path / "hardtanh_circle.py")
    found = verify(path, digits=22, degree=2, points=[(2.0, -1.0), (-0.5, 3.0)])
    assert found.passed
    assert {row.regime for row in found.regimes} <= {"crossing", "tangent", "apart"}


def test_deviations_of_gaussians_are_still_not_negative(tmp_path):
    with pytest.raises(ValueError, match="sigma >= 0"):
        verify("relu", digits=22, degree=1, points=[(1.0, -1.0)])
    from codegen import emit

    path = emit("relu").write(tmp_path / "relu.py")
    with pytest.raises(ValueError, match="sigma >= 0"):
        verify(path, digits=22, degree=1, points=[(1.0, -1.0)])


@pytest.mark.parametrize("point", [(3.0, 0.5), (-40.0, 12.0), (2.0, -2.0 + 1e-12)])
def test_the_reference_is_the_definition(point):
    """Mean over many equally spaced nodes in many digits: spectrally exact for tanh; for relu the textbook form."""
    A, b = point
    with mpmath.workdps(40):
        found = circle_reference(read_definition("Max(x, 0)"), A, b, 2, 25)
        end = mpmath.acos(-mpmath.mpf(b) / abs(A))
        first = abs(A) * (mpmath.sin(2 * end) / 2 + end) + 2 * b * mpmath.sin(end)
        second = abs(A) * (mpmath.sin(end) + mpmath.sin(3 * end) / 3) + b * mpmath.sin(2 * end)
        wanted = [2 * (abs(A) * mpmath.sin(end) + b * end), math.copysign(1, A) * first, second]
        for value, exact in zip(found.moments, wanted, strict=True):
            assert abs(mpmath.mp.make_mpf(value) - exact) <= mpmath.mpf(10) ** -24 * mpmath.mp.make_mpf(found.size)


def test_a_reference_that_cannot_vouch_refuses(monkeypatch):
    monkeypatch.setattr(reference, "_MOST_PANELS", 40)
    with pytest.raises(ReferenceRefusesError, match="more than 40 panels"):
        circle_reference(read_definition("sin(100*x)"), 1e2, 0.0, 1, 20)


def test_points_hold_every_regime_twice_over():
    for text in ("Max(x, 0)", "tanh(x)", "erf(x - 3)"):
        points = choose_circle_points(read_definition(text))
        assert points == choose_circle_points(read_definition(text))
        assert len(points) > 30
        assert any(A == 0 for A, _ in points)
        assert {np.sign(A) for A, _ in points} == {-1, 0, 1}


@pytest.mark.parametrize("kind", namespaces())
def test_bessel_functions_in_many_digits(kind: type[ArrayNamespace]):
    xp = kind(30, {})
    with mpmath.workdps(40):
        for x in (0.0, 1e-9, 2.5, 300.0):
            (scaled,), (wave,) = ([xp.raw(v) for v in f(3, xp.inputs([x]))] for f in (xp.ive, xp.jv))
            for value, exact in ((scaled, mpmath.besseli(3, x) * mpmath.exp(-x)), (wave, mpmath.besselj(3, x))):
                assert abs(mpmath.mp.make_mpf(value) - exact) <= mpmath.mpf(10) ** -29 * abs(exact)


def test_a_kernel_that_fails_its_trial_is_not_handed_out(monkeypatch):
    """Without its inner cuts tanh is not resolved."""
    real = smooth.panel_plan

    def coarse(*arguments):
        plan = real(*arguments)
        return type(plan)((plan.breakpoints[0], plan.breakpoints[-1]), plan.frame, plan.support)

    monkeypatch.setattr(smooth, "panel_plan", coarse)
    from codegen import NoKernelError

    with pytest.raises(NoKernelError, match="a trial gave circle_moments"):
        emit_circle("tanh(1000*(x - 2))")


def test_mp_and_flint_agree():
    module = emit_circle("tanh").load()
    values = []
    for kind in namespaces():
        xp = kind(25, module.METHOD)
        rows = module._circle_moments(xp, xp.inputs([2.0]), xp.inputs([0.5]), 1)
        values.append([mpmath.mp.make_mpf(xp.raw(row[0])) for row in rows])
    assert issubclass(namespaces()[-1], MpNamespace)
    with mpmath.workdps(30):
        assert all(abs(one - other) < mpmath.mpf(10) ** -22 for one, other in zip(values[0], values[-1], strict=True))


def test_circles_about_the_origin_are_checked_on_both_sides_and_when_large():
    points = choose_circle_points(read_definition("x*Phi(x)"))
    centred = [A for A, b in points if b == 0]
    assert min(centred) < -100
    assert max(centred) > 100
    assert sum(A < 0 for A in centred) >= 3


def test_every_promised_frequency_is_checked_unless_told_otherwise():
    kernel = emit_circle("relu").load()
    assert verify(kernel, digits=22, points=[(1.5, 0.3)]).degree == kernel.KERNEL["frequencies"] == 16
    assert verify(kernel, digits=22, degree=3, points=[(1.5, 0.3)]).degree == 3
    moments = kernel.circle_moments

    def wrong_at_fifteen(A, b, frequencies):
        values = moments(A, b, frequencies)
        values[15:16] *= -1
        return values

    kernel.circle_moments = wrong_at_fifteen
    assert not verify(kernel, digits=22, points=[(1.5, 0.3)]).passed
    kernel.KERNEL["frequencies"] = "many"
    with pytest.raises(KernelDoesNotRun, match=r"KERNEL\['frequencies'\] is 'many'"):
        verify(kernel, digits=22, points=[(1.5, 0.3)])
