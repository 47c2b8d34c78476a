"""Steps under Gaussians far wider than they are: a smooth function, averaged over the length of a step.

``g(x) = s(x - t P)``, t between -1/2 and 1/2 being as good as independent of x, and uniform.
"""

from typing import Any

from codegen.primitives.compensated import exact_sum
from codegen.primitives.corner import shifted
from codegen.primitives.row_parts import by_condition


def box_coefficients(xp: Any, coefficients: Any, mu: Any, sigma: Any, step: Any, rate: int, degree: int) -> Any:
    """``sum_j (step / (2 sigma))^(2j) / (2j + 1)! c_(k + 2j)`` of the coefficients of s, k = 0 .. degree.

    ``rate`` is the class of how fast s changes from step to step.
    """

    def summed(terms: int) -> Any:
        def values(mu: Any, sigma: Any) -> Any:
            known = coefficients(xp, mu, sigma, degree + 2 * terms)
            ratio = step / (2 * sigma)
            square = ratio * ratio
            found = []
            for k in range(degree + 1):
                total = known[k + 2 * terms]
                for j in range(terms, 0, -1):
                    total = known[k + 2 * (j - 1)] + square * total / (2 * j * (2 * j + 1))
                found.append(total)
            return found

        return values

    few, many = xp.method["box_terms"][rate]
    return by_condition(xp, sigma >= 64 * step, mu, sigma, (summed(few), summed(many)), degree + 1)


def box_places(xp: Any, mu: Any, step: Any, grade: int) -> Any:
    """Of every node of a rule: ``mu`` less its share of a step, that share as it is, how far off it is in steps."""
    places = []
    for node, _ in xp.method["step_rules"][grade]:
        centre, error = exact_sum(mu, -(step * (node - xp.rational(1, 2))))
        places.append((centre, mu - centre, error / step))
    return places


def box_average(xp: Any, values: Any, errors: Any, grade: int) -> Any:
    """The average of what has these values near the nodes of a rule, moved there by the slopes of their polynomial."""
    rule = xp.method["step_rules"][grade]
    total = xp.zeros_like(values[0])
    for i, (node, weight) in enumerate(rule):
        slope = xp.zeros_like(values[0])
        for j, (other, _) in enumerate(rule):
            if i != j:
                factor = 1
                for k, (third, _) in enumerate(rule):
                    if k not in (i, j):
                        factor = factor * (node - third) / (other - third)
                slope = slope + factor / (other - node) * (values[j] - values[i])
        total = total + weight * (values[i] - errors[i] * slope)
    return total


def box_moments(xp: Any, moments: Any, mu: Any, sigma: Any, step: Any, degree: int, grade: int) -> Any:
    """``E[y^n g]`` from the moments of s."""
    places = box_places(xp, mu, step, grade)
    known = [shifted(moments(xp, centre, sigma, degree), offset) for centre, offset, _ in places]
    errors = [error for _, _, error in places]
    return [box_average(xp, [one[n] for one in known], errors, grade) for n in range(degree + 1)]


def box_variance(
    xp: Any, coefficients: Any, variance: Any, mu: Any, sigma: Any, step: Any, rate: int, grade: int
) -> Any:
    """The average of the variances of s, and the variance of its averages."""
    places = box_places(xp, mu, step, grade)
    within = box_average(
        xp, [variance(xp, centre, sigma) for centre, _, _ in places], [error for _, _, error in places], grade
    )
    count = 2 * xp.method["box_terms"][rate][1]
    known = coefficients(xp, mu, sigma, count)
    ratio, factor, parts = -step / (2 * sigma), 1, []
    for j in range(1, count + 1):
        factor = factor * ratio / j
        parts.append(factor * known[j])
    between = xp.zeros_like(mu)
    for i, one in enumerate(parts, 1):
        for j, other in enumerate(parts, 1):
            if (i + j) % 2 == 0:
                both = xp.rational(1, i + j + 1)
                apart = 0 if i % 2 else xp.rational(1, (i + 1) * (j + 1))
                between = between + one * other * (both - apart)
    return within + between
