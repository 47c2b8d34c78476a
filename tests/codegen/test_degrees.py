"""`emit(degree=)` is the degree up to which a kernel keeps its promise, whatever its family."""

import numpy as np
import pytest

from codegen import emit
from codegen.method import hermite_nodes, method_constants, panel_nodes
from codegen.verify import verify

PANELS = ("clip(x, -1, 1)", "x*Min(Max(x + 3, 0), 6)/6")
AROUND_PHI = ("x*Phi(x)", "Phi(2*x + 1)", "x*erf(x)")
POINTS = [(-3.0, 1.0), (0.3, 0.02), (-83.0, 7.1), (1.0, 1e-12), (-0.5, 40.0), (700.0, 25.0)]


@pytest.mark.parametrize("expression", [*PANELS, *AROUND_PHI])
def test_the_promise_holds_at_the_degree_emitted_for(expression):
    certificate = verify(emit(expression, degree=32), digits=25, degree=32, points=POINTS)
    assert certificate.passed, certificate.worst


def test_a_kernel_without_closed_form_holds_at_its_degree_too():
    certificate = verify(emit("x*sigmoid(x)", degree=24), digits=22, degree=24, points=[(-3.0, 1.0), (-53.9, 1.2)])
    assert certificate.passed, certificate.worst


@pytest.mark.parametrize("expression", ["clip(x, -1, 1)", "Phi(2*x + 1)"])
def test_above_its_degree_a_kernel_falls_short(expression):
    assert not verify(emit(expression), digits=25, degree=64, points=[(-3.0, 1.0), (0.0626, 1.9e-8)]).passed


def test_coefficients_to_sixteen_are_served_by_degree_eight():
    """c_16 of a function that one panel covers: with 56 nodes 1e-10 of its natural size."""
    certificate = verify(emit("x*sigmoid(x)"), digits=22, degree=16, points=[(-53.9, 1.2), (-333.0, 1e-4)])
    coefficients = next(row for row in certificate.table if row.function == "hermite_coefficients")
    assert coefficients.truncation < 1e-14
    assert coefficients.rounding < 1e-13


def test_nodes_grow_with_the_degree_and_stay_at_eight():
    assert [panel_nodes(15, degree) for degree in (0, 8)] == [56, 56]
    assert panel_nodes(15, 8) < panel_nodes(15, 16) < panel_nodes(15, 64)
    assert hermite_nodes(15, 8) < hermite_nodes(15, 16) < hermite_nodes(15, 64)
    assert len(method_constants(["panel_rule"], 15, 32)["panel_rule"]) == panel_nodes(15, 32)
    assert len(emit("clip(x, -1, 1)", degree=32).load().METHOD["panel_rule"]) == panel_nodes(15, 32)


def test_powers_beyond_the_doubles_are_no_failure_and_nothing_else_is_excused():
    kernel = emit("clip(x, -1, 1)", degree=64)
    assert verify(kernel, digits=22, degree=64, points=[(-1.0, 1e6)]).passed
    module = kernel.load()
    moments = module._raw_moments

    def spoiled(xp, mu, sigma, degree):
        values = moments(xp, mu, sigma, degree)
        values[3:4] = [value * xp.nan for value in values[3:4]]
        return values

    module._raw_moments = spoiled
    assert not verify(module, digits=22, degree=64, points=[(-1.0, 1e6)]).passed


def test_coefficients_of_high_order_neither_overflow_nor_vanish():
    gelu = emit("gelu", degree=64).load()
    coefficients = gelu.hermite_coefficients(-9.05, 8.3e5, 64)
    assert np.isfinite(coefficients).all()
    derivatives = gelu.expected_derivatives(-9.05, 8.3e5, 45)
    np.testing.assert_allclose(derivatives, coefficients[:46] / 8.3e5 ** np.arange(46.0), rtol=1e-13)
