"""Kernels that take parameters at run time, against quadrature of their definitions."""

import math
import re

import mpmath
import numpy as np
import pytest
import sympy as sp

from codegen import NoKernelError, emit
from codegen.verify.cupy_stand_in import cupy_or_stand_in
from numeric_backend import kernels
from symbolic_moments import activation
from symbolic_moments.activations import ActivationRecord
from symbolic_moments.parameters import POSITIVE, REAL, Parameter

SEQUENCES = ("raw_moments", "hermite_coefficients", "expected_derivatives")
VALUES = ("second_moment", "variance")


def record(name, expression, *parameters, family="PP"):
    return ActivationRecord(name, expression, family, (), tuple(Parameter(*parameter) for parameter in parameters))


LEAKY = "leaky_relu"
LINES = record(
    "two_lines",
    "Piecewise(({above}*x + {offset}, x > 0), ({below}*x, True))",
    ("above", "1", REAL, "coefficient"),
    ("below", "0.1", REAL, "coefficient"),
    ("offset", "0", REAL, "coefficient"),
)
JUMP = record("jump_relu", "Piecewise((x, x > {theta}), (0, True))", ("theta", "0.25", POSITIVE, "scale"))
SHRINK = record(
    "soft_shrink",
    "Piecewise((x - {lambd}, x > {lambd}), (x + {lambd}, x < -{lambd}), (0, True))",
    ("lambd", "0.5", POSITIVE, "scale"),
)
SOFTPLUS = record(
    "soft_plus", "log(1 + exp({beta}*x))/{beta}", ("beta", "1", POSITIVE, "reciprocal scale"), family="NO"
)
GELU = record("gelu_like", "x*Phi({beta}*x)", ("beta", "1", POSITIVE, "reciprocal scale"), family="ER")
SQUARE_PLUS = record("square_plus", "(x + sqrt(x**2 + {b}))/2", ("b", "4", POSITIVE, "squared scale"), family="NO")

# name of the test, what is emitted, values, g(x; values) in mpmath, its corners
CASES = {
    "leaky_relu": (LEAKY, {"slope": -0.7}, lambda x: x if x > 0 else mpmath.mpf(-0.7) * x, (0,)),
    "two_lines": (
        LINES,
        {"above": 2.5, "below": -0.75, "offset": 0.3},
        lambda x: 2.5 * x + mpmath.mpf(0.3) if x > 0 else -0.75 * x,
        (0,),
    ),
    "jump_relu": (JUMP, {"theta": 0.7}, lambda x: x if x > mpmath.mpf(0.7) else mpmath.mpf(0), (0.7,)),
    "soft_shrink": (SHRINK, {"lambd": 0.3}, lambda x: mpmath.sign(x) * max(abs(x) - mpmath.mpf(0.3), 0), (-0.3, 0.3)),
    "soft_plus": (SOFTPLUS, {"beta": 3.3}, lambda x: mpmath.log1p(mpmath.exp(mpmath.mpf(3.3) * x)) / 3.3, (0,)),
    "gelu_like": (GELU, {"beta": 1.7}, lambda x: x * mpmath.ncdf(mpmath.mpf(1.7) * x), (0,)),
    "square_plus": (SQUARE_PLUS, {"b": 0.7}, lambda x: (x + mpmath.sqrt(x * x + mpmath.mpf(0.7))) / 2, (0,)),
}


@pytest.fixture(scope="module")
def made():
    return {name: emit(activation(spec)).load() for name, (spec, *_) in CASES.items()}


def expectation(function, mu, sigma, corners):
    """E f(y), y ~ N(mu, sigma^2), by mpmath's quadrature of the definition, cut at the corners."""
    places = sorted(
        {mpmath.mpf(mu) + step * mpmath.mpf(sigma) for step in range(-14, 15, 4)} | set(map(mpmath.mpf, corners))
    )
    return mpmath.quad(lambda y: function(y) * mpmath.npdf(y, mu, sigma), places)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize(("mu", "sigma"), [(0.4, 0.8), (-1.1, 0.5), (3.0, 2.0)])
def test_every_function_is_what_the_definition_says(made, name, mu, sigma):
    _, values, g, corners = CASES[name]
    kernel = made[name]
    with mpmath.workdps(30):
        moments = [expectation(lambda y, n=n: y**n * g(y), mu, sigma, corners) for n in range(4)]
        sizes = [expectation(lambda y, n=n: abs(y**n * g(y)), mu, sigma, corners) for n in range(4)]
        square = expectation(lambda y: g(y) ** 2, mu, sigma, corners)
        spread = square - moments[0] ** 2
        t = [lambda y: 1, lambda y: (y - mu) / sigma, lambda y: ((y - mu) / sigma) ** 2 - 1]
        hermite = [expectation(lambda y, f=f: f(y) * g(y), mu, sigma, corners) for f in t]
        deviation = float(mpmath.sqrt(spread))
    got = kernel.raw_moments(mu, sigma, 3, **values)
    assert all(abs(a - float(b)) < 2e-14 * float(size) for a, b, size in zip(got, moments, sizes, strict=True))
    got = kernel.hermite_coefficients(mu, sigma, 2, **values)
    np.testing.assert_allclose(got, np.array(hermite, float), rtol=0, atol=2e-14 * (deviation + abs(float(hermite[0]))))
    derivatives = kernel.expected_derivatives(mu, sigma, 2, **values)
    np.testing.assert_allclose(derivatives * sigma ** np.arange(3.0), got, rtol=1e-13, atol=2e-14 * deviation)
    np.testing.assert_allclose(kernel.second_moment(mu, sigma, **values), float(square), rtol=2e-14)
    np.testing.assert_allclose(kernel.variance(mu, sigma, **values), float(spread), rtol=1e-13)
    places = np.array([-2.0, mu, 0.0, 0.69999, 1.5])
    exact = [float(g(mpmath.mpf(place))) for place in places]
    np.testing.assert_allclose(kernel.activation(places, **values), exact, rtol=1e-15, atol=1e-300)
    np.testing.assert_array_equal(kernel.raw_moments(places, 0.0, 1, **values)[0], kernel.activation(places, **values))


@pytest.mark.parametrize("name", CASES)
def test_defaults_are_those_of_the_catalogue_and_cost_no_digit(made, name):
    kernel = made[name]
    mu, sigma = np.array([-2.0, -0.3, 0.0, 0.6, 4.0]), np.array([1.0, 0.0, 2.0, 0.1, 3.0])
    defaults = {key: entry["default"] for key, entry in kernel.KERNEL["parameters"].items()}
    for function in SEQUENCES:
        plain = getattr(kernel, function)(mu, sigma, 4)
        np.testing.assert_array_equal(plain, getattr(kernel, function)(mu, sigma, 4, **defaults))
    compiled = emit(activation(kernel.KERNEL["expression"])).load()
    rtol = 4e-15 if name in ("leaky_relu", "two_lines", "gelu_like", "soft_plus", "square_plus") else 0
    np.testing.assert_allclose(kernel.raw_moments(mu, sigma, 4), compiled.raw_moments(mu, sigma, 4), rtol=rtol)
    np.testing.assert_allclose(kernel.variance(mu, sigma), compiled.variance(mu, sigma), rtol=rtol)


@pytest.mark.parametrize("name", ["jump_relu", "soft_shrink", "soft_plus", "gelu_like", "square_plus"])
def test_a_scale_by_a_power_of_two_moves_no_bit(made, name):
    kernel = made[name]
    (parameter, entry), mu, sigma = *kernel.KERNEL["parameters"].items(), np.linspace(-3, 3, 25), 0.7
    given = {"scale": 8.0, "reciprocal scale": 1 / 8, "squared scale": 64.0}[entry["enters"]] * entry["default"]
    np.testing.assert_array_equal(
        kernel.raw_moments(8 * mu, 8 * sigma, 5, **{parameter: given}),
        kernel.raw_moments(mu, sigma, 5) * 8.0 ** np.arange(1, 7)[:, None],
    )
    np.testing.assert_array_equal(
        kernel.variance(8 * mu, 8 * sigma, **{parameter: given}), 64 * kernel.variance(mu, sigma)
    )


def test_powers_of_a_scale_do_not_overflow_before_their_product(made):
    """E[y^12 y; y > theta], y near theta: theta^13 is no double, and neither is its reciprocal."""
    for theta in (1e24, 1e-24):
        moments = made["jump_relu"].raw_moments(theta * 2, theta / 1024, 11, theta=theta)
        np.testing.assert_allclose(moments[11] / (theta**6 * theta**6), 2.0**12, rtol=1e-4)
    tiny = made["jump_relu"].raw_moments(1e-60, 1e-61, 3, theta=1e-60)
    assert np.isfinite(tiny).all()
    assert (tiny[:3] > 0).all()


@pytest.mark.parametrize("sigma", [1.0, 1e-2, 1e-6, 1e-12])
def test_any_threshold_keeps_the_promise_next_to_it(made, sigma):
    """E[y; y > theta] = mu Phi(t) + sigma phi(t), t = (mu - theta)/sigma; theta/0.25 would be rounded."""
    theta = 0.7
    for steps in (-20, -5, -1, 0.5, 3):
        mu = theta + steps * sigma
        with mpmath.workdps(40):
            t = (mpmath.mpf(mu) - mpmath.mpf(theta)) / mpmath.mpf(sigma)
            exact = mu * mpmath.ncdf(t) + sigma * mpmath.npdf(t)
            error = float(abs(made["jump_relu"].raw_moments(mu, sigma, 0, theta=theta)[0] - exact) / exact)
        assert error < 2e-14


@pytest.mark.parametrize(
    ("name", "values", "places"),
    [
        ("hardtanh", {"minimum": 0.7, "maximum": 2.3}, (0.7, 2.3, 0.0)),
        ("hardtanh", {"minimum": -3.1, "maximum": -0.4}, (-3.1, -0.4, 0.0)),
        ("hardtanh", {"minimum": -0.3, "maximum": 6.0}, (-0.3, 6.0, 0.0)),
        ("keras_relu", {"max_value": 3.5, "threshold": -1.25, "negative_slope": 0.125}, (3.5, -1.25, 0.0)),
        ("keras_relu", {"max_value": -0.5, "threshold": -1.25, "negative_slope": -2.0}, (-0.5, -1.25, 0.0)),
        ("threshold", {"threshold": -2.5, "value": -20.0}, (-2.5, 0.0)),
        ("threshold", {"threshold": 0.625, "value": 0.5}, (0.625, 0.0)),
        ("hardshrink", {"threshold": 0.3}, (-0.3, 0.3, 0.0)),
        ("softshrink", {"threshold": 3.7}, (-3.7, 3.7, 0.0)),
        ("jumprelu", {"theta": 0.001}, (0.001, 0.0)),
    ],
)
def test_breakpoints_as_arrays_are_those_of_a_kernel_made_for_them(name, values, places):
    """The kernel of the same pieces as numbers is derived and emitted on its own."""
    given = {key: sp.Rational(value) for key, value in values.items()}
    own = emit(sp.sstr(activation(name, **given).expression)).load()
    assert "parameters" not in own.KERNEL
    kernel, random = kernels.load(name), np.random.default_rng(5)
    sigma = 10 ** random.uniform(-9, 3, 40)[:, None, None]
    mu = np.array(places)[:, None] + sigma * np.array([-9.0, -1.5, 0.0, 0.2, 6.0])
    factorials = np.array([math.factorial(k) for k in range(9)], float)[:, None, None, None]
    steps = np.arange(9.0)[:, None, None, None]
    root, mean_square = np.sqrt(own.variance(mu, sigma)), own.second_moment(mu, sigma)
    for function in SEQUENCES:
        got, expected = (getattr(one, function)(mu, sigma, 8, **more) for one, more in ((kernel, values), (own, {})))
        if function == "raw_moments":
            size = np.sqrt(mean_square * [even_moment(mu, sigma, n) for n in range(9)])
        else:
            size = root * np.sqrt(factorials) / (1 if function == "hermite_coefficients" else sigma**steps)
            size[0] = np.sqrt(mean_square)
        assert (np.abs(got - expected) <= 2e-14 * size + 1e-300).all()
        at_points = [getattr(one, function)(mu, 0, 4, **more) for one, more in ((kernel, values), (own, {}))]
        np.testing.assert_array_equal(*at_points)
    for function in VALUES:
        got, expected = getattr(kernel, function)(mu, sigma, **values), getattr(own, function)(mu, sigma)
        np.testing.assert_allclose(got, expected, rtol=2e-14, atol=1e-300)


def even_moment(mu, sigma, n):
    """E[y^(2n)]."""
    return sum(
        math.comb(2 * n, 2 * k) * mu ** (2 * n - 2 * k) * sigma ** (2 * k) * double_factorial(k) for k in range(n + 1)
    )


def double_factorial(k):
    """E[z^(2k)]."""
    return math.prod(range(1, 2 * k, 2))


def test_breakpoints_out_of_order_give_nan_there_alone():
    kernel = kernels.load("hardtanh")
    values = kernel.hermite_coefficients(0.3, 1.0, 2, minimum=[-1.0, 1.0, 2.0, np.nan], maximum=1.0)
    np.testing.assert_array_equal(np.isnan(values).all(axis=0), [False, True, True, True])
    assert "a real number above minimum (elsewhere NaN)" in kernel.raw_moments.__doc__


def test_a_step_that_closes_has_its_derivatives():
    values = kernels.load("threshold").expected_derivatives(0.0, 0.0, 2, threshold=0.0, value=[0.0, 1.0])
    np.testing.assert_array_equal(values, [[0, 1], [0.5, np.nan], [np.nan, np.nan]])


def test_a_small_step_on_a_high_level_keeps_its_digits():
    """clip(x, 5, 5 + h) - 5 = clip(x - 5, 0, h)."""
    kernel, h = kernels.load("hardtanh"), 2.0**-30
    high = kernel.hermite_coefficients(5.0, 1.0, 6, minimum=5.0, maximum=5 + h)
    low = kernel.hermite_coefficients(0.0, 1.0, 6, minimum=0.0, maximum=h)
    np.testing.assert_allclose(high[1:], low[1:], rtol=0, atol=2e-14 * low[1])


def test_a_breakpoint_that_is_no_double_stays_compiled_in():
    regimes = emit(activation("hardtanh", minimum="-0.1", maximum=1)).load().KERNEL["regimes"]
    assert {"minimum = -1/10 is compiled in", "maximum = 1 is compiled in"} <= set(regimes)
    assert "parameters" in emit(activation("hardtanh", minimum=-0.125, maximum=1)).load().KERNEL


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("celu", {"alpha": 0.7}),
        ("snake", {"frequency": 1.3}),
        ("softplus", {"beta": 0.7}),
        ("quick_gelu", {"beta": 1.1}),
        ("squareplus", {"b": 0.7}),
    ],
)
def test_any_scale_keeps_the_promise_far_out(name, values):
    """mu/r and sigma/r are rounded; far out that alone would cost |exponent| or |angle| ulp."""
    ((key, value),) = values.items()
    own = emit(sp.sstr(activation(name, **{key: sp.Rational(value)}).expression)).load()
    kernel, random = kernels.load(name), np.random.default_rng(6)
    mu, sigma = random.uniform(-700, 700, 300), 10 ** random.uniform(-6, 1.5, 300)
    limit = 3 * kernel.KERNEL["promise"]["hermite_coefficients"] / 2
    got, expected = (one.hermite_coefficients(mu, sigma, 6, **more) for one, more in ((kernel, values), (own, {})))
    size = np.sqrt(own.variance(mu, sigma)) * np.sqrt([math.factorial(k) for k in range(7)])[:, None]
    size[0] = np.sqrt(own.second_moment(mu, sigma))
    normal = own.variance(mu, sigma) > 1e-290
    assert normal.sum() > 150
    assert (np.abs(got - expected) <= limit * size)[:, normal].all()
    limit = 3 * kernel.KERNEL["promise"]["variance"] / 2
    np.testing.assert_allclose(kernel.variance(mu, sigma, **values), own.variance(mu, sigma), rtol=limit, atol=1e-290)


def test_parameters_broadcast_with_the_points(made):
    kernel = kernels.load("leaky_relu")
    mu, sigma, slope = np.linspace(-1, 1, 3)[:, None], 0.5, np.array([0.0, 0.1, -2.0, 1.0])
    together = kernel.hermite_coefficients(mu, sigma, 3, slope=slope)
    assert together.shape == (4, 3, 4)
    for index, value in enumerate(slope):
        np.testing.assert_array_equal(
            together[:, :, index], kernel.hermite_coefficients(mu[:, 0], sigma, 3, slope=value)
        )
    assert kernel.activation(-1.0, slope=slope).tolist() == [0.0, -0.1, 2.0, -1.0]
    thetas = np.array([0.25, 0.5])
    assert made["jump_relu"].variance(0.0, 1.0, theta=thetas).shape == (2,)


def test_blocks_do_not_show_in_parameters(made, monkeypatch):
    kernel, random = made["two_lines"], np.random.default_rng(3)
    mu, sigma, below = random.normal(size=100), random.uniform(0, 2, 100), random.normal(size=100)
    whole = kernel.raw_moments(mu, sigma, 2, below=below)
    monkeypatch.setattr(kernel, "BLOCK", 7)
    np.testing.assert_allclose(kernel.raw_moments(mu, sigma, 2, below=below), whole, rtol=4e-15)


def test_types_of_parameters_promote_like_those_of_points():
    kernel = kernels.load("leaky_relu")
    single = np.array([-1.0, 1.0], np.float32)
    assert kernel.raw_moments(single, 1, 1, slope=0.5).dtype == np.float32
    assert kernel.raw_moments(single, 1, 1, slope=np.array(0.5)).dtype == np.float64
    assert kernel.raw_moments(1.0, 1, 1, slope=np.float32([0.5])).dtype == np.float32
    assert kernel.raw_moments(1, 1, 1, slope=2).dtype == np.float64
    with pytest.raises(TypeError, match="complex128 given; real numbers"):
        kernel.activation(1.0, slope=np.array([1j]))
    with pytest.raises(TypeError, match="unexpected keyword argument 'steep'"):
        kernel.activation(1.0, steep=1.0)


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("leaky_relu", (np.nan, np.inf, -np.inf)),
        ("jump_relu", (np.nan, np.inf, 0.0, -0.0, -1.0)),
        ("soft_plus", (np.nan, np.inf, 0.0, -2.0)),
    ],
)
def test_values_outside_the_domain_give_nan_there_alone(made, name, bad):
    kernel = made[name]
    (parameter, entry), given = *kernel.KERNEL["parameters"].items(), np.array([*bad, 1.0])
    inside = [False] * len(bad) + [True]
    for function in SEQUENCES:
        values = getattr(kernel, function)(0.3, [[1.0], [0.0]], 3, **{parameter: given})
        np.testing.assert_array_equal(~np.isnan(values).any(axis=(0, 1)), inside)
    for function in VALUES:
        values = getattr(kernel, function)(0.3, [[1.0], [0.0]], **{parameter: given})
        np.testing.assert_array_equal(~np.isnan(values).any(axis=0), inside)
    np.testing.assert_array_equal(~np.isnan(kernel.activation(0.3, **{parameter: given})), inside)
    assert entry["domain"] in ("real", "positive")
    assert "elsewhere NaN" in kernel.raw_moments.__doc__


def test_a_kink_that_closes_has_its_derivatives():
    values = kernels.load("leaky_relu").expected_derivatives(0.0, 0.0, 3, slope=[1.0, 0.5])
    np.testing.assert_array_equal(values, [[0, 0], [1, 0.75], [0, np.nan], [0, np.nan]])


def test_the_symbolic_activation_emits_the_kernel_of_the_catalogue():
    assert emit(activation("leaky_relu", slope="slope")).source == emit("leaky_relu").source
    other = emit(activation("leaky_relu", slope=sp.Rational(1, 5))).load()
    assert other.KERNEL["parameters"]["slope"]["default"] == 0.2
    assert other.activation(-1.0) == -0.2
    assert other.activation(-1.0, slope=0.5) == -0.5


def test_what_no_array_can_carry_is_compiled_in():
    irrational = emit(activation("leaky_relu", slope=sp.sqrt(2) / 2)).load()
    assert "parameters" not in irrational.KERNEL
    assert "slope = sqrt(2)/2 is compiled in" in irrational.KERNEL["regimes"]
    assert irrational.activation(-1.0) == pytest.approx(-(0.5**0.5), rel=1e-15)
    elu = record("elu_like", "Piecewise((x, x > 0), ({a}*tanh(x), True))", ("a", "2", REAL, "coefficient"), family="NO")
    assert "a = 2 is compiled in" in emit(activation(elu)).load().KERNEL["regimes"]
    assert "parameters" not in emit("rectified_power").load().KERNEL


@pytest.mark.parametrize(
    ("expression", "parameter", "message"),
    [
        (
            "Piecewise((x, x > {p}), (0, True))",
            ("p", "1", POSITIVE, "coefficient"),
            "but the breakpoint p moves with it",
        ),
        ("Max(x, {p})", ("p", "0", REAL, "coefficient"), "but the breakpoint p moves with it"),
        ("x**2 + {p}*Abs(x)", ("p", "1", POSITIVE, "scale"), "p is said to be a scale, but g("),
        ("{p}*Abs(x)", ("p", "1", POSITIVE, "scale"), "p is said to be a scale, but g("),
        ("log(1 + exp({p}*x))/{p}", ("p", "1", POSITIVE, "scale"), "p is said to be a scale, but g("),
        ("Piecewise((x, x > {p}), (0, True))", ("p", "1", POSITIVE, "reciprocal scale"), "is said to be a reciprocal"),
        (
            "Piecewise((x, x > 0), ({p}*x, True))",
            ("spread", "1", REAL, "coefficient"),
            "the parameter 'spread' is called",
        ),
        (
            "Piecewise((x, x > 0), ({p}*x, True))",
            ("degree", "1", REAL, "coefficient"),
            "the parameter 'degree' is called",
        ),
    ],
)
def test_a_record_that_says_what_is_not_so_is_refused(expression, parameter, message):
    text = expression.replace("{p}", "{" + parameter[0] + "}")
    with pytest.raises(ValueError, match=re.escape(message)):
        emit(activation(record("wrong", text, parameter)))


def test_two_scales_are_refused():
    two = record(
        "two", "Piecewise((x - {a}, x > {b}), (0, True))", ("a", "1", POSITIVE, "scale"), ("b", "1", POSITIVE, "scale")
    )
    with pytest.raises(ValueError, match="a and b are scales; one can be"):
        emit(activation(two))


def test_a_symbol_that_is_no_parameter_has_no_kernel():
    x, a = sp.symbols("x a", real=True)
    with pytest.raises(NoKernelError, match="parameters a have no value"):
        emit(activation(a * sp.Max(x, 0)))


@pytest.mark.parametrize("name", ["leaky_relu", "jump_relu", "soft_plus"])
def test_cupy_text_takes_parameters_too(made, name):
    spec, values, _, _ = CASES[name]
    with cupy_or_stand_in():
        kernel = emit(activation(spec), target="cupy").load()
        got = kernel.hermite_coefficients([0.5, -1.0], [1.0, 0.0], 3, **values)
    expected = made[name].hermite_coefficients([0.5, -1.0], [1.0, 0.0], 3, **values)
    np.testing.assert_array_equal(np.asarray(got), expected)


def test_a_value_on_the_edge_of_its_domain_is_compiled_in():
    kernel = emit(activation("keras_relu", max_value=float("inf"), threshold=1)).load()
    assert list(kernel.KERNEL["parameters"]) == ["threshold", "negative_slope"]
    relu = kernels.load("relu").raw_moments(0.3, 1.2, 3)
    np.testing.assert_allclose(kernel.raw_moments(0.3, 1.2, 3, threshold=0.0), relu, rtol=1e-14)
    identity = emit(activation("softshrink", threshold=0)).load()
    np.testing.assert_allclose(identity.raw_moments(0.3, 1.2, 1), [0.3, 1.53], rtol=1e-15)


def test_a_value_that_makes_g_simpler_is_compiled_in():
    flat = emit(activation("elu", alpha=0)).load()
    relu = kernels.load("relu")
    mu = np.array([-3.0, 0.0, 0.4, 20.0])
    for name in SEQUENCES:
        assert np.array_equal(getattr(flat, name)(mu, 0.7, 3), getattr(relu, name)(mu, 0.7, 3)), name
    line = emit(activation("keras_relu", threshold=0, negative_slope=1, max_value="inf")).load()
    assert np.allclose(line.raw_moments(mu, 0.7, 1), [mu, mu**2 + 0.49], rtol=1e-14, atol=0)
