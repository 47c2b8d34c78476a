"""Method constants and quadrature rules against values that did not come from them."""

import mpmath
import numpy as np
import pytest

from codegen import emit, method_constants
from codegen.method import RULES
from codegen.quadrature import unit_interval_rule
from codegen.verify import verify


def test_shipped_constants_are_those_of_the_kernels():
    from numeric_backend import kernels

    for name in kernels.names():
        method = kernels.load(name).METHOD
        assert method == method_constants(method, 15)


def test_constants_grow_with_the_digits():
    low, high = method_constants(RULES, 30), method_constants(RULES, 60)
    for name in ("seed_depth", "splitter", "panel_window", "density_limit"):
        assert high[name] > low[name]
    assert len(high["seed_series"]) > len(low["seed_series"])
    assert len(high["panel_rule"]) > len(low["panel_rule"])


def test_unknown_constants_are_named():
    with pytest.raises(KeyError, match="seed_length"):
        method_constants(["seed_length"], 15)


@pytest.mark.parametrize("count", [1, 2, 5, 48])
def test_shipped_rules_are_correctly_rounded(count):
    """Against mpmath's Jacobi roots, a different algorithm."""
    with mpmath.workdps(40):
        roots = sorted(
            mpmath.polyroots(mpmath.taylor(lambda t: mpmath.legendre(count, t), 0, count)[::-1], 500, extraprec=400)
        )
        for (node, weight), root in zip(unit_interval_rule(count, 15), roots, strict=True):
            slope = mpmath.diff(lambda t: mpmath.legendre(count, t), root)
            assert node == float((1 + root) / 2)
            assert weight == float(1 / ((1 - root**2) * slope**2))


def test_rules_integrate_polynomials_to_their_digits():
    for digits, count in ((30, 40), (80, 90)):
        context = mpmath.MPContext()
        context.dps = digits + 10
        total = sum(weight * node ** (2 * count - 1) for node, weight in unit_interval_rule(count, digits))
        assert abs(total * 2 * count - 1) < context.mpf(10) ** -digits


def test_nodes_increase_inside_the_interval():
    nodes = np.array([node for node, _ in unit_interval_rule(48, 15)])
    assert (np.diff(nodes) > 0).all()
    assert nodes[0] > 0
    assert nodes[-1] < 1


def test_raised_panels_resolve_the_variance_around_phi():
    """Fewer nodes a digit left 6e-39 at sigma = 1e6, where 50 digits were asked for."""
    kernel = emit("x*erf(x)")
    assert verify(kernel, digits=50, degree=0, points=[(-1e-6, 1e6), (3.0, 25.0)], workers=1).passed
