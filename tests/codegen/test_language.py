"""The small language between SymPy and text: lowering, passes, printing."""

import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from codegen.ir import Add, Integer, Multiply, Name, Negate, Node
from codegen.kernel_plan import expression_text, tuple_text
from codegen.lower import CannotLowerError, lower
from codegen.passes.walk import rebuild
from codegen.printer import text
from symbolic_moments.normal import Phi

a, b, x = sp.symbols("a b x", positive=True)


class Exact:
    """A namespace in which the printed text is evaluated exactly."""

    rational = staticmethod(sp.Rational)
    sqrt = staticmethod(sp.sqrt)
    exp = staticmethod(sp.exp)
    erf = staticmethod(sp.erf)
    maximum = staticmethod(sp.Max)
    pi = sp.pi


EXPRESSIONS = st.recursive(
    st.sampled_from([a, b])
    | st.integers(-4, 4).map(sp.Integer)
    | st.fractions(-3, 3, max_denominator=9).map(sp.Rational),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda p: p[0] + p[1]),
        st.tuples(inner, inner).map(lambda p: p[0] * p[1]),
        st.tuples(inner, st.integers(1, 9)).map(lambda p: p[0] ** p[1]),
        st.tuples(inner, st.sampled_from([a, b, a + b])).map(lambda p: p[0] / p[1]),
        inner.map(lambda e: -e),
        inner.map(lambda e: sp.sqrt(1 + e**2)),
    ),
    max_leaves=8,
)


@given(EXPRESSIONS)
def test_the_text_means_what_the_expression_means(expression):
    values = {"a": sp.Rational(3, 7), "b": sp.Rational(11, 5)}
    printed = eval(expression_text(expression), {"xp": Exact}, values)
    exact = expression.subs({a: values["a"], b: values["b"]})
    assert abs(sp.N(printed - exact, 30)) <= 1e-20 * (1 + abs(sp.N(exact, 30)))


def test_no_float_is_ever_printed():
    assert expression_text(sp.Rational(1, 100) * x) == "xp.rational(1, 100) * x"
    with pytest.raises(CannotLowerError, match="exact"):
        expression_text(0.5 * x)


def test_functions_come_from_the_namespace():
    assert expression_text(x * Phi(x)) == "x * xp.ndtr(x)"
    assert expression_text(sp.Max(x, 0) ** 2) == "xp.maximum(x, 0) ** 2" or sp.Max(x, 0) == x
    assert expression_text(sp.pi * x) == "xp.pi * x"


def test_unknown_functions_are_refused_by_name():
    with pytest.raises(CannotLowerError, match="zeta"):
        lower(sp.zeta(x))
    with pytest.raises(CannotLowerError, match="power"):
        lower(x**b)


def test_a_node_without_text_is_refused_by_name():
    class Unknown(Node):
        pass

    with pytest.raises(TypeError, match="Unknown"):
        text(Unknown())


def test_parentheses_where_needed_and_not_elsewhere():
    p, q = Name("p"), Name("q")
    assert text(Multiply((Add((p, q)), q))) == "(p + q) * q"
    assert text(Add((p, Multiply((p, q))))) == "p + p * q"
    assert text(Add((p, Negate(Add((p, q)))))) == "p - (p + q)"
    assert text(Multiply((p, Integer(-2)))) == "p * -2"


def test_rebuild_leaves_a_leaf_alone():
    leaf = Name("p")
    assert rebuild(leaf, lambda node: Integer(1)) is leaf


def test_tuples_of_one_keep_their_comma():
    assert tuple_text([sp.Integer(1)]) == "(1,)"
    assert tuple_text([x, sp.Integer(2)]) == "(x, 2)"
