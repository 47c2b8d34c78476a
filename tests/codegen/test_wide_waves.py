"""Waves that go on without end, under Gaussians wider than the panels that follow them."""

import math

import mpmath
import numpy as np
import pytest
import sympy as sp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codegen import emit, resolved_panels
from codegen.phase_averages import settled_from
from codegen.slow_parts import slow_part
from codegen.verify.cupy_stand_in import cupy_or_stand_in
from symbolic_moments.language import parse_expression

DEGREE = 8
NODES, WEIGHTS = np.polynomial.legendre.leggauss(24)
FUNCTIONS = {
    "sin(x)*tanh(x)": lambda y: np.sin(y) * np.tanh(y),
    "3 + sin(x)/(1 + x**2)": lambda y: 3 + np.sin(y) / (1 + y * y),
    "cos(x)/(1 + abs(x)) + x": lambda y: np.cos(y) / (1 + np.abs(y)) + y,
    "Max(1/(3 + cos(x)), x)": lambda y: np.maximum(1 / (3 + np.cos(y)), y),
    "sin(sqrt(1 + x**2))": lambda y: np.sin(np.sqrt(1 + y * y)),
    "softplus(x + sin(x))": lambda y: np.logaddexp(0, y + np.sin(y)),
}
FOLLOWED = 1500
KINK = float(mpmath.findroot(lambda y: y * (3 + mpmath.cos(y)) - 1, 0.3))


@pytest.fixture(scope="module")
def kernels():
    """Of waves that are followed less far than usual: the tests need no more."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(resolved_panels, "FOLLOWED", FOLLOWED)
        return {text: emit(text).load() for text in FUNCTIONS}


def by_definition(function, mu, sigma):
    """Sums over short panels, in extended precision: absolute moments, moments, coefficients, E[g^2] and the variance.

    Coefficients are those of ``g - E g``: of a constant beside small waves the rounding of the weights would be left.
    """
    cuts = np.unique([*np.arange(mu - 13 * sigma, mu + 13 * sigma, 2.0), *np.arange(-40, 40, 0.25), KINK])
    cuts = cuts.astype(np.longdouble)
    half = np.diff(cuts)[:, None] / 2
    y = ((cuts[:-1] + cuts[1:])[:, None] / 2 + half * NODES).ravel()
    z = (y - mu) / sigma
    value = function(y)
    share = (half * WEIGHTS).ravel() * np.exp(-z * z / 2) / (sigma * np.sqrt(2 * np.longdouble(math.pi)))
    powers = share * value * y ** np.arange(DEGREE + 1)[:, None]
    mean = (share * value).sum()
    deviation = share * (value - mean)
    hermite = [np.ones_like(z), z]
    for k in range(1, DEGREE):
        hermite.append(z * hermite[-1] - k * hermite[-2])
    coefficients = np.array([mean, *((deviation * row).sum() for row in hermite[1:])])
    squares = (share * value * value).sum(), (deviation * (value - mean)).sum()
    return np.abs(powers).sum(axis=1), powers.sum(axis=1), coefficients, squares


def held(kernel, function, mu, sigma):
    sizes, moments, coefficients, (square, variance) = by_definition(function, mu, sigma)
    factorials = np.sqrt([float(math.factorial(k)) for k in range(DEGREE + 1)])
    scales = math.sqrt(variance) * factorials
    scales[0] = sizes[0]
    assert np.all(np.abs(kernel.raw_moments(mu, sigma, DEGREE) - moments) <= 2e-13 * sizes)
    assert np.all(np.abs(kernel.hermite_coefficients(mu, sigma, DEGREE) - coefficients) <= 2e-13 * scales)
    assert abs(kernel.second_moment(mu, sigma) - square) <= 2e-13 * square
    assert abs(kernel.variance(mu, sigma) - variance) <= 4e-13 * variance


@pytest.mark.parametrize("text", FUNCTIONS)
@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(mu=st.floats(-1000, 1000), sigma=st.floats(130, 2000))
def test_gaussians_wider_than_the_panels(kernels, text, mu, sigma):
    held(kernels[text], FUNCTIONS[text], mu, sigma)


def test_a_step_three_sigma_away_is_in_the_promise_of_the_variance():
    """``E[g]^2`` is all but ``E[g^2]`` there."""
    kernel, point = emit("softsign(x + sin(x))").load(), (-1000.0, 330.0)

    def function(y):
        inner = y + np.sin(y)
        return inner / (1 + np.abs(inner))

    variance = by_definition(function, *point)[3][1]
    promise = kernel.KERNEL["promise"]["variance"]
    assert promise <= 1e-12
    assert abs(kernel.variance(*point) - variance) <= promise * variance


@pytest.mark.parametrize("text", FUNCTIONS)
def test_where_both_kernels_serve_they_agree(kernels, text):
    """Panels as far as they go, and waves averaged: two ways to the same numbers."""
    module = kernels[text]
    draw = np.random.default_rng(7)
    mu, sigma = draw.uniform(-200, 200, 50), draw.uniform(40, 90, 50)
    pairs = [
        (getattr(module, f"_{name}_near")(module.xp, mu, sigma, *more), getattr(module, f"_{name}_elsewhere"))
        for name, more in (("hermite_coefficients", (4,)), ("second_moment", ()), ("variance", ()))
    ]
    for (near, far), more in zip(pairs, ((4,), (), ()), strict=True):
        beyond = far(module.xp, mu, sigma, *more)
        scale = np.abs(near[0]) + 1 if isinstance(near, list) else near
        assert np.all(np.abs(np.array(near) - np.array(beyond)) <= 1e-12 * scale)


def test_a_wave_that_turns_at_zero_against_its_closed_form():
    """``E[sin(y) tanh(y)]`` is that of ``sin(y) sign(y)``, which is closed, and of a rest that vanishes soon."""
    kernel = emit("sin(x)*tanh(x)").load()
    with mpmath.workdps(40):
        for mu, sigma in ((3.0, 1e4), (-700.0, 1e5), (0.0, 1e6)):
            m, s = mpmath.mpf(mu), mpmath.mpf(sigma)

            def half_line(m, s):
                """``E[sin(y) 1{y > 0}]``, the Gaussian's own damping taken out of the complementary error function."""
                w = (m + 1j * s * s) / (s * mpmath.sqrt(2))
                return (mpmath.exp(1j * m - s * s / 2) * mpmath.erfc(-w) / 2).imag

            def rest(y, m=m, s=s):
                weight = mpmath.exp(-(((y - m) / s) ** 2) / 2) / (s * mpmath.sqrt(2 * mpmath.pi))
                return mpmath.sin(y) * (mpmath.tanh(y) - mpmath.sign(y)) * weight

            expected = half_line(m, s) + half_line(-m, s) + mpmath.quad(rest, [*range(-60, 61, 4)])
            size = 2 / mpmath.pi
            assert abs(kernel.hermite_coefficients(mu, sigma, 0)[0] - expected) <= 1e-16 * size
            assert abs(kernel.second_moment(mu, sigma) - 0.5) <= 2 / sigma


def test_narrow_gaussians_far_out_keep_their_coefficients():
    """Nodes are rounded there by more than g varies over the Gaussian; the slope varies less."""
    kernel = emit("sin(x + tanh(x))").load()
    assert kernel.KERNEL["promise"]["hermite_coefficients"] == 1e-13
    for mu, sigma in ((538.4326822606141, 0.04193809033660297), (-429.0216068653679, 0.02194654111635828)):
        turn = sp.Float(mu, 40) + (1 if mu > 0 else -1)
        damping = math.exp(-sigma * sigma / 2)
        waves = [float(wave(turn)) for wave in (sp.sin, sp.cos)]
        expected = [waves[0], waves[1], -waves[0], -waves[1], waves[0]]
        spread = math.sqrt((1 - damping**4 * math.cos(2 * float(turn % (2 * sp.pi)))) / 2 - (damping * waves[0]) ** 2)
        found = kernel.hermite_coefficients(mu, sigma, 4)
        for k in range(1, 5):
            error = abs(found[k] - damping * sigma**k * expected[k])
            assert error <= 1e-13 * spread * math.sqrt(math.factorial(k))


def test_high_moments_of_rows_that_share_nodes():
    """The density was smoothed along panels on which y^8 g rises by ten powers of ten."""
    kernel = emit("sin(x)*log(1 + exp(x))").load()
    kernel.METHOD["cell_rows"] = 1
    held(kernel, lambda y: np.sin(y) * np.logaddexp(0, y), -3.5029008855801647, 8.233511619245757)


@pytest.mark.parametrize(
    ("text", "average", "frequencies"),
    [
        ("cos(x)*cos(x*11/10)*tanh(x)", "0", {"1/10", "21/10"}),
        ("(x + sin(x))**2", "x**2 + 1/2", {"1", "2"}),
        ("sin(2*x)*exp(sin(2*x))/(1 + x**2) + atan(x)", None, {"2"}),
        ("sin(sqrt(2)*x + 1)**2", "1/2", {"2*sqrt(2)"}),
    ],
)
def test_averages_over_waves(text, average, frequencies):
    found = slow_part(parse_expression(text))
    assert found.frequencies == {sp.sympify(one) for one in frequencies}
    if average is not None:
        assert sp.expand(found.average - parse_expression(average)) == 0
    else:
        mean = mpmath.quad(lambda t: mpmath.sin(t) * mpmath.exp(mpmath.sin(t)), [0, 2, 4, 2 * mpmath.pi]) / (
            2 * mpmath.pi
        )
        assert abs(found.average.subs(sp.Symbol("x", real=True), 0) - mean) < 1e-14


@pytest.mark.parametrize(
    "text", ["tanh(x*sin(x))", "sin(sqrt(1 + x**2))", "1/(1 + exp(x + sin(x)))", "abs(sin(x))*tanh(x)"]
)
def test_what_has_no_known_average(text):
    assert slow_part(parse_expression(text)) is None


@pytest.mark.parametrize(
    ("text", "side", "average"),
    [
        ("cos(sqrt(1 + x**2))*(x + cos(sqrt(1 + x**2)))", 1, lambda y: 0.5),
        ("sin(log(1 + exp(x)))", -1, lambda y: math.sin(math.log1p(math.exp(y)))),
        ("log(2 + sin(x + atan(x)))", 1, lambda y: math.log(1 + math.sqrt(0.75))),
        ("(x + sin(x))*Phi(x + sin(x))", 1, lambda y: y),
    ],
)
def test_averages_over_one_phase(text, side, average):
    """Where every local frequency is nearly that at the end, the mean over the phase at each place."""
    found = slow_part(parse_expression(text), (side, 0.0)).average
    for place in (45.0, 300.0):
        value = float(sp.N(found.subs(sp.Symbol("x", real=True), side * place), 40))
        assert value == pytest.approx(average(side * place), rel=1e-15)


def test_tapers_begin_where_local_frequencies_have_settled():
    assert settled_from(parse_expression("sin(sqrt(1 + x**2))"), 1, 0.0, 40.0, 1400.0) == 40.0
    assert 180 < settled_from(parse_expression("sin(sqrt(10**4 + x**2))"), 1, 0.0, 40.0, 1400.0) < 300


def test_the_cupy_text_runs_on_the_stand_in(kernels):
    text = "Max(1/(3 + cos(x)), x)"
    mu, sigma = np.array([-3.0, 0.0, 700.0, 60.0] * 20), np.array([0.5, 1000.0, 300.0, 2e5] * 20)
    with cupy_or_stand_in(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(resolved_panels, "FOLLOWED", FOLLOWED)
        stand_in = emit(text, target="cupy").load()
        found = stand_in.raw_moments(mu, sigma, 4), stand_in.variance(mu, sigma)
    np.testing.assert_array_equal(found[0], kernels[text].raw_moments(mu, sigma, 4))
    np.testing.assert_array_equal(found[1], kernels[text].variance(mu, sigma))


def test_slow_waves_are_followed_until_gaussians_are_wide_for_them():
    """Panels ended at 4800, where Gaussians were narrower than 300: less than five periods."""
    kernel = emit("sin(x/10)*tanh(x)").load()
    held(kernel, lambda y: np.sin(y / 10) * np.tanh(y), 700.0, 450.0)
    held(kernel, lambda y: np.sin(y / 10) * np.tanh(y), -300.0, 1500.0)


@pytest.mark.parametrize(("mu", "sigma"), [(0.0, 5e3), (-700.0, 3e5), (900.0, 1e6)])
def test_a_damped_wave_on_one_side_does_not_cut_up_the_other(mu, sigma):
    """As many parts as the wave asks of the whole window were too many: NaN."""
    kernel = emit("Piecewise((exp(-x)*sin(x), x > 0), (1, True))").load()
    with mpmath.workdps(30):
        m, s = mpmath.mpf(mu), mpmath.mpf(sigma)
        ends = mpmath.linspace(0, 90, 61)
        waves = [
            mpmath.quad(lambda y, n=n: (mpmath.exp(-y) * mpmath.sin(y)) ** n * mpmath.npdf(y, m, s) * s, ends) / s
            for n in (1, 2)
        ]
        left = mpmath.ncdf(-m / s)
        mean, square = left + waves[0], left + waves[1]
        assert abs(kernel.raw_moments(mu, sigma, 0)[0] / mean - 1) < 1e-14
        assert abs(kernel.second_moment(mu, sigma) / square - 1) < 1e-14
        assert abs(kernel.variance(mu, sigma) / (square - mean**2) - 1) < 1e-14
