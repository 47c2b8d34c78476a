"""Gauss-Legendre rules no longer than it takes: for a polynomial times a Gaussian over a few of its deviations."""

from typing import Any


def graded_need(xp: Any, length: Any, degree: int, order: int, spared: Any = 0) -> Any:
    """Nodes for a polynomial of that degree, and for ``He_order(z) phi(z)`` over ``length`` of z.

    ``spared`` is how many e-foldings less than the rest it is.
    """
    base, spectrum, numerator, denominator, least = xp.method["graded_need"]
    moving = int(xp.sqrt(max(spectrum - 2 * spared, 0) + xp.rational(13 * order, 5)) * length / 4) + 1
    return base + max(degree, least) * numerator // denominator, moving


def graded_number(xp: Any, need: int) -> int:
    """Which of the ``graded_rules`` has so many nodes, or the last."""
    rules = xp.method["graded_rules"]
    return next((n for n, rule in enumerate(rules) if len(rule) >= need), len(rules) - 1)


def rule_arrays(xp: Any) -> Any:
    """Nodes and weights of the ``graded_rules`` as arrays."""
    return [tuple(xp.asarray([pair[j] for pair in rule]) for j in range(2)) for rule in xp.method["graded_rules"]]


def graded_nodes(xp: Any, arrays: Any, start: Any, end: Any, sigma: Any, degree: int, order: int) -> Any:
    """Nodes and weights from ``start`` to ``end``, in as many portions as the longest rule asks for."""
    fixed, moving = graded_need(xp, (end - start) / sigma, degree, order)
    whole = len(arrays[-1][0])
    parts = 1 + (moving // max(whole - fixed, whole // 4) if fixed + moving > whole else 0)
    nodes, weights = arrays[graded_number(xp, fixed + moving // parts)]
    length = (end - start) / parts
    return [((start + j * length) + length * nodes, length * weights) for j in range(parts)]


def smoothed_shares(xp: Any, arrays: Any, number: int, places: Any, shares: Any) -> Any:
    """Weights at the nodes of a rule on [0, 1] for functions smooth enough for it, from weights at more places.

    What multiplies the weights is projected on Legendre polynomials at the nodes, and these are summed at the places.
    """
    nodes, weights = arrays[number]
    before, at_nodes = legendre(2 * places - 1, len(nodes)), legendre(2 * nodes - 1, len(nodes))
    moments = [shares @ row * (2 * j + 1) for j, row in enumerate(before)]
    total = xp.zeros_like(weights) + xp.zeros_like(shares[:, :1])
    for moment, row in zip(moments, at_nodes, strict=True):
        total = total + moment[:, None] * row
    return total * weights


def legendre(x: Any, count: int) -> Any:
    """``P_j(x)``, j < count."""
    values = [x * 0 + 1, x]
    for j in range(1, count - 1):
        values.append(((2 * j + 1) * x * values[j] - j * values[j - 1]) / (j + 1))
    return values[:count]
