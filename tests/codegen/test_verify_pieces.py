"""References of many constant pieces and of vertical ends, against mpmath's quadrature and sums of its erfc."""

from __future__ import annotations

from dataclasses import replace

import mpmath
import pytest
from mpmath import libmp, mpf

import codegen.verify.parts as parts
from codegen.verify.decay_probe import Probe
from codegen.verify.definition import read_definition
from codegen.verify.expectations import expectations
from codegen.verify.interval import intervals
from codegen.verify.points import MOST_CENTRES, choose_points
from codegen.verify.reference import reference

DIGITS = 40


def _quad(g, mu, sigma, cuts, power):
    with mpmath.workdps(60):
        mu, sigma = mpf(mu), mpf(sigma)
        inner = [mpf(cut) for cut in cuts if abs(mpf(cut) - mu) < 16 * sigma]
        ends = sorted({mu - 16 * sigma, mu - 4 * sigma, mu, mu + 4 * sigma, mu + 16 * sigma, *inner})
        return mpmath.quad(lambda y: y**power * g(y) * mpmath.npdf(y, mu, sigma), ends)


@pytest.mark.parametrize(
    ("text", "g", "cuts"),
    [
        ("acos(clip(x, -1, 1))", lambda y: mpmath.acos(max(min(y, 1), -1)), (-1, 1)),
        ("sqrt(abs(x - 1))", lambda y: mpmath.sqrt(abs(y - 1)), (1,)),
        ("log(abs(x))", lambda y: mpmath.log(abs(y)), (0,)),
    ],
)
@pytest.mark.parametrize(("mu", "sigma"), [(0.75, 0.5), (1.0, 0.001), (-2.0, 3.0)])
def test_vertical_ends(text, g, cuts, mu, sigma):
    found = reference(read_definition(text), mu, sigma, 2, DIGITS)
    for power in range(3):
        wanted = _quad(g, mu, sigma, cuts, power)
        with mpmath.workdps(60):
            assert abs(mpf(found.moments[power]) - wanted) <= mpf(10) ** -30 * mpf(found.magnitudes[power])
    assert found.agreement < 1e-39


@pytest.mark.parametrize(("mu", "sigma"), [(0.3, 0.7), (-1.0, 1e-9), (5.0, 0.2), (40.0, 300.0)])
def test_stairs_against_sums_of_erfc(mu, sigma):
    found = reference(read_definition("round(4*clip(x, -1, 1))/4"), mu, sigma, 2, DIGITS)
    with mpmath.workdps(120):
        m, s = mpf(mu), mpf(sigma)
        edges = [(mpf(n) + mpf(1) / 2) / 4 for n in range(-4, 4)]
        below = [mpmath.erfc((m - edge) / s / mpmath.sqrt(2)) / 2 for edge in edges]
        mean = 1 - mpmath.fsum(below) / 4
        square = 1 - mpmath.fsum(
            part * ((mpf(n + 1) ** 2 - n**2) / 16) for part, n in zip(below, range(-4, 4), strict=True)
        )
        density = [mpmath.npdf((edge - m) / s) for edge in edges]
        assert abs(mpf(found.moments[0]) - mean) <= mpf(10) ** -38 * mpf(found.magnitudes[0])
        assert abs(mpf(found.second_moment) - square) <= mpf(10) ** -38 * square
        deviation = mpmath.sqrt(mpf(found.variance))
        assert abs(mpf(found.hermite[1]) - mpmath.fsum(density) / 4) <= mpf(10) ** -38 * deviation


@pytest.mark.parametrize(("mu", "sigma"), [(0.3, 0.7), (-1000.0, 2.0), (0.125, 1e-9)])
def test_constant_pieces_agree_with_panels(mu, sigma, monkeypatch):
    definition = read_definition("round(4*clip(x, -1, 1))/4")
    closed = reference(definition, mu, sigma, 4, DIGITS)
    monkeypatch.setattr(parts, "_CLOSED_FROM", 10**9)
    panels = reference(definition, mu, sigma, 4, DIGITS)
    with mpmath.workdps(80):
        assert abs(mpf(closed.variance) - mpf(panels.variance)) <= mpf(10) ** -38 * mpf(panels.variance)
        for one, other, scale in zip(closed.moments, panels.moments, panels.magnitudes, strict=True):
            assert abs(mpf(one) - mpf(other)) <= mpf(10) ** -38 * mpf(scale)
        for k, (one, other) in enumerate(zip(closed.hermite[1:], panels.hermite[1:], strict=True), 1):
            scale = mpmath.sqrt(mpf(panels.variance) * mpmath.factorial(k))
            assert abs(mpf(one) - mpf(other)) <= mpf(10) ** -38 * scale


def test_the_points_do_not_grow_with_the_steps():
    few, many = (len(choose_points(read_definition(f"round({n}*clip(x, -1, 1))"))) for n in (6, 60))
    assert many <= 1.2 * few
    assert MOST_CENTRES >= 5


def test_a_point_mass_on_a_rounded_tie_may_take_either_side():
    definition, promise = read_definition("round(clip(x, -1, 1)*127)/127"), 2e-14
    names = ("raw_moments", "hermite_coefficients", "expected_derivatives", "second_moment", "variance", "activation")
    (found,) = expectations(definition, -42.5 / 127, 0.0, 1, DIGITS, dict.fromkeys(names, promise))["second_moment"]
    with mpmath.workdps(30):
        step = (mpf(43) ** 2 - mpf(42) ** 2) / mpf(127) ** 2
        assert mpf(found.scale) * promise >= step
        assert found.granted


def test_ends_at_which_a_branch_divides_by_zero_are_probed_beside():
    definition = read_definition("where(abs(x) < 1, exp(-1/(1 - x**2)), 0)")
    *_, inner = (one for one in intervals(definition, 0.5, 1.0, 300) if one.sizes is None)
    assert max(Probe(inner, (4, 6)).logarithms(0.5)[:3]) < -1e6


def test_a_place_next_to_a_rounded_end_is_probed_farther_inside():
    definition = read_definition("where(abs(x) < 1, exp(-1/(1 - x**2)), 0)")
    *_, inner = (one for one in intervals(definition, 0.5, 1.0, 300) if one.sizes is None)
    first, place = (libmp.mpf_add(inner.left, libmp.from_man_exp(1, -bits)) for bits in (250, 260))

    def evaluate(y, precision):
        if libmp.mpf_lt(y, first):
            raise libmp.ComplexResult
        return libmp.fone

    assert Probe(replace(inner, evaluate=evaluate), (4, 6))._value(place) == libmp.fone
