"""Two-point covariances against one-dimensional integrals of conditional expectations at 30 digits."""

import sys
import types
from functools import cache
from itertools import pairwise
from types import SimpleNamespace

import mpmath as mp
import numpy as np
import pytest
from mpmath.calculus.quadrature import GaussLegendre

from numeric_backend import kernels, two_point_covariance
from numeric_backend.errors import ArrayLibraryError, InputError, KernelError, ShapeError
from numeric_backend.two_point import TwoPointRule

SAME_BUT_FOR_NUMBERS = {
    "celu",
    "prelu",
    "rrelu",
    "leaky_relu2",
    "jumprelu",
    "keras_relu",
    "keras2_hard_sigmoid",
    "sparse_sigmoid",
}
EXACT = [
    name for name in kernels.names() if name not in SAME_BUT_FOR_NUMBERS and TwoPointRule(kernels.load(name)).exact
]


class Definition:
    """g and E[g(y)], y ~ N(m, s^2), in mpmath."""

    def __init__(self, record):
        self.pieces = [[mp.mpf(c) for c in p] for p in record["pieces"]]
        self.breakpoints = [mp.mpf(c) for c in record["breakpoints"]]
        self.terms = [
            ([mp.mpf(c) for c in t["polynomial"]], mp.mpf(t["slope"]), mp.mpf(t["offset"]))
            for t in record["error_terms"]
        ]

    def __call__(self, y):
        value = mp.polyval(self.pieces[sum(y > c for c in self.breakpoints)][::-1], y)
        return value + sum(mp.polyval(p[::-1], y) * mp.ncdf(a * y + b) for p, a, b in self.terms)

    def mean(self, m, s):
        if s == 0:
            return self(m)
        value = mp.mpf(0)
        edges = [(c, mp.ncdf((c - m) / s), mp.npdf((c - m) / s) * s) for c in self.breakpoints]
        edges = [(mp.mpf(0), 0, 0), *edges, (mp.mpf(0), 1, 0)]  # at infinity nothing is left of a power and the density
        for p, low, high in zip(self.pieces, edges[:-1], edges[1:], strict=True):
            value += sum(c * k for c, k in zip(p, truncated_moments(m, s, low, high, len(p)), strict=True))
        for p, a, b in self.terms:
            scale = mp.sqrt(1 + (a * s) ** 2)
            h = (a * m + b) / scale
            tilted = normal_moments((m - a * b * s * s) / scale**2, s / scale, len(p))
            J = [mp.ncdf(h)]
            for n in range(1, len(p)):
                below = (n - 1) * J[n - 2] if n > 1 else 0
                J.append(m * J[n - 1] + s * s * (below + a / scale * mp.npdf(h) * tilted[n - 1]))
            value += sum(c * j for c, j in zip(p, J, strict=True))
        return value

    def features(self, m, s):
        """Where g(m + s z) bends."""
        places = self.breakpoints or [-b / a for _, a, b in self.terms] or [mp.mpf(0)]
        return [(c - m) / s for c in places]

    def hermite_coefficient(self, m, s, k):
        """E[g(m + s z) He_k(z)], the k-th derivative of the mean in m times s^k."""
        return s**k * mp.diff(lambda centre: self.mean(centre, s), m, k)

    def covariance(self, m_1, s_1, m_2, s_2, rho, complement):
        """Cov(g(y_1), g(y_2)) as an integral over the first variable; two resolutions must agree."""
        m_1, s_1, m_2, s_2, gap = (mp.mpf(float(v)) for v in (m_1, s_1, m_2, s_2, complement))
        r, q = mp.sign(rho) * (1 - gap), mp.sqrt(gap * (2 - gap))
        centre_1, centre_2 = self.mean(m_1, s_1), self.mean(m_2, s_2)

        def integrand(z):
            first = self(m_1 + s_1 * z) - centre_1
            return first * (self.mean(m_2 + s_2 * r * z, s_2 * q) - centre_2) * mp.npdf(z)

        features = {mp.mpf(z) for z in (-13, -7, -3, 0, 3, 7, 13)}
        places = [(z, 1 / s_1) for z in self.features(m_1, s_1)]
        if r:
            places += [(z / r, (q + 1 / s_2) / abs(r)) for z in self.features(m_2, s_2)]
        for place, width in places:
            features |= {place + k * width for k in (-6, -2, 0, 2, 6)}
            features |= {place + k * q for k in (-10, -5, -2, 2, 5, 10)}
        nodes = sorted(z for z in features if abs(z) <= 13)
        coarse, fine = (over_panels(integrand, nodes, rule) for rule in gauss_rules())
        spread = mp.sqrt(integrand_scale(self, m_1, s_1) * integrand_scale(self, m_2, s_2))
        # Doubling the nodes squares the error, so this holds the finer value far below 1e-13.
        assert abs(coarse - fine) < mp.mpf("1e-13") * spread
        return fine


@cache
def gauss_rules():
    """Nodes and weights of 24 and of 48 points, of 30 digits and some."""
    return [GaussLegendre(mp.mp).calc_nodes(degree, 140) for degree in (4, 5)]


def over_panels(function, cuts, rule):
    value = mp.mpf(0)
    for low, high in pairwise(cuts):
        middle, half = (low + high) / 2, (high - low) / 2
        value += half * mp.fsum(weight * function(middle + half * node) for node, weight in rule)
    return value


def normal_moments(m, s, count):
    moments = [mp.mpf(1), m]
    for n in range(2, count):
        moments.append(m * moments[n - 1] + (n - 1) * s * s * moments[n - 2])
    return moments[:count]


def truncated_moments(m, s, low, high, count):
    """E[y^n 1{low < y < high}], both ends given as places, the probability below them and their density."""
    (left, below_left, density_left), (right, below_right, density_right) = low, high
    moments = [below_right - below_left]
    for n in range(1, count):
        below = (n - 1) * s * s * moments[n - 2] if n > 1 else 0
        ends = left ** (n - 1) * density_left - right ** (n - 1) * density_right
        moments.append(m * moments[n - 1] + below + ends)
    return moments


def integrand_scale(g, m, s):
    """Var g(y), to a few digits."""
    centre = g.mean(m, s)
    nodes = {mp.mpf(z) for z in (-13, -3, 0, 3, 13)}
    nodes |= {z + w / s for z in g.features(m, s) for w in (-3, 0, 3) if abs(z + w / s) < 13}
    return mp.quad(lambda z: (g(m + s * z) - centre) ** 2 * mp.npdf(z), sorted(nodes), maxdegree=4)


def points(name, count, smallest=-1.5):
    rng = np.random.default_rng(sum(map(ord, name)))
    gaps = [0.9, 0.4, 0.08, 10 ** rng.uniform(-6, -2), 10 ** rng.uniform(-15, -7), 0.0]
    for i in range(count):
        gap = gaps[i % len(gaps)]
        s_1, s_2 = 10 ** rng.uniform(smallest, 1, size=2)
        t_1, t_2 = rng.normal(size=2) * 2
        sign = 1.0 if i % 2 else -1.0
        if i % 3:
            t_2 = sign * t_1 + 10 ** rng.uniform(-6, 0)
        yield t_1 * s_1, s_1, t_2 * s_2, s_2, sign * (1 - gap), gap


@pytest.mark.parametrize("name", sorted(set(EXACT) - {"elu", "selu", "exp"}))  # test_exponential_two_point.py
def test_covariance_against_mpmath(name):
    kernel = kernels.load(name)
    definition = Definition(kernel.KERNEL["decomposition"])
    with mp.workdps(30):
        for m_1, s_1, m_2, s_2, rho, gap in points(name, 6):
            exact = definition.covariance(m_1, s_1, m_2, s_2, rho, gap)
            found = two_point_covariance(kernel, m_1, s_1, m_2, s_2, rho, complement=gap)
            spread = np.sqrt(kernel.variance(m_1, s_1) * kernel.variance(m_2, s_2))
            error = abs(float(found.value) - float(exact)) / spread
            assert error < 1e-13, f"{error:.2e} at {(m_1, s_1, m_2, s_2, rho, gap)}"
            assert found.bound == 0.0


def error_term(polynomial, slope, offset):
    return {"polynomial": polynomial, "slope": slope, "offset": offset}


HARDER = {
    "jumps of three orders": ([0.5], [[1.0], [3.0, -2.0, 1.0]], []),
    "hard tanh": ([-1.0, 1.0], [[-1.0], [0.0, 1.0], [1.0]], []),
    "three steps": ([-1.0, 0.0, 2.0], [[0.0], [1.0, 0.5], [-1.0], [0.25, 0.0, 1.0]], []),
    "offset": ([], [[0.1, 0.3]], [error_term([0.2, 1.0, -0.5], 1.3, 0.7)]),
    "two slopes": ([], [[0.0]], [error_term([0.0, 1.0], 2.0, -0.5), error_term([1.0], 0.4, 1.0)]),
    "falling": ([], [[0.0]], [error_term([0.0, 1.0], -1.5, 0.2)]),
}


@pytest.mark.parametrize("case", HARDER)
def test_harder_decompositions_against_mpmath(case):
    """Several breakpoints, jumps of several orders, offsets, slopes of both signs, beyond the committed kernels."""
    breakpoints, pieces, terms = HARDER[case]
    record = {"breakpoints": breakpoints, "pieces": pieces, "error_terms": terms}
    definition = Definition(record)

    def hermite_coefficients(mu, sigma, degree):
        columns = [
            [float(definition.hermite_coefficient(mp.mpf(float(m)), mp.mpf(float(s)), k)) for k in range(degree + 1)]
            for m, s in zip(mu, sigma, strict=True)
        ]
        return np.array(columns).T

    kernel = SimpleNamespace(KERNEL={"name": case, "decomposition": record}, hermite_coefficients=hermite_coefficients)
    with mp.workdps(30):
        for m_1, s_1, m_2, s_2, rho, gap in list(points(case, 6, smallest=-0.5))[1::3]:
            exact = definition.covariance(m_1, s_1, m_2, s_2, rho, gap)
            found = two_point_covariance(kernel, m_1, s_1, m_2, s_2, rho, complement=gap)
            spread = mp.sqrt(
                integrand_scale(definition, mp.mpf(m_1), mp.mpf(s_1))
                * integrand_scale(definition, mp.mpf(m_2), mp.mpf(s_2))
            )
            error = float(abs(mp.mpf(float(found.value)) - exact) / spread)
            assert error < 1e-13, f"{error:.2e} at {(m_1, s_1, m_2, s_2, rho, gap)}"


@pytest.mark.parametrize("name", [*EXACT, *sorted(SAME_BUT_FOR_NUMBERS)])
def test_diagonal_is_the_variance(name):
    kernel = kernels.load(name)
    rng = np.random.default_rng(3)
    sigma = 10 ** rng.uniform(-3, 1, size=300)
    mu = rng.uniform(-9, 9, size=300) * np.sqrt(sigma**2 + 0.1)
    mu = np.clip(mu, -30 * sigma, 30 * sigma)
    found = two_point_covariance(kernel, mu, sigma, mu, sigma, 1.0).value
    np.testing.assert_allclose(found, kernel.variance(mu, sigma), rtol=2e-13)


def third(k):
    """k/3 as a double, and what rounding took from it."""
    with mp.workdps(40):
        return k / 3, float(mp.mpf(k) / 3 - mp.mpf(k / 3))


def test_a_step_at_a_place_that_is_no_double():
    """Var = p (1 - p), p = Phi((mu - 1/3)/sigma): the rest of 1/3 moves p by 5e-12 at t = -30."""
    c, rest = third(1)
    record = {"breakpoints": [c], "breakpoint_rests": [rest], "pieces": [[0.0], [1.0]], "error_terms": []}
    kernel = SimpleNamespace(
        KERNEL={"name": "step", "decomposition": record},
        hermite_coefficients=lambda mu, sigma, degree: np.zeros((degree + 1, mu.size)),
    )
    t, sigma = np.array([-30.0, -10.0, -3.0, 0.0, 4.0, 25.0]), np.array([1e-4, 0.3, 0.01, 2.0, 1e-3, 1e-4])
    mu = c + t * sigma
    found = two_point_covariance(kernel, mu, sigma, mu, sigma, 1.0).value
    with mp.workdps(40):
        scaled = [(mp.mpf(m) - mp.mpf(1) / 3) / mp.mpf(s) for m, s in zip(mu, sigma, strict=True)]
        exact = [float(mp.ncdf(u) * mp.ncdf(-u)) for u in scaled]
    np.testing.assert_allclose(found, exact, rtol=2e-14)


@pytest.mark.parametrize("sigma", [0.01, 0.12, 0.5, 2.0, 30.0])
def test_the_tail_of_a_normal_cdf_with_an_offset(sigma):
    """``Var Phi(7y/3 - 5/3)`` far out, relative to itself: the integrand grows by e^80 and more on its way."""
    slope, offset = third(7), third(-5)
    term = error_term([1.0], slope[0], offset[0]) | {"slope_rest": slope[1], "offset_rest": offset[1]}
    record = {"breakpoints": [], "pieces": [[0.0]], "error_terms": [term]}
    kernel = SimpleNamespace(
        KERNEL={"name": "offset", "decomposition": record},
        hermite_coefficients=lambda mu, sigma, degree: np.zeros((degree + 1, mu.size)),
    )
    h = np.array([-18.0, -12.0, -6.0, -1.0, 0.0, 5.0, 12.0])
    mu = (h * np.sqrt(1 + 49 * sigma**2 / 9) + 5 / 3) * 3 / 7
    found = two_point_covariance(kernel, mu, sigma, mu, sigma, 1.0).value
    with mp.workdps(30):
        exact = [float(variance_of_phi(mp.mpf(m), mp.mpf(sigma), mp.mpf(7) / 3, mp.mpf(-5) / 3)) for m in mu]
    np.testing.assert_allclose(found, exact, rtol=5e-14)


def variance_of_phi(m, s, a, b):
    """Var Phi(a y + b) from the definition, the peak of the integrand factored out."""
    scale = mp.sqrt(1 + (a * s) ** 2)
    side = -1 if a * m + b > 0 else 1  # Phi(-u) = 1 - Phi(u) has the same variance, and keeps its digits
    mean = mp.ncdf(side * (a * m + b) / scale)

    def logarithm(z):
        deviation = mp.ncdf(side * (a * (m + s * z) + b)) - mean
        return 2 * mp.log(abs(deviation)) - z * z / 2 if deviation else -mp.inf

    grid = [mp.mpf(k) / 8 for k in range(-8 * 40, 8 * 40 + 1)]
    peak = max(grid, key=logarithm)
    top = logarithm(peak)
    integral = mp.quad(
        lambda z: mp.exp(logarithm(z) - top),
        [peak + mp.mpf(k) for k in (-24, -16, -10, -6, -3, -1, 0, 1, 3, 6, 10, 16, 24)],
    )
    return integral * mp.exp(top) / mp.sqrt(2 * mp.pi)


@pytest.mark.parametrize("name", EXACT)
def test_symmetry_and_dead_units(name):
    kernel = kernels.load(name)
    rng = np.random.default_rng(4)
    m_1, m_2 = rng.normal(size=(2, 50))
    s_1, s_2 = rng.uniform(0.1, 3, size=(2, 50))
    rho = rng.uniform(-1, 1, size=50)
    there = two_point_covariance(kernel, m_1, s_1, m_2, s_2, rho).value
    back = two_point_covariance(kernel, m_2, s_2, m_1, s_1, rho).value
    spread = np.sqrt(kernel.variance(m_1, s_1) * kernel.variance(m_2, s_2))
    assert (np.abs(there - back) <= 1e-14 * spread).all()
    assert (np.abs(there) <= spread * (1 + 1e-12)).all()
    np.testing.assert_array_equal(two_point_covariance(kernel, m_1, 0.0, m_2, s_2, rho).value, 0.0)
    np.testing.assert_array_equal(two_point_covariance(kernel, m_1, s_1, m_2, s_2, 0.0).value, 0.0)


@pytest.mark.parametrize("name", [name for name in ("relu", "gelu", "erf", "heaviside") if name in EXACT])
def test_beyond_leaves_out_the_hermite_terms(name):
    kernel = kernels.load(name)
    mu, sigma, rho = np.array([0.3, -1.0]), np.array([1.0, 2.5]), np.array([0.8, -0.6])
    c, d = kernel.hermite_coefficients(mu, sigma, 5), kernel.hermite_coefficients(-mu, sigma, 5)
    whole = two_point_covariance(kernel, mu, sigma, -mu, sigma, rho).value
    partial = np.zeros(2)
    for k in range(1, 6):
        partial += c[k] * d[k] * rho**k / float(mp.factorial(k))
        found = two_point_covariance(kernel, mu, sigma, -mu, sigma, rho, beyond=k).value
        np.testing.assert_allclose(found, whole - partial, atol=1e-14)


@pytest.mark.parametrize("name", [name for name in ("identity", "square", "cube") if name in EXACT])
def test_nothing_is_beyond_a_polynomials_degree(name):
    kernel = kernels.load(name)
    degree = TwoPointRule(kernel).order
    found = two_point_covariance(kernel, [0.3, 2.0], [1.0, 5.0], [-1.0, 0.1], [2.0, 0.5], [0.3, -1.0], beyond=degree)
    np.testing.assert_array_equal(found.value, 0.0)


def test_near_one_the_complement_decides():
    """Cov of two steps is arcsin(rho)/(2 pi): its distance from 1/4 is of the order of sqrt(1 - rho)."""
    kernel = kernels.load("heaviside")
    gap = np.array([1e-20, 1e-12, 1e-4])
    found = two_point_covariance(kernel, 0.0, 1.0, 0.0, 1.0, 1 - gap, complement=gap).value
    exact = [float(mp.mpf(1) / 4 - mp.asin(mp.sqrt(g * (2 - mp.mpf(g)))) / (2 * mp.pi)) for g in gap]
    np.testing.assert_allclose(found, exact, rtol=1e-14)


@pytest.fixture
def sine():
    """Kernel of sin, whose covariance is closed, without a decomposition."""

    def hermite_coefficients(mu, sigma, degree):
        k = np.arange(degree + 1)[:, None]
        return sigma**k * np.exp(-(sigma**2) / 2) * np.sin(mu + k * np.pi / 2)

    def covariance(m_1, s_1, m_2, s_2, rho):
        cross = rho * s_1 * s_2
        damping = np.exp(-(s_1**2 + s_2**2) / 2)
        return damping * (np.expm1(cross) * np.cos(m_1 - m_2) - np.expm1(-cross) * np.cos(m_1 + m_2)) / 2

    return SimpleNamespace(
        KERNEL={"name": "sine"},
        activation=np.sin,
        hermite_coefficients=hermite_coefficients,
        variance=lambda mu, sigma: covariance(mu, sigma, mu, sigma, 1.0),
        covariance=covariance,
    )


@pytest.mark.parametrize("terms", [2, 6, 30])
def test_series_stays_within_its_bound(sine, terms):
    rng = np.random.default_rng(8)
    m_1, m_2 = rng.normal(size=(2, 400))
    s_1, s_2 = rng.uniform(0.1, 2, size=(2, 400))
    rho = rng.uniform(-1, 1, size=400)
    found = two_point_covariance(sine, m_1, s_1, m_2, s_2, rho, terms=terms)
    error = np.abs(found.value - sine.covariance(m_1, s_1, m_2, s_2, rho))
    assert (error <= found.bound + 1e-15).all()
    if terms == 2:
        assert (error > 1e-3).any()  # the bound was needed
    if terms == 30:
        assert found.bound.max() < 1e-6


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rho": 1.0001}, r"rho has entries outside \[-1, 1\]"),
        ({"rho": np.nan}, r"rho has entries outside \[-1, 1\] or NaN"),
        ({"rho": [0.5, -1.25, 2.0]}, r"2 of 3, the first -1\.25; expected correlations"),
        ({"rho": 1 + 1e-14}, r"the first 1\.00000000000001; expected correlations"),
        ({"sigma_1": -1.0}, "sigma_1 has negative"),
        ({"sigma_2": np.nan}, "sigma_2 has negative or non-finite"),
        ({"mu_2": np.inf}, "mu_2 has entries that are not finite"),
        ({"beyond": -1}, "beyond is -1; expected at least 0"),
        ({"complement": 1.5}, r"complement has entries outside \[0, 1\]"),
        ({"rho": "half"}, "rho has dtype"),
    ],
)
def test_bad_input(change, message):
    given = {"mu_1": 0.0, "sigma_1": 1.0, "mu_2": 0.0, "sigma_2": 1.0, "rho": 0.5} | change
    with pytest.raises(InputError, match=message):
        two_point_covariance(kernels.load("relu"), **given)


@pytest.mark.parametrize("excess", [2.220446049250313e-16, 3.5e-15])
@pytest.mark.parametrize("sign", [-1, 1])
def test_what_rounding_adds_to_a_correlation_is_taken_away(excess, sign):
    relu = kernels.load("relu")
    found = two_point_covariance(relu, 0.5, 1.0, -0.25, 2.0, sign * (1 + excess))
    exact = two_point_covariance(relu, 0.5, 1.0, -0.25, 2.0, sign * 1.0)
    assert found.value == exact.value
    assert np.isfinite(found.value)


def test_shapes_that_do_not_broadcast():
    with pytest.raises(ShapeError, match=r"\(2,\).*\(3,\).* do not broadcast"):
        two_point_covariance(kernels.load("relu"), np.zeros(2), 1.0, np.zeros(3), 1.0, 0.5)


def test_a_variance_that_is_not_a_number_is_refused(sine):
    sine.variance = lambda mu, sigma: np.full(np.shape(mu), np.nan)
    with pytest.raises(KernelError, match="'sine' gives no finite variance at 1 of 1 points"):
        two_point_covariance(sine, 3.0, 1.0, 0.0, 1.0, 0.5)


def test_other_array_libraries_are_refused(monkeypatch):
    monkeypatch.setitem(sys.modules, "cupy", types.ModuleType("cupy"))
    array = type("ndarray", (), {"__module__": "cupy", "shape": (2,), "dtype": np.dtype(float)})()
    with pytest.raises(ArrayLibraryError, match="arrays of cupy were given"):
        two_point_covariance(kernels.load("relu"), array, 1.0, 0.0, 1.0, 0.5)
    with pytest.raises(ArrayLibraryError, match="cupy and numpy were given in one call"):
        two_point_covariance(kernels.load("relu"), array, np.ones(2), 0.0, 1.0, 0.5)


def test_overflow_is_reported_with_its_place(sine):
    sine.hermite_coefficients = lambda mu, sigma, degree: np.full((degree + 1, np.size(mu)), np.inf)
    with pytest.raises(KernelError, match=r"'sine' gives no finite Hermite coefficients up to degree .*mu=3, sigma=1"):
        two_point_covariance(sine, 3.0, 1.0, 0.0, 1.0, 0.5)
