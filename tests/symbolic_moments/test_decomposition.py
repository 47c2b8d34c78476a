import itertools

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from symbolic_moments import activation
from symbolic_moments.decomposition import Decomposition, decompose
from symbolic_moments.language import parse_expression
from symbolic_moments.normal import Phi
from symbolic_moments.symbols import x

A, B = sp.symbols("A B", real=True)

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
    "Phi(x)*exp(x - 1) + x": "ER",
    "x*exp(x - x**2/2)*erf(3*x) - phi(2*x)": "ER",
    "exp(x)": "PE",
    "2**x - x*exp(-x)/3": "PE",
    "sinh(x)*cosh(2*x - 1) - x": "PE",
    "Piecewise((x, x > 0), (exp(x) - 1, True))": "PE",
    "Max(x, 0) + Min(0, exp(x) - 1)": "PE",
    "exp(Min(x, 0))": "PE",
    "exp(-abs(x - 1))": "PE",
    "Max(exp(x), 3)*x": "PE",
    "Max(cosh(x) - 2, 0)": "PE",
    "(exp(x) - 1)*Heaviside(-x) + clip(x, 0, 2)": "PE",
    "exp(-x**2)": "GA",
    "phi(x)*x**3 + exp(x)": "GA",
    "exp(-(x - 1)**2)*relu(x)": "GA",
    "sin(x)": "TR",
    "x*cos(x)": "TR",
    "x + sin(3*x)**2/3": "TR",
    "cos(x)**2": "TR",
    "sin(2*x + 1)*cos(x)*x**2": "TR",
    "sin(x)*exp(-x**2/2)": "TR",
    "exp(x)*cos(1 - 2*x)": "TR",
    "sin(x) + relu(x)": "TR",
    "sin(relu(x))": "NO",
    "abs(sin(x))": "NO",
    "exp(x)*sin(x)*erf(x)": "NO",
    "Max(x, exp(x) - 1)": "NO",
    "(sin(x) + exp(x) + x)**12": "NO",
    "tanh(x)**2": "NO",
    "x*tanh(log(1 + exp(x)))": "NO",
    "1/cosh(x)": "NO",
    "sigmoid(x)": "LG",
    "tanh(x)": "LG",
    "x*sigmoid(1.702*x)": "LG",
    "softplus(2*x)/2": "LG",
    "log(sigmoid(x))": "LG",
    "-log(1 + exp(-x))": "LG",
    "x - tanh(x)": "LG",
    "x*tanh(x)": "LG",
    "exp(x)/(1 + exp(x))": "LG",
    "log(cosh(x))": "LG",
    "Phi(x)**2": "NO",
    "relu(x)*Phi(x)": "NO",
    "Phi(x) + relu(x)": "ER",
    "erf(relu(x))": "NO",
    "erf(x**2)": "NO",
    "Max(erf(x), 0)": "NO",
    "x/(1 + abs(x))": "NO",
    "abs(x)**0.5": "NO",
    "erf(erf(x))": "NO",
}


def rebuilt(parts):
    """The parts put together from their fields alone, as a function of a point."""
    beside = parts.terms or [()] * len(parts.pieces)
    ends = zip((-sp.oo, *parts.breakpoints), parts.pieces, beside, (*parts.breakpoints, sp.oo), strict=True)
    intervals = list(ends)

    def value(point):
        total = sp.S.Zero
        for a, polynomial, terms, b in intervals:
            if a < point < b:
                total += polynomial.subs(x, point)
                for t in terms:
                    wave = t.polynomial * sp.cos(t.w * x) + t.sine * sp.sin(t.w * x)
                    total += (wave * sp.exp(t.c * x - t.q * x**2)).subs(x, point)
        for e in parts.error_terms:
            total += (e.polynomial * sp.exp(e.c * x - e.q * x**2) * Phi(e.slope * x + e.offset)).subs(x, point)
        return total + sp.sympify(parts.remainder).subs(x, point)

    return value


@pytest.mark.parametrize("text", FAMILIES)
def test_the_parts_make_up_the_whole(text):
    expression = parse_expression(text)
    parts = decompose(expression)
    assert parts.family == FAMILIES[text]
    if not parts.pieces:
        assert parts == Decomposition(parts.family)
        assert parts.family in ("NO", "LG")
        assert parts.remainder == expression
        return
    assert (parts.remainder == 0) == (parts.family not in ("NO", "LG"))
    assert len(parts.pieces) == len(parts.breakpoints) + 1
    assert all(a < b for a, b in zip(parts.breakpoints, parts.breakpoints[1:], strict=False))
    assert all(p != q for p, q in itertools.pairwise(parts.sums()))
    assert all(q >= 0 for terms in parts.terms for (q, *_) in [term.key for term in terms])
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
    with pytest.raises(
        ValueError, match=r"kinks at (0 and theta|theta and 0): which comes first is not known.*positive"
    ):
        decompose(sp.Max(x, 0) + sp.Heaviside(x - theta))
    width = sp.Symbol("width", positive=True)
    assert decompose(sp.Min(sp.Max(x, -width), width)).breakpoints == (-width, width)
    assert decompose(Phi(slope * x)).family == "NO"  # the sign of the slope is unknown
    assert decompose(Phi(width * x)).error_terms[0].slope == width


@pytest.mark.parametrize("expression", [sp.Max(x, A) - sp.Min(x, B), sp.Abs(x - A) * sp.Abs(x - B)])
def test_kinks_at_symbolic_positions_need_an_order(expression):
    with pytest.raises(ValueError, match=r"kinks at [AB] and [AB]: which comes first is not known"):
        activation(expression)
    width = sp.Symbol("width", positive=True)
    assert activation(expression.subs(B, A + width)).moment(1).kind == "closed"


def test_a_clip_with_symbolic_ends_needs_their_order():
    with pytest.raises(ValueError, match=r"kinks at (minimum and maximum|maximum and minimum)"):
        activation("hardtanh", minimum="minimum", maximum="maximum")


def test_what_remains_is_told():
    parts = decompose(parse_expression("x*Phi(x) + exp(x) + atan(x) - sin(relu(x))"))
    assert parts.family == "NO"
    assert parts.remainder == sp.atan(x) - sp.sin(sp.Max(x, 0))
    assert [term.as_expr() for term in parts.terms[0]] == [sp.exp(x)]
    assert len(parts.error_terms) == 1
    assert sp.simplify(parts.as_expr() - parse_expression("x*Phi(x) + exp(x) + atan(x) - sin(relu(x))")) == 0


def test_one_function_has_one_normal_form():
    forms = {
        "cos(x)**2 - sin(x)**2": "cos(2*x)",
        "sinh(x)**2": "cosh(x)**2 - 1",
        "exp(x)*exp(-x) + x": "x + 1",
        "4*sin(x)**3": "3*sin(x) - sin(3*x)",
        "sin(1 - x)": "sin(1)*cos(x) - cos(1)*sin(x)",
        "exp(-(x - 1)**2)*exp(1)": "exp(2*x - x**2)",
        "Max(exp(x), exp(-x))": "exp(abs(x))",
    }
    for left, right in forms.items():
        assert decompose(parse_expression(left)) == decompose(parse_expression(right)), left


def test_breakpoints_where_exponentials_meet():
    assert decompose(parse_expression("Max(exp(x), 2)")).breakpoints == (sp.log(2),)
    assert decompose(parse_expression("Max(exp(-x**2), exp(-4))")).breakpoints == (-2, 2)
    assert decompose(parse_expression("Max(exp(x) + 1, 0)")).breakpoints == ()
    outer = decompose(parse_expression("Max(exp(2*x) - 3*exp(x) + 2, 0)"))
    assert outer.breakpoints == (0, sp.log(2))
    assert outer.terms[1] == ()


def test_symbolic_exponents():
    rate, width, frequency = sp.Symbol("rate", real=True), sp.Symbol("width", positive=True), sp.Symbol("w", real=True)
    assert decompose(sp.exp(rate * x) * x).terms[0][0].c == rate
    assert decompose(sp.exp(-width * x**2)).family == "GA"
    assert decompose(sp.exp(-rate * x**2)).family == "NO"  # the sign of the exponent is unknown
    snake = decompose(x + sp.sin(frequency * x) ** 2 / frequency)
    assert snake.family == "TR"
    assert snake.terms[0][0].w == 2 * frequency


def test_jumps():
    with pytest.raises(ValueError, match="this is PE"):
        decompose(parse_expression("exp(-abs(x))")).jumps()
    parts = decompose(parse_expression("Piecewise((x**2, x > 1), (3, True))"))
    assert parts.jumps() == ((1, (-2, 2, 2)),)
    assert parts.derivative().pieces == (0, 2 * x)
    with pytest.raises(ValueError, match="this is ER"):
        decompose(parse_expression("erf(x)")).derivative()
