"""Coefficients of bumps under Gaussians far wider than they are: from the values, as slopes and jumps cancel."""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp

from codegen.exponential_pieces import ExponentialPieces
from codegen.families.exponential_tables import panel_lines
from codegen.kernel_plan import expression_text
from symbolic_moments.symbols import x

__all__ = ["Bump", "bump_of"]

_RANGES = 16


@dataclass(frozen=True)
class Bump:
    """A function that is, or approaches, ``level`` at both ends, and how wide it is, roughly."""

    rest: ExponentialPieces
    level: sp.Expr
    extent: sp.Expr

    def functions(self) -> list[str]:
        """Text of the function of the coefficients, and of its panels."""
        return [
            "",
            "",
            *panel_lines("_bump_panels", f"g - ({sp.sstr(self.level)})", self.rest.panels()),
            "def _coefficients_of_bump(xp: Any, mu: Any, sigma: Any, degree: int) -> Any:",
            f'    """``E[(g - ({sp.sstr(self.level)})) He_k(z)]``: under a flat Gaussian slopes and jumps cancel."""',
            "",
            "    def integrands(place: Any, functions: Any) -> Any:",
            f"        return lambda v, around: [_value_0(xp, v) - {expression_text(self.level)}], None",
            "",
            "    places = [((0, 0), _bump_panels(xp), None)]",
            "    rows = mu, sigma, places, xp.zeros_like(mu)",
            "    return place_expectations(xp, *rows, 1, integrands, [degree + 1])[0]",
        ]

    def lines(self) -> list[str]:
        """Statements that put the coefficients under wide Gaussians into the list ``coefficients``, from 1 on."""
        return [
            f"        some = xp.flatnonzero(sigma > {expression_text(self.extent)})",
            "        if len(some):",
            "            exact = _coefficients_of_bump(xp, mu[some], sigma[some], degree)[1:]",
            "            coefficients = set_where(some, coefficients, exact)",
        ]


def bump_of(pieces: ExponentialPieces) -> Bump | None:
    """The bump that a function is; None where it is none.

    Examples
    --------
    >>> from codegen.exponential_pieces import pieces_of
    >>> from symbolic_moments.language import parse_expression
    >>> bump_of(pieces_of(parse_expression("1 + exp(-abs(x))*sin(x)"))).level
    1
    >>> bump_of(pieces_of(parse_expression("Max(x, 0)*sin(x)")))
    """
    levels = {one.polynomial for one in (pieces.sums[0], pieces.sums[-1])}
    if pieces.errors or not pieces.kinks or len(levels) != 1:
        return None
    (level,) = levels
    if level.has(x) or pieces.undamped():
        return None
    rest = pieces.less(level)
    first, last = rest.ends()
    extent = sp.ceiling(last - first)
    for side, one in ((-1, rest.sums[0]), (1, rest.sums[-1])):
        for term in one.terms:
            if side * term.c >= 0:
                return None
            powers = max(int(sp.degree(part, x)) for part in (term.polynomial, term.sine) if part != 0) + 1
            extent = sp.Max(extent, sp.ceiling(_RANGES * powers / abs(term.c)))
    return Bump(rest, level, 2 * extent)
