"""The language of activations: strings in ``x`` read by a whitelist over Python's syntax tree.

Nothing is ever evaluated as Python. The limits of :data:`LIMITS` on length, nesting and digits are checked on the
text before it is parsed; those on nodes, exponents and degrees before SymPy builds the expression they belong to.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

import sympy as sp

from symbolic_moments.decided_extrema import with_decided_extrema
from symbolic_moments.hyperbolic_quotients import with_tangents
from symbolic_moments.inverse_functions import with_known_inverses
from symbolic_moments.language_conditionals import with_piecewise, with_plain_conditions
from symbolic_moments.language_limits import LIMITS, Limits, check_text, check_tree, refuse
from symbolic_moments.language_reader import Reader
from symbolic_moments.masks import with_joined_masks
from symbolic_moments.narrow_guards import without_narrow_guards
from symbolic_moments.rounding_functions import with_fractions
from symbolic_moments.single_points import with_filled_points
from symbolic_moments.symbols import x

__all__ = ["LIMITS", "Limits", "parse_expression", "read_expression"]


def parse_expression(text: str, symbols: Mapping[str, sp.Symbol] | None = None) -> sp.Expr:
    """Return the SymPy expression in the symbol ``x`` that ``text`` denotes.

    Parameters
    ----------
    text : str
        Numbers (decimals are exact rationals), ``x``, ``pi``, ``E``, ``+ - * / // % **`` (``^`` is read as ``**``),
        brackets and the functions of :data:`symbolic_moments.language_functions.FUNCTIONS`; in conditions
        also comparisons, ``&``, ``|``, ``and``, ``or``, ``not``, ``True`` and ``False``. A comparison as a factor or a
        term is 1 or 0, ``inf`` and ``None`` a missing bound of ``clip``; ``np.``, ``torch.``, ``F.``, ``math.`` may
        stand before names that mean the same everywhere (``np.where``). A name of the catalogue with an argument,
        ``gelu(2*x)``, is its expression there, its parameters at their defaults.
    symbols : mapping, optional
        Further names, parameters, and the symbols they stand for.

    Returns
    -------
    sympy.Expr
        An expression in ``x`` alone, or in ``x`` and the parameters.

    Raises
    ------
    ValueError
        The text is empty, exceeds :data:`LIMITS`, has unbalanced brackets or contains anything outside the language;
        the message names the offending part.

    Examples
    --------
    >>> from symbolic_moments.language import parse_expression
    >>> parse_expression("0.01*x + relu(x)**2")
    x/100 + Max(0, x)**2
    >>> parse_expression("x.real")
    Traceback (most recent call last):
    ...
    ValueError: expression 'x.real': 'x.real' is attribute access, which the language of activations does not have
    """
    if not isinstance(text, str):
        raise TypeError(f"an expression is a string, {type(text).__name__} given")
    check_text(text)
    source = text.strip().replace("^", "**")
    try:
        tree = ast.parse(source, mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        where = getattr(error, "offset", None)
        place = f" at position {where - 1}" if where else ""
        said = f"it cannot be read: {getattr(error, 'msg', 'too deeply nested')}{place}"
        refuse(f"{said}; write it as Python would, such as x*tanh(x)", text)
    check_tree(tree, text)
    expression, _ = Reader(text, source, symbols or {}).read(with_piecewise(tree))
    if not isinstance(expression, sp.Expr):
        refuse("it is a condition, not a function of x; wrap it: Piecewise((1, condition), (0, True))", text)
    if expression.has(sp.zoo, sp.nan, sp.oo, -sp.oo):
        missing = "it is infinite: inf stands for a missing bound of clip, max, min or a comparison alone"
        refuse(missing if "inf" in text else "it divides by zero", text)
    return _as_read(expression)


def read_expression(spec: Any) -> sp.Expr:
    """Return the expression in the house's ``x`` of a string or of a SymPy expression in one symbol.

    Parameters
    ----------
    spec : str or sympy.Expr
        A string goes to :func:`parse_expression`. In a SymPy expression its one symbol, whatever its name and
        assumptions, is replaced by ``x``; if it has several, one of them must be called ``x``, and the others stay as
        real parameters. Floats become the decimals they print as.

    Raises
    ------
    ValueError
        As :func:`parse_expression`; or the expression has two free symbols, none of them ``x``.

    Examples
    --------
    >>> import sympy
    >>> from symbolic_moments.language import read_expression
    >>> read_expression(sympy.Symbol("z") * sympy.erf(sympy.Symbol("z")) / 2)
    x*erf(x)/2
    """
    if isinstance(spec, str):
        return parse_expression(spec)
    if not isinstance(spec, (sp.Expr, int)):
        raise TypeError(f"an activation is a string or a SymPy expression, {type(spec).__name__} given")
    expression = sp.sympify(spec)
    variables = sorted(expression.free_symbols, key=str)
    named = [symbol for symbol in variables if symbol.name == "x"] or variables[:1]
    parameters = [symbol for symbol in variables if symbol not in named]
    if len(named) > 1 or (parameters and named[0].name != "x"):
        raise ValueError(
            f"expression {str(expression)[:80]!r}: it has the free symbols {', '.join(map(str, variables))}; "
            "give one symbol, or call the argument x and the parameters otherwise"
        )
    for symbol in parameters:
        if symbol.is_real is False or symbol.name in ("mu", "sigma", "n", "k"):
            raise ValueError(f"the parameter {symbol} must be real and not called mu, sigma, n or k; rename it")
    replaced = expression.xreplace({number: sp.Rational(str(number)) for number in expression.atoms(sp.Float)})
    replaced = replaced.subs(named[0], x) if named else replaced
    if replaced.has(sp.I, sp.zoo, sp.nan, sp.oo, -sp.oo):
        raise ValueError(f"expression {str(expression)[:80]!r}: it is not real and finite on the real line")
    return _as_read(replaced)


def _as_read(expression: sp.Expr) -> sp.Expr:
    branched = with_filled_points(with_joined_masks(with_plain_conditions(expression)))
    plain = with_decided_extrema(without_narrow_guards(branched))
    return with_fractions(with_known_inverses(with_tangents(plain)))
