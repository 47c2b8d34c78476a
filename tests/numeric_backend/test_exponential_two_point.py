"""Two-point covariances of two lines and exponentials, against integrals of conditional means at 40 digits."""

from types import SimpleNamespace

import mpmath as mp
import numpy as np
import pytest

from numeric_backend import exponential_product, kernels, two_point_covariance
from numeric_backend.errors import KernelError
from numeric_backend.exponential_remainder import exponential_remainder
from numeric_backend.exponential_terms import exponentials_of
from numeric_backend.two_point import TwoPointRule


class Definition:
    """``left`` and ``right`` of 0, value and slope of a line, and exponentials ``(side, rate, coefficient)``."""

    def __init__(self, left, right, exponentials):
        self.lines = [[mp.mpf(c) for c in line] for line in (left, right)]
        self.exponentials = [(side, mp.mpf(c), mp.mpf(a)) for side, c, a in exponentials]

    def __call__(self, y):
        side = 1 if y > 0 else -1
        value, slope = self.lines[side > 0]
        return value + slope * y + sum(a * mp.exp(c * y) for s, c, a in self.exponentials if s in (0, side))

    def mean(self, m, s):
        if s == 0:
            return self(m)
        density, (left, right) = s * mp.npdf(m / s), self.lines
        total = left[0] * mp.ncdf(-m / s) + left[1] * (m * mp.ncdf(-m / s) - density)
        total += right[0] * mp.ncdf(m / s) + right[1] * (m * mp.ncdf(m / s) + density)
        for side, c, a in self.exponentials:
            share = mp.ncdf(side * (m + c * s * s) / s) if side else 1
            total += a * mp.exp(c * m + c * c * s * s / 2) * share
        return total

    def first_coefficient(self, m, s):
        return s * mp.diff(lambda centre: self.mean(centre, s), m)

    def covariance(self, m_1, s_1, m_2, s_2, rho, gap):
        """Cov(g(y_1), g(y_2)) as an integral over the first variable, cut where anything bends or peaks."""
        m_1, s_1, m_2, s_2, gap = (mp.mpf(float(v)) for v in (m_1, s_1, m_2, s_2, gap))
        r, q = mp.sign(rho) * (1 - gap), mp.sqrt(gap * (2 - gap))
        centre_1, centre_2 = self.mean(m_1, s_1), self.mean(m_2, s_2)
        rates = [c for _, c, _ in self.exponentials]
        places = {-m_1 / s_1: [1 / abs(c * s_1) for c in rates], -m_2 / (r * s_2): [q / abs(r)]}
        places[-m_2 / (r * s_2)] += [1 / abs(c * r * s_2) for c in rates]
        cuts = {mp.mpf(z) for z in (-13, -7, -3, 0, 3, 7, 13)}
        for place, widths in places.items():
            cuts |= {place} | {place + k * width for width in widths for k in (-12, -4, 4, 12)}
        peaks = [c * s_1 for c in rates] + [c * s_1 + d * r * s_2 for c in rates for d in rates]
        ends = [mp.mpf(-13), mp.mpf(13)]
        if any(side == 0 for side, _, _ in self.exponentials):
            ends = [min(ends[0], *(p - 13 for p in peaks)), max(ends[1], *(p + 13 for p in peaks))]
        cuts |= {p + k for p in peaks for k in (-9, -3, 0, 3, 9)} | set(ends)

        def integrand(z):
            return (self(m_1 + s_1 * z) - centre_1) * (self.mean(m_2 + r * s_2 * z, s_2 * q) - centre_2) * mp.npdf(z)

        nodes = sorted(z for z in cuts if ends[0] <= z <= ends[1])
        return mp.quad(integrand, nodes, maxdegree=5, method="gauss-legendre", error=True)

    def kernel(self, name):
        """A kernel made of this definition, with what two-point moments ask of it."""
        pieces = [[float(c) for c in line] for line in self.lines]
        terms = [{"side": s, "rate": float(c), "coefficient": float(a)} for s, c, a in self.exponentials]
        record = {"breakpoints": [0.0], "pieces": pieces, "error_terms": [], "exponential_terms": terms}

        def hermite_coefficients(mu, sigma, degree):
            pairs = [(mp.mpf(float(m)), mp.mpf(float(s))) for m, s in zip(mu, sigma, strict=True)]
            return np.array([[float(self.mean(*p)), float(self.first_coefficient(*p))] for p in pairs]).T

        return SimpleNamespace(
            KERNEL={"name": name, "decomposition": record}, hermite_coefficients=hermite_coefficients
        )


with mp.workdps(40):
    SCALE, ALPHA = mp.mpf("1.0507009873554804934193349852946"), mp.mpf("1.6732632423543772848170429916717")
    KNOWN = {
        "elu": Definition([-1, 0], [0, 1], [(-1, 1, 1)]),
        "selu": Definition([-SCALE * ALPHA, 0], [0, SCALE], [(-1, 1, SCALE * ALPHA)]),
    }
    OTHERS = {
        "three rates": Definition([-1.5, 0], [0.5, 2], [(-1, 1, 1), (-1, 3, 0.5), (1, mp.mpf(-0.75), -0.5)]),
        "right side": Definition([0, 0], [-1, 1], [(1, -1, 1)]),
    }
    EXPONENTIAL = Definition([0, 0], [0, 0], [(0, 1, 1)])

POINTS = {
    "ordinary": (0.3, 1.0, -0.7, 1.6, 0.6, 0.4),
    "ordinary, negative": (0.3, 1.0, -0.7, 1.6, -0.8, 0.2),
    "both in the tail": (-20.0, 1.0, -20.0, 1.1, 0.95, 0.05),
    "both in the tail, negative": (-20.0, 0.7, -18.0, 1.1, -0.9, 0.1),
    "one in the tail": (-20.0, 2.0, 6.0, 3.0, 0.99, 0.01),
    "tail before a wide one": (-29.0, 4.0, 3.0, 30.0, 0.7, 0.3),
    "narrow and wide": (-0.002, 0.001, 4.0, 30.0, 0.9, 0.1),
    "narrow": (0.0004, 0.001, -0.0021, 0.003, -0.99, 0.01),
    "wide": (10.0, 30.0, -25.0, 27.0, 0.5, 0.5),
    "wide, negative": (10.0, 30.0, 25.0, 27.0, -0.9, 0.1),
    "wide, nearly independent": (-10.0, 30.0, 5.0, 30.0, 0.01, 0.99),
    "before the turn": (0.5, 3.0, -0.4, 3.0, 0.66, 0.34),
    "past the turn": (0.5, 3.0, -0.4, 3.0, 0.67, 0.33),
    "nearly the same": (-1.0, 2.0, -1.0, 2.0, 1.0, 1e-9),
    "nearly the same, wide": (-1.0, 20.0, -1.0 + 1e-6, 20.0, 1.0, 1e-13),
    "nearly opposite": (0.5, 2.0, -0.5, 2.5, -1.0, 1e-6),
    "the same": (-3.0, 5.0, -3.0, 5.0, 1.0, 0.0),
    "one line": (2.0, 30.0, -1.0, 0.4, 1.0, 0.0),
    "opposite": (1.0, 1.5, 0.3, 0.8, -1.0, 0.0),
}


def spread(definition, *units):
    """The product of both standard deviations."""
    return mp.sqrt(mp.fprod(definition.covariance(m, s, m, s, 1.0, 0.0)[0] for m, s in units))


def assert_close(kernel, definition, point, tolerance=1e-13):
    m_1, s_1, m_2, s_2, rho, gap = point
    rho = np.sign(rho) * (1 - gap)
    found = two_point_covariance(kernel, m_1, s_1, m_2, s_2, rho, complement=gap)
    with mp.workdps(40):
        exact, doubt = definition.covariance(m_1, s_1, m_2, s_2, rho, gap)
        scale = spread(definition, (m_1, s_1), (m_2, s_2))
        error = float(abs(mp.mpf(float(found.value)) - exact) / scale)
    assert doubt < tolerance * scale / 10
    assert error < tolerance, f"{error:.2e} at {point}"
    assert found.bound == 0.0


@pytest.mark.parametrize("where", POINTS)
def test_elu_against_mpmath(where):
    assert_close(kernels.load("elu"), KNOWN["elu"], POINTS[where])


@pytest.mark.parametrize("where", ["ordinary, negative", "tail before a wide one", "past the turn", "nearly the same"])
def test_selu_against_mpmath(where):
    """Its slope jumps at 0."""
    assert_close(kernels.load("selu"), KNOWN["selu"], POINTS[where])


@pytest.mark.parametrize("where", ["ordinary, negative", "past the turn"])
@pytest.mark.parametrize("case", OTHERS)
def test_other_functions_against_mpmath(case, where):
    assert_close(OTHERS[case].kernel(case), OTHERS[case], POINTS[where])


@pytest.mark.parametrize("where", ["ordinary", "both in the tail, negative", "the same"])
def test_an_exponential_against_mpmath(where):
    assert_close(kernels.load("exp"), EXPONENTIAL, POINTS[where])


def test_the_reference_from_the_definition_alone():
    """The conditional mean of the reference is a closed form itself; here both integrals are done."""
    with mp.workdps(20):
        m_2, s_2, r = (mp.mpf(v) for v in (-0.5, 0.75, 0.625))
        q = mp.sqrt(1 - r * r)
        for g in (*KNOWN.values(), *OTHERS.values()):

            def given(z, g=g):
                centre, width = m_2 + r * s_2 * z, s_2 * q
                cuts = sorted([mp.mpf(w) for w in (-12, -6, -2, 2, 6, 12)] + [-centre / width])
                return mp.quad(lambda w: g(centre + width * w) * mp.npdf(w), cuts, maxdegree=5, method="gauss-legendre")

            for z in (-2.0, -0.25, 1.5):
                assert abs(given(mp.mpf(z)) - g.mean(m_2 + r * s_2 * z, s_2 * q)) < 1e-16


@pytest.mark.parametrize("name", ["elu", "selu"])
def test_both_ends_lead_to_the_same_remainder(name, monkeypatch):
    """From independence and from identity: two integrals over different correlations."""
    rng = np.random.default_rng(5)
    exponentials = exponentials_of(kernels.load(name).KERNEL)
    s_1, s_2 = rng.uniform(1.6, 2.6, size=(2, 200))
    m_1, m_2 = rng.uniform(-6, 6, size=(2, 200))
    rho = rng.uniform(0.6, 1.0, size=200)
    rho[:20] = 1.0
    found = []
    for turn in (0.0, np.inf):
        monkeypatch.setattr(exponential_product, "_AMPLIFIED", turn)
        found.append(exponential_remainder(exponentials, m_1, s_1, m_2, s_2, rho, 1 - rho))
    scale = np.sqrt(kernels.load(name).variance(m_1, s_1) * kernels.load(name).variance(m_2, s_2))
    assert (np.abs(found[0] - found[1]) <= 3e-14 * scale).all()
    assert (np.abs(found[0]) > 1e-3 * scale).sum() > 100


def test_what_is_beyond_double_precision_is_refused():
    with pytest.raises(
        KernelError, match=r"covariance of kernel 'exp' .* 1 of 2 pairs, first at mu=\(0, 1\), sigma=\(30"
    ):
        two_point_covariance(kernels.load("exp"), 0.0, [1.0, 30.0], 1.0, 30.0, 0.5)


def test_nothing_is_beyond_it_at_the_ends_of_the_range():
    """Standard deviations from 1e-12 to 1e6, means to 1e3: no warning, and no correlation above 1."""
    rng = np.random.default_rng(4)
    s_1, s_2 = 10 ** rng.uniform(-12, 6, size=(2, 3000))
    m_1, m_2 = rng.choice([-1, 1], size=(2, 3000)) * 10 ** rng.uniform(-12, 3, size=(2, 3000))
    rho = rng.choice([-1, 1], size=3000) * (1 - 10 ** rng.uniform(-16, 0, size=3000))
    for name in ("elu", "selu"):
        kernel = kernels.load(name)
        scale = np.sqrt(kernel.variance(m_1, s_1)) * np.sqrt(kernel.variance(m_2, s_2))
        found = two_point_covariance(kernel, m_1, s_1, m_2, s_2, rho).value
        normal = scale > 1e-290
        assert (np.abs(found[normal]) <= (1 + 1e-12) * scale[normal]).all()
        assert (np.abs(found[~normal]) <= 1e-145).all()
        assert normal.mean() > 0.9


def test_the_series_agrees_within_its_bound():
    elu = kernels.load("elu")
    series = SimpleNamespace(**{n: getattr(elu, n) for n in ("hermite_coefficients", "variance")}, KERNEL={"name": "e"})
    rng = np.random.default_rng(6)
    m_1, m_2 = rng.normal(size=(2, 300))
    s_1, s_2 = rng.uniform(0.2, 3, size=(2, 300))
    rho = rng.uniform(-1, 1, size=300)
    summed = two_point_covariance(series, m_1, s_1, m_2, s_2, rho, terms=24)
    exact = two_point_covariance(elu, m_1, s_1, m_2, s_2, rho)
    scale = np.sqrt(elu.variance(m_1, s_1) * elu.variance(m_2, s_2))
    assert (np.abs(summed.value - exact.value) <= summed.bound + 1e-14 * scale).all()
    assert (np.abs(summed.value - exact.value) > 1e-8 * scale).any()  # the series had something left


def entry(left, right, terms, breakpoints=(0.0,)):
    listed = [{"side": s, "rate": c, "coefficient": a} for s, c, a in terms]
    record = {"breakpoints": list(breakpoints), "pieces": [left, right][: len(breakpoints) + 1], "error_terms": []}
    return {"name": "odd", "decomposition": record | {"exponential_terms": listed}}


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (entry([0.0], [0.0, 1.0], [(-1, 1.0, 1.0)]), "jumps at 0"),
        (entry([-1.0], [0.0, 1.0, 0.5], [(-1, 1.0, 1.0)]), "degree 2"),
        (entry([-1.0], [0.0, 1.0], [(-1, -1.0, 1.0)]), "grows"),
        (entry([-1.0], [0.0, 1.0], [(-1, 1.0, 1.0)], [0.5]), "elsewhere"),
        (entry([0.0], [0.0], [(-1, 1.0, 1.0), (1, -1.0, 1.0)]), "flat at both ends"),
        (entry([-1.0], [0.0, 1.0], []), "no exponential"),
    ],
)
def test_what_stays_with_the_series(given, why):
    assert exponentials_of(given) is None
    assert TwoPointRule(SimpleNamespace(KERNEL=given)).exact == (why == "no exponential")


@pytest.mark.parametrize(
    "given",
    [
        entry([-1.0], [0.0, 1.0], [(-1, 0.0, 1.0)]),
        entry([-1.0], [0.0, 1.0], [(-1, float("nan"), 1.0)]),
        entry([-1.0], [0.0, 1.0], [(2, 1.0, 1.0)]),
        entry(["one"], [0.0, 1.0], [(-1, 1.0, 1.0)]),
        entry([-1.0], [float("inf")], [(-1, 1.0, 1.0)]),
        entry([-1.0], [0.0, 1.0], [(-1, 1.0, 1.0)], [0.0, 1.0]),
    ],
)
def test_malformed_exponentials_name_the_kernel(given):
    with pytest.raises(KernelError, match=r"KERNEL\['decomposition'\] of kernel 'odd'"):
        exponentials_of(given)
