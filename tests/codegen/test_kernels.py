"""What every kernel module offers, whatever its family: shapes, types, limits, refusals."""

import re
from fractions import Fraction
from functools import cache

import ml_dtypes
import mpmath
import numpy as np
import pytest
import sympy as sp
from hypothesis import example, given, settings
from hypothesis import strategies as st

from codegen import emit
from codegen.mp_functions import mp_functions
from numeric_backend import kernels
from symbolic_moments.language import read_expression
from symbolic_moments.symbols import x

SEQUENCES = ("raw_moments", "hermite_coefficients", "expected_derivatives")
VALUES = ("second_moment", "variance")
SHIFTED = (
    "Max(x + 1, 0)",
    "clip(x, -1, 1)",
    "x*erf(x)",
    "x*Phi(2*x + 1)",
    "Piecewise((x, x > 0), (exp(x) - 1, True))",
    "exp(-abs(x))",
)


PANEL_PROMISE = dict.fromkeys((*SEQUENCES, "second_moment"), 1e-13) | {"activation": 2e-14, "variance": 2e-13}


def by_panels(kernel):
    return hasattr(kernel, "_value_panels")


def powers(sigma):
    return sigma ** np.arange(4.0)[:, None]


def product_noise(kernel, mu, sigma):
    """What c_0 .. c_3 may change by when matrix products of another shape add in another order."""
    if not by_panels(kernel):
        return np.float64(1e-300)
    return 1e-14 * np.sqrt(kernel.variance(mu, sigma) * np.array([1, 1, 2, 6])[:, None])


@cache
def definition(expression):
    """The activation in mpmath, with as many digits as it takes where ``1 + exp(-1000)`` stands."""
    modules = [mp_functions(mpmath.mp), "mpmath"]
    compiled = sp.lambdify(x, read_expression(expression), modules=modules)

    def value(place):
        with mpmath.workdps(900):
            return compiled(mpmath.mpf(place))

    return value


def at_default(record):
    """The expression with its parameters at the doubles that stand for their defaults (1.702 is no double)."""
    text = record.get("template", record["expression"])
    for name, parameter in record.get("parameters", {}).items():
        text = re.sub(rf"\b{name}\b", f"({Fraction(parameter['default'])})", text)
    return text


@pytest.fixture(scope="module", params=[*kernels.names(), *SHIFTED])
def kernel(request):
    return kernels.load(request.param) if request.param in kernels.names() else emit(request.param).load()


def test_every_kernel_offers_the_contract(kernel):
    assert {"name", "expression", "family", "formula", "generator", "promise", "degree"} <= set(kernel.KERNEL)
    for function in (*SEQUENCES, *VALUES, "activation"):
        assert callable(getattr(kernel, function))
        bound = PANEL_PROMISE[function] if by_panels(kernel) else 2e-13
        assert kernel.KERNEL["promise"][function] <= bound


@pytest.mark.parametrize("degree", [0, 1, 5, 12])
def test_sequences_have_one_row_a_degree_and_the_broadcast_shape(kernel, degree):
    mu, sigma = np.linspace(-2, 2, 3)[:, None], np.array([0.0, 0.5, 1.0, 9.0])
    for function in SEQUENCES:
        result = getattr(kernel, function)(mu, sigma, degree)
        assert result.shape == (degree + 1, 3, 4)
        assert result.dtype == np.float64
    for function in VALUES:
        assert getattr(kernel, function)(mu, sigma).shape == (3, 4)


def test_scalars_and_integers_are_float64(kernel):
    assert kernel.raw_moments(1, 2, 3).dtype == np.float64
    assert kernel.raw_moments(1, 2, 3).shape == (4,)
    assert kernel.activation(2).shape == ()
    np.testing.assert_array_equal(kernel.raw_moments(1, 2, 3), kernel.raw_moments(np.array(1.0), np.array(2.0), 3))


def test_empty_arrays_stay_empty(kernel):
    assert kernel.hermite_coefficients(np.zeros((0, 3)), 1.0, 2).shape == (3, 0, 3)


def test_a_degree_does_not_change_the_rows_below_it(kernel):
    mu, sigma = np.array([-1.5, 0.2, 4.0]), np.array([0.3, 1.0, 20.0])
    noise = product_noise(kernel, mu, sigma)
    allowed = {"raw_moments": 1e-300, "hermite_coefficients": noise, "expected_derivatives": noise / powers(sigma)}
    for function in SEQUENCES:
        long, short = getattr(kernel, function)(mu, sigma, 8)[:4], getattr(kernel, function)(mu, sigma, 3)
        assert (np.abs(long - short) <= 4e-15 * np.abs(long) + allowed[function]).all()


@given(mu=st.floats(-1e3, 1e3))
@example(mu=0.0)
@settings(deadline=None)
def test_sigma_zero_is_the_point_mass(kernel, mu):
    exact = definition(at_default(kernel.KERNEL))(mu)
    by_mu = 1e-290
    if roots := kernel.KERNEL.get("near_roots", 0):
        slope = kernel.expected_derivatives(mu, 0.0, 1)[1]  # NaN at a kink: there g itself is exact
        slope = abs(float(np.nan_to_num(slope)))
        if abs(exact) < abs(mu) * slope / 8:  # next to a root
            by_mu += roots * np.spacing(abs(mu)) * slope
    coefficients = kernel.hermite_coefficients(mu, 0.0, 4)
    np.testing.assert_allclose(coefficients[0], float(exact), rtol=4e-15, atol=by_mu)
    assert not coefficients[1:].any()
    for n, moment in enumerate(kernel.raw_moments(mu, 0.0, 4)):
        np.testing.assert_allclose(
            moment, float(exact * mpmath.mpf(mu) ** n), rtol=1e-14, atol=1e-290 + by_mu * abs(mu) ** n
        )
    squared = 1e-290 + 2 * by_mu * float(abs(exact))
    np.testing.assert_allclose(kernel.second_moment(mu, 0.0), float(exact**2), rtol=1e-14, atol=squared)
    assert kernel.variance(mu, 0.0) == 0


@pytest.mark.parametrize("sigma", [-1.0, -1e-300, np.nan, -np.inf])
def test_a_sigma_that_is_no_deviation_gives_nan(kernel, sigma):
    for function in SEQUENCES:
        assert np.isnan(getattr(kernel, function)(0.3, sigma, 3)).all()
    for function in VALUES:
        assert np.isnan(getattr(kernel, function)(0.3, sigma))


def test_nan_in_one_place_spoils_that_place_only(kernel):
    mu, sigma = np.array([0.5, np.nan, 0.5, 0.5]), np.array([1.0, 1.0, np.nan, -2.0])
    for function in SEQUENCES:
        result = getattr(kernel, function)(mu, sigma, 3)
        np.testing.assert_array_equal(np.isnan(result).any(axis=0), [False, True, True, True])
    assert np.isnan(kernel.activation(np.nan))


def test_infinities_give_nan_and_spoil_no_other_row(kernel):
    mu, sigma = np.linspace(-6, 6, 1500), np.linspace(0, 3, 1500)
    beyond = np.array([[np.inf, 1.0], [-np.inf, 0.0], [0.3, np.inf], [np.inf, np.inf], [np.nan, 0.0]])
    with_them = [
        np.insert(row, [0, 7, 700, 1490, 1500], column) for row, column in zip((mu, sigma), beyond.T, strict=True)
    ]
    finite = np.isfinite(with_them).all(axis=0)
    for function, *degree in [*((name, 3) for name in SEQUENCES), *((name,) for name in VALUES)]:
        result = getattr(kernel, function)(*with_them, *degree)
        assert np.isnan(result[..., ~finite]).all()
        np.testing.assert_allclose(result[..., finite], getattr(kernel, function)(mu, sigma, *degree), 1e-12, 1e-12)


def test_inputs_are_not_modified(kernel):
    mu, sigma = np.array([0.0, 1.0, -3.0]), np.array([0.0, 0.0, 2.0])
    before = mu.copy(), sigma.copy()
    mu.flags.writeable = sigma.flags.writeable = False
    for function in SEQUENCES:
        getattr(kernel, function)(mu, sigma, 3)
    for function in VALUES:
        getattr(kernel, function)(mu, sigma)
    kernel.activation(mu)
    np.testing.assert_array_equal((mu, sigma), before)


def test_blocks_do_not_show(kernel, monkeypatch):
    random = np.random.default_rng(5)
    mu, sigma = random.normal(size=1000), random.uniform(0, 3, 1000)
    whole = kernel.hermite_coefficients(mu, sigma, 3)
    noise = product_noise(kernel, mu, sigma)
    monkeypatch.setattr(kernel, "BLOCK", 7)
    difference = np.abs(kernel.hermite_coefficients(mu, sigma, 3) - whole)
    assert (difference <= 4e-15 * np.abs(whole) + noise).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float16, ml_dtypes.bfloat16])
def test_short_types_are_rounded_once(kernel, dtype):
    mu, sigma = np.array([-1.25, 0.0, 0.75, 2.0]).astype(dtype), np.array([0.5, 1.0, 1.5, 0.0]).astype(dtype)
    result = kernel.raw_moments(mu, sigma, 3)
    assert result.dtype == dtype
    exact = kernel.raw_moments(mu.astype(np.float64), sigma.astype(np.float64), 3)
    below = np.nextafter(result, np.asarray(-np.inf, dtype)).astype(np.float64)
    above = np.nextafter(result, np.asarray(np.inf, dtype)).astype(np.float64)
    distance = np.abs(result.astype(np.float64) - exact)
    assert (distance <= np.abs(below - exact)).all()
    assert (distance <= np.abs(above - exact)).all()


def test_bfloat16_does_not_round_twice():
    identity = kernels.load("identity")
    just_above_a_tie = 1.00390625 + 2.0**-40
    assert float(identity._rounded(np.array([just_above_a_tie]), np.dtype(ml_dtypes.bfloat16))[0]) == 1.0078125


@pytest.mark.parametrize("degree", [-1, 1.5, "3", None])
def test_a_degree_that_is_no_count_is_refused(kernel, degree):
    with pytest.raises((TypeError, ValueError), match="a non-negative integer is expected"):
        kernel.raw_moments(0.0, 1.0, degree)


def test_degrees_whose_factorial_is_no_double_have_no_limit(kernel):
    values = kernel.hermite_coefficients(np.array([0.3, 0.3]), np.array([1.1, 1e-3]), 200)
    assert np.allclose(values[:17], kernel.hermite_coefficients(np.array([0.3, 0.3]), np.array([1.1, 1e-3]), 16))


def test_complex_numbers_are_refused(kernel):
    with pytest.raises(TypeError, match="complex128 given; real numbers"):
        kernel.raw_moments(np.array([1j]), 1.0, 2)


@pytest.mark.parametrize(
    "given",
    [
        np.zeros(3, dtype=[("mu", "f8")]),
        np.zeros(3, dtype="V2"),
        np.array([1.0, None]),
        np.array(["1.0"]),
        np.array(["2020-01-01"], dtype="datetime64[D]"),
    ],
    ids=["structured", "void", "objects", "text", "dates"],
)
def test_arrays_of_anything_but_numbers_are_refused(kernel, given):
    with pytest.raises(TypeError, match="given; real numbers"):
        kernel.raw_moments(given, 1.0, 2)
    with pytest.raises(TypeError, match="given; real numbers"):
        kernel.activation(given)


def test_masked_arrays_are_refused(kernel):
    masked = np.ma.array([0.0, 1.0], mask=[True, False])
    for arguments in ((masked, 1.0), (0.0, masked)):
        with pytest.raises(TypeError, match="a masked array given; kernels know no masks"):
            kernel.variance(*arguments)


@pytest.mark.parametrize(
    ("mu", "sigma", "expected"),
    [
        (np.zeros(2, np.float32), np.float64(1), np.float64),
        (np.float32(0), np.float64(1), np.float64),
        (np.float64(0), np.ones(2, np.float32), np.float64),
        (np.zeros(2, np.float16), np.float32(1), np.float32),
        (np.zeros(2, np.float32), 1.0, np.float32),
        (np.zeros(2, np.float32), 1, np.float32),
        (np.zeros(2, np.float32), np.ones(2, np.int64), np.float64),
        (0, True, np.float64),
    ],
)
def test_the_type_of_the_result_follows_numpy(kernel, mu, sigma, expected):
    assert kernel.raw_moments(mu, sigma, 1).dtype == expected
    assert kernel.variance(mu, sigma).dtype == expected


def test_what_a_short_type_cannot_hold_is_infinite_without_a_warning(kernel):
    """Warnings are errors here."""
    moments = kernel.raw_moments(np.array([100.0], np.float16), np.float16(2), 8)
    assert not np.isnan(moments).any()
    assert np.isinf(moments[8]).all() or not np.isinf(moments.astype(float)).any()
    assert np.isinf(kernels.load("cube").activation(np.float16(300)))


def test_shapes_that_do_not_broadcast_are_refused(kernel):
    with pytest.raises(ValueError, match=r"\(3,\) and \(2,\).* given; shapes that broadcast are expected"):
        kernel.raw_moments(np.zeros(3), np.ones(2), 2)


def test_derivatives_at_a_kink_without_spread():
    relu, sign = kernels.load("relu"), kernels.load("sign")
    np.testing.assert_array_equal(relu.expected_derivatives([0.0, 2.0, -2.0], 0.0, 3)[:, 0], [0, 0.5, np.nan, np.nan])
    np.testing.assert_array_equal(relu.expected_derivatives([2.0, -2.0], 0.0, 2), [[2, 0], [1, 0], [0, 0]])
    np.testing.assert_array_equal(sign.expected_derivatives(0.0, 0.0, 2), [0, np.nan, np.nan])
    clip = emit("clip(x, -1, 1)").load()
    np.testing.assert_array_equal(clip.expected_derivatives([1.0, 0.5, 2.0], 0.0, 2)[:, 0], [1, 0.5, np.nan])


def test_a_jump_keeps_its_own_value():
    assert kernels.load("heaviside").raw_moments(0.0, 0.0, 0) == 0.5
    assert kernels.load("sign").raw_moments(0.0, 0.0, 0) == 0


def test_spreads_whose_square_underflows_give_the_point_mass(kernel):
    """Quotients by ``sigma^2`` were 0/0: moments of elu at 0, variances of gelu."""
    at_corners, between = [0.0, 1.0, -1.0, 3.0, -3.0, 6.0, 0.5], [0.3, -0.7, 2.2, -4.1, 20.0]
    mu, sigma = (grid.ravel() for grid in np.meshgrid(at_corners + between, 10.0 ** -np.r_[300:12:-5]))
    for function in SEQUENCES[:2]:
        assert not np.isnan(getattr(kernel, function)(mu, sigma, 4)).any()
    mu, sigma = (grid.ravel() for grid in np.meshgrid(between, 10.0 ** -np.r_[300:12:-5]))
    np.testing.assert_allclose(kernel.second_moment(mu, sigma), kernel.activation(mu) ** 2, atol=1e-25)


def test_no_number_of_the_promised_plane_gives_nan(kernel):
    random = np.random.default_rng(17)
    sigma = np.concatenate([10 ** random.uniform(-12, 6, 20000), random.uniform(0.1, 3, 20000)])
    mu = np.concatenate([random.uniform(-1e3, 1e3, 20000), random.uniform(-120, 120, 20000)])
    for function in SEQUENCES:
        assert not np.isnan(getattr(kernel, function)(mu, sigma, 4)).any()
    for function in VALUES:
        assert not np.isnan(getattr(kernel, function)(mu, sigma)).any()
        assert (getattr(kernel, function)(mu, sigma) >= 0).all()


def test_far_from_its_centre_a_gelu_is_the_identity():
    gelu = kernels.load("gelu")
    np.testing.assert_allclose(gelu.variance(70.0, 0.6), 0.36, rtol=1e-14)
    np.testing.assert_allclose(gelu.second_moment(70.0, 0.6), 4900.36, rtol=1e-14)


def test_a_square_is_not_lost_at_a_root():
    parabola = emit("x**2 - 1").load()
    np.testing.assert_allclose(parabola.second_moment(1.0, [1e-12, 1e-6]), [4e-24, 4e-12], rtol=1e-11)


def test_a_centre_left_of_the_mean_does_not_cancel():
    """E[y^8 y Phi(y + 30)], y ~ N(-1/2, 9): mpmath quadrature of the definition."""
    with mpmath.workdps(30):
        exact = mpmath.quad(lambda y: y**9 * mpmath.ncdf(y + 30) * mpmath.npdf(y, -0.5, 3), range(-50, 50, 4))
    np.testing.assert_allclose(emit("x*Phi(x + 30)").load().raw_moments(-0.5, 3.0, 8)[8], float(exact), rtol=1e-13)


def test_nothing_at_all_has_a_kernel():
    zero = emit("x - x").load()
    assert not zero.raw_moments([1.0, 2.0], [0.0, 1.0], 3).any()
    assert zero.variance(1.0, 2.0) == 0
