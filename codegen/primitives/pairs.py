"""Arithmetic to twice the working precision: numbers are pairs (number, what rounding took from it)."""

from typing import Any

from codegen.primitives.compensated import exact_product, exact_sum


def paired_sum(a: Any, b: Any) -> Any:
    """``a + b``."""
    total, error = exact_sum(a[0], b[0])
    return exact_sum(total, error + (a[1] + b[1]))


def paired_difference(a: Any, b: Any) -> Any:
    """``a - b``."""
    return paired_sum(a, (-b[0], -b[1]))


def paired_product(xp: Any, a: Any, b: Any) -> Any:
    """``a b``."""
    product, error = exact_product(xp, a[0], b[0])
    return exact_sum(product, error + (a[0] * b[1] + a[1] * b[0]))


def paired_quotient(xp: Any, a: Any, b: Any) -> Any:
    """``a / b``."""
    quotient = a[0] / b[0]
    back, back_error = exact_product(xp, quotient, b[0])
    rest = ((a[0] - back) - back_error) + (a[1] - quotient * b[1])
    return exact_sum(quotient, rest / b[0])
