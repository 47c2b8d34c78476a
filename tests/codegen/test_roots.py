"""Next to a root of g away from 0: polynomials keep their digits, other kernels say what they keep."""

import math
from functools import cache

import mpmath
import numpy as np
import pytest
import sympy as sp

from codegen import emit
from codegen.end_forms import from_one_end
from codegen.roots import changes_sign_away_from_zero
from codegen.verify import verify
from symbolic_moments.symbols import x


@cache
def kernel_of(text):
    return emit(text).load()


def around(root):
    return [(root, 1e-12), (math.nextafter(root, 9e9), 1e-12), (root - 1e-9, 0.0), (root - 1e-9, 1e-6), (root, 0.3)]


@pytest.mark.parametrize(
    ("expression", "root"),
    [
        ("x**2 - 1", 1.0),
        ("x**3 - x", -1.0),
        ("(x**2 - 1)**2", 1.0),
        ("x**2 - x/3 - 1/10", 0.52402565),
        ("x + 1/3", -1 / 3),
    ],
)
def test_polynomials_hold_at_their_roots(expression, root):
    kernel = emit(expression, degree=16)
    assert "near_roots" not in kernel.load().KERNEL
    certificate = verify(kernel, digits=30, degree=16, points=[*around(root), (-900.0, 3.0), (2.0, 1e6)])
    assert certificate.passed, certificate.worst


@pytest.mark.parametrize(
    ("expression", "root"),
    [
        ("Max(x, 0)**2 - 1", 1.0),
        ("clip(x - 1/2, -1, 1)", 0.5),
        ("erf(x - 1)", 1.0),
        ("tanh(x) - 1/2", math.atanh(0.5)),
        ("abs(x)/(1 + abs(x)) - 1/2", 1.0),
    ],
)
def test_other_kernels_say_what_they_keep_there(expression, root):
    module = emit(expression).load()
    assert module.KERNEL["near_roots"] >= 4
    assert any("root" in regime for regime in module.KERNEL["regimes"])
    assert verify(module, digits=25, degree=4, points=around(root)).passed
    del module.KERNEL["near_roots"]
    assert not verify(module, digits=25, degree=4, points=around(root)).passed


@pytest.mark.parametrize(
    "expression", ["relu", "gelu", "x**3", "clip(x, -1, 1)", "sign(x - 3)", "tanh(x)", "x*sigmoid(x)"]
)
def test_where_there_is_no_such_root_nothing_is_excused(expression):
    assert "near_roots" not in emit(expression).load().KERNEL


def test_changes_of_sign_are_seen_on_one_side_only():
    assert not changes_sign_away_from_zero(sp.sin(x / 1000), x)
    assert changes_sign_away_from_zero(sp.sin(x), x)


@pytest.mark.parametrize("expression", [sp.Max(x, 0) + sp.erf(x), sp.Abs(x - 1) - sp.Min(x, 2), sp.erf(1 - 2 * x) * x])
def test_a_function_written_from_one_end_is_the_same_function(expression):
    for side in (-1, 1):
        written = from_one_end(expression, x, side)
        for place in (-3, sp.Rational(1, 3), sp.Rational(7, 4), 5):
            assert abs(sp.N((written - expression).subs(x, place), 30)) < 1e-25


def test_sums_of_error_functions_have_a_kernel():
    points = [(0.5, 1e-6), (0.4, 0.7), (-3.0, 2.0)]
    for expression in ("erf(x) + erf(x - 1)", "Max(x, 0) + erf(x)"):
        certificate = verify(emit(expression), digits=22, degree=6, points=points)
        assert certificate.passed, certificate.worst


@pytest.mark.parametrize("expression", ["Phi(x) + Phi(2*x)", "clip(x*Phi(x), -10, 10)"])
@pytest.mark.parametrize(("mu", "sigma"), [(-20.0, 1.0), (-12.0, 0.3), (-8.0, 2.0), (0.4, 0.5), (9.5, 3.0)])
def test_tails_of_error_functions_are_followed(expression, mu, sigma):
    """A Gaussian tail under a Gaussian peaks between its centre and mu; the definition by mpmath, split finely."""
    kernel = kernel_of(expression)
    with mpmath.workdps(30):

        @cache
        def weighted(y):
            plain = "clip" not in expression
            value = mpmath.ncdf(y) + mpmath.ncdf(2 * y) if plain else min(mpmath.mpf(10), y * mpmath.ncdf(y))
            return value * mpmath.npdf(y, mu, sigma)

        ends = sorted({10.0, *(mu + sigma * k / 2 for k in range(-60, 61))})
        powers = [mpmath.quad(lambda y, n=n: y**n * weighted(y), ends) for n in (0, 2)]
        found = kernel.raw_moments(mu, sigma, 2)[[0, 2]]
        for wanted, got in zip(powers, found, strict=True):
            assert abs(mpmath.mpf(float(got)) - wanted) <= kernel.KERNEL["promise"]["raw_moments"] * abs(wanted)


@pytest.mark.parametrize(
    ("text", "width", "place", "factor"), [("gelu", 1, 0, 1), ("-3*(x - 1)*Phi(2*x - 2)", 0.5, 1, -3)]
)
def test_the_slope_of_gelu_cancels_to_the_last_digit_next_to_its_minimum(text, width, place, factor):
    """c_1 is judged by what 4 ulp of mu change: at random sigma, mu next to the root of E[g']."""
    kernel = emit(text).load()
    random = np.random.default_rng(11)
    with mpmath.workdps(40):
        for sigma in 10 ** random.uniform(-9, -1.2, 60):
            scale = mpmath.sqrt(mpmath.mpf(width) ** 2 + mpmath.mpf(float(sigma)) ** 2)

            def slope(h, scale=scale):
                return factor * (mpmath.ncdf(h) + h * mpmath.npdf(h) * (width / scale) ** 2)

            root = mpmath.findroot(slope, -0.75)
            mu = float((place + scale * root) * (1 + mpmath.mpf(10 ** random.uniform(-17, -7))))
            wanted = sigma * slope((mpmath.mpf(mu) - place) / scale)
            granted = 4 * math.ulp(mu) * abs(kernel.hermite_coefficients(mu, sigma, 2)[2]) / sigma
            error = abs(mpmath.mpf(float(kernel.hermite_coefficients(mu, sigma, 1)[1])) - wanted)
            assert error <= 0.2 * granted + 1e-14 * abs(wanted)
