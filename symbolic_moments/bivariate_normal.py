r"""The bivariate normal distribution function as a SymPy function."""

from __future__ import annotations

from typing import Any

import sympy as sp
from sympy.core.function import ArgumentIndexError

from symbolic_moments.bivariate_cdf import bivariate_cdf
from symbolic_moments.normal import NormalFunction, Phi, phi

__all__ = ["Phi2"]


class Phi2(NormalFunction):
    r"""``P(X <= h, Y <= k)`` for standard normal ``X``, ``Y`` of correlation ``r``, ``-1 <= r <= 1``.

    Examples
    --------
    >>> import sympy
    >>> from symbolic_moments.bivariate_normal import Phi2
    >>> from symbolic_moments.symbols import x
    >>> Phi2(0, 0, x)
    asin(x)/(2*pi) + 1/4
    >>> Phi2(1, sympy.Rational(-1, 2), sympy.Rational(1, 3)).evalf(20)
    0.28547994977452407493

    References
    ----------
    R. L. Plackett, A reduction formula for normal multivariate integrals, Biometrika 41 (1954) 351-360.
    """

    nargs = 3

    @classmethod
    def eval(cls, h: Any, k: Any, r: Any) -> Any:
        """Evaluate at the origin, at infinity and at the correlations 0, 1 and -1."""
        if sp.S.NegativeInfinity in (h, k):
            return sp.S.Zero
        if h is sp.oo or k is sp.oo:
            return Phi(k if h is sp.oo else h)
        if r.is_zero:
            return Phi(h) * Phi(k)
        if r == 1:
            return Phi(sp.Min(h, k))
        if r == -1:
            return sp.Max(0, Phi(h) - Phi(-k))
        if h.is_zero and k.is_zero:
            return sp.Rational(1, 4) + sp.asin(r) / (2 * sp.pi)
        return None

    def fdiff(self, argindex: int = 1) -> Any:
        """Return the partial derivatives; that in ``r`` is the density (Plackett)."""
        h, k, r = self.args
        root = sp.sqrt(1 - r**2)
        if argindex == 1:
            return phi(h) * Phi((k - r * h) / root)
        if argindex == 2:
            return phi(k) * Phi((h - r * k) / root)
        if argindex == 3:
            return phi(h) * phi((k - r * h) / root) / root
        raise ArgumentIndexError(self, argindex)

    @staticmethod
    def _numeric(context: Any, *arguments: Any) -> Any:
        return bivariate_cdf(context, *arguments)

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        power = f"^{{{exp}}}" if exp is not None else ""
        return rf"\Phi_2{power}\left({', '.join(printer._print(argument) for argument in self.args)}\right)"
