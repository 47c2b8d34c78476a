"""Waves against steps, growth beyond any kink, sums of tilts beside Phi: kernels by panels, against the definition."""

import itertools
import math
from functools import cache

import mpmath
import numpy as np
import pytest
from mpmath.calculus.quadrature import GaussLegendre

from codegen import NoKernelError, emit, verify
from codegen.exponential_pieces import pieces_of
from numeric_backend import kernels
from symbolic_moments.language import parse_expression

MP = mpmath.MPContext()
MP.dps = 32
DEGREE = 6
TOLERANCE = {"raw_moments": 1e-13, "hermite_coefficients": 1e-13, "second_moment": 1e-13, "variance": 2e-13}


def step(y):
    return MP.mpf(1) if y > 0 else MP.mpf(0)


FUNCTIONS = {
    "Max(x, 0)*sin(x)": (lambda y: step(y) * y * MP.sin(y), [0]),
    "Heaviside(x - 1)*sin(3*x)": (lambda y: step(y - 1) * MP.sin(3 * y), [1]),
    "Piecewise((sin(x), x > 0), (x, True))": (lambda y: MP.sin(y) if y > 0 else y, [0]),
    "Max(x, 0) + sin(x)": (lambda y: step(y) * y + MP.sin(y), [0]),
    "sin(x)*exp(-abs(x))": (lambda y: MP.sin(y) * MP.exp(-abs(y)), [0]),
    "exp(2*x)*Max(x - 1, 0)": (lambda y: step(y - 1) * MP.exp(2 * y) * (y - 1), [1]),
    "Piecewise((exp(x), x > 1), (x, True))": (lambda y: MP.exp(y) if y > 1 else y, [1]),
    "Max(exp(x), 2)": (lambda y: max(MP.exp(y), MP.mpf(2)), [MP.log(2)]),
    "cosh(x)*Heaviside(x)": (lambda y: step(y) * MP.cosh(y), [0]),
    "sinh(Max(x - 2, 0))": (lambda y: MP.sinh(step(y - 2) * (y - 2)), [2]),
    "exp(x)*Phi(x) + exp(-x)*Phi(-x)": (lambda y: MP.exp(y) * MP.ncdf(y) + MP.exp(-y) * MP.ncdf(-y), []),
    "Piecewise((exp(x) - 1, x < 1), (exp(2*x), True))": (lambda y: MP.expm1(y) if y < 1 else MP.exp(2 * y), [1]),
    "mish(x) - relu(x)": (lambda y: y * MP.tanh(MP.log1p(MP.exp(y))) - step(y) * y, [0]),
    "sin(x)*sech(x)": (lambda y: MP.sin(y) * MP.sech(y), []),
    "exp(x)*Heaviside(x - 1)*sin(2*x)": (lambda y: step(y - 1) * MP.exp(y) * MP.sin(2 * y), [1]),
}
POINTS = [(1.000000027, 3.2e-9), (0.97, 0.001), (1e-9, 1e-9), (-4.0, 0.3), (-2.0, 5.0)]


@cache
def kernel(text):
    return emit(text).load()


def nodes_of(kinks, mu, sigma, reach=40):
    """Nodes and weights of the normal law: panels a deviation long, cut at the kinks, and finer where g bends."""
    rule = GaussLegendre(MP).calc_nodes(4, 140)
    mean, spread = MP.mpf(mu), MP.mpf(sigma)
    cuts = [mean + spread * n for n in range(-reach, reach + 1)]
    cuts += [MP.mpf(n) for n in range(-15, 16) if sigma > 1]
    cuts.sort()
    cuts = sorted({*cuts, *(MP.mpf(kink) for kink in kinks if cuts[0] < kink < cuts[-1])})
    for low, high in itertools.pairwise(cuts):
        for node, weight in rule:
            y = (low + high) / 2 + (high - low) / 2 * node
            z = (y - mean) / spread
            yield y, z, weight * (high - low) / 2 / spread * MP.npdf(z)


def wanted(text, mu, sigma):
    """Values and the scales of their errors, from the definition."""
    value, kinks = FUNCTIONS[text]
    rows = [(y, z, share, value(y)) for y, z, share in nodes_of(kinks, mu, sigma)]
    mean = MP.fsum(share * g for _, _, share, g in rows)
    size = MP.fsum(share * abs(g) for _, _, share, g in rows)
    variance = MP.fsum(share * (g - mean) ** 2 for _, _, share, g in rows)
    square = MP.fsum(share * g * g for _, _, share, g in rows)
    hermite = [[MP.one] * len(rows), [z for _, z, _, _ in rows]]
    for k in range(1, DEGREE):
        hermite.append([z * b - k * a for (_, z, _, _), a, b in zip(rows, *hermite[-2:], strict=True)])
    coefficients = [
        MP.fsum(share * (g - mean) * h for (_, _, share, g), h in zip(rows, he, strict=True)) for he in hermite
    ]
    scales = [MP.sqrt(variance * math.factorial(k)) for k in range(DEGREE + 1)]
    moments = [MP.fsum(share * g * y**n for y, _, share, g in rows) for n in range(DEGREE + 1)]
    sizes = [MP.fsum(share * abs(g * y**n) for y, _, share, g in rows) for n in range(DEGREE + 1)]
    return {
        "raw_moments": (moments, sizes),
        "hermite_coefficients": ([mean, *coefficients[1:]], [size, *scales[1:]]),
        "second_moment": ([square], [square]),
        "variance": ([variance], [variance]),
    }


def errors(module, text, mu, sigma):
    got = {
        "raw_moments": module.raw_moments(mu, sigma, DEGREE),
        "hermite_coefficients": module.hermite_coefficients(mu, sigma, DEGREE),
        "second_moment": [module.second_moment(mu, sigma)],
        "variance": [module.variance(mu, sigma)],
    }
    for name, (values, scales) in wanted(text, mu, sigma).items():
        for order, (found, value, scale) in enumerate(zip(got[name], values, scales, strict=True)):
            if scale > MP.mpf(10) ** -280:
                yield name, order, float(abs(MP.mpf(float(found)) - value) / scale)


@pytest.mark.parametrize("text", FUNCTIONS)
def test_the_kernel_keeps_its_promise_against_the_definition(text):
    for mu, sigma in POINTS:
        for name, order, error in errors(kernel(text), text, mu, sigma):
            assert error < TOLERANCE[name], (name, order, mu, sigma, error)


@pytest.mark.parametrize("text", ["exp(2*x)*Max(x - 1, 0)", "exp(x)*Phi(x) + exp(-x)*Phi(-x)"])
def test_growth_is_followed_to_where_doubles_end(text):
    module = kernel(text)
    rate = 2 if "2*x" in text else 1
    for sigma in (20.0, 26.0, 30.0, 36.0):
        sigma /= rate
        # E[exp(c y) Phi(y)] and E[exp(c y) (y - 1)+] by the tilt, in so many digits that nothing cancels
        top = MP.exp(MP.mpf(rate * sigma) ** 2 / 2)
        centre = rate * MP.mpf(sigma) ** 2
        if rate == 1:
            exact = 2 * top * MP.ncdf(centre / MP.sqrt(1 + MP.mpf(sigma) ** 2))
        else:
            t = (centre - 1) / sigma
            exact = top * sigma * (t * MP.ncdf(t) + MP.npdf(t))
        assert abs(MP.mpf(module.raw_moments(0.0, sigma, 0)[0]) / exact - 1) < 1e-13
    beyond = module.raw_moments(0.0, 60.0, 0)[0]
    assert not np.isfinite(beyond)


@pytest.mark.parametrize(
    ("mu", "sigma"), [(0.0, 41.0), (-100.0, 41.0), (-600.0, 60.0), (300.0, 400.0), (1000.0, 1e3), (5.0, 1e6)]
)
def test_waves_under_wide_gaussians_leave_what_their_ends_do(mu, sigma):
    mp = mpmath.MPContext()
    mp.dps = 40
    mean, spread = mp.mpf(mu), mp.mpf(sigma)
    wave = mp.exp(1j * mean - spread**2 / 2) * mp.erfc((-mean / spread - 1j * spread) / mp.sqrt(2)) / 2
    found = kernel("Piecewise((sin(x), x > 0), (0, True))").raw_moments(mu, sigma, 0)[0]
    assert abs(mp.mpf(found) - wave.imag) < 1e-15 * mp.ncdf(mean / spread)


def test_a_wave_beside_constants_of_many_digits():
    """The average of its height is negative and long: the line that subtracts it could not be broken."""
    mu, sigma = 0.3, 40.0
    with mpmath.workdps(450):  # exp(-sigma^2/2) cancels

        def on_side(side, c):
            tail = mpmath.erfc(-side * (mu + c * sigma**2) / (sigma * mpmath.sqrt(2))) / 2
            return mpmath.exp(c * mu + c * c * sigma**2 / 2) * tail

        step = mpmath.mpf(10) ** -40
        rising = (on_side(1, mpmath.j + step) - on_side(1, mpmath.j - step)) / (2 * step)
        falling = on_side(-1, 1 + mpmath.j) - on_side(-1, mpmath.j)
        scale, depth = mpmath.mpf("1.0507009873554805"), mpmath.mpf("1.6732632423543772")
        together = float(scale * (rising.imag + depth * falling.imag))
    wanted = kernels.load("selu").variance(mu, sigma) + 0.5 + 2 * together
    assert kernel("selu(x) + sin(x)").variance(mu, sigma) == pytest.approx(wanted, rel=2e-13)


def test_both_rules_agree_where_waves_begin_to_average_out():
    module = kernel("Max(x, 0) + sin(x)")
    limit = next(seam["value"] for seam in module.KERNEL["seams"] if seam["variable"] == "sigma")
    for function in (module.raw_moments, module.hermite_coefficients):
        below = function(3.0, np.nextafter(limit, 0), 8)
        np.testing.assert_allclose(below, function(3.0, limit, 8), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(module.variance(3.0, np.nextafter(limit, 0)), module.variance(3.0, limit), rtol=2e-13)


def test_a_kink_on_a_height_keeps_its_variance():
    module = kernel("Piecewise((1000 + sin(x), x > 0), (1000, True))")
    for sigma in (1e-8, 0.01, 60.0):
        alone = kernel("Piecewise((sin(x), x > 0), (0, True))").variance(0.0, sigma)
        assert abs(module.variance(0.0, sigma) / alone - 1) < 2e-13


@pytest.mark.parametrize("mu", [1000.0, -999.7, 538.43268])
def test_far_out_waves_keep_their_phase(mu):
    """A rounded y at 1000 costs 1e-12 of sin(20 y)."""
    sigma = 0.05
    damped = MP.exp(-200 * MP.mpf(sigma) ** 2)
    wave = damped * MP.sin(20 * MP.mpf(mu)) if mu > 0 else MP.mpf(0)
    found = kernel("Heaviside(x)*sin(20*x)").raw_moments(mu, sigma, 0)[0]
    assert abs(MP.mpf(found) - wave) < 1e-15


def test_the_variance_of_what_grows_far_from_the_mean_is_not_taken_for_converged():
    """Var = exp(2 mu + 2 sigma^2) Phi(...) + ..., of orders around sigma^2, beside the 625 of x."""
    variance = kernel("Piecewise((exp(x), x > 1), (x, True))").variance(-499.0, 25.0)
    assert abs(MP.mpf(variance) / (MP.exp(252) * MP.ncdf(MP.mpf(750) / 25)) - 1) < 2e-13


def test_the_variance_of_a_tail_is_not_taken_about_the_height_of_the_kink():
    text = "exp(-abs(x))*cos(x)"
    FUNCTIONS.setdefault(text, (lambda y: MP.exp(-abs(y)) * MP.cos(y), [0]))
    for name, order, error in errors(kernel(text), text, 35.95, 3.2):
        assert error < TOLERANCE[name], (name, order, error)


BETWEEN_KINKS = {
    "sin(clip(x, -3, 3))": (lambda y: MP.sin(max(min(y, 3), -3)), [-3, 3]),
    "where(abs(x) < 3, sin(x), 0)": (lambda y: MP.sin(y) if abs(y) < 3 else MP.zero, [-3, 3]),
    "where(abs(x) < 2, x*sin(x), 0)": (lambda y: y * MP.sin(y) if abs(y) < 2 else MP.zero, [-2, 2]),
    "sin(9*clip(x, -6, 6))": (lambda y: MP.sin(9 * max(min(y, 6), -6)), [-6, 6]),
}


@pytest.mark.parametrize("text", BETWEEN_KINKS)
def test_waves_between_kinks_do_not_limit_how_wide_a_gaussian_is_served(text):
    FUNCTIONS.setdefault(text, BETWEEN_KINKS[text])
    for mu, sigma in [(0.3, 7.0), (0.5, 1e4), (-1.83, 299166.15)]:
        for name, order, error in errors(kernel(text), text, mu, sigma):
            assert error < TOLERANCE[name], (name, order, mu, sigma, error)


def test_point_masses_and_broken_arguments():
    module = kernel("exp(2*x)*Max(x - 1, 0)")
    assert module.raw_moments(2.0, 0.0, 2) == pytest.approx(math.exp(4) * np.array([1, 2, 4]), rel=1e-14)
    assert module.variance(2.0, 0.0) == 0
    assert np.isnan(module.raw_moments([0.0, np.nan, 1.0], [-1.0, 1.0, np.nan], 1)).all()


def test_a_planted_error_fails_the_certificate():
    source = emit("Heaviside(x)*sin(x)").source
    planted = source.replace("xp.sin(x)", "xp.sin(x + xp.rational(1, 10**9))")
    assert planted != source
    module = type(np)("planted")
    exec(compile(planted, "<planted>", "exec"), module.__dict__)
    module.__dict__["__source__"] = planted
    assert not verify(module, digits=20, degree=1, points=[(0.5, 1.0)]).passed


@pytest.mark.parametrize("text", ["Max(x, 0)*sin(x)", "exp(2*x)*Max(x - 1, 0)", "exp(x)*Phi(x) + exp(-x)*Phi(-x)"])
def test_the_text_runs_in_many_digits(text):
    points = [(0.0, 0.0), (0.5, 1e-3), (-2.0, 1.5), (1.0, 1e-9), (3.0, 60.0 if "sin" in text else 9.0)]
    assert verify(kernel(text), digits=30, degree=3, points=points).passed


def test_pieces_know_how_they_grow_and_what_is_shifted():
    pieces = pieces_of(parse_expression("Piecewise((exp(2*x) + sin(x), x > 1), (x*exp(x), True))"))
    assert [rate for rate, _ in pieces.panels().growths] == [0, 2]
    assert pieces.panels().decays == (1, 0)
    shifted = pieces.shifted(1)
    assert shifted.kinks == (0,)
    x = next(iter(shifted.piece(1).free_symbols))
    assert abs(shifted.piece(1).subs(x, 2).evalf() - pieces.piece(1).subs(x, 3).evalf()) < 1e-10
    assert pieces_of(parse_expression("Heaviside(x)*exp(-x**2)*sin(x)")) is None
    assert pieces_of(parse_expression("tanh(x)")) is None


def test_what_has_too_many_kinks_or_scales_is_refused():
    with pytest.raises(NoKernelError, match=r"oscillates or bends too often for 640 panels"):
        emit("Heaviside(x)*(sin(1000*x) + exp(-x/100))")
