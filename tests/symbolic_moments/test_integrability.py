import pytest
import sympy as sp

from symbolic_moments.integrability import require_integrable
from symbolic_moments.language import parse_expression
from symbolic_moments.symbols import x

INTEGRABLE = """exp(-x**2); x*tanh(log(1+exp(x))); 1/(1+x**2); x/(1+abs(x)); sinh(x)*x**3; log(1+exp(x)); cos(x)*exp(x)
Piecewise((x, x > 0), (exp(x) - 1, True)); Piecewise((log(x), x > 1), (0, True)); 1/cosh(x); exp(-abs(x)); x*sigmoid(x)
asin(tanh(x)); log(x**2 + 1); sqrt(1 + x**2); 2**x; exp(x)**3*x**2; abs(x)**0.5; Piecewise((1/x, x < -1), (x, True))
x**2*Phi(1 - x); max(exp(x), 1/(2 + sin(x))); Piecewise((exp(x**2), (x > 0) & (x < 2)), (0, True)); tan(tanh(x))
1/(1 + exp(x**2)); exp(-exp(x**2)); tanh(exp(x**2)); log(1 + exp(x**2)); log(sigmoid(x))
log(exp(x) + exp(-x)); log(Phi(x)); log(cosh(x**2 + x/3)); sinh(x**2)/cosh(x**2); log(abs(sinh(x**3)))
log(x**2); log(x**2)**3*x; log(x**2 + x**4); log(abs(sin(x))); log(tanh(x)**2); exp(log(x**2)/2)
log(abs(x)*exp(x)); celu(hardswish(x)); elu(x**3); selu(x*abs(x))
Piecewise((exp(-2*x*abs(x)), x*abs(x) > -3), (0, True)); Piecewise((x, x**3 >= 5), (exp(x**3), True))"""

NOT_INTEGRABLE = {
    "1/x": "it has a pole at x = 0",
    "x/(x - 1)": "it has a pole at x = 1",
    "1/x**2": "it has a pole at x = 0",
    "1/(x**2 - 2*x + 1)": "it has a pole at x = 1",
    "exp(-log(x**2 + x**4))": "it has a pole at x = 0",
    "exp(x**2)": "exp(x**2) has a finite expectation only for sigma^2 < 1/2",
    "x*exp(x**2/4 + x)": "has a finite expectation only for sigma^2 < 2",
    "exp(x**3)": "has an infinite expectation for every sigma > 0",
    "log(x)": "log(x) is not real where x is negative",
    "sqrt(x)": "sqrt(x) is not real where x is negative",
    "asin(x)": "is not real unless x stays between -1 and 1",
}
NOT_SHOWN = {
    "x**2/sin(x)": "sin(x) is not kept away from 0",
    "exp(exp(x))": "faster than every exp(c |x|)",
    "exp(x*abs(x))": "faster than every exp(c |x|)",
    "cosh(x**2)": "faster than every exp(c |x|)",
    "tan(x)": "tan(x) has poles",
    "Piecewise((exp(x*abs(x)), x*abs(x) > 0), (0, True))": "faster than every exp(c |x|)",
    "Piecewise((1/x, x > 0), (0, True))": "1/x cannot be bounded, as x is not kept away from 0",
    "Piecewise((exp(x**2), x > 3), (0, True))": "faster than",
    "Piecewise((sqrt(sin(x)), sin(x) > 0), (0, True))": "is real only where sin(x) is not negative",
    "log(Max(x, 0))": "Max(0, x) is not kept away from 0",
    "log(1 + tanh(x))": "could not be bounded below",
    "cosh(log(x**2))": "rises to infinity like a logarithm",
    "log(x**2)**(-1)": "log(x**2) is not kept away from 0",
}


@pytest.mark.parametrize("text", [part.strip() for line in INTEGRABLE.splitlines() for part in line.split(";")])
def test_accepted(text):
    require_integrable(parse_expression(text))


@pytest.mark.parametrize("text", NOT_INTEGRABLE)
def test_refused_with_the_reason(text):
    with pytest.raises(ValueError, match="is not integrable against every Gaussian: ") as caught:
        require_integrable(parse_expression(text))
    assert NOT_INTEGRABLE[text] in str(caught.value)
    assert "; give a function that is real on the whole line" in str(caught.value)


@pytest.mark.parametrize("text", NOT_SHOWN)
def test_what_is_not_shown_is_not_called_false(text):
    with pytest.raises(ValueError, match="could not be shown to be integrable against every Gaussian: ") as caught:
        require_integrable(parse_expression(text))
    assert NOT_SHOWN[text] in str(caught.value)


def test_unknown_function_of_sympy():
    with pytest.raises(ValueError, match="nothing is known about besselj"):
        require_integrable(sp.besselj(0, x))


def test_parameters_are_constants():
    theta = sp.Symbol("theta", positive=True)
    require_integrable(theta * sp.exp(-theta * x))
    require_integrable(x / (theta + sp.Abs(x)))


@pytest.mark.parametrize(
    "text", ["sin(x)/x", "x/(exp(x) - 1)", "(1 - cos(x))/x**2", "exp(-1/x**2)", "sin(x - 1)/(2*x - 2)"]
)
def test_a_removable_singularity_is_integrable(text):
    require_integrable(parse_expression(text))


@pytest.mark.parametrize("text", ["sin(x)/x/(x - 1)", "exp(x**2)*sin(x)/x"])
def test_a_removable_singularity_excuses_nothing_else(text):
    with pytest.raises(ValueError, match="integrable against every Gaussian"):
        require_integrable(parse_expression(text))


@pytest.mark.parametrize("text", ["cos(x)/x", "1/log(2 + sin(x))", "Abs(sin(x))/x"])
def test_other_singularities_are_not_called_removable(text):
    with pytest.raises(ValueError, match="integrable against every Gaussian"):
        require_integrable(parse_expression(text))


def test_a_function_without_a_variance_is_refused_as_such():
    with pytest.raises(
        ValueError, match=r"infinite at x = 0 like \|x\|\*\*\(-1/2\): its mean is finite, but its variance is not"
    ):
        require_integrable(parse_expression("2/sqrt(abs(x))"))
