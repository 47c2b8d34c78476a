"""Roots and extrema as points, and the error that is allowed next to a root."""

import math

import mpmath
import pytest

from codegen import emit
from codegen.verify import verify
from codegen.verify.definition import read_definition
from codegen.verify.points import choose_points
from codegen.verify.special_places import FURTHEST, roots_and_extrema
from numeric_backend import kernels


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x**2 - 2", [("root", -math.sqrt(2)), ("root", math.sqrt(2)), ("extremum", 0.0)]),
        ("(x - 1)**2", [("root", 1.0), ("extremum", 1.0)]),
        ("Max(x, 0)**2 - 1", [("root", 1.0)]),
        ("Heaviside(x)", []),
        ("x**2 - 1000001", [("extremum", 0.0)]),
        ("log(1 + exp(x)) - 1", [("root", 0.5413248546129181)]),
    ],
)
def test_roots_and_extrema(text, expected):
    assert list(roots_and_extrema(read_definition(text))) == expected


def test_the_minimum_of_gelu():
    ((_, place),) = (found for found in roots_and_extrema(read_definition("x*Phi(x)")) if found[0] == "extremum")
    with mpmath.workdps(30):
        exact = mpmath.findroot(lambda y: mpmath.ncdf(y) + y * mpmath.npdf(y), -0.75)
    assert place == float(exact)


def test_what_oscillates_gives_the_places_nearest_to_zero():
    found = roots_and_extrema(read_definition("sin(x)"))
    assert [kind for kind, _ in found].count("root") == 6
    assert all(abs(place) < 10 <= FURTHEST for _, place in found)


def test_both_sides_of_a_root_are_points():
    chosen = {(point.mu, point.sigma) for point in choose_points(read_definition("x**2 - 2"))}
    root = math.sqrt(2)
    for sigma in (0.0, 1e-12, 1e-3):
        assert {(mu, sigma) for mu in (root, math.nextafter(root, 0), math.nextafter(root, 2))} <= chosen


POINTS = [(mu, sigma) for mu in (1.0, math.nextafter(1, 0), math.nextafter(1, 2)) for sigma in (0.0, 1e-12, 1e-8, 1e-3)]


def test_a_record_that_says_so_may_lose_what_rounding_mu_takes():
    kernel = emit("Max(x, 0)**2 - 1").load()
    assert verify(kernel, 25, 4, POINTS).passed
    kernel.KERNEL["regimes"] = [regime for regime in kernel.KERNEL["regimes"] if "root" not in regime]
    certificate = verify(kernel, 25, 4, POINTS)
    assert not certificate.passed
    assert {row.function for row in certificate.table if not row.passed} >= {"raw_moments"}


def test_more_than_that_is_caught_at_a_root_alone():
    """Sixteen ulp of mu instead of four: at the points chosen for the root, and at no other."""
    kernel = emit("Max(x, 0)**2 - 1").load()
    right = kernel.raw_moments

    def wrong(mu, sigma, degree):
        values = right(mu, sigma, degree)
        values[0] += 16 * 2.2e-16 * 2 * (abs(mu - 1) < 0.1)
        return values

    kernel.raw_moments = wrong
    chosen = choose_points(read_definition(kernel.KERNEL["expression"]), kernel.KERNEL["seams"])
    at_root = [(point.mu, point.sigma) for point in chosen if point.why.startswith("root")]
    others = [(point.mu, point.sigma) for point in chosen[::8] if point.why.startswith(("left", "right", "extreme"))]
    assert not verify(kernel, 25, 0, at_root).passed
    assert verify(kernel, 25, 0, others).passed


def test_extrema_of_committed_kernels_hold():
    centre = -0.7517915246935645
    points = [(mu, s) for mu in (centre, math.nextafter(centre, 0)) for s in (0.0, 1e-12, 1e-8, 1e-3, 0.3)]
    assert verify(kernels.load("gelu"), 25, 8, points).passed
