import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from symbolic_moments import activation
from symbolic_moments.error_terms import error_term_moments
from symbolic_moments.normal import Phi
from symbolic_moments.symbols import mu, sigma, x

FUNCTIONS = {
    "erf": lambda c, y: c.erf(y),
    "gelu": lambda c, y: y * c.erfc(-y / c.sqrt(2)) / 2,
    "probit": lambda c, y: c.erfc(-y / c.sqrt(2)) / 2,
    "erfc(x)*x**2 - 1": lambda c, y: c.erfc(y) * y**2 - 1,
    "x**2*Phi(1 - 2*x) + x": lambda c, y: y**2 * c.erfc(-(1 - 2 * y) / c.sqrt(2)) / 2 + y,
    "x*erf(x) + Phi(x/3 + 1)": lambda c, y: y * c.erf(y) + c.erfc(-(y / 3 + 1) / c.sqrt(2)) / 2,
}
ORDERS = (0, 1, 2, 4)


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize(("mean", "deviation"), [("0.7", "1.3"), ("-6", "0.5")])
def test_every_quantity_is_its_definition(definition, name, mean, deviation):
    function = FUNCTIONS[name]

    def integrands(context, y, z):
        g = function(context, y)
        return [*(g * y**n for n in ORDERS), *(g * definition.hermite(n, z) for n in ORDERS), g * g]

    references = definition.expectations(integrands, mean, deviation)
    g = activation(name)
    assert g.family == "ER"
    for n, reference in zip(ORDERS, references, strict=False):
        assert g.moment(n).kind == "closed"
        definition.check(g.moment(n).evalf(35, mu=mean, sigma=deviation), reference)
    for n, reference in zip(ORDERS, references[len(ORDERS) :], strict=False):
        definition.check(g.hermite(n).evalf(35, mu=mean, sigma=deviation), reference)
        derivative = definition.context.convert(g.expected_derivative(n).evalf(35, mu=mean, sigma=deviation))
        definition.check(derivative * definition.number(deviation) ** n, reference)
    second = g.second_moment()
    assert second.kind == ("integral" if len(g.decomposition.error_terms) > 1 else "closed")
    definition.check(second.evalf(32, mu=mean, sigma=deviation), references[-1])


@settings(max_examples=6, deadline=None)
@given(
    mean=st.floats(-3, 3),
    deviation=st.floats(0.25, 2),
    slope=st.fractions(-3, 3, max_denominator=4).filter(lambda v: abs(v) > 0.2),
    offset=st.fractions(-2, 2, max_denominator=4),
    order=st.integers(0, 7),
)
def test_any_slope_any_offset_any_order(definition, mean, deviation, slope, offset, order):
    g = activation(f"(x**2 - x)*Phi(({slope})*x + ({offset})) + 1")
    a, b = definition.number(slope), definition.number(offset)

    def integrands(context, y, z):
        value = (y**2 - y) * context.erfc(-(a * y + b) / context.sqrt(2)) / 2 + 1
        return [value * y**order, value * definition.hermite(order, z)]

    moment, hermite = definition.expectations(integrands, mean, deviation, wide=False)
    definition.check(g.moment(order).evalf(32, mu=mean, sigma=deviation), moment)
    definition.check(g.hermite(order).evalf(32, mu=mean, sigma=deviation), hermite)


def test_moments_of_gelu_are_moments_of_probit_one_order_up():
    for n in range(4):
        assert sp.simplify(activation("gelu").moment(n).expr - activation("probit").moment(n + 1).expr) == 0


def test_stated_recurrence():
    formula = activation("gelu").moments()
    equations = {str(equation.lhs): equation.rhs for equation in formula.expr}
    n = sp.Symbol("n", integer=True, nonnegative=True)
    J, R = sp.Function("J"), sp.Function("R")
    known = {J(0): equations["J(0)"], J(1): equations["J(1)"], R(0): equations["R(0)"], R(1): equations["R(1)"]}
    for step in range(1, 4):
        known[R(step + 1)] = equations["R(n + 1)"].subs(n, step).subs(known)
        known[J(step + 1)] = equations["J(n + 1)"].subs(n, step).subs(known)
    assert equations["M(n)"] == J(n + 1)
    for order in range(4):
        assert sp.simplify(known[J(order + 1)] - activation("gelu").moment(order).expr) == 0
    assert formula.evalf(25, n=3, mu=1, sigma=2) == activation("gelu").moment(3).evalf(25, mu=1, sigma=2)


def test_hermite_coefficients_are_derivatives_in_the_mean():
    """c_k = sigma^k d^k/dmu^k E[g], an identity independent of the tilted Gaussian."""
    for name in ("gelu", "x**2*erf(x - 1)"):
        g = activation(name)
        for order in range(1, 5):
            expected = sigma**order * sp.diff(g.hermite(0).expr, mu, order)
            difference = (expected - g.hermite(order).expr).subs({mu: sp.Rational(3, 7), sigma: sp.Rational(5, 4)})
            assert abs(difference.evalf(40)) < sp.Float("1e-35")


def test_closed_forms_of_the_literature():
    t = mu / sp.sqrt(1 + sigma**2)
    gelu = activation("gelu")
    assert gelu.expected_derivative(1).expr.subs(mu, 0).simplify() == sp.Rational(1, 2)
    assert activation("probit").moment(0).expr == Phi(t)
    assert error_term_moments(0, sp.Integer(2), sp.Integer(1), mu, sigma**2) == [(1, 0)]


def test_point_mass():
    gelu = activation("gelu")
    assert abs(gelu.moment(1).evalf(25, mu=2, sigma=0) - 4 * Phi(2).evalf(25)) < 1e-24
    near = gelu.expected_derivative(3).evalf(20, mu="0.5", sigma="1e-15")
    assert abs(near - gelu.expected_derivative(3).evalf(20, mu="0.5", sigma=0)) < 1e-19


def test_derivation_can_be_followed():
    text = activation("gelu").moment(1).derivation()
    assert r"J_{j+1} = \mu J_j + \sigma^2" in text
    assert "J_{2} = " in text
    assert "Owen" in activation("gelu").second_moment().derivation()
    assert "Leibniz" in activation("erf").hermite(2).derivation()


def test_written_in_any_way():
    forms = ["x*Phi(x)", "x*(1 + erf(x/sqrt(2)))/2", "x/2*erfc(-x/sqrt(2))", "x - x*Phi(-x)"]
    decompositions = {activation(form).decomposition for form in forms}
    assert len(decompositions) == 1
    assert activation(x * Phi(x)).decomposition in decompositions


@pytest.mark.parametrize(
    "text", ["x**20*erf(sqrt(2)*x + pi)", "(sqrt(3)*x**17 + x)*erf(x/3 + 1)", "x**21*Phi(2*x - 1/3)"]
)
def test_high_degree(definition, text):
    g = activation(text)
    function = {
        "x**20*erf(sqrt(2)*x + pi)": lambda c, y, z: [y**20 * c.erf(c.sqrt(2) * y + c.pi)],
        "(sqrt(3)*x**17 + x)*erf(x/3 + 1)": lambda c, y, z: [(c.sqrt(3) * y**17 + y) * c.erf(y / 3 + 1)],
        "x**21*Phi(2*x - 1/3)": lambda c, y, z: [y**21 * c.erfc((c.one / 3 - 2 * y) / c.sqrt(2)) / 2],
    }[text]
    (reference,) = definition.expectations(function, "-0.7", "0.9")
    definition.check(g.moment(0).evalf(35, mu="-0.7", sigma="0.9"), reference)


@pytest.mark.parametrize(
    ("text", "what", "order", "kind"),
    [
        ("x**13*erf(pi*x)", "moment", 0, "closed"),
        ("x**13*erf(pi*x)", "moment", 20, "integral"),
        ("x**13*erf(pi*x)", "hermite", 3, "closed"),
        ("x**13*erf(pi*x)", "expected_derivative", 2, "closed"),
        ("x**9*erf(pi*x)", "second_moment", None, "closed"),
        ("x**4*Phi(x - 1/3)", "second_moment", None, "closed"),
        ("x**20*Phi(x)", "second_moment", None, "integral"),
        ("x**7*Phi(x + 1)", "second_moment", None, "integral"),
    ],
)
def test_high_degree_by_terms_or_as_an_integral(definition, text, what, order, kind):
    """Irrational slopes, and squares, stay closed as long as their terms can be counted in hundreds."""
    functions = {
        "x**13*erf(pi*x)": lambda c, y: y**13 * c.erf(c.pi * y),
        "x**9*erf(pi*x)": lambda c, y: y**9 * c.erf(c.pi * y),
        "x**4*Phi(x - 1/3)": lambda c, y: y**4 * c.erfc((c.one / 3 - y) / c.sqrt(2)) / 2,
        "x**20*Phi(x)": lambda c, y: y**20 * c.erfc(-y / c.sqrt(2)) / 2,
        "x**7*Phi(x + 1)": lambda c, y: y**7 * c.erfc(-(y + 1) / c.sqrt(2)) / 2,
    }
    weights = {
        "moment": lambda c, y, z: y**order,
        "hermite": lambda c, y, z: z**3 - 3 * z,
        "expected_derivative": lambda c, y, z: (z**2 - 1) / c.mpf("0.81"),
        "second_moment": lambda c, y, z: functions[text](c, y),
    }
    formula = getattr(activation(text), what)(*([] if order is None else [order]))
    assert formula.kind == kind
    (reference,) = definition.expectations(
        lambda c, y, z: [weights[what](c, y, z) * functions[text](c, y)], "-0.7", "0.9"
    )
    definition.check(formula.evalf(30, mu="-0.7", sigma="0.9"), reference, 28)


def test_second_moment_of_gelu_far_below_zero():
    """Owen's T and Phi cancel 217 000 digits here; ``x Phi(x)`` is about ``-phi(x) (1 - 1/x^2 + 3/x^4 - 15/x^6)``."""
    import mpmath

    context = mpmath.MPContext()
    context.dps = 40
    value = activation("gelu").second_moment().evalf(20, mu=-1000, sigma="0.01")
    tilted = 1 + 2 * context.mpf("0.0001")
    centre, spread = -1000 / tilted, context.mpf("0.01") / context.sqrt(tilted)

    def series(y):
        terms = [context.fac2(2 * k - 1) * (-1) ** k / y ** (2 * k) for k in range(1, 12)]
        return (1 + context.fsum(terms)) ** 2

    nodes = [(centre + spread * z, z) for z in (context.mpf(j) / 8 for j in range(-120, 121))]
    mean = context.fsum(series(y) * context.exp(-z * z / 2) / 8 for y, z in nodes) / context.sqrt(2 * context.pi)
    density = context.exp(-(context.mpf(10) ** 6) / tilted) / (2 * context.pi * context.sqrt(tilted))
    assert abs(context.convert(value) / (density * mean) - 1) < context.mpf(10) ** -19


def test_clip_of_gelu_is_cut_where_gelu_reaches_the_bound(definition):
    """The kink is the root of ``x Phi(x) = 10``, next to 10; no closed form, but every digit asked for."""
    g = activation("clip(x*Phi(x), -10, 10)")
    c = definition.context
    gelu = FUNCTIONS["gelu"]
    kink = c.findroot(lambda y: gelu(c, y) - 10, 10)
    references = definition.expectations(
        lambda context, y, z: [min(gelu(context, y), 10) * y**n for n in (0, 1)] + [min(gelu(context, y), 10) ** 2],
        "9",
        "2",
        (kink,),
    )
    formulas = (g.moment(0), g.moment(1), g.second_moment())
    for formula, reference in zip(formulas, references, strict=True):
        assert formula.kind == "integral"
        definition.check(formula.evalf(30, mu=9, sigma=2), reference, 28)
