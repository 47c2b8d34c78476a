"""Parameters of activations: their domains, and how they enter."""

from __future__ import annotations

import keyword
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import sympy as sp

__all__ = ["POSITIVE", "REAL", "SCALES", "WHOLE_EXPONENT", "Domain", "Parameter"]


@dataclass(frozen=True)
class Domain:
    """A set of values.

    Attributes
    ----------
    name : str
        One word, which kernels repeat.
    words : str
        For messages: "it must be ...".
    accepts : callable
        From an exact value (or symbol) to whether it lies in the set.
    assumptions : mapping
        What SymPy may assume of a symbol for such a value; empty where only numbers will do.
    """

    name: str
    words: str
    accepts: Callable[[Any], bool]
    assumptions: Mapping[str, bool] = field(default_factory=dict, hash=False)


def _is_real(value: Any) -> bool:
    return value is not sp.nan and value.is_real is not False


def _is_positive(value: Any) -> bool:
    return bool(value.is_positive)


def _is_whole_exponent(value: Any) -> bool:
    return bool(value.is_Integer and 1 <= value <= 64)


REAL = Domain("real", "a real number", _is_real, {"real": True})
POSITIVE = Domain("positive", "a number above 0", _is_positive, {"positive": True})
WHOLE_EXPONENT = Domain("whole", "a whole number from 1 to 64", _is_whole_exponent)

SCALES: dict[str, sp.Rational] = {
    "scale": sp.Integer(1),
    "reciprocal scale": sp.Integer(-1),
    "squared scale": sp.Rational(1, 2),
}
"""Ways of being a scale: ``g(x; p) = r g(x/r; d)`` with ``r = (p/d)**SCALES[way]``, d the default."""

_WAYS = ("form", "coefficient", "breakpoint", *SCALES)


@dataclass(frozen=True)
class Parameter:
    r"""A parameter of an activation.

    Attributes
    ----------
    name : str
        Keyword.
    default : str
        An exact decimal or fraction.
    domain : Domain
        Where its values lie.
    enters : str
        How the function depends on it. ``"coefficient"``: the pieces of ``g`` are polynomials whose coefficients are
        expressions in it, and their ends are not. ``"breakpoint"``: a piece ends at it, and polynomials may have it
        among their coefficients. ``"scale"``: ``g(x; theta) = r g(x/r; d)`` with ``r = theta/d``, d
        the default: a change of units; ``"reciprocal scale"``: the same with ``r = d/theta`` (the beta of
        ``log(1 + exp(beta x))/beta``); ``"squared scale"``: with ``r = sqrt(theta/d)``. ``"form"``: it changes the
        formula itself (an exponent), so that a kernel is made for one value.
    above : str
        Name of the parameter that this one exceeds; "" for none. Kernels give NaN where it does not.
    edge : str
        A value on the edge of the domain, ``"0"`` or ``"oo"``, at which the expression still makes sense; "" for none.
        A kernel has it compiled in if it is emitted with it, and does not take it at run time.

    Raises
    ------
    ValueError
        The name is no plain Python identifier, the way of entering is unknown, a scale may be negative, what is no
        breakpoint is to exceed another, or the default lies outside the domain.

    Examples
    --------
    >>> from symbolic_moments.parameters import POSITIVE, Parameter
    >>> Parameter("theta", "1", POSITIVE, "scale").symbol
    theta
    >>> Parameter("theta", "0", POSITIVE, "scale")
    Traceback (most recent call last):
    ...
    ValueError: parameter theta: the default 0 is not a number above 0
    """

    name: str
    default: str
    domain: Domain = REAL
    enters: str = "form"
    above: str = ""
    edge: str = ""

    def __post_init__(self) -> None:
        plain = self.name.isidentifier() and not self.name.startswith("_")
        if not plain or keyword.iskeyword(self.name) or self.name in ("x", "mu", "sigma", "n", "k"):
            raise ValueError(
                f"parameter {self.name!r}: a name is a Python identifier other than x, mu, sigma, n and k, and without "
                "_ in front (lambda is a keyword of Python: say lambd)"
            )
        if self.enters not in _WAYS:
            raise ValueError(f"parameter {self.name}: enters = {self.enters!r} given; one of {', '.join(_WAYS)}")
        if self.enters in SCALES and self.domain is not POSITIVE:
            raise ValueError(f"parameter {self.name}: a {self.enters} is positive, {self.domain.words} given as domain")
        if self.above and self.enters != "breakpoint":
            raise ValueError(f"parameter {self.name}: above = {self.above!r} given; only a breakpoint exceeds another")
        if not self.domain.accepts(sp.Rational(self.default)):
            raise ValueError(f"parameter {self.name}: the default {self.default} is not {self.domain.words}")

    @property
    def symbol(self) -> sp.Symbol:
        """The parameter as a symbol, with the assumptions of its domain."""
        return sp.Symbol(self.name, **self.domain.assumptions)

    @property
    def words(self) -> str:
        """What its values are, for messages."""
        return f"{self.domain.words}, or {self.edge}" if self.edge else self.domain.words

    def accepts(self, value: Any) -> bool:
        """Whether an exact value lies in the domain or is its edge."""
        return self.domain.accepts(value) or bool(self.edge and value == sp.sympify(self.edge))
