"""Polynomials of x and one rounded line, ``round(u)^2``: what they are on each step, and on average."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import sympy as sp

from codegen.sided_rounding import only_line
from symbolic_moments.symbols import x

__all__ = ["RoundedPolynomial", "rounded_polynomial", "step"]

step = sp.Symbol("turns", real=True)
"""The number of the step, or of the periods taken off x."""
_saw = sp.Symbol("saw", real=True)
_MOST_DEGREE = 4


@dataclass(frozen=True)
class RoundedPolynomial:
    """A polynomial of ``x`` and ``floor(line)``, a line that rises.

    Attributes
    ----------
    line : sympy.Expr
        What is rounded.
    on_step : sympy.Expr
        g where ``floor(line)`` is ``step``.
    waves : tuple of sympy.Expr
        Polynomials q_i of x: g is the sum of ``q_i(x) B_i(line % 1)``, B_i Bernoulli's polynomials.
    square_waves : tuple of sympy.Expr
        The same of the square of g without q_0.
    """

    line: Any
    on_step: Any
    waves: tuple[Any, ...]
    square_waves: tuple[Any, ...]

    @property
    def period(self) -> Any:
        """The length of a step."""
        return 1 / sp.diff(self.line, x)

    def local(self, number: int) -> Any:
        """The function on a step, in x less ``step`` periods; steps are counted from there."""
        return sp.expand(self.on_step.subs({step: step + number, x: x + step * self.period}, simultaneous=True))

    def start(self, number: int) -> Any:
        """Where a step begins."""
        return (number - self.line.subs(x, 0)) * self.period

    @property
    def longest_level(self) -> int:
        """Most steps in a row on which g is one polynomial."""
        roots = _whole_roots(sp.Poly(self._jump, x).all_coeffs())
        longest = run = 1 + bool(roots)
        for one, following in pairwise(roots):
            run = run + 1 if following == one + 1 else 2
            longest = max(longest, run)
        return longest

    @property
    def _jump(self) -> Any:
        """What g is on a step less what it was on the one before."""
        return sp.expand(self.on_step - self.on_step.subs(step, step - 1))

    @property
    def leaves_levels_smoothly(self) -> bool:
        """Whether somewhere beyond a period of 0 g is constant on a step, not on others, and leaves it without a jump.

        Examples
        --------
        >>> from symbolic_moments.language import parse_expression
        >>> texts = ("x*floor(x)", "(x - 3)*(floor(x) - 3)", "floor(x)**2 - 9")
        >>> [rounded_polynomial(parse_expression(text)).leaves_levels_smoothly for text in texts]
        [False, True, False]
        """
        if not self.on_step.has(x):
            return False
        *slopes, _ = sp.Poly(self.on_step, x).all_coeffs()
        for level in _whole_roots(slopes):
            ends = {end: self.start(end) for end in (level, level + 1)}
            far = any(abs(place) > self.period for place in ends.values())
            if far and any(self._jump.subs({step: end, x: place}) == 0 for end, place in ends.items()):
                return True
        return False


def _whole_roots(polynomials: Sequence[Any]) -> list[Any]:
    """Whole numbers of steps at which all of them vanish, increasing."""
    shared = sp.gcd_list([sp.expand(one) for one in polynomials])
    return sorted(root for root in sp.roots(shared, step) if root.is_Integer) if shared.has(step) else []


def rounded_polynomial(expression: Any) -> RoundedPolynomial | None:
    """The parts of a polynomial of x and one rounded line, but for its values at jumps; None of anything else.

    Examples
    --------
    >>> from symbolic_moments.language import parse_expression
    >>> found = rounded_polynomial(parse_expression("x*floor(2*x)"))
    >>> found.line, found.on_step, found.waves, found.period
    (2*x, turns*x, (2*x**2 - x/2, -x), 1/2)
    >>> rounded_polynomial(parse_expression("floor(x)**2")).longest_level
    1
    >>> rounded_polynomial(parse_expression("floor(x)*tanh(x)")) is None
    True
    """
    found = only_line(expression)
    if found is None:
        return None
    plain, part, line = found
    whole = sp.expand(plain.xreplace({part: _saw}))
    if not (whole.is_polynomial(x, _saw) and whole.free_symbols <= {x, _saw}):
        return None
    if not 1 <= sp.Poly(whole, x, _saw).total_degree() <= _MOST_DEGREE:
        return None
    on_step = sp.factor(sp.expand(whole.subs(_saw, line - step)))
    waves = _in_waves(whole)
    return RoundedPolynomial(line, on_step, waves, _in_waves(sp.expand((whole - waves[0]) ** 2)))


def _in_waves(whole: Any) -> tuple[Any, ...]:
    """Polynomials of x before ``B_i(saw)``."""
    left = sp.Poly(whole, _saw)
    found = [sp.S.Zero] * (left.degree() + 1)
    while not left.is_zero:
        degree = left.degree()
        found[degree] = sp.expand(left.LC())
        left = left - sp.Poly(sp.expand(found[degree] * sp.bernoulli(degree, _saw)), _saw)
    return tuple(found)
