"""Functions that are infinite at a place away from 0: next to it what an ulp of x changes counts."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import mpmath
import numpy as np
import pytest

from codegen import NoKernelError, emit, verify


@cache
def kernel(text):
    return emit(text).load()


@pytest.mark.parametrize("place", [3, 0.1])
@pytest.mark.parametrize("sigma", [1e-9, 1e-6, 2e-3, 0.7])
def test_the_logarithm_of_a_normal_variable(place, sigma):
    """``E log|s z| = log(s) - (gamma + log 2)/2``, its variance is pi^2/8, and c_2 = 1: at the place itself."""
    module = kernel(f"log(abs(x - {place}))")
    with mpmath.workdps(40):
        off = (mpmath.mpf(place) - mpmath.mpf(str(place))) / mpmath.mpf(sigma)
        mean = mpmath.log(mpmath.mpf(sigma)) - (mpmath.euler + mpmath.log(2)) / 2 + off**2 / 2
        variance = mpmath.pi**2 / 8 - off**2
    got = module.hermite_coefficients(place, sigma, 2)
    assert got[0] == pytest.approx(float(mean), rel=1e-14)
    assert got[1] == pytest.approx(float(off), abs=1e-13)
    assert got[2] == pytest.approx(1, rel=1e-13)
    assert module.variance(place, sigma) == pytest.approx(float(variance), rel=2e-13)
    assert module.raw_moments(place, sigma, 1)[1] == pytest.approx(float(place * mean + sigma * off), rel=1e-14, abs=0)


def test_beside_the_place_and_far_from_it():
    """E[g], c_1 and the variance of log|y - 3| by quadrature of the definition, the logarithm's part by parts."""
    module = kernel("log(abs(x - 3))")
    for mu, sigma in ((3.01, 0.01), (-2.0, 0.05), (0.0, 4.0), (2.0, 0.02), (1e-5, 0.2)):
        with mpmath.workdps(30):
            m, s = mpmath.mpf(mu) - 3, mpmath.mpf(sigma)
            cuts = sorted(
                {m + k * s for k in range(-13, 14)}
                | {s * side * mpmath.mpf(10) ** -k for k in range(0, 30, 3) for side in (-1, 1)}
                | {mpmath.mpf(0)}
            )

            @cache
            def at(v, m=m, s=s):
                return mpmath.log(abs(v)), (v - m) / s, mpmath.npdf((v - m) / s) / s

            def term(function, v, at=at):
                value, z, density = at(v)
                return function(value, z) * density

            def moment(function, cuts=cuts, m=m, s=s, term=term):
                near = [pair for pair in pairwise(cuts) if abs(pair[0] - m) < 14 * s]
                return mpmath.fsum(mpmath.quad(lambda v: term(function, v), pair) for pair in near)

            mean = moment(lambda g, z: g)
            first = moment(lambda g, z: g * z)
            variance = moment(lambda g, z, mean=mean: (g - mean) ** 2)
            size = moment(lambda g, z: abs(g))
        ulps = 4 * np.spacing(abs(mu)) / sigma * float(abs(first))
        assert abs(module.hermite_coefficients(mu, sigma, 1)[0] - float(mean)) <= 1e-13 * float(size) + ulps
        assert abs(module.hermite_coefficients(mu, sigma, 1)[1] - float(first)) <= 1e-13 * float(mpmath.sqrt(variance))
        assert module.variance(mu, sigma) == pytest.approx(float(variance), rel=2e-13)


def test_rows_at_once_are_rows_one_by_one():
    module = kernel("log(abs(x - 3))")
    sigma = np.geomspace(1e-3, 2e-3, 400)
    mu = 3 + sigma * np.linspace(-50, 50, 400)
    together = module.hermite_coefficients(mu, sigma, 3)
    alone = np.array([module.hermite_coefficients(*pair, 3) for pair in zip(mu[::40], sigma[::40], strict=True)]).T
    spread = np.sqrt(module.variance(mu, sigma))[::40]
    assert (np.abs(together[1:, ::40] - alone[1:]) <= 2e-13 * spread * np.sqrt([[1], [2], [6]])).all()
    np.testing.assert_allclose(together[0, ::40], alone[0], rtol=1e-13)


def test_values_next_to_a_place_that_is_no_double_and_next_to_0():
    with mpmath.workdps(40):
        wanted = mpmath.log(abs(mpmath.mpf(0.1) - mpmath.mpf(1) / 10))
    assert kernel("log(abs(x - 0.1))").activation(0.1) == pytest.approx(float(wanted), rel=1e-15)
    np.testing.assert_allclose(
        kernel("log((x - 1)**2)").activation([1e-20, -0.1]), [-2e-20, 2 * np.log(1.1)], rtol=1e-15
    )


MP = mpmath.MPContext()
MP.dps = 60
SEVERAL = {
    "log(abs(x**2 - 4))": (lambda y: MP.log(abs(y**2 - 4)), (MP.mpf(2), MP.mpf(-2))),
    "log(abs(x**2 - 4))*tanh(x)": (lambda y: MP.log(abs(y**2 - 4)) * MP.tanh(y), (MP.mpf(2), MP.mpf(-2))),
    "log(abs(x**3 - x))": (lambda y: MP.log(abs(y**3 - y)), (MP.mpf(1), MP.mpf(-1), MP.mpf(0))),
    "log(abs(x**3 - 2))": (lambda y: MP.log(abs(y**3 - 2)), (MP.cbrt(2),)),
    "log(abs(x**3 - 3*x + 1))": (lambda y: MP.log(abs(y**3 - 3 * y + 1)), tuple(MP.polyroots([1, 0, -3, 1]))),
}


def by_quadrature(function, places, mu, sigma):
    """E|g|, ``c_0 .. c_3`` and Var g: nodes crowd to the places and to the real parts of poles."""
    m, s = MP.mpf(mu), MP.mpf(sigma)
    spread = [m + k * s for k in range(-13, 14) if all(abs(m + k * s - place) > s / 4 for place in places)]
    beside = {
        place + side * s * MP.mpf(4) ** -k for place in (*places, MP.mpf(0)) for k in range(8) for side in (-1, 1)
    }
    cuts = sorted({*spread, *places, *(y for y in beside if abs(y - m) < 13 * s)})
    with MP.workdps(120):
        half = MP.pi / 2
        steps = [MP.mpf(j) / 8 for j in range(-36, 37)]
        rule = [
            (2 / (1 + MP.exp(-2 * half * MP.sinh(t))), half * MP.cosh(t) / MP.cosh(half * MP.sinh(t)) ** 2 / 8)
            for t in steps
        ]
        rows = []
        for low, high in pairwise(cuts):
            h = (high - low) / 2
            for t, weight in rule:
                y = low + h * t if t < 1 else high - h * (2 - t)
                rows.append(((y - m) / s, weight * h * MP.npdf((y - m) / s) / s, function(y)))
        mean = MP.fsum(w * g for _, w, g in rows)
        hermite = (lambda z: z, lambda z: z * z - 1, lambda z: z**3 - 3 * z)
        coefficients = [mean, *(MP.fsum(w * (g - mean) * he(z) for z, w, g in rows) for he in hermite)]
        return MP.fsum(w * abs(g) for _, w, g in rows), coefficients, MP.fsum(w * (g - mean) ** 2 for _, w, g in rows)


@pytest.mark.parametrize("text", SEVERAL)
def test_several_such_places(text):
    """Next to each, between them, and under Gaussians that see all of them."""
    function, places = SEVERAL[text]
    module = kernel(text)
    assert module.KERNEL["promise"]["raw_moments"] == 1e-13
    last = float(places[-1])
    for mu, sigma in ((float(places[0]), 1e-8), (last - 3e-5, 1e-5), (last / 2 + 0.1, 1.5), (0.0, 0.4)):
        size, wanted, variance = by_quadrature(function, places, mu, sigma)
        found = module.hermite_coefficients(mu, sigma, 2)
        by_mu = 4 * np.spacing(abs(mu)) / sigma
        for k in range(3):
            scale = size if k == 0 else MP.sqrt(variance * MP.factorial(k))
            assert abs(found[k] - wanted[k]) <= 1e-13 * scale + by_mu * abs(wanted[k + 1])
        assert abs(module.variance(mu, sigma) / variance - 1) <= 2e-13 + by_mu
        first = MP.mpf(mu) * wanted[0] + MP.mpf(sigma) * wanted[1]
        assert abs(module.raw_moments(mu, sigma, 1)[1] - first) <= 1e-13 * size * (abs(mu) + sigma) + by_mu


def test_crowds_beside_a_root_have_the_digits_of_single_rows():
    """``log|x^2 - 1|`` is small a unit away from where it is infinite: one bound for both lost digits in cells."""
    module = kernel("log(abs(x**2 - 1))")
    assert module.KERNEL["promise"]["variance"] == 2e-13
    mu = np.full(200, 0.2)
    alone = module.variance(0.2, 0.0647)
    np.testing.assert_allclose(module.variance(mu, 0.0647), alone, rtol=5e-14)


def test_more_than_six_such_places_are_refused():
    factors = "*".join(f"(x - {n})" for n in range(1, 8))
    with pytest.raises(NoKernelError, match="it is infinite at x = 1 and 2 and 3 and 4 and 5 and 6 and 7,"):
        emit(f"log(abs({factors}))")


def test_a_root_beside_another_number_in_coordinates_of_a_place():
    """``sqrt(3) - 1``, where the kink is from there, was taken for a function of x."""
    value = kernel("log(abs(x**2 - 3)) + abs(x - 1)").activation(1.7)
    assert value == pytest.approx(float(MP.log(3 - MP.mpf(1.7) ** 2) + MP.mpf(1.7) - 1), rel=2e-14)


@pytest.mark.parametrize("place", [1, 0.1])
@pytest.mark.parametrize("sigma", [1e-9, 3e-6])
def test_a_vertical_place_that_is_finite_has_such_coordinates_too(place, sigma):
    """``E (s z)_+^a = s^a 2^(a/2 - 1) Gamma((a + 1)/2) / sqrt(pi)``: nodes next to 1 were rounded by an ulp of 1."""
    module = kernel(f"relu(x - {place})**1.5")
    with mpmath.workdps(30):
        half = lambda a: 2 ** (mpmath.mpf(a) / 2 - 1) * mpmath.gamma(mpmath.mpf(a + 1) / 2) / mpmath.sqrt(mpmath.pi)  # noqa: E731
        off = (mpmath.mpf(place) - mpmath.mpf(str(place))) / mpmath.mpf(sigma)
        mean, second = half(1.5) + 1.5 * off * half(0.5), half(3) + 3 * off * half(2)
    scale = sigma**1.5
    assert module.raw_moments(place, sigma, 0)[0] == pytest.approx(scale * float(mean), rel=1e-13, abs=0)
    assert module.second_moment(place, sigma) == pytest.approx(scale**2 * float(second), rel=1e-13, abs=0)
    assert module.variance(place, sigma) == pytest.approx(scale**2 * float(second - mean**2), rel=2e-13, abs=0)


def test_two_vertical_places_at_roots_of_a_quadratic():
    """Numerical roots of x^2 - 4 are an ulp off: panels were to be that fine, and it was refused. E[g] at (2, 1e-9)."""
    with mpmath.workdps(30):
        half = 2 ** mpmath.mpf(0.25) * mpmath.gamma(0.75) / mpmath.sqrt(mpmath.pi)
    got = kernel("sqrt(abs(x**2 - 4))").raw_moments(2.0, 1e-9, 0)[0]
    assert got == pytest.approx(2 * np.sqrt(1e-9) * float(half), rel=1e-13)


def test_verify_sees_several_such_places():
    """Nodes next to the far one rounded to it in many digits, of which the arithmetic has fewer bits than were said."""
    assert verify(kernel("log(abs(x**2 - 4))"), digits=20, degree=0, points=[(0.3, 0.5)]).passed


POINT_MASSES = {
    "log(abs(exp(x) - 2))": (lambda y: MP.log(abs(MP.exp(y) - 2)), MP.log(2), (0.7, 0.6, 0.2)),
    "log(abs(x**3 - 2))": (lambda y: MP.log(abs(y**3 - 2)), MP.cbrt(2), (1.26, 1.1, 1.5)),
    "log(abs(x**2 - 3))": (lambda y: MP.log(abs(y**2 - 3)), -MP.sqrt(3), (-1.73, -1.5, 0.4)),
    "log(abs(x - 0.1))": (lambda y: MP.log(abs(y - MP.mpf(1) / 10)), MP.mpf(1) / 10, (0.1 + 1e-12, 0.3)),
}


@pytest.mark.parametrize("text", POINT_MASSES)
def test_point_masses_next_to_a_place_that_is_no_double(text):
    """All doubles see the place where it is: -37.6 for the logarithm of ``exp(x) - 2`` at the one next to log 2."""
    function, place, others = POINT_MASSES[text]
    nearest = float(place)
    beside = [nearest, *(float(np.nextafter(nearest, end)) for end in (-9, 9)), *others]
    module = kernel(text)
    values = {name: getattr(module, name)(np.array(beside), 0.0) for name in ("second_moment", "variance")}
    moments, coefficients = module.raw_moments(beside, 0.0, 2), module.hermite_coefficients(beside, 0.0, 1)
    slopes = module.expected_derivatives(beside, 0.0, 1)
    for row, mu in enumerate(beside):
        g = function(MP.mpf(mu))
        assert [*moments[:, row]] == pytest.approx([float(g * MP.mpf(mu) ** n) for n in range(3)], rel=2e-14)
        assert coefficients[:, row] == pytest.approx([float(g), 0.0], rel=1e-14)
        assert values["second_moment"][row] == pytest.approx(float(g * g), rel=2e-14)
        assert values["variance"][row] == 0
        with MP.workdps(120):
            slope = MP.diff(function, MP.mpf(mu), h=MP.mpf(10) ** -45)
        assert slopes[1, row] == pytest.approx(float(slope), rel=1e-13)


def test_verify_sees_point_masses_next_to_log_2():
    points = [(0.6931471805599453, 0.0), (0.6931471805599454, 0.0), (0.5, 0.0), (0.4, 0.0)]
    assert verify(kernel("log(abs(exp(x) - 2))"), digits=40, degree=3, points=points).passed
