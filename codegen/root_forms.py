"""Functions whose terms cancel at 0: there they are the Taylor polynomial, their root as a factor."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import mpmath
import sympy as sp

from codegen.kernel_plan import expression_text
from codegen.kink_limits import one_sided
from codegen.mp_functions import mp_function, real_function
from codegen.panel_plan import taylor_radius
from codegen.stable_functions import written_out

__all__ = ["BRANCHES", "DIGITS", "RootForm", "root_form", "simple_rational", "taylor_coefficients", "vanishing_form"]

BRANCHES = (sp.Abs, sp.Max, sp.Min, sp.sign, sp.Heaviside, sp.Piecewise)
TERMS = 32
DIGITS = 70
_SMALL_DENOMINATOR = 10**15
_FARTHEST = sp.Rational(1, 4)
HIGHEST = 6
_ZERO = 1e-25
_POINTS = 160


@dataclass(frozen=True)
class RootForm:
    """``g(x) = x^order sum_j coefficients_j x^j`` within ``radius`` of 0."""

    order: int
    coefficients: tuple[sp.Rational, ...]
    radius: sp.Rational

    def slope(self) -> RootForm:
        """The same of the derivative."""
        shares = [(self.order + j) * c for j, c in enumerate(self.coefficients)]
        return RootForm(self.order - 1, tuple(shares), self.radius)

    def text(self, plain: str) -> str:
        """Kernel text of g: ``plain`` away from 0."""
        listed = ", ".join(expression_text(c) for c in self.coefficients)
        return f"near_root(xp, x, {plain}, {expression_text(self.radius)}, {self.order}, [{listed}])"


def root_form(
    function: sp.Expr, variable: sp.Symbol, kinks: tuple[sp.Expr, ...], widest: float = 1.0
) -> RootForm | None:
    """The form of ``function`` at 0 if it vanishes there by cancellation, else None; its radius is at most ``widest``.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> found = root_form(x - sp.atan(x), x, ())
    >>> found.order, found.coefficients[:3]
    (3, (1/3, 0, -1/5))
    >>> root_form(x * sp.tanh(x), x, ()) is None
    True
    """
    if any(abs(kink) < _FARTHEST for kink in kinks) or not _cancels(function, variable):
        return None
    if function.has(*BRANCHES):
        function = one_sided(function, variable, sp.S.Zero)
    radius = min(taylor_radius(function, variable, sp.S.Zero), widest, *(abs(float(kink)) for kink in kinks))
    return vanishing_form(function, variable, radius)


def vanishing_form(function: sp.Expr, variable: sp.Symbol, radius: float) -> RootForm | None:
    """The Taylor polynomial at 0 of a function analytic within ``radius``; None if its root has no order up to 6."""
    exponent = next((n for n in range(-3, 64) if 2.0**-n <= radius), None)
    if exponent is None:
        return None
    context = mpmath.MPContext()
    context.dps = 3 * DIGITS
    numbers = taylor_coefficients(context, function, variable, context.mpf(2) ** -(exponent + 2))
    tiny = context.mpf(10) ** -DIGITS
    order = next((n for n, c in enumerate(numbers) if abs(c) > tiny), None)
    if order is None or not 0 < order <= HIGHEST:
        return None
    coefficients = tuple(simple_rational(context, c) for c in numbers[order : order + TERMS])
    return RootForm(order, coefficients, sp.Integer(2) ** -exponent)


def taylor_coefficients(
    context: mpmath.MPContext, function: sp.Expr, variable: sp.Symbol, circle: mpmath.mpf, points: int = _POINTS
) -> list[mpmath.mpf]:
    """Taylor coefficients at 0 by Cauchy's integral over a circle well within the radius of convergence.

    Their relative error is the part the circle is of that radius to the power of how many ``points`` are taken.
    """
    value = mp_function(context, written_out(function), variable)
    turns = [context.expjpi(context.mpf(2 * j) / points) for j in range(points)]
    values = [context.mpc(value(circle * turn)) for turn in turns]
    return [
        context.re(sum(v * turns[-n * j % points] for j, v in enumerate(values))) / points / circle**n
        for n in range(TERMS + HIGHEST)
    ]


def _cancels(function: sp.Expr, variable: sp.Symbol) -> bool:
    """Whether rounded terms are what is left of ``function`` next to 0."""
    if abs(real_function(function, variable)(0.0)) > _ZERO:
        return False
    if isinstance(function, sp.Mul):
        return any(_cancels(factor, variable) for factor in function.args if factor.has(variable))
    if isinstance(function, sp.Pow):
        return _cancels(function.base, variable)
    if isinstance(function, sp.Add):
        return not function.is_polynomial(variable)
    return isinstance(function, sp.log)


def simple_rational(context: mpmath.MPContext, number: mpmath.mpf) -> sp.Rational:
    """The simplest rational that has so many digits of the number."""
    exact = Fraction(sp.Rational(context.nstr(number, DIGITS)).p, sp.Rational(context.nstr(number, DIGITS)).q)
    simple = exact.limit_denominator(_SMALL_DENOMINATOR)
    chosen = simple if abs(simple - exact) < Fraction(1, 10 ** (DIGITS - 10)) else exact
    return sp.Rational(chosen.numerator, chosen.denominator)
