"""The kernel of exponentials that decay away from a narrow middle: that of the sides, and what the middle adds."""

from __future__ import annotations

import re

import sympy as sp

from codegen.families.contract import SIGNATURE
from codegen.families.narrow_middle import Middle, NarrowMiddle
from codegen.families.piecewise_exponential import PROMISE, REGIMES, PiecewiseExponentialEmitter
from codegen.kernel_plan import KernelPlan, exact_pair, expression_text
from symbolic_moments.decomposition import Decomposition

__all__ = ["plan"]

_FUNCTIONS = re.compile(r"\b_(raw_moments|hermite_coefficients|expected_derivatives)\b")
_FORMULA = re.compile(r"``[^`]*``")
_FAR = 384
"""Sigma in units of the middle from which on it is far: 32 (degree + 12), as ``far_rows`` has it."""


class NarrowMiddleEmitter:
    """Writes the functions of one kernel; f stands for g without its middle."""

    def __init__(self, decomposition: Decomposition):
        self.shape = NarrowMiddle(decomposition)
        self.sides = PiecewiseExponentialEmitter(self.shape.left, self.shape.right)

    def of_sides(self) -> list[str]:
        """Text of ``_sides``, and of the functions of f."""
        written = [self.sides.raw_moments(), self.sides.shares(), self.sides.hermite(), self.sides.derivatives()]
        renamed = [_FUNCTIONS.sub(r"_\1_of_sides", text) for text in written]
        return [_FORMULA.sub(_of_sides, text) for text in (self.sides.sides(), *renamed)]

    def middles(self) -> str:
        """Text of ``_middles``."""
        lines = [
            "def _middles(xp: Any) -> Any:",
            '    """``g - f`` next to 0: pairs ((lower end, upper end, polynomial), side of 0)."""',
            "    found = []",
        ]
        for middle in self.shape.middles:
            ends = [exact_pair(middle.place), "(0, 0)"][:: -middle.side]
            powers, about = (f"{middle.root}, 0", 1) if middle.from_lower else (f"0, {middle.root}", 2)
            lines += [
                *middle.excess.lines("terms"),
                f"    series = series_coefficients(xp, terms, {middle.root}, {_count(middle)})",
                f"    found.append((({', '.join(ends)}, ({powers}, series, {about})), {middle.side}))",
            ]
        return "\n".join([*lines, "    return found"])

    def pieces(self) -> str:
        """Text of ``_pieces``."""
        lines = [
            "def _pieces(xp: Any) -> Any:",
            '    """Breakpoints of g with 0; its pieces as ``joined_variance`` takes them."""',
        ]
        for number, (_, piece) in enumerate(self.shape.pieces):
            lines += piece.lines(f"piece_{number}")
        triples = [
            f"({side}, piece_{number}, {piece.roots_of_derivatives})"
            for number, (side, piece) in enumerate(self.shape.pieces)
        ]
        places = ", ".join(exact_pair(place) for place in self.shape.breakpoints)
        return "\n".join([*lines, f"    return [{places}], [{', '.join(triples)}]"])

    def _opening(self, name: str, what: str, primitive: str) -> list[str]:
        return [
            f"def _{name}({SIGNATURE}, degree: int) -> Any:",
            f'    """{what}, k = 0 .. degree."""',
            "    point, spread = split_point_mass(xp, sigma)",
            "    peak = density(xp, clip_to_density(xp, mu, spread), spread)",
            f"    values = _{name}_of_sides(xp, mu, sigma, degree)",
            "    for middle, _ in _middles(xp):",
            f"        parts = {primitive}(xp, mu, spread, peak, middle, degree)",
        ]

    def expectations(self) -> list[str]:
        """Text of ``_raw_moments``, ``_hermite_coefficients`` and ``_expected_derivatives``."""
        added = [
            "        parts = set_where(point, parts, [0] * len(parts))",
            "        values = [a + b for a, b in zip(values, parts, strict=True)]",
            "    return values",
        ]
        coefficients = "``c_k = E[g(y) He_k((y - mu) / sigma)] = sigma^k E[g^(k)(y)]``"
        orders = tuple(self.shape.first_jump(number) for number in range(len(self.shape.breakpoints)))
        derivatives = [
            "        parts = to_derivatives([], parts, spread, degree)",
            *added[:-1],
            "    breakpoints, pieces = _pieces(xp)",
            f"    limits = joined_derivatives(xp, mu[point], breakpoints, pieces, {orders}, degree)",
            "    limits[0] = _activation(xp, mu[point])",
            "    return set_where(point, values, limits)",
        ]
        bodies = [
            self._opening("raw_moments", "``E[y^k g(y)]``", "middle_moments") + added,
            self._opening("hermite_coefficients", coefficients, "middle_hermite") + added,
            self._opening("expected_derivatives", "``E[g^(k)(y)]``", "middle_hermite") + derivatives,
        ]
        return ["\n".join(lines) for lines in bodies]

    def variance(self) -> str:
        """Text of ``_variance``."""
        jumps = [expression_text(self.shape.jump(number, 0)) for number in range(len(self.shape.breakpoints))]
        roots = self.sides.roots
        lines = [
            f"def _variance({SIGNATURE}) -> Any:",
            '    """``Var g(y)``: about g(mu) where sigma is small, that of f and what the middle adds elsewhere."""',
            "    point, spread = split_point_mass(xp, sigma)",
            "    value = xp.zeros_like(mu)",
            f"    small = {self.sides.narrow()}",
            "    some = xp.flatnonzero(small)",
            f"    jumps = ({', '.join(jumps)})",
            "    breakpoints, pieces = _pieces(xp)",
            f"    about = breakpoints, pieces, jumps, {self.shape.highest_power}",
            "    value[some] = joined_variance(xp, mu[some], spread[some], *about)",
            "    some = xp.flatnonzero(~small)",
            f"    mean, *first = _hermite_coefficients_of_sides(xp, mu[some], sigma[some], {self.sides.degree})",
            "    peak = density(xp, clip_to_density(xp, mu[some], spread[some]), spread[some])",
            "    at, sides = (mu[some], spread[some], peak), _sides(xp)",
            "    value[some] = asymptotic_variance(xp, *at, sides, first)",
            "    for middle, side in _middles(xp):",
            f"        own = (sides[0], {roots[0]}) if side < 0 else (sides[1], {roots[1]})",
            "        share, added = middle_variance(xp, *at, middle, own, mean)",
            "        value[some] += added",
            "        mean = mean + share",
            "    return set_where(point, [xp.maximum(value, 0)], [0])[0]  # below 0: rounding of subnormals",
        ]
        return "\n".join(lines)


def _of_sides(formula: re.Match[str]) -> str:
    return re.sub(r"\bg\b", "f", formula.group())


def _count(middle: Middle) -> str:
    """How many Taylor coefficients of the excess: those of its polynomials, and what its exponentials ask for."""
    powers = max(len(coefficients) for _, coefficients in middle.excess.terms)
    count = 'xp.method["middle_terms"]'
    return count if powers == 1 else f"max({count}, {powers})"


def plan(decomposition: Decomposition) -> KernelPlan:
    """The kernel of a function for which ``has_narrow_middle`` holds."""
    emitter = NarrowMiddleEmitter(decomposition)
    extent = emitter.shape.extent
    functions = [
        *emitter.of_sides(),
        emitter.middles(),
        emitter.pieces(),
        *emitter.expectations(),
        emitter.sides.second_moment(),
        emitter.variance(),
    ]
    regimes = [
        *REGIMES[:-2],
        f"what g is more than its sides, within {sp.sstr(extent)} of 0: a panel; where sigma is far above, its moments",
        "variance: centred at g(mu), a panel for each piece, where sigma is below the range of the exponentials, about "
        "the polynomial on mu's side elsewhere",
        *REGIMES[-1:],
    ]
    seams: list[dict[str, float | str]] = [
        {"variable": "t", "value": 0.0},
        {"variable": "sigma", "value": 1 / float(emitter.sides.fastest_rate)},
        {"variable": "sigma", "value": _FAR * float(extent)},
    ]
    seams += [{"variable": "mu", "value": float(place)} for place in emitter.shape.breakpoints if place != 0]
    return KernelPlan(functions, PROMISE, regimes, seams)
