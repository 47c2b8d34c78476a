"""A SymPy expression without kinks, compiled to a function of mpmath's raw numbers at any precision."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy as sp
from mpmath import libmp

from codegen.verify.normal_cdf import raw_normal_cdf

__all__ = ["SmoothFunction", "UnsupportedExpressionError", "compile_smooth", "raw_number"]

Raw = Any
SmoothFunction = Callable[[Raw, int], Raw]
_MOST_EXTRA_BITS = 4000


class UnsupportedExpressionError(ValueError):
    """The definition holds a function or construct for which there is no reference."""


def _erf(u: Raw, precision: int) -> Raw:
    if not u[1] or u[2] + u[3] < 0:
        return libmp.mpf_erf(u, precision)
    tail = libmp.mpf_shift(raw_normal_cdf(_times_root_two(libmp.mpf_neg(libmp.mpf_abs(u)), precision), precision), 1)
    value = libmp.mpf_sub(libmp.fone, tail, precision)
    return libmp.mpf_neg(value) if u[0] else value


def _erfc(u: Raw, precision: int) -> Raw:
    return libmp.mpf_shift(raw_normal_cdf(_times_root_two(libmp.mpf_neg(u), precision), precision), 1)


def _times_root_two(u: Raw, precision: int) -> Raw:
    return libmp.mpf_mul(u, libmp.mpf_sqrt(libmp.from_int(2), precision + 30), precision + 30)


def _phi_density(u: Raw, precision: int) -> Raw:
    square = libmp.mpf_shift(libmp.mpf_neg(libmp.mpf_mul(u, u)), -1)
    root = libmp.mpf_sqrt(libmp.mpf_shift(libmp.mpf_pi(precision + 10), 1), precision + 10)
    return libmp.mpf_div(libmp.mpf_exp(square, precision), root, precision)


def _sech(u: Raw, precision: int) -> Raw:
    return libmp.mpf_div(libmp.fone, libmp.mpf_cosh(u, precision), precision)


_UNARY: dict[str, SmoothFunction] = {
    "exp": libmp.mpf_exp,
    "log": libmp.mpf_log,
    "erf": _erf,
    "erfc": _erfc,
    "sin": libmp.mpf_sin,
    "cos": libmp.mpf_cos,
    "tan": libmp.mpf_tan,
    "sinh": libmp.mpf_sinh,
    "cosh": libmp.mpf_cosh,
    "tanh": libmp.mpf_tanh,
    "sech": _sech,
    "asin": libmp.mpf_asin,
    "acos": libmp.mpf_acos,
    "atan": libmp.mpf_atan,
    "asinh": libmp.mpf_asinh,
    "Phi": raw_normal_cdf,
    "phi": _phi_density,
}


def compile_smooth(expression: sp.Expr, variable: sp.Symbol) -> SmoothFunction:
    """The map (x, precision) -> g(x) on raw mpf, x exact and the result good to about `precision` bits.

    Raises
    ------
    UnsupportedExpressionError
        The expression contains something outside the list above; the message names it.

    Examples
    --------
    >>> from sympy import Symbol, exp
    >>> from mpmath.libmp import from_int, to_float
    >>> x = Symbol("x")
    >>> to_float(compile_smooth(exp(x) / 2, x)(from_int(0), 100))
    0.5
    """
    if expression == variable:
        return lambda x, precision: x
    if not expression.has(variable):
        return _constant(expression)
    if expression.is_Add:
        return _sum([compile_smooth(part, variable) for part in expression.args])
    if expression.is_Mul:
        return _fold([compile_smooth(part, variable) for part in expression.args], libmp.mpf_mul)
    if expression.is_Pow:
        return _power(expression, variable)
    name = expression.func.__name__
    if name not in _UNARY or len(expression.args) != 1:
        raise UnsupportedExpressionError(
            f"the definition contains {expression}, and there is no reference for {name}; "
            f"known are + - * / ** and {', '.join(sorted(_UNARY))}"
        )
    function, argument = _UNARY[name], compile_smooth(expression.args[0], variable)
    if name == "log":
        return _logarithm(argument)
    return lambda x, precision: function(argument(x, precision), precision)


def raw_number(expression: sp.Expr, precision: int) -> Raw:
    """A real SymPy number as a raw mpf, good to `precision` bits."""
    value = sp.N(expression, int(precision / 3.3) + 10)
    if value.is_Float:
        return value._mpf_
    if value.is_Rational:
        return libmp.from_rational(int(value.p), int(value.q), precision + 20)
    raise UnsupportedExpressionError(f"{expression} is not a real number")


def _constant(expression: sp.Expr) -> SmoothFunction:
    values: dict[int, Raw] = {}

    def constant(x: Raw, precision: int) -> Raw:
        if precision not in values:
            values[precision] = raw_number(expression, precision)
        return values[precision]

    return constant


def _top(value: Raw) -> int:
    """The position of the leading bit."""
    return int(value[2] + value[3])


def _sum(parts: list[SmoothFunction]) -> SmoothFunction:
    """A sum whose terms are made again with as many more bits as cancel in it."""

    def summed(x: Raw, precision: int) -> Raw:
        working = precision
        while True:
            terms = [part(x, working) for part in parts]
            total = libmp.mpf_sum(terms, working)
            present = [_top(term) for term in terms if term[1]]
            if not present:
                return total
            lost = max(present) - _top(total) if total[1] else working
            if working >= precision + lost or working >= precision + _MOST_EXTRA_BITS:
                return total
            working = min(precision + lost + 8, precision + _MOST_EXTRA_BITS)

    return summed


def _logarithm(argument: SmoothFunction) -> SmoothFunction:
    """The logarithm; next to 1 its argument is made again with as many more bits as 1 takes from it."""

    def logarithm(x: Raw, precision: int) -> Raw:
        working = precision
        while True:
            value = argument(x, working)
            rest = libmp.mpf_sub(value, libmp.fone, working, "n")
            lost = -_top(rest) if rest[1] else 2 * working
            if working >= precision + lost or working >= precision + _MOST_EXTRA_BITS:
                return libmp.mpf_log(value, precision)
            working = min(precision + lost + 8, precision + _MOST_EXTRA_BITS)

    return logarithm


def _fold(parts: list[SmoothFunction], operation: Callable[..., Raw]) -> SmoothFunction:
    first, *rest = parts

    def folded(x: Raw, precision: int) -> Raw:
        value = first(x, precision)
        for part in rest:
            value = operation(value, part(x, precision), precision, "n")
        return value

    return folded


def _power(expression: sp.Expr, variable: sp.Symbol) -> SmoothFunction:
    base, exponent = expression.args
    inner = compile_smooth(base, variable)
    if exponent.is_Integer:
        n = int(exponent)
        return lambda x, precision: libmp.mpf_pow_int(inner(x, precision), n, precision, "n")
    if exponent == sp.S.Half:
        return lambda x, precision: libmp.mpf_sqrt(inner(x, precision), precision, "n")
    outer = compile_smooth(exponent, variable)
    return lambda x, precision: libmp.mpf_pow(inner(x, precision), outer(x, precision), precision, "n")
