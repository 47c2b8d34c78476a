"""Names of array libraries, ``np.where`` and ``torch.relu``, as the language's own where both mean one thing."""

from __future__ import annotations

import ast
from typing import Any

__all__ = ["own_name"]

_LIBRARIES = frozenset(
    (
        *("np", "numpy", "math", "torch", "jnp", "jax.numpy", "cp", "cupy", "special", "scipy.special"),
        *("torch.special", "F", "nn.functional", "torch.nn.functional", "jax.nn"),
    )
)
_SHARED = frozenset(
    (
        *("abs", "acos", "arccos", "arcsin", "arcsinh", "arctan", "arctanh", "asin", "asinh", "atan", "atanh", "cbrt"),
        *("ceil", "cos", "cosh", "erf", "erfc", "exp", "exp2", "expit", "expm1", "fix", "floor", "heaviside", "hypot"),
        *("inf", "log", "log10", "log1p", "log2", "logaddexp", "maximum", "minimum", "ndtr", "pi", "pow", "relu"),
        *("rint", "round", "sigmoid", "sign", "sin", "sinh", "sqrt", "square", "tan", "tanh", "trunc", "where"),
    )
)
_RENAMED = {
    **{"absolute": "abs", "e": "E", "fabs": "abs", "power": "pow", "clamp": "clip", "clip": "clip"},
    **{name: name for name in ("logical_and", "logical_or", "logical_not")},
}


def own_name(node: ast.Attribute) -> str | None:
    """What ``library.name`` is called in the language; None where libraries differ in what they mean by the name.

    ``softplus`` is such a name (torch's is a line from 20 on), and so are ``gelu`` and ``max`` (NumPy's takes an axis).

    Examples
    --------
    >>> [own_name(ast.parse(text, mode="eval").body) for text in ("np.where", "torch.clamp", "F.gelu", "x.real")]
    ['where', 'clip', None, None]
    """
    library = _dotted(node.value)
    if library not in _LIBRARIES:
        return None
    return node.attr if node.attr in _SHARED else _RENAMED.get(node.attr)


def _dotted(node: Any) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""
