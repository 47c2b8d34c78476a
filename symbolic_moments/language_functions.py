"""The functions and constants the language of activations knows, one entry each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sympy as sp

from symbolic_moments.normal import Phi
from symbolic_moments.normal import phi as normal_density

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
    return sp.Min(sp.Max(u, low), high)


def _heaviside(u: Any, at_zero: Any = sp.S.Half) -> Any:
    return sp.Heaviside(u, at_zero)


_SYMPY_NAMES = (
    *("exp", "log", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh", "sech"),
    *("asin", "acos", "atan", "asinh", "erf", "erfc", "sign"),
)

CONSTANTS: dict[str, Any] = {"pi": sp.pi, "E": sp.E}

FUNCTIONS: dict[str, LanguageFunction] = {
    **{name: LanguageFunction(getattr(sp, name)) for name in _SYMPY_NAMES},
    "abs": LanguageFunction(sp.Abs),
    "Abs": LanguageFunction(sp.Abs),
    "arctan": LanguageFunction(sp.atan),
    "Phi": LanguageFunction(Phi),
    "phi": LanguageFunction(normal_density),
    "max": LanguageFunction(sp.Max, 2, 20),
    "Max": LanguageFunction(sp.Max, 2, 20),
    "min": LanguageFunction(sp.Min, 2, 20),
    "Min": LanguageFunction(sp.Min, 2, 20),
    "Heaviside": LanguageFunction(_heaviside, 1, 2),
    "heaviside": LanguageFunction(_heaviside, 1, 2),
    "Piecewise": LanguageFunction(sp.Piecewise, pairs=True),
    "relu": LanguageFunction(lambda u: sp.Max(u, 0)),
    "sigmoid": LanguageFunction(_sigmoid),
    "softplus": LanguageFunction(lambda u: sp.log(1 + sp.exp(u))),
    "clip": LanguageFunction(_clip, 3, 3),
}
