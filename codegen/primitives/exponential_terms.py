"""Sums of ``p(v) exp(-rate v)``: lists of pairs (rate, coefficients of p, lowest power first), the rate a pair too."""

from typing import Any

from codegen.primitives.compensated import exact_product, exact_sum


def derived(terms: Any) -> Any:
    """The terms of the derivative: ``p' - rate p``; as many as before, some perhaps without coefficients."""
    results = []
    for rate, coefficients in terms:
        found = [j * c for j, c in enumerate(coefficients)][1:]
        if rate[0] != 0:
            found = [a - rate[0] * c for a, c in zip([*found, 0], coefficients, strict=True)]
        results.append((rate, found))
    return results


def multiplied(terms: Any, others: Any) -> Any:
    """The terms of the product, equal rates collected."""
    collected: Any = {}
    for rate, coefficients in terms:
        for other, factors in others:
            total, error = exact_sum(rate[0], other[0])
            sums = collected.setdefault((total, error + (rate[1] + other[1])), [])
            sums.extend([0] * (len(coefficients) + len(factors) - 1 - len(sums)))
            for i, a in enumerate(coefficients):
                for j, b in enumerate(factors):
                    sums[i + j] = sums[i + j] + a * b
    return list(collected.items())


def polynomial_terms(terms: Any) -> Any:
    """Those of the terms that do not decay."""
    return [term for term in terms if term[0][0] == 0]


def decaying_terms(terms: Any) -> Any:
    """Those of the terms that decay."""
    return [term for term in terms if term[0][0] != 0]


def value_at_zero(terms: Any) -> Any:
    """``f(0)``."""
    return sum(coefficients[0] for _, coefficients in terms if len(coefficients) > 0)


def decay(xp: Any, rate: Any, v: Any) -> Any:
    """``exp(-rate v)`` without the loss of ``rate v`` ulp."""
    exponent, error = exact_product(xp, v, rate[0])
    return xp.exp(-exponent) * (1 - (error + v * rate[1]))


def value_of(xp: Any, terms: Any, v: Any) -> Any:
    """``f(v)``."""
    total = xp.zeros_like(v)
    for rate, coefficients in terms:
        value = xp.zeros_like(v)
        for coefficient in coefficients[::-1]:
            value = value * v + coefficient
        total = total + value * decay(xp, rate, v)
    return total


def increment(xp: Any, terms: Any, start: Any, offset: Any) -> Any:
    """``f(start + offset) - f(start)``: polynomials by divided differences, exponentials by expm1."""
    end = start + offset
    total = xp.zeros_like(start)
    for rate, coefficients in terms:
        value, quotient = xp.zeros_like(start), xp.zeros_like(start)
        for coefficient in coefficients[::-1]:
            quotient = quotient * end + value
            value = value * start + coefficient
        change = offset * quotient
        if rate[0] != 0:
            change = (value + change) * xp.expm1(-rate[0] * offset) + change
            change = change * decay(xp, rate, start)
        total = total + change
    return total


def series_coefficients(xp: Any, terms: Any, first: int, count: int) -> Any:
    """Taylor coefficients of f at 0, of the powers first .. first + count - 1."""
    totals = [xp.rational(0, 1) for _ in range(count)]
    for rate, coefficients in terms:
        shares = [xp.rational(1, 1)]
        for i in range(1, first + count):
            shares.append(shares[-1] * -rate[0] / i)
        for j, coefficient in enumerate(coefficients):
            for i in range(max(first, j), first + count):
                totals[i - first] = totals[i - first] + coefficient * shares[i - j]
    return totals


def derivatives_beside_zero(xp: Any, y: Any, sides: Any, first: int, degree: int) -> Any:
    """``g^(k)(y)``, k = 0 .. degree; at 0 the mean of both sides, NaN above the first derivative that jumps.

    ``sides`` are ``g(-v)`` and ``g(v)``; the derivatives below ``first`` do not jump.
    """
    left, right = sides
    distance = xp.abs(y)
    kinked = y != y
    values = []
    for k in range(degree + 1):
        below, above = value_of(xp, left, distance), value_of(xp, right, distance)
        below = -below if k % 2 else below
        value = xp.where(y < 0, below, xp.where(y > 0, above, (below + above) / 2))
        values.append(xp.where(kinked, xp.nan, value))
        if k >= first:
            kinked = kinked | ((y == 0) & (above != below))
        left, right = derived(left), derived(right)
    return values
