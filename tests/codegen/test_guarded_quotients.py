"""Quotients with a guard at their removable pole, with the thresholds people write: as written, jumps included."""

import math
from itertools import pairwise
from typing import Any

import mpmath
import numpy as np
import pytest
import sympy as sp

from codegen import emit
from codegen.kink_limits import jumps_at
from symbolic_moments import activation
from symbolic_moments.symbols import x

_DIGITS = 50
_REACH = 14
_CONTEXT = mpmath.MPContext()
_CONTEXT.dps = _DIGITS


def _sinc(y: Any) -> Any:
    return _CONTEXT.sin(y) / y


def _bernoulli(y: Any) -> Any:
    return y / _CONTEXT.expm1(y)


def _versine(y: Any) -> Any:
    return 2 * (_CONTEXT.sin(y / 2) / y) ** 2


GUARDED = [
    ("where(abs(x) < 1e-6, 1, sin(x)/x)", "1e-6", 1, _sinc),
    ("where(abs(x) < 1e-4, 1, x/(exp(x) - 1))", "1e-4", 1, _bernoulli),
    ("where(abs(x) < 1e-4, 1/2, (1 - cos(x))/x**2)", "1e-4", "0.5", _versine),
]


def _expected(value: Any, end: Any, mu: float, sigma: float) -> tuple[list[Any], Any]:
    """``c_0 .. c_3`` and the variance, by quadrature between the ends of the branch; of g less its value at 0."""
    mean, spread = _CONTEXT.mpf(mu), _CONTEXT.mpf(sigma)
    reach = _REACH * spread
    cuts = {mean + k * spread for k in range(-_REACH, _REACH + 1)}
    cuts |= {place for place in (-end, end) if abs(place - mean) < reach}
    start = value(_CONTEXT.zero)
    rows: list[list[Any]] = []
    places = sorted(cuts)
    for low, high in pairwise(places):
        rows.append(
            [_CONTEXT.quad(lambda y, n=n: _term(value, start, mean, spread, y, n), [low, high]) for n in range(5)]
        )
    first, *higher, square = (sum(column) for column in zip(*rows, strict=True))
    return [start + first, *higher], square - first**2


def _term(value: Any, start: Any, mean: Any, spread: Any, y: Any, n: int) -> Any:
    z = (y - mean) / spread
    rise = value(y) - start
    factor = (1, z, z * z - 1, z**3 - 3 * z, rise)[n]
    return factor * rise * _CONTEXT.exp(-z * z / 2) / (spread * _CONTEXT.sqrt(2 * _CONTEXT.pi))


@pytest.mark.parametrize(("text", "end", "within", "quotient"), GUARDED)
def test_jumps_of_a_guard_are_what_narrow_gaussians_see(text: str, end: str, within: Any, quotient: Any) -> None:
    kernel = emit(text).load()
    edge, inside = _CONTEXT.mpf(end), _CONTEXT.mpf(within)

    def value(y: Any) -> Any:
        return inside if abs(y) < edge else quotient(y)

    size = float(end)
    points = [(size, size / 50), (size / 3, size / 2), (0.0, 3 * size), (5 * size, 2.5 * size), (-0.02, 0.01)]
    for mu, sigma in points:
        wanted, variance = _expected(value, edge, mu, sigma)
        found = kernel.hermite_coefficients(mu, sigma, 3)
        deviation = math.sqrt(float(variance))
        for k in range(4):
            scale = abs(float(wanted[0])) if k == 0 else deviation * math.sqrt(math.factorial(k))
            assert abs(float(found[k] - wanted[k])) <= 1e-13 * scale, (mu, sigma, k)
        assert abs(float(kernel.variance(mu, sigma) / variance - 1)) <= 1e-13, (mu, sigma)


def test_within_the_guard_derivatives_are_those_of_the_branch() -> None:
    kernel = emit("where(abs(x) < 1e-6, 1, sin(x)/x)").load()
    assert kernel.expected_derivatives(2e-7, 0.0, 3).tolist() == [1, 0, 0, 0]
    assert kernel.activation(np.array([0.0, 9e-7, 1e-3])).tolist() == [1, 1, float(_sinc(_CONTEXT.mpf(1e-3)))]
    mean, *others = kernel.hermite_coefficients(0.0, 1e-9, 3).tolist()
    assert abs(mean - 1) <= 1e-14
    assert others == [0, 0, 0]


@pytest.mark.parametrize("text", ["where(abs(x) < 1e-8, 1/2, (1 - cos(x))/x**2)", "where(abs(x) < 1e-6, 1, sin(x)/x)"])
def test_wide_second_moments_where_the_average_has_a_pole(text: str) -> None:
    mu, sigma, step = -819.4771667844467, 492.2333148072639, 0.5
    # no frequency of g^2 reaches that of the step: the sum is the integral
    places = step * np.arange(-14000, 14000) + step / 2
    g = np.sinc(places / math.pi) if "sin(x)/x" in text else np.sinc(places / (2 * math.pi)) ** 2 / 2
    weights = step * np.exp(-(((places - mu) / sigma) ** 2) / 2) / (sigma * math.sqrt(2 * math.pi))
    found = emit(text).load().second_moment(mu, sigma)
    assert abs(found / math.fsum(weights * g * g) - 1) <= 1e-13


def test_a_branch_narrower_than_a_millionth_has_its_own_jumps() -> None:
    expression = activation("where(abs(x) < 1e-7, 5, tanh(x))").expression
    kinks = sp.Rational(-1, 10**7), sp.Rational(1, 10**7)
    (_, up), (_, down) = jumps_at(expression, x, kinks)
    assert abs(float(up) - 5) < 1e-6
    assert abs(float(down) + 5) < 1e-6


def test_a_guard_of_a_logarithm_is_served() -> None:
    kernel = emit("where(abs(x) < 1e-12, 0, x*log(abs(x)))").load()
    mu, sigma = 3e-7, 1e-7
    edge = _CONTEXT.mpf("1e-12")

    def value(y: Any) -> Any:
        return y * _CONTEXT.log(abs(y)) if abs(y) >= edge else _CONTEXT.zero

    wanted, variance = _expected(value, edge, mu, sigma)
    found = kernel.hermite_coefficients(mu, sigma, 3)
    for k in (1, 2, 3):
        assert abs(float(found[k] - wanted[k])) <= 1e-13 * math.sqrt(float(variance) * math.factorial(k))
