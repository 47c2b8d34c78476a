import math

import pytest

from codegen.verify.definition import read_definition
from codegen.verify.points import MU_LIMIT, choose_points

RELU = read_definition("Max(x - 1, 0)")
SEAMS = [{"variable": "t", "value": -3.0}, {"variable": "sigma", "value": 2.0}, {"variable": "mu", "value": 4.0}]


def pairs(points):
    return [(point.mu, point.sigma) for point in points]


def test_the_same_points_every_time_and_others_for_another_seed():
    assert choose_points(RELU, SEAMS) == choose_points(RELU, SEAMS)
    assert choose_points(RELU, SEAMS, seed=1) != choose_points(RELU, SEAMS)


def test_no_point_twice_and_all_inside():
    chosen = pairs(choose_points(RELU, SEAMS))
    assert len(set(chosen)) == len(chosen)
    assert all(abs(mu) <= MU_LIMIT and 0 <= sigma < math.inf for mu, sigma in chosen)


def test_kinks_with_their_neighbouring_doubles():
    chosen = set(pairs(choose_points(RELU)))
    for sigma in (0.0, 1e-12, 1.0, 1e6):
        for mu in (1.0, math.nextafter(1.0, 0.0), math.nextafter(1.0, 2.0)):
            assert (mu, sigma) in chosen


def test_both_sides_of_every_seam():
    chosen = set(pairs(choose_points(RELU, SEAMS)))
    assert {(1 - 3 * 1.0, 1.0), (math.nextafter(-2.0, -3), 1.0), (math.nextafter(-2.0, 0), 1.0)} <= chosen
    assert {(4.0, 1.0), (math.nextafter(4.0, 5), 1.0), (math.nextafter(4.0, 3), 1.0)} <= chosen
    assert {(3.0, 2.0), (3.0, math.nextafter(2.0, 3)), (3.0, math.nextafter(2.0, 1))} <= chosen


def test_tails_reach_where_the_density_ends_and_sigma_is_tiny_and_huge():
    chosen = pairs(choose_points(read_definition("Max(x, 0)")))
    left = [mu / sigma for mu, sigma in chosen if sigma > 0]
    assert -37.6 < min(t for t in left if t > -37.6) <= -37.5
    assert {0.0, 1e-12, 1e6} <= {sigma for _, sigma in chosen}
    assert {-MU_LIMIT, MU_LIMIT} <= {mu for mu, _ in chosen}


@pytest.mark.parametrize("decade", range(-12, 6))
def test_no_decade_of_sigma_is_left_out(decade):
    """A kernel wrong for 30 < sigma < 3000 alone used to pass: the ladder had five sigmas, and no other."""
    relu = choose_points(read_definition("Max(x, 0)"), random_points=0)
    inside = [point for point in relu if 0.7 * 10.0**decade <= point.sigma < 7 * 10.0**decade]
    around = [point for point in relu if 10.0 ** (decade - 0.5) <= point.sigma < 10.0 ** (decade + 1.5)]
    assert len(inside) >= 2
    assert any(point.mu <= -min(0.05 * point.sigma, MU_LIMIT) for point in around)
    assert any(point.mu >= min(0.05 * point.sigma, MU_LIMIT) for point in around)


def test_worst_cases_are_remembered_with_how_they_were_found():
    remembered = [point for point in choose_points(RELU) if point.why.startswith("worst case: ")]
    assert len(remembered) >= 8
    assert all(len(point.why) > 30 for point in remembered)


def test_an_unknown_seam_is_refused():
    with pytest.raises(ValueError, match="seam variable 'q' given; expected one of t, h, mu, sigma"):
        choose_points(RELU, [{"variable": "q", "value": 0.0}])
