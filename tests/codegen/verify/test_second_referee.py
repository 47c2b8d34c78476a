from dataclasses import replace

import pytest
from mpmath import libmp

from codegen.verify import flint_referee
from codegen.verify.definition import read_definition
from codegen.verify.flint_referee import second_referee

DEFINITION = read_definition("Max(x, 0)")
POINTS = [(0.5, 1.0), (-4.0, 0.5), (2.0, 0.0), (-1e3, 1e-12)]


def test_ball_arithmetic_agrees_where_it_is_installed():
    pytest.importorskip("flint")
    for text in ("Max(x, 0)", "x*Phi(x)", "erf(x - 1)*x"):
        report = second_referee(read_definition(text), [(0.5, 1.0), (-9.0, 2.0)], 4, 30)
        assert report.agrees
        assert report.points == 2
        assert "agrees at 2 points" in report.statement


def test_points_without_width_or_density_are_left_out():
    pytest.importorskip("flint")
    assert second_referee(DEFINITION, POINTS, 2, 30).points == 2
    assert second_referee(DEFINITION, POINTS[2:], 2, 30).points == 0


@pytest.mark.parametrize("part", ["moments", "second_moment"])
def test_it_objects_to_a_reference_that_is_slightly_wrong(monkeypatch, part):
    pytest.importorskip("flint")
    honest = flint_referee.reference

    def slightly_wrong(*arguments):
        found = honest(*arguments)
        shift = libmp.mpf_add(libmp.fone, libmp.mpf_pow_int(libmp.from_int(10), -19, 100), 200)
        value = getattr(found, part)
        if part == "moments":
            return replace(found, moments=tuple(libmp.mpf_mul(moment, shift) for moment in value))
        return replace(found, second_moment=libmp.mpf_mul(value, shift))

    monkeypatch.setattr(flint_referee, "reference", slightly_wrong)
    report = second_referee(DEFINITION, POINTS, 2, 30)
    assert not report.agrees
    assert "DISAGREES" in report.statement


def test_without_python_flint_the_certificate_says_so(monkeypatch):
    def missing(name):
        raise ImportError(name)

    monkeypatch.setattr(flint_referee.importlib, "import_module", missing)
    report = second_referee(DEFINITION, POINTS, 2, 30)
    assert report.points == 0
    assert "not installed" in report.statement


def test_a_definition_it_cannot_enclose_is_left_to_quadrature():
    pytest.importorskip("flint")
    report = second_referee(read_definition("atan(x)"), POINTS, 2, 30)
    assert report.points == 0
    assert "no enclosure for atan" in report.statement


@pytest.mark.parametrize("text", ["x*tanh(log(1+exp(x)))", "log(1+exp(-3*x))", "log(cosh(x))"])
def test_logarithms_of_growing_exponentials_are_enclosed(text):
    """log(1 + exp(u)) left its branch on every ball higher than pi: no enclosure was finite for a wide Gaussian."""
    pytest.importorskip("flint")
    report = second_referee(read_definition(text), [(0.5, 1.0), (-20.0, 3.0), (2.0, 1e3), (-5.0, 1e-6)], 4, 30)
    assert report.agrees
    assert "agrees at 4 points" in report.statement
    assert "abstains" not in report.statement


def unbounded_at(monkeypatch, places):
    flint = pytest.importorskip("flint")
    honest = flint_referee._enclosure

    def enclosure(pieces, kinks, mu, *rest):
        return flint.arb("nan") if float(mu) in places else honest(pieces, kinks, mu, *rest)

    monkeypatch.setattr(flint_referee, "_enclosure", enclosure)


def test_where_no_enclosure_is_finite_it_abstains_and_says_so(monkeypatch):
    unbounded_at(monkeypatch, [0.5])
    report = second_referee(DEFINITION, POINTS, 2, 30)
    assert (report.points, report.agrees) == (1, True)
    assert "agrees at 1 points" in report.statement
    assert "abstains at 1 points, where its enclosure is too wide" in report.statement
    unbounded_at(monkeypatch, [0.5, -4.0])
    silent = second_referee(DEFINITION, POINTS, 2, 30)
    assert silent.points == 0
    assert "agrees" not in silent.statement
    assert "stand on quadrature alone" in silent.statement


def test_a_finite_enclosure_too_wide_to_decide_is_no_disagreement():
    """sqrt(softplus) under a wide Gaussian is enclosed within 1e698: that said DISAGREES, within inf."""
    pytest.importorskip("flint")
    report = second_referee(read_definition("sqrt(log(exp(x) + 1))"), [(2.5, 25.0)], 2, 30)
    assert (report.points, report.agrees) == (0, True)
    assert "too wide" in report.statement


def test_an_enclosure_that_excludes_the_reference_disagrees_however_wide(monkeypatch):
    flint = pytest.importorskip("flint")
    monkeypatch.setattr(flint_referee, "_enclosure", lambda *given: flint.arb(1e9, 1e8))
    assert not second_referee(DEFINITION, POINTS, 2, 30).agrees


@pytest.mark.parametrize("value", [libmp.fnan, libmp.finf])
def test_a_reference_that_is_no_number_is_objected_to(monkeypatch, value):
    pytest.importorskip("flint")
    honest = flint_referee.reference
    monkeypatch.setattr(flint_referee, "reference", lambda *given: replace(honest(*given), second_moment=value))
    assert not second_referee(DEFINITION, POINTS, 2, 30).agrees


def test_the_constant_0_is_enclosed_exactly():
    """0 relative to 0 was no number, and that a disagreement."""
    pytest.importorskip("flint")
    report = second_referee(read_definition("0*x"), POINTS, 2, 30)
    assert report.points > 0
    assert report.agrees


def test_something_small_is_no_0(monkeypatch):
    flint = pytest.importorskip("flint")
    monkeypatch.setattr(flint_referee, "_enclosure", lambda *given: flint.arb(1e-300))
    assert not second_referee(read_definition("0*x"), POINTS, 2, 30).agrees
