r"""The record of a formula: what it states, under which assumptions, how it is derived, and its value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Literal

import sympy as sp

from symbolic_moments.agreement import agreeing_value
from symbolic_moments.cancellation import deepest_cancellation
from symbolic_moments.evaluation import Evaluator
from symbolic_moments.gaussian_quadrature import gaussian_expectation
from symbolic_moments.latex import latex_of
from symbolic_moments.mpmath_context import exact_fraction
from symbolic_moments.symbols import sigma

__all__ = ["Formula", "Step"]

_FARTHEST_CANCELLATION = 300
"""Digits beyond four times those asked for that terms of a closed form may cancel before its definition is cheaper."""

_DEEPEST_CANCELLATION = 10_000
"""Digits up to which terms that cancel because a value is tiny are followed; beyond, the value is refused."""

_registered: dict[str, int] = {}


@dataclass(frozen=True)
class Step:
    """One step of a derivation.

    Attributes
    ----------
    text : str
        What is done and why, LaTeX text.
    equation : str
        LaTeX of the equation reached, without delimiters; may be empty.
    """

    text: str
    equation: str = ""


@dataclass(frozen=True, eq=True)
class Formula:
    r"""A quantity, its expression, and the way from one to the other.

    Attributes
    ----------
    id : str
        Unique; the same id with another content is refused.
    quantity, quantity_latex : str
        The left-hand side, as text and as LaTeX.
    expr : sympy.Expr or sympy.Eq
        The right-hand side; for kind ``"recurrence"`` the equation itself; for ``"integral"`` an unevaluated integral.
    variables : tuple of sympy.Symbol
        What the value depends on.
    assumptions : tuple of str
        The domain; outside it nothing is claimed.
    steps : tuple of Step
        The derivation.
    source : str
        Where the method is from.
    kind : {"closed", "recurrence", "series", "integral"}
        What ``expr`` is.
    bound : str or None
        For what is not closed: how the error of a value is known.
    at_zero_sigma : sympy.Expr or None
        The value at ``sigma = 0``, a point mass at ``mu``.
    integrand : sympy.Expr or None
        The function of ``x`` whose Gaussian expectation the value is: what kind ``"integral"`` is evaluated by, and a
        closed form whose terms cancel too far.
    by_order : callable or None
        For general order: the formula of one order.
    series : callable or None
        Of a series, of an integral against another measure than the Gaussian, and of two points, whose limits are not
        in the expression: from digits and exact values of the variables to the value.

    Examples
    --------
    >>> from symbolic_moments import activation
    >>> formula = activation("relu").moment(1)
    >>> formula.statement
    'E[x relu(x)] = mu*sigma*phi(mu/sigma) + (mu**2 + sigma**2)*Phi(mu/sigma)'
    >>> print(formula.evalf(30, mu="0.3", sigma=2))
    2.52552396033902523574616907014
    """

    id: str
    quantity: str
    quantity_latex: str
    expr: Any
    variables: tuple[sp.Symbol, ...]
    assumptions: tuple[str, ...]
    steps: tuple[Step, ...]
    source: str
    kind: Literal["closed", "recurrence", "series", "integral"] = "closed"
    bound: str | None = None
    at_zero_sigma: Any = None
    integrand: Any = None
    by_order: Callable[[int], Formula] | None = field(default=None, compare=False, repr=False)
    series: Callable[[int, dict[sp.Symbol, Fraction]], Any] | None = field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        content = hash((self.quantity, self.expr, self.variables, self.assumptions, self.kind))
        if _registered.setdefault(self.id, content) != content:
            raise ValueError(f"formula id {self.id!r} is taken by a formula of another content; give another name")

    @property
    def statement(self) -> str:
        """The formula as one line of text; a series with its bound."""
        stated = str_of(self.expr) if self.kind == "recurrence" else f"{self.quantity} = {str_of(self.expr)}"
        return f"{stated}; {self.bound}" if self.kind == "series" else stated

    def latex(self) -> str:
        """The formula as LaTeX, without delimiters."""
        if self.kind == "recurrence":
            return latex_of(self.expr)
        return f"{self.quantity_latex} = {latex_of(self.expr)}"

    def derivation(self) -> str:
        r"""The derivation as LaTeX: a paragraph and a displayed equation per step, the result last."""
        lines = [f"\\textbf{{Claim.}} For {', '.join(self.assumptions)}:", f"\\[ {self.latex()} \\]"]
        for number, step in enumerate(self.steps, start=1):
            lines.append(f"\\textbf{{Step {number}.}} {step.text}")
            if step.equation:
                lines.append(f"\\[ {step.equation} \\]")
        if self.bound:
            lines.append(f"\\textbf{{Error.}} {self.bound}")
        lines.append(f"\\textbf{{Source.}} {self.source}")
        return "\n\n".join(lines)

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex()}$"

    def evalf(self, digits: int = 15, **values: Any) -> Any:
        """The value of the quantity to ``digits`` digits.

        Parameters
        ----------
        digits : int
            Decimal digits, relative to the value; any number.
        **values : int, float, str, Fraction or mpmath.mpf
            One per variable, by name. Floats are taken as the exact dyadic numbers they are, strings as decimals.
            Values for other names are ignored.

        Returns
        -------
        mpmath.mpf
            NaN where the quantity is not defined (a derivative at a kink for ``sigma = 0``).

        Raises
        ------
        ValueError, TypeError
            A variable has no value, a value is not a finite number, or ``sigma`` is negative.
        ArithmeticError
            The digits could not be reached.
        """
        if isinstance(digits, bool) or not isinstance(digits, int) or digits < 1:
            raise ValueError(f"digits = {digits!r} given; give a whole number of decimal digits, at least 1")
        if self.by_order is not None:
            if "n" not in values:
                raise ValueError(self._missing(["n"]))
            order = exact_fraction(values.pop("n"), "n")
            if order < 0 or order.denominator != 1:
                raise ValueError(f"n = {order} given; the order is a whole number, at least 0")
            return self.by_order(int(order)).evalf(digits, **values)
        missing = [symbol.name for symbol in self.variables if symbol.name not in values]
        if missing:
            raise ValueError(self._missing(missing))
        exact = {symbol: exact_fraction(values[symbol.name], symbol.name) for symbol in self.variables}
        for symbol, value in exact.items():
            if symbol.name == "sigma" or symbol.name.startswith("sigma_"):
                if value < 0:
                    raise ValueError(f"{symbol.name} = {values[symbol.name]} given; a standard deviation is at least 0")
            elif symbol.is_positive and value <= 0:
                raise ValueError(f"{symbol.name} = {values[symbol.name]} given; it must be positive")
        return self._value(digits, exact)

    def _missing(self, missing: list[str]) -> str:
        names = ", ".join(symbol.name for symbol in self.variables)
        return f"{self.quantity}: no value for {', '.join(missing)}; give {names} as keywords"

    def _value(self, digits: int, exact: dict[sp.Symbol, Fraction]) -> Any:
        expression = self.expr
        if exact.get(sigma) == 0:
            if self.at_zero_sigma is None:
                raise ValueError(f"{self.quantity} has no value at sigma = 0; give a positive sigma")
            expression = self.at_zero_sigma
        elif self.series is not None:
            return self.series(digits, exact)
        elif self.kind == "integral":
            return gaussian_expectation(digits, self.integrand, dict(exact))

        def value_at(context: Any) -> Any:
            return Evaluator(context, exact)(expression)

        deepest = deepest_cancellation(expression, exact)
        if self.integrand is None or exact.get(sigma) == 0:
            return agreeing_value(digits, value_at, self.quantity, deepest=deepest)
        most = _FARTHEST_CANCELLATION + 4 * digits + 2 * min(deepest, _DEEPEST_CANCELLATION)
        try:
            return agreeing_value(digits, value_at, self.quantity, most, deepest)
        except ArithmeticError:
            if deepest > _DEEPEST_CANCELLATION:
                raise
            return gaussian_expectation(digits, self.integrand, dict(exact))


def str_of(expression: Any) -> str:
    """An expression as text; equations with ``=``, several of them separated by semicolons."""
    if isinstance(expression, sp.Tuple):
        return "; ".join(str_of(equation) for equation in expression)
    return f"{expression.lhs} = {expression.rhs}" if isinstance(expression, sp.Eq) else str(expression)
