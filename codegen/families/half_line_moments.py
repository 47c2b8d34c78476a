"""Moments of polynomials on both sides of 0 as kernel text."""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp

from codegen.families.contract import SIGNATURE, n
from codegen.families.two_pieces import TwoPieces, convolve, is_zero
from codegen.kernel_plan import expression_text


class HalfLineEmitter:
    """Writes the functions of one kernel; the names of the moment lists depend on which sides carry something.

    ``parameters`` are the symbols among the coefficients: arrays of the shape of mu, last among the arguments.
    """

    def __init__(self, pieces: TwoPieces, parameters: Sequence[str] = ()):
        self.pieces = pieces
        self.typed = "".join(f", {name}: Any" for name in parameters)
        self.given = "".join(f", {name}" for name in parameters)
        self.at_point = "".join(f", {name}[point]" for name in parameters)
        self.polynomial = not pieces.jumps
        self.one_sided = "positive" if is_zero(pieces.left) else "negative" if is_zero(pieces.right) else None

    def moments_lines(self, degree: str, peak: str = "_") -> list[str]:
        """Statements that make the moment lists up to ``degree`` and the density, called ``peak``."""
        if self.polynomial:
            return [f"moments = gaussian_moments(xp, mu, spread * spread, {degree})"]
        if self.one_sided == "positive":
            return [f"positive, {peak} = half_line_moments(xp, mu, spread, {degree})"]
        if self.one_sided == "negative":
            return [
                f"negative, {peak} = half_line_moments(xp, -mu, spread, {degree})",
                "negative = alternate(negative)",
            ]
        return [f"positive, negative, {peak} = both_half_line_moments(xp, mu, spread, {degree})"]

    def expectation(self, left: tuple[sp.Expr, ...], right: tuple[sp.Expr, ...], shift: sp.Expr) -> sp.Expr:
        """``E[y^shift (left or right)(y)]`` in the moment lists."""
        positive, negative, moments = (sp.IndexedBase(s) for s in ("positive", "negative", "moments"))
        if self.polynomial:
            return sp.Add(*(c * moments[shift + p] for p, c in enumerate(right)))
        total = sp.Integer(0)
        if self.one_sided != "negative":
            total += sp.Add(*(c * positive[shift + p] for p, c in enumerate(right)))
        if self.one_sided != "positive":
            total += sp.Add(*(c * negative[shift + p] for p, c in enumerate(left)))
        return total

    def raw_moments(self) -> str:
        """Text of ``_raw_moments``."""
        value = value_text(self.expectation(self.pieces.left, self.pieces.right, n))
        return "\n".join(
            [
                f"def _raw_moments({SIGNATURE}, degree: int{self.typed}) -> Any:",
                '    """``E[y^n g(y)]``, n = 0 .. degree."""',
                "    point, spread = split_point_mass(xp, sigma)",
                *indented(self.moments_lines(f"degree + {self.pieces.degree}")),
                f"    values = [{value} for n in range(degree + 1)]",
                "    at = mu[point]",
                f"    exact = [power * _activation(xp, at{self.at_point}) for power in powers(xp, at, degree)]",
                "    return set_where(point, values, exact)",
            ]
        )

    def second_moment(self) -> str:
        """Text of ``_second_moment``: direct for monomials; where a polynomial has other roots, by the variance."""
        lines = [
            f"def _second_moment({SIGNATURE}{self.typed}) -> Any:",
            '    """``E[g(y)^2]``."""',
        ]
        if not self.pieces.monomials:
            lines += [
                f"    mean = _raw_moments(xp, mu, sigma, 0{self.given})[0]",
                f"    return _variance(xp, mu, sigma{self.given}) + mean * mean",
            ]
            return "\n".join(lines)
        squares = [convolve(piece, piece) for piece in (self.pieces.left, self.pieces.right)]
        value = value_text(self.expectation(squares[0], squares[1], sp.Integer(0)))
        lines += [
            "    point, spread = split_point_mass(xp, sigma)",
            *indented(self.moments_lines(str(2 * self.pieces.degree))),
            f"    value = {value}",
            f"    return set_where(point, [value], [_activation(xp, mu[point]{self.at_point}) ** 2])[0]",
        ]
        return "\n".join(lines)


def value_text(value: sp.Expr) -> str:
    """Kernel text of an expectation; an array also where nothing is left of it."""
    return "xp.zeros_like(mu)" if value == 0 else expression_text(value)


def indented(lines: list[str]) -> list[str]:
    """The lines one level in."""
    return [f"    {line}" for line in lines]
