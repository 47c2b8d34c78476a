"""Texts of functions with many kinks: what repeats from kink to kink is written once."""

import numpy as np
import sympy as sp

from codegen.kernel_plan import expression_text
from codegen.kink_root_forms import KinkRootForm
from codegen.layout import within_margin
from codegen.periodic_window import window
from codegen.primitives.branch import branch
from codegen.primitives.near_kink import from_nearest
from codegen.root_forms import RootForm
from symbolic_moments.language import parse_expression


def test_a_branch_that_repeats_is_written_once():
    text = expression_text(window(parse_expression("Min(abs(sin(x)), 9/10)"), sp.pi))
    assert text.count("xp.sin(") == 2
    assert text.startswith("branch(xp, ")
    x = np.linspace(-10, 10, 401)
    rational = type("names", (), {"sin": np.sin, "where": np.where, "rational": lambda p, q: p / q})
    found = eval(text, {"xp": rational, "x": x, "branch": branch})
    np.testing.assert_allclose(found, np.minimum(abs(np.sin(x)), 0.9), rtol=1e-13)


def test_few_branches_and_different_ones_are_chosen_as_before():
    x = sp.Symbol("x", real=True)
    many = sp.Piecewise(*((x**n, x < n) for n in range(9)), (0, True), evaluate=False)
    assert "branch(" not in expression_text(many)
    assert "branch(" not in expression_text(sp.Piecewise((x, x < 1), (0, x < 2), (x, True), evaluate=False))


def test_forms_of_kinks_that_repeat_are_written_once():
    form = RootForm(1, (sp.Rational(1, 3), sp.Rational(1, 7)), sp.Integer(1))
    nearly = RootForm(1, (sp.Rational(1, 3) + sp.Rational(1, 10**68), sp.Rational(1, 7)), sp.Integer(1))
    kinks = [sp.Integer(n) for n in range(6)]
    pairs = [(kink, side, nearly if kink % 2 else form) for kink in kinks for side in (-1, 1)]
    text = KinkRootForm(tuple(pairs)).text("plain")
    assert text.count("near_kink(") == 1
    assert "from_nearest(xp, x, (0, 1, 2, 3, 4, 5))" in text
    assert KinkRootForm(tuple(pairs[:4])).text("plain").count("near_kink(") == 2


def test_the_distance_from_the_nearest_of_some_places():
    found = from_nearest(np, np.array([-3.0, 0.4, 0.6, 1.5, 9.0]), (0, 1, 3))
    np.testing.assert_allclose(found, [-3.0, 0.4, -0.4, 0.5, 6.0])


def test_long_nested_calls_are_laid_out():
    text = "x"
    for n in range(60):
        text = f"xp.where(x < xp.rational({n}, 7), x - xp.rational({10**40 + n}, {10**41}), {text})"
    assert len(within_margin(f"value = {text}").splitlines()) > 300
