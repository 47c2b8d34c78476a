"""Sums of ``p(v) exp(-rate v)``: lists of pairs (rate, coefficients of p, lowest power first), the rate a pair too."""

from typing import Any

from codegen.primitives.compensated import exact_product, exact_sum


def derivative_terms(terms: Any) -> Any:
    """The terms of the derivative: ``p' - rate p``; as many as before, some perhaps without coefficients."""
    results = []
    for rate, coefficients in terms:
        found = [j * c for j, c in enumerate(coefficients)][1:]
        if rate[0] != 0:
            found = [a - rate[0] * c for a, c in zip([*found, 0], coefficients, strict=True)]
        results.append((rate, found))
    return results


def terms_at(values: Any, places: Any) -> Any:
    """``values`` (coefficients, terms, lists of them) with every array among them cut down to some places."""
    if isinstance(values, list | tuple):
        return [terms_at(value, places) for value in values]
    return values[places] if getattr(values, "shape", ()) else values


def product_terms(terms: Any, others: Any) -> Any:
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


def decay_factor(xp: Any, rate: Any, v: Any) -> Any:
    """``exp(-rate v)`` without the loss of ``rate v`` ulp."""
    exponent, error = exact_product(xp, v, rate[0])
    return xp.exp(-exponent) * (1 - (error + v * rate[1]))


def terms_value(xp: Any, terms: Any, order: int, v: Any) -> Any:
    """``f(v)``; by its Taylor series next to a zero of ``order`` at 0 that no single term shows (0: there is none)."""
    total = xp.zeros_like(v)
    for rate, coefficients in terms:
        total = total + horner(coefficients, v) * decay_factor(xp, rate, v)
    if order:
        near = xp.flatnonzero(v * max(rate[0] for rate, _ in terms) < 1)
        series = terms_at(series_coefficients(xp, terms, order, xp.method["taylor_terms"]), near)
        total[near] = horner(series, v[near]) * v[near] ** order
    return total


def horner(coefficients: Any, v: Any) -> Any:
    """The polynomial, coefficients lowest power first, at v."""
    value = v * 0
    for coefficient in coefficients[::-1]:
        value = value * v + coefficient
    return value


def terms_increment(xp: Any, terms: Any, start: Any, offset: Any) -> Any:
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
            change = change * decay_factor(xp, rate, start)
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
        below, above = terms_value(xp, left, 0, distance), terms_value(xp, right, 0, distance)
        below = -below if k % 2 else below
        value = xp.where(y < 0, below, xp.where(y > 0, above, (below + above) / 2))
        values.append(xp.where(kinked, xp.nan, value))
        if k >= first:
            kinked = kinked | ((y == 0) & (above != below))
        left, right = derivative_terms(left), derivative_terms(right)
    return values
