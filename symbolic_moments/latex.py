"""LaTeX of expressions, in the notation of the mathematics."""

from __future__ import annotations

from typing import Any

import sympy as sp

__all__ = ["latex_of"]


def latex_of(expression: Any) -> str:
    r"""LaTeX of an expression or equation.

    Examples
    --------
    >>> from symbolic_moments.latex import latex_of
    >>> from symbolic_moments.normal import Phi
    >>> from symbolic_moments.symbols import mu, sigma
    >>> print(latex_of(mu * Phi(mu / sigma)))
    \mu \Phi\left(\frac{\mu}{\sigma}\right)
    """
    if isinstance(expression, sp.Tuple):
        lines = [sp.latex(equation).replace("=", "&=", 1) for equation in expression]
        return "\\begin{aligned} " + r" \\ ".join(lines) + r" \end{aligned}"
    return str(sp.latex(expression))
