"""Polynomials times exponentials on both sides of 0, each decaying away from 0 (elu, celu, selu, exp(-|x|) ...)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sympy as sp

from codegen.families.half_line import PROMISE as EXACT
from codegen.families.half_line import SIGNATURE
from codegen.kernel_plan import KernelPlan, exact_pair, expression_text, polynomial_coefficients
from symbolic_moments.decomposition import Decomposition
from symbolic_moments.symbols import x

PROMISE = {**EXACT, "activation": 2e-14}
_HIGHEST_ROOT = 64


@dataclass(frozen=True)
class Side:
    """``f(v) = sum_i p_i(v) exp(-rate_i v)``, v > 0 the distance from 0.

    Attributes
    ----------
    terms : tuple of (rate, coefficients)
        Rates differ and are not negative; coefficients of p_i, lowest power first.
    """

    terms: tuple[tuple[sp.Expr, tuple[sp.Expr, ...]], ...]

    def derivative_at_zero(self, order: int) -> sp.Expr:
        """``f^(order)(0)``."""
        return sp.simplify(
            sp.Add(
                *(
                    sp.ff(order, j) * (-rate) ** (order - j) * c
                    for rate, coefficients in self.terms
                    for j, c in enumerate(coefficients[: order + 1])
                )
            )
        )

    @property
    def hidden_root(self) -> int:
        """Order of the zero of f at 0 if it exceeds the powers of v that all terms share, else 0."""
        shared = min((next(j for j, c in enumerate(cs) if c != 0) for _, cs in self.terms), default=0)
        order = next((j for j in range(_HIGHEST_ROOT) if self.derivative_at_zero(j) != 0), shared)
        return order if order > shared else 0

    def text(self) -> str:
        """The terms as kernel text."""
        entries = []
        for rate, coefficients in self.terms:
            pair = exact_pair(rate) if rate in (0, 1) else _with_rounded(rate)
            numbers = ", ".join(expression_text(c) for c in coefficients)
            entries.append(f"({pair}, ({numbers},))")
        return f"[{', '.join(entries)}]"


def _with_rounded(rate: sp.Expr) -> str:
    """The pair of a rate; whole numbers are written as quotients, for powers of them are not to be integers."""
    return f"(xp.rational({rate}, 1), 0)" if isinstance(rate, sp.Integer) else exact_pair(rate)


def decays_from_zero(decomposition: Decomposition) -> bool:
    """Whether the family covers this: PE with 0 as its only breakpoint, exponentials decaying outward.

    Examples
    --------
    >>> from symbolic_moments import activation
    >>> decays_from_zero(activation("exp(-abs(x))").decomposition)
    True
    >>> decays_from_zero(activation("exp(abs(x))").decomposition)
    False
    """
    if decomposition.family != "PE" or decomposition.breakpoints != (0,):
        return False
    signed = [(sign, term.c) for sign, terms in zip((1, -1), decomposition.terms, strict=True) for term in terms]
    return all((sign * c).is_positive for sign, c in signed)


def _side(decomposition: Decomposition, index: int) -> Side:
    sign = (-1, 1)[index]
    found = [(sp.Integer(0), decomposition.pieces[index])] if decomposition.pieces[index] != 0 else []
    found += [(-sign * term.c, term.polynomial) for term in decomposition.terms[index]]
    return Side(
        tuple(
            (rate, tuple(c * sign**j for j, c in enumerate(polynomial_coefficients(polynomial, x))))
            for rate, polynomial in found
        )
    )


class PiecewiseExponentialEmitter:
    """Writes the functions of one kernel from its two sides."""

    def __init__(self, left: Side, right: Side):
        self.left, self.right = left, right
        self.roots = (left.hidden_root, right.hidden_root)
        self.smoothness = self._smoothness()
        self.fastest = sp.Max(*(rate for side in (left, right) for rate, _ in side.terms))

    def _smoothness(self) -> int:
        """Order of the first derivative of g that jumps at 0."""
        for j in range(_HIGHEST_ROOT):
            jump = self.right.derivative_at_zero(j) - (-1) ** j * self.left.derivative_at_zero(j)
            if sp.simplify(jump) != 0:
                return j
        raise ValueError(f"the two sides of 0 agree in {_HIGHEST_ROOT} derivatives; no breakpoint is expected there")

    def sides(self) -> str:
        """Text of ``_sides``."""
        return "\n".join(
            [
                "def _sides(xp: Any) -> Any:",
                '    """``g(-v)`` and ``g(v)``, v > 0, each a sum of ``p(v) exp(-rate v)``: (rate, coefficients of p)."""',
                f"    left: Any = {self.left.text()}",
                f"    right: Any = {self.right.text()}",
                "    return left, right",
            ]
        )

    def raw_moments(self) -> str:
        """Text of ``_raw_moments``."""
        lines = [
            f"def _raw_moments({SIGNATURE}, degree: int) -> Any:",
            '    """``E[y^n g(y)]``, n = 0 .. degree."""',
            "    point, spread = split_point_mass(xp, sigma)",
            "    peak = density(xp, clip_to_density(xp, mu, spread), spread)",
            "    left, right = _sides(xp)",
        ]
        shares = []
        if self.left.terms:
            lines += [
                f"    below = decaying_moments(xp, -mu, spread, peak, left, {self.roots[0]}, degree)",
                "    below = alternate(below)",
            ]
            shares.append("below")
        if self.right.terms:
            lines.append(f"    above = decaying_moments(xp, mu, spread, peak, right, {self.roots[1]}, degree)")
            shares.append("above")
        lines += [
            f"    values = {_sum_of(shares)}",
            "    at = mu[point]",
            "    exact = [power * _activation(xp, at) for power in powers(xp, at, degree)]",
            "    return set_where(point, values, exact)",
        ]
        return "\n".join(lines)

    def shares(self) -> str:
        """Text of ``_derivative_shares`` and ``_steep_coefficients``."""
        lines = [
            "def _derivative_shares(xp: Any, mu: Any, spread: Any, peak: Any, degree: int) -> Any:",
            '    """``E[g^(k)]`` without the jumps at 0, and ``sigma^k`` times the share of the jumps."""',
            "    left, right = _sides(xp)",
        ]
        shares = []
        if self.left.terms:
            lines += [
                f"    below = derivative_moments(xp, -mu, spread, peak, left, {self.roots[0]}, degree)",
                "    below = alternate(below)",
            ]
            shares.append("below")
        if self.right.terms:
            lines.append(f"    above = derivative_moments(xp, mu, spread, peak, right, {self.roots[1]}, degree)")
            shares.append("above")
        lines += [
            f"    smooth = {_sum_of(shares)}",
            f"    jumps = scaled_jumps(jumps_at_zero(left, right, {self.smoothness}, degree), spread)",
            "    peaks = hermite_times(-mu / spread, peak, max(degree - 1, 0))",
            "    return smooth, jump_share(xp, peaks, jumps, degree)",
            "",
            "",
            "def _steep_coefficients(xp: Any, mu: Any, spread: Any, peak: Any, degree: int) -> Any:",
            '    """``c_k``, k = 1 .. degree, where sigma is large beside the range of the exponentials."""',
            "    left, right = _sides(xp)",
            f"    jumps = jumps_at_zero(left, right, {self.smoothness}, 0)",
            "    flat = jumps_at_zero(polynomial_terms(left), polynomial_terms(right), 0, degree)",
            "    return steep_hermite(xp, mu, spread, peak, (left, right), jumps + flat[1:], degree)",
        ]
        return "\n".join(lines)

    def _with_steep(self, scaled: str) -> list[str]:
        return [
            f"    some = steep(xp, spread, {self.fastest_text()}, degree)",
            "    if some.size:",
            "        whole = _steep_coefficients(xp, mu[some], spread[some], peak[some], degree)",
            f"        set_where(some, values[1:], {scaled})",
        ]

    def fastest_text(self) -> str:
        """The largest rate."""
        return expression_text(self.fastest)

    def hermite(self) -> str:
        """Text of ``_hermite_coefficients``."""
        return "\n".join(
            [
                f"def _hermite_coefficients({SIGNATURE}, degree: int) -> Any:",
                '    """``c_k = E[g(y) He_k((y - mu) / sigma)] = sigma^k E[g^(k)(y)]``, k = 0 .. degree."""',
                "    point, spread = split_point_mass(xp, sigma)",
                "    peak = density(xp, clip_to_density(xp, mu, spread), spread)",
                "    smooth, local = _derivative_shares(xp, mu, spread, peak, degree)",
                "    values = to_hermite(smooth, local, spread, degree)",
                *self._with_steep("whole"),
                "    return set_where(point, values, [_activation(xp, mu[point])] + [0] * degree)",
            ]
        )

    def derivatives(self) -> str:
        """Text of ``_expected_derivatives`` and of its limits."""
        return "\n".join(
            [
                f"def _expected_derivatives({SIGNATURE}, degree: int) -> Any:",
                '    """``E[g^(k)(y)]``, k = 0 .. degree."""',
                "    point, spread = split_point_mass(xp, sigma)",
                "    peak = density(xp, clip_to_density(xp, mu, spread), spread)",
                "    smooth, local = _derivative_shares(xp, mu, spread, peak, degree)",
                "    values = to_derivatives(smooth, local, spread, degree)",
                *self._with_steep("to_derivatives([], [0, *whole], spread[some], degree)[1:]"),
                "    at = mu[point]",
                f"    limits = derivatives_beside_zero(xp, at, _sides(xp), {self.smoothness}, degree)",
                "    limits[0] = _activation(xp, at)",
                "    return set_where(point, values, limits)",
            ]
        )

    def second_moment(self) -> str:
        """Text of ``_second_moment``."""
        return "\n".join(
            [
                f"def _second_moment({SIGNATURE}) -> Any:",
                '    """``E[g(y)^2]``."""',
                "    mean = _raw_moments(xp, mu, sigma, 0)[0]",
                "    return _variance(xp, mu, sigma) + mean * mean",
            ]
        )

    def variance(self) -> str:
        """Text of ``_variance``."""
        degree = max(
            (len(cs) - 1 for side in (self.left, self.right) for rate, cs in side.terms if rate == 0), default=0
        )
        return "\n".join(
            [
                f"def _variance({SIGNATURE}) -> Any:",
                '    """``Var g(y)``: about g(mu) where sigma is small, about the polynomial on mu\'s side elsewhere."""',
                "    point, spread = split_point_mass(xp, sigma)",
                "    peak = density(xp, clip_to_density(xp, mu, spread), spread)",
                "    sides = _sides(xp)",
                f"    jump = jumps_at_zero(*sides, {self.smoothness}, 0)[0]",
                "    value = xp.zeros_like(mu)",
                f"    small = {self.fastest_text()} * spread < 1",
                "    some = xp.flatnonzero(small)",
                "    value[some] = centred_variance(xp, mu[some], spread[some], peak[some], sides, jump)",
                "    some = xp.flatnonzero(~small)",
                f"    coefficients = _hermite_coefficients(xp, mu[some], spread[some], {degree})[1:]",
                "    value[some] = asymptotic_variance(",
                "        xp, mu[some], spread[some], peak[some], sides, coefficients",
                "    )",
                "    return set_where(point, [value], [0])[0]",
            ]
        )


def _sum_of(shares: Sequence[str]) -> str:
    if len(shares) == 1:
        return shares[0]
    return "[b + a for b, a in zip(below, above, strict=True)]"


def plan(decomposition: Decomposition) -> KernelPlan:
    """The kernel of a function for which ``decays_from_zero`` holds."""
    left, right = _side(decomposition, 0), _side(decomposition, 1)
    emitter = PiecewiseExponentialEmitter(left, right)
    functions = [
        emitter.sides(),
        emitter.raw_moments(),
        emitter.shares(),
        emitter.hermite(),
        emitter.derivatives(),
        emitter.second_moment(),
        emitter.variance(),
    ]
    regimes = [
        "exponentials: a tilt of the Gaussian; density at 0 times scaled moments where the tilted mean is beyond 0",
        "next to a root of g at 0, reach of y far below the range of the exponentials: Taylor series of each side",
        "Hermite coefficients: derivatives and jumps; a panel for each exponential where that would amplify rounding",
        "variance: centred at g(mu) where sigma is below the range of the fastest exponential, about the polynomial "
        "on mu's side elsewhere",
        "sigma = 0: the point mass",
    ]
    range_of_fastest = float(1 / emitter.fastest)
    seams: list[dict[str, float | str]] = [
        {"variable": "t", "value": 0.0},
        {"variable": "sigma", "value": range_of_fastest},
    ]
    return KernelPlan(functions, PROMISE, regimes, seams)
