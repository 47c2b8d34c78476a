"""Negative powers of what vanishes that are integrable, though their squares may not be: ``1/sqrt(|x|)``."""

from __future__ import annotations

import sympy as sp

from symbolic_moments.symbols import x

__all__ = ["root_pole"]


def root_pole(expression: sp.Expr) -> str | None:
    """What is to be said of a product with a factor ``|c (x - p)|^-a``, 0 < a < 1; None of any other function.

    Examples
    --------
    >>> root_pole(1 / sp.sqrt(sp.Abs(x)))
    'is infinite at x = 0 like |x|**(-1/2): its mean is finite, but its variance is not'
    >>> root_pole(sp.exp(x) * sp.Abs(x - 1) ** sp.Rational(-1, 3))
    'is infinite at x = 1 like |x - 1|**(-1/3), which no rule covers but for logarithms'
    >>> root_pole(x / sp.sqrt(sp.Abs(x))) is None
    True
    """
    if expression.free_symbols != {x}:
        return None
    for factor in sp.Mul.make_args(expression):
        base, power = factor.as_base_exp()
        if not (power.is_Rational and -1 < power < 0 and isinstance(base, sp.Abs)):
            continue
        line = base.args[0]
        if not line.is_polynomial(x) or sp.degree(line, x) != 1:
            continue
        (place,) = sp.solve(line, x)
        if (expression / factor).subs(x, place).is_nonzero:
            plain = f"is infinite at x = {place} like |{x - place}|**({power})"
            lost = ": its mean is finite, but its variance is not" if 2 * power <= -1 else ""
            return plain + (lost or ", which no rule covers but for logarithms")
    return None
