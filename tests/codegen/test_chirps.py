"""Waves of quadratic phase: kernels against the complex Gaussian integral by hand, and that against quadrature."""

import math
from dataclasses import dataclass

import mpmath
import numpy as np
import pytest
from mpmath import mpc, mpf

from codegen import NoKernelError, emit

PROMISE = 2e-14
KERNELS = {}


@dataclass(frozen=True)
class Wave:
    """``Re[P(y) exp(-(q - i a) y^2 + (c + i w) y + i p)]``, P complex, lowest power first."""

    polynomial: tuple[complex, ...]
    a: object = 0
    w: object = 0
    p: object = 0
    q: object = 0
    c: object = 0

    def times(self, other, conjugate):
        """The product of the complex waves, the second conjugated or not."""
        sign = -1 if conjugate else 1
        second = [mpmath.conj(v) if conjugate else v for v in other.polynomial]
        product = [mpc(0)] * (len(self.polynomial) + len(second) - 1)
        for i, one in enumerate(self.polynomial):
            for j, two in enumerate(second):
                product[i + j] += mpc(one) * two
        turned = (self.a + sign * other.a, self.w + sign * other.w, self.p + sign * other.p)
        return Wave(tuple(product), *turned, self.q + other.q, self.c + other.c)

    def value(self, y):
        phase = mpc(0, 1) * (self.a * y * y + self.w * y + self.p)
        return (mpmath.polyval(self.polynomial[::-1], y) * mpmath.exp(phase - self.q * y * y + self.c * y)).real


def expectations(waves, mu, sigma, degree, order):
    """``E[y^n g]`` and ``E[He_k(z) g]``: the square completed in z, and moments of a complex Gaussian."""
    moments, hermite = [mpf(0)] * (degree + 1), [mpf(0)] * (order + 1)
    for wave in waves:
        square, rate = mpc(wave.q, -wave.a), mpc(wave.c, wave.w)
        scale = 1 + 2 * square * sigma * sigma
        slope = (rate - 2 * square * mu) * sigma
        mean = slope / scale
        constant = -square * mu * mu + rate * mu + mpc(0, 1) * wave.p
        powers = [mpmath.exp(constant + slope * mean / 2) / mpmath.sqrt(scale)]
        powers.append(mean * powers[0])
        for k in range(1, max(degree, order) + len(wave.polynomial)):
            powers.append(mean * powers[k] + k * powers[k - 1] / scale)

        def mixed(coefficients, powers=powers):
            return mpmath.fsum(c * m for c, m in zip(coefficients, powers, strict=False)).real

        plain = [mpc(0)]
        for coefficient in wave.polynomial[::-1]:
            plain = _times(plain, [mu, sigma])
            plain[0] += coefficient
        raised = plain
        for n in range(degree + 1):
            moments[n] += mixed(raised)
            raised = _times(raised, [mu, sigma])
        before, current = [mpf(0)], [mpf(1)]
        for k in range(order + 1):
            hermite[k] += mixed(_times(plain, current))
            following = [mpf(0), *current]
            for i, value in enumerate(before):
                following[i] -= k * value
            before, current = current, following
    return moments, hermite


def _times(one, two):
    product = [mpf(0)] * (len(one) + len(two) - 1)
    for i, a in enumerate(one):
        for j, b in enumerate(two):
            product[i + j] += a * b
    return product


class Wanted:
    """What a kernel should return at one point, and how far from it it may be."""

    def __init__(self, waves, mu, sigma, degree, order):
        self.waves, self.mu, self.sigma = waves, mu, sigma
        lost = (order + 4) * max(0, -math.log10(sigma)) + 2 * math.log10(1 + abs(mu) / sigma)
        with mpmath.workdps(60 + int(2 * lost)):
            place = mpf(mu), mpf(sigma)
            self.moments, self.hermite = expectations(waves, *place, degree, order + 3)
            squares = [one.times(two, conjugate) for one in waves for two in waves for conjugate in (False, True)]
            self.square = expectations(squares, *place, 0, 0)[0][0] / 2
            self.variance = self.square - self.moments[0] ** 2
            self.sizes = self._sizes(degree)

    def _sizes(self, degree):
        """``E|y^n g|`` to two digits, summed where the envelope of the first wave and the density leave something."""
        envelope = self.waves[0]
        scale = 1 + 2 * envelope.q * self.sigma**2
        middle, width = (self.mu + envelope.c * self.sigma**2) / scale, self.sigma / mpmath.sqrt(scale)
        total, grid = [mpf(0)] * (degree + 1), np.linspace(-8, 8, 1201)
        for unit in grid:
            y = middle + width * mpf(float(unit))
            density = mpmath.npdf((y - self.mu) / self.sigma) * width / self.sigma * float(grid[1] - grid[0])
            value = abs(sum(wave.value(y) for wave in self.waves)) * density
            for n in range(degree + 1):
                total[n] += value
                value *= abs(y)
        return total

    def by_inputs(self, k):
        """What 4 ulp of mu or sigma change in c_k."""
        by_mu = abs(self.hermite[k + 1]) * math.ulp(self.mu)
        by_sigma = abs(k * self.hermite[k] + self.hermite[k + 2]) * math.ulp(self.sigma)
        return 4 * max(by_mu, by_sigma) / self.sigma

    def variance_by_inputs(self):
        """The same in the variance, ``sum c_k^2 / k!``."""
        by_mu = by_sigma = curved = mpf(0)
        for k in range(1, len(self.hermite) - 2):
            weight = 2 * self.hermite[k] / mpmath.factorial(k)
            by_mu += weight * self.hermite[k + 1]
            by_sigma += weight * (k * self.hermite[k] + self.hermite[k + 2])
            curved += self.hermite[k + 1] ** 2 / mpmath.factorial(k)
        step = 4 * math.ulp(self.mu) / self.sigma
        return max(abs(by_mu) * step, abs(by_sigma) * 4 * math.ulp(self.sigma) / self.sigma) + curved * step**2


def shares(made, waves, mu, sigma, degree=8, order=16):
    """The largest errors of a kernel at one point, over what is allowed: by function."""
    wanted = Wanted(waves, mu, sigma, degree, order)
    promise = made.KERNEL["promise"]
    with mpmath.workdps(50):
        change = wanted.by_inputs(0)
        sizes = [max(promise["raw_moments"] * size, change * abs(mu) ** n) for n, size in enumerate(wanted.sizes)]
        widths = [mpmath.sqrt(abs(wanted.variance) * mpmath.factorial(k)) for k in range(order + 1)]
        bound = promise["hermite_coefficients"]
        allowed = [max(bound * wanted.sizes[0], change)]
        allowed += [max(bound * widths[k], wanted.by_inputs(k)) for k in range(1, order + 1)]
        derivatives = [value * sigma**k for k, value in enumerate(made.expected_derivatives(mu, sigma, order))]
        varied = wanted.variance_by_inputs()
        second = (2 * abs(wanted.hermite[0]) + change) * change + varied
        groups = {
            "raw_moments": (made.raw_moments(mu, sigma, degree), wanted.moments, sizes),
            "hermite_coefficients": (made.hermite_coefficients(mu, sigma, order), wanted.hermite, allowed),
            "expected_derivatives": (derivatives, wanted.hermite, allowed),
            "second_moment": (
                [made.second_moment(mu, sigma)],
                [wanted.square],
                [max(promise["second_moment"] * wanted.square, second)],
            ),
            "variance": (
                [made.variance(mu, sigma)],
                [wanted.variance],
                [max(promise["variance"] * wanted.variance, varied)],
            ),
        }
        return {
            name: max(float(abs(mpf(float(f)) - w) / a) for f, w, a in zip(found, values, limits, strict=False))
            for name, (found, values, limits) in groups.items()
        }


IMAGINARY = mpc(0, 1)
HALF = mpf(1) / 2
WAVES = {
    "sin(x**2)": [Wave((-IMAGINARY,), a=1)],
    "cos(x**2 + x)": [Wave((1,), a=1, w=1)],
    "x*sin(x**2)": [Wave((0, -IMAGINARY), a=1)],
    "sin(x**2)*exp(-x**2/2)": [Wave((-IMAGINARY,), a=1, q=HALF)],
    "cos(x**2)**2": [Wave((HALF,)), Wave((HALF,), a=2)],
    "2*x + cos(3*x**2 - 1)": [Wave((0, 2)), Wave((1,), a=3, p=-1)],
    "sin(x**2/2 + 1)*x**2": [Wave((0, 0, -IMAGINARY), a=HALF, p=1)],
    "sin(x**2) - x**2": [Wave((-IMAGINARY,), a=1), Wave((0, 0, -1))],
    "exp(x)*cos(x**2 - x)": [Wave((1,), a=1, w=-1, c=1)],
}
ROOT = math.sqrt(13 * math.pi)
PLACES = [
    (0.0, 1e-9),
    (1e-3, 1e-3),
    (0.3, 0.28),
    (-0.7, 1.0),
    (ROOT, 1e-7),
    (math.sqrt(13.5 * math.pi), 1e-6),
    (12.5, 0.01),
    (3.0, 2.0),
    (0.5, 30.0),
]
FAR = [(1000.0, 1e-9), (-999.3, 1e-6), (777.7, 3e-4), (1000.0, 1e-3), (50.0, 1e3), (1000.0, 1e6), (-64.76321, 0.29456)]


def kernel(text):
    if text not in KERNELS:
        KERNELS[text] = emit(text, degree=8).load()
    return KERNELS[text]


def test_the_integral_by_hand_is_that_of_the_definition():
    waves = [Wave((0.5, -IMAGINARY), a=2, w=-1, p=0.25, q=HALF), Wave((0, 1))]
    mu, sigma = mpf("0.4"), mpf("0.8")
    with mpmath.workdps(30):
        moments, hermite = expectations(waves, mu, sigma, 3, 3)

        def expected(weight):
            def integrand(z):
                return weight(z) * sum(wave.value(mu + sigma * z) for wave in waves) * mpmath.npdf(z)

            return mpmath.quad(integrand, mpmath.linspace(-12, 12, 41))

        assert abs(expected(lambda z: (mu + sigma * z) ** 3) - moments[3]) < 1e-24
        assert abs(expected(lambda z: z**3 - 3 * z) - hermite[3]) < 1e-24


@pytest.mark.parametrize("text", WAVES)
def test_kernels_agree_with_the_integral_by_hand(text):
    """Roots and extrema of g, angles of a million radians, phases that turn often and seldom under the Gaussian."""
    damped, grows = "exp(-" in text, "exp(x)" in text
    for mu, sigma in PLACES if damped or grows else [*PLACES, *FAR]:
        spread = min(sigma, 4.0) if grows else sigma
        for name, share in shares(kernel(text), WAVES[text], mu, spread).items():
            assert share < 1, (name, mu, spread, share)


def test_sixteen_moments_where_the_degree_asks_for_them():
    made = emit("sin(x**2)", degree=16).load()
    for mu, sigma in ((-0.023, 1.09), (0.5, 0.9), (2.0, 1.5), (1000.0, 1e-4)):
        worst = shares(made, WAVES["sin(x**2)"], mu, sigma, degree=16)
        assert max(worst.values()) < 1, (mu, sigma, worst)


@pytest.mark.parametrize("text", ["sin(x**2)", "cos(x**2)**2", "sin(x**2/2 + 1)*x**2", "cos(x**2/3 - x/7)"])
def test_values_have_the_phase_of_their_argument_exactly(text):
    places = np.array([1e-9, 0.1, 2.0, 31.4, 333.3, 999.9, 1000.0])
    value = {
        "sin(x**2)": lambda y: mpmath.sin(y * y),
        "cos(x**2)**2": lambda y: mpmath.cos(y * y) ** 2,
        "sin(x**2/2 + 1)*x**2": lambda y: mpmath.sin(y * y / 2 + 1) * y * y,
        "cos(x**2/3 - x/7)": lambda y: mpmath.cos(y * y / 3 - y / 7),
    }[text]
    with mpmath.workdps(40):
        for y, found in zip(places, emit(text).load().activation(places), strict=True):
            wanted = value(mpf(float(y)))
            assert abs(float(found) - wanted) < 1e-15 * abs(wanted)


HIDDEN = {
    "exp(-x**2/1000) + cos(100*x)/100": [Wave((1,), q=mpf(1) / 1000), Wave((mpf(1) / 100,), w=100)],
    "sin(x/64) + cos(100*x)/64": [Wave((-IMAGINARY,), w=mpf(1) / 64), Wave((mpf(1) / 64,), w=100)],
    "3*cos(x**2/128) + sin(7*x**2)/128": [Wave((3,), a=mpf(1) / 128), Wave((-IMAGINARY / 128,), a=7)],
    "2*x + cos(3*x**2 - 1)": WAVES["2*x + cos(3*x**2 - 1)"],
}


@pytest.mark.parametrize("text", HIDDEN)
def test_a_fast_wave_counts_in_the_variance_beside_something_slow_and_large(text):
    """All terms of the series saw the slow part alone: half the square of the wave was lost."""
    for mu, sigma in ((3.0, 0.5), (-0.14, 2.0), (-0.9, 0.05), (-64.76321, 0.29456)):
        wanted = Wanted(HIDDEN[text], mu, sigma, 0, 4)
        for found, value in (("variance", wanted.variance), ("second_moment", wanted.square)):
            assert abs(float(getattr(kernel(text), found)(mu, sigma)) - value) < 2e-13 * value, (found, mu, sigma)


def test_what_touches_zero_is_known_by_its_complement():
    made = kernel("cos(x**2)**2")
    place, sigma = math.sqrt(7.5 * math.pi), 1e-7
    with mpmath.workdps(60):
        exact = Wanted(WAVES["cos(x**2)**2"], place, sigma, 0, 4)
        assert abs(mpf(float(made.raw_moments(place, sigma, 0)[0])) - exact.moments[0]) < PROMISE * exact.moments[0]
        assert abs(mpf(float(made.activation(place))) - mpmath.cos(mpf(place) ** 2) ** 2) < 1e-15 * float(
            exact.moments[0]
        )


def test_waves_that_quicken_beside_something_else_are_refused_with_a_reason():
    with pytest.raises(NoKernelError, match=r"served if its phase is of degree 2 and beside it stand polynomials"):
        emit("sin(x**3)")
