r"""The tilt: what an exponential of a quadratic makes of a Gaussian.

Completing the square, ``exp(-q y^2 + c y)`` times the density of ``N(mu, sigma^2)`` is ``A`` times the density of
``N(m, s^2)``,

    V = 1 + 2 q sigma^2,  m = (mu + c sigma^2)/V,  s^2 = sigma^2/V,  A = exp((c mu + c^2 sigma^2/2 - q mu^2)/V)/sqrt(V).
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp

from symbolic_moments.normal import phi
from symbolic_moments.piecewise_moments import standardised
from symbolic_moments.symbols import mu, sigma

__all__ = ["Tilt"]


@dataclass(frozen=True)
class Tilt:
    """The change of Gaussian that ``exp(-q y^2 + c y)`` makes.

    Attributes
    ----------
    q, c : sympy.Expr
        Free of ``x``; ``q >= 0``.

    Examples
    --------
    >>> import sympy
    >>> from symbolic_moments.gaussian_tilt import Tilt
    >>> tilt = Tilt(sympy.Integer(0), sympy.Integer(1))
    >>> tilt.mean, tilt.deviation, tilt.factor
    (mu + sigma**2, sigma, exp(mu + sigma**2/2))
    """

    q: sp.Expr
    c: sp.Expr

    @property
    def scale(self) -> sp.Expr:
        """``V``."""
        return 1 + 2 * self.q * sigma**2

    @property
    def shifted(self) -> sp.Expr:
        """``V m``."""
        return mu + self.c * sigma**2

    @property
    def mean(self) -> sp.Expr:
        """``m``."""
        return self.shifted / self.scale

    @property
    def deviation(self) -> sp.Expr:
        """``s``."""
        return sigma / sp.sqrt(self.scale)

    @property
    def exponent(self) -> sp.Expr:
        """``V log(sqrt(V) A)``."""
        return self.c * mu + self.c**2 * sigma**2 / 2 - self.q * mu**2

    @property
    def factor(self) -> sp.Expr:
        """``A``."""
        return sp.exp(self.exponent / self.scale) / sp.sqrt(self.scale)

    def moved(self, expression: sp.Expr) -> sp.Expr:
        """An expression in ``mu`` and ``sigma`` at ``m`` and ``s``."""
        return expression.xreplace({mu: self.mean, sigma: self.deviation})

    def density_at(self, point: sp.Expr) -> sp.Expr:
        """``A phi((m - point)/s)``, written with the density of the Gaussian itself."""
        weight = sp.exp(-self.q * point**2 + self.c * point)
        return weight * phi(standardised(point)) / sp.sqrt(self.scale)
