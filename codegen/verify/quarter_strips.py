"""Functions continued from the real line into the strip ``Re z >= start, 0 <= Im z <= height``, start > height.

Only what is known to be analytic there is taken, node by node: entire functions of lines; tanh and its like, whose
poles lie where the line is imaginary; roots, logarithms and reciprocals of what has its zeros to the left of the strip.
What a principal branch would jump at is continued: ``log(1 + exp(x))`` is ``x + log(1 + exp(-x))``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sympy as sp

from symbolic_moments.normal import Phi, phi
from symbolic_moments.symbols import x

__all__ = ["ComplexFunction", "NotContinuedError", "Strip"]

ComplexFunction = Callable[[Any], Any]
_BIGGEST_REST = 0.5
_LINES_ONLY = {sp.tanh: "tanh", sp.sech: "sech", sp.sinh: "sinh", sp.cosh: "cosh"}


class NotContinuedError(ValueError):
    """Nothing is known of a part of the expression in the strip."""


@dataclass(frozen=True)
class Strip:
    """The strip, and the mpmath context in which functions are evaluated."""

    start: float
    height: float
    context: Any

    def continued(self, node: sp.Expr) -> ComplexFunction:
        """The function of complex z that an expression in x is on the line.

        Raises
        ------
        NotContinuedError
            It is not known to be analytic in the strip.

        Examples
        --------
        >>> import mpmath
        >>> value = Strip(60.0, 50.0, mpmath.mp).continued(sp.log(1 + sp.exp(x)))(mpmath.mpc(60, 50))
        >>> mpmath.nstr(value, 5)
        '(60.0 + 50.0j)'
        """
        if not node.has(x):
            value = self._number(node)
            return lambda z: value
        if node == x:
            return lambda z: z
        if node.is_Add or node.is_Mul:
            parts = [self.continued(part) for part in node.args]
            together = self.context.fsum if node.is_Add else self.context.fprod
            return lambda z: together([part(z) for part in parts])
        if node.is_Pow:
            return self._power(node.base, node.exp)
        if isinstance(node, sp.log):
            return self._logarithm(node.args[0])
        return self._function(node)

    def _number(self, constant: sp.Expr) -> Any:
        value = sp.N(constant, self.context.dps + 15)
        if not value.is_real:
            raise NotContinuedError(f"{constant} is not a real number")
        return self.context.mpf(sp.Float(value, self.context.dps + 15)._mpf_)

    def _function(self, node: sp.Expr) -> ComplexFunction:
        if len(node.args) != 1:
            raise NotContinuedError(f"{node.func.__name__} is not continued")
        context, kind, argument = self.context, node.func, node.args[0]
        inner = self.continued(argument)
        if kind in (sp.sin, sp.cos):
            if argument.is_polynomial(x):
                raise NotContinuedError(f"{node} is a wave")
            wave = getattr(context, kind.__name__)
            return lambda z: wave(inner(z))
        if kind in (sp.atan, sp.asinh) and self._turn(argument) < math.pi / 2:
            function = getattr(context, kind.__name__)
            return lambda z: function(inner(z))
        degree = sp.degree(argument, x) if argument.is_polynomial(x) else 0
        if kind is sp.exp and (degree == 1 or (degree == 2 and self._falls(argument))):
            return lambda z: context.exp(inner(z))
        if degree != 1 or (self._turn(argument) >= math.pi / 4 and kind not in _LINES_ONLY):
            raise NotContinuedError(f"{node} is not known in a strip of the complex plane")
        if kind in _LINES_ONLY:
            self._turn(argument)
            function = getattr(context, _LINES_ONLY[kind])
            return lambda z: function(inner(z))
        root = context.sqrt(2)
        known: dict[Any, ComplexFunction] = {
            sp.erf: context.erf,
            sp.erfc: context.erfc,
            Phi: lambda u: context.erfc(-u / root) / 2,
            phi: lambda u: context.exp(-u * u / 2) / context.sqrt(2 * context.pi),
        }
        if kind not in known:
            raise NotContinuedError(f"{kind.__name__} is not continued")
        return lambda z: known[kind](inner(z))

    def _falls(self, square: sp.Expr) -> bool:
        """Whether ``exp`` of a polynomial of degree 2 is nowhere in the strip larger than on its left end."""
        leading, linear, _ = sp.Poly(square, x).all_coeffs()
        return bool(leading.is_negative) and self.start - abs(float(linear / leading)) > self.height

    def _turn(self, polynomial: sp.Expr) -> float:
        """How far the angle of a polynomial can turn from what it is on the line; without roots in the strip."""
        if not polynomial.is_polynomial(x):
            raise NotContinuedError(f"{polynomial} is no polynomial")
        roots = sp.Poly(polynomial, x).nroots(n=20, maxsteps=200)
        total = 0.0
        for root in roots:
            right, up = (float(part) for part in root.as_real_imag())
            if not right < 0.99 * self.start:
                raise NotContinuedError(f"{polynomial} vanishes in the strip")
            total += math.atan2(self.height + abs(up), self.start - right)
        return total

    def _power(self, base: sp.Expr, exponent: sp.Expr) -> ComplexFunction:
        context = self.context
        if exponent.is_Integer and exponent > 0:
            inner, n = self.continued(base), int(exponent)
            return lambda z: inner(z) ** n
        if not exponent.is_Rational:
            raise NotContinuedError(f"{base}**({exponent}) is not continued")
        if exponent.is_Integer:
            inner, n = self.continued(base), -int(exponent)
            if base.is_polynomial(x):
                self._turn(base)
            else:
                self._dominated(base)
            return lambda z: 1 / inner(z) ** n
        logarithm, power = self._logarithm(base), self._number(exponent)
        return lambda z: context.exp(power * logarithm(z))

    def _logarithm(self, base: sp.Expr) -> ComplexFunction:
        context = self.context
        if base.is_polynomial(x):
            inner = self.continued(base)
            if self._turn(base) >= math.pi or not base.subs(x, sp.Rational(self.start)).is_positive:
                raise NotContinuedError(f"the branch of log({base}) is not known in the strip")
            return lambda z: context.log(inner(z))
        rate, constant, rest = self._dominated(base)
        if not constant.is_positive:
            raise NotContinuedError(f"the branch of log({base}) is not known in the strip")
        line, small = self.continued(rate * x + sp.log(constant)), self.continued(rest)
        return lambda z: line(z) + context.log(1 + small(z))

    def _dominated(self, base: sp.Expr) -> tuple[sp.Expr, sp.Expr, sp.Expr]:
        """``(s, p, r)`` of a sum of exponentials ``p exp(s x) (1 + r(x))``, where r is below 1/2 in the strip."""
        terms: dict[sp.Expr, sp.Expr] = {}
        for term in sp.Add.make_args(sp.expand(base, power_exp=False)):
            factor, exponential = term.as_independent(x, as_Add=False)
            exponent = exponential.args[0] if isinstance(exponential, sp.exp) else sp.S.Zero
            if exponential != sp.exp(exponent) or (exponent.has(x) and not exponent.is_polynomial(x)):
                raise NotContinuedError(f"{base} is no sum of exponentials")
            if exponent.has(x) and sp.degree(exponent, x) != 1:
                raise NotContinuedError(f"{base} is no sum of exponentials")
            slope = sp.Poly(exponent, x).coeff_monomial(x) if exponent.has(x) else sp.S.Zero
            terms[slope] = terms.get(slope, sp.S.Zero) + factor * sp.exp(sp.expand(exponent - slope * x))
        rate = max(terms, key=float)
        largest = terms.pop(rate)
        sizes = [abs(float(one / largest)) * math.exp(float(slope - rate) * self.start) for slope, one in terms.items()]
        if not sum(sizes) < _BIGGEST_REST:
            raise NotContinuedError(f"{base} may vanish in the strip")
        rest = sp.Add(*(one / largest * sp.exp((slope - rate) * x) for slope, one in terms.items()))
        return rate, largest, rest
