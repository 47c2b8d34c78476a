"""Arcus tangents of multiples of a tangent: a saw-tooth, and a smooth wave that is left of it."""

from __future__ import annotations

import sympy as sp

__all__ = ["with_saw_teeth"]


def with_saw_teeth(expression: sp.Expr) -> sp.Expr:
    """The expression with ``atan(a tan(u))``, a > 0, as ``atan(tan(u))`` and what else it is, which has no jump.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> with_saw_teeth(sp.atan(3 * sp.tan(x)))
    atan(2*sin(2*x)/(4 - 2*cos(2*x))) + atan(tan(x))
    >>> with_saw_teeth(sp.atan(sp.tan(x))), with_saw_teeth(sp.atan(sp.tanh(x)))
    (atan(tan(x)), atan(tanh(x)))
    """
    return expression.replace(lambda e: _factor(e) is not None, _apart)


def _factor(node: sp.Basic) -> sp.Expr | None:
    """The a of ``atan(a tan(u))``, a positive number but 1."""
    if not isinstance(node, sp.atan):
        return None
    factor, wave = node.args[0].as_coeff_Mul()
    return factor if isinstance(wave, sp.tan) and factor.is_positive and factor != 1 else None


def _apart(node: sp.atan) -> sp.Expr:
    factor = _factor(node)
    assert factor is not None
    (wave,) = node.atoms(sp.tan)
    double = sp.expand(2 * wave.args[0])
    # tan(p - q) = (tan(p) - tan(q)) / (1 + tan(p) tan(q))
    return sp.atan(wave) + sp.atan((factor - 1) * sp.sin(double) / ((1 + factor) + (1 - factor) * sp.cos(double)))
