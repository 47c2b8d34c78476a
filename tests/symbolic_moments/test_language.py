import ast

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from symbolic_moments import activation
from symbolic_moments.language import LIMITS, parse_expression, read_expression
from symbolic_moments.language_functions import FUNCTIONS
from symbolic_moments.symbols import x


def test_expressions_mean_what_they_say():
    assert parse_expression("0.01*x") == x / 100
    assert parse_expression("1e-2*x") == x / 100
    assert parse_expression("-x^2 + 1_000") == 1000 - x**2
    assert parse_expression("x*tanh(log(1+exp(x)))") == x * sp.tanh(sp.log(1 + sp.exp(x)))
    assert parse_expression("Max(x, 0)**2") == sp.Max(x, 0) ** 2
    assert parse_expression("Piecewise((x, x > 0), (exp(x) - 1, True))") == sp.Piecewise(
        (x, x > 0), (sp.exp(x) - 1, True)
    )
    assert parse_expression("Piecewise((1, (x > 0) & (x < 1) | (x > 3)), (0, True))").subs(x, 4) == 1
    assert parse_expression("clip(x, -1, 2)").subs(x, 5) == 2
    assert parse_expression("sign(x)").subs(x, 0) == 0
    assert parse_expression("Heaviside(x)").subs(x, 0) == sp.Rational(1, 2)
    assert parse_expression("pi*x/E") == sp.pi * x / sp.E
    assert parse_expression("+".join(["x"] * 80)) == 80 * x


OF_SEVERAL = {
    "maximum(x, 0)": "Max(x, 0)",
    "minimum(x, 1)": "Min(x, 1)",
    "hypot(x, 1)": "sqrt(x**2 + 1)",
    "logaddexp(x, 0)": "log(exp(x) + 1)",
    "where((x > 0) & (x < 2), x, 0)": "Piecewise((x, (x > 0) & (x < 2)), (0, True))",
    "x if x > 0 else exp(x) - 1": "Piecewise((x, x > 0), (exp(x) - 1, True))",
    "x*(x > 0)": "Piecewise((x, x > 0), (0, True))",
    "-(x < 0)*x/2": "Piecewise((-x/2, x < 0), (0, True))",
    "2*(x > 0)*(x < 1)*x": "Piecewise((2*x, (x > 0) & (x < 1)), (0, True))",
    "x*(0 < x < 1)": "Piecewise((x, (x > 0) & (x < 1)), (0, True))",
    "(x > 0).float()*x": "Piecewise((x, x > 0), (0, True))",
    "1 - (x > 0)": "1 - Piecewise((1, x > 0), (0, True))",
    "(x > 0)*x + (x <= 0)*exp(x)": "Piecewise((exp(x), x <= 0), (x, True))",
    "(x < -1)*-1 + (abs(x) <= 1)*x + (x > 1)*1": "Piecewise((-1, x < -1), (x, x <= 1), (1, True))",
    "x if x > 0 and not x > 3 else 0": "Piecewise((x, (x > 0) & (x <= 3)), (0, True))",
    "np.where(np.logical_or(x > 1, x < 0), x, 0)": "Piecewise((x, (x > 1) | (x < 0)), (0, True))",
    "clip(x, 0, None)": "Max(x, 0)",
    "clip(x, None, 1)": "Min(x, 1)",
    "np.clip(x, -np.inf, 1)": "Min(x, 1)",
    "clip(x, 0, inf)": "Max(x, 0)",
    "torch.clamp(x, min=0)": "Max(x, 0)",
    "torch.clamp(x, min=-1, max=1)": "clip(x, -1, 1)",
    "max(x, -inf)": "x",
    "F.relu(x) + math.erf(x)*np.pi": "relu(x) + erf(x)*pi",
    "np.power(np.e, x)": "exp(x)",
    "where(x == 0, 1, sin(x)/x)": "sin(x)/x",
    "where(x != 0, sin(x)/x, 1)": "sin(x)/x",
    "(x == 0) + (x != 0)*sin(x)/x": "sin(x)/x",
    "where(x == 0, 0.6931471805599453, (2**x - 1)/x)": "(2**x - 1)/x",
    "where(x != 0, abs(x)/x, 0)": "sign(x)",
    "where(x == 0, 1, where(x < 0, exp(x), cos(x)))": "Piecewise((exp(x), x <= 0), (cos(x), True))",
    "where(x == 0, 1, sign(x))": "Piecewise((sign(x), x < 0), (1, x <= 0), (sign(x), True))",
    "log(2*x + sqrt(4*x**2 + 9))": "asinh(2*x/3) + log(9)/2",
    "atan(sinh(x))": "2*atan(tanh(x/2))",
}


@pytest.mark.parametrize(("text", "same"), OF_SEVERAL.items())
def test_names_of_array_libraries_and_what_is_rewritten(text, same):
    assert parse_expression(text) == parse_expression(same)


@pytest.mark.parametrize(
    "name",
    sorted(
        set(FUNCTIONS)
        - {"Piecewise", "clip", "Max", "max", "Min", "min", "hypot", "logaddexp", "maximum", "minimum", "where"}
    ),
)
def test_every_function_is_a_function_of_x(name):
    assert parse_expression(f"{name}(x/2)").free_symbols == {x}


REFUSALS = {
    "": "it is empty",
    "   ": "it is empty",
    "x+" * 1500 + "x": "it is too long: 3001 characters, at most 2000",
    "(" * 60 + "x" + ")" * 60: "it is too deep: more than 40 nested brackets",
    "-" * 200 + "x": "it is too deep: more than 120 nested operations",
    "x+" * 320 + "x": "it is too deep",
    "Max(" + "x," * 650 + "x)": "it is too large: more than 600 operations",
    "x**1000000": "too large an exponent: 1000000, at most 64",
    "9**9**9": "too large an exponent in '9**9**9': 387420489, at most 64",
    "x**(9**9)": "too large an exponent",
    "1e999*x": "too large a power of ten in a number: e999",
    "((x**60)**60)**60": "its degree is too large: 3600, at most 64",
    "((9**60)**60)": "the number (9**60)**60 is too large",
    "1" * 70: "the number 11111111111111111111... is too long: at most 50 digits",
    "x**0.123456789": "too fine a fraction as an exponent in 'x**0.123456789'",
    "abs(x)**0.001": "too small an exponent in 'abs(x)**0.001'",
    "x**x": "too general an exponent in 'x**x'",
    "(x": "unbalanced brackets: '(' at position 0 is never closed",
    "x)": "unbalanced brackets: ')' at position 1 closes nothing",
    "(x]": "unbalanced brackets: '(' at position 0 is closed by ']' at 2",
    "__import__('os')": "unknown function '__import__'; the functions known are",
    "().__class__": "'().__class__' is attribute access",
    "x.real": "'x.real' is attribute access",
    "lambda x: x": "'lambda x: x' is a lambda",
    "[x for x in (1, 2)]": "is a ListComp",
    "x[0]": "'x[0]' is indexing",
    "x if x else 1": "'x' in Piecewise is not a condition",
    "where(x > 0, x)": "where takes 3 argument(s), 2 given",
    "'a'": "is a str",
    "f'{x}'": "is a string",
    "1j*x": "'1j' is a complex",
    "(x:=3)": "is an assignment",
    "open(x)": "unknown function 'open'",
    "exp.__call__(x)": "is called, which",
    "exp(x, evaluate=True)": "uses a keyword argument",
    "x*y": "unknown name 'y'; the only variable is x",
    "sigmoid": "the function sigmoid needs its argument",
    "erf(x, 1)": "erf takes 1 argument(s), 2 given",
    "max(x)": "max takes 2 to 20 argument(s), 1 given",
    "x and 1": "is a BoolOp",
    "x @ x": "uses an operator that",
    "x x": "it cannot be read: invalid syntax",
    "x = 1": "it cannot be read: invalid syntax",
    "x > 0": "it is a condition, not a function of x",
    "relu(x > 0)": "'x > 0' is a condition where a number is expected",
    "(x, 1)": "is a pair outside of Piecewise",
    "Piecewise(x)": "'x' in Piecewise is not a pair",
    "Piecewise((x, x))": "'x' in Piecewise is not a condition",
    "Piecewise((x, x > 0))": "the last pair of Piecewise must have the condition True",
    "Piecewise((1, x in 3), (0, True))": "uses a comparison that",
    "x > 0 & x < 1": "& and | join conditions",
    "1/0": "it divides by zero in '1/0'",
    "0**-1": "it divides by zero in '0**-1'",
    "Min(" + ", ".join(["x"] * 21) + ")": "Min takes 2 to 20 argument(s), 21 given",
    "clip(x, 3, 1)": "clip needs low <= high, 3 and 1 given",
    "x + None": "'None' is a NoneType",
    "clip(x, lower=0)": "uses a keyword argument",
    "x/(x > 0)": "'x > 0' is a condition where a number is expected",
    "max(x, inf)": "it is infinite: inf stands for a missing bound",
}


@pytest.mark.parametrize("text", REFUSALS, ids=lambda text: text[:25])
def test_refusals_name_the_offending_part(text):
    with pytest.raises(ValueError, match=r"^expression ") as caught:
        parse_expression(text)
    assert REFUSALS[text] in str(caught.value)
    assert len(str(caught.value)) < 600


def test_limits_are_checked_before_parsing(monkeypatch):
    def parse(*_, **__):
        raise AssertionError("parsed")

    monkeypatch.setattr(ast, "parse", parse)
    for text in ("x+" * 1500 + "x", "(" * 60 + "x" + ")" * 60, "x**1000000", "1e999*x", "", "(x"):
        with pytest.raises(ValueError, match=r"^expression "):
            parse_expression(text)


def test_what_is_at_the_limit_is_accepted():
    assert parse_expression(f"x**{LIMITS.exponent}") == x**LIMITS.exponent
    assert parse_expression("(" * LIMITS.depth + "x" + ")" * LIMITS.depth) == x


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="x0123456789.+-*/()[]{}<>=&|~!,'_ epExpMaxlogabsimrtTu", max_size=40))
def test_any_text_is_read_or_refused_in_one_line(text):
    try:
        result = parse_expression(text)
    except ValueError as error:
        assert str(error).startswith("expression ")  # noqa: PT017
    else:
        assert isinstance(result, sp.Expr)
        assert result.free_symbols <= {x}


def test_sympy_expressions():
    z = sp.Symbol("z", positive=True)
    assert read_expression(z * sp.erf(z)) == x * sp.erf(x)
    assert read_expression(sp.Float("0.1") * sp.Symbol("x")) == x / 10
    theta = sp.Symbol("theta", real=True)
    assert read_expression(theta * sp.Symbol("x")).free_symbols == {x, theta}
    with pytest.raises(ValueError, match="it has the free symbols a, b"):
        read_expression(sp.Symbol("a") * sp.Symbol("b"))
    with pytest.raises(ValueError, match="not real and finite"):
        read_expression(sp.I * z)
    with pytest.raises(ValueError, match="not called mu, sigma, n or k"):
        read_expression(sp.Symbol("x") * sp.Symbol("mu"))
    with pytest.raises(TypeError, match="a string or a SymPy expression, list given"):
        read_expression([1])


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("silu(2*x)", "2*x/(1 + exp(-2*x))"),
        ("selu(x) - selu(x)", "0"),
        ("gelu(x) + relu2(x - 1)", "x*Phi(x) + Max(x - 1, 0)**2"),
        ("leaky_relu(x)**2", "Piecewise((x, x > 0), (x/100, True))**2"),
        ("swish(swish(x))", "x/(1 + exp(-x))/(1 + exp(-x/(1 + exp(-x))))"),
    ],
)
def test_names_of_the_catalogue_are_functions(text, plain):
    assert sp.simplify(parse_expression(text) - parse_expression(plain)) == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("softmax(x)", "whole vector"),
        ("F.softplus(x)", "'F.softplus' is called; write softplus\\(x\\) without the name of a library"),
        ("np.max(x, 0)", "'np.max' is called; write max\\(x\\) without the name of a library"),
        ("os.pow(x, 2)", "'os.pow' is called, which"),
        ("torch.nn.functional.gelu(x)", "write gelu\\(x\\) without .* polywick list tells"),
        ("geluu(x)", "names of the catalogue"),
        ("gelu(x, 2)", "takes 1 argument"),
        ("mish*2", "mish needs its argument here: mish\\(x\\)"),
        ("mish(" * 30 + "x" + ")" * 30, "mish written out"),
    ],
)
def test_calls_that_name_no_activation(text, message):
    with pytest.raises(ValueError, match=message):
        parse_expression(text)


@pytest.mark.parametrize(
    ("alias", "name"), [("relu^2", "relu2"), ("ReLU**3", "relu3"), ("leaky_relu^2", "leaky_relu2")]
)
def test_powers_of_rectifiers_by_name(alias, name):
    assert activation(alias).name == name


def test_a_comparison_in_words_is_told_how_it_is_written():
    with pytest.raises(ValueError, match=r"Eq\(a, b\) is written a == b"):
        parse_expression("Piecewise((1, Eq(x, 0)), (sin(x), True))")


def test_a_name_with_two_meanings_is_asked_for_in_full():
    with pytest.raises(ValueError, match=r"sinc\(x\) is sin\(x\)/x in analysis and sin\(pi\*x\)/\(pi\*x\) in NumPy"):
        parse_expression("1 + sinc(x)")


def test_pow_is_a_power_and_has_its_limits():
    assert parse_expression("1 + pow(x, 3)") == parse_expression("1 + x**3")
    with pytest.raises(ValueError, match="too large an exponent in 'pow\\(x, 100000\\)'"):
        parse_expression("pow(x, 100000)")
