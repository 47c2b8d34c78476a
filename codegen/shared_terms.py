"""Several expressions as statements that make what they share only once."""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp

from codegen.fused_functions import fused, with_shared_exponentials
from codegen.kernel_plan import expression_text


def shared_terms_text(expressions: Sequence[sp.Expr]) -> list[str]:
    """Lines of a function body in ``x`` that returns the list of ``expressions``.

    Examples
    --------
    >>> x = sp.Symbol("x")
    >>> shared_terms_text((x * sp.tanh(x), sp.tanh(x) ** 2))
    ['    term_0 = xp.tanh(x)', '    return [term_0 * x, term_0 ** 2]']
    """
    expressions = with_shared_exponentials([fused(expression) for expression in expressions])
    names = (sp.Symbol(f"term_{number}") for number in range(1000))
    terms, results = sp.cse(list(expressions), symbols=names, order="canonical")
    lines = [f"    {name} = {expression_text(term)}" for name, term in terms]
    return [*lines, f"    return [{', '.join(expression_text(result) for result in results)}]"]
