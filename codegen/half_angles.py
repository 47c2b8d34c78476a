"""What waves leave of their extremes, ``1 + cos(u)``: squares of waves of half the angle, roots the sizes of these."""

from __future__ import annotations

import sympy as sp

__all__ = ["with_half_angles", "with_squares"]


def with_half_angles(expression: sp.Expr) -> sp.Expr:
    """The expression with ``(c + c cos(u))^p`` as ``(2 c cos(u/2)^2)^p``, p no integer; so for sines and minus signs.

    Next to its zeros the sum has lost the digits that the root needs.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> with_half_angles(sp.sqrt(1 + sp.cos(x))), with_half_angles(sp.sqrt(2 - 2 * sp.cos(3 * x)))
    (sqrt(2)*Abs(cos(x/2)), 2*Abs(sin(3*x/2)))
    >>> with_half_angles(sp.sqrt(2 + sp.cos(x))), with_half_angles(sp.sqrt(1 - sp.Abs(sp.sin(x))))
    (sqrt(cos(x) + 2), Min(sqrt(2)*Abs(sin(x/2 + pi/4)), sqrt(2)*Abs(cos(x/2 + pi/4))))
    """
    return expression.replace(
        lambda e: isinstance(e, sp.Pow) and not e.exp.is_Integer and _squared(e.base) is not None,
        lambda e: _squared(e.base) ** e.exp,
    ).replace(_is_root_of_less_than_size, _least)


def with_squares(expression: sp.Expr) -> sp.Expr:
    """The expression with ``c + c cos(u)`` as ``2 c cos(u/2)^2``; so for sines and minus signs.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> with_squares((1 - sp.cos(x)) / x**2), with_squares(2 - sp.cos(x))
    (2*sin(x/2)**2/x**2, 2 - cos(x))
    """
    return expression.replace(lambda e: isinstance(e, sp.Add) and _squared(e) is not None, _squared)


def _squared(total: sp.Expr) -> sp.Expr | None:
    """``c (1 + cos(u))`` and the like as ``2 c`` times a square; None of anything else."""
    constant, rest = total.as_coeff_Add()
    coefficient, wave = rest.as_coeff_Mul()
    if constant <= 0 or abs(coefficient) != constant:
        return None
    if not isinstance(wave, (sp.cos, sp.sin)):
        return None
    # sin(u) = cos(u - pi/2), and 1 - cos(u) = 1 + cos(u + pi)
    half = sp.expand((wave.args[0] - (sp.pi / 2 if isinstance(wave, sp.sin) else 0)) / 2)
    return 2 * constant * (sp.cos(half) if coefficient > 0 else sp.sin(half)) ** 2


def _is_root_of_less_than_size(power: sp.Basic) -> bool:
    """Whether it is ``(c - c |w|)^p`` of a sine or a cosine, 0 < p < 1."""
    if not isinstance(power, sp.Pow) or not (power.exp.is_Rational and 0 < power.exp < 1):
        return False
    constant, rest = power.base.as_coeff_Add()
    size = -rest / constant if constant > 0 else constant
    return isinstance(size, sp.Abs) and isinstance(size.args[0], (sp.cos, sp.sin))


def _least(power: sp.Pow) -> sp.Expr:
    """The lesser of both signs of the wave."""
    constant, rest = power.base.as_coeff_Add()
    both = (_squared(constant + sign * rest.replace(sp.Abs, lambda u: u)) for sign in (1, -1))
    factors = [(one**power.exp).as_coeff_mul(sp.Abs, sp.Pow) for one in both if one is not None]
    return sp.Min(*(coefficient * sp.Mul(*parts) for coefficient, parts in factors))
