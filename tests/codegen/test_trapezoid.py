"""The trapezoidal rule in z: where it is used, what it costs in digits, and what takes over beyond it."""

import itertools

import mpmath
import numpy as np
import pytest
import sympy as sp

from codegen import emit
from codegen.kink_limits import kink_limits
from codegen.panel_plan import panel_plan
from codegen.primitives.trapezoid import trapezoid_rule
from codegen.shared_terms import shared_terms_text
from codegen.stable_forms import derivative, sigmoid, stabilised, tanh
from codegen.stable_functions import root_above
from codegen.trapezoid_plan import STEPS, trapezoid_plan
from codegen.verify import verify
from numeric_backend import kernels
from symbolic_moments.language import read_expression
from symbolic_moments.symbols import x

GELU_TANH = "x/2*(1 + tanh(sqrt(2/pi)*(x + 0.044715*x**3)))"


def planned(text):
    function = stabilised(read_expression(text))
    slope = derivative(function, x)
    return trapezoid_plan((function, slope), x, [panel_plan(one, x, ()) for one in (function, slope)], ())


@pytest.fixture(scope="module")
def kernel():
    loaded = {}

    def load(text):
        if text not in loaded:
            loaded[text] = emit(text).load()
        return loaded[text]

    return load


def defined(function, mu, sigma, n, shift=0.0):
    """E[y^n g(y)] and E|y^n g(y)| by mpmath, offsets and the peak (``shift`` standard deviations off) taken out."""
    with mpmath.workdps(25):
        mu, sigma, shift = (mpmath.mpf(value) for value in (mu, sigma, shift))
        points = [shift + mpmath.mpf(j) for j in range(-12, 13)]
        root = -mu / sigma
        points = sorted({*points, root} if points[0] < root < points[-1] else points)
        top = max(abs(function(mu + sigma * z)) * mpmath.npdf(z) for z in points if z != root)

        def value(z):
            y = mu + sigma * z
            return y**n * function(y) * mpmath.npdf(z) / top

        parts = [mpmath.quad(value, pair, method="gauss-legendre", maxdegree=5) for pair in itertools.pairwise(points)]
        return mpmath.fsum(parts) * top, mpmath.fsum(map(abs, parts)) * top


def test_reach_follows_the_nearest_singularity():
    """tanh has its poles at half the distance of the sigmoid's, pi; exp(-2 pi d / h) leaves 16 digits near pi / 2."""
    wide, narrow = planned("sigmoid(x)"), planned("tanh(x)")
    assert [step for step, _ in wide.classes] == list(STEPS)
    for (step, limit), (_, half) in zip(wide.classes, narrow.classes, strict=True):
        assert abs(limit - 2 * half) <= sp.Rational(1, 10) * limit
        d = np.pi / float(limit)
        assert 32 < 2 * np.pi * d / float(step) - d * d / 2 < 60
    assert wide.span is None


def test_kinks_leave_no_trapezoid():
    function = read_expression("x/(1 + abs(x))")
    slope = derivative(function, x)
    plans = [panel_plan(one, x, (sp.Integer(0),)) for one in (function, slope)]
    assert trapezoid_plan((function, slope), x, plans, (sp.Integer(0),)) is None


@pytest.mark.parametrize("step", STEPS)
def test_weights_are_orthogonal_to_hermite_polynomials(kernel, step):
    xp = kernel("sigmoid(x)").xp
    z, weights = trapezoid_rule(xp, (int(step.p), int(step.q)), (0, 3), 17, 16)
    assert z[0] <= -10.5
    assert z[-1] >= 13.5
    sums = weights.sum(axis=1) / np.sqrt([float(mpmath.factorial(k)) for k in range(17)])
    assert abs(sums[0] - 1) < 4e-16
    assert (np.abs(sums[1:]) < 2e-15).all()


SEAM_CASES = {
    "sigmoid(x)": lambda t: 1 / (1 + mpmath.exp(-t)),
    "x*tanh(log(1+exp(x)))": lambda t: t * mpmath.tanh(mpmath.log1p(mpmath.exp(t))),
    "atan(x)": mpmath.atan,
}


@pytest.mark.parametrize("text", SEAM_CASES)
def test_both_sides_of_every_class_agree_with_the_definition(kernel, text):
    module = kernel(text)
    classes, *_ = module._rules(module.xp)
    for _, limit in (classes[0], classes[-1]):
        for sigma in (limit, np.nextafter(limit, np.inf)):
            for mu in (0.3, -2.5 * limit):
                got = module.raw_moments(mu, sigma, 8)
                for n in (0, 8):
                    wanted, size = defined(SEAM_CASES[text], mu, sigma, n)
                    assert abs(got[n] - wanted) <= 1e-14 * size, (text, mu, sigma, n)


@pytest.mark.parametrize(("mu", "sigma"), [(-30.0, 2.0), (-300.0, 2.5), (-9.0, 3.0), (-40.0, 6.0), (500.0, 8.0)])
def test_decay_moves_the_window(kernel, mu, sigma):
    """silu far left: the integrand peaks sigma^2 to the right of mu."""
    module = kernel("x*sigmoid(x)")
    got = module.raw_moments(mu, sigma, 4)
    shift = min(-mu / sigma, sigma) if mu < 0 else 0
    for n in (0, 4):
        wanted, size = defined(lambda t: t / (1 + mpmath.exp(-t)), mu, sigma, n, shift)
        assert abs(got[n] - wanted) <= 5e-14 * size


def bump_coefficients(mu, sigma, degree):
    """c_k of x exp(-x^2) in closed form: sigma^k d^k/dmu^k of mu r^3 exp(-mu^2 r^2), r^2 = 1 / (1 + 2 sigma^2)."""
    with mpmath.workdps(60):
        mu, sigma = mpmath.mpf(mu), mpmath.mpf(sigma)
        square = 1 / (1 + 2 * sigma**2)
        h, root = mpmath.sqrt(2 * square) * mu, mpmath.sqrt(2 * square)
        density = mpmath.exp(-h * h / 2)
        # mu exp(-mu^2 r^2) = h phi-like: its k-th derivative is (-root)^k (He_(k+1)(h) / root) density
        he = [mpmath.mpf(1), h]
        for k in range(1, degree + 2):
            he.append(h * he[k] - k * he[k - 1])
        scale = square * mpmath.sqrt(square) / root * density
        return [(-1) ** k * (sigma * root) ** k * he[k + 1] * scale for k in range(degree + 1)]


@pytest.mark.parametrize(
    ("mu", "sigma"),
    [(-37.5, 1.0), (30.0, 1.5), (-85.7, 3.15), (0.4, 0.2), (8.5, 0.3), (2.0, 40.0), (-1.3, 8.5e5), (60.0, 12.0)],
)
def test_tails_that_fall_faster_than_any_exponential(kernel, mu, sigma):
    module = kernel("x*exp(-x**2)")
    wanted = [float(value) for value in bump_coefficients(mu, sigma, 6)]
    got = module.hermite_coefficients(mu, sigma, 6)
    deviation = np.sqrt(module.variance(mu, sigma))
    size = max(abs(wanted[0]), np.exp(-((mu / sigma) ** 2) / 2) / sigma / 3 if sigma > 10 else 0)  # int |g| = 1
    assert abs(got[0] - wanted[0]) <= 5e-14 * size
    for k in range(1, 7):
        assert abs(got[k] - wanted[k]) <= 5e-14 * deviation * np.sqrt(float(mpmath.factorial(k)))


@pytest.mark.parametrize(("mu", "sigma"), [(-8.0, 0.5), (-9.0, 1.0), (-20.0, 1.5), (-3.0, 0.01)])
def test_tanh_form_of_gelu_keeps_its_left_tail(kernel, mu, sigma):
    """1 + tanh(u) has no digit left at u = -20 unless it is written as 2 sigmoid(2u)."""

    def gelu_tanh(t):
        u = mpmath.sqrt(2 / mpmath.pi) * (t + mpmath.mpf("0.044715") * t**3)
        return t / (1 + mpmath.exp(-2 * u))

    spread = mpmath.linspace(mu, mpmath.mpf(0), 400)
    peak = max(spread, key=lambda y: abs(gelu_tanh(y)) * mpmath.npdf(y, mu, sigma))
    wanted, size = defined(gelu_tanh, mu, sigma, 0, (peak - mu) / sigma)
    assert abs(kernel(GELU_TANH).raw_moments(mu, sigma, 0)[0] - wanted) <= 5e-14 * size


def test_square_root_less_one_keeps_its_digits(kernel):
    """E[sqrt(1 + y^2) - 1] = sigma^2 / 2 - 3 sigma^4 / 8 + ... at mu = 0."""
    for sigma in (1e-9, 1e-4):
        wanted = sigma**2 / 2 - 3 * sigma**4 / 8
        assert kernel("sqrt(1 + x**2) - 1").raw_moments(0.0, sigma, 0)[0] == pytest.approx(wanted, rel=1e-14)


def test_slopes_do_not_cancel():
    for text, wanted in (("x/(1 + abs(x))", 1 / (1 + sp.Abs(x)) ** 2), ("x - tanh(x)", tanh(x) ** 2)):
        assert derivative(stabilised(read_expression(text)), x) == wanted
    assert stabilised(1 + sp.tanh(x)) == 2 * sigmoid(2 * x)


@pytest.mark.parametrize("place", [1e-9, 0.1, 849.0])
def test_a_root_less_a_number_does_not_cancel(kernel, place):
    assert stabilised(sp.sqrt(4 + x**2) - 2) == root_above(x, 4, 2, 0)
    with mpmath.workdps(40):
        exact = mpmath.sqrt(4 + mpmath.mpf(place) ** 2) - 2
    assert kernel("sqrt(4 + x**2) - 2").activation(place) == pytest.approx(float(exact), rel=4e-16)


@pytest.mark.parametrize("place", [-1e-6, 1e-6, -3e-4, -30.0])
def test_odd_derivatives_of_a_root_are_small_next_to_0(place):
    found = kernels.load("squareplus").expected_derivatives(place, 0.0, 7, b=16.0)
    with mpmath.workdps(60):
        exact = [mpmath.diff(lambda t: (t + mpmath.sqrt(t * t + 16)) / 2, mpmath.mpf(place), k) for k in range(8)]
    np.testing.assert_allclose(found, [float(one) for one in exact], rtol=1e-13)


def test_derivatives_at_a_kink_are_the_means_of_both_sides(kernel):
    """x/(1 + |x|): the second derivative jumps from 2 to -2 at 0, and the third has no limit."""
    module = kernel("x/(1 + abs(x))")
    assert kink_limits(read_expression("x/(1 + abs(x))"), x, sp.Integer(0)) == [1, 0]
    np.testing.assert_array_equal(module.expected_derivatives(0.0, 0.0, 4), [0, 1, 0, np.nan, np.nan])
    np.testing.assert_allclose(module.expected_derivatives(0.0, 1e-8, 2), [0, 1, 0], atol=1e-7)
    np.testing.assert_allclose(module.expected_derivatives(1.0, 0.0, 3), [1 / 2, 1 / 4, -1 / 4, 3 / 8], rtol=1e-14)


def test_log_cosh_is_right_everywhere(kernel):
    places = [0.0, 1e-150, 1e-9, 0.3, -1.0, 5.0, -40.0, 699.0, 701.0, -1e6]
    got = kernel("log(cosh(x))").activation(places)
    with mpmath.workdps(50):
        for value, place in zip(got, places, strict=True):
            size = abs(mpmath.mpf(place))
            wanted = size + mpmath.log1p(mpmath.expm1(-2 * size) / 2) if size > 1e-20 else size**2 / 2
            assert abs(value - wanted) <= 5e-16 * wanted


def test_shared_terms_give_the_same_values(kernel):
    module = kernel("x*tanh(log(1+exp(x)))")
    places = np.linspace(-30, 30, 121)
    value, slope = module._value_and_slope(module.xp, places)
    np.testing.assert_array_equal(value, module.activation(places))
    np.testing.assert_allclose(slope, module._derivative(module.xp, places), rtol=1e-15)
    assert len(shared_terms_text((read_expression("tanh(x)*x"), read_expression("tanh(x)**2")))) == 2


def test_rows_do_not_depend_on_their_neighbours(kernel):
    """Rows of different classes, panels and a point mass in one call; each as if it were alone."""
    module = kernel("x*sigmoid(x)")
    mu = np.array([0.5, -700.0, 3.0, np.nan, 40.0, -2.0, 1.0])
    sigma = np.array([0.1, 3.0, 0.0, 1.0, 50.0, -1.0, 7.0])
    together = module.hermite_coefficients(mu, sigma, 4)
    for column in range(len(mu)):
        alone = module.hermite_coefficients(mu[column], sigma[column], 4)
        np.testing.assert_allclose(together[:, column], alone, rtol=1e-13, atol=1e-300)
    assert np.isnan(together[:, [3, 5]]).all()


def test_kernels_verify_at_the_regimes(kernel, tmp_path):
    points = [(0.5, 0.3), (-2.0, 3.0), (3.0, 0.0), (-37.5, 1.0), (1.0, 50.0)]
    source = emit("x*exp(-x**2)")
    certificate = verify(source.write(tmp_path / "bump.py"), digits=30, degree=3, points=points)
    assert certificate.passed, certificate.worst


@pytest.mark.parametrize(
    ("planted", "mended"),
    [("'trapezoid_window': 56", "'trapezoid_window': 20"), ("((1, 2), xp.rational(", "((3, 2), xp.rational(")],
)
def test_a_short_window_or_a_coarse_step_is_noticed(tmp_path, planted, mended):
    text = emit("sigmoid(x)").source
    assert planted in text
    path = tmp_path / "wrong.py"
    path.write_text(text.replace(planted, mended))
    certificate = verify(path, digits=30, degree=2, points=[(0.3, 0.5), (-1.0, 0.4)])
    assert not certificate.passed
