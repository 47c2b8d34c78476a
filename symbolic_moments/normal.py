r"""The standard normal distribution and Owen's T as SymPy functions.

``Phi`` and ``phi`` are kept whole instead of being written with ``erf`` and ``exp``, so that moments
stay short: every Gaussian moment of a piecewise polynomial is a combination of the two.
"""

from __future__ import annotations

from typing import Any

import sympy as sp
from mpmath.libmp import prec_to_dps
from sympy.core.function import ArgumentIndexError

from symbolic_moments.mpmath_context import normal_cdf, normal_density, owens_t, working_context

__all__ = ["NormalFunction", "OwenT", "Phi", "hermite_polynomial", "phi"]


class NormalFunction(sp.Function):
    """A real function on the real line evaluated by mpmath."""

    is_real = True
    is_finite = True

    def _eval_evalf(self, prec: int) -> Any:
        arguments = [argument._eval_evalf(prec + 16) for argument in self.args]
        if not all(argument is not None and (argument.is_Float or argument.is_Rational) for argument in arguments):
            return None
        context = working_context(prec_to_dps(prec + 16))
        value = self._numeric(context, *[context.convert(argument._to_mpmath(prec + 16)) for argument in arguments])
        return sp.Float._new(value._mpf_, prec)

    @staticmethod
    def _numeric(context: Any, *arguments: Any) -> Any:
        raise NotImplementedError


class phi(NormalFunction):  # noqa: N801
    r"""Density of the standard normal distribution, ``exp(-u^2/2)/sqrt(2 pi)``.

    Defined for every real ``u``; even, so ``phi(-u)`` is rewritten as ``phi(u)``.

    Examples
    --------
    >>> from symbolic_moments.normal import phi
    >>> from symbolic_moments.symbols import x
    >>> phi(-x).diff(x)
    -x*phi(x)
    >>> phi(1).evalf(30)
    0.241970724519143349797830192936

    References
    ----------
    NIST Digital Library of Mathematical Functions, section 7.1.
    """

    nargs = 1

    @classmethod
    def eval(cls, u: Any) -> Any:
        """Evaluate at 0 and at infinity, and make the argument's sign canonical."""
        if u.is_zero:
            return 1 / sp.sqrt(2 * sp.pi)
        if u in (sp.oo, -sp.oo):
            return sp.S.Zero
        if u.could_extract_minus_sign():
            return cls(-u)
        return None

    def fdiff(self, argindex: int = 1) -> Any:
        """Return ``-u phi(u)``."""
        if argindex != 1:
            raise ArgumentIndexError(self, argindex)
        return -self.args[0] * self

    def _eval_rewrite_as_exp(self, u: Any, **_: Any) -> Any:
        return sp.exp(-(u**2) / 2) / sp.sqrt(2 * sp.pi)

    @staticmethod
    def _numeric(context: Any, *arguments: Any) -> Any:
        return normal_density(context, *arguments)

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        power = f"^{{{exp}}}" if exp is not None else ""
        return rf"\varphi{power}\left({printer._print(self.args[0])}\right)"


class Phi(NormalFunction):
    r"""Distribution function of the standard normal, ``int_{-oo}^u phi(s) ds``.

    Defined for every real ``u``, with values in ``(0, 1)``.

    Examples
    --------
    >>> from symbolic_moments.normal import Phi
    >>> from symbolic_moments.symbols import x
    >>> Phi(2 * x).diff(x)
    2*phi(2*x)
    >>> Phi(-40).evalf(20)
    3.6558935409150297037e-350

    References
    ----------
    NIST Digital Library of Mathematical Functions, section 7.1.
    """

    nargs = 1

    @classmethod
    def eval(cls, u: Any) -> Any:
        """Evaluate at 0 and at infinity."""
        if u.is_zero:
            return sp.S.Half
        if u is sp.oo:
            return sp.S.One
        if u is -sp.oo:
            return sp.S.Zero
        return None

    def fdiff(self, argindex: int = 1) -> Any:
        """Return ``phi(u)``."""
        if argindex != 1:
            raise ArgumentIndexError(self, argindex)
        return phi(self.args[0])

    def _eval_rewrite_as_erf(self, u: Any, **_: Any) -> Any:
        return (1 + sp.erf(u / sp.sqrt(2))) / 2

    @staticmethod
    def _numeric(context: Any, *arguments: Any) -> Any:
        return normal_cdf(context, *arguments)

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        power = f"^{{{exp}}}" if exp is not None else ""
        return rf"\Phi{power}\left({printer._print(self.args[0])}\right)"


class OwenT(NormalFunction):
    r"""Owen's T, ``(1/2 pi) int_0^a exp(-h^2 (1 + s^2)/2)/(1 + s^2) ds``.

    Even in ``h`` and odd in ``a``; both any real number.

    Examples
    --------
    >>> from symbolic_moments.normal import OwenT
    >>> OwenT(0, 1).evalf(20)
    0.12500000000000000000

    References
    ----------
    D. B. Owen, Tables for computing bivariate normal probabilities, Ann. Math. Statist. 27 (1956), 1075-1090.
    """

    nargs = 2

    @classmethod
    def eval(cls, h: Any, a: Any) -> Any:
        """Evaluate at ``a = 0`` and make the signs canonical."""
        if a.is_zero:
            return sp.S.Zero
        if h.could_extract_minus_sign():
            return cls(-h, a)
        if a.could_extract_minus_sign():
            return -cls(h, -a)
        return None

    def fdiff(self, argindex: int = 1) -> Any:
        """Return the partial derivatives in ``h`` and ``a``."""
        h, a = self.args
        if argindex == 1:
            return -phi(h) * (2 * Phi(a * h) - 1) / 2
        if argindex == 2:
            return sp.exp(-(h**2) * (1 + a**2) / 2) / (2 * sp.pi * (1 + a**2))
        raise ArgumentIndexError(self, argindex)

    @staticmethod
    def _numeric(context: Any, *arguments: Any) -> Any:
        return owens_t(context, *arguments)

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        power = f"^{{{exp}}}" if exp is not None else ""
        return rf"T{power}\left({printer._print(self.args[0])}, {printer._print(self.args[1])}\right)"


def hermite_polynomial(order: int, u: Any) -> Any:
    """Probabilists' Hermite polynomial ``He_order(u)``, expanded.

    Parameters
    ----------
    order : int
        At least 0; ``He_{j+1}(u) = u He_j(u) - j He_{j-1}(u)``.
    u : sympy.Expr
        The argument.

    Examples
    --------
    >>> from symbolic_moments.normal import hermite_polynomial
    >>> from symbolic_moments.symbols import x
    >>> hermite_polynomial(4, x)
    x**4 - 6*x**2 + 3
    """
    previous, current = [0], [1]
    for j in range(order):
        following = [0, *current]
        for index, coefficient in enumerate(previous):
            following[index] -= j * coefficient
        previous, current = current, following
    return sp.Add(*[coefficient * u**power for power, coefficient in enumerate(current) if coefficient])
