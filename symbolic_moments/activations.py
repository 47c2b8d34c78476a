"""The catalogue by name, and what is no activation of one variable."""

from __future__ import annotations

import re

from symbolic_moments.catalogue import CATALOGUE
from symbolic_moments.parameters import Parameter
from symbolic_moments.records import ActivationRecord

__all__ = ["CATALOGUE", "VECTOR_VALUED", "ActivationRecord", "Parameter", "normalised", "record_of"]

_ONE_UNIT = "give a function of one unit, such as sigmoid"
_VECTOR = f"maps a whole vector at once, so its units are not functions of one Gaussian variable; {_ONE_UNIT}"
_GATED = "multiplies two different pre-activations; give the gate's own activation and build a GLU"

VECTOR_VALUED: dict[str, str] = {
    **dict.fromkeys(("softmax", "log_softmax", "softmin", "sparsemax", "entmax", "gumbel_softmax"), _VECTOR),
    "crelu": "has two outputs, relu(x) and relu(-x); approximate each by itself",
    "maxout": f"takes the maximum of several pre-activations; {_ONE_UNIT}",
    **dict.fromkeys(("glu", "reglu", "geglu", "swiglu", "bilinear"), _GATED),
    **dict.fromkeys(("solu", "solu_ln"), "is x*softmax(x), and " + _VECTOR),
    "layernorm": _VECTOR,
}


def record_of(name: str) -> ActivationRecord | None:
    """The record of a name or alias, case, hyphens and spaces aside; None if there is none.

    Examples
    --------
    >>> from symbolic_moments.activations import record_of
    >>> record_of("Squared-ReLU").name, record_of("leaky_relu^2").name
    ('relu2', 'leaky_relu2')
    """
    wanted = re.sub(r"(\^|\*\*)(?=[23]$)", "", normalised(name))  # relu^2 is relu2
    for record in CATALOGUE:
        if wanted == record.name or wanted in record.aliases:
            return record
    return None


def normalised(name: str) -> str:
    """A name in lower case with underscores."""
    return name.strip().lower().replace("-", "_").replace(" ", "_")
