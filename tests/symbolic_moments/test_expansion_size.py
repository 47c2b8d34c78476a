import itertools
import sys

import pytest
import sympy as sp

from symbolic_moments import activation
from symbolic_moments.expansion_size import expanded_terms
from symbolic_moments.language import LIMITS, parse_expression
from symbolic_moments.names import edits, nearest_name

EXPRESSIONS = """(x + 1)**20; (x + pi + E)**9; (x**2 + sqrt(2)*x + pi)**5*(x + E); x*(x - 1)*(x - 2)
(2*x - 3)**4 + pi*(x + 1)**3; ((x + 1)**2 + pi)**3; x**7/3 + sqrt(5); (x**3 + x)**11"""


@pytest.mark.parametrize("text", [part.strip() for line in EXPRESSIONS.splitlines() for part in line.split(";")])
def test_bound_holds(text):
    expression = parse_expression(text)
    assert len(sp.Add.make_args(sp.expand(expression))) <= expanded_terms(expression)


@pytest.mark.parametrize("text", ["(x + sqrt(2) + sqrt(3) + pi)**32", "(Max(x, 0) + sqrt(2) + sqrt(3) + pi + E)**20"])
def test_too_many_terms_are_refused_before_any_work(text, monkeypatch):
    def work(*_, **__):
        raise AssertionError("worked")

    module = sys.modules["symbolic_moments.activation"]
    monkeypatch.setattr(module, "decompose", work)
    monkeypatch.setattr(module, "require_integrable", work)
    with pytest.raises(ValueError, match=r"would have up to \d+ terms multiplied out, at most 600"):
        activation(text)


def test_what_is_not_multiplied_out_passes():
    assert activation("(tanh(x) + sqrt(2) + sqrt(3) + pi)**32").family == "NO"


@pytest.mark.parametrize(
    "text",
    [
        "erf(x/3)*x**60",
        "erf(x/3 + 1)*x**40",
        f"Piecewise({', '.join(f'((x - {k})**29, x < {k})' for k in range(15))}, (x, True))",
        "(x + sqrt(2) + pi)**30",
    ],
    ids=lambda text: text[:20],
)
def test_size_of_admitted_moments(text):
    """What the limits admit has moments of bounded size, closed."""
    g = activation(text)
    assert expanded_terms(g.expression) <= LIMITS.terms
    formula = g.moment(3)
    assert formula.kind == "closed"
    assert 0 < formula.expr.count_ops() < 120 * LIMITS.terms


def test_transposed_letters_are_one_edit():
    with pytest.raises(ValueError, match="did you mean 'relu'"):
        activation("rleu")
    with pytest.raises(ValueError, match="did you mean 'gelu'"):
        activation("egul")
    with pytest.raises(ValueError, match="did you mean 'leaky_relu'"):
        activation("leaky_rleu")
    assert nearest_name("qqqqqq", ["relu", "gelu"], 3) is None


def test_edits_are_a_distance_on_short_words():
    words = ["".join(letters) for size in range(4) for letters in itertools.product("ab", repeat=size)]
    for left, right in itertools.product(words, repeat=2):
        assert edits(left, right) == edits(right, left)
        assert (edits(left, right) == 0) == (left == right)
        assert abs(len(left) - len(right)) <= edits(left, right) <= max(len(left), len(right))
