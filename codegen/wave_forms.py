"""Logarithms, roots and arcsines of waves whose argument has lost its digits where it is least, or next to 1."""

from __future__ import annotations

import sympy as sp

from codegen.stable_functions import asin_by_half, log1p, log_about_one

__all__ = ["arcsine_of_power", "logarithm_of_wave", "root_of_wave"]

_CANCELS = 2
"""How many times smaller than its constant the least of such a sum is to be, or its digits are kept anyway."""


def logarithm_of_wave(argument: sp.Expr) -> sp.Expr | None:
    """``log|w|`` and ``log(a + b w)``, w a sine or a cosine; None where nothing cancels.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> logarithm_of_wave(sp.Abs(sp.cos(x)))
    log_about_one(cos(x)**2, -sin(x)**2)/2
    >>> logarithm_of_wave(sp.cos(x) + sp.Rational(11, 10))
    log_about_one(2*cos(x/2)**2 + 1/10, cos(x) + 1/10)
    >>> logarithm_of_wave(2 - sp.sin(2 * x)), logarithm_of_wave(3 + sp.sin(x))
    (log1p(2*cos(x + pi/4)**2), None)
    """
    if isinstance(argument, sp.Abs) and isinstance(argument.args[0], (sp.sin, sp.cos)):
        wave = argument.args[0]
        other = (sp.cos if isinstance(wave, sp.sin) else sp.sin)(wave.args[0])
        return log_about_one(wave**2, -(other**2)) / 2
    found = _from_extremes(argument)
    if found is None:
        return None
    least, above, most, below = found
    if least == 1 or most == 1:
        return log1p(above if least == 1 else -below)
    if least <= 0 or _CANCELS * least >= argument.as_coeff_Add()[0]:
        return None
    return log_about_one(least + above, argument - 1)


def root_of_wave(power: sp.Pow) -> sp.Expr:
    """``(a + b w)^p``, p no integer, from the least of the sum; as it is where that does not cancel.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> root_of_wave(sp.sqrt(sp.cos(x) + sp.Rational(11, 10))), root_of_wave(sp.sqrt(3 + sp.cos(x)))
    (sqrt(2*cos(x/2)**2 + 1/10), sqrt(cos(x) + 3))
    """
    found = _from_extremes(power.base)
    if found is None or found[0] <= 0 or _CANCELS * found[0] >= power.base.as_coeff_Add()[0]:
        return power
    return (found[0] + found[1]) ** power.exp


def arcsine_of_power(arcsine: sp.asin) -> sp.Expr:
    """``asin(w^n)``, w a sine or a cosine and n even, which turns where ``1 - w^n`` has lost its digits.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> arcsine_of_power(sp.asin(sp.sin(x) ** 2))
    asin_by_half(sin(x)**2, sqrt(2)*Abs(cos(x))/2)
    >>> arcsine_of_power(sp.asin(sp.sin(x) ** 3))
    asin(sin(x)**3)
    """
    wave, power = arcsine.args[0].as_base_exp()
    if not isinstance(wave, (sp.sin, sp.cos)) or not (power.is_Integer and power.is_even and power > 0):
        return arcsine
    other = (sp.cos if isinstance(wave, sp.sin) else sp.sin)(wave.args[0])
    rest = sum(wave ** (2 * j) for j in range(power // 2))
    return asin_by_half(wave**power, sp.Abs(other) * sp.sqrt(rest / sp.Integer(2)))


def _from_extremes(total: sp.Expr) -> tuple[sp.Expr, sp.Expr, sp.Expr, sp.Expr] | None:
    """The least of ``a + b w``, a > 0, and how far it is above, and the most, and how far below that."""
    constant, rest = total.as_coeff_Add()
    coefficient, wave = rest.as_coeff_Mul()
    if constant <= 0 or not isinstance(wave, (sp.sin, sp.cos)) or not coefficient.is_Rational:
        return None
    # sin(u) = cos(u - pi/2)
    half = sp.expand((wave.args[0] - (sp.pi / 2 if isinstance(wave, sp.sin) else 0)) / 2)
    squares = sp.cos(half) ** 2, sp.sin(half) ** 2
    above, below = squares if coefficient > 0 else squares[::-1]
    size = abs(coefficient)
    return constant - size, 2 * size * above, constant + size, 2 * size * below
