"""A parameter that is a scale changes units: values at mu/unit and sigma/unit, powers of the unit before them.

A unit is a pair (number, what rounding took from it).
"""

from typing import Any

from codegen.primitives.compensated import exact_product, exact_square


def quotient_pair(xp: Any, above: Any, below: Any) -> Any:
    """``above / below`` of pairs, as a pair; nothing is taken where that cannot be told without overflow."""
    value = above[0] / below[0]
    product, error = exact_product(xp, value, below[0])
    rest = ((above[0] - product) - error + (above[1] - value * below[1])) / below[0]
    return value, xp.where(xp.abs(rest) <= xp.abs(value), rest, 0)


def root_pair(xp: Any, square: Any) -> Any:
    """The square root of a pair, as a pair."""
    value = xp.sqrt(square[0])
    found, error = exact_square(xp, value)
    return value, ((square[0] - found) - error + square[1]) / (2 * value)


def unit_or_one(xp: Any, unit: Any, at_default: Any) -> Any:
    """The unit, exactly 1 at the default: its double need not be the number it stands for."""
    return xp.where(at_default, 1, unit[0]), xp.where(at_default, 0, unit[1])


def in_units(xp: Any, function: Any, mu: Any, sigma: Any, unit: Any, parameters: Any, sides: Any = (1,)) -> Any:
    """``function(mu/unit, sigma/unit, *parameters)`` with what rounding takes from the quotients.

    To first order: the change over a step 2^20 times as long, divided by 2^20. What the kernel rounds is divided
    as well, and the function has no corner but 0. ``sides`` are the signs of the steps: squares are curved next to an
    extremum, which steps to both sides take out.
    """
    mu, mu_rest = quotient_pair(xp, (mu, 0), unit)
    sigma, sigma_rest = quotient_pair(xp, (sigma, 0), unit)
    values = function(mu, sigma, *parameters)
    some = xp.flatnonzero((mu_rest != 0) | (sigma_rest != 0))
    if not len(some):
        return values
    before = [value[some] for value in values]
    given = [one[some] for one in parameters]
    share = xp.rational(1, 2**20 * len(sides))
    for side in sides:
        step = side * 2**20
        moved = function(mu[some] + step * mu_rest[some], sigma[some] + step * sigma_rest[some], *given)
        for value, old, new in zip(values, before, moved, strict=True):
            change = side * share * (new - old)
            value[some] = value[some] + xp.where(change == change, change, 0)
    return values


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
