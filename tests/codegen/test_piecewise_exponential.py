"""Exponentials decaying on both sides of 0: kernels against quadrature of the definition."""

import itertools
import math

import mpmath
import numpy as np
import pytest
import sympy as sp
from hypothesis import example, given, settings
from hypothesis import strategies as st
from mpmath.calculus.quadrature import GaussLegendre

from codegen import emit
from codegen.families import piecewise_exponential
from codegen.families.exponential_sides import decays_from_zero, side_of
from codegen.stable_forms import expm1, stabilised
from codegen.verify import verify
from codegen.verify.cupy_stand_in import cupy_or_stand_in
from codegen.verify.definition import read_definition
from codegen.verify.reference import reference
from symbolic_moments import activation
from symbolic_moments.decomposition import decompose
from symbolic_moments.symbols import x

ELU = "Piecewise((x, x > 0), (exp(x) - 1, True))"
SELU = "Piecewise((21*x/20, x > 0), (7*(exp(x) - 1)/4, True))"
LONG_SELU = "1.0507009873554804*Piecewise((x, x > 0), (1.6732632423543772*(exp(x) - 1), True))"
CELU = "Piecewise((x, x > 0), (3*(exp(x/3) - 1), True))"
FUNCTIONS = {
    ELU: lambda y: y if y > 0 else mpmath.expm1(y),
    SELU: lambda y: mpmath.mpf(21) / 20 * y if y > 0 else mpmath.mpf(7) / 4 * mpmath.expm1(y),
    CELU: lambda y: y if y > 0 else 3 * mpmath.expm1(y / 3),
    "exp(Min(x, 0))": lambda y: mpmath.exp(min(y, 0)),
    "x*exp(-2*abs(x))": lambda y: y * mpmath.exp(-2 * abs(y)),
    "sign(x)*(1 - exp(-abs(x)))": lambda y: -mpmath.sign(y) * mpmath.expm1(-abs(y)),
    "Piecewise((x, x > 0), (exp(2*x) - exp(x), True))": lambda y: y if y > 0 else mpmath.exp(y) * mpmath.expm1(y),
}
PROMISE = 2e-14
COEFFICIENTS = 16
NODES = GaussLegendre(mpmath.mp).calc_nodes(4, 150)
FINE_NODES = GaussLegendre(mpmath.mp).calc_nodes(4, 200)


def defined(function, mu, sigma, moments=8, coefficients=COEFFICIENTS):
    """E[y^n g], E|y^n g|, E[g He_k], Var g by Gauss-Legendre rules between 0, multiples of sigma and scales of exp."""
    with mpmath.workdps(40):
        mu, sigma = mpmath.mpf(mu), mpmath.mpf(sigma)
        cuts = {mu + sigma * j for j in range(-19, 20, 2)}
        cuts |= {
            c
            for s in (-1, 1)
            for j in range(-5, 8)
            if mu - 19 * sigma < (c := s * mpmath.mpf(2) ** j) < mu + 19 * sigma
        }
        cuts = sorted(cuts | ({mpmath.mpf(0)} if abs(mu) < 19 * sigma else set()))
        raw, absolute = [mpmath.mpf(0)] * (moments + 1), [mpmath.mpf(0)] * (moments + 1)
        hermite, square, centre = [mpmath.mpf(0)] * (coefficients + 1), mpmath.mpf(0), function(mu)
        for a, b in itertools.pairwise(cuts):
            for node, weight in NODES:
                y = (a + b) / 2 + (b - a) / 2 * node
                z = (y - mu) / sigma
                share = weight * (b - a) / 2 * mpmath.exp(-z * z / 2) / mpmath.sqrt(2 * mpmath.pi) / sigma
                value = function(y)
                for n in range(moments + 1):
                    raw[n] += share * value * y**n
                    absolute[n] += share * abs(value * y**n)
                before, polynomial = mpmath.mpf(0), mpmath.mpf(1)
                for k in range(coefficients + 1):
                    hermite[k] += share * (value - centre) * polynomial
                    before, polynomial = polynomial, z * polynomial - k * before
                square += share * (value - centre) ** 2
        return raw, absolute, hermite, square - hermite[0] ** 2


@pytest.fixture(scope="module", params=FUNCTIONS)
def case(request):
    return FUNCTIONS[request.param], emit(request.param).load()


@settings(max_examples=4, deadline=None)
@given(sigma=st.floats(-9, 2).map(lambda e: 10.0**e), steps=st.floats(-9, 9), shift=st.floats(-3, 3))
@example(sigma=2.6, steps=-1.1, shift=0.0)
@example(sigma=3.5, steps=-4.0, shift=0.0)
@example(sigma=4.9, steps=-6.0, shift=0.0)
@example(sigma=0.08, steps=-0.5, shift=0.0)
@example(sigma=1.0, steps=-7.0, shift=0.0)
@example(sigma=1e-8, steps=3.0, shift=0.0)
@example(sigma=40.0, steps=-9.0, shift=0.0)
def test_kernels_agree_with_quadrature_of_the_definition(case, sigma, steps, shift):
    function, kernel = case
    mu = steps * sigma + (shift if sigma > 1e-4 else 0.0)
    raw, absolute, hermite, variance = defined(function, mu, sigma)
    got = kernel.raw_moments(mu, sigma, 8)
    for n in range(9):
        assert abs(got[n] - raw[n]) <= PROMISE * absolute[n]
    deviation = mpmath.sqrt(variance)
    coefficients = kernel.hermite_coefficients(mu, sigma, COEFFICIENTS)
    derivatives = kernel.expected_derivatives(mu, sigma, COEFFICIENTS)
    for k in range(1, COEFFICIENTS + 1):
        # what 4 ulp of mu or of sigma change, where that is more
        following = [
            abs(hermite[j]) if j <= COEFFICIENTS else deviation * mpmath.sqrt(mpmath.factorial(j))
            for j in (k + 1, k + 2)
        ]
        change = 4 * max(math.ulp(mu) * following[0], math.ulp(sigma) * (k * abs(hermite[k]) + following[1])) / sigma
        allowed = max(PROMISE * deviation * mpmath.sqrt(mpmath.factorial(k)), change)
        assert abs(coefficients[k] - hermite[k]) <= allowed
        assert abs(derivatives[k] * mpmath.mpf(sigma) ** k - hermite[k]) <= allowed
    by_mu = 2 * sum(hermite[k] * hermite[k + 1] / mpmath.factorial(k) for k in range(1, COEFFICIENTS)) / sigma
    allowed = max(PROMISE * variance, 4 * math.ulp(mu) * abs(by_mu))
    assert abs(kernel.variance(mu, sigma) - variance) <= allowed
    second = variance + (hermite[0] + function(mpmath.mpf(mu))) ** 2
    assert abs(kernel.second_moment(mu, sigma) - second) <= 2 * PROMISE * second


def test_the_saturated_tail_keeps_its_digits():
    """elu at mu = -30: Var g = e^(2 mu + sigma^2) (e^(sigma^2) - 1), c_k = sigma^k e^(mu + sigma^2 / 2)."""
    kernel = emit(ELU).load()
    for sigma in (1e-5, 0.03, 0.5, 0.999, 1.001, 2.0):
        with mpmath.workdps(40):
            s = mpmath.mpf(sigma)
            variance = mpmath.exp(-60 + s * s) * mpmath.expm1(s * s)
            coefficients = [s**k * mpmath.exp(-30 + s * s / 2) for k in range(9)]
        np.testing.assert_allclose(kernel.variance(-30.0, sigma), float(variance), rtol=3e-14)
        got = kernel.hermite_coefficients(-30.0, sigma, 8)[1:]
        np.testing.assert_allclose(got, [float(c) for c in coefficients[1:]], rtol=3e-14)


@pytest.mark.parametrize(("mu", "sigma"), [(1e-9, 3e-9), (-2e-5, 1e-6), (-0.06, 0.002), (0.35, 0.04)])
def test_a_double_root_at_zero_is_not_lost(mu, sigma):
    kernel = emit("Piecewise((0, x > 0), (exp(x) - 1 - x, True))").load()
    raw, absolute, _, variance = defined(lambda y: 0 if y > 0 else mpmath.expm1(y) - y, mu, sigma, coefficients=1)
    for n, value in enumerate(kernel.raw_moments(mu, sigma, 8)):
        assert abs(value - raw[n]) <= 3e-14 * absolute[n]
    assert abs(kernel.variance(mu, sigma) - variance) <= 3e-14 * variance
    np.testing.assert_allclose(kernel.activation(-1e-6), 1e-12 / 2 * (1 - 1e-6 / 3), rtol=1e-12)


def test_two_rates_on_a_side_do_not_cancel_in_the_variance():
    text = "Piecewise((x**2 - x, x > 0), ((x**2 + 1)*exp(3*x) - exp(x), True))"
    kernel = emit(text).load()
    for mu, sigma in ((-0.01242, 0.387), (-0.482, 0.356), (-6.0, 0.9), (-1.0, 1.2)):
        function = lambda y: y * y - y if y > 0 else (y * y + 1) * mpmath.exp(3 * y) - mpmath.exp(y)  # noqa: E731
        variance = defined(function, mu, sigma, coefficients=1)[3]
        assert abs(kernel.variance(mu, sigma) - variance) <= PROMISE * variance


def test_verify_passes_at_fifty_digits():
    points = [
        (0.3, 0.02),
        (-1.0, 0.7),
        (-2.0, 3.4),
        (-31.0, 5.0),
        (5.0, 2.0),
        (700.0, 30.0),
        (0.0, 1e6),
        (-0.4, 0.0),
        (0.0, 0.0),
    ]
    for text in (LONG_SELU, CELU, "exp(-abs(x))"):
        certificate = verify(emit(text), digits=50, points=points)
        assert certificate.passed, str(certificate)


def test_derivatives_without_spread():
    elu, sharp = emit(ELU).load(), emit(SELU).load()
    np.testing.assert_array_equal(elu.expected_derivatives(0.0, 0.0, 4), [0, 1, 0.5, np.nan, np.nan])
    np.testing.assert_allclose(sharp.expected_derivatives(0.0, 0.0, 3), [0, (1.05 + 1.75) / 2, np.nan, np.nan])
    np.testing.assert_allclose(elu.expected_derivatives(-2.0, 0.0, 3), [np.expm1(-2), *[np.exp(-2)] * 3], rtol=1e-15)
    np.testing.assert_array_equal(elu.expected_derivatives(2.0, 0.0, 3), [2, 1, 0, 0])
    peak = emit("x*exp(-abs(x))").load()
    np.testing.assert_allclose(peak.expected_derivatives(-1.5, 0.0, 2), np.exp(-1.5) * np.array([-1.5, -0.5, 0.5]))


def test_which_functions_the_family_takes():
    for text in (*FUNCTIONS, "exp(-abs(x))"):
        assert emit(text).load().KERNEL["family"] == "PE"
    for text in ("Piecewise((exp(x), x > 0), (1, True))", "exp(-abs(x - 1))", "exp(-x**2) + exp(-abs(x))", "Max(x, 0)"):
        assert not decays_from_zero(activation(text).decomposition)


def test_sides_and_their_roots():
    sides = [side_of(activation("Piecewise((x, x > 0), (exp(x) - 1 - x, True))").decomposition, i) for i in (0, 1)]
    assert [side.hidden_root for side in sides] == [2, 0]
    assert [side.is_expm1 for side in sides] == [False, False]
    assert side_of(activation(CELU).decomposition, 0).is_expm1
    assert not side_of(activation("Piecewise((x, x > 0), (exp(2*x) - exp(x), True))").decomposition, 0).is_expm1


def test_exponentials_less_one_are_written_as_expm1():
    assert stabilised(3 * sp.exp(x / 3) - 3 + x) == 3 * expm1(x / 3) + x
    assert stabilised(sp.exp(x) + 1).has(expm1) is False
    assert sp.diff(expm1(2 * x), x) == 2 * sp.exp(2 * x)
    np.testing.assert_allclose(emit(ELU).load().raw_moments(-1e-12, 0.0, 0), -1e-12 + 5e-25, rtol=1e-15)


def test_coefficients_may_be_arrays():
    """The text of the family with a symbol among its coefficients, against kernels of each value."""
    alpha = sp.Symbol("alpha", real=True)
    expression = sp.Piecewise((x, x > 0), (alpha * (sp.exp(x) - 1), True))
    plan = piecewise_exponential.plan(expression, decompose(expression), ["alpha"])
    names = dict(emit(SELU).load().__dict__)
    names["_activation"] = lambda xp, y, a: np.where(y > 0, y, a * np.expm1(y))
    exec("\n\n".join(plan.functions), names)
    mu, sigma = np.array([0.3, -1.0, -0.01, -4.0, 0.0]), np.array([0.02, 0.7, 0.02, 3.6, 0.0])
    values = [sp.Integer(1), sp.Rational(3, 2), sp.Rational(1, 4), sp.Integer(2), sp.Integer(1)]
    arrays = np.array([float(a) for a in values])
    with np.errstate(all="ignore"):
        moments = names["_raw_moments"](names["xp"], mu, sigma, 3, arrays)
        hermite = names["_hermite_coefficients"](names["xp"], mu, sigma, 3, arrays)
        derivatives = names["_expected_derivatives"](names["xp"], mu, sigma, 3, arrays)
        variance = names["_variance"](names["xp"], mu, sigma, arrays)
    for i, value in enumerate(values):
        single = emit(expression.subs(alpha, value)).load()
        np.testing.assert_allclose([m[i] for m in moments], single.raw_moments(mu[i], sigma[i], 3), rtol=1e-13)
        np.testing.assert_allclose([h[i] for h in hermite], single.hermite_coefficients(mu[i], sigma[i], 3), rtol=1e-13)
        expected = single.expected_derivatives(mu[i], sigma[i], 3)
        np.testing.assert_allclose([d[i] for d in derivatives], expected, rtol=1e-13)
        np.testing.assert_allclose(variance[i], single.variance(mu[i], sigma[i]), rtol=1e-13)


def test_the_cupy_text_gives_the_same_numbers():
    mu, sigma = np.array([-2.0, 0.1, -40.0, 3.0]), np.array([1.0, 0.05, 6.0, 0.0])
    with cupy_or_stand_in():
        stand_in = emit(ELU, target="cupy").load()
        got = [stand_in.raw_moments(mu, sigma, 4), stand_in.hermite_coefficients(mu, sigma, 8)]
        variance = stand_in.variance(mu, sigma)
    kernel = emit(ELU).load()
    np.testing.assert_array_equal(got[0], kernel.raw_moments(mu, sigma, 4))
    np.testing.assert_array_equal(got[1], kernel.hermite_coefficients(mu, sigma, 8))
    np.testing.assert_array_equal(variance, kernel.variance(mu, sigma))


def test_the_reference_sees_a_layer_hidden_in_a_branch():
    """E[exp(min(y, 0))] at sigma = 66000: the layer below 0 is 1e-5 of it, and its width 1 is what shows it."""
    mu, sigma = 22.38, 66000.0
    found = reference(read_definition("exp(Min(x, 0))"), mu, sigma, 1, 30)
    with mpmath.workdps(50):
        m, s = mpmath.mpf(mu), mpmath.mpf(sigma)
        tail = (
            mpmath.npdf(m / s)
            * mpmath.sqrt(mpmath.pi / 2)
            * mpmath.exp((m / s + s) ** 2 / 2)
            * mpmath.erfc((m / s + s) / mpmath.sqrt(2))
        )
        exact = mpmath.ncdf(m / s) + tail
        assert abs(mpmath.mp.make_mpf(found.moments[0]) - exact) < mpmath.mpf(10) ** -28
    split = read_definition("Piecewise((exp(-x), x > 0), (exp(x), True))")
    assert read_definition("exp(-Abs(x))").scales == split.scales


@pytest.mark.parametrize(
    ("text", "function"),
    [
        ("(1 + abs(x))*exp(-abs(x))", lambda y: (1 + abs(y)) * mpmath.exp(-abs(y))),
        ("x*exp(-abs(x))", lambda y: y * mpmath.exp(-abs(y))),
        ("Piecewise((0, x > 0), (exp(x) - 1 - x, True))", lambda y: mpmath.mpf(0) if y > 0 else mpmath.expm1(y) - y),
    ],
)
@pytest.mark.parametrize(
    ("mu", "sigma"), [(0.0, 1e-12), (1e-12, 1e-12), (0.0, 1e-9), (-1.0, 1e-8), (1.0, 1e-3), (-1e-3, 0.06), (-1.0, 0.4)]
)
def test_the_variance_where_the_slope_vanishes_in_no_single_term(text, function, mu, sigma):
    """About 0 the first is 1 - x^2/2, the second has its maximum at 1: increments lost an ulp of g at every node."""
    kernel = emit(text).load()
    with mpmath.workdps(60):
        m, s = mpmath.mpf(mu), mpmath.mpf(sigma)
        places = sorted({mpmath.mpf(z) for z in range(-18, 19, 2)} | ({-m / s} if abs(m) < 18 * s else set()))
        mean = square = mpmath.mpf(0)
        for a, b in itertools.pairwise(places):
            for node, weight in FINE_NODES:
                z = (a + b) / 2 + (b - a) / 2 * node
                share, value = weight * (b - a) / 2 * mpmath.npdf(z), function(m + s * z) - function(m)
                mean, square = mean + share * value, square + share * value**2
        variance = square - mean**2
    assert abs(kernel.variance(mu, sigma) - variance) <= PROMISE * variance
