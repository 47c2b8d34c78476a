"""Circle moments by quadrature, to any number of digits.

On ``[0, pi]`` the argument ``A cos t + b`` is monotone, so that the points at which ``g`` is not smooth become ends of
panels, and its features panels of their size. As for Gaussian expectations, panels are halved until two rules
agree and integrated again with twice the nodes and ten digits more.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import sympy as sp

from symbolic_moments.evaluation import Evaluator
from symbolic_moments.mpmath_context import working_context
from symbolic_moments.panels import Panel, adapted, first_panels
from symbolic_moments.singular_points import SingularPoint, features, singular_points, switches
from symbolic_moments.symbols import A, b, x

__all__ = ["circle_integral"]

_FARTHEST_CANCELLATION = 100
"""Digits beyond those asked for that the integral may cancel before it counts as 0."""


def circle_integral(digits: int, function: sp.Expr, r: int, values: dict[Any, Fraction]) -> Any:
    """``int_{-pi}^{pi} g(A cos t + b) cos(r t) dt`` at two resolutions that agree.

    Parameters
    ----------
    digits : int
        Decimal digits, relative to the value.
    function : sympy.Expr
        ``g`` in ``x``.
    r : int
        The frequency.
    values : dict from sympy.Symbol to Fraction
        ``A``, ``b`` (0 where it is not given) and the parameters.

    Returns
    -------
    mpf
        Exactly 0 where the integral is below ``10^(-digits - 100)`` of that of the absolute value.

    Raises
    ------
    ArithmeticError
        The resolutions do not agree.

    Examples
    --------
    >>> from fractions import Fraction
    >>> import sympy
    >>> from symbolic_moments.circle_quadrature import circle_integral
    >>> from symbolic_moments.symbols import A, b, x
    >>> print(circle_integral(15, sympy.Max(x, 0), 2, {A: Fraction(1), b: Fraction(0)}))
    0.666666666666667
    """
    amplitude = values[A]
    sign = -1 if amplitude < 0 and r % 2 else 1
    given = {**values, A: abs(amplitude), b: values.get(b, Fraction(0))}
    what = f"circle moment of {function}"
    extra = 15
    while True:
        integrand = _Integrand(digits + extra, function, r, given)
        found = adapted(
            integrand, integrand.panels(), integrand.context, integrand.digits, f"circle moment of {function}"
        )
        finer = _Integrand(digits + extra + 10, function, r, given)
        fine = finer.again(found.panels)
        if abs(fine - found.total) <= finer.context.mpf(10) ** (-digits - 1) * abs(fine):
            return working_context(digits).convert(2 * sign * fine) * 1
        if abs(fine) < found.size * finer.context.mpf(10) ** (10 - digits - extra):
            if extra >= _FARTHEST_CANCELLATION:
                return working_context(digits).zero
        elif extra > 4 * (digits + _FARTHEST_CANCELLATION):
            raise ArithmeticError(f"{what}: two resolutions do not agree to {digits} digits")
        extra = 2 * extra + digits


class _Integrand:
    """``g(A cos t + b) cos(r t)`` for ``A >= 0``, places and values carrying twice the digits: arccos halves them."""

    def __init__(self, digits: int, function: sp.Expr, r: int, values: dict[Any, Fraction]) -> None:
        self.digits = digits
        self.context = working_context(2 * digits)
        self.function, self.r, self.values = function, r, values
        self.evaluator = Evaluator(self.context, values)
        self.amplitude, self.offset = (self.evaluator.real(values[symbol]) for symbol in (A, b))
        self._g = self.evaluator.function_of(x, function)

    def __call__(self, t: Any) -> Any:
        return self._g(self.amplitude * self.context.cos(t) + self.offset) * self.context.cos(self.r * t)

    def panels(self) -> list[Panel]:
        """Panels between the kinks, finer where something happens."""
        context = self.context
        points, grid = [], [(context.pi * j / max(2 * self.r, 2), context.pi / 8) for j in range(2 * self.r + 1)]
        if self.amplitude:
            window = self.offset - self.amplitude, self.offset + self.amplitude
            free = {symbol: value for symbol, value in self.values.items() if symbol not in (A, b)}
            kinks = singular_points(switches(self.function), self.evaluator, free, window, self.amplitude)
            points = [
                SingularPoint(context.acos((kink.place - self.offset) / self.amplitude), kink.algebraic)
                for kink in kinks
                if window[0] < kink.place < window[1]
            ]
            grid += [self._angular(centre, width) for centre, width in features(self.function, self.evaluator)]
        return first_panels(context, tuple(points), [], grid, context.zero, +context.pi)

    def _angular(self, centre: Any, width: Any) -> tuple[Any, Any]:
        """A feature in ``y`` as one in ``t``: beyond the ends it counts from the end with its distance."""
        context = self.context
        cosine = (centre - self.offset) / self.amplitude
        inside = min(max(cosine, -context.one), context.one)
        reach = width / self.amplitude + abs(cosine - inside)
        sine = context.sqrt(1 - inside * inside)
        return context.acos(inside), 2 * reach / (sine + context.sqrt(sine * sine + 2 * reach))

    def again(self, panels: tuple[Panel, ...]) -> Any:
        """The integral over given panels with rules of twice the nodes."""
        rules = (panel.integral(self, self.context, self.digits, 2 if panel.is_singular else 1) for panel in panels)
        return self.context.fsum(rules)
