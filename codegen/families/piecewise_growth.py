"""Polynomials times exponentials on both sides of 0, some growing away from 0 (exp(x) Heaviside(x), exp(|x|) ...)."""

from __future__ import annotations

import sympy as sp

from codegen.families.contract import PROMISE as EXACT
from codegen.families.contract import SIGNATURE
from codegen.families.exponential_sides import Side, first_jump, side_of
from codegen.kernel_plan import KernelPlan, expression_text
from symbolic_moments.decomposition import Decomposition
from symbolic_moments.symbols import x

PROMISE = {**EXACT, "activation": 2e-14}
RATES_APART = {**PROMISE, "second_moment": 2e-13, "variance": 2e-13}
_MOST_RATES_APART = 8
_OPENING = (
    "    point, spread = split_point_mass(xp, sigma)",
    "    peak = density(xp, clip_to_density(xp, mu, spread), spread)",
    "    sides = _sides(xp)",
)


def covers(decomposition: Decomposition) -> bool:
    """Whether the family serves: PE with 0 as its only breakpoint, some exponential growing away from it.

    Examples
    --------
    >>> from symbolic_moments import activation
    >>> covers(activation("exp(abs(x))").decomposition), covers(activation("exp(-abs(x))").decomposition)
    (True, False)
    """
    if decomposition.family != "PE" or decomposition.breakpoints != (0,):
        return False
    sides = [side_of(decomposition, index) for index in (0, 1)]
    rates = [rate for side in sides for rate, _ in side.terms if rate != 0]
    if any(rate.free_symbols for rate in rates) or not any(rate.is_negative for rate in rates):
        return False
    if any(_hides_extremum(side) for side in sides):
        return False
    sizes = [abs(float(rate)) for rate in rates]
    return max(sizes) <= _MOST_RATES_APART * min(sizes)


def _hides_extremum(side: Side) -> bool:
    """Whether ``f - f(0)`` has a zero of order 2 or more that no term shows, f(0) not 0: its variance would cancel."""
    value = side.derivative_at_zero(0)
    terms = dict(side.terms)
    constant, *higher = terms.get(sp.Integer(0), (sp.Integer(0),))
    terms[sp.Integer(0)] = (sp.simplify(constant - value), *higher)
    return bool(value != 0) and Side(tuple(terms.items())).hidden_root > 1


class PiecewiseGrowthEmitter:
    """Writes the functions of one kernel from its two sides."""

    def __init__(self, left: Side, right: Side):
        self.left, self.right = left, right
        self.roots = (left.hidden_root, right.hidden_root)
        self.smoothness = first_jump(left, right)

    def sides(self) -> str:
        """Text of ``_sides``."""
        return "\n".join(
            [
                "def _sides(xp: Any) -> Any:",
                '    """``g(-v)`` and ``g(v)``, v > 0: lists of (rate, coefficients of p), ``p(v) exp(-rate v)``."""',
                *self.left.lines("left"),
                *self.right.lines("right"),
                "    return left, right",
            ]
        )

    def activation(self, expression: sp.Expr) -> str:
        """Text of ``_activation``: the exponentials that overflow multiply last, roots at 0 keep their digits."""
        at_zero = expression_text(expression.subs(x, 0))
        left, right = (f"growing_value(xp, {name}, {root or None}, xp.abs(x))" for name, root in self._named_roots())
        return "\n".join(
            [
                "def _activation(xp: Any, x: Any) -> Any:",
                f'    """``{sp.sstr(expression)}``."""',
                "    left, right = _sides(xp)",
                f"    beside = xp.where(x < 0, {left}, {right})",
                f"    return xp.where(x == 0, {at_zero}, beside)",
            ]
        )

    def _named_roots(self) -> list[tuple[str, int]]:
        return list(zip(("left", "right"), self.roots, strict=True))

    def raw_moments(self) -> str:
        """Text of ``_raw_moments``."""
        return "\n".join(
            [
                f"def _raw_moments({SIGNATURE}, degree: int) -> Any:",
                '    """``E[y^n g(y)]``, n = 0 .. degree."""',
                *_OPENING,
                "    left, right = sides",
                "    top = largest_exponent(xp, mu, spread, sides, 1)",
                f"    below = growing_moments(xp, -mu, spread, peak, left, {self.roots[0]}, top, degree)",
                f"    above = growing_moments(xp, mu, spread, peak, right, {self.roots[1]}, top, degree)",
                "    values = [scaled_up(xp, b + a, top) for b, a in zip(alternate(below), above, strict=True)]",
                "    exact = rising(_activation(xp, mu[point]), mu[point], degree)",
                "    return set_where(point, values, exact)",
            ]
        )

    def coefficients(self, name: str, primitive: str, limits: list[str]) -> str:
        """Text of ``_hermite_coefficients`` or ``_expected_derivatives``."""
        what = {
            "_hermite_coefficients": "``c_k = E[g(y) He_k((y - mu) / sigma)] = sigma^k E[g^(k)(y)]``",
            "_expected_derivatives": "``E[g^(k)(y)]``",
        }[name]
        return "\n".join(
            [
                f"def {name}({SIGNATURE}, degree: int) -> Any:",
                f'    """{what}, k = 0 .. degree."""',
                *_OPENING,
                "    top = largest_exponent(xp, mu, spread, sides, 1)",
                f"    found = {primitive}(xp, mu, spread, peak, sides, {self.roots}, {self.smoothness}, top, degree)",
                "    values = [scaled_up(xp, value, top) for value in found]",
                *limits,
                "    limits[0] = _activation(xp, mu[point])",
                "    return set_where(point, values, limits)",
            ]
        )

    def second_moment(self) -> str:
        """Text of ``_second_moment``."""
        return "\n".join(
            [
                f"def _second_moment({SIGNATURE}) -> Any:",
                '    """``E[g(y)^2] = Var g(y) + E[g]^2``."""',
                "    mean = _raw_moments(xp, mu, sigma, 0)[0]",
                "    return _variance(xp, mu, sigma) + mean * mean",
            ]
        )

    def _narrow(self) -> str:
        """Where the variance is centred: sigma below the range of every term that grows and of those beside mu."""
        rates = [[rate for rate, _ in side.terms if rate != 0] for side in (self.left, self.right)]
        flat = [rate for found in rates for rate in found]
        own = [sp.Min(*(abs(rate) for rate in found or flat)) for found in rates]
        growing = sp.Max(*(abs(rate) for rate in flat if rate.is_negative))
        fading = [rate for rate in flat if rate.is_positive]
        conditions = [f"({expression_text(growing)} * spread < 1)"]
        if any(one < growing for one in own):
            slowest = f"xp.where(mu < 0, {expression_text(own[0])}, {expression_text(own[1])})"
            conditions.append(f"({slowest} * spread < 1)")
        if fading and max(fading) > growing:
            conditions.append(f"({expression_text(sp.Max(*fading))} * spread < 3)")
        return " & ".join(conditions)

    def variance(self) -> str:
        """Text of ``_variance``."""
        powers = [len(cs) - 1 for side in (self.left, self.right) for rate, cs in side.terms if rate == 0]
        degree = max(powers, default=0)
        return "\n".join(
            [
                f"def _variance({SIGNATURE}) -> Any:",
                '    """``Var g(y)``: about g(mu) for small sigma, about the polynomial on mu\'s side elsewhere."""',
                *_OPENING,
                "    value = xp.zeros_like(mu)",
                f"    small = {self._narrow()}",
                "    some = xp.flatnonzero(small)",
                f"    jump = jumps_at_zero(*sides, {self.smoothness}, 0)[0]",
                "    at = mu[some], spread[some], peak[some], sides",
                f"    value[some] = growing_centred_variance(xp, *at, {self.roots}, jump)",
                "    some = xp.flatnonzero(~small)",
                "    at = mu[some], spread[some], peak[some], sides",
                "    half_top = largest_exponent(xp, mu[some], spread[some], sides, 2) / 2",
                f"    first = growing_hermite(xp, *at, {self.roots}, {self.smoothness}, half_top, {degree})[1:]",
                "    value[some] = growing_variance(xp, *at, half_top, first)",
                "    return set_where(point, [xp.maximum(value, 0)], [0])[0]  # below 0: rounding of subnormals",
            ]
        )


def plan(expression: sp.Expr, decomposition: Decomposition) -> KernelPlan:
    """The kernel of a function that ``covers`` accepts."""
    emitter = PiecewiseGrowthEmitter(side_of(decomposition, 0), side_of(decomposition, 1))
    functions = [
        emitter.sides(),
        emitter.raw_moments(),
        emitter.coefficients(
            "_hermite_coefficients",
            "growing_hermite",
            ["    limits = [xp.zeros_like(mu[point]) for _ in range(degree + 1)]"],
        ),
        emitter.coefficients(
            "_expected_derivatives",
            "growing_slopes",
            [f"    limits = growing_beside_zero(xp, mu[point], sides, {emitter.roots}, {emitter.smoothness}, degree)"],
        ),
        emitter.second_moment(),
        emitter.variance(),
    ]
    regimes = [
        "exponentials: a tilt of the Gaussian; density at 0 times scaled moments where the tilted mean is beyond 0",
        "next to a root of g at 0, reach of y far below the range of the exponentials: Taylor series of each side",
        "Hermite coefficients: derivatives and jumps; a panel for what decays where that would amplify rounding",
        "variance: centred at g(mu) where sigma is below the range of the exponentials, about the polynomial on mu's "
        "side elsewhere",
        "beyond the largest number: infinite, with the sign of the value",
        "sigma = 0: the point mass",
    ]
    sizes = {abs(rate) for side in (emitter.left, emitter.right) for rate, _ in side.terms if rate != 0}
    fastest = max(float(size) for size in sizes)
    seams: list[dict[str, float | str]] = [
        {"variable": "t", "value": 0.0},
        {"variable": "sigma", "value": 1 / fastest},
    ]
    promise = PROMISE if len(sizes) == 1 else RATES_APART
    return KernelPlan(functions, promise, regimes, seams, activation=emitter.activation(expression))
