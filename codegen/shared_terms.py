"""Several expressions as statements that make what they share only once."""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp
from sympy.core.sorting import ordered

from codegen.fused_functions import fused, with_shared_exponentials
from codegen.kernel_plan import expression_text
from codegen.lower import PRECISE


def shared_terms_text(expressions: Sequence[sp.Expr]) -> list[str]:
    """Lines of a function body in ``x`` that returns the list of ``expressions``.

    Arguments that are to stay whole (``precise_arguments``) are no terms of their own.

    Examples
    --------
    >>> x = sp.Symbol("x")
    >>> shared_terms_text((x * sp.tanh(x), sp.tanh(x) ** 2))
    ['    term_0 = xp.tanh(x)', '    return [term_0 * x, term_0 ** 2]']
    """
    expressions = with_shared_exponentials([fused(expression) for expression in expressions])
    precise = {call for one in expressions for call in one.atoms(sp.Function) if type(call).__name__ in PRECISE}
    whole = {call: sp.Function(f"whole_{n}")(call.args[1]) for n, call in enumerate(ordered(precise))}
    calls = {name: call for call, name in whole.items()}
    names = (sp.Symbol(f"term_{number}") for number in range(1000))
    terms, results = sp.cse([one.xreplace(whole) for one in expressions], symbols=names, order="canonical")
    lines = [f"    {name} = {expression_text(term.xreplace(calls))}" for name, term in terms]
    return [*lines, f"    return [{', '.join(expression_text(result.xreplace(calls)) for result in results)}]"]
