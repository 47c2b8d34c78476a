"""Functions whose terms cancel at 0: Taylor polynomials with the root as a factor, and the kernels made of them."""

from functools import cache

import mpmath
import pytest
import sympy as sp
from mpmath.calculus.quadrature import GaussLegendre

from codegen import emit
from codegen.root_forms import root_form
from codegen.stable_forms import stabilised
from codegen.verify import verify
from symbolic_moments.language import read_expression
from symbolic_moments.symbols import x

CANCELLING = {
    "log(1 + x**2)": (2, lambda y: mpmath.log1p(y * y)),
    "x - atan(x)": (3, lambda y: y - mpmath.atan(y)),
    "log(1 + exp(x)) - log(2)": (1, lambda y: mpmath.log1p(mpmath.exp(y)) - mpmath.log(2)),
}
OTHERS = [
    "log(1 + x**2)",
    "x*tanh(x)",
    "x - tanh(x)",
    "1/(1 + exp(-x)) - 1/2",
    "atan(x)",
    "1 + log(1 + x**2)",
    "log(1 + abs(x))",
]


@cache
def kernel_of(text):
    return emit(text).load()


def moments(function, mu, sigma):
    """``E[g]``, ``E[y g]``, ``E[g^2]`` and the scales of the first two, from the definition."""
    with mpmath.workdps(70):
        places = [(mpmath.mpf(mu) + mpmath.mpf(sigma) * z, share) for z, share in standard_normal()]
        terms = [(y, share, function(y)) for y, share in places]
        mean, first = (mpmath.fsum(share * y**n * g for y, share, g in terms) for n in (0, 1))
        square = mpmath.fsum(share * g * g for _, share, g in terms)
        sizes = (mpmath.fsum(share * abs(y**n * g) for y, share, g in terms) for n in (0, 1))
        return (mean, first, square), (*sizes, square)


@cache
def standard_normal():
    """48 Gauss-Legendre points of 70 digits on each of 28 panels, and their shares of the law."""
    rule = GaussLegendre(mpmath.mp).calc_nodes(5, 260)
    panels = [mpmath.mpf(2 * j + 1) / 2 for j in range(-14, 14)]
    return [(m + t / 2, w / 2 * mpmath.npdf(m + t / 2)) for m in panels for t, w in rule]


@pytest.mark.parametrize("text", ["x - atan(x)", "log(1 + exp(x)) - log(2)"])
def test_the_root_and_its_polynomial_are_found(text):
    order, function = CANCELLING[text]
    found = root_form(stabilised(read_expression(text)), x, ())
    assert found.order == order
    with mpmath.workdps(60):
        y = mpmath.mpf(1) / 1000
        value = y**order * mpmath.fsum(mpmath.mpf(int(c.p)) / int(c.q) * y**j for j, c in enumerate(found.coefficients))
        assert abs(value - function(y)) <= mpmath.mpf(10) ** -50 * value


@pytest.mark.parametrize("text", OTHERS)
def test_what_does_not_cancel_stays_as_it_is(text):
    assert root_form(stabilised(read_expression(text)), x, ()) is None


def test_a_kink_at_the_root_leaves_no_polynomial():
    assert root_form(x - sp.atan(sp.Abs(x)), x, (sp.S.Zero,)) is None


@pytest.mark.parametrize("text", CANCELLING)
@pytest.mark.parametrize(("mu", "sigma"), [(0.0, 1e-9), (1e-5, 1e-6), (-0.01, 0.002), (0.04, 0.03), (0.3, 1.5)])
def test_kernels_keep_their_digits_next_to_the_root(text, mu, sigma):
    """At (0, 1e-9) E[log(1 + y^2)] was 5e-43 instead of 1e-18."""
    kernel = kernel_of(text)
    got = [*kernel.raw_moments(mu, sigma, 1), kernel.second_moment(mu, sigma)]
    for found, wanted, scale in zip(got, *moments(CANCELLING[text][1], mu, sigma), strict=True):
        assert abs(mpmath.mpf(float(found)) - wanted) <= 1e-13 * scale


@pytest.mark.parametrize("text", ["log(1 + x**2)", "x - atan(x)"])
def test_kernels_of_root_forms_pass_verification(text):
    points = [(0.0, 1e-9), (0.0, 0.0), (1e-4, 1e-3), (0.3, 0.2), (-2.0, 3.0), (1e-3, 0.0)]
    certificate = verify(kernel_of(text), 20, 4, points)
    assert certificate.passed, str(certificate)


def test_a_clipped_function_that_vanishes_at_0_has_a_form_there():
    """Its Taylor coefficients were sought on a circle, where no number is larger than another: a traceback."""
    kernel = emit("hardtanh(x)**3 + 0.1*tanh(x)").load()
    assert kernel.activation(1e-9) == pytest.approx(1e-10, rel=1e-15, abs=0)
    assert kernel.expected_derivatives(0.0, 0.0, 3)[3] == pytest.approx(6 - 0.2, rel=1e-14)
