"""Exponentials, Gaussians and waves: a polynomial times ``exp(-q x^2 + c x)``, sine or cosine, in pieces."""

from __future__ import annotations

from symbolic_moments.parameters import POSITIVE, REAL, Parameter
from symbolic_moments.records import ActivationRecord

__all__ = ["RECORDS"]

RECORDS: tuple[ActivationRecord, ...] = (
    ActivationRecord(
        "exp",
        "exp(x)",
        "PE",
        ("exponential",),
        found_in="keras exponential, neural-tangents Exp",
        used_in="log-linear models, exponential kernels",
        note="moments overflow to inf, never to NaN",
    ),
    ActivationRecord(
        "elu",
        "Piecewise((x, x > 0), ({alpha}*(exp(x) - 1), True))",
        "PE",
        (),
        (Parameter("alpha", "1", REAL, "coefficient"),),
        found_in="torch, jax, keras",
    ),
    ActivationRecord(
        "celu",
        "Piecewise((x, x > 0), ({alpha}*(exp(x/{alpha}) - 1), True))",
        "PE",
        (),
        (Parameter("alpha", "1", POSITIVE, "scale"),),
        found_in="torch, jax, keras",
    ),
    ActivationRecord(
        "selu",
        "1.0507009873554804934193349852946"
        "*Piecewise((x, x > 0), (1.6732632423543772848170429916717*(exp(x) - 1), True))",
        "PE",
        found_in="torch, jax, keras",
        used_in="self-normalising networks",
    ),
    ActivationRecord(
        "xielu",
        "Piecewise(({alpha_p}*x**2 + {beta}*x, x > 0), ({alpha_n}*(exp(Min(x, -1/1000000)) - 1 - x) + {beta}*x, True))",
        "PE",
        (),
        (
            Parameter("alpha_p", "0.8", REAL),
            Parameter("alpha_n", "0.8", REAL),
            Parameter("beta", "0.5", REAL),
        ),
        found_in="transformers xielu",
        used_in="Apertus language models",
        note="alpha_p and alpha_n as they act, after the softplus of what is learned",
    ),
    ActivationRecord(
        "gaussian",
        "exp(-x**2)",
        "GA",
        ("rbf", "gaussian_rbf"),
        found_in="neural-tangents Gaussian",
        used_in="radial basis networks",
    ),
    ActivationRecord(
        "gabor", "exp(-x**2)*sin(x)", "TR", found_in="neural-tangents Gabor", used_in="implicit neural representations"
    ),
    ActivationRecord(
        "sin",
        "sin(x)",
        "TR",
        ("sine", "siren"),
        found_in="neural-tangents Sin",
        used_in="implicit neural representations",
    ),
    ActivationRecord(
        "cos", "cos(x)", "TR", ("cosine",), found_in="neural-tangents Cos", used_in="random Fourier features"
    ),
    ActivationRecord(
        "snake",
        "x + sin({frequency}*x)**2/{frequency}",
        "TR",
        (),
        (Parameter("frequency", "1", POSITIVE, "reciprocal scale"),),
        found_in="TensorFlow Addons snake",
        used_in="audio synthesis",
    ),
    ActivationRecord(
        "gcu",
        "x*cos(x)",
        "TR",
        ("growing_cosine", "growing_cosine_unit"),
        used_in="single neurons that learn exclusive or",
    ),
)
