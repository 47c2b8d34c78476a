"""Polynomials that replace networks, in closed form: least squares under Gaussian inputs, exactly.

Examples
--------
>>> import polywick as pw
>>> net = pw.MLP([[1.0, 2.0]], [0.0], [[1.0]], [0.0], "relu")
>>> P = pw.approximate(net, pw.Gaussian.standard(2), degree=2)
>>> P.linear
array([[0.5, 1. ]])
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from polywick.approximate import approximate
from polywick.curve import fvu_curve
from polywick.gated import GLU
from polywick.inputs import Gaussian
from polywick.mixture import GaussianMixture
from polywick.network import MLP
from polywick.polynomial import Polynomial
from polywick.reading import read
from polywick.storage import load

__all__ = [
    "GLU",
    "MLP",
    "Gaussian",
    "GaussianMixture",
    "Polynomial",
    "approximate",
    "fvu_curve",
    "kernel",
    "load",
    "read",
]


# What needs SymPy is imported when it is first asked for, so that `import polywick` stays light.
_ON_DEMAND = {"kernel": "polywick.derived"}


def __getattr__(name: str) -> Any:
    """The public names that are imported on demand."""
    if name in _ON_DEMAND:
        return getattr(import_module(_ON_DEMAND[name]), name)
    raise AttributeError(f"module 'polywick' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
