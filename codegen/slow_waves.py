"""Waves that slow down for ever, such as ``cos(sqrt(x))``: panels in geometric steps do not follow them."""

from __future__ import annotations

import sympy as sp

from codegen.chebyshev_panels import NEGLIGIBLE, evaluator

__all__ = ["waves_slow_down"]

_FAR = (1.1e6, 2.3e6, 4.7e6, 9.1e6)
_TURNED = 64
_SLOWER = 0.7
"""Of the phases at two places: where the farther is 8 times as far, at most 5.7 times the phase."""


def waves_slow_down(expression: sp.Expr, variable: sp.Symbol) -> bool:
    """Whether the phase of a wave goes on without end, slower than x, where the function is not negligible.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> [waves_slow_down(g, x) for g in (sp.cos(sp.sqrt(1 + x**2)), sp.cos(sp.sqrt(1 + sp.Abs(x))), sp.sin(sp.tanh(x)))]
    [False, True, False]
    """
    for wave in expression.atoms(sp.sin, sp.cos):
        phase = evaluator(wave.args[0], variable)
        for side in (-1, 1):
            near, far = (abs(phase(side * place)) for place in (_FAR[0], _FAR[-1]))
            if near > _TURNED and _TURNED < far - near < _SLOWER * (far + near):
                value = evaluator(expression, variable)
                return any(abs(value(side * place)) > NEGLIGIBLE for place in _FAR)
    return False
