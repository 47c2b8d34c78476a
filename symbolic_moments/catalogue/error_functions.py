"""Polynomials times the normal distribution function."""

from __future__ import annotations

from symbolic_moments.records import ActivationRecord

__all__ = ["RECORDS"]

RECORDS: tuple[ActivationRecord, ...] = (
    ActivationRecord(
        "gelu",
        "x*Phi(x)",
        "ER",
        ("gelu_erf", "gelu_exact", "gelu_python", "gelu_none"),
        found_in="torch, keras, transformers gelu and gelu_python, TransformerLens",
        used_in="BERT, GPT, vision transformers",
        note="the exact form, as torch, Keras and transformers mean it; jax.nn.gelu is gelu_tanh by default",
    ),
    ActivationRecord(
        "erf", "erf(x)", "ER", found_in="neural-tangents Erf", used_in="mean-field theory of wide networks"
    ),
    ActivationRecord("probit", "Phi(x)", "ER", ("normal_cdf", "phi_cdf"), used_in="probit regression"),
    ActivationRecord(
        "laplace",
        "Phi((x - 0.707107)/0.282095)",
        "ER",
        found_in="transformers laplace",
        used_in="Mega language models",
        note="(1 + erf((x - 0.707107)/(0.282095*sqrt(2))))/2 with the six decimals transformers writes",
    ),
    ActivationRecord(
        "gelu_10",
        "clip(x*Phi(x), -10, 10)",
        "NO",
        ("gelu_clipped",),
        found_in="transformers gelu_10",
        used_in="quantised networks",
        note="kink where x*Phi(x) = 10",
    ),
)
