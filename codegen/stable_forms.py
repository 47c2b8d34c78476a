"""Expressions of logistic type rewritten so that neither they nor their derivatives overflow or cancel."""

from __future__ import annotations

from typing import Any

import sympy as sp

from codegen.algebraic_ends import without_common_powers
from codegen.exponential_differences import of_exponentials, of_normal_cdf, with_hyperbolic_functions, with_natural_base
from codegen.logarithm_differences import logarithm_of_quotient, of_logarithms
from codegen.moved_steps import log_of_step, of_moved_steps
from codegen.small_rests import logarithm_of_one_and_rest, without_their_constant
from codegen.smoothed_relus import with_smoothed_relus
from codegen.softplus_products import with_softplus_ratios
from codegen.stable_functions import (
    expm1,
    log_cosh,
    root_above,
    sech,
    sech_squared,
    sigmoid,
    softplus,
    sqrt_softplus,
    sum_with_root,
    tanh,
    tanh_rest,
)
from codegen.unit_complements import with_factored_complements
from codegen.wave_forms import arcsine_of_power, logarithm_of_wave, root_of_wave
from symbolic_moments.normal import Phi


def stabilised(expression: sp.Expr) -> sp.Expr:
    """The expression in the functions above wherever their patterns occur.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> stabilised(x / (1 + sp.exp(-x)))
    x*sigmoid(x)
    >>> stabilised(x * sp.tanh(sp.log(1 + sp.exp(x))))
    x*tanh(softplus(x))
    >>> stabilised(1 - sp.tanh(3 * x))
    2*sigmoid(-6*x)
    >>> stabilised(2 * sp.tanh(x) - 2), stabilised(1 / (1 + sp.exp(-x)) - 1)
    (-4*sigmoid(-2*x), -sigmoid(-x))
    >>> stabilised(sp.exp(2 * x) - 1 + x)
    x + expm1(2*x)
    >>> stabilised(x / 2 + sp.sqrt(x**2 + 4) / 2)
    sum_with_root(x, 4)/2
    >>> stabilised(sp.exp(-(x**2)) - sp.exp(-2 * x**2)), stabilised(sp.exp(x) - sp.exp(-x))
    (-exp(-x**2)*expm1(-x**2), 2*sinh(x))
    >>> stabilised(sp.sign(x) * sp.log(1 + sp.Abs(x)))
    log1p(Abs(x))*sign(x)
    >>> stabilised(1 + sp.erf(x)), stabilised(sp.erfc(x))
    (2*Phi(sqrt(2)*x), 2*Phi(-sqrt(2)*x))
    """
    rewritten = with_natural_base(expression).replace(lambda e: isinstance(e, sp.Add), with_smoothed_relus)
    rewritten = rewritten.replace(lambda e: isinstance(e, sp.log), logarithm_of_quotient)
    rewritten = rewritten.replace(lambda e: isinstance(e, sp.Add) and e.has(sp.log), of_logarithms)
    rewritten = with_hyperbolic_functions(rewritten).replace(sp.erfc, lambda u: 2 * Phi(-sp.sqrt(2) * u))
    rewritten = rewritten.replace(_is_logistic_power, _as_sigmoid)
    rewritten = rewritten.replace(_is_cosh_power, lambda e: sech(e.base.args[0]) ** (-e.exp))
    rewritten = rewritten.replace(lambda e: isinstance(e, sp.Mul), _merged)
    rewritten = with_softplus_ratios(rewritten.replace(lambda e: isinstance(e, sp.log), _stable_log))
    rewritten = rewritten.replace(lambda e: e.is_Pow and e.exp.is_Rational and not e.exp.is_Integer, root_of_wave)
    rewritten = rewritten.replace(lambda e: isinstance(e, sp.asin), arcsine_of_power)
    rewritten = rewritten.replace(lambda e: isinstance(e, sp.Add), _without_cancellation)
    rewritten = rewritten.replace(lambda e: isinstance(e, sp.Add), of_exponentials)
    rewritten = rewritten.replace(lambda e: isinstance(e, sp.Add), _expm1_inside)
    rewritten = rewritten.replace(lambda e: isinstance(e, sp.Add), without_their_constant)
    rewritten = rewritten.replace(sp.tanh, tanh)
    rewritten = rewritten.replace(lambda e: e.is_Pow and isinstance(e.base, softplus) and e.exp == sp.S.Half, _root)
    rewritten = rewritten.replace(_is_root, lambda e: _above_root(e, sp.S.Zero) or e)
    return rewritten.replace(sp.sech, sech).replace(_is_even_power_of_sech, _squared)


def _is_even_power_of_sech(expression: sp.Basic) -> bool:
    return bool(expression.is_Pow and isinstance(expression.base, sech) and expression.exp.is_even)


def _squared(power: sp.Pow) -> sp.Expr:
    return sech_squared(power.base.args[0]) ** (power.exp / 2)


def _is_root(expression: sp.Expr) -> bool:
    return bool(expression.is_Pow and expression.exp == sp.S.Half)


def _exponent(expression: sp.Basic) -> Any:
    """The u of ``1 + exp(u)``; None for anything else."""
    if isinstance(expression, sp.Add) and len(expression.args) == 2 and sp.S.One in expression.args:
        other = expression - 1
        if isinstance(other, sp.exp):
            return other.args[0]
    return None


def _is_logistic_power(expression: sp.Basic) -> bool:
    return (
        isinstance(expression, sp.Pow)
        and bool(expression.exp.is_Integer and expression.exp < 0)
        and _exponent(expression.base) is not None
    )


def _is_cosh_power(expression: sp.Basic) -> bool:
    return (
        isinstance(expression, sp.Pow)
        and isinstance(expression.base, sp.cosh)
        and bool(expression.exp.is_Integer and expression.exp < 0)
    )


def _as_sigmoid(expression: sp.Expr) -> sp.Expr:
    return sigmoid(-_exponent(expression.base)) ** (-expression.exp)


def _merged(product: sp.Expr) -> sp.Expr:
    """``exp(u) sigmoid(-u)`` is ``sigmoid(u)``."""
    for factor in product.args:
        if isinstance(factor, sigmoid):
            rest = product / factor / sp.exp(-factor.args[0])
            if not rest.has(sp.exp) and product.has(sp.exp):
                return rest * sigmoid(-factor.args[0])
    return product


def _without_cancellation(total: sp.Expr) -> sp.Expr:
    """Two-term sums that cancel: ``1 +- tanh(u)``, ``1 - sech(u)^2``, ``sqrt(u) - q``, ``u - tanh(u)`` and so on."""
    if total.is_number:
        return total
    if len(total.args) != 2:
        return _without_constant(total)
    if sp.S.One in total.args:
        other = total - 1
        for sign in (1, -1):
            if isinstance(sign * other, sp.tanh):
                return 2 * sigmoid(2 * sign * (sign * other).args[0])
        if isinstance(-other, sech_squared):
            return tanh((-other).args[0]) ** 2
        if isinstance(-other, sigmoid):
            return sigmoid(-(-other).args[0])
    constant, rest = total.as_coeff_Add()
    coefficient, function = rest.as_coeff_Mul()
    if isinstance(function, sigmoid) and coefficient == -2 * constant:
        return coefficient * tanh(function.args[0] / 2) / 2
    if isinstance(function, sigmoid) and coefficient == -constant:
        return constant * sigmoid(-function.args[0])
    if isinstance(function, sp.tanh) and abs(coefficient) == abs(constant):
        sign = coefficient / constant
        return 2 * constant * sigmoid(2 * sign * function.args[0])
    if total.has(sp.erf, Phi):
        return of_normal_cdf(total)
    root = next((term for term in total.args if isinstance(term, sp.Pow) and term.exp == sp.S.Half), None)
    if root is not None and (total - root).is_Rational and total - root < 0:
        number = root - total
        return _above_root(root, number) or sp.expand(root.base - number**2) / (root + number)
    for one, other in (total.args, reversed(total.args)):
        coefficient, function = one.as_coeff_Mul()
        rest = other / coefficient
        if (steps := of_moved_steps(function, rest)) is not None:
            return coefficient * steps
        if isinstance(function, sp.tanh) and rest == -function.args[0]:
            return -coefficient * tanh_rest(function.args[0])
        if function.is_Pow and function.exp == sp.S.Half and rest.free_symbols:
            gap = sp.expand(function.base - rest**2)
            if gap != 0 and not gap.is_negative and not gap.free_symbols & rest.free_symbols:
                return coefficient * sum_with_root(rest, gap)
    return total


def _above_root(root: sp.Expr, number: sp.Expr) -> sp.Expr | None:
    """``sqrt(u) - q`` of a quadratic u without a real zero."""
    (variable,) = root.free_symbols if len(root.free_symbols) == 1 else (None,)
    if variable is None or not root.base.is_polynomial(variable) or sp.degree(root.base, variable) != 2:
        return None
    square, linear, constant = sp.Poly(root.base, variable).all_coeffs()
    b = constant - linear**2 / (4 * square)
    if not (square.is_Rational and square > 0 and b.is_Rational and b > 0):
        return None
    return root_above(sp.sqrt(square) * (variable + linear / (2 * square)), b, number, b - number**2)


def _without_constant(total: sp.Expr) -> sp.Expr:
    """``c sqrt(u) - q + ...`` without the cancellation of the first two, which would hide what is small."""
    constant, rest = total.as_coeff_Add()
    for term in rest.args:
        coefficient, root = term.as_coeff_Mul()
        if root.is_Pow and root.exp == sp.S.Half and constant.is_Rational and constant / coefficient < 0:
            return rest - term + coefficient * _without_cancellation(root + constant / coefficient)
    return total


def _root(power: sp.Expr) -> sp.Expr:
    return sqrt_softplus(power.base.args[0])


def derivative(expression: sp.Expr, variable: sp.Symbol) -> sp.Expr:
    """The stabilised derivative; ``u sign(u)`` becomes ``|u|`` and quotients of such are brought together.

    It is the derivative where there is one: what jumps (``kink_limits.jumps_at``) leaves nothing in it.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> derivative(x / (1 + sp.Abs(x)), x)
    (Abs(x) + 1)**(-2)
    """
    plain = sp.diff(expression, variable).replace(sp.DiracDelta, lambda *_: sp.S.Zero)
    if plain.has(sp.sign):
        plain = plain.replace(lambda e: isinstance(e, sp.Mul) and e.has(sp.sign), _absolute)
        if plain.replace(sp.Abs, lambda u: u).is_rational_function():
            plain = sp.factor(sp.together(plain))
    return stabilised(without_common_powers(with_factored_complements(plain, variable), variable))


def _absolute(product: sp.Expr) -> sp.Expr:
    for factor in product.args:
        if isinstance(factor, sp.sign) and factor.args[0] in product.args:
            return product / factor / factor.args[0] * sp.Abs(factor.args[0])
    return product


def _expm1_inside(total: sp.Expr) -> sp.Expr:
    """``c exp(u) - c`` is ``c expm1(u)``."""
    constant, rest = total.as_coeff_Add()
    for term in sp.Add.make_args(rest):
        coefficient, factor = term.as_coeff_Mul()
        if isinstance(factor, sp.exp) and coefficient == -constant:
            return rest - term + coefficient * expm1(factor.args[0])
    return total


def _stable_log(logarithm: sp.Expr) -> sp.Expr:
    argument = logarithm.args[0]
    exponent = _exponent(argument)
    if exponent is not None:
        return softplus(exponent)
    if isinstance(argument, sigmoid):
        return -softplus(-argument.args[0])
    if isinstance(argument, sp.cosh):
        return log_cosh(argument.args[0])
    return log_of_step(argument) or logarithm_of_wave(argument) or logarithm_of_one_and_rest(logarithm)
