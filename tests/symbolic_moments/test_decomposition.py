import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from symbolic_moments.decomposition import Decomposition, decompose
from symbolic_moments.language import parse_expression
from symbolic_moments.normal import Phi
from symbolic_moments.symbols import x

FAMILIES = {
    "x": "PP",
    "x**3 - 2*x + 1": "PP",
    "relu(x)": "PP",
    "clip(x, -1, 1)": "PP",
    "x*clip(x + 3, 0, 6)/6": "PP",
    "Max(x, x**2, 2 - x)": "PP",
    "Min(Max(x, -1), 1)*abs(x - 2)": "PP",
    "Piecewise((x**2, (x > 0) & (x < 1)), (2*x - 1, x >= 1), (0, True))": "PP",
    "Piecewise((1, abs(x) < 1), (0, True))": "PP",
    "Max(x**2 - 2, 0)": "PP",
    "Max(x**3 - x - 1, 0)": "PP",
    "abs(x**2 - pi)": "PP",
    "sqrt(x**2)": "PP",
    "relu(relu(x) - 1) - relu(-x - 1)": "PP",
    "x*Phi(x) + x*Phi(-x)": "PP",
    "Phi(1)*x": "PP",
    "erf(x)": "ER",
    "x*Phi(x)": "ER",
    "erf(1 - 2*x)*x**2 + 3*Phi(x/3 + 1) - x": "ER",
    "(x + 1)**2*erfc(x)": "ER",
    "Phi(x)**2": "NO",
    "relu(x)*Phi(x)": "NO",
    "Phi(x) + relu(x)": "NO",
    "erf(relu(x))": "NO",
    "erf(x**2)": "NO",
    "Max(erf(x), 0)": "NO",
    "tanh(x)": "NO",
    "x/(1 + abs(x))": "NO",
    "abs(x)**0.5": "NO",
    "erf(erf(x))": "NO",
}


def rebuilt(parts):
    pieces = [
        sp.Piecewise((0, x < a), (p, x < b), (0, True))
        for a, p, b in zip((-sp.oo, *parts.breakpoints), parts.pieces, (*parts.breakpoints, sp.oo), strict=True)
    ]
    terms = [term.polynomial * Phi(term.slope * x + term.offset) for term in parts.error_terms]
    return lambda point: sum(p.subs(x, point) for p in pieces) + sum(t.subs(x, point) for t in terms)


@pytest.mark.parametrize("text", FAMILIES)
def test_the_parts_make_up_the_whole(text):
    expression = parse_expression(text)
    parts = decompose(expression)
    assert parts.family == FAMILIES[text]
    if parts.family == "NO":
        assert parts == Decomposition("NO")
        return
    assert len(parts.pieces) == len(parts.breakpoints) + 1
    assert all(a < b for a, b in zip(parts.breakpoints, parts.breakpoints[1:], strict=False))
    assert all(p != q for p, q in zip(parts.pieces, parts.pieces[1:], strict=False))
    assert all(term.slope.is_positive for term in parts.error_terms)
    value = rebuilt(parts)
    for j in range(-25, 26):
        point = sp.Rational(j, 7) + sp.Rational(1, 91)
        assert abs((value(point) - expression.subs(x, point)).evalf(25)) < 1e-20


@settings(max_examples=25, deadline=None)
@given(
    a=st.lists(st.integers(-3, 3), min_size=2, max_size=4),
    b=st.lists(st.integers(-3, 3), min_size=1, max_size=3),
    shape=st.sampled_from(
        [
            "Max({a}, {b})",
            "Min({a}, {b})",
            "Abs({a})*({b})",
            "sign({a})*({b}) + {b}",
            "Piecewise(({a}, {b} > 0), ({b}, True))",
            "relu({a})**2 - {b}",
        ]
    ),
)
def test_random_piecewise_polynomials(a, b, shape):
    a, b = ("+".join(f"({c})*x**{power}" for power, c in enumerate(c)) for c in (a, b))
    expression = parse_expression(shape.format(a=a, b=b))
    parts = decompose(expression)
    assert parts.family == "PP"
    value = rebuilt(parts)
    for j in range(-12, 13):
        point = sp.Rational(j, 3) + sp.Rational(1, 97)
        assert abs((value(point) - expression.subs(x, point)).evalf(25)) < 1e-18


def test_same_argument_once():
    parts = decompose(parse_expression("x*erf(x) + Phi(sqrt(2)*x) - 3*erfc(-x)"))
    assert len(parts.error_terms) == 1
    assert sp.expand(parts.error_terms[0].polynomial) == 2 * x - 5


def test_parameters():
    theta, slope = sp.symbols("theta slope", real=True)
    parts = decompose(x * sp.Heaviside(x - theta))
    assert (parts.family, parts.breakpoints, parts.pieces) == ("PP", (theta,), (0, x))
    assert decompose(sp.Max(x, 0) + slope * sp.Min(x, 0)).pieces == (slope * x, x)
    assert decompose(sp.Max(x, 0) + sp.Heaviside(x - theta)).family == "NO"  # the order of 0 and theta is unknown
    width = sp.Symbol("width", positive=True)
    assert decompose(sp.Min(sp.Max(x, -width), width)).breakpoints == (-width, width)
    assert decompose(Phi(slope * x)).family == "NO"  # the sign of the slope is unknown
    assert decompose(Phi(width * x)).error_terms[0].slope == width


def test_jumps():
    parts = decompose(parse_expression("Piecewise((x**2, x > 1), (3, True))"))
    assert parts.jumps() == ((1, (-2, 2, 2)),)
    assert parts.derivative().pieces == (0, 2 * x)
    with pytest.raises(ValueError, match="this is ER"):
        decompose(parse_expression("erf(x)")).derivative()
