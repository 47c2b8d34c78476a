"""The catalogue: one frozen record per activation."""

from __future__ import annotations

from dataclasses import dataclass

from symbolic_moments.parameters import REAL, WHOLE_EXPONENT, Parameter

__all__ = ["CATALOGUE", "VECTOR_VALUED", "ActivationRecord", "Parameter", "record_of"]


@dataclass(frozen=True)
class ActivationRecord:
    """What the catalogue says about an activation.

    Attributes
    ----------
    name : str
        The name of its kernel too.
    expression : str
        In the language of activations; parameters stand in braces.
    family : str
        Of its decomposition: ``"PP"`` or ``"ER"``.
    aliases : tuple of str
        Other names.
    parameters : tuple of Parameter
        With their defaults.
    used_in, note : str
        Where it is met; what else to know.
    """

    name: str
    expression: str
    family: str
    aliases: tuple[str, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    used_in: str = ""
    note: str = ""


CATALOGUE: tuple[ActivationRecord, ...] = (
    ActivationRecord("identity", "x", "PP", ("linear",), used_in="bilinear layers"),
    ActivationRecord("square", "x**2", "PP", ("quadratic",), used_in="polynomial networks"),
    ActivationRecord("cube", "x**3", "PP", ("cubic",), used_in="polynomial networks"),
    ActivationRecord("relu", "Max(x, 0)", "PP", ("rectifier",), used_in="the default of convolutional networks"),
    ActivationRecord(
        "leaky_relu",
        "Piecewise((x, x > 0), ({slope}*x, True))",
        "PP",
        ("lrelu", "prelu"),
        (Parameter("slope", "0.01", REAL, "coefficient"),),
        used_in="generative adversarial networks",
    ),
    ActivationRecord("abs", "Abs(x)", "PP", ("absolute_value",), used_in="phase retrieval, scattering networks"),
    ActivationRecord(
        "heaviside", "Heaviside(x)", "PP", ("step", "binary_step"), used_in="perceptrons", note="1/2 at 0"
    ),
    ActivationRecord("sign", "sign(x)", "PP", ("signum", "sgn"), used_in="binarised networks", note="0 at 0"),
    ActivationRecord(
        "relu2",
        "Max(x, 0)**2",
        "PP",
        ("relu_squared", "squared_relu"),
        used_in="Primer, Nemotron language models",
    ),
    ActivationRecord("relu3", "Max(x, 0)**3", "PP", ("relu_cubed", "cubed_relu"), used_in="deep Ritz method"),
    ActivationRecord(
        "rectified_power",
        "Max(x, 0)**{exponent}",
        "PP",
        ("repu",),
        (Parameter("exponent", "2", WHOLE_EXPONENT),),
        used_in="rectified power units in approximation theory",
    ),
    ActivationRecord("erf", "erf(x)", "ER", used_in="mean-field theory of wide networks"),
    ActivationRecord(
        "gelu",
        "x*Phi(x)",
        "ER",
        ("gelu_erf", "gelu_exact"),
        used_in="BERT, GPT, vision transformers",
        note="the exact form, not its tanh approximation",
    ),
    ActivationRecord("probit", "Phi(x)", "ER", ("normal_cdf", "phi_cdf"), used_in="probit regression"),
)

_VECTOR = "maps a whole vector at once, so its units are not functions of one Gaussian variable"
_GATED = "multiplies two different pre-activations; give the gate's own activation and build a GLU"

VECTOR_VALUED: dict[str, str] = {
    **dict.fromkeys(("softmax", "log_softmax", "softmin", "sparsemax", "entmax", "gumbel_softmax"), _VECTOR),
    "crelu": "has two outputs, relu(x) and relu(-x); approximate each by itself",
    "maxout": "takes the maximum of several pre-activations",
    **dict.fromkeys(("glu", "reglu", "geglu", "swiglu", "bilinear"), _GATED),
    "solu": "is x*softmax(x): " + _VECTOR,
    "rrelu": "is random; its expectation over the slope is leaky_relu",
    "layernorm": _VECTOR,
}


def record_of(name: str) -> ActivationRecord | None:
    """The record of a name or alias, case, hyphens and spaces aside; None if there is none.

    Examples
    --------
    >>> from symbolic_moments.activations import record_of
    >>> record_of("Squared-ReLU").name
    'relu2'
    """
    wanted = normalised(name)
    for record in CATALOGUE:
        if wanted == record.name or wanted in record.aliases:
            return record
    return None


def normalised(name: str) -> str:
    """A name in lower case with underscores."""
    return name.strip().lower().replace("-", "_").replace(" ", "_")
