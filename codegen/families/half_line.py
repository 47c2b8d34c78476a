"""Piecewise polynomials whose only breakpoint is 0, and polynomials."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sympy as sp

from codegen.kernel_plan import KernelPlan, expression_text, polynomial_coefficients

n = sp.Symbol("n", integer=True, nonnegative=True)
sigma = sp.Symbol("sigma", positive=True)
SIGNATURE = "xp: Any, mu: Any, sigma: Any"
PROMISE = {
    "activation": 4e-16,
    "raw_moments": 2e-14,
    "hermite_coefficients": 2e-14,
    "expected_derivatives": 2e-14,
    "second_moment": 2e-14,
    "variance": 2e-14,
}


@dataclass(frozen=True)
class TwoPieces:
    """``left`` below 0, ``right`` above: coefficients of two polynomials, lowest power first."""

    left: tuple[sp.Expr, ...]
    right: tuple[sp.Expr, ...]

    @property
    def degree(self) -> int:
        """The larger degree of the two."""
        return max(len(self.left), len(self.right)) - 1

    @property
    def monomials(self) -> bool:
        """Whether each side is a single power: then g has no root but 0."""
        return all(sum(c != 0 for c in side) <= 1 for side in (self.left, self.right))

    @property
    def jumps(self) -> list[tuple[int, sp.Expr]]:
        """Pairs (j, jump of the j-th derivative at 0) that are not zero."""
        found = []
        for j in range(self.degree + 1):
            jump = sp.factorial(j) * (_entry(self.right, j) - _entry(self.left, j))
            if jump != 0:
                found.append((j, sp.nsimplify(jump)))
        return found


def _value_text(value: sp.Expr) -> str:
    """Kernel text of an expectation; an array also where nothing is left of it."""
    return "xp.zeros_like(mu)" if value == 0 else expression_text(value)


def _entry(coefficients: tuple[sp.Expr, ...], j: int) -> sp.Expr:
    return coefficients[j] if j < len(coefficients) else sp.Integer(0)


def _derivative(coefficients: tuple[sp.Expr, ...], k: int) -> tuple[sp.Expr, ...]:
    return tuple(sp.ff(p, k) * coefficients[p] for p in range(k, len(coefficients)))


def _is_zero(coefficients: tuple[sp.Expr, ...]) -> bool:
    return all(c == 0 for c in coefficients)


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
        self.one_sided = "positive" if _is_zero(pieces.left) else "negative" if _is_zero(pieces.right) else None

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
        value = _value_text(self.expectation(self.pieces.left, self.pieces.right, n))
        return "\n".join(
            [
                f"def _raw_moments({SIGNATURE}, degree: int{self.typed}) -> Any:",
                '    """``E[y^n g(y)]``, n = 0 .. degree."""',
                "    point, spread = split_point_mass(xp, sigma)",
                *_indented(self.moments_lines(f"degree + {self.pieces.degree}")),
                f"    values = [{value} for n in range(degree + 1)]",
                "    at = mu[point]",
                f"    exact = [power * _activation(xp, at{self.at_point}) for power in powers(xp, at, degree)]",
                "    return set_where(point, values, exact)",
            ]
        )

    def shares(self) -> str:
        """Text of ``_derivative_shares``."""
        pieces = self.pieces
        smooth = [
            _value_text(self.expectation(_derivative(pieces.left, k), _derivative(pieces.right, k), sp.Integer(0)))
            for k in range(pieces.degree + 1)
        ]
        lines = [
            f"def _derivative_shares(xp: Any, mu: Any, spread: Any, degree: int{self.typed}) -> Any:",
            '    """``E[g^(k)]`` without the jumps at 0, and ``sigma^k`` times the share of the jumps."""',
            *_indented(self.moments_lines(str(pieces.degree), "peak")),
            "    smooth = [",
            *(f"        {line}," for line in smooth),
            "    ]",
        ]
        if self.polynomial:
            lines.append("    return smooth, [xp.zeros_like(mu) for k in range(degree + 1)]")
        else:
            jumps = ", ".join(f"({j}, {expression_text(jump * sp.Symbol('spread') ** j)})" for j, jump in pieces.jumps)
            lines += [
                "    peaks = hermite_times(-mu / spread, peak, max(degree - 1, 0))",
                f"    return smooth, jump_share(xp, peaks, [{jumps}], degree)",
            ]
        return "\n".join(lines)

    def limits(self) -> str:
        """Text of ``_derivatives_at``, the limits for sigma -> 0."""
        pieces = self.pieces
        x = sp.Symbol("x")
        lines = [
            f"def _derivatives_at(xp: Any, x: Any, degree: int{self.typed}) -> Any:",
            '    """``g^(k)(x)``, k = 0 .. degree: the limits for sigma -> 0; NaN where there is none."""',
            f"    values = [_activation(xp, x{self.given})]",
        ]
        first = pieces.jumps[0][0] if pieces.jumps else None
        for k in range(1, pieces.degree + 1):
            left = sum((c * x**p for p, c in enumerate(_derivative(pieces.left, k))), sp.Integer(0))
            right = sum((c * x**p for p, c in enumerate(_derivative(pieces.right, k))), sp.Integer(0))
            lines.append(f"    if degree >= {k}:")
            if first is None:
                value = f"xp.zeros_like(x) + {expression_text(right)}" if right.is_number else expression_text(right)
            else:
                mean = expression_text(((left + right) / 2).subs(x, 0))
                kinked = self.kinked_below(k)
                middle = mean if kinked is None else f"xp.where({kinked}, xp.nan, {mean})" if kinked else "xp.nan"
                value = f"xp.where(x > 0, {expression_text(right)}, xp.where(x < 0, {expression_text(left)}, {middle}))"
            lines.append(f"        values.append({value})")
        kinked = self.kinked_below(pieces.degree + 1)
        if kinked:
            lines.append(f"    kinked = (x == 0) & ({kinked})")
        place = "kinked" if kinked else "x == 0"
        rest = "xp.zeros_like(x)" if kinked is None else f"xp.where({place}, xp.nan, xp.zeros_like(x))"
        lines.append(f"    return values + [{rest} for _ in range(len(values), degree + 1)]")
        return "\n".join(lines)

    def kinked_below(self, k: int) -> str | None:
        """The condition that a derivative below the k-th jumps at 0: "" where it always does, None where none does."""
        jumps = [jump for j, jump in self.pieces.jumps if j < k]
        if not jumps:
            return None
        if any(jump.is_number for jump in jumps):
            return ""
        conditions = [f"{expression_text(jump)} != 0" for jump in jumps]
        return conditions[0] if len(conditions) == 1 else " | ".join(f"({condition})" for condition in conditions)

    def hermite(self) -> str:
        """Text of ``_hermite_coefficients``."""
        return "\n".join(
            [
                f"def _hermite_coefficients({SIGNATURE}, degree: int{self.typed}) -> Any:",
                '    """``c_k = E[g(y) He_k((y - mu) / sigma)] = sigma^k E[g^(k)(y)]``, k = 0 .. degree."""',
                "    point, spread = split_point_mass(xp, sigma)",
                f"    smooth, local = _derivative_shares(xp, mu, spread, degree{self.given})",
                "    values = to_hermite(smooth, local, spread, degree)",
                f"    return set_where(point, values, [_activation(xp, mu[point]{self.at_point})] + [0] * degree)",
            ]
        )

    def derivatives(self) -> str:
        """Text of ``_expected_derivatives``."""
        return "\n".join(
            [
                f"def _expected_derivatives({SIGNATURE}, degree: int{self.typed}) -> Any:",
                '    """``E[g^(k)(y)]``, k = 0 .. degree."""',
                "    point, spread = split_point_mass(xp, sigma)",
                f"    smooth, local = _derivative_shares(xp, mu, spread, degree{self.given})",
                "    values = to_derivatives(smooth, local, spread, degree)",
                f"    return set_where(point, values, _derivatives_at(xp, mu[point], degree{self.at_point}))",
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
        squares = [_convolve(piece, piece) for piece in (self.pieces.left, self.pieces.right)]
        value = _value_text(self.expectation(squares[0], squares[1], sp.Integer(0)))
        lines += [
            "    point, spread = split_point_mass(xp, sigma)",
            *_indented(self.moments_lines(str(2 * self.pieces.degree))),
            f"    value = {value}",
            f"    return set_where(point, [value], [_activation(xp, mu[point]{self.at_point}) ** 2])[0]",
        ]
        return "\n".join(lines)

    def variance(self) -> str:
        """Text of ``_variance``: no difference of nearly equal numbers.

        Let p be the polynomial on mu's side and u = g - p, which lives on the other side. Then Var g =
        Var p + 2 Cov(p, u) + Var u, the first two are finite sums of Hermite coefficients, and u is nonzero with
        probability at most one half, so E[u]^2 <= E[u^2] / 2.
        """
        pieces = self.pieces
        lines = [
            f"def _variance({SIGNATURE}{self.typed}) -> Any:",
            '    """``Var g(y)``: the polynomial on the side of mu, and what the other side adds."""',
            "    point, spread = split_point_mass(xp, sigma)",
        ]
        order = pieces.degree
        if not self.polynomial:
            far = sp.IndexedBase("far")
            gap = [_entry(pieces.right, j) - _entry(pieces.left, j) for j in range(order + 1)]
            square = sp.Add(*(c * far[p] for p, c in enumerate(_convolve(gap, gap))))
            mean = sp.Add(*(c * far[p] for p, c in enumerate(gap)))
            lines += [
                "    left = mu < 0",
                f"    positive, negative, _ = both_half_line_moments(xp, mu, spread, {2 * order})",
                "    far = [xp.where(left, p, m) for p, m in zip(positive, negative, strict=True)]",
                f"    mean = {expression_text(mean)}",
                f"    value = {expression_text(square)} - mean * mean",
            ]
        else:
            lines.append("    value = xp.zeros_like(mu)")
        if order >= 1:
            lines += [
                f"    coefficients = _hermite_coefficients(xp, mu, spread, {order}{self.given})",
                f"    moments = gaussian_moments(xp, mu, spread * spread, {order - 1})",
            ]
        moments = sp.IndexedBase("moments")
        for k in range(1, order + 1):
            sides = [
                expression_text(sp.Add(*(c * moments[p] for p, c in enumerate(_derivative(piece, k)))))
                for piece in (pieces.left, pieces.right)
            ]
            side = sides[0] if sides[0] == sides[1] else f"xp.where(left, {sides[0]}, {sides[1]})"
            divisor = f" / {sp.factorial(k)}" if k > 1 else ""
            power = f"spread ** {k}" if k > 1 else "spread"
            lines += [
                f"    near = {power} * ({side})",
                f"    value = value + near * (2 * coefficients[{k}] - near){divisor}",
            ]
        lines.append("    return set_where(point, [value], [0])[0]")
        return "\n".join(lines)


def _indented(lines: list[str]) -> list[str]:
    return [f"    {line}" for line in lines]


def _convolve(
    first: list[sp.Expr] | tuple[sp.Expr, ...], second: list[sp.Expr] | tuple[sp.Expr, ...]
) -> tuple[sp.Expr, ...]:
    product = [sp.Integer(0)] * (len(first) + len(second) - 1)
    for i, a in enumerate(first):
        for j, b in enumerate(second):
            product[i + j] += a * b
    return tuple(product)


def plan(pieces: TwoPieces, parameters: Sequence[str] = ()) -> KernelPlan:
    """The kernel of a piecewise polynomial with its breakpoint at 0 (or none), and symbols among its coefficients."""
    emitter = HalfLineEmitter(pieces, parameters)
    regimes = ["polynomial moments by Stein's recurrence, any mu and sigma"]
    seams: list[dict[str, float | str]] = []
    if not emitter.polynomial:
        regimes = [
            "t = mu/sigma >= 0: forward recurrence, every term positive",
            "t < 0: phi(t) times scaled moments by backward ratios, every term positive",
            "sigma = 0: the point mass",
        ]
        seams = [{"variable": "t", "value": 0.0}]
    functions = [
        emitter.raw_moments(),
        emitter.shares(),
        emitter.hermite(),
        emitter.limits(),
        emitter.derivatives(),
        emitter.second_moment(),
        emitter.variance(),
    ]
    return KernelPlan(functions, PROMISE, regimes, seams)


def two_pieces(left: sp.Expr, right: sp.Expr, variable: sp.Symbol) -> TwoPieces:
    """Coefficients of the two polynomials, lowest power first."""
    return TwoPieces(tuple(polynomial_coefficients(left, variable)), tuple(polynomial_coefficients(right, variable)))
