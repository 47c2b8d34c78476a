import time
from fractions import Fraction

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from symbolic_moments import isserlis, isserlis_terms
from symbolic_moments.isserlis import covariance_symbol, mean_symbol

COUNTS = (1, 2, 4, 10, 26, 76, 232, 764, 2620, 9496)


def from_definition(multi_index):
    """The sum over all partitions of the factors into singletons and pairs."""
    size = len(multi_index)
    factors = [i for i, power in enumerate(multi_index, start=1) for _ in range(power)]
    terms = []
    for partition in isserlis_terms(len(factors)):
        term = sp.Integer(1)
        for block in partition:
            variables = [factors[position - 1] for position in block]
            if len(block) == 1:
                term *= mean_symbol("m", variables[0])
            else:
                term *= covariance_symbol("S", *variables, size)
        terms.append(term)
    return sp.Add(*terms)


@pytest.mark.parametrize(
    "multi_index", [(0,), (1,), (2,), (5,), (1, 1), (2, 1, 1), (0, 3), (3, 2), (1, 1, 1, 1), (2, 2, 2), (1, 0, 4)]
)
def test_peeling_is_the_definition(multi_index):
    assert isserlis(multi_index).expr == from_definition(multi_index)


def test_six_distinct():
    assert isserlis((1,) * 6).expr == from_definition((1,) * 6)


@pytest.mark.parametrize(("n", "count"), list(enumerate(COUNTS, start=1)))
def test_term_counts(n, count):
    start = time.perf_counter()
    formula = isserlis((1,) * n)
    assert time.perf_counter() - start < 5  # 0.5 s on the development machine; room for a busy one
    assert len(sp.Add.make_args(formula.expr)) == count
    assert len(isserlis_terms(n)) == count


def test_ten_variables_have_separated_indices():
    names = {symbol.name for symbol in isserlis((1,) * 10).variables}
    assert {"m_10", "S_1_10", "S_9_10"} <= names
    assert "S_12" not in names


@settings(max_examples=20, deadline=None)
@given(
    mean=st.fractions(-3, 3, max_denominator=5),
    deviation=st.fractions(0, 3, max_denominator=5),
    a=st.lists(st.fractions(-2, 2, max_denominator=3), min_size=3, max_size=3),
    powers=st.lists(st.integers(0, 3), min_size=3, max_size=3),
)
def test_collinear_variables(mean, deviation, a, powers):
    """X_i = a_i y with one Gaussian y: a singular covariance, and E[y^N] known from the recurrence."""
    order = sum(powers)
    moments = [Fraction(1), mean]
    for j in range(1, order):
        moments.append(mean * moments[j] + j * deviation**2 * moments[j - 1])
    expected = moments[order]
    for factor, power in zip(a, powers, strict=True):
        expected *= factor**power
    values = {f"m_{i + 1}": a[i] * mean for i in range(3)}
    values |= {f"S_{i + 1}{j + 1}": a[i] * a[j] * deviation**2 for i in range(3) for j in range(i, 3)}
    value = isserlis(powers).evalf(40, **values)
    assert abs(value - value.context.mpf(expected.numerator) / expected.denominator) <= 1e-38 * abs(value)


@pytest.mark.parametrize("bad", [(), (1, -1), (1.5,), 3, ("a",), (True,)])
def test_refusals(bad):
    with pytest.raises(ValueError, match="give whole powers of at least 0"):
        isserlis(bad)


def test_too_many_terms():
    start = time.perf_counter()
    with pytest.raises(ValueError, match="more than 100,000 terms"):
        isserlis((2,) * 12)
    with pytest.raises(ValueError, match="more than 100,000 terms"):
        isserlis((1,) * 20)
    with pytest.raises(ValueError, match=r"more than 100,000 terms.*numeric_backend.isserlis_moment"):
        isserlis((20, 20, 20))
    assert time.perf_counter() - start < 10
    with pytest.raises(ValueError, match="from 0 to 12"):
        isserlis_terms(13)


def test_latex_and_steps():
    formula = isserlis((2, 1))
    assert formula.latex().startswith(r"\mathbb{E}\left[X_{1}^{2} X_{2}\right] = ")
    assert "Stein" in formula.derivation()
