import mpmath
import pytest
import sympy as sp

from symbolic_moments.normal import OwenT, Phi, hermite_polynomial, phi
from symbolic_moments.symbols import x


def test_values():
    assert Phi(0) == sp.Rational(1, 2)
    assert Phi(sp.oo) == 1
    assert Phi(-sp.oo) == 0
    assert phi(-x) == phi(x)
    assert phi(sp.oo) == 0
    context = mpmath.MPContext()
    context.dps = 60
    for u in (-30, -2, 3):
        assert abs(context.mpf(Phi(u).evalf(50)._mpf_) / (context.erfc(-u / context.sqrt(2)) / 2) - 1) < 1e-49


def test_derivatives():
    assert sp.diff(Phi(2 * x), x) == 2 * phi(2 * x)
    assert (
        sp.diff(phi(x), x, 3) == sp.expand(-(x**3 - 3 * x) * phi(x))
        or sp.simplify(sp.diff(phi(x), x, 3) + (x**3 - 3 * x) * phi(x)) == 0
    )
    for order in range(5):
        residual = sp.diff(phi(x), x, order) - (-1) ** order * hermite_polynomial(order, x) * phi(x)
        assert sp.expand(residual) == 0


@pytest.mark.parametrize(
    ("h", "a"), [("1", "0.5"), ("0.3", "2.5"), ("-2", "1"), ("12", "0.7"), ("4", "30"), ("0", "3")]
)
def test_owens_t_is_its_integral(h, a):
    context = mpmath.MPContext()
    context.dps = 60
    h_value, a_value = context.mpf(h), context.mpf(a)

    def integrand(s):
        return context.exp(-(h_value**2) * s * s / 2) / (1 + s * s)

    ends = sorted({context.zero, a_value, *[v for v in (a_value / 8, a_value / 4, a_value / 2) if v > 0]})
    reference = context.exp(-(h_value**2) / 2) * context.quad(integrand, ends) / (2 * context.pi)
    value = context.mpf(OwenT(sp.Rational(h), sp.Rational(a)).evalf(40)._mpf_)
    assert abs(value / reference - 1) < 1e-38


def test_owens_t_identities():
    assert OwenT(x, 0) == 0
    assert OwenT(-x, 2) == OwenT(x, 2)
    assert OwenT(x, -2) == -OwenT(x, 2)
    h, a = sp.Rational(3, 5), sp.Rational(7, 4)
    step = sp.Rational(1, 10**15)
    for index in (1, 2):
        shift = (step, 0) if index == 1 else (0, step)
        slope = (OwenT(h + shift[0], a + shift[1]).evalf(50) - OwenT(h - shift[0], a - shift[1]).evalf(50)) / (2 * step)
        assert abs(slope - OwenT(h, a).fdiff(index).evalf(40)) < 1e-25


def test_written_with_elementary_functions():
    assert Phi(x).rewrite(sp.erf).subs(x, 1).evalf(20) == pytest.approx(float(Phi(1).evalf(20)), rel=1e-15)
    assert sp.latex(Phi(x)) == r"\Phi\left(x\right)"
    assert sp.latex(phi(x) ** 2) == r"\varphi^{2}\left(x\right)"
