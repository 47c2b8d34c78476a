"""What rounds a function that rises or falls: moments against sums over steps, whose ends are inverses by hand."""

from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from mpmath import mp, mpf

from codegen import emit
from codegen.kernel_choice import NoKernelError
from codegen.verify.definition import read_definition


def _logit(p):
    return mp.log(p / (1 - p))


CASES = {
    "round(127*tanh(x))/127": (
        lambda: [mp.atanh((n + mpf(1) / 2) / 127) for n in range(-127, 127)],
        lambda: [mpf(n) / 127 for n in range(-127, 128)],
    ),
    "round(sigmoid(x)*255)/255": (
        lambda: [_logit((n + mpf(1) / 2) / 255) for n in range(255)],
        lambda: [mpf(n) / 255 for n in range(256)],
    ),
    "ceil(100*sigmoid(-3*x))": (
        lambda: [-_logit(mpf(n) / 100) / 3 for n in range(99, 0, -1)],
        lambda: [mpf(n) for n in range(100, 0, -1)],
    ),
    "tanh(round(30*erf(x))/10)": (
        lambda: [mp.erfinv((n + mpf(1) / 2) / 30) for n in range(-30, 30)],
        lambda: [mp.tanh(mpf(n) / 10) for n in range(-30, 31)],
    ),
    "floor(20*atan(x))": (
        lambda: [mp.tan(mpf(n) / 20) for n in range(-31, 32)],
        lambda: [mpf(n) for n in range(-32, 32)],
    ),
}


@cache
def kernel(text):
    return emit(text).load()


def _cell(order, low, high):
    """``int He_order phi`` between two numbers."""
    if order == 0:
        low, high = (low, high) if low < 0 else (-high, -low)
        return (mp.erfc(-high / mp.sqrt(2)) - mp.erfc(-low / mp.sqrt(2))) / 2
    ends = [
        mp.hermite(order - 1, z / mp.sqrt(2)) / mp.sqrt(2) ** (order - 1) * mp.npdf(z) if mp.isfinite(z) else 0
        for z in (low, high)
    ]
    return ends[0] - ends[1]


@pytest.mark.parametrize("text", CASES)
@settings(max_examples=12, deadline=None, phases=[Phase.generate])
@given(
    decade=st.floats(-9, 6),
    offset=st.floats(-10, 10),
    number=st.integers(0, 10**6),
    far=st.booleans(),
)
def test_coefficients_are_sums_over_the_steps(text, decade, offset, number, far):
    sigma = 10.0**decade
    with mp.workdps(60):
        places, levels = (one() for one in CASES[text])
        mu = 100 * offset if far else float(places[number % len(places)] + offset * sigma)
        mu = min(max(mu, -1000.0), 1000.0)
        cells = list(pairwise([-mp.inf, *((place - mpf(mu)) / mpf(sigma) for place in places), mp.inf]))
        shares = [_cell(0, *pair) for pair in cells]
        size = mp.fsum(abs(level) * share for level, share in zip(levels, shares, strict=True))
        mean = mp.fsum(level * share for level, share in zip(levels, shares, strict=True))
        apart = [level - levels[sum(place <= mu for place in places)] for level in levels]
        first = mp.fsum(one * share for one, share in zip(apart, shares, strict=True))
        variance = mp.fsum(one**2 * share for one, share in zip(apart, shares, strict=True)) - first**2
        exact = [mp.fsum(one * _cell(k, *pair) for one, pair in zip(apart, cells, strict=True)) for k in range(1, 9)]
        found = kernel(text).hermite_coefficients(mu, sigma, 8)
        assert abs(float(found[0]) - mean) <= 2e-14 * size + mpf(10) ** -290
        if variance > mpf(10) ** -280:
            assert abs(float(kernel(text).variance(mu, sigma)) - variance) <= 4e-14 * variance
        for k, value in enumerate(exact, 1):
            assert abs(float(found[k]) - value) <= 2e-14 * mp.sqrt(variance * mp.factorial(k)) + mpf(10) ** -290, k


def test_the_last_step_is_not_reached_where_the_core_rounds_to_its_limit():
    assert kernel("ceil(100*sigmoid(-3*x))").activation([-900.0, 0.0, 900.0]).tolist() == [100, 50, 1]
    assert kernel("floor(20*atan(x))").activation([-1e9, 0.0, 1e9]).tolist() == [-32, 0, 31]


def test_activation_is_what_numpy_rounds():
    values = np.linspace(-6, 6, 1001)
    np.testing.assert_allclose(
        kernel("round(127*tanh(x))/127").activation(values), np.rint(127 * np.tanh(values)) / 127, rtol=4e-16
    )


def test_verify_knows_the_jumps():
    definition = read_definition("round(20*tanh(x))/20")
    assert len(definition.kinks) == 40


def test_too_many_steps_are_refused():
    with pytest.raises(NoKernelError, match="2000 steps; at most 1000"):
        emit("round(1000*tanh(x))/1000")


@pytest.mark.parametrize("number", [0, 86, 128, 200, 253, 254])
def test_next_to_a_jump_values_are_those_of_its_sides(number):
    """The sigmoid rises by an ulp over 64 doubles around 6.23; -1e-308 is on the left of the jump at 0."""
    found = kernel("floor(255*sigmoid(x) + 1/2)/255")
    with mp.workdps(60):
        place = _logit((number + mpf(1) / 2) / 255)
        nearest = float(place)
        beside = [nearest + n * float(np.spacing(nearest)) for n in (-40, -3, -2, -1, 0, 1, 2, 3, 40)]
        wanted = [float(mpf(number + (y >= place)) / 255) for y in beside]
    assert found.activation(np.array(beside)).tolist() == wanted
    assert found.raw_moments(np.array(beside), 0.0, 0)[0].tolist() == wanted


def test_values_at_and_next_to_a_jump_at_zero():
    found = kernel("floor(255*sigmoid(x) + 1/2)/255")
    assert found.activation(np.array([-1e-308, 0.0, 1e-308])).tolist() == [127 / 255, 128 / 255, 128 / 255]


@pytest.mark.parametrize(("mu", "sigma"), [(547.6341918421609, 182.31661843042772), (1000.0, 1e6), (-300.0, 100.0)])
def test_moments_of_many_equal_shares_keep_their_last_digits(mu, sigma):
    """200 jumps far from mu add the same number 200 times."""
    with mp.workdps(50):
        centre, spread = mpf(mu), mpf(sigma)
        ends = [-mp.inf, *(mp.atanh((n + mpf(1) / 2) / 100) for n in range(-100, 100)), mp.inf]
        beyond = [_powers_beyond((end - centre) / spread) for end in ends]
        for order in range(5):
            binomials = [mp.binomial(order, j) * centre ** (order - j) * spread**j for j in range(order + 1)]
            shares = [sum(b * (low[j] - high[j]) for j, b in enumerate(binomials)) for low, high in pairwise(beyond)]
            levels = [mpf(n) / 100 for n in range(-100, 101)]
            wanted = mp.fsum(level * share for level, share in zip(levels, shares, strict=True))
            size = mp.fsum(abs(level * share) for level, share in zip(levels, shares, strict=True))
            value = kernel("round(100*tanh(x))/100").raw_moments(mu, sigma, order)[order]
            assert abs(mpf(float(value)) - wanted) <= 4e-15 * size


def _powers_beyond(z):
    """``E[z^n; z > z_0]``, n = 0 .. 4."""
    if not mp.isfinite(z):
        return [mpf(n) if z < 0 else mpf(0) for n in (1, 0, 1, 0, 3)]
    found = [mp.erfc(z / mp.sqrt(2)) / 2, mp.npdf(z)]
    for n in range(2, 5):
        found.append(z ** (n - 1) * mp.npdf(z) + (n - 1) * found[n - 2])
    return found
