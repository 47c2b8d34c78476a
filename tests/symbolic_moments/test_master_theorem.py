import time
from itertools import combinations

import pytest
import sympy as sp

from symbolic_moments import isserlis, master_theorem
from symbolic_moments.isserlis import covariance_symbol, isserlis_terms, mean_symbol

COUNTS = {0: 1, 2: 5, 4: 43, 6: 499, 8: 7193}


def from_definition(n, k):
    """Choose the k factors that give beta X, then sum over partitions of the others into means and pairs."""
    total = []
    for chosen in combinations(range(1, n + 1), k):
        rest = [i for i in range(1, n + 1) if i not in chosen]
        slope = sp.Mul(*[mean_symbol("beta", i) for i in chosen])
        for partition in isserlis_terms(n - k):
            blocks = [
                mean_symbol("alpha", rest[block[0] - 1])
                if len(block) == 1
                else covariance_symbol("C", rest[block[0] - 1], rest[block[1] - 1], n + 1)
                for block in partition
            ]
            total.append(sp.Mul(slope, *blocks))
    return sp.Add(*total)


@pytest.mark.parametrize("n", range(6))
def test_coefficients_are_the_definition(n):
    coefficients = master_theorem(n).coefficients
    assert len(coefficients) == n + 1
    for k, formula in enumerate(coefficients):
        assert formula.expr == from_definition(n, k)


@pytest.mark.parametrize("n", COUNTS)
def test_term_counts(n):
    start = time.perf_counter()
    theorem = master_theorem(n)
    assert time.perf_counter() - start < 4  # 0.2 s on the development machine; room for a busy one
    assert theorem.terms == COUNTS[n]


@pytest.mark.parametrize("n", [1, 2, 3])
def test_with_g_the_identity_it_is_isserlis(n):
    """E[X prod Y] = sum a_k E[X^(k+1)]: polynomials in means and covariances, with X number 0."""
    theorem = master_theorem(n).in_means_and_covariances()
    size = n + 1
    variance, mean = sp.Symbol("S_00", positive=True), mean_symbol("m", 0)
    moments = [sp.Integer(1), mean]
    for j in range(1, n + 1):
        moments.append(mean * moments[j] + j * variance * moments[j - 1])
    total = sum(a.expr * moments[k + 1] for k, a in enumerate(theorem))
    reference = isserlis((1,) * size).expr
    shifted = {mean_symbol("m", i + 1): mean_symbol("m", i) for i in range(size)}
    shifted |= {
        covariance_symbol("S", i + 1, j + 1, size): covariance_symbol("S", i, j, size)
        for i in range(size)
        for j in range(i, size)
    }
    assert sp.expand(total - reference.xreplace(shifted)) == 0


def test_latex():
    latex = master_theorem(2).latex()
    assert r"\alpha_{1} \beta_{2} + \alpha_{2} \beta_{1}" in latex
    assert r"E}[g(X) X^{2}]" in latex
    assert master_theorem(2)._repr_latex_().startswith("$")
    assert "independent" in master_theorem(2).coefficients[0].derivation()


def test_evaluation():
    a_0 = master_theorem(2).coefficients[0]
    assert a_0.evalf(20, alpha_1=2, alpha_2="0.5", C_12=-1) == 0
    with pytest.raises(ValueError, match="no value for alpha_1, alpha_2"):
        a_0.evalf(20, C_12=1)


@pytest.mark.parametrize("bad", [-1, 11, 1.5, "2", True])
def test_refusals(bad):
    with pytest.raises(ValueError, match="n is a whole number from 0 to 10"):
        master_theorem(bad)
