"""Panels whose nodes serve all rows of a wide class: their reach, their seams, and that the function is made once."""

from itertools import pairwise, product

import mpmath
import numpy as np
import pytest

from codegen import emit
from codegen.primitives.narrow import narrow_coefficients
from codegen.primitives.recurrences import hermite_times
from codegen.primitives.shared_panel import shared_classes, shared_rule
from codegen.verify import verify

FUNCTIONS = {
    "x*sigmoid(x)": lambda t: t / (1 + mpmath.exp(-t)),
    "x/(1 + abs(x))": lambda t: t / (1 + abs(t)),
    "sqrt(softplus(x))": lambda t: mpmath.sqrt(mpmath.log1p(mpmath.exp(t))),
    "tanh(x - 20)": lambda t: mpmath.tanh(t - 20),
    "tanh(x)*exp(-x**2)": lambda t: mpmath.tanh(t) * mpmath.exp(-t * t),
}


@pytest.fixture(scope="module")
def kernel():
    loaded = {}

    def load(text, degree=8):
        if (text, degree) not in loaded:
            loaded[text, degree] = emit(text, degree=degree).load()
        return loaded[text, degree]

    return load


def defined(function, centre, mu, sigma, degree):
    """``E[g He_k]``, k <= degree, ``E|g|`` and sd(g), by mpmath over panels that widen away from ``centre``."""
    with mpmath.workdps(30):
        mu, sigma = mpmath.mpf(mu), mpmath.mpf(sigma)
        steps = [mpmath.mpf(j) / 2 for j in range(12)] + [6 * mpmath.mpf(1.5) ** j for j in range(60)]
        cuts = {mu + sigma * j for j in range(-13, 14)} | {centre + side * step for side in (-1, 1) for step in steps}
        cuts = sorted(cut for cut in cuts if abs(cut - mu) <= 13 * sigma)
        rule = mpmath.calculus.quadrature.GaussLegendre(mpmath.mp).calc_nodes(3, 100)
        places = [
            (low + (high - low) * (1 + t) / 2, (high - low) * w / 2) for low, high in pairwise(cuts) for t, w in rule
        ]
        shares = [weight / sigma * mpmath.npdf((y - mu) / sigma) for y, weight in places]
        values = [function(y) for y, _ in places]
        mean = mpmath.fdot(shares, values)
        rest = [value - mean for value in values]
        rows = zip(
            *(hermite_times((y - mu) / sigma, share, degree) for share, (y, _) in zip(shares, places, strict=True)),
            strict=True,
        )
        coefficients = [mpmath.fdot(row, rest) for row in rows]
        size = mpmath.fdot(shares, map(abs, values))
        return [mean, *coefficients[1:]], size, mpmath.sqrt(mpmath.fdot(shares, (r * r for r in rest)))


@pytest.mark.parametrize("text", FUNCTIONS)
def test_both_sides_of_every_seam_agree_with_the_definition(kernel, text):
    """The first wide sigma, a seam between two classes, one far out; mu at its limit, beyond it and inside."""
    module = kernel(text)
    middle, least = module._rules(module.xp)[2]
    inside, outside = 4, np.nextafter(4, 5)
    for factor, distances in ((1, (inside, -outside)), (2, (-inside, 0.3)), (1.5 * 2**9, (outside, 0.3))):
        for sigma, distance in product((np.nextafter(factor * least, 0), factor * least), distances):
            mu = middle + distance * sigma
            wanted, size, deviation = defined(FUNCTIONS[text], middle, mu, sigma, 4)
            got = module.hermite_coefficients(mu, sigma, 4)
            assert abs(got[0] - wanted[0]) <= 1e-14 * size, (text, mu, sigma)
            for k in range(1, 5):
                limit = 1e-14 * deviation * mpmath.sqrt(mpmath.factorial(k))
                assert abs(got[k] - wanted[k]) <= limit, (text, mu, sigma, k)


@pytest.mark.parametrize("degree", [0, 8, 24])
@pytest.mark.parametrize("mu", [-4.0, 0.0, 4.0])
def test_the_rule_of_a_class_resolves_its_narrowest_gaussian(kernel, degree, mu):
    """Hermite polynomials stay orthonormal under it, to 8 orders above the degree."""
    xp = kernel("sigmoid(x)", degree).xp
    y, weights = shared_rule(xp, 1.5, 0, [(0, 0)], degree)
    last = degree + 8
    sizes = np.sqrt([float(mpmath.factorial(k)) for k in range(last + 1)])[:, None]
    rows = np.stack(hermite_times(y - mu, weights * np.exp(-((y - mu) ** 2) / 2) / np.sqrt(2 * np.pi), last)) / sizes
    wanted = np.zeros(last + 1)
    wanted[0] = 1
    np.testing.assert_allclose(rows.sum(axis=1), wanted, atol=2e-15)


def test_classes_part_the_rows_they_serve(kernel):
    """Each row once, in a class whose sigma is at most half as large again; what is far or narrow is left out."""
    xp = kernel("sigmoid(x)").xp
    draw = np.random.default_rng(5)
    sigma = 10 ** draw.uniform(-1, 9, 3000)
    mu = 7 + sigma * draw.uniform(-6, 6, 3000)
    peak = mu + sigma * draw.uniform(-5, 5, 3000)
    served = shared_classes(xp, mu, sigma, peak, (7, 1.25))
    rows = np.concatenate([some for _, some in served])
    fit = (np.abs(mu - 7) <= 4 * sigma) & (np.abs(mu - peak) <= 4 * sigma) & (sigma >= 1.25) & (sigma < 1.25 * 2**24)
    np.testing.assert_array_equal(np.sort(rows), np.flatnonzero(fit))
    for highest, some in served:
        assert (sigma[some] < highest).all()
        assert (3 * sigma[some] >= 2 * highest).all()


def test_the_function_is_made_once_a_class(kernel):
    """2000 rows of two classes: nodes of the order of a dozen panels, not of 2000 windows."""
    module = kernel("x*sigmoid(x)")
    made = []
    plain = module._value_and_slope

    def counted(xp, y):
        made.append(y.size)
        return plain(xp, y)

    draw = np.random.default_rng(6)
    mu, sigma = draw.uniform(-20, 20, 2000), draw.uniform(20, 26, 2000)
    module._value_and_slope = counted
    try:
        module.hermite_coefficients(mu, sigma, 3)
    finally:
        module._value_and_slope = plain
    assert 0 < sum(made) < 2000


@pytest.mark.parametrize("text", ["x/(1 + abs(x))", "x*sigmoid(x)"])
def test_classes_keep_the_digits_of_the_arithmetic(tmp_path, text):
    """The least sigma is the integer 1 where there is a kink, and a fraction elsewhere."""
    points = [(0.5, 2.0), (-3.0, 40.0), (1e5, 1e6)]
    certificate = verify(emit(text).write(tmp_path / "wide.py"), digits=30, degree=3, points=points)
    assert certificate.passed, certificate.worst


def test_no_taylor_series_where_nothing_is_narrow(kernel):
    def never(xp, x):
        raise AssertionError("called")

    given = [np.array([1.0, 2.0]), np.array([3.0, 4.0])]
    module = kernel("sigmoid(x)")
    arguments = module.xp, np.zeros(2), np.array([1.0, 50.0])
    assert narrow_coefficients(*arguments, given, never, 0.5) is given
