r"""Sums of alternating series whose terms are moments of a positive measure, with a proven error.

For ``a_k = int_0^1 s^k dm(s)``, ``m >= 0``, and ``S = sum_k (-1)^k a_k = int dm(s)/(1 + s)``, take Chebyshev's
polynomial ``P_N(s) = T_N(1 - 2 s)``, ``|P_N| <= 1`` on ``[0, 1]``, ``P_N(-1) = T_N(3) =: d_N``. Then

    S - S_N = (1/d_N) int P_N(s)/(1 + s) dm(s),   S_N = int (1 - P_N(s)/d_N)/(1 + s) dm(s) = sum_{k<N} w_k a_k,

so ``|S - S_N| <= S/d_N`` and ``d_N >= (3 + sqrt 8)^N/2``.

References
----------
H. Cohen, F. Rodriguez Villegas, D. Zagier, Convergence acceleration of alternating series, Experimental Mathematics 9
(2000), 3-12, algorithm 1 and proposition 1.
"""

from __future__ import annotations

import math
from fractions import Fraction
from functools import lru_cache

__all__ = ["acceleration", "terms_for"]


@lru_cache(maxsize=64)
def acceleration(terms: int) -> tuple[tuple[Fraction, ...], int]:
    """Weights ``w_0 .. w_{N-1}``, signs included, and ``d_N``: the sum of ``w_k a_k`` errs by at most ``S/d_N``.

    Parameters
    ----------
    terms : int
        ``N``, at least 1.

    Examples
    --------
    >>> from symbolic_moments.alternating_series import acceleration
    >>> weights, d = acceleration(2)
    >>> weights, d
    ((Fraction(16, 17), Fraction(-8, 17)), 17)
    """
    if terms < 1:
        raise ValueError(f"terms = {terms} given; a series is summed with at least one term")
    previous, d = 1, 3
    for _ in range(terms - 1):
        previous, d = d, 6 * d - previous
    weights = []
    b, c = Fraction(-1), Fraction(-d)
    for k in range(terms):
        c = b - c
        weights.append(c / d)
        b *= Fraction(2 * (k + terms) * (k - terms), (2 * k + 1) * (k + 1))
    return tuple(weights), d


def terms_for(digits: float) -> int:
    """The number of terms for which ``1/d_N`` is below ``10^-digits``.

    Examples
    --------
    >>> from symbolic_moments.alternating_series import terms_for
    >>> terms_for(16), terms_for(50)
    (22, 66)
    """
    return max(1, math.ceil((digits + math.log10(2)) / math.log10(3 + math.sqrt(8))))
