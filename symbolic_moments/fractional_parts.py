"""The fractional part ``u - floor(u)``, in ``[0, 1)``."""

from __future__ import annotations

from typing import Any

import sympy as sp

__all__ = ["fraction", "fractional_part"]


class fractional_part(sp.Function):  # noqa: N801
    """``u - floor(u)``; written ``u % 1``.

    Its derivative is that between its jumps.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> fractional_part(x + 3), sp.diff(fractional_part(2 * x), x), fractional_part(sp.Rational(-5, 2))
    (((x + 3) % 1), 2, 1/2)
    """

    is_nonnegative = True

    @classmethod
    def eval(cls, u: Any) -> Any:
        """The value at a number."""
        return u - sp.floor(u) if u.is_number else None

    def fdiff(self, argindex: int = 1) -> Any:
        """The slope."""
        return sp.S.One

    def _sympystr(self, printer: Any) -> str:
        return f"(({printer._print(self.args[0])}) % 1)" if self.args[0].args else f"({self.args[0]} % 1)"

    def _latex(self, printer: Any, exp: Any = None) -> str:
        part = rf"\left\{{{printer._print(self.args[0])}\right\}}"
        return part if exp is None else f"{part}^{{{exp}}}"


def fraction(u: Any) -> Any:
    """``u % 1``, a rational number beside ``x`` less its whole part.

    Examples
    --------
    >>> fraction(sp.Symbol("x", real=True) + sp.Rational(7, 2))
    ((x + 1/2) % 1)
    """
    constant, rest = sp.expand(u).as_coeff_Add()
    return fractional_part(rest + constant - sp.floor(constant)) if constant.is_Rational else fractional_part(u)
