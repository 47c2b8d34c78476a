"""References along turned lines: against closed forms, against the real line, and where they refuse."""

import mpmath
import pytest
import sympy as sp

from codegen import emit
from codegen.verify import verify
from codegen.verify.definition import read_definition
from codegen.verify.interval import ReferenceRefusesError
from codegen.verify.reference import reference
from codegen.verify.turned_paths import exponentials, turned
from codegen.verify.whole_line import resolvable, turns_too_fast
from symbolic_moments import activation
from symbolic_moments.symbols import x


@pytest.mark.parametrize("text", ["sin(x**2)", "2*x + cos(3*x**2 - 1)", "sin(x**2)*exp(-x**2/2)", "exp(x)*cos(x**2)"])
def test_turned_lines_give_the_closed_forms(text):
    g = activation(text)
    for mu, sigma in ((0.5, 4.0), (20.0, 3.0)):
        found = turned(g.expression, mu, sigma, (2, 3), 30)
        values = [*found.moments, *found.hermite[1:], found.second_moment]
        formulas = [*(g.moment(k) for k in range(3)), *(g.hermite(k) for k in range(1, 4)), g.second_moment()]
        scale = mpmath.sqrt(mpmath.mp.make_mpf(found.second_moment))
        for value, formula in zip(values, formulas, strict=True):
            with mpmath.workdps(40):
                wanted = formula.evalf(35, mu=mu, sigma=sigma)
                reach = 1 if formula in formulas[3:] else (abs(mu) + sigma) ** 2
                assert abs(mpmath.mp.make_mpf(value) - wanted) < 1e-28 * reach * max(scale, scale**2)


def test_both_ways_agree_where_both_can_be_gone():
    definition = read_definition("x*sin(x**2) + x")
    assert not turns_too_fast(definition.expression, 0.7, 0.8)
    along = reference(definition, 0.7, 0.8, 3, 30)
    other = turned(definition.expression, 0.7, 0.8, (3, 5), 30)
    with mpmath.workdps(40):
        pairs = zip((*along.moments, along.variance), (*other.moments, other.variance), strict=True)
        assert all(abs(mpmath.mp.make_mpf(a) - mpmath.mp.make_mpf(b)) < 1e-27 for a, b in pairs)


def test_what_is_no_sum_of_exponentials_is_refused():
    assert exponentials(sp.tanh(x) * sp.sin(x**2)) is None
    assert not resolvable(sp.tanh(x) * sp.sin(x**2), 0.0, 100.0)
    assert resolvable(sp.sin(x**2), 0.0, 100.0)
    with pytest.raises(ReferenceRefusesError, match="turns too fast"):
        turned(sp.tanh(x) * sp.sin(x**2), 0.0, 100.0, (2, 4), 20)


POINTS = [(0.3, 0.4), (-2.0, 1e-3), (500.0, 2.0), (0.0, 1e6), (1000.0, 1e-6)]


def test_a_kernel_of_quadratic_phase_is_verified():
    certificate = verify(emit("cos(x**2 + x)").load(), digits=40, degree=4, points=POINTS)
    assert certificate.passed
    assert certificate.counts["points"] == len(POINTS)


def test_a_wrong_phase_is_caught_under_wide_gaussians_too():
    made = emit("cos(x**2 + x)")
    wrong = made.source.replace("root * shrink[1] / (2 * half_cosine)", "root * shrink[1] / (3 * half_cosine)")
    assert wrong != made.source
    planted = type(made)(made.name, made.target, wrong).load()
    assert not verify(planted, digits=40, degree=4, points=[(0.0, 50.0)]).passed
