"""Smooth functions of what saturates, and differences with one line at both ends: against flint's integrals."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import mpmath
import numpy as np
import pytest
import sympy as sp

from codegen import emit
from codegen.limit_departures import departure_from_limit
from codegen.mp_functions import mp_function
from codegen.stable_functions import written_out
from codegen.structures import UNIT
from codegen.value_check import first_wrong_value
from symbolic_moments.symbols import x

flint = pytest.importorskip("flint", reason="python-flint (the extra `exact`) is the reference")
arb = flint.arb

DIGITS = 150


def sigmoid(t):
    return 1 / (1 + (-t).exp())


def normal_cdf(t):
    return (-t / arb(2).sqrt()).erfc() / 2


FUNCTIONS = {
    "erf(tanh(x))": lambda t: t.tanh().erf(),
    "Phi(tanh(x))": lambda t: normal_cdf(t.tanh()),
    "asinh(tanh(x))": lambda t: t.tanh().asinh(),
    "phi(tanh(x))": lambda t: (-(t.tanh() ** 2) / 2).exp() / (2 * arb.pi()).sqrt(),
    "erf(sigmoid(x))": lambda t: sigmoid(t).erf(),
    "sech(tanh(x))": lambda t: 1 / t.tanh().cosh(),
    "erf(x) - tanh(x)": lambda t: t.erf() - t.tanh(),
    "gelu(x) - silu(x)": lambda t: t * (normal_cdf(t) - sigmoid(t)),
    "mish(x) - silu(x)": lambda t: t * ((1 + t.exp()).log().tanh() - sigmoid(t)),
    "x*erf(x) - abs(x)": lambda t: t * t.erf() - abs(t),
}
POINTS = ((-30.0, 3.0), (30.0, 3.0), (0.3, 1.0), (-12.0, 1e-3), (14.0, 0.5))


@cache
def kernel(text):
    return emit(text).load()


@pytest.fixture
def digits():
    before, flint.ctx.dps = flint.ctx.dps, DIGITS
    yield
    flint.ctx.dps = before


def by_panels(function, mu, sigma):
    """``E|g|``, ``E[g]``, ``E[g He_2]`` and ``Var g`` by Gauss-Legendre panels, half a unit long next to 0."""
    mu, sigma = arb(mu), arb(sigma)
    steps = {arb(j) / 2 for j in range(-60, 61)} | {arb(s) * 30 * arb(1.5) ** j for j in range(8) for s in (-1, 1)}
    ends = {mu + sigma * arb(j) / 2 for j in range(-60, 61)} | {s for s in steps if abs(s - mu) < 30 * sigma}
    cuts = sorted(ends, key=lambda end: float((end - mu) / sigma))
    rule = [arb.legendre_p_root(24, k, weight=True) for k in range(24)]
    terms = []
    for low, high in pairwise(cuts):
        for node, weight in rule:
            y = ((low + high) / 2 + (high - low) / 2 * node).mid()
            z = (y - mu) / sigma
            terms.append((((high - low) / 2 * weight * (-z * z / 2).exp()).mid(), z.mid(), function(y).mid()))
    mass = sum((w for w, _, _ in terms), arb(0))
    mean = sum((w * g for w, _, g in terms), arb(0)) / mass
    size = sum((w * abs(g) for w, _, g in terms), arb(0)) / mass
    second = sum((w * (g - mean) * (z * z - 1) for w, z, g in terms), arb(0)) / mass
    variance = sum((w * (g - mean) ** 2 for w, _, g in terms), arb(0)) / mass
    return [mpmath.mpf(one.str(40, radius=False)) for one in (size, mean, second, variance)]


@pytest.mark.usefixtures("digits")
@pytest.mark.parametrize("text", sorted(FUNCTIONS))
def test_against_panels_of_the_definition(text):
    promise = kernel(text).KERNEL["promise"]
    assert promise["variance"] == 2e-13
    for mu, sigma in POINTS:
        size, mean, second, variance = by_panels(FUNCTIONS[text], mu, sigma)
        assert abs(kernel(text).raw_moments(mu, sigma, 0)[0] - mean) <= 1e-13 * size
        found = kernel(text).hermite_coefficients(mu, sigma, 2)[2]
        noise = 100 * np.spacing(abs(mu)) / sigma
        assert abs(found - second) <= (1e-13 + noise) * mpmath.sqrt(2 * variance)
        assert abs(kernel(text).variance(mu, sigma) - variance) <= (2e-13 + noise) * variance


@pytest.mark.usefixtures("digits")
@pytest.mark.parametrize("text", ["erf(x) - tanh(x)", "gelu(x) - silu(x)", "mish(x) - silu(x)"])
@pytest.mark.parametrize("place", [-300.0, -100.0, -9.0, -1e-9, 1e-4, 9.0, 100.0, 300.0])
def test_values_of_differences_far_out_and_next_to_0(text, place):
    flint.ctx.dps = 600
    wanted = FUNCTIONS[text](arb(place))
    step = arb("1e-100")
    slope = abs(FUNCTIONS[text](arb(place) + step) - wanted) / step
    error = abs(arb(float(kernel(text).activation(place))) - wanted)
    assert error < arb(1e-15) * abs(wanted) + arb(float(np.spacing(abs(place)))) * slope


def test_a_departure_keeps_its_digits():
    r = sp.Symbol("r", real=True)
    context = mpmath.MPContext()
    context.dps = 80
    found = mp_function(context, departure_from_limit(sp.asinh, sp.S.One, r), r)
    with mpmath.workdps(400):
        for exponent in (1, 3, 10, 40, 70, 200):
            step = mpmath.mpf(10) ** -exponent
            wanted = mpmath.asinh(1 + step) - mpmath.asinh(1)
            assert abs(found(context.mpf(10) ** -exponent) - wanted) <= mpmath.mpf(10) ** -50 * wanted


def test_a_departure_has_the_derivative_of_its_function():
    r = sp.Symbol("r", real=True)
    found = departure_from_limit(sp.erf, sp.S.One, r)
    assert sp.simplify(sp.diff(found, r) - sp.diff(sp.erf(1 + r), r)) == 0
    assert written_out(found) == sp.erf(1 + r) - sp.erf(1)


def test_the_trial_knows_values_that_a_hundred_digits_lose():
    """log(1 + exp(-330)) is 0 to 60 and to 120 digits alike."""
    expression = x * sp.tanh(sp.log(1 + sp.exp(x))) - x / (1 + sp.exp(-x))
    assert first_wrong_value(kernel("mish(x) - silu(x)"), expression, (UNIT,), ()) is None


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("(x + 1)**2 - x**2 - 2*x - 1", 0),
        ("tanh(x) - 2*sigmoid(2*x) + 1", 0),
        ("sigmoid(x) + sigmoid(-x)", 1),
        ("sin(x)**2 + cos(x)**2 - 1", 0),
        ("tanh(x)*((x + 1)**2 - x**2 - 2*x - 1)", 0),
    ],
)
def test_a_constant_in_disguise(text, wanted):
    mu, sigma = np.array([0.0, -1e3, 2.0]), np.array([0.0, 1e-9, 1e6])
    assert (kernel(text).activation(mu) == wanted).all()
    assert (kernel(text).raw_moments(mu, sigma, 0)[0] == wanted).all()
    assert not kernel(text).variance(mu, sigma).any()
    assert not kernel(text).hermite_coefficients(mu, sigma, 4)[1:].any()
    assert int(kernel(text).KERNEL["expression"]) == wanted


def test_a_polynomial_with_a_root_of_eighth_order():
    """``E[(y - 1)^8] = 105 sigma^8`` around mu = 1, and so is ``E[y (y - 1)^8]``."""
    assert kernel("(x - 1)**8").raw_moments(1.0, 0.5, 1) == pytest.approx([105 / 256, 105 / 256], rel=1e-15)
