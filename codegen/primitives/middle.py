"""What a function is next to 0 more than the sides it continues: expectations of a polynomial on a short interval.

A middle is a tuple (lower end, upper end, polynomial): ends are pairs (number, what rounding took from it), one of them
0, and the polynomial is as ``piece_at`` takes it, in powers of the distance from the other, the outer end.
"""

from typing import Any

from codegen.primitives.exponential_terms import terms_value
from codegen.primitives.jump import jump_shares
from codegen.primitives.panel import panel_hermite, panel_moments, piece_at
from codegen.primitives.recurrences import hermite_times


def middle_integrals(xp: Any, middle: Any, count: int, factor: Any) -> Any:
    """``int w(y) factor(w, y) y^j dy``, j < count: numbers; ``factor`` takes w and y at the nodes."""
    lower, upper, polynomial = middle
    nodes = xp.asarray([node for node, _ in xp.method["panel_rule"]])
    weights = xp.asarray([weight for _, weight in xp.method["panel_rule"]])
    width = (upper[0] - lower[0]) + (upper[1] - lower[1])
    offset = width * nodes
    y = lower[0] + offset
    value = piece_at((lower[0], 0, width), offset, y, polynomial)
    value = value * factor(value, y)
    integrals = []
    for _ in range(count):
        integrals.append(width * (value @ weights))
        value = value * y
    return integrals


def far_coefficients(xp: Any, mu: Any, sigma: Any, peak: Any, integrals: Any, degree: int) -> Any:
    """``E[w He_k]``, k = 0 .. degree, from ``integrals_j = int w y^j dy``: ``He_k phi`` by its Taylor series at 0."""
    count = len(integrals)
    around = hermite_times(-mu / sigma, peak, degree + count - 1)
    values = [xp.zeros_like(mu) for _ in range(degree + 1)]
    scale = 1 / sigma
    for m, integral in enumerate(integrals):
        share = scale * integral
        for k in range(degree + 1):
            values[k] += share * around[k + m]
        scale = -scale / (sigma * (m + 1))
    return values


def far_rows(xp: Any, mu: Any, sigma: Any, middle: Any, degree: int) -> Any:
    """The mask of rows for which the Taylor series of ``He_k phi`` at 0, k to ``degree``, converges on the middle."""
    extent = xp.maximum(xp.abs(middle[0][0]), xp.abs(middle[1][0]))
    return 32 * extent * (xp.abs(mu) + (degree + 12) * sigma) < sigma * sigma


def middle_moments(xp: Any, mu: Any, sigma: Any, peak: Any, middle: Any, degree: int) -> Any:
    """``E[y^n w(y)]``, n = 0 .. degree; ``peak`` is ``phi(mu / sigma)``."""
    values = [xp.zeros_like(mu) for _ in range(degree + 1)]
    far = far_rows(xp, mu, sigma, middle, 0)
    some, count = xp.flatnonzero(far), xp.method["middle_orders"]
    integrals = middle_integrals(xp, middle, degree + count, lambda w, y: 1)
    for n, value in enumerate(values):
        value[some] = far_coefficients(xp, mu[some], sigma[some], peak[some], integrals[n : n + count], 0)[0]
    some = xp.flatnonzero(~far)
    if not some.size:
        return values
    lower, upper, polynomial = middle
    near = panel_moments(xp, mu[some], sigma[some], lower, upper, [polynomial], degree)[0]
    for value, part in zip(values, near, strict=True):
        value[some] = part
    return values


def middle_hermite(xp: Any, mu: Any, sigma: Any, peak: Any, middle: Any, degree: int) -> Any:
    """``E[w(y) He_k((y - mu) / sigma)]``, k = 0 .. degree; by w' and the jumps of w where sigma is small."""
    values = [xp.zeros_like(mu) for _ in range(degree + 1)]
    far = far_rows(xp, mu, sigma, middle, degree)
    some = xp.flatnonzero(far)
    integrals = middle_integrals(xp, middle, xp.method["middle_orders"], lambda w, y: 1)
    parts = far_coefficients(xp, mu[some], sigma[some], peak[some], integrals, degree)
    for value, part in zip(values, parts, strict=True):
        value[some] = part
    some = xp.flatnonzero(~far)
    if not some.size:
        return values
    mean, spread = mu[some], sigma[some]
    lower, upper, polynomial = middle
    values[0][some] = panel_moments(xp, mean, spread, lower, upper, [polynomial], 0)[0][0]
    if degree == 0:
        return values
    slopes = panel_hermite(xp, mean, spread, lower, upper, slope_of(polynomial), degree - 1)
    parts = [spread * slope for slope in slopes]
    width = (upper[0] - lower[0]) + (upper[1] - lower[1])
    for place, offset, sign in ((lower, 0, 1), (upper, width, -1)):
        value = sign * piece_at((lower[0], 0, width), offset, lower[0] + offset, polynomial)
        if value != 0:
            shares = jump_shares(xp, mean, spread, place, degree)
            parts = [part + value * share for part, share in zip(parts, shares, strict=True)]
    for total, part in zip(values[1:], parts, strict=True):
        total[some] = part
    return values


def slope_of(polynomial: Any) -> Any:
    """The derivative of a polynomial in the distance from one of its ends, in the same form."""
    low_power, high_power, coefficients, about = polynomial
    power, sign = low_power + high_power, 1 if about == 1 else -1
    found = [sign * (power + i) * c for i, c in enumerate(coefficients)]
    if power == 0:
        return 0, 0, found[1:] or [0], about
    return max(low_power - 1, 0), max(high_power - 1, 0), found, about


def middle_variance(xp: Any, mu: Any, sigma: Any, peak: Any, middle: Any, beside: Any, mean: Any) -> Any:
    """``E[w]`` and ``Var w + 2 Cov(f, w)``, sigma far above the middle; ``mean`` is ``E[f(y)]``.

    ``beside`` is f as terms in the distance from 0, and the order of its zero there.
    """
    terms, order = beside

    def expectation(factor: Any) -> Any:
        integrals = middle_integrals(xp, middle, xp.method["middle_orders"], factor)
        return far_coefficients(xp, mu, sigma, peak, integrals, 0)[0]

    share = expectation(lambda w, y: 1)
    square = expectation(lambda w, y: w)
    product = expectation(lambda w, y: terms_value(xp, terms, order, xp.abs(y)))
    return share, square - share * share + 2 * (product - mean * share)
