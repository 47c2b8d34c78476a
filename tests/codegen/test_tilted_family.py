"""Exponentials, Gaussians, sines and their products on the whole line: kernels against the definition."""

import math

import mpmath
import numpy as np
import pytest
import sympy as sp
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from codegen import emit
from codegen.families.tilted import covers
from codegen.verify import verify
from codegen.verify.cupy_stand_in import cupy_or_stand_in
from symbolic_moments import activation
from symbolic_moments.symbols import x

DIGITS = 40
# expression -> fastest rate, frequency and Gaussian coefficient of g: they say how fine the trapezoidal rule must be
ACTIVATIONS = {
    "exp(x)": (1, 0, 0),
    "sin(x)": (0, 1, 0),
    "cos(3*x/7)": (0, 1, 0),
    "x + sin(2*x)**2/2": (0, 4, 0),
    "x*cos(x)": (0, 1, 0),
    "exp(-x**2)": (0, 0, 1),
    "exp(-x**2)*sin(x)": (0, 1, 1),
    "x*exp(-x**2)": (0, 0, 1),
    "sin(x)*exp(-x**2/2)": (0, 1, 1),
    "exp(-(x - 1)**2)": (0, 0, 1),
    "sinh(x/2)": (1, 0, 0),
    "x - sin(x)": (0, 1, 0),
    "1 - exp(-x**2)": (0, 0, 1),
    "x*cos(x) - sin(x)": (0, 1, 0),
    "sin(x)**2": (0, 2, 0),
    "exp(-x/3)*cos(sqrt(2)*x)": (1, 2, 0),
}
KERNELS: dict[str, object] = {}


def kernel(text):
    if text not in KERNELS:
        KERNELS[text] = emit(text).load()
    return KERNELS[text]


class Defined:
    """E[y^n g], E|y^n g|, c_k, E[g^2] and Var g by the trapezoidal rule in z, at two steps that must agree."""

    def __init__(self, text, mu, sigma, degree, order):
        self.function = sp.lambdify(x, activation(text).expression, "mpmath")
        rate, frequency, square = ACTIVATIONS[text]
        with mpmath.workdps(DIGITS + 45):
            mu, sigma = mpmath.mpf(mu), mpmath.mpf(sigma)
            shift = 4 * square * abs(mu) * sigma / (1 + 4 * square * sigma**2)
            reach = mpmath.mpf(20) + 2 * rate * sigma + shift
            turns = 2 * (rate + frequency) * sigma + mpmath.sqrt(500 * (1 + 4 * square * sigma**2))
            fine = self.sums(mu, sigma, degree, order, reach, 2 * mpmath.pi / turns)
            coarse = self.sums(mu, sigma, degree, order, reach, 2 * mpmath.pi / turns * mpmath.mpf("1.1"))
            size = fine["size"]
            widths = {"moments": size, "hermite": [size[0] * mpmath.factorial(k) for k in range(order + 3)]}
            for name, scales in widths.items():
                for one, two, scale in zip(fine[name], coarse[name], scales, strict=True):
                    assert abs(one - two) <= scale * mpmath.mpf(10) ** -60
            self.moments, self.hermite, self.size = fine["moments"], fine["hermite"], size
            self.square = fine["square"]
            self.variance = fine["square"] - fine["hermite"][0] ** 2

    def sums(self, mu, sigma, degree, order, reach, step):
        count = int(reach / step)
        moments, size = [mpmath.mpf(0)] * (degree + 1), [mpmath.mpf(0)] * (degree + 1)
        hermite, square = [mpmath.mpf(0)] * (order + 3), mpmath.mpf(0)
        for i in range(-count, count + 1):
            z = i * step
            y = mu + sigma * z
            value = self.function(y)
            weighted = value * mpmath.exp(-z * z / 2) * step / mpmath.sqrt(2 * mpmath.pi)
            square += weighted * value
            power = weighted
            for n in range(degree + 1):
                moments[n] += power
                size[n] += abs(power)
                power *= y
            before, current = mpmath.mpf(0), weighted
            for k in range(order + 3):
                hermite[k] += current
                before, current = current, z * current - k * before
        return {"moments": moments, "size": size, "hermite": hermite, "square": square}

    def allowed(self, k, mu, sigma, promise=2e-14):
        """Largest error of c_k: relative to sd(g) sqrt(k!), or what 4 ulp of mu or sigma would change."""
        by_mu = abs(self.hermite[k + 1]) * math.ulp(mu)
        by_sigma = abs(k * self.hermite[k] + self.hermite[k + 2]) * math.ulp(sigma)
        change = 4 * max(by_mu, by_sigma) / sigma
        return max(promise * mpmath.sqrt(self.variance * mpmath.factorial(k)), change)


def agrees(text, mu, sigma, degree=8, order=8):
    wanted = Defined(text, mu, sigma, degree, order)
    made = kernel(text)
    if not 1e-250 < wanted.square < 1e250 or wanted.variance < wanted.square * mpmath.mpf(10) ** -45:
        return  # beyond the doubles, or constant to all digits of the reference
    for n, value in enumerate(made.raw_moments(mu, sigma, degree)):
        assert abs(float(value) - wanted.moments[n]) <= 2e-14 * wanted.size[n], ("moment", n)
    coefficients = made.hermite_coefficients(mu, sigma, order)
    assert abs(float(coefficients[0]) - wanted.moments[0]) <= 2e-14 * wanted.size[0]
    for k in range(1, order + 1):
        assert abs(float(coefficients[k]) - wanted.hermite[k]) <= wanted.allowed(k, mu, sigma), ("coefficient", k)
    assert abs(float(made.second_moment(mu, sigma)) - wanted.square) <= 2e-14 * wanted.square
    slack = max(2e-14 * wanted.variance, 2 * wanted.allowed(1, mu, sigma) * mpmath.sqrt(wanted.variance))
    assert abs(float(made.variance(mu, sigma)) - wanted.variance) <= slack


@pytest.mark.parametrize("text", ACTIVATIONS)
@settings(max_examples=8, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(
    mu=st.one_of(st.floats(-3, 3), st.floats(-1000, 1000), st.floats(-1e-6, 1e-6)),
    logarithm=st.floats(-9, 1),
)
def test_kernels_agree_with_the_definition(text, mu, logarithm):
    agrees(text, mu / 25 if ACTIVATIONS[text][2] else mu, 10.0**logarithm)


@pytest.mark.parametrize("text", ["x + sin(2*x)**2/2", "sin(x)**2", "x - sin(x)", "sin(x)"])
@pytest.mark.parametrize("sigma", [1e-9, 1e-4])
def test_roots_and_flat_places_keep_their_digits(text, sigma):
    """g or g' has double and triple roots at multiples of pi/8: what is left there is sigma^2 or sigma^3."""
    for eighths in (-1, 3, 8, 16):
        for nudge in (0.0, 1e-9):
            agrees(text, eighths * math.pi / 8 + nudge, sigma)


@pytest.mark.parametrize("mu", [-25.7, 24.0])
def test_gaussian_tail_is_compensated(mu):
    wanted = Defined("exp(-x**2)", mu, 0.003, 0, 0).moments[0]
    spread = 1 + 2 * 0.003**2
    plain = math.exp(-mu * mu / spread) / math.sqrt(spread)
    assert abs(plain - wanted) > 2e-14 * wanted
    assert abs(float(kernel("exp(-x**2)").raw_moments(mu, 0.003, 0)[0]) - wanted) < 1e-15 * wanted


def test_angles_are_right_far_out():
    """3 mu / 7 at mu = 999.9: the angle's own rounding is 5e-14."""
    mu, sigma = 999.9, 1e-3
    with mpmath.workdps(30):
        exact = mpmath.cos(mpmath.mpf(3) / 7 * mpmath.mpf(mu)) * mpmath.exp(-((mpmath.mpf(3) / 7 * sigma) ** 2) / 2)
    assert abs(kernel("cos(3*x/7)").raw_moments(mu, sigma, 0)[0] - exact) < 2e-16


@pytest.mark.parametrize("sigma", [40.0, 1e3, 1e6])
def test_wide_gaussians_see_only_the_mean_of_a_wave(sigma):
    """The phase is uniform: every Fourier mode is below exp(-(4 sigma)^2 / 2), 0 in double precision."""
    snake, line = kernel("x + sin(2*x)**2/2"), emit("x + 1/4").load()
    for mu in (-1e3, 0.3, 77.0):
        got, wanted = snake.raw_moments(mu, sigma, 8), line.raw_moments(mu, sigma, 8)
        size = [(abs(mu) + sigma) ** (n + 1) * math.prod(range(n, 0, -2)) for n in range(9)]
        assert np.all(np.abs(got - wanted) <= 2e-14 * np.array(size))
        np.testing.assert_allclose(snake.variance(mu, sigma), sigma**2 + 1 / 32, rtol=1e-15)
        np.testing.assert_array_equal(snake.hermite_coefficients(mu, sigma, 6)[2:], 0)


@pytest.mark.parametrize("mu", [-1e3, 0.7, 1e3])
def test_a_narrow_function_under_a_wide_gaussian(mu):
    """sigma = 1e6: E[y^n exp(-y^2)] from its own integral over |y| < 14."""
    sigma = 1e6
    with mpmath.workdps(40):
        for n, got in enumerate(kernel("exp(-x**2)").raw_moments(mu, sigma, 4)):
            wanted = mpmath.quad(
                lambda y, n=n: y**n * mpmath.exp(-y * y) * mpmath.npdf(y, mu, sigma), [-14, -5, 0, 5, 14]
            )
            size = mpmath.quad(lambda y, n=n: abs(y**n) * mpmath.exp(-y * y) * mpmath.npdf(y, mu, sigma), [-14, 0, 14])
            assert abs(float(got) - wanted) <= 2e-14 * size


@pytest.mark.parametrize("text", ["exp(x)", "exp(-x)", "sinh(x)", "x*exp(x)", "exp(x)*cos(x/4)", "exp(x) - 1"])
def test_overflow_is_infinite_and_never_nan(text):
    mu = np.array([-1e3, -1.0, 0.0, 1.0, 1e3])[:, None]
    sigma = np.array([0.0, 1e-9, 1.0, 30.0, 1e3, 1e6])[None]
    made = emit(text).load()
    for values in (
        made.raw_moments(mu, sigma, 8),
        made.hermite_coefficients(mu, sigma, 16),
        made.second_moment(mu, sigma),
        made.variance(mu, sigma),
    ):
        assert not np.isnan(values).any()


def test_exp_overflows_where_its_mean_does():
    made = kernel("exp(x)")
    assert made.raw_moments(0.0, 1e6, 0)[0] == np.inf
    assert made.raw_moments(-1e3, 1.0, 0)[0] == 0.0
    with mpmath.workdps(30):
        wanted = mpmath.exp(mpmath.mpf(-700) + mpmath.mpf(37.0) ** 2 / 2)
    np.testing.assert_allclose(made.raw_moments(-700.0, 37.0, 0)[0], float(wanted), rtol=4e-16)
    # sigma^16 e^1000 is a double although e^1000 is none
    with mpmath.workdps(30):
        wanted = mpmath.mpf(1e-18) ** 16 * mpmath.exp(mpmath.mpf(1000) + mpmath.mpf(1e-36) / 2)
    np.testing.assert_allclose(made.hermite_coefficients(1e3, 1e-18, 16)[16], float(wanted), rtol=1e-14)


@pytest.mark.parametrize("text", ["x + sin(2*x)**2/2", "exp(-x**2)*sin(x)", "x*cos(x)", "exp(x)", "x - sin(x)"])
def test_at_sigma_zero_derivatives_are_those_of_the_function(text):
    expression = activation(text).expression
    mu = np.array([-math.pi / 8, 0.0, 0.3, 2.0])
    got = kernel(text).expected_derivatives(mu, 0.0, 5)
    for k in range(6):
        derivative = sp.diff(expression, x, k)
        for place, value in zip(mu, got[k], strict=True):
            exact = sp.N(derivative.subs(x, sp.Rational(float(place))), 30)
            size = max(abs(float(exact)), 1e-14 if exact == 0 else 0)
            assert abs(value - float(exact)) <= 1e-13 * size + 1e-16 * (k > 0), (k, place)


@pytest.mark.parametrize("text", ["sin(x)", "exp(-x**2)", "x*cos(x)", "exp(-x**2)*sin(x)", "x + sin(2*x)**2/2"])
def test_variance_is_the_sum_of_its_hermite_terms(text):
    mu, sigma = np.array([0.0, 1.5, -4.0]), np.array([0.9, 0.4, 1.1])
    coefficients = kernel(text).hermite_coefficients(mu, sigma, 160)
    assert np.isfinite(coefficients).all()
    weights = np.array([1 / float(mpmath.factorial(k)) for k in range(161)])[1:, None]
    np.testing.assert_allclose(kernel(text).variance(mu, sigma), (coefficients[1:] ** 2 * weights).sum(0), rtol=1e-12)


def test_covered_are_whole_lines_only():
    assert all(covers(activation(text).decomposition) for text in ACTIVATIONS)
    for text in (
        "Max(x, 0)",
        "Piecewise((x, x > 0), (exp(x) - 1, True))",
        "tanh(x)",
        "exp(-(x - 50)**2)",
        "sin(x)**40",
    ):
        assert not covers(activation(text).decomposition), text


@pytest.mark.parametrize("text", ["x + sin(2*x)**2/2", "exp(-x**2)*sin(x)", "sinh(x/2)"])
def test_cupy_text_gives_the_same_numbers(text):
    with cupy_or_stand_in() as stand_in:
        if not stand_in:
            pytest.skip("CuPy is installed: its special functions differ in the last bits")
        made = emit(text, target="cupy").load()
        mu, sigma = np.array([0.0, 0.5, -3.0, 200.0]), np.array([0.0, 1e-3, 1.0, 7.0])
        for name in ("raw_moments", "hermite_coefficients", "expected_derivatives"):
            np.testing.assert_array_equal(getattr(made, name)(mu, sigma, 5), getattr(kernel(text), name)(mu, sigma, 5))
        np.testing.assert_array_equal(made.variance(mu, sigma), kernel(text).variance(mu, sigma))


POINTS = [(0.3, 1.0), (-math.pi / 4, 1e-8), (20.0, 2.0), (1.0, 60.0), (-2.0, 1e6), (0.5, 0.0)]


@pytest.mark.parametrize("text", ["x + sin(x)**2", "exp(x)", "exp(-x**2)*sin(x)"])
def test_verify_passes(text, tmp_path):
    path = emit(text).write(tmp_path / "kernel.py")
    certificate = verify(path, digits=25, degree=3, points=POINTS)
    assert certificate.passed, str(certificate)


def test_verify_catches_a_planted_error(tmp_path):
    source = emit("x + sin(x)**2").source
    original = "damping(xp, sigma, 1, frequency)"
    assert original in source
    path = tmp_path / "kernel.py"
    path.write_text(source.replace(original, f"{original} * (1 + xp.rational(1, 10**12))"))
    assert not verify(path, digits=25, degree=3, points=POINTS[:3]).passed


@pytest.mark.parametrize(
    ("text", "function", "root"),
    [
        ("cos(sqrt(2)*x + 1)", lambda y: mpmath.cos(mpmath.sqrt(2) * y + 1), 0.403613953353044),
        ("sin(x + 1/1000)", lambda y: mpmath.sin(y + mpmath.mpf(1) / 1000), -0.001),
        ("1 - sin(x + 1)", lambda y: 1 - mpmath.sin(y + 1), 0.5707963267948966),
        ("sin(x) + cos(x) - 1", lambda y: mpmath.sin(y) + mpmath.cos(y) - 1, 1e-9),
        ("cos(x) - 1", lambda y: mpmath.cos(y) - 1, 1e-7),
        ("x*sin(2*x + 1)", lambda y: y * mpmath.sin(2 * y + 1), -0.5000000001),
    ],
)
def test_a_wave_with_a_phase_keeps_its_digits_next_to_its_roots(text, function, root):
    kernel = emit(text).load()
    with mpmath.workdps(60):
        exact = function(mpmath.mpf(root))
        beside = max(abs(function(mpmath.mpf(float(end)))) for end in (np.nextafter(root, -9), np.nextafter(root, 9)))
        for found in (kernel.activation(root), kernel.raw_moments(root, 0.0, 0)[0]):
            assert abs(mpmath.mpf(float(found)) - exact) <= 1e-14 * abs(exact) + 1e-3 * beside
        slope = mpmath.diff(function, mpmath.mpf(root), 3)
        found = kernel.expected_derivatives(root, 0.0, 3)[3]
        assert abs(mpmath.mpf(float(found)) - slope) <= 1e-14 * abs(slope)
