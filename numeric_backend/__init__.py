"""Run: Gaussian moments of activations on arrays, decided by the arrays given."""

from __future__ import annotations

from numeric_backend import errors, kernels
from numeric_backend.isserlis import isserlis_moment
from numeric_backend.master_theorem import master_coefficients
from numeric_backend.namespaces import array_namespace
from numeric_backend.two_point import TwoPoint, two_point_covariance

__all__ = [
    "TwoPoint",
    "array_namespace",
    "errors",
    "isserlis_moment",
    "kernels",
    "master_coefficients",
    "two_point_covariance",
]
