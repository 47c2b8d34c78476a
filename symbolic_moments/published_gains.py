"""Gains that initialisers multiply weights by, as their libraries and papers print them."""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp

from symbolic_moments.activation import Activation

__all__ = ["PublishedGain", "published_gain"]

_TORCH = "torch.nn.init.calculate_gain"


@dataclass(frozen=True)
class PublishedGain:
    """A printed gain, where it is printed, and how it relates to what g does to a Gaussian."""

    value: sp.Expr
    source: str
    remark: str

    @property
    def statement(self) -> str:
        """The gain as text."""
        return sp.sstr(self.value)


_GAINS = {
    "identity": PublishedGain(sp.Integer(1), _TORCH, "exact: the identity keeps every second moment"),
    "sigmoid": PublishedGain(sp.Integer(1), _TORCH, "a convention: not what keeps q = 1"),
    "relu": PublishedGain(
        sp.sqrt(2), f"{_TORCH}; K. He et al. 2015 (arXiv 1502.01852)", "exact: E[relu(z)^2] = E[relu'(z)^2] = 1/2"
    ),
    "tanh": PublishedGain(
        sp.Rational(5, 3),
        _TORCH,
        "an empirical constant: larger than what keeps q = 1, so q settles at the fixed point below",
    ),
    "selu": PublishedGain(
        sp.Rational(3, 4),
        _TORCH,
        "gives up the fixed point for stabler gradients: selu is built so that its exact gain is 1 "
        "(G. Klambauer et al. 2017, arXiv 1706.02515)",
    ),
}


def published_gain(g: Activation) -> PublishedGain | None:
    """What initialisers use for g; None where nothing is printed.

    Examples
    --------
    >>> from symbolic_moments import activation
    >>> published_gain(activation("leaky_relu", slope="1/5")).statement
    '5*sqrt(13)/13'
    """
    name = g.record.name if g.record is not None else ""
    if name in ("leaky_relu", "prelu"):
        slope = g.values[0][1]
        value = sp.sqrt(2 / (1 + slope**2))
        return PublishedGain(value, f"{_TORCH}; K. He et al. 2015 (arXiv 1502.01852)", "exact for this slope")
    return _GAINS.get(name)
