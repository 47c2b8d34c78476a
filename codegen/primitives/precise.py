"""Functions that lose ``|u|`` ulp or more to a rounded argument, of arguments kept to twice the working precision.

An argument is a pair (number, what rounding took from it). A power series, known by its ``coefficients``, is paired
with what rounding took from its constant.
"""

from typing import Any

from codegen.primitives.compensated import exact_square, horner_pair
from codegen.primitives.hyperbolic import hyperbolic_sine


def polynomial_argument(xp: Any, x: Any, coefficients: Any) -> Any:
    """``sum_j coefficients_j x^j`` as such a pair; the coefficients are pairs too, lowest power first."""
    if hasattr(x, "coefficients"):
        series = 0 * x + coefficients[-1][0]
        for number, _ in coefficients[-2::-1]:
            series = series * x + number
        value, rest = polynomial_argument(x.xp, x.coefficients[0], coefficients)
        return series.restarted(value), rest
    value, rest = horner_pair(xp, x, coefficients)
    return value, xp.where(rest == rest, rest, 0)


def small(xp: Any, rest: Any) -> Any:
    """``rest`` where it is small, else 0: beside an exponent so large that its ulp is not, nothing depends on it."""
    return xp.where(xp.abs(rest) < 1, rest, 0)


def exp_of(xp: Any, argument: Any) -> Any:
    """``exp(u)``."""
    u, rest = argument
    return xp.exp(u) * (1 + small(xp, rest))


def expm1_of(xp: Any, argument: Any) -> Any:
    """``exp(u) - 1``."""
    u, rest = argument
    value = xp.expm1(u)
    return value + small(xp, rest) * (value + 1)


def cosh_of(xp: Any, argument: Any) -> Any:
    """``cosh(u)``."""
    u, rest = argument
    return xp.cosh(u) * (1 + small(xp, rest) * xp.tanh(u))


def sinh_of(xp: Any, argument: Any) -> Any:
    """``sinh(u)``."""
    u, rest = argument
    return hyperbolic_sine(xp, u) + small(xp, rest) * xp.cosh(u)


def cos_of(xp: Any, argument: Any) -> Any:
    """``cos(u)``."""
    u, rest = argument
    return xp.cos(u) * xp.cos(rest) - xp.sin(u) * xp.sin(rest)


def sin_of(xp: Any, argument: Any) -> Any:
    """``sin(u)``."""
    u, rest = argument
    return xp.sin(u) * xp.cos(rest) + xp.cos(u) * xp.sin(rest)


def sigmoid_of(xp: Any, argument: Any) -> Any:
    """``1 / (1 + exp(-u))``; of a series: ``1/2 + tanh(u/2)/2``."""
    u, rest = argument
    if hasattr(u, "coefficients"):
        first, rest = u.coefficients[0], small(u.xp, rest)
        slope = xp.tanh(u / 2) * ((1 - rest * u.xp.tanh(first / 2)) / 2)
        return slope.restarted(sigmoid_of(u.xp, (first, rest)))
    decay = xp.exp(-xp.abs(u)) * (1 + small(xp, xp.where(u < 0, rest, -rest)))
    return xp.where(u < 0, decay, 1) / (1 + decay)


def softplus_of(xp: Any, argument: Any) -> Any:
    """``log(1 + exp(u))``; of a series: the integral of the sigmoid."""
    u, rest = argument
    if hasattr(u, "coefficients"):
        return u.integrated(softplus_of(u.xp, (u.coefficients[0], rest)), sigmoid_of(xp, argument))
    decay = xp.exp(-xp.abs(u)) * (1 + small(xp, xp.where(u < 0, rest, -rest)))
    return xp.maximum(u, 0) + xp.log1p(decay)


def sech_squared_of(xp: Any, argument: Any) -> Any:
    """``1 - tanh(u)^2 = 4 sigmoid(2 u) sigmoid(-2 u)``."""
    u, rest = argument
    return 4 * sigmoid_of(xp, (2 * u, 2 * rest)) * sigmoid_of(xp, (-2 * u, -2 * rest))


def normal_cdf_of(xp: Any, argument: Any) -> Any:
    """``Phi(u)``: in the tail the density, its exponent kept whole, times the scaled function."""
    u, rest = argument
    if hasattr(u, "coefficients"):
        return xp.ndtr(u).restarted(normal_cdf_of(u.xp, (u.coefficients[0], rest)))
    tail = xp.maximum(xp.minimum(u, 0), -xp.method["density_limit"])
    square, square_rest = exact_square(xp, tail)
    peak = xp.exp(-square / 2) * (1 - (square_rest / 2 + tail * small(xp, rest)))
    return xp.where(u < -1, peak * xp.erfcx(-tail / xp.sqrt(2)) / 2, xp.ndtr(u))
