"""Functions without a closed form or a series: their moments are integrals."""

from __future__ import annotations

from symbolic_moments.parameters import POSITIVE, Parameter
from symbolic_moments.records import ActivationRecord

__all__ = ["RECORDS"]

RECORDS: tuple[ActivationRecord, ...] = (
    ActivationRecord(
        "gelu_tanh",
        "x/2*(1 + tanh(sqrt(2/pi)*(x + 0.044715*x**3)))",
        "NO",
        (
            "gelu_new",
            "gelu_fast",
            "gelu_pytorch_tanh",
            "gelu_python_tanh",
            "gelu_accurate",
            "gelu_approximate",
            "gelu_jax",
        ),
        found_in="torch gelu(approximate='tanh'), jax gelu by default, transformers and TransformerLens gelu_new",
        used_in="GPT-2, Gemma",
    ),
    ActivationRecord("mish", "x*tanh(softplus(x))", "NO", found_in="torch, jax, keras, transformers", used_in="YOLOv4"),
    ActivationRecord(
        "sqrtsoftplus",
        "sqrt(softplus(x))",
        "NO",
        ("sqrt_softplus",),
        found_in="transformers sqrtsoftplus",
        used_in="DeepSeek-V4 routing",
    ),
    ActivationRecord("softsign", "x/(1 + Abs(x))", "NO", ("soft_sign",), found_in="torch, jax soft_sign, keras"),
    ActivationRecord(
        "squareplus",
        "(x + sqrt(x**2 + {b}))/2",
        "NO",
        (),
        (Parameter("b", "4", POSITIVE, "squared scale", edge="0"),),
        found_in="jax, keras",
    ),
)
