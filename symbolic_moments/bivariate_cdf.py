r"""The distribution function of two correlated standard normal variables, to any number of digits.

Plackett's formula ``d/dr Phi2(h, k; r) = phi2(h, k; r)`` from a correlation at which the value is known, 0 or -1,
leaves one integral over an angle whose integrand is positive. Nothing cancels, and the value is relatively accurate
however small it is.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

from symbolic_moments.mpmath_context import normal_cdf, working_context
from symbolic_moments.quadrature_rules import gauss_legendre

__all__ = ["bivariate_cdf"]

_GUARD_DIGITS = 10
_DEEPEST = 300


def bivariate_cdf(context: Any, h: Any, k: Any, r: Any) -> Any:
    r"""``P(X <= h, Y <= k)`` for standard normal ``X`` and ``Y`` of correlation ``r``.

    Parameters
    ----------
    context : mpmath context
        Of the arguments and of the value.
    h, k : mpf
        Infinities included.
    r : mpf
        From -1 to 1, both included.

    Raises
    ------
    ArithmeticError
        The integral does not converge.

    Examples
    --------
    >>> from symbolic_moments.bivariate_cdf import bivariate_cdf
    >>> from symbolic_moments.mpmath_context import working_context
    >>> context = working_context(20)
    >>> print(bivariate_cdf(context, context.mpf(0), context.mpf(0), context.mpf("0.5")))
    0.33333333333333333333

    References
    ----------
    R. L. Plackett, A reduction formula for normal multivariate integrals, Biometrika 41 (1954) 351-360.
    """
    if any(context.isnan(argument) for argument in (h, k, r)):
        return context.nan
    if -context.inf in (h, k):
        return context.zero
    if context.inf in (h, k):
        return normal_cdf(context, min(h, k))
    if r >= 1:
        return normal_cdf(context, min(h, k))
    if r == 0:
        return normal_cdf(context, h) * normal_cdf(context, k)
    if h == 0 and k == 0:
        return context.acos(-r) / (2 * context.pi)
    # what the exponent and the angle lose
    lost = max(0, context.mag(h * h + k * k)) + max(0, -context.mag(1 - abs(r)) if abs(r) < 1 else 0)
    inner = working_context(context.dps + _GUARD_DIGITS + int(0.302 * lost))
    h, k, r = (inner.convert(argument) for argument in (h, k, r))
    known = normal_cdf(inner, h) * normal_cdf(inner, k) if r > 0 else _opposite(inner, h, k)
    return context.convert(known + (_integral(inner, h, k, r, context.dps) if r > -1 else 0)) * 1


def _opposite(context: Any, h: Any, k: Any) -> Any:
    """``P(-k <= X <= h)``, the value at ``r = -1``."""
    if h + k <= 0:
        return context.zero
    if h > 0 and k > 0:
        return 1 - normal_cdf(context, -h) - normal_cdf(context, -k)
    return normal_cdf(context, h) - normal_cdf(context, -k)


def _integral(context: Any, h: Any, k: Any, r: Any, digits: int) -> Any:
    """``(1/2 pi) int exp(-(h^2 + k^2 - 2 h k s)/(2 (1 - s^2))) d asin(s)`` up to ``s = r``, from 0 or (``r < 0``) -1.

    The angle is counted from where the integral begins. With ``s = sin u`` the exponent is
    ``-(h - k)^2/(2 cos(u)^2) - h k/(1 + s)``, with ``s = -cos u`` it is ``-(h + k)^2/(2 sin(u)^2) + h k/(1 + cos u)``;
    it is largest where ``s`` is the smaller in size of ``h/k`` and ``k/h``.
    """
    quotient = min((h / k if k else context.inf, k / h if h else context.inf), key=abs)

    def rising(u: Any) -> Any:
        sine, cosine = context.sin(u), context.cos(u)
        return context.exp(-((h - k) ** 2) / (2 * cosine**2) - h * k / (1 + sine))

    def from_opposite(u: Any) -> Any:
        cosine, sine = context.cos(u), context.sin(u)
        return context.exp(-((h + k) ** 2) / (2 * sine**2) + h * k / (1 + cosine))

    end = context.asin(r) if r > 0 else context.acos(-r)
    peak = context.asin(quotient) if r > 0 else context.acos(-quotient)
    cuts = sorted({context.zero, end, *([peak] if 0 < peak < end else [])})
    return _adaptive(context, rising if r > 0 else from_opposite, cuts, digits) / (2 * context.pi)


def _adaptive(context: Any, function: Callable[[Any], Any], cuts: list[Any], digits: int) -> Any:
    """Gauss-Legendre on panels that are halved until a panel and its halves agree to ``digits`` digits of the whole."""
    rule = gauss_legendre(context.dps, 0)

    def of(low: Any, high: Any) -> Any:
        middle, half = (low + high) / 2, (high - low) / 2
        return half * context.fsum(weight * function(middle + half * node) for node, weight in rule)

    waiting = [(low, high, of(low, high), 0) for low, high in itertools.pairwise(cuts)]
    size = context.fsum(value for _, _, value, _ in waiting)
    total = [context.zero]
    while waiting:
        low, high, value, depth = waiting.pop()
        middle = (low + high) / 2
        halves = [(low, middle, of(low, middle), depth + 1), (middle, high, of(middle, high), depth + 1)]
        better = halves[0][2] + halves[1][2]
        if abs(better - value) <= size * context.mpf(10) ** -(digits + _GUARD_DIGITS // 2):
            total.append(better)
        elif depth == _DEEPEST:
            raise ArithmeticError("the bivariate normal distribution function: its integral does not converge")
        else:
            waiting += halves
            size = max(size, abs(better))
    return context.fsum(total)
