import itertools

import mpmath
import pytest
import sympy as sp

from symbolic_moments import seed_series
from symbolic_moments.mpmath_context import working_context
from symbolic_moments.tails import ratio_seed, scaled_tail_moments

# highest power of u first, as published with the method
TABLE = [
    [1],
    [-1],
    [-5, 3],
    [-60, 65, -15],
    [-1105, 1730, -804, 105],
    [-27120, 55645, -39110, 10824, -945],
    [-828250, 2105070, -1987270, 854250, -162357, 10395],
    [-30220800, 91692550, -108878610, 63897550, -19180410, 2714445, -135135],
    [-1282031525, 4523710100, -6479714440, 4836052370, -2004435096, 452984532, -50301360, 2027025],
]


def test_published_table():
    assert [list(reversed(polynomial)) for polynomial in seed_series(8)] == TABLE


def test_the_series_solves_the_ratio_recurrence():
    """r_nu (x + r_{nu+1}) = nu, an equation the series was not made from."""
    context = working_context(60)
    for x in ("0", "0.3", "2", "15"):
        x = context.mpf(x)
        for order in (200, 201):
            r, following = (ratio_seed(context, x, order + j, 12) for j in (0, 1))
            assert abs(r * (x + following) / order - 1) < context.mpf(10) ** -27


def test_each_term_solves_the_riccati_equation():
    """The residual of r' = r^2 + x r - nu shrinks by about w^-2 with every term."""
    context = working_context(50)
    x, order = context.mpf("0.7"), 150
    residuals = []
    for terms in (2, 3, 4, 5):
        r = ratio_seed(context, x, order, terms)
        derivative = context.diff(lambda s, terms=terms: ratio_seed(context, s, order, terms), x)
        residuals.append(abs(derivative - (r * r + x * r - order)))
    assert all(later < earlier / 20 for earlier, later in itertools.pairwise(residuals))


def test_large_series_are_integers():
    series = seed_series(60)
    assert len(series) == 61
    assert all(isinstance(c, int) for polynomial in series for c in polynomial)
    assert [len(polynomial) for polynomial in series[1:]] == list(range(1, 61))


@pytest.mark.parametrize("x", ["0", "0.5", "3", "30"])
def test_scaled_tail_moments_are_integrals(x):
    context = working_context(40)
    x = context.mpf(x)
    moments = scaled_tail_moments(context, x, 6, depth=300, terms=40)
    cuts = [context.mpf(cut) / (1 + x) for cut in (0, 1, 3, 8, 20, 60, 120)]
    for n, value in enumerate(moments):
        reference = context.quad(lambda s, n=n: s**n * context.exp(-s * s / 2 - x * s), cuts)
        assert abs(value - reference) < abs(reference) * context.mpf(10) ** -30


def test_forward_recurrence_is_the_same_sequence():
    t = sp.Symbol("t")
    moments = [sp.Symbol("Phi"), t * sp.Symbol("Phi") + sp.Symbol("phi")]
    for n in range(1, 5):
        moments.append(sp.expand(t * moments[n] + n * moments[n - 1]))
    context = working_context(60)
    point = mpmath.mpf(-2)
    scaled = scaled_tail_moments(context, context.mpf(2), 5, depth=400, terms=40)
    density = context.exp(-2) / context.sqrt(2 * context.pi)
    values = {"t": point, "Phi": context.erfc(2 / context.sqrt(2)) / 2, "phi": density}
    for moment, h in zip(moments, scaled, strict=True):
        forward = sp.lambdify(list(values), moment, "math")(*(context.convert(v) for v in values.values()))
        assert abs(forward - h * density) < context.mpf(10) ** -35


def test_negative_terms():
    with pytest.raises(ValueError, match="terms = -1 given"):
        seed_series(-1)
