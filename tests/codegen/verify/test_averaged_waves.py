"""References of waves under wide Gaussians: against quadrature along the line, closed forms, and where they refuse."""

import itertools

import mpmath
import pytest
import sympy as sp
from mpmath.calculus.quadrature import GaussLegendre

from codegen import emit
from codegen.verify import verify
from codegen.verify.averaged_waves import averaged, followed, has_tails
from codegen.verify.check import _not_covered
from codegen.verify.definition import read_definition
from codegen.verify.interval import ReferenceRefusesError
from codegen.verify.quarter_strips import NotContinuedError, Strip
from codegen.verify.wave_terms import wave_terms
from symbolic_moments.language import parse_expression
from symbolic_moments.symbols import x


def number(raw):
    return mpmath.mp.make_mpf(raw)


def along_the_line(text, mu, sigma, digits):
    """E[g], E[y g], E[He_3(z) g], E[g^2] and E|g| by a rule of mpmath on panels of a wave, shorter where g bends."""
    with mpmath.workdps(digits + 10):
        g = sp.lambdify(x, parse_expression(text), "mpmath")
        nodes = GaussLegendre(mpmath.mp).calc_nodes(5, mpmath.mp.prec)
        end = int(mu + 11 * sigma)
        cuts = [
            -end,
            *range(-end, -7, 6),
            -6,
            -4,
            -3,
            -2,
            -1.5,
            -1,
            -0.5,
            0,
            0.5,
            1,
            1.5,
            2,
            3,
            4,
            6,
            *range(8, end, 6),
            end,
        ]
        sums = [mpmath.mpf(0)] * 5
        for left, right in itertools.pairwise(sorted({mpmath.mpf(cut) for cut in cuts})):
            for node, weight in nodes:
                y = (left + right) / 2 + (right - left) / 2 * node
                value, share = g(y), weight * (right - left) / 2 * mpmath.npdf(y, mu, sigma)
                z = (y - mu) / sigma
                values = (value, y * value, (z**3 - 3 * z) * value, value * value, abs(value))
                sums = [total + share * one for total, one in zip(sums, values, strict=True)]
        return sums


@pytest.mark.parametrize("text", ["2*x + cos(3*x)**2*tanh(x)", "sin(x)/(1 + x**2)"])
def test_paths_off_the_line_agree_with_the_line(text):
    found = averaged(read_definition(text), 3.0, 50.0, (2, 4), 22)
    first, risen, third, square, size = along_the_line(text, 3, 50, 22)
    assert abs(number(found.moments[0]) - first) < 1e-20 * size
    assert abs(number(found.moments[1]) - risen) < 1e-20 * 50 * size
    assert abs(number(found.hermite[3]) - third) < 1e-20 * mpmath.sqrt(square)
    assert abs(number(found.second_moment) - square) < 1e-20 * square
    assert 0.9 * size < number(found.magnitudes[0]) < size


def test_far_out_it_is_the_closed_form_of_a_folded_wave_and_a_rest_that_decays():
    """``E[sin|y|]`` is a complex error function; what ``sin(y) tanh(y)`` has less is gone within 200."""
    found = averaged(read_definition("sin(x)*tanh(x)"), 0.5, 1e4, (0, 2), 40)
    with mpmath.workdps(60):
        mu, sigma = mpmath.mpf("0.5"), mpmath.mpf(10) ** 4

        def upper_half(m):
            """E[exp(iy)] over y > 0."""
            w = mpmath.mpc(m, sigma**2) / (sigma * mpmath.sqrt(2))
            return mpmath.exp(-(m**2) / (2 * sigma**2)) * mpmath.exp(w * w) * mpmath.erfc(-w) / 2

        folded = upper_half(mu).imag + upper_half(-mu).imag
        cuts = [mpmath.mpf(0), *(mpmath.mpf(2) ** k / 4 for k in range(10))]
        rest = [
            mpmath.quad(lambda y, s=s: mpmath.sin(y) * (mpmath.tanh(y) - 1) * mpmath.npdf(s * y, mu, sigma), cuts)
            for s in (1, -1)
        ]
        assert abs(number(found.moments[0]) - folded - sum(rest)) < mpmath.mpf(10) ** -40


def test_poles_between_two_paths_are_seen(monkeypatch):
    """Continued wrongly, the two ways differ: an envelope with poles beyond where it is said to be analytic."""
    monkeypatch.setattr("codegen.verify.quarter_strips.Strip._turn", lambda strip, polynomial: 0.0)
    monkeypatch.setattr("codegen.verify.averaged_waves._FINER", 1)
    monkeypatch.setattr("codegen.verify.averaged_waves._bent", lambda definition: (1.0, 0.0))
    definition = read_definition("sin(x)*tanh(x) + 1000*sin(x)/((x - 172)**2 + 1600)")
    with pytest.raises(ReferenceRefusesError, match="two paths do not agree"):
        averaged(definition, 0.0, 1e3, (0, 2), 40)


def test_what_a_principal_branch_would_jump_at_is_continued():
    strip = Strip(60.0, 50.0, mpmath.mp)
    for text in ("log(1 + exp(x))", "sqrt(1 + x**2)", "atan(x)", "log(1 + x**2)", "x/(1 + exp(-x))", "tanh(x)"):
        function = strip.continued(parse_expression(text))
        slopes = [mpmath.diff(function, mpmath.mpc(61, t)) for t in (0, 3, 20, 49)]
        heights = [function(mpmath.mpc(61, t)) for t in (0, 1.5, 3)]
        wanted = function(mpmath.mpc(61, 0)) + 1j * mpmath.quad(
            lambda t, f=function: mpmath.diff(f, mpmath.mpc(61, t)), [0, 1.5, 3]
        )
        assert abs(heights[-1] - wanted) < 1e-8 * abs(wanted), text
        assert all(mpmath.isfinite(slope) for slope in slopes)


@pytest.mark.parametrize(
    "text",
    ["log(1 + x**6)", "1/(1 + exp(x) - exp(99*x/100)*2)", "tanh(x**2)", "asin(1/(1 + x**2))", "1/(x - 100)", "sin(x)"],
)
def test_what_is_not_known_to_be_analytic_is_refused(text):
    with pytest.raises(NotContinuedError):
        Strip(60.0, 50.0, mpmath.mp).continued(parse_expression(text))


def test_terms_are_the_function_and_its_square():
    g = parse_expression("x + sin(2*x + 1)**2*tanh(x)*cos(x) + cos(x + atan(x))")
    found = wave_terms(g)
    for terms, power in ((found.plain, 1), (found.square, 2)):
        total = 0
        for w, components in terms.items():
            for one in components:
                envelope = sp.Mul(*(found.envelopes[j] for j in one.envelopes))
                factor = complex(*map(float, one.factor))
                total += factor * envelope * sp.exp(sp.I * (w * x + one.phase))
        assert all(abs(complex(sp.N((total - g**power).subs(x, y)))) < 1e-9 for y in (-1.3, 0.4, 2.0))


@pytest.mark.parametrize(
    "text", ["x*tanh(sin(x))", "sin(sqrt(1 + x**2))", "exp(x)*sin(x)*tanh(x)", "sin(x)/(2 + cos(x))"]
)
def test_other_waves_are_said_not_to_be_covered_at_once(text):
    definition = read_definition(text)
    assert not followed(definition, 0.0, 1e5)
    assert followed(definition, 0.0, 1.0)
    assert not has_tails(definition, 1e5)


def test_an_average_that_is_off_in_the_twelfth_digit_is_caught():
    """Under wide Gaussians ``sin(x)^2 tanh(x)^2`` has the mean of ``tanh(x)^2 / 2``, which the kernel writes down."""
    made, points = emit("sin(x)*tanh(x)"), [(3.0, 500.0)]
    written = "average = xp.where(left < 1, xp.tanh(x) ** 2 / 2, 0)"
    assert made.source.count(written) == 1
    wrong = made.source.replace(written, f"{written} * (1 + xp.rational(1, 10**12))")
    certificate = verify(type(made)(made.name, made.target, wrong).load(), digits=20, degree=0, points=points)
    rows = {row.function: row for row in certificate.table}
    assert not certificate.passed
    assert not rows["second_moment"].passed
    assert rows["second_moment"].algebra > 1e-13
    assert rows["raw_moments"].passed
    assert rows["hermite_coefficients"].passed


def test_points_without_a_reference_are_counted_with_the_reason():
    lines = _not_covered(4, None, 0, 7, 5)
    assert any(line.startswith("5 points at which the Gaussian is wider than 300") for line in lines)
    assert any(line.startswith("2 points at which the definition oscillates") for line in lines)
