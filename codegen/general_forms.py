"""Expressions rewritten where rounded terms would cancel or leave the doubles, beyond what ``stable_forms`` knows."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import sympy as sp

from codegen.exponential_differences import with_natural_base
from codegen.flat_exponentials import is_flat, without_pole
from codegen.jumps_beside_constants import without_cancelling_levels
from codegen.real_factors import with_real_factors
from codegen.root_differences import difference_of_roots
from codegen.stable_functions import (
    expm1,
    reciprocal_expm1,
    sigmoid,
    sigmoid_difference,
    softplus,
    softplus_ratio,
    softplus_ratio_rest,
    tanh,
    written_out,
)
from codegen.vanishing_factors import with_zeros_apart
from symbolic_moments.normal import Phi

_FAR = 1000
_FAR_ENOUGH = 40
_NOTHING = 1e-100

__all__ = ["at_end", "rewritten"]


def rewritten(expression: sp.Expr) -> sp.Expr:
    """The expression in forms that keep its digits.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> rewritten(sp.asin(sp.tanh(x))), rewritten(sp.acos(sp.tanh(x)))
    (2*atan(tanh(x/2)), 2*atan(exp(-x)))
    >>> rewritten(sp.sqrt(1 - sp.tanh(x) ** 2)), rewritten(sp.sqrt(1 + sp.exp(x)))
    (sech(x), exp(softplus(x)/2))
    >>> rewritten(sp.tanh(3 * x) - sp.tanh(x))
    -2*sigmoid_difference(2*x, 6*x)
    >>> rewritten(sp.sqrt(sp.Max(x, 0)))
    Piecewise((sqrt(x), x > 0), (0, True))
    >>> rewritten(sp.log(x**2))
    2*log(Abs(x))
    >>> rewritten(x / (sp.exp(x) - 1)), rewritten(1 / (1 - sp.exp(-x)))
    (x*reciprocal_expm1(x), -reciprocal_expm1(-x))
    >>> rewritten(sp.exp(-4 / x**2)).args[1]
    (0, x < 187/3072)
    """
    found = with_zeros_apart(with_natural_base(expression)).replace(is_flat, without_pole)
    found = found.replace(_is_power_of_ramp, _power_of_ramp)
    found = found.replace(lambda e: isinstance(e, sp.Add) and e.has(sp.sign, sp.Heaviside), without_cancelling_levels)
    found = found.replace(_is_one_minus_square, lambda e: sp.sech(_squared_tanh(e)) ** 2)
    found = found.replace(lambda e: _is_root(e) and isinstance(e.base, sp.Pow), _root_of_square)
    found = found.replace(lambda e: isinstance(e, sp.log) and _is_even_power(e.args[0]), _logarithm_of_size)
    found = with_real_factors(found)
    found = found.replace(lambda e: isinstance(e, sp.asin) and isinstance(e.args[0], sp.tanh), _gudermann)
    found = found.replace(
        lambda e: isinstance(e, sp.acos) and isinstance(e.args[0], sp.tanh),
        lambda e: 2 * sp.atan(sp.exp(-e.args[0].args[0])),
    )
    found = found.replace(_is_power_of_softplus, lambda e: sp.exp(e.exp * softplus((e.base - 1).args[0])))
    found = found.replace(lambda e: _exponent_less_one(e) is not None, _reciprocal)
    found = found.replace(lambda e: isinstance(e, sp.Add), difference_of_roots)
    return found.replace(lambda e: isinstance(e, sp.Add), _differences)


def at_end(expression: sp.Expr, variable: sp.Symbol, side: int) -> sp.Expr:
    """The expression with each step as its limit at one end and what is left of it.

    Steps are ``erf(u)``, ``Phi(u)``, ``(1 + exp(u))^a``, ``1/(exp(u) - 1)``, ``atan(exp(u))``, ``atan(tanh(u))``, and
    ``exp(u)`` where u vanishes.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> at_end(sp.erf(x**3), x, 1)
    1 - 2*Phi(-sqrt(2)*x**3)
    >>> at_end(sp.exp(-sp.exp(x)), x, -1), at_end(sp.exp(-sp.exp(x)), x, 1)
    (expm1(-exp(x)) + 1, exp(-exp(x)))
    """

    def far(u: sp.Expr) -> sp.Expr:
        return sp.N(written_out(u.subs(variable, side * _FAR)))

    def above(u: sp.Expr) -> bool:
        return bool(far(u) > 0)

    def vanishes(u: sp.Expr) -> bool:
        return bool(u.has(sp.exp, sigmoid) and 0 < abs(far(u)) < _NOTHING)

    def gudermann_rest(e: sp.Expr) -> sp.Expr:
        u = e.args[0].args[0]
        sign = 1 if above(u) else -1
        return sign * (sp.pi / 4 - sp.atan(sp.exp(-2 * sign * u)))

    found = expression.replace(
        lambda e: (
            isinstance(e, sp.exp)
            and (vanishes(e.args[0]) or (e.args[0].has(softplus) and not above(_inside(e.args[0]))))
        ),
        lambda e: 1 + expm1(e.args[0]),
    )
    found = found.replace(expm1, lambda u: sp.exp(u) - 1 if far(u) < -_FAR_ENOUGH else expm1(u))
    kept = sp.Function("kept")
    found = found.replace(lambda e: isinstance(e, sp.atan) and isinstance(e.args[0], tanh | sp.tanh), gudermann_rest)
    found = found.replace(
        lambda e: isinstance(e, sp.atan) and isinstance(e.args[0], sp.exp) and above(e.args[0].args[0]),
        lambda e: sp.pi / 2 - kept(sp.exp(-e.args[0].args[0])),
    )
    found = found.replace(kept, sp.atan)
    found = found.replace(reciprocal_expm1, lambda u: kept(u) if above(u) else -1 - kept(-u))
    found = found.replace(kept, reciprocal_expm1)
    found = found.replace(softplus_ratio, lambda u: softplus_ratio(u) if above(u) else 1 + softplus_ratio_rest(u))
    found = found.replace(sp.erf, lambda u: 2 * Phi(sp.sqrt(2) * u) - 1)
    found = found.replace(Phi, lambda u: 1 - kept(-u) if above(u.replace(kept, Phi)) else kept(u))
    return found.replace(kept, Phi)


def _exponent_less_one(power: sp.Basic) -> tuple[int, sp.Expr] | None:
    """``(s, u)`` of ``(s (exp(u) - 1))^-n``."""
    if not isinstance(power, sp.Pow) or not power.exp.is_Integer or power.exp > 0 or len(power.base.args) != 2:
        return None
    return next(
        ((s, (s * power.base + 1).args[0]) for s in (1, -1) if isinstance(s * power.base + 1, sp.exp)),
        None,
    )


def _reciprocal(power: sp.Pow) -> sp.Expr:
    found = _exponent_less_one(power)
    assert found is not None
    sign, u = found
    return (sign * reciprocal_expm1(u)) ** -power.exp


def _inside(exponent: sp.Expr) -> sp.Expr:
    """The u of ``a softplus(u)``; 1 of what is no such product."""
    parts = [part.args[0] for part in sp.Mul.make_args(exponent) if isinstance(part, softplus)]
    plain = [part for part in sp.Mul.make_args(exponent) if not part.is_number]
    return parts[0] if len(parts) == len(plain) == 1 else sp.S.One


def _squared_tanh(total: sp.Expr) -> Any:
    rest = 1 - total
    return rest.base.args[0] if rest.is_Pow and rest.exp == 2 and isinstance(rest.base, sp.tanh) else None


def _is_one_minus_square(expression: sp.Basic) -> bool:
    return isinstance(expression, sp.Add) and len(expression.args) == 2 and _squared_tanh(expression) is not None


def _is_root(expression: sp.Basic) -> bool:
    return bool(isinstance(expression, sp.Pow) and expression.exp == sp.S.Half)


def _is_even_power(expression: sp.Basic) -> bool:
    return bool(isinstance(expression, sp.Pow) and expression.exp.is_Integer and expression.exp % 2 == 0)


def _logarithm_of_size(logarithm: sp.log) -> sp.Expr:
    power = logarithm.args[0]
    return power.exp * sp.log(sp.Abs(power.base))


def _root_of_square(root: sp.Pow) -> sp.Expr:
    if isinstance(root.base.base, sp.sech) and root.base.exp == 2:
        return root.base.base
    return root


def _gudermann(expression: sp.Expr) -> sp.Expr:
    return 2 * sp.atan(sp.tanh(expression.args[0].args[0] / 2))


def _is_power_of_ramp(expression: sp.Basic) -> bool:
    """Whether it is ``Max(0, u)^p``, p no integer, whose derivative divides by what is 0 along half the line."""
    if not isinstance(expression, sp.Pow) or expression.exp.is_Integer or not isinstance(expression.base, sp.Max):
        return False
    return bool(len(expression.base.args) == 2 and sp.S.Zero in expression.base.args and expression.exp.is_positive)


def _power_of_ramp(power: sp.Pow) -> sp.Expr:
    inside = next(u for u in power.base.args if u != 0)
    return sp.Piecewise((inside**power.exp, inside > 0), (0, True))


def _is_power_of_softplus(expression: sp.Basic) -> bool:
    if not isinstance(expression, sp.Pow) or expression.exp.is_Integer or not expression.exp.is_Rational:
        return False
    base = expression.base
    return isinstance(base, sp.Add) and len(base.args) == 2 and isinstance(base - 1, sp.exp)


def _differences(total: sp.Add) -> sp.Expr:
    """Pairs ``c s(u) - c s(v)`` of logistic steps, s = tanh or the sigmoid, as one term each."""
    terms = list(total.args)
    steps = {term: _step(term) for term in terms}
    for one, other in combinations(terms, 2):
        first, second = steps[one], steps[other]
        if first is None or second is None or one not in terms or other not in terms:
            continue
        (factor, u, constant), (opposite, v, other_constant) = first, second
        if sp.expand(factor + opposite) == 0 and constant + other_constant == 0:
            terms = [term for term in terms if term not in (one, other)] + [factor * sigmoid_difference(u, v)]
    return sp.Add(*terms)


def _step(term: sp.Expr) -> tuple[sp.Expr, sp.Expr, sp.Expr] | None:
    """``(c, u, d)`` of ``term = c sigmoid(u) + d``."""
    for factor in sp.Mul.make_args(term):
        rest = term / factor
        if isinstance(factor, sp.tanh):
            return 2 * rest, 2 * factor.args[0], -rest
        if isinstance(factor, sigmoid):
            return rest, factor.args[0], sp.S.Zero
        if factor.is_Pow and factor.exp == -1 and isinstance(factor.base, sp.Add) and len(factor.base.args) == 2:
            grown = factor.base - 1
            if isinstance(grown, sp.exp):
                return rest, -grown.args[0], sp.S.Zero
    return None
