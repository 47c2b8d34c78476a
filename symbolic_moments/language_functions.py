"""The functions and constants the language of activations knows, one entry each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sympy as sp

from symbolic_moments.lattices import largest, smallest
from symbolic_moments.normal import Phi
from symbolic_moments.normal import phi as normal_density
from symbolic_moments.rounding_functions import rounded

__all__ = ["CONSTANTS", "FUNCTIONS", "LanguageFunction"]


@dataclass(frozen=True)
class LanguageFunction:
    """How a call is built: its SymPy constructor and the number of arguments it takes.

    Attributes
    ----------
    build : callable
        From SymPy arguments to a SymPy expression.
    least, most : int
        Fewest and most arguments.
    pairs : bool
        The arguments are (value, condition) pairs.
    """

    build: Callable[..., Any]
    least: int = 1
    most: int = 1
    pairs: bool = False


def _sigmoid(u: Any) -> Any:
    return 1 / (1 + sp.exp(-u))


def _clip(u: Any, low: Any, high: Any) -> Any:
    if (high - low).is_negative:
        raise ValueError(f"clip needs low <= high, {low} and {high} given")
    return smallest(largest(u, low), high)


def _truncated(u: Any) -> Any:
    return sp.floor(sp.Max(u, 0)) + sp.ceiling(sp.Min(u, 0))


def _heaviside(u: Any, at_zero: Any = sp.S.Half) -> Any:
    return sp.Heaviside(u, at_zero)


def _atanh(u: Any) -> Any:
    return (sp.log(1 + u) - sp.log(1 - u)) / 2


_SYMPY_NAMES = (
    *("exp", "log", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh", "sech"),
    *("asin", "acos", "atan", "asinh", "erf", "erfc", "sign"),
)
_ARRAY_NAMES: dict[str, LanguageFunction] = {
    "arcsin": LanguageFunction(sp.asin),
    "arccos": LanguageFunction(sp.acos),
    "arctan": LanguageFunction(sp.atan),
    "arcsinh": LanguageFunction(sp.asinh),
    "arctanh": LanguageFunction(_atanh),
    "atanh": LanguageFunction(_atanh),
    "cbrt": LanguageFunction(lambda u: sp.sign(u) * sp.Abs(u) ** sp.Rational(1, 3)),
    "ceil": LanguageFunction(sp.ceiling),
    "exp2": LanguageFunction(lambda u: 2**u),
    "expit": LanguageFunction(_sigmoid),
    "expm1": LanguageFunction(lambda u: sp.exp(u) - 1),
    "fix": LanguageFunction(_truncated),
    "floor": LanguageFunction(sp.floor),
    "hypot": LanguageFunction(lambda a, b: sp.sqrt(a**2 + b**2), 2, 2),
    "log10": LanguageFunction(lambda u: sp.log(u) / sp.log(10)),
    "log1p": LanguageFunction(lambda u: sp.log(1 + u)),
    "log2": LanguageFunction(lambda u: sp.log(u) / sp.log(2)),
    "logaddexp": LanguageFunction(lambda a, b: sp.log(sp.exp(a) + sp.exp(b)), 2, 2),
    "maximum": LanguageFunction(largest, 2, 2),
    "minimum": LanguageFunction(smallest, 2, 2),
    "ndtr": LanguageFunction(Phi),
    "rint": LanguageFunction(rounded),
    "round": LanguageFunction(rounded),
    "square": LanguageFunction(lambda u: u**2),
    "trunc": LanguageFunction(_truncated),
    "where": LanguageFunction(sp.Piecewise, 3, 3),  # three are rewritten as pairs before they are read
}
"""Names of NumPy and SciPy for what the language has."""

CONSTANTS: dict[str, Any] = {"pi": sp.pi, "E": sp.E, "inf": sp.oo}

FUNCTIONS: dict[str, LanguageFunction] = {
    **{name: LanguageFunction(getattr(sp, name)) for name in _SYMPY_NAMES},
    **_ARRAY_NAMES,
    "abs": LanguageFunction(sp.Abs),
    "Abs": LanguageFunction(sp.Abs),
    "Phi": LanguageFunction(Phi),
    "phi": LanguageFunction(normal_density),
    "max": LanguageFunction(largest, 2, 20),
    "Max": LanguageFunction(largest, 2, 20),
    "min": LanguageFunction(smallest, 2, 20),
    "Min": LanguageFunction(smallest, 2, 20),
    "Heaviside": LanguageFunction(_heaviside, 1, 2),
    "heaviside": LanguageFunction(_heaviside, 1, 2),
    "Piecewise": LanguageFunction(sp.Piecewise, pairs=True),
    "relu": LanguageFunction(lambda u: largest(u, 0)),
    "sigmoid": LanguageFunction(_sigmoid),
    "softplus": LanguageFunction(lambda u: sp.log(1 + sp.exp(u))),
    "clip": LanguageFunction(_clip, 3, 3),
}
