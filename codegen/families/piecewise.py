"""Piecewise polynomials with any breakpoints: corners in closed form, bounded pieces by a quadrature panel.

0 is inserted as a breakpoint, so that every piece lies on one side of it and ``y^n`` keeps its sign there. Beyond
the last corner the product of the piece and ``y^n`` is expanded about the corner, where its terms agree in sign
for the usual activations; pieces between two corners are integrated over the part the Gaussian reaches.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sympy as sp

from codegen.families.half_line import PROMISE, SIGNATURE, n
from codegen.kernel_plan import KernelPlan, exact_pair, expression_text, polynomial_coefficients, tuple_text

v = sp.Symbol("v", real=True)


@dataclass(frozen=True)
class Piece:
    """A polynomial on an interval; ``None`` is infinity."""

    lower: sp.Expr | None
    upper: sp.Expr | None
    polynomial: sp.Expr


class PiecewiseEmitter:
    """Writes the functions of one kernel from true breakpoints and the polynomials between them."""

    def __init__(self, breakpoints: Sequence[sp.Expr], polynomials: Sequence[sp.Expr], variable: sp.Symbol):
        self.x = variable
        self.breakpoints = tuple(breakpoints)
        self.polynomials = tuple(polynomials)
        self.degree = max(len(polynomial_coefficients(p, variable)) - 1 for p in polynomials)
        self.true_pieces = _pieces(self.breakpoints, self.polynomials)
        self.pieces = _split_at_zero(self.true_pieces)
        self.right, self.left = self.pieces[-1], self.pieces[0]
        self.inner = self.pieces[1:-1]
        self.left_corner: sp.Expr = self.left.upper
        self.right_corner: sp.Expr = self.right.lower

    def factors(self, polynomial: sp.Expr, piece: Piece) -> str:
        """Tuple text ``(i, j, coefficients of r)`` of ``(y - lower)^i (upper - y)^j r(y)``."""
        rest = sp.Poly(polynomial, self.x)
        powers = []
        for factor in (self.x - piece.lower, piece.upper - self.x):
            divisor, power = sp.Poly(factor, self.x), 0
            while not rest.is_zero and rest.degree() >= 1:
                quotient, remainder = sp.div(rest, divisor)
                if sp.expand(remainder.as_expr()) != 0:
                    break
                rest, power = sp.Poly(sp.expand(quotient.as_expr()), self.x), power + 1
            powers.append(power)
        return f"({powers[0]}, {powers[1]}, {tuple_text(polynomial_coefficients(rest.as_expr(), self.x))})"

    def outer(self, base: str, polynomial: sp.Expr, shift: sp.Expr) -> sp.Expr:
        """``E[v^shift polynomial; beyond the corner]`` in the moment list ``base``, v the distance to the corner."""
        values = sp.IndexedBase(base)
        if base == "right":
            expanded = polynomial.subs(self.x, self.right_corner + v)
        else:
            expanded = polynomial.subs(self.x, self.left_corner - v)
        return sp.Add(*(c * values[shift + j] for j, c in enumerate(polynomial_coefficients(sp.expand(expanded), v))))

    def corner_lines(self, polynomials: tuple[sp.Expr, sp.Expr], degree: str) -> list[str]:
        """Statements for the lists ``left`` and ``right``, where the polynomial there is not zero."""
        lines = []
        if polynomials[0] != 0:
            corner = exact_pair(-self.left_corner)
            lines.append(f"left = corner_moments(xp, -mu, spread, {corner}, {degree})")
        if polynomials[1] != 0:
            corner = exact_pair(self.right_corner)
            lines.append(f"right = corner_moments(xp, mu, spread, {corner}, {degree})")
        return lines

    def raw_moments(self) -> str:
        """Text of ``_raw_moments``."""
        ends = (self.left.polynomial, self.right.polynomial)
        lines = [
            f"def _raw_moments({SIGNATURE}, degree: int) -> Any:",
            '    """``E[y^n g(y)]``, n = 0 .. degree."""',
            "    point, spread = split_point_mass(xp, sigma)",
            *_indented(self.corner_lines(ends, f"degree + {self.degree}")),
        ]
        shares = []
        if ends[0] != 0:
            corner = expression_text(-self.left_corner)
            value = expression_text(self.outer("left", ends[0], n))
            lines.append(f"    below = alternate(shifted([{value} for n in range(degree + 1)], {corner}))")
            shares.append("below")
        if ends[1] != 0:
            corner = expression_text(self.right_corner)
            value = expression_text(self.outer("right", ends[1], n))
            lines.append(f"    above = shifted([{value} for n in range(degree + 1)], {corner})")
            shares.append("above")
        for number, piece in enumerate(p for p in self.inner if p.polynomial != 0):
            name = f"between_{number}"
            lines += [
                f"    {name} = panel_moments(",
                f"        xp, mu, spread, {exact_pair(piece.lower)}, {exact_pair(piece.upper)}, "
                f"[{self.factors(piece.polynomial, piece)}], degree",
                "    )[0]",
            ]
            shares.append(name)
        total = " + ".join(f"{share}[n]" for share in shares)
        lines += [
            f"    values = [{total} for n in range(degree + 1)]",
            "    at = mu[point]",
            "    exact = [power * _activation(xp, at) for power in powers(xp, at, degree)]",
            "    return set_where(point, values, exact)",
        ]
        return "\n".join(lines)

    def expectations(self, transforms: Sequence[Sequence[sp.Expr]], name: str) -> list[str]:
        """Statements that make the list ``name`` of expectations; each transform gives a polynomial per piece."""
        ends = (
            sp.Add(*(t[0] ** 2 for t in transforms)),
            sp.Add(*(t[-1] ** 2 for t in transforms)),
        )
        highest = max((len(polynomial_coefficients(p, self.x)) for t in transforms for p in t), default=1) - 1
        lines = self.corner_lines(ends, str(highest))
        names = []
        for number, piece in enumerate(self.inner, start=1):
            polynomials = [t[number] for t in transforms]
            if all(p == 0 for p in polynomials):
                names.append("")
                continue
            names.append(f"inner_{number}")
            listed = ", ".join(self.factors(p, piece) for p in polynomials)
            lines += [
                f"inner_{number} = panel_moments(",
                f"    xp, mu, spread, {exact_pair(piece.lower)}, {exact_pair(piece.upper)}, [{listed}], 0",
                ")",
            ]
        lines.append(f"{name} = [")
        for index, transform in enumerate(transforms):
            terms = []
            if transform[0] != 0:
                terms.append(expression_text(self.outer("left", transform[0], sp.Integer(0))))
            if transform[-1] != 0:
                terms.append(expression_text(self.outer("right", transform[-1], sp.Integer(0))))
            terms += [
                f"{names[i - 1]}[{index}][0]"
                for i in range(1, len(self.pieces) - 1)
                if names[i - 1] and transform[i] != 0
            ]
            lines.append(f"    {' + '.join(terms) if terms else 'xp.zeros_like(mu)'},")
        lines.append("]")
        return lines

    def shares(self) -> str:
        """Text of ``_derivative_shares``."""
        transforms = [[sp.diff(p.polynomial, self.x, k) for p in self.pieces] for k in range(self.degree + 1)]
        lines = [
            "def _derivative_shares(xp: Any, mu: Any, spread: Any, degree: int) -> Any:",
            '    """``E[g^(k)]`` without the jumps, and ``sigma^k`` times the share of the jumps."""',
            *_indented(self.expectations(transforms, "smooth")),
            "    local = [xp.zeros_like(mu) for k in range(degree + 1)]",
        ]
        for number, corner in enumerate(self.breakpoints):
            lines += _indented(self._jump_lines(corner, self._jumps(number)))
        lines.append("    return smooth, local")
        return "\n".join(lines)

    def _jumps(self, number: int) -> list[tuple[int, sp.Expr]]:
        corner = self.breakpoints[number]
        gap = sp.expand(self.polynomials[number + 1] - self.polynomials[number])
        values = [(j, sp.nsimplify(sp.diff(gap, self.x, j).subs(self.x, corner))) for j in range(self.degree + 1)]
        return [(j, sp.expand(value)) for j, value in values if sp.expand(value) != 0]

    def _jump_lines(self, corner: sp.Expr, jumps: list[tuple[int, sp.Expr]]) -> list[str]:
        listed = ", ".join(f"({j}, {expression_text(jump * sp.Symbol('spread') ** j)})" for j, jump in jumps)
        return [
            f"distance, peak = corner_density(xp, mu, spread, {exact_pair(corner)})",
            "peaks = hermite_times(-distance / spread, peak, max(degree - 1, 0))",
            f"jumps = jump_share(xp, peaks, [{listed}], degree)",
            "local = [total + jump for total, jump in zip(local, jumps, strict=True)]",
        ]

    def limits(self) -> str:
        """Text of ``_derivatives_at``, the limits for sigma -> 0."""
        lines = [
            "def _derivatives_at(xp: Any, x: Any, degree: int) -> Any:",
            '    """``g^(k)(x)``, k = 0 .. degree: the limits for sigma -> 0; NaN where there is none."""',
            "    values = [_activation(xp, x)]",
            "    values += [xp.zeros_like(x) for _ in range(degree)]",
        ]
        for k in range(1, self.degree + 1):
            value = expression_text(sp.diff(self.polynomials[-1], self.x, k))
            for corner, polynomial in zip(reversed(self.breakpoints), reversed(self.polynomials[:-1]), strict=True):
                side = expression_text(sp.diff(polynomial, self.x, k))
                value = f"xp.where(x < {expression_text(corner)}, {side}, {value})"
            lines += [f"    if degree >= {k}:", f"        values[{k}] = values[{k}] + {value}"]
        for number, corner in enumerate(self.breakpoints):
            first = self._jumps(number)[0][0]
            at = f"x == {expression_text(corner)}"
            if first >= 1:
                sides = [sp.diff(p, self.x, first).subs(self.x, corner) for p in self.polynomials[number : number + 2]]
                middle = expression_text(sp.expand(sum(sides) / 2))
                lines += [
                    f"    if degree >= {first}:",
                    f"        values[{first}] = xp.where({at}, {middle}, values[{first}])",
                ]
            start = max(first + 1, 1)
            lines += [
                f"    for k in range({start}, degree + 1):",
                f"        values[k] = xp.where({at}, xp.nan, values[k])",
            ]
        lines.append("    return values")
        return "\n".join(lines)

    def hermite(self) -> str:
        """Text of ``_hermite_coefficients``."""
        lines = [
            f"def _hermite_coefficients({SIGNATURE}, degree: int) -> Any:",
            '    """``c_k = E[g(y) He_k((y - mu) / sigma)] = sigma^k E[g^(k)(y)]``, k = 0 .. degree."""',
            "    point, spread = split_point_mass(xp, sigma)",
            "    smooth, local = _derivative_shares(xp, mu, spread, degree)",
            "    values = to_hermite(smooth, local, spread, degree)",
        ]
        if len(self.breakpoints) > 1:
            width = min(b - a for a, b in zip(self.breakpoints[:-1], self.breakpoints[1:], strict=True))
            lines += [
                f"    wide = spread > {expression_text(width)}",
                "    whole = _wide_coefficients(xp, mu[wide], spread[wide], degree)",
                "    values = set_where(wide, values, whole)",
            ]
        lines.append("    return set_where(point, values, [_activation(xp, mu[point])] + [0] * degree)")
        return "\n".join(lines)

    def wide(self) -> str:
        """Text of ``_wide_coefficients``: sigma beyond the smallest piece, where jumps nearly cancel each other."""
        ends = [self.true_pieces[0].polynomial, self.true_pieces[-1].polynomial]
        transforms = []
        for k in range(self.degree + 1):
            sides = [sp.diff(p, self.x, k) for p in ends]
            transforms.append(
                [
                    sides[0]
                    if p.upper is not None and p.upper <= self.breakpoints[0]
                    else sides[1]
                    if p.lower is not None and p.lower >= self.breakpoints[-1]
                    else sp.Integer(0)
                    for p in self.pieces
                ]
            )
        lines = [
            "def _wide_coefficients(xp: Any, mu: Any, spread: Any, degree: int) -> Any:",
            '    """``c_k`` from the definition over the bounded pieces and in closed form beyond them."""',
            *_indented(self.expectations(transforms, "smooth")),
            "    local = [xp.zeros_like(mu) for k in range(degree + 1)]",
        ]
        for corner, sign, polynomial in (
            (self.breakpoints[0], -1, ends[0]),
            (self.breakpoints[-1], 1, ends[1]),
        ):
            values = [
                (j, sp.expand(sign * sp.diff(polynomial, self.x, j).subs(self.x, corner)))
                for j in range(self.degree + 1)
            ]
            jumps = [(j, value) for j, value in values if value != 0]
            if jumps:
                lines += _indented(self._jump_lines(corner, jumps))
        lines.append("    values = to_hermite(smooth, local, spread, degree)")
        for piece in self.pieces:
            inside = piece.lower is not None and piece.upper is not None
            if (
                inside
                and piece.lower >= self.breakpoints[0]
                and piece.upper <= self.breakpoints[-1]
                and piece.polynomial != 0
            ):
                lines += [
                    "    share = panel_hermite(",
                    f"        xp, mu, spread, {exact_pair(piece.lower)}, {exact_pair(piece.upper)}, "
                    f"{self.factors(piece.polynomial, piece)}, degree",
                    "    )",
                    "    values = [value + part for value, part in zip(values, share, strict=True)]",
                ]
        lines.append("    return values")
        return "\n".join(lines)

    def derivatives(self) -> str:
        """Text of ``_expected_derivatives``."""
        lines = [
            f"def _expected_derivatives({SIGNATURE}, degree: int) -> Any:",
            '    """``E[g^(k)(y)]``, k = 0 .. degree."""',
            "    point, spread = split_point_mass(xp, sigma)",
            "    smooth, local = _derivative_shares(xp, mu, spread, degree)",
            "    values = to_derivatives(smooth, local, spread, degree)",
        ]
        if len(self.breakpoints) > 1:
            width = min(b - a for a, b in zip(self.breakpoints[:-1], self.breakpoints[1:], strict=True))
            lines += [
                f"    wide = spread > {expression_text(width)}",
                "    whole = _wide_coefficients(xp, mu[wide], spread[wide], degree)",
                "    scale = powers(xp, spread[wide], degree)",
                "    values = set_where(wide, values, [c / s for c, s in zip(whole, scale, strict=True)])",
            ]
        lines.append("    return set_where(point, values, _derivatives_at(xp, mu[point], degree))")
        return "\n".join(lines)

    def second_moment(self) -> str:
        """Text of ``_second_moment``."""
        squares = [[sp.expand(p.polynomial**2) for p in self.pieces]]
        return "\n".join(
            [
                f"def _second_moment({SIGNATURE}) -> Any:",
                '    """``E[g(y)^2]``."""',
                "    point, spread = split_point_mass(xp, sigma)",
                *_indented(self.expectations(squares, "values")),
                "    return set_where(point, values, [_activation(xp, mu[point]) ** 2])[0]",
            ]
        )

    def variance(self) -> str:
        """Text of ``_variance``.

        With p the polynomial of the most probable piece and u = g - p: Var g = Var p + 2 Cov(p, u) + Var u. The
        first two are finite sums of Hermite coefficients; u vanishes on the most probable piece, so E[u]^2 is at
        most a fraction of E[u^2].
        """
        lines = [
            f"def _variance({SIGNATURE}) -> Any:",
            '    """``Var g(y)``: the polynomial of the most probable piece, and what the others add."""',
            "    point, spread = split_point_mass(xp, sigma)",
            f"    coefficients = _hermite_coefficients(xp, mu, spread, {max(self.degree, 1)})",
        ]
        if self.degree >= 1:
            lines.append(f"    moments = gaussian_moments(xp, mu, spread * spread, {self.degree - 1})")
        lines += ["    best = -xp.ones_like(mu)", "    value = xp.zeros_like(mu)"]
        moments = sp.IndexedBase("moments")
        for piece in self.true_pieces:
            inside = [sp.Integer(1 if _within(p, piece) else 0) for p in self.pieces]
            gap = [sp.expand(p.polynomial - piece.polynomial) for p in self.pieces]
            lines += _indented(self.expectations([inside, gap, [sp.expand(g**2) for g in gap]], "shares"))
            lines.append("    candidate = shares[2] - shares[1] * shares[1]")
            for k in range(1, self.degree + 1):
                derivative = polynomial_coefficients(sp.diff(piece.polynomial, self.x, k), self.x)
                near = sp.Add(*(c * moments[j] for j, c in enumerate(derivative)))
                if near != 0:
                    power = f"spread ** {k}" if k > 1 else "spread"
                    divisor = f" / {sp.factorial(k)}" if k > 1 else ""
                    lines += [
                        f"    near = {power} * ({expression_text(near)})",
                        f"    candidate = candidate + near * (2 * coefficients[{k}] - near){divisor}",
                    ]
            lines += [
                "    better = shares[0] > best",
                "    value = xp.where(better, candidate, value)",
                "    best = xp.where(better, shares[0], best)",
            ]
        lines.append("    return set_where(point, [value], [0])[0]")
        return "\n".join(lines)


def _pieces(breakpoints: Sequence[sp.Expr], polynomials: Sequence[sp.Expr]) -> list[Piece]:
    ends: list[sp.Expr | None] = [None, *breakpoints, None]
    return [Piece(a, b, p) for a, b, p in zip(ends[:-1], ends[1:], polynomials, strict=True)]


def _split_at_zero(pieces: list[Piece]) -> list[Piece]:
    result = []
    for piece in pieces:
        if (piece.lower is None or piece.lower < 0) and (piece.upper is None or piece.upper > 0):
            result += [
                Piece(piece.lower, sp.Integer(0), piece.polynomial),
                Piece(sp.Integer(0), piece.upper, piece.polynomial),
            ]
        else:
            result.append(piece)
    return result


def _within(piece: Piece, whole: Piece) -> bool:
    above = whole.lower is None or (piece.lower is not None and piece.lower >= whole.lower)
    below = whole.upper is None or (piece.upper is not None and piece.upper <= whole.upper)
    return bool(above and below)


def _indented(lines: list[str]) -> list[str]:
    return [f"    {line}" for line in lines]


def plan(breakpoints: Sequence[sp.Expr], polynomials: Sequence[sp.Expr], variable: sp.Symbol) -> KernelPlan:
    """The kernel of a piecewise polynomial with at least one breakpoint."""
    emitter = PiecewiseEmitter(breakpoints, polynomials, variable)
    functions = [
        emitter.raw_moments(),
        emitter.shares(),
        *([emitter.wide()] if len(breakpoints) > 1 else []),
        emitter.hermite(),
        emitter.limits(),
        emitter.derivatives(),
        emitter.second_moment(),
        emitter.variance(),
    ]
    regimes = [
        "beyond the outer corners: half-line moments about the corner (forward for mu inside, scaled backward outside)",
        "between corners: one Gauss-Legendre panel on the part within reach of the Gaussian",
        "sigma = 0: the point mass",
    ]
    if len(breakpoints) > 1:
        regimes.insert(2, "Hermite coefficients, sigma above the smallest piece: from the definition, not from jumps")
    seams: list[dict[str, float | str]] = [{"variable": "mu", "value": float(c)} for c in (*breakpoints, 0)]
    return KernelPlan(functions, PROMISE, regimes, seams)
