import pytest
import sympy as sp

from symbolic_moments.decomposition import ErrorTerm
from symbolic_moments.hermite_structure import local_weights
from symbolic_moments.normal import hermite_polynomial, phi
from symbolic_moments.symbols import D, k, mu, sigma, x

TERMS = [
    ("1", "1", "0"),
    ("x", "1", "0"),
    ("x**2 - 3*x + 1", "3/2", "-1/3"),
    ("x**3", "sqrt(2)", "1"),
    ("x**4 - x", "2", "0"),
]
MEAN, DEVIATION = sp.Rational(-7, 10), sp.Rational(13, 10)


def exact(value):
    return sp.sqrt(2) if value == "sqrt(2)" else sp.Rational(value)


@pytest.mark.parametrize("term", TERMS, ids=lambda term: term[0])
def test_hermite_coefficients_by_quadrature(definition, term):
    polynomial, slope, offset = sp.sympify(term[0], {"x": x}), exact(term[1]), exact(term[2])
    a, b = (definition.context.mpf(str(v.evalf(60))) for v in (slope, offset))
    p = sp.lambdify(x, polynomial, "math")
    derivative = [sp.lambdify(x, sp.diff(polynomial, x, j), "math") for j in range(7)]
    orders = range(1, 7)
    s = definition.number("1.3")

    def integrands(context, y, z):
        cdf = context.erfc(-(a * y + b) / context.sqrt(2)) / 2
        whole = [p(y) * cdf * definition.hermite(j, z) for j in orders]
        return [w - s**j * derivative[j](y) * cdf for j, w in zip(orders, whole, strict=True)]

    references = definition.expectations(integrands, "-0.7", "1.3")
    weights = local_weights(ErrorTerm(polynomial, slope, offset))
    assert len(weights) == sp.Poly(polynomial, x).degree() + 1
    scale = sp.sqrt(1 + slope**2 * DEVIATION**2)
    h = (slope * MEAN + offset) / scale
    for order, reference in zip(orders, references, strict=True):
        values = [w.subs({k: order, mu: MEAN, sigma: DEVIATION, D: scale}) for w in weights[:order]]
        total = sum(w * hermite_polynomial(order - 1 - m, h) for m, w in enumerate(values))
        local = phi(h) * (slope * DEVIATION / scale) ** order * (-1) ** (order - 1) * total
        definition.check(definition.context.mpf(local.evalf(40)._mpf_), reference)


def test_gelu_without_cancellation():
    weights = local_weights(ErrorTerm(x, sp.Integer(1), sp.Integer(0)))
    assert weights == (mu / D**2, -D - (k - 1) / D)


@pytest.mark.parametrize("m", range(8))
def test_positive_form_of_the_leibniz_sum(m):
    """sum_j (-1)^j binom(K,j) binom(K-1-j,m-j) (1-e)^(m-j) = (-1)^m sum_i binom(K-1-m+i,i) e^i."""
    K, e = sp.symbols("K e")

    def binomial(top, bottom):
        return sp.ff(top, bottom) / sp.factorial(bottom)

    leibniz = sum((-1) ** j * binomial(K, j) * binomial(K - 1 - j, m - j) * (1 - e) ** (m - j) for j in range(m + 1))
    positive = (-1) ** m * sum(binomial(K - 1 - m + i, i) * e**i for i in range(m + 1))
    assert sp.expand(sp.expand_func(leibniz - positive)) == 0
