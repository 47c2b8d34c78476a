"""Powers with a fixed exponent, to the last digits however large or small the base is."""

from typing import Any

from codegen.primitives.compensated import exact_product


def rational_power(xp: Any, u: Any, exponent: Any) -> Any:
    """``u^a``, u >= 0, by ``exp(a log u)`` and what rounding takes from ``a log u``; a is a pair.

    The logarithm of 1e-100 has an ulp that is 2e-14 of the power.
    """
    logarithm = xp.log(u)
    plain = xp.exp(exponent[0] * logarithm)
    usual = (u > 0) & (u < xp.inf)
    base = xp.where(usual, u, 1)
    logarithm = xp.log(base)
    missing = (base - xp.exp(logarithm)) / base
    product, error = exact_product(xp, logarithm, exponent[0])
    rest = error + (exponent[0] * missing + exponent[1] * logarithm)
    return xp.where(usual, xp.exp(product) * (1 + rest), plain)


def softplus_power(xp: Any, softplus_of_u: Any, u: Any, exponent: Any) -> Any:
    """``softplus(u)^a``; far on the left, where softplus leaves the doubles, ``exp(a (u - exp(u)/2))``."""
    far = xp.minimum(u, -40)
    logarithm = far - xp.exp(far) / 2
    product, error = exact_product(xp, logarithm, exponent[0])
    small = xp.exp(product) * (1 + (error + exponent[1] * logarithm))
    return xp.where(u < -40, small, rational_power(xp, softplus_of_u, exponent))
