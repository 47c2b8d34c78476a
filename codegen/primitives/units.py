"""A parameter that is a scale changes units: powers of it multiply what was computed in the old units."""

from typing import Any


def moments_in_units(values: Any, unit: Any) -> Any:
    """``unit^(n+1) value_n``; step by step, so that no power of the unit overflows before its product does."""
    results = []
    for n, value in enumerate(values):
        for _ in range(n + 1):
            value = value * unit
        results.append(value)
    return results


def derivatives_in_units(values: Any, unit: Any) -> Any:
    """``unit^(1-k) value_k``, step by step."""
    results = [values[0] * unit]
    for k, value in enumerate(values[1:]):
        for _ in range(k):
            value = value / unit
        results.append(value)
    return results
