"""Expected derivatives: the share of the smooth pieces and the share of jumps and densities."""

from typing import Any


def alternate(values: Any) -> Any:
    """``(-1)^k values_k``: the mirror image of a sequence of moments."""
    return [-value if k % 2 else value for k, value in enumerate(values)]


def jump_share(xp: Any, peaks: Any, jumps: Any, degree: int) -> Any:
    """``sum_j jump_j He_(k-1-j)(-t) phi(t)``, k = 0 .. degree; ``jumps`` are pairs (j, D_j sigma^j).

    ``peaks`` are ``He_m(-t) phi(t)``; a jump D_j of the j-th derivative is a Dirac mass in the derivatives above.
    """
    shares = []
    for k in range(degree + 1):
        share = xp.zeros_like(peaks[0])
        for order, jump in jumps:
            if k > order:
                share = share + jump * peaks[k - 1 - order]
        shares.append(share)
    return shares


def to_hermite(smooth: Any, local: Any, sigma: Any, degree: int) -> Any:
    """``c_k = sigma^k smooth_k + local_k``, k = 0 .. degree."""
    values = [smooth[0] + local[0]]
    power = 1
    for k in range(1, degree + 1):
        power = power * sigma
        values.append(local[k] + power * smooth[k] if k < len(smooth) else local[k])
    return values


def to_derivatives(smooth: Any, local: Any, sigma: Any, degree: int) -> Any:
    """``E[g^(k)] = smooth_k + local_k / sigma^k``, k = 0 .. degree; divided step by step against underflow."""
    values = []
    for k in range(degree + 1):
        value = local[k]
        for _ in range(k):
            value = value / sigma
        values.append(value + smooth[k] if k < len(smooth) else value)
    return values
