"""Parameters meet their values: what the caller gave becomes exact, is checked, and goes into the expression."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy as sp

from symbolic_moments.activations import ActivationRecord
from symbolic_moments.language import parse_expression
from symbolic_moments.parameters import Parameter
from symbolic_moments.symbols import x

__all__ = ["expression_with", "values_of", "with_values"]


def values_of(record: ActivationRecord, given: Mapping[str, Any]) -> tuple[tuple[Parameter, sp.Expr], ...]:
    """The parameters of a record with their values: those given, defaults for the others.

    Raises
    ------
    ValueError
        A name the record does not have, something that is no number, a value outside the parameter's domain, or two
        values in the wrong order.

    Examples
    --------
    >>> from symbolic_moments.activations import record_of
    >>> [(parameter.name, value) for parameter, value in values_of(record_of("leaky_relu"), {"slope": 0.25})]
    [('slope', 1/4)]
    """
    _refuse_unknown(given, [parameter.name for parameter in record.parameters], record.name)
    values = tuple((parameter, _value(record, parameter, given)) for parameter in record.parameters)
    _refuse_disorder(record, {parameter.name: value for parameter, value in values})
    return values


def _refuse_disorder(record: ActivationRecord, values: Mapping[str, sp.Expr]) -> None:
    for upper in record.parameters:
        if not upper.above:
            continue
        low, high = values[upper.above], values[upper.name]
        if (high - low).is_nonpositive:
            raise ValueError(
                f"{record.name}: {upper.above} = {low} and {upper.name} = {high} given; "
                f"{upper.above} must be less than {upper.name}"
            )


def _value(record: ActivationRecord, parameter: Parameter, given: Mapping[str, Any]) -> sp.Expr:
    raw = given.get(parameter.name, parameter.default)
    own_name = isinstance(raw, str) and raw == parameter.name
    value = parameter.symbol if own_name else _exact(raw, parameter.name)
    if not parameter.accepts(value) or value.has(x):
        hint = ""
        if value.free_symbols and parameter.domain.assumptions:
            hint = f"; give {parameter.name}={parameter.name!r} to keep it symbolic"
        raise ValueError(f"{record.name}: {parameter.name} = {value} given; it must be {parameter.words}{hint}")
    return value


def expression_with(record: ActivationRecord, values: Mapping[str, sp.Expr]) -> sp.Expr:
    """The expression of a record at these values of all its parameters.

    Examples
    --------
    >>> import sympy
    >>> from symbolic_moments.activations import record_of
    >>> expression_with(record_of("leaky_relu"), {"slope": sympy.Rational(1, 5)})
    Piecewise((x, x > 0), (x/5, True))
    """
    written = {name: f"({value})" for name, value in values.items() if value.is_Rational}
    open_ones = {name: value for name, value in values.items() if not value.is_Rational}
    symbols = {parameter.name: parameter.symbol for parameter in record.parameters if parameter.name in open_ones}
    text = record.expression.format(**written, **{name: name for name in symbols})
    expression = parse_expression(text, symbols)
    return expression.subs({symbols[name]: value for name, value in open_ones.items()})


def with_values(expression: sp.Expr, given: Mapping[str, Any]) -> sp.Expr:
    """An expression with values in place of its symbols other than ``x``.

    Raises
    ------
    ValueError
        A symbol the expression does not have, or something that is no number.
    """
    symbols = {symbol.name: symbol for symbol in expression.free_symbols if symbol != x}
    _refuse_unknown(given, sorted(symbols), "the expression")
    values = {symbols[name]: _exact(value, name) for name, value in given.items()}
    for symbol, value in values.items():
        if value.is_infinite:
            raise ValueError(f"{symbol} = {value} given; it must be a real number")
    return expression.subs(values)


def _exact(value: Any, name: str) -> sp.Expr:
    if isinstance(value, sp.Expr) and not value.is_Float:
        return value
    if str(value) in ("inf", "oo"):
        return sp.oo
    try:
        result = sp.Rational(str(value))
    except (TypeError, ValueError):
        result = sp.nan
    if isinstance(value, bool) or not result.is_Rational:
        raise ValueError(f"{name} = {value!r} given; a parameter is a number, a decimal string or a SymPy expression")
    return result


def _refuse_unknown(given: Mapping[str, Any], known: list[str], what: str) -> None:
    surplus = sorted(set(given) - set(known))
    if surplus:
        has = f"its parameters are {', '.join(known)}" if known else "it has no parameters"
        raise ValueError(f"{what} has no parameter {surplus[0]!r}; {has}")
