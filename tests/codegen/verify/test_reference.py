import mpmath
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mp

from codegen.verify import agreement
from codegen.verify import reference as reference_module
from codegen.verify.definition import Definition, Piece, read_definition
from codegen.verify.reference import ReferenceRefusesError, reference
from codegen.verify.smooth import compile_smooth
from symbolic_moments.symbols import x

DIGITS = 30
DEGREE = 6


def ratio(found, expected, scale):
    return abs(mp.make_mpf(found) - expected) / mp.make_mpf(scale)


def relu_moments(mu, sigma):
    """E[y^n relu(y)] by the recurrence of the half-line moments with digits enough to lose (n = 0 .. DEGREE)."""
    t = mp.mpf(mu) / mp.mpf(sigma)
    half = [mp.erfc(-t / mp.sqrt(2)) / 2]
    half.append(t * half[0] + mp.exp(-t * t / 2) / mp.sqrt(2 * mp.pi))
    for n in range(1, DEGREE + 1):
        half.append(t * half[n] + n * half[n - 1])
    return [mp.mpf(sigma) ** (n + 1) * half[n + 1] for n in range(DEGREE + 1)]


def gelu_moments(mu, sigma):
    """E[y^(n+1) Phi(y)] by Stein's recurrence with digits enough to lose (n = 0 .. DEGREE)."""
    mu, variance = mp.mpf(mu), mp.mpf(sigma) ** 2
    scale = mp.sqrt(1 + variance)
    h = mu / scale
    density = mp.exp(-h * h / 2) / mp.sqrt(2 * mp.pi)
    tilted = [mp.mpf(1), mu / scale**2]
    for n in range(1, DEGREE + 1):
        tilted.append(mu / scale**2 * tilted[n] + n * variance / scale**2 * tilted[n - 1])
    moments = [mp.erfc(-h / mp.sqrt(2)) / 2]
    for n in range(DEGREE + 1):
        lower = n * moments[n - 1] if n else 0
        moments.append(mu * moments[n] + variance * (lower + density / scale * tilted[n]))
    return moments[1:]


EXACT = {"Max(x, 0)": relu_moments, "x*Phi(x)": gelu_moments}
HARD = [(-37.3, 1.0), (-1e3, 1e-12), (1e3, 1e-12), (-3.0, 1.0), (0.0, 1e6), (-1e-6, 1e6), (-1e3, 27.0), (20.0, 0.5)]


@pytest.mark.parametrize("text", EXACT)
@pytest.mark.parametrize(("mu", "sigma"), HARD)
def test_moments_against_recurrences_at_400_digits(text, mu, sigma):
    found = reference(read_definition(text), mu, sigma, DEGREE, DIGITS)
    with mpmath.workdps(400):
        for n, expected in enumerate(EXACT[text](mu, sigma)):
            assert ratio(found.moments[n], expected, found.magnitudes[n]) < mp.mpf(10) ** -DIGITS


@settings(deadline=None, max_examples=15)
@given(st.floats(-37, 37), st.floats(-12, 6))
def test_random_points(t, exponent):
    sigma = 10.0**exponent
    mu = t * sigma
    found = reference(read_definition("Max(x, 0)"), mu, sigma, DEGREE, DIGITS)
    with mpmath.workdps(400):
        for n, expected in enumerate(relu_moments(mu, sigma)):
            assert ratio(found.moments[n], expected, found.magnitudes[n]) < mp.mpf(10) ** -DIGITS


@pytest.mark.parametrize(
    "text", ["Piecewise((exp(x) - 1, x < 0), (x, True))", "tanh(x)", "log(1 + exp(x))", "x*sin(x)"]
)
def test_outside_the_closed_families_against_plain_quadrature(text):
    definition = read_definition(text)
    mu, sigma = 0.75, 1.5
    found = reference(definition, mu, sigma, 3, 20)

    def g(y):
        return mp.make_mpf(definition.value(y._mpf_, 150))

    with mpmath.workdps(40):

        def integral(f):
            return mp.quad(lambda y: f(y) * mp.npdf(y, mu, sigma), mp.linspace(-24, 24, 25))

        for n in (0, 3):
            assert ratio(found.moments[n], integral(lambda y, n=n: y**n * g(y)), found.magnitudes[n]) < 1e-20
        mean = integral(g)
        assert abs(mp.make_mpf(found.variance) / integral(lambda y: (g(y) - mean) ** 2) - 1) < 1e-20
        third = integral(lambda y: mp.hermite(3, (y - mu) / sigma / mp.sqrt(2)) / mp.sqrt(8) * g(y))
        assert abs(mp.make_mpf(found.hermite[3]) - third) < 1e-20


def test_hermite_coefficients_and_variance_of_relu():
    mu, sigma = -2.0, 1.25
    found = reference(read_definition("Max(x, 0)"), mu, sigma, DEGREE, DIGITS)
    with mpmath.workdps(60):
        t = mp.mpf(mu) / sigma
        density = mp.npdf(t)
        expected = [None, sigma * mp.ncdf(t), sigma * density, -sigma * t * density, sigma * (t * t - 1) * density]
        for k in range(1, 5):
            assert abs(mp.make_mpf(found.hermite[k]) - expected[k]) < mp.mpf(10) ** -DIGITS
        mean, second = sigma * (t * mp.ncdf(t) + density), sigma**2 * ((t * t + 1) * mp.ncdf(t) + t * density)
        assert abs(mp.make_mpf(found.second_moment) / second - 1) < mp.mpf(10) ** -DIGITS
        assert abs(mp.make_mpf(found.variance) / (second - mean**2) - 1) < mp.mpf(10) ** -(DIGITS - 3)


def test_variance_keeps_its_digits_where_squares_cancel():
    found = reference(read_definition("x**2"), 1e3, 1e-12, 2, DIGITS)
    with mpmath.workdps(80):
        mu, variance = mp.mpf(1e3), mp.mpf(1e-12) ** 2
        exact = 4 * mu**2 * variance + 2 * variance**2
        assert abs(mp.make_mpf(found.variance) / exact - 1) < mp.mpf(10) ** -DIGITS


def test_square_peaks_elsewhere_than_the_function():
    """E[gelu^2] at mu = -37: the integrand's peak is 25 standard deviations from mu, and not that of E[gelu]."""
    found = reference(read_definition("x*Phi(x)"), -37.0, 1.0, 2, DIGITS)
    with mpmath.workdps(60):

        def integrand(y):
            return (y * mp.ncdf(y)) ** 2 * mp.exp(-((y + 37) ** 2 - (37 - mp.mpf(12)) ** 2) / 2 + 150)

        exact = mp.quad(integrand, mp.linspace(-40, 12, 27)) * mp.exp(-((37 - mp.mpf(12)) ** 2) / 2 - 150)
        assert abs(mp.make_mpf(found.second_moment) * mp.sqrt(2 * mp.pi) / exact - 1) < mp.mpf(10) ** -25


def test_point_mass():
    found = reference(read_definition("Heaviside(x)"), 0.0, 0.0, 2, DIGITS)
    assert [float(mp.make_mpf(moment)) for moment in found.moments] == [0.5, 0.0, 0.0]
    assert float(mp.make_mpf(found.second_moment)) == 0.25
    assert float(mp.make_mpf(found.variance)) == 0.0


def test_a_moment_that_does_not_exist_is_refused():
    expression = sp.exp(x**2)
    piece = Piece(expression, compile_smooth(expression, x))
    definition = Definition("exp(x**2)", expression, (), (piece,), ())
    with pytest.raises(ReferenceRefusesError, match="does not fall off"):
        reference(definition, 0.0, 1.0, 2, DIGITS)


def test_rules_that_do_not_agree_give_no_value(monkeypatch):
    monkeypatch.setattr(agreement, "_DEEPEST", 1)
    monkeypatch.setattr(reference_module, "_orders", lambda digits, degree, definition: (8, 10))
    with pytest.raises(ReferenceRefusesError, match="do not agree to 30 digits"):
        reference(read_definition("Max(x, 0)"), 0.5, 1.0, 2, DIGITS)


@pytest.mark.parametrize(("mu", "sigma"), [(-37.0, 1.0), (12.0, 0.5), (-900.0, 25.0)])
def test_a_saturated_function_keeps_its_deviation(mu, sigma):
    """E[erf'(y)] = 2/sqrt(pi) exp(-mu^2/(1 + 2 sigma^2))/sqrt(1 + 2 sigma^2), hundreds of digits below erf = 1."""
    found = reference(read_definition("erf(x)"), mu, sigma, 2, DIGITS)
    with mpmath.workdps(60):
        widened = 1 + 2 * mp.mpf(sigma) ** 2
        slope = 2 / mp.sqrt(mp.pi) * mp.exp(-(mp.mpf(mu) ** 2) / widened) / mp.sqrt(widened)
        deviation = mp.sqrt(mp.make_mpf(found.variance))
        assert deviation > 0
        assert abs(mp.make_mpf(found.hermite[1]) - sigma * slope) < mp.mpf(10) ** -DIGITS * deviation
        assert deviation >= sigma * slope * (1 - mp.mpf(10) ** -DIGITS)
