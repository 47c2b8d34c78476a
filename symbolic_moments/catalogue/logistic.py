"""Logistic functions: polynomials with sigmoid, tanh and softplus."""

from __future__ import annotations

from symbolic_moments.parameters import POSITIVE, Parameter
from symbolic_moments.records import ActivationRecord

__all__ = ["RECORDS"]

RECORDS: tuple[ActivationRecord, ...] = (
    ActivationRecord(
        "sigmoid",
        "sigmoid(x)",
        "LG",
        ("logistic", "expit"),
        found_in="torch, jax, keras, transformers",
        used_in="gates",
    ),
    ActivationRecord("log_sigmoid", "-softplus(-x)", "LG", ("logsigmoid",), found_in="torch logsigmoid, jax, keras"),
    ActivationRecord("tanh", "tanh(x)", "LG", ("hyperbolic_tangent",), found_in="torch, jax, keras, transformers"),
    ActivationRecord(
        "tanhshrink", "x - tanh(x)", "LG", ("tanh_shrink",), found_in="torch tanhshrink, keras tanh_shrink"
    ),
    ActivationRecord(
        "silu",
        "x*sigmoid(x)",
        "LG",
        ("swish", "swish_1"),
        found_in="torch, jax, keras, transformers silu and swish, TransformerLens",
        used_in="LLaMA and EfficientNet",
    ),
    ActivationRecord(
        "quick_gelu",
        "x*sigmoid({beta}*x)",
        "LG",
        ("gelu_quick", "sigmoid_gelu"),
        (Parameter("beta", "1.702", POSITIVE, "reciprocal scale"),),
        found_in="transformers quick_gelu",
        used_in="CLIP",
        note="swish with a slope: beta=1 is silu",
    ),
    ActivationRecord(
        "softplus",
        "log(1 + exp({beta}*x))/{beta}",
        "LG",
        ("smooth_relu",),
        (Parameter("beta", "1", POSITIVE, "reciprocal scale"),),
        found_in="torch, jax, keras",
        note="the function itself; torch takes x above 20/beta, which differs by less than 2.1e-9/beta",
    ),
    ActivationRecord("lisht", "x*tanh(x)", "LG", ("linearly_scaled_tanh",), found_in="TensorFlow Addons lisht"),
)
