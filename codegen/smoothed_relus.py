"""Parts ``u Phi(u) + phi(u)``, u a line, of a sum: what a Gaussian makes of a relu, and what cancels on one side."""

from __future__ import annotations

from typing import Any

import sympy as sp

from codegen.stable_functions import smoothed_relu
from symbolic_moments.normal import Phi, phi

__all__ = ["with_smoothed_relus", "written_density"]


def with_smoothed_relus(total: sp.Add) -> sp.Expr:
    """A sum in which ``a (u Phi(u) + phi(u))`` is a function of its own, that does not cancel where it vanishes.

    A sum that is ``|x|`` smoothed has no such side and stays as it is.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> with_smoothed_relus(x * (1 + sp.erf(x)) / 2 + sp.exp(-(x**2)) / (2 * sp.sqrt(sp.pi)))
    sqrt(2)*smoothed_relu(sqrt(2)*x)/2
    >>> with_smoothed_relus((x - 1) * Phi(x / 2 - sp.S.Half) + 2 * phi(x / 2 - sp.S.Half) + Phi(x))
    Phi(x) + 2*smoothed_relu(x/2 - 1/2)
    >>> with_smoothed_relus(-x * Phi(-x) + phi(x))
    smoothed_relu(-x)
    >>> with_smoothed_relus(x * sp.erf(x) + sp.exp(-(x**2)) / sp.sqrt(sp.pi))
    x*erf(x) + exp(-x**2)/sqrt(pi)
    """
    if len(total.free_symbols) != 1 or not total.has(Phi, sp.erf, sp.erfc) or not total.has(sp.exp, phi):
        return total
    (x,) = total.free_symbols
    plain = sp.expand(_in_normal_functions(total), power_exp=False)
    parts, rest = [], plain
    for step in sorted(plain.atoms(Phi), key=sp.default_sort_key):
        height = _height(plain, step, x)
        if height is not None:
            (u,) = step.args
            parts.append((height, u))
            rest -= sp.expand(height * (u * step + _expanded_density(u)), power_exp=False)
    if len(parts) == 1:
        ((height, u),) = parts
        beside = sp.expand(rest / height)
        if sp.expand(beside + u / 2) == 0:
            return total
        if sp.expand(beside + u) == 0:
            return height * smoothed_relu(-u)
    return sp.Add(rest, *(height * smoothed_relu(u) for height, u in parts)) if parts else total


def _in_normal_functions(expression: sp.Expr) -> sp.Expr:
    plain = expression.replace(sp.erf, lambda u: 2 * Phi(sp.sqrt(2) * u) - 1)
    return plain.replace(sp.erfc, lambda u: 2 * Phi(-sp.sqrt(2) * u)).replace(phi, _expanded_density)


def written_density(u: Any) -> sp.Expr:
    """``phi(u)`` as an exponential.

    Examples
    --------
    >>> written_density(sp.Symbol("x", real=True) - 1)
    sqrt(2)*exp(-(x - 1)**2/2)/(2*sqrt(pi))
    """
    return sp.exp(-(u**2) / 2) / sp.sqrt(2 * sp.pi)


def _expanded_density(u: Any) -> sp.Expr:
    return written_density(u).replace(sp.exp, lambda power: sp.exp(sp.expand(power)))


def _height(plain: sp.Expr, step: Any, x: sp.Symbol) -> sp.Expr | None:
    """The number a of ``a (u Phi(u) + phi(u))`` for the step ``Phi(u)``; None if the sum has no such part."""
    (u,) = step.args
    factor = plain.coeff(step)
    if not u.is_polynomial(x) or sp.degree(u, x) != 1 or not factor.is_polynomial(x) or sp.degree(factor, x) != 1:
        return None
    height = sp.diff(factor, x) / sp.diff(u, x)
    density = height * _expanded_density(u)
    return height if any(sp.expand(term / density) == 1 for term in sp.Add.make_args(plain)) else None
