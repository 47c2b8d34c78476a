"""An activation and the formulas of its Gaussian moments."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Any

import sympy as sp

from symbolic_moments.activations import CATALOGUE, VECTOR_VALUED, ActivationRecord, normalised, record_of
from symbolic_moments.decomposition import Decomposition, decompose
from symbolic_moments.error_function_moments import ErrorFunctionMoments
from symbolic_moments.expansion_size import require_moderate_expansion
from symbolic_moments.formula import Formula
from symbolic_moments.integrability import require_integrable
from symbolic_moments.integral_moments import IntegralMoments
from symbolic_moments.language import LIMITS, read_expression
from symbolic_moments.language_functions import CONSTANTS, FUNCTIONS
from symbolic_moments.lattices import settled
from symbolic_moments.logistic_moments import LogisticMoments
from symbolic_moments.moment_rules import MomentRules
from symbolic_moments.names import nearest_name
from symbolic_moments.parameter_values import expression_with, values_of, with_values
from symbolic_moments.parameters import Parameter
from symbolic_moments.piecewise_moments import PiecewiseMoments
from symbolic_moments.symbols import x
from symbolic_moments.tilted_moments import TiltedMoments

__all__ = ["Activation", "activation"]

_ANONYMOUS = "g_"


@dataclass(frozen=True)
class Activation:
    """A function ``g`` of one real variable, with the formulas of its moments under ``y ~ N(mu, sigma^2)``.

    Attributes
    ----------
    name : str
        An identifier.
    expression : sympy.Expr
        ``g`` in the symbol ``x``.
    decomposition : Decomposition
        Its parts.
    record : ActivationRecord or None
        Its entry in the catalogue.
    key : str
        What the ids of its formulas begin with: the name, and a hash of the expression unless it is the catalogue's.
    values : tuple of (Parameter, sympy.Expr)
        The parameters of the record and what they were given: a number, or a symbol where one was left open.

    Examples
    --------
    >>> from symbolic_moments import activation
    >>> gelu = activation("gelu")
    >>> gelu.moment(0).statement
    'E[gelu(x)] = mu*Phi(mu/sqrt(sigma**2 + 1)) + sigma**2*phi(mu/sqrt(sigma**2 + 1))/sqrt(sigma**2 + 1)'
    """

    name: str
    expression: sp.Expr
    decomposition: Decomposition
    record: ActivationRecord | None
    key: str
    values: tuple[tuple[Parameter, sp.Expr], ...] = ()

    @property
    def template(self) -> sp.Expr:
        """``g`` with every parameter of its record as a symbol, whatever the values given."""
        if self.record is None or not self.values:
            return self.expression
        return expression_with(self.record, {parameter.name: parameter.symbol for parameter, _ in self.values})

    @property
    def family(self) -> str:
        """``"PP"``, ``"PE"``, ``"GA"``, ``"TR"``, ``"CH"``, ``"ER"``, ``"LG"``, ``"NO"``; see `Decomposition`."""
        return self.decomposition.family

    @property
    def parameters(self) -> tuple[sp.Symbol, ...]:
        """Symbols of the expression other than ``x``."""
        return tuple(sorted(self.expression.free_symbols - {x}, key=str))

    @property
    def label(self) -> str:
        """What formulas call the activation."""
        return "g" if self.name.startswith(_ANONYMOUS) and self.record is None else self.name

    def _rules(self, power: int = 1) -> MomentRules:
        if power == 1:
            return _rules_of(self.decomposition)(self.label, self.key, self.expression, self.decomposition)
        raised = self.expression**power
        require_moderate_expansion(raised)
        require_integrable(raised)
        parts = decompose(raised)
        return _rules_of(parts)(f"{self.label}^{power}", f"{self.key}.power.{power}", raised, parts)

    def moment(self, n: int) -> Formula:
        """``E[y^n g(y)]``, ``n >= 0``."""
        return self._rules().moment(_order(n, "moment"))

    def hermite(self, n: int) -> Formula:
        """``c_n = E[g(y) He_n((y - mu)/sigma)]``, ``n >= 0``."""
        return self._rules().hermite(_order(n, "hermite"))

    def expected_derivative(self, n: int, power: int = 1) -> Formula:
        """``E[(g^power)^(n)(y)]``, the derivative in the sense of distributions.

        Parameters
        ----------
        n : int
            Order of the derivative, at least 0.
        power : int
            Power of g, from 1 to 16: what cumulants of g(y) are propagated by.

        Raises
        ------
        ValueError
            An order or a power that is no such number; a power that no Gaussian integrates; too large an expansion.

        Examples
        --------
        >>> activation("relu").expected_derivative(1, power=2).statement
        'E[(relu^2)^(1)(x)] = 2*mu*Phi(mu/sigma) + 2*sigma*phi(mu/sigma)'
        """
        return self._rules(_power(power)).expected_derivative(_order(n, "expected_derivative"))

    def second_moment(self) -> Formula:
        """``E[g(y)^2]``."""
        return self._rules().second_moment()

    def moments(self) -> Formula:
        """``E[y^n g(y)]`` for general ``n``: a recurrence with its seeds, or the integral."""
        return self._rules().moments()


def _rules_of(decomposition: Decomposition) -> type[MomentRules]:
    if decomposition.is_untilted:
        return PiecewiseMoments if decomposition.family == "PP" else ErrorFunctionMoments
    other: dict[str, type[MomentRules]] = {"LG": LogisticMoments, "NO": IntegralMoments}
    return other.get(decomposition.family, TiltedMoments)


def _order(n: Any, method: str) -> int:
    if isinstance(n, bool) or not isinstance(n, (int, sp.Integer)) or n < 0:
        raise ValueError(f"{method}({n!r}): the order is a whole number, at least 0")
    return int(n)


def _power(power: Any) -> int:
    if isinstance(power, bool) or not isinstance(power, (int, sp.Integer)) or not 1 <= power <= LIMITS.power:
        raise ValueError(f"power = {power!r} given; the power of g is a whole number from 1 to {LIMITS.power}")
    return int(power)


def activation(spec: Any, name: str | None = None, **parameters: Any) -> Activation:
    """The activation that ``spec`` denotes.

    Parameters
    ----------
    spec : str, sympy.Expr, ActivationRecord or Activation
        A name of the catalogue, an expression in ``x`` as a string, a SymPy expression in one symbol (several, if
        one is called ``x``: the others are parameters), or a record like those of the catalogue.
    name : str, optional
        An identifier; by default the catalogue's name, or ``g_`` and a hash of the expression.
    **parameters : int, str, float, Fraction or sympy expression
        Values of the activation's parameters. A parameter of the catalogue not given takes its default (leaky_relu's
        slope is 1/100); give its own name as a string (``slope="slope"``), or a SymPy symbol, to keep it symbolic. A
        float means the decimal it prints as.

    Returns
    -------
    Activation

    Raises
    ------
    ValueError
        Unknown name (the nearest is suggested), an expression outside the language, a vector-valued activation, one
        not integrable against every Gaussian; a parameter that is unknown or outside its domain; kinks at symbolic
        positions without an order.

    Examples
    --------
    >>> from symbolic_moments import activation
    >>> activation("leaky_relu", slope="0.2").expression
    Piecewise((x, x > 0), (x/5, True))
    >>> activation("leaky_relu", slope="slope").expected_derivative(1).statement
    'E[leaky_relu^(1)(x)] = slope + (1 - slope)*Phi(mu/sigma)'
    >>> activation("x*erf(x)", name="double_gelu").family
    'ER'
    >>> activation("geluu")
    Traceback (most recent call last):
    ...
    ValueError: unknown activation 'geluu'; did you mean 'gelu'? see polywick list, or give an expression in x
    """
    if isinstance(spec, Activation):
        if parameters or name not in (None, spec.name):
            raise ValueError(f"an activation that is built already ({spec.name}) takes no name and no parameters")
        return spec
    if name is not None and not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,59}", str(name)):
        raise ValueError(f"name = {name!r} given; a name is a letter followed by letters, digits and _ (at most 60)")
    record = spec if isinstance(spec, ActivationRecord) else _catalogued(spec) if isinstance(spec, str) else None
    values: tuple[tuple[Parameter, sp.Expr], ...] = ()
    if record is not None:
        values = values_of(record, parameters)
        expression = expression_with(record, {parameter.name: value for parameter, value in values})
        is_default = record in CATALOGUE and all(value == sp.Rational(p.default) for p, value in values)
    else:
        expression = settled(with_values(read_expression(spec), parameters))
        is_default = False
    require_moderate_expansion(expression)
    require_integrable(expression)
    digest = hashlib.sha256(sp.srepr(expression).encode()).hexdigest()[:10]
    chosen = name or (record.name if record is not None else _ANONYMOUS + digest)
    key = chosen if is_default and record is not None and chosen == record.name else f"{chosen}.{digest}"
    return Activation(chosen, expression, decompose(expression), record, key, values)


def _catalogued(spec: str) -> ActivationRecord | None:
    """The record ``spec`` names; None if it is an expression."""
    if len(spec) > LIMITS.length:
        return None
    name = normalised(spec)
    if re.fullmatch(r"[a-z_][a-z0-9_]*(\^|\*\*)[23]", name):
        return record_of(name)
    if not re.fullmatch(r"[a-z_][a-z0-9_]*", name) or spec.strip() == "x" or spec.strip() in CONSTANTS:
        return None
    record = record_of(name)
    if record is not None:
        return record
    if name in VECTOR_VALUED:
        raise ValueError(f"{name} is not an activation of one variable: it {VECTOR_VALUED[name]}")
    if spec.strip() in FUNCTIONS:
        raise ValueError(f"{spec.strip()!r} is a function of the language; give it its argument: '{spec.strip()}(x)'")
    known = [alias for one in CATALOGUE for alias in (one.name, *one.aliases)]
    plain = spec.strip().isidentifier()
    nearest = nearest_name(name, known, furthest=len(name) // 2 if plain else 1)
    if not plain and nearest is None:
        return None
    suggestion = f" did you mean {nearest!r}?" if nearest else ""
    raise ValueError(f"unknown activation {spec.strip()!r};{suggestion} see polywick list, or give an expression in x")
