"""An enormous or tiny multiple of a function: its kernel is that of the function, times the factor."""

from __future__ import annotations

from dataclasses import replace

import sympy as sp

from codegen.families.contract import SEQUENCES, SINGLES, function_text
from codegen.families.renamed import renamed
from codegen.kernel_plan import KernelPlan

__all__ = ["extreme_factor", "plan"]

_LARGEST = sp.Integer(10) ** 100
_SUFFIX = "_of_unit"


def extreme_factor(expression: sp.Expr) -> sp.Rational:
    """The rational factor of an expression whose square, or that of 1 beside it, leaves the doubles; 1 of any other.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> extreme_factor(3 * sp.tanh(x)), extreme_factor(sp.tanh(x) / 10**300) == sp.Rational(1, 10**300)
    (1, True)
    >>> extreme_factor(10**300 * (1 + sp.tanh(x))) == 10**300
    True
    """
    factor = expression.as_content_primitive()[0]
    extreme = isinstance(factor, sp.Rational) and factor != 0 and not 1 / _LARGEST < abs(factor) < _LARGEST
    return factor if extreme else sp.S.One


def plan(inner: KernelPlan, activation: str, factor: sp.Rational) -> KernelPlan:
    """The kernel of ``factor`` times the function of ``inner``, whose ``_activation`` is the text ``activation``."""
    written = f"xp.rational({factor.p}, {factor.q})"
    functions = renamed([activation, *inner.functions], _SUFFIX)
    for name in SEQUENCES:
        values = f"{name}{_SUFFIX}(xp, mu, sigma, degree)"
        functions.append(function_text(name, f"return [_factor(xp) * value for value in {values}]"))
    for name in SINGLES:
        functions.append(function_text(name, f"return _factor(xp) * (_factor(xp) * {name}{_SUFFIX}(xp, mu, sigma))"))
    constant = ["def _factor(xp: Any) -> Any:", '    """What multiplies g."""', f"    return {written}"]
    whole = [
        "def _activation(xp: Any, x: Any) -> Any:",
        '    """A multiple of g."""',
        f"    return _factor(xp) * _activation{_SUFFIX}(xp, x)",
    ]
    return replace(
        inner,
        functions=["\n".join(constant), *functions],
        promise={name: max(limit, 4e-16) for name, limit in inner.promise.items()},
        regimes=["a factor in front of everything; its square may leave the doubles", *inner.regimes],
        activation="\n".join(whole),
        sample=None,
    )
