"""Circle moments against their definition by mpmath's own quadrature, and against published values."""

import mpmath
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from symbolic_moments import activation, circle_moment
from symbolic_moments.normal import Phi
from symbolic_moments.symbols import x

CLOSED = {
    "relu": (0,),
    "abs": (0,),
    "hardtanh": (-1, 1),
    "hardswish": (-3, 3),
    "heaviside": (0,),
    "x**3 - 2*x + 1": (),
    "exp": (),
    "x*exp(-2*x)": (),
    "sin": (),
    "x*cos(3*x) - sin(2*x)": (),
    "snake": (),
}
CLOSED_WITHOUT_OFFSET = ("gelu", "x*Phi(x) + x**2", "erf", "x**3*Phi(2*x)", "gaussian", "x**2*exp(-x**2/3)")
OPEN = {"gelu": (), "tanh": (), "elu": (0,), "abs(x)*sigmoid(x)": (0,), "sqrt(abs(x - 1))": (1,)}


@pytest.fixture(scope="module")
def context():
    context = mpmath.MPContext()
    context.dps = 35
    return context


def definition(context, spec, kinks, r, amplitude, offset):
    whole = activation(spec).expression.replace(Phi, lambda u: (1 + sp.erf(u / sp.sqrt(2))) / 2)
    names = ("exp", "sin", "cos", "tanh", "erf", "sqrt", "mpf", "pi", "log")
    own = {name: getattr(context, name) for name in names} | {"Heaviside": lambda u, at=0: context.mpf(u > 0)}
    function = sp.lambdify(x, whole, [own, "mpmath"])
    size = abs(amplitude)
    cuts = {context.acos((k - offset) / size) for k in kinks if abs(k - offset) < size}
    cuts = sorted({context.zero, context.pi, *cuts, *(context.pi - cut for cut in cuts)})

    def integrand(t):
        return function(amplitude * context.cos(t) + offset) * context.cos(r * t)

    return 2 * context.quad(integrand, cuts, maxdegree=9), 2 * context.quad(lambda t: abs(integrand(t)), cuts)


def agrees(context, formula, reference, size, **values):
    value = context.convert(formula.evalf(25, **values))
    assert abs(value - reference) <= context.mpf(10) ** -22 * size, (value, reference)


@pytest.mark.parametrize("spec", CLOSED)
@settings(max_examples=6, deadline=None)
@given(r=st.integers(0, 6), amplitude=st.floats(-5, 5).filter(lambda a: abs(a) > 0.01), offset=st.floats(-4, 4))
def test_closed_forms_are_the_integral(context, spec, r, amplitude, offset):
    formula = circle_moment(spec, r)
    assert formula.kind == "closed"
    expected = definition(context, spec, CLOSED[spec], r, context.mpf(amplitude), context.mpf(offset))
    agrees(context, formula, *expected, A=amplitude, b=offset)


@pytest.mark.parametrize("amplitude", [1, -2.5, 0.3])
def test_what_cancels_altogether_is_zero(amplitude):
    assert circle_moment("relu", 5).evalf(25, A=amplitude, b=0) == 0


@pytest.mark.parametrize("spec", CLOSED_WITHOUT_OFFSET)
@settings(max_examples=6, deadline=None)
@given(r=st.integers(0, 6), amplitude=st.floats(-5, 5).filter(lambda a: abs(a) > 0.01))
def test_closed_forms_without_offset(context, spec, r, amplitude):
    formula = circle_moment(spec, r, offset=0)
    assert formula.kind == "closed"
    agrees(context, formula, *definition(context, spec, (), r, context.mpf(amplitude), 0), A=amplitude)


@pytest.mark.parametrize("spec", OPEN)
@pytest.mark.parametrize(("r", "amplitude", "offset"), [(0, 2.5, 0.75), (3, -1.5, 0.25), (2, 40.0, -0.5)])
def test_what_is_not_closed_is_integrated(context, spec, r, amplitude, offset):
    formula = circle_moment(spec, r)
    assert formula.kind == "integral"
    kinks = OPEN[spec] or (-3, -1, 0, 1, 3)  # of the smooth ones: places to cut, for the reference's sake
    expected = definition(context, spec, kinks, r, context.mpf(amplitude), context.mpf(offset))
    tolerance = 1e-13 if "sqrt" in spec else 1e-22  # mpmath's own rule at the root
    value = context.convert(formula.evalf(25, A=amplitude, b=offset))
    assert abs(value - expected[0]) <= tolerance * expected[1]


def test_relu_as_published():
    """arXiv 2412.03773: |A| times 2, pi/2, 2/3, 0, -2/15, 0, 2/35."""
    expected = [2, sp.pi / 2, sp.Rational(2, 3), 0, sp.Rational(-2, 15), 0, sp.Rational(2, 35)]
    for r, value in enumerate(expected):
        sign = (-1) ** r
        for amplitude in (1, 3, -2):
            found = circle_moment("relu", r, offset=0).evalf(30, A=amplitude)
            exact = abs(amplitude) * (sign if amplitude < 0 else 1) * sp.N(value, 40)
            assert abs(sp.Float(str(found), 40) - exact) <= sp.Float("1e-28")


def test_gelu_as_published():
    """sqrt(2 pi) e^-q ((A^2/6) (I0 + I1)(q) + (2/3) I1(q)), q = A^2/4."""
    with mpmath.workdps(40):
        q = mpmath.mpf("1.7") ** 2 / 4
        bessel = [mpmath.besseli(k, q) for k in (0, 1)]
        expected = mpmath.sqrt(2 * mpmath.pi) * mpmath.exp(-q) * (2 * q / 3 * sum(bessel) + 2 * bessel[1] / 3)
        found = mpmath.mpmathify(circle_moment("gelu", 2, offset=0).evalf(30, A="1.7"))
        assert abs(found - expected) < mpmath.mpf(10) ** -29


def test_narrow_bumps_are_seen():
    """int 1/(1 + (m cos t)^2) dt = 2 pi/sqrt(1 + m^2)."""
    for steepness in (10, 10**3, 10**6):
        found = circle_moment(f"1/(1 + ({steepness}*x)**2)", 0).evalf(25, A=1, b=0)
        with mpmath.workdps(40):
            exact = 2 * mpmath.pi / mpmath.sqrt(1 + mpmath.mpf(steepness) ** 2)
            assert abs(mpmath.mpmathify(found) - exact) < mpmath.mpf(10) ** -24 * exact


def test_zero_is_zero():
    assert circle_moment("tanh", 2, offset=0).evalf(20, A=3) == 0
    assert circle_moment("relu", 3).evalf(20, A=1, b=5) == 0
    assert circle_moment("elu", 4).evalf(20, A=0, b=1) == 0


@pytest.mark.parametrize("r", [-1, 1.5, True, "2"])
def test_frequencies_are_whole(r):
    with pytest.raises(ValueError, match="the frequency r is a whole number, at least 0"):
        circle_moment("relu", r)


def test_parameters_that_take_the_variables_names():
    with pytest.raises(ValueError, match="parameter called b"):
        circle_moment(activation("squareplus", b="b"), 1)


def test_the_derivation_tells_the_steps():
    assert "Bessel" in circle_moment("exp", 1).derivation()
    assert "jump" in circle_moment("relu", 1).derivation()
    assert "by parts" in circle_moment("gelu", 1, offset=0).derivation()
