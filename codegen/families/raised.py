"""A constant and something small with kinks: the variance is that of what is small, and no constant rounds it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import sympy as sp

from codegen.families.contract import SEQUENCES, function_text
from codegen.families.renamed import renamed
from codegen.kernel_plan import KernelPlan, expression_text
from codegen.lossy_numbers import lossless
from codegen.small_rests import without_their_constant
from codegen.stable_functions import written_out
from symbolic_moments.normal import Phi

__all__ = ["MUST", "level_and_rest", "plan"]

LARGE = 16
"""From so many times what is left of it a constant is taken out."""
MUST = 1000
"""From so many times on its rounding would be most of the promise."""
_SUFFIX = "_of_rest"
_PLACES = (0, "0.03", "0.3", 1, 3, 20, 300, 10**4, 10**6)
_DIGITS = 60


def level_and_rest(expression: sp.Expr, variable: sp.Symbol) -> tuple[sp.Expr, sp.Expr, float] | None:
    """A constant that is large beside all that is left of it, that rest, and how large; None where there is none.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> level_and_rest(1000 + sp.Abs(x) / (1 + sp.Abs(x)), x)[:2]
    (1000, Abs(x)/(Abs(x) + 1))
    >>> level_and_rest(sp.tanh(20 + sp.Abs(x)), x)[:2]
    (1, -2/(exp(2*Abs(x) + 40) + 1))
    >>> level_and_rest(1 + sp.Abs(x), x) is None
    True
    """
    best: tuple[sp.Expr, sp.Expr, float] | None = None
    for level, rest in _candidates(expression):
        ratio = _ratio(level, rest, variable)
        if ratio >= LARGE and (best is None or ratio > best[2]):
            best = level, written_out(rest), ratio
    return best


def _candidates(expression: sp.Expr) -> Iterator[tuple[sp.Expr, sp.Expr]]:
    """Pairs of a constant and of the expression less it, in which the constant is no longer to be found."""
    constant, rest = expression.as_independent(*expression.free_symbols, as_Add=True)
    if constant != 0:
        yield constant, rest
    factor, function = rest.as_independent(*expression.free_symbols, as_Add=False)
    for value, left in _limits(written_out(function)):
        yield constant + factor * value, factor * left


def _limits(function: sp.Expr) -> Iterator[tuple[sp.Expr, sp.Expr]]:
    if isinstance(function, sp.exp):
        yield sp.S.One, function - 1
    elif isinstance(function, sp.tanh | sp.erf | Phi):
        (u,) = function.args
        for side in (1, -1):
            if isinstance(function, sp.tanh):
                yield sp.Integer(side), -2 * side / (sp.exp(2 * side * u) + 1)
            elif isinstance(function, sp.erf):
                yield sp.Integer(side), -side * sp.erfc(side * u)
            elif side == 1:
                yield sp.S.One, -Phi(-u)
    elif isinstance(function, sp.log) and function.args[0].is_Add:
        number = function.args[0].as_coeff_Add()[0]
        if number.is_positive:
            yield sp.log(number), without_their_constant(sp.Add(function, -sp.log(number), evaluate=False))
    elif isinstance(function, sp.Pow) and function.exp.is_Rational and function.base.is_Add:
        number = function.base.as_coeff_Add()[0]
        if number.is_positive:
            level = number**function.exp
            yield level, without_their_constant(sp.Add(function, -level, evaluate=False))
            if function.exp == -1 and number == 1:
                yield sp.S.Zero, function


def _ratio(level: sp.Expr, rest: sp.Expr, variable: sp.Symbol) -> float:
    """How many times what is left the constant is; 0 where the two cancel somewhere, or the constant is 0."""
    size = level.evalf(_DIGITS)
    if not size.is_Float or size == 0:
        return 0.0
    largest = sp.S.Zero
    for place in _PLACES:
        for side in (-1, 1):
            found = written_out(rest).subs(variable, side * sp.Rational(str(place))).evalf(_DIGITS) / size
            if not found.is_comparable or found < -sp.Rational(1, LARGE):
                return 0.0
            if abs(place if isinstance(place, int) else 1) <= 20:
                largest = max(largest, abs(found))
    return float(1 / largest) if largest > sp.Float(10) ** -300 else 0.0


def plan(inner: KernelPlan, rest_activation: str, activation: str, level: sp.Expr) -> KernelPlan:
    """The kernel of ``level`` and the function of ``inner``; ``activation`` is the text of their sum."""
    functions = renamed([rest_activation, *inner.functions], _SUFFIX)
    constant = ["def _level(xp: Any) -> Any:", '    """The constant in g."""']
    functions.append("\n".join([*constant, f"    return {expression_text(lossless(level))}"]))
    for name in SEQUENCES:
        body = [f"values = {name}{_SUFFIX}(xp, mu, sigma, degree)"]
        if name == "_raw_moments":
            body += [
                "moments = gaussian_moments(xp, mu, sigma * sigma, degree)",
                "return [_level(xp) * moment + value for moment, value in zip(moments, values, strict=True)]",
            ]
        else:
            body.append("return [_level(xp) + values[0], *values[1:]]")
        functions.append(function_text(name, *body))
    functions.append(
        function_text(
            "_second_moment",
            f"mean = _hermite_coefficients{_SUFFIX}(xp, mu, sigma, 0)[0]",
            f"return _level(xp) * (_level(xp) + 2 * mean) + _second_moment{_SUFFIX}(xp, mu, sigma)",
        )
    )
    functions.append(function_text("_variance", f"return _variance{_SUFFIX}(xp, mu, sigma)"))
    return replace(
        inner,
        functions=functions,
        regimes=[f"{sp.sstr(level)} and what is left of g, of which is the variance", *inner.regimes],
        activation=activation,
    )
