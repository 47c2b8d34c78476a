"""Polynomials times exponentials on both sides of 0, each decaying away from 0 (elu, celu, selu, exp(-|x|) ...)."""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp

from codegen.families.contract import PROMISE as EXACT
from codegen.families.contract import SIGNATURE
from codegen.families.exponential_sides import Side, first_jump, side_of
from codegen.kernel_plan import KernelPlan, expression_text
from symbolic_moments.decomposition import Decomposition
from symbolic_moments.symbols import x

PROMISE = {**EXACT, "activation": 2e-14}
REGIMES = (
    "exponentials: a tilt of the Gaussian; density at 0 times scaled moments where the tilted mean is beyond 0",
    "next to a root of g at 0, reach of y far below the range of the exponentials: Taylor series of each side",
    "Hermite coefficients: derivatives and jumps; a panel for each exponential where that would amplify rounding",
    "variance: centred at g(mu) where sigma is below the range of the exponentials, about the polynomial on mu's "
    "side elsewhere",
    "sigma = 0: the point mass",
)
_OPENING = (
    "    point, spread = split_point_mass(xp, sigma)",
    "    peak = density(xp, clip_to_density(xp, mu, spread), spread)",
)


class PiecewiseExponentialEmitter:
    """Writes the functions of one kernel from its two sides.

    ``parameters`` are the symbols among the coefficients: arrays of the shape of mu, last among the arguments.
    """

    def __init__(self, left: Side, right: Side, parameters: Sequence[str] = ()):
        self.left, self.right = left, right
        self.roots = (left.hidden_root, right.hidden_root)
        self.smoothness = first_jump(left, right)
        rates = {rate for side in (left, right) for rate, _ in side.terms}
        self.fastest_rate = sp.Max(*rates)
        self.fastest = expression_text(self.fastest_rate)
        self.typed = "".join(f", {name}: Any" for name in parameters)
        self.given = "".join(f", {name}" for name in parameters)
        self.at_point = "".join(f", {name}[point]" for name in parameters)
        self.at_some = "".join(f", {name}[some]" for name in parameters)

    @property
    def degree(self) -> int:
        """Of the polynomials without an exponential."""
        return self._highest_power(False)

    def _highest_power(self, decaying: bool) -> int:
        powers = [len(cs) - 1 for side in (self.left, self.right) for rate, cs in side.terms if (rate != 0) == decaying]
        return max(powers, default=0)

    def sides(self) -> str:
        """Text of ``_sides``."""
        return "\n".join(
            [
                f"def _sides(xp: Any{self.typed}) -> Any:",
                '    """``g(-v)`` and ``g(v)``, v > 0: lists of (rate, coefficients of p), ``p(v) exp(-rate v)``."""',
                *self.left.lines("left"),
                *self.right.lines("right"),
                "    return left, right",
            ]
        )

    def activation(self, expression: sp.Expr) -> str | None:
        """Text of ``_activation`` where that of the expression would lose a root at 0; None where it would not."""
        if all(side.hidden_root == 0 or side.is_expm1 for side in (self.left, self.right)):
            return None
        sides = [f"terms_value(xp, {name}, {root}, xp.abs(x))" for name, root in self._named_roots()]
        return "\n".join(
            [
                f"def _activation(xp: Any, x: Any{self.typed}) -> Any:",
                f'    """``{sp.sstr(expression)}``."""',
                f"    left, right = _sides(xp{self.given})",
                f"    beside = xp.where(x < 0, {sides[0]}, {sides[1]})",
                f"    return xp.where(x == 0, {expression_text(expression.subs(x, 0))}, beside)",
            ]
        )

    def _named_roots(self) -> list[tuple[str, int]]:
        return list(zip(("left", "right"), self.roots, strict=True))

    def _beside_lines(self, function: str) -> list[str]:
        """Statements for the lists ``below`` and ``above`` of the two sides."""
        lines = []
        for name, side, mean, root in (("left", self.left, "-mu", 0), ("right", self.right, "mu", 1)):
            if side.terms:
                value = f"{function}(xp, {mean}, spread, peak, {name}, {self.roots[root]}, degree)"
                lines.append(f"    below = alternate({value})" if name == "left" else f"    above = {value}")
        return lines

    def _both(self) -> str:
        if not self.left.terms or not self.right.terms:
            return "below" if self.left.terms else "above"
        return "[b + a for b, a in zip(below, above, strict=True)]"

    def raw_moments(self) -> str:
        """Text of ``_raw_moments``."""
        return "\n".join(
            [
                f"def _raw_moments({SIGNATURE}, degree: int{self.typed}) -> Any:",
                '    """``E[y^n g(y)]``, n = 0 .. degree."""',
                *_OPENING,
                f"    left, right = _sides(xp{self.given})",
                *self._beside_lines("decaying_moments"),
                f"    values = {self._both()}",
                "    at = mu[point]",
                f"    exact = [power * _activation(xp, at{self.at_point}) for power in powers(xp, at, degree)]",
                "    return set_where(point, values, exact)",
            ]
        )

    def shares(self) -> str:
        """Text of ``_derivative_shares``."""
        return "\n".join(
            [
                "def _derivative_shares(xp: Any, mu: Any, spread: Any, peak: Any, sides: Any, degree: int) -> Any:",
                '    """``E[g^(k)]`` without the jumps at 0, and ``sigma^k`` times the share of the jumps."""',
                "    left, right = sides",
                *self._beside_lines("derivative_moments"),
                f"    smooth = {self._both()}",
                f"    jumps = scaled_jumps(jumps_at_zero(left, right, {self.smoothness}, degree), spread)",
                "    peaks = hermite_times(-mu / spread, peak, max(degree - 1, 0))",
                "    return smooth, jump_share(xp, peaks, jumps, degree)",
            ]
        )

    def _coefficient_lines(self, scaled: str, steep: str) -> list[str]:
        """Statements for the list ``values``: by recurrence, and where that is too steep by panels."""
        return [
            *_OPENING,
            f"    sides = _sides(xp{self.given})",
            "    smooth, local = _derivative_shares(xp, mu, spread, peak, sides, degree)",
            f"    values = {scaled}(smooth, local, spread, degree)",
            f"    some = steep_places(xp, mu, spread, {self.fastest}, {self._highest_power(True)}, degree)",
            "    if some.size:",
            "        at = mu[some], spread[some], peak[some], terms_at(sides, some)",
            "        whole = steep_hermite(xp, *at, degree)",
            f"        set_where(some, values[1:], {steep})",
        ]

    def hermite(self) -> str:
        """Text of ``_hermite_coefficients``."""
        return "\n".join(
            [
                f"def _hermite_coefficients({SIGNATURE}, degree: int{self.typed}) -> Any:",
                '    """``c_k = E[g(y) He_k((y - mu) / sigma)] = sigma^k E[g^(k)(y)]``, k = 0 .. degree."""',
                *self._coefficient_lines("to_hermite", "whole"),
                f"    return set_where(point, values, [_activation(xp, mu[point]{self.at_point})] + [0] * degree)",
            ]
        )

    def derivatives(self) -> str:
        """Text of ``_expected_derivatives`` and of its limits."""
        return "\n".join(
            [
                f"def _expected_derivatives({SIGNATURE}, degree: int{self.typed}) -> Any:",
                '    """``E[g^(k)(y)]``, k = 0 .. degree."""',
                *self._coefficient_lines("to_derivatives", "to_derivatives([], [0, *whole], spread[some], degree)[1:]"),
                "    beside = terms_at(sides, point)",
                f"    limits = derivatives_beside_zero(xp, mu[point], beside, {self.smoothness}, degree)",
                f"    limits[0] = _activation(xp, mu[point]{self.at_point})",
                "    return set_where(point, values, limits)",
            ]
        )

    def second_moment(self) -> str:
        """Text of ``_second_moment``."""
        return "\n".join(
            [
                f"def _second_moment({SIGNATURE}{self.typed}) -> Any:",
                '    """``E[g(y)^2]``."""',
                f"    mean = _raw_moments(xp, mu, sigma, 0{self.given})[0]",
                f"    return _variance(xp, mu, sigma{self.given}) + mean * mean",
            ]
        )

    def narrow(self) -> str:
        """Where the variance is centred: sigma below the range of the slowest exponential on the side of mu.

        Rates apart, the fastest must still be resolved by the panel; about the polynomial the slowest would cancel.
        """
        rates = [[rate for rate, _ in side.terms if rate != 0] for side in (self.left, self.right)]
        fastest = sp.Max(*rates[0], *rates[1])
        left, right = (sp.Min(*found) if found else fastest for found in rates)
        if left == right == fastest:
            return f"{self.fastest} * spread < 1"
        own = f"xp.where(mu < 0, {expression_text(left)}, {expression_text(right)})"
        return f"({own} * spread < 1) & ({self.fastest} * spread < 3)"

    def _centred_lines(self) -> list[str]:
        """Statements for the rows ``some`` of the variance, about g(mu)."""
        lines = [
            "    left, right = terms_at(sides, some)",
            f"    jump = jumps_at_zero(left, right, {self.smoothness}, 0)[0]",
        ]
        if not any(side.is_flat_somewhere for side in (self.left, self.right)):
            return [
                *lines,
                "    at = mu[some], spread[some], peak[some], (left, right)",
                f"    value[some] = centred_variance(xp, *at, {self.roots}, jump)",
            ]
        below, above = (side.roots_of_derivatives for side in (self.left, self.right))
        powers = max(self._highest_power(False), self._highest_power(True))
        return [
            *lines,
            f"    pieces = [(-1, left, {below}), (1, right, {above})]",
            f"    value[some] = joined_variance(xp, mu[some], spread[some], [(0, 0)], pieces, [jump], {powers})",
        ]

    def variance(self) -> str:
        """Text of ``_variance``."""
        lines = [
            f"def _variance({SIGNATURE}{self.typed}) -> Any:",
            '    """``Var g(y)``: about g(mu) where sigma is small, about the polynomial on mu\'s side elsewhere."""',
            *_OPENING,
            f"    sides = _sides(xp{self.given})",
            "    value = xp.zeros_like(mu)",
            f"    small = {self.narrow()}",
            "    some = xp.flatnonzero(small)",
            *self._centred_lines(),
            "    some = xp.flatnonzero(~small)",
            f"    first = _hermite_coefficients(xp, mu[some], sigma[some], {self.degree}{self.at_some})[1:]",
            "    at = mu[some], spread[some], peak[some], terms_at(sides, some)",
            "    value[some] = asymptotic_variance(xp, *at, first)",
            "    return set_where(point, [xp.maximum(value, 0)], [0])[0]  # below 0: rounding of subnormals",
        ]
        return "\n".join(lines)


def plan(expression: sp.Expr, decomposition: Decomposition, parameters: Sequence[str] = ()) -> KernelPlan:
    """The kernel of a function for which ``decays_from_zero`` holds."""
    emitter = PiecewiseExponentialEmitter(side_of(decomposition, 0), side_of(decomposition, 1), parameters)
    functions = [
        emitter.sides(),
        emitter.raw_moments(),
        emitter.shares(),
        emitter.hermite(),
        emitter.derivatives(),
        emitter.second_moment(),
        emitter.variance(),
    ]
    seams: list[dict[str, float | str]] = [
        {"variable": "t", "value": 0.0},
        {"variable": "sigma", "value": 1 / float(emitter.fastest_rate)},
    ]
    return KernelPlan(functions, PROMISE, REGIMES, seams, activation=emitter.activation(expression))
