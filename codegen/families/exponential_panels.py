"""Sums of polynomials times exponentials, waves and Phi between any kinks: panels where no closed kernel serves."""

from __future__ import annotations

from functools import cached_property

import sympy as sp

from codegen.exponential_pieces import ExponentialPieces, pieces_of
from codegen.families.averaged_waves import AveragedWaves
from codegen.families.bumps import bump_of
from codegen.families.contract import SIGNATURE
from codegen.families.exponential_tables import PlaceTable, RestTable
from codegen.families.exponential_variance import variance
from codegen.families.growing_ends import growing_signs, infinite_lines
from codegen.families.narrow_slopes import point_derivatives
from codegen.families.quadrature import PROMISE
from codegen.families.smooth_expectations import CLEAR, NARROW_PART, derivatives
from codegen.families.smooth_variance import at_root_lines
from codegen.kernel_plan import KernelPlan, exact_pair, expression_text
from codegen.kink_limits import jumps_at
from codegen.panel_marks import NoPanelPlanError
from codegen.plan_check import Sample
from codegen.roots import changes_sign_away_from_zero
from codegen.stable_forms import stabilised
from codegen.structures import structures
from symbolic_moments.symbols import x

_MOST_PLACES = 5


class ExponentialPanels:
    """A function of the algebra and what its kernel is written from."""

    def __init__(self, expression: sp.Expr, pieces: ExponentialPieces):
        if len(pieces.kinks) > _MOST_PLACES:
            raise NoPanelPlanError(f"{len(pieces.kinks)} kinks, more than {_MOST_PLACES}, beside waves or growth")
        self.expression, self.variable, self.pieces, self.kinks = expression, x, pieces, pieces.kinks
        self.function = stabilised(expression)
        self.jumps = jumps_at(self.function, x, self.kinks)
        self.structures = structures(self.function, x, self.kinks)
        whole = None if self.kinks else expression
        places = [sp.Integer(0), *(kink for kink in self.kinks if kink != 0)]
        self.tables = [PlaceTable(pieces, place, number, whole) for number, place in enumerate(places)]
        values = {base for table in self.tables for base in (table.base, table.other)}
        constants = zip((-1, 1), pieces.saturations(), strict=True)
        ends = [(side, constant) for side, constant in constants if constant is not None and values != {constant}]
        self.rests = [RestTable(pieces, side, constant) for side, constant in ends]
        self.waves = AveragedWaves(pieces) if pieces.undamped() else None
        self.bump = bump_of(pieces)

    @cached_property
    def growing_signs(self) -> tuple[int, int]:
        """The signs of g at the ends where it grows exponentially, 0 at the others."""
        return growing_signs(self.expression, self.variable, self.pieces)

    @property
    def turns(self) -> bool:
        """Whether waves that nothing damps decide how accurate phases have to be."""
        return self.waves is not None and not self.pieces.grows()

    @cached_property
    def finest(self) -> sp.Rational:
        """The smallest distance over which the function changes."""
        rates = [abs(t.c) for one in self.pieces.sums for t in one.terms] + [p.slope for p in self.pieces.errors]
        fastest = max([*map(float, rates), *map(float, self.pieces.frequencies()), 1.0])
        return sp.Rational(1, 2 ** max(0, int(fastest).bit_length()))

    def tables_text(self) -> str:
        """Text of the functions of every place and of ``_places``, ``_derivative``."""
        lines = [line for table in self.tables for line in table.lines()]
        lines += [
            "def _places(xp: Any, which: int) -> Any:",
            '    """Places, the panels around them of g (0), g\' (1) or g less its value (2), base and functions."""',
            "    return [",
            *(line for table in self.tables for line in table.entry()),
            "    ]",
            "",
            "",
            "def _derivative(xp: Any, x: Any) -> Any:",
            '    """``g\'(x)``."""',
            "    return _slope_0(xp, x)",
        ]
        turned = self.waves.turned_lines() if self.waves is not None and self.turns else []
        others = [table.other_lines() for table in self.tables if table.jumps]
        others += [table.lines() for table in self.rests]
        rests = [line for text in others for line in ("", "", *text[:-2])]
        bump = self.bump.functions() if self.bump else []
        return "\n".join([*lines, *rests, *(self.waves.lines() if self.waves else []), *turned, *bump])

    def raw_moments(self) -> str:
        """Text of ``_raw_moments``."""
        panels = "around_kinks" if self.turns else "panels"
        turned = self.turned_lines("rising(_turned(xp, v, m), m + v, degree)", "orders", "[row[0] for row in sums]")
        return "\n".join(
            [
                f"def _raw_moments({SIGNATURE}, degree: int) -> Any:",
                '    """``E[y^n g(y)]``, n = 0 .. degree."""',
                "    point, spread = split_point_mass(xp, sigma)",
                "",
                "    def integrands(place: Any, functions: Any) -> Any:",
                "        _, value, _, _, scaled, _ = functions",
                "        return (",
                "            lambda v, around: rising(value(xp, v), place[0] + (v + place[1]), degree),",
                "            lambda v, shift: rising(scaled(xp, v, shift), place[0] + (v + place[1]), degree),",
                "        )",
                "",
                "    orders = [1] * (degree + 1)",
                "",
                f"    def {panels}(mu: Any, sigma: Any) -> Any:",
                "        places = _places(xp, 0)",
                "        rows = mu, sigma, places, nearest_place(xp, mu, sigma, places)",
                "        return [row[0] for row in place_expectations(xp, *rows, 1, integrands, orders)]",
                "",
                *turned,
                *self._averaged(
                    "rising(_averaged(xp, y), y, degree)", "[1] * (degree + 1)", "[row[0] for row in sums]"
                ),
                *infinite_lines(self.growing_signs),
                "    at = mu[point]",
                "    return set_where(point, values, rising(_activation(xp, at), at, degree))",
            ]
        )

    def hermite(self) -> str:
        """Text of ``_hermite_coefficients``."""
        return "\n".join(
            [
                f"def _hermite_coefficients({SIGNATURE}, degree: int) -> Any:",
                '    """``c_0 = E[g]``, ``c_k = sigma E[g\'(y) He_(k-1)(z)]`` and jumps, k = 1 .. degree."""',
                "    if degree == 0:",
                "        return _raw_moments(xp, mu, sigma, 0)",
                "    point, spread = split_point_mass(xp, sigma)",
                "",
                "    def integrands(place: Any, functions: Any) -> Any:",
                "        _, _, _, slope, _, scaled = functions",
                "        return lambda v, around: [slope(xp, v)], lambda v, shift: [scaled(xp, v, shift)]",
                "",
                f"    def {'around_kinks' if self.turns else 'all_slopes'}(mu: Any, sigma: Any) -> Any:",
                "        places = _places(xp, 1)",
                "        rows = mu, sigma, places, nearest_place(xp, mu, sigma, places)",
                "        return place_expectations(xp, *rows, 1, integrands, [degree])[0]",
                "",
                *self.turned_lines("[_turned_slope(xp, v, m)]", "[degree]", "sums[0]", "all_slopes"),
                "    def panels(mu: Any, sigma: Any) -> Any:",
                "        mean = _raw_moments(xp, mu, sigma, 0)[0]",
                "        slopes = all_slopes(mu, sigma)",
                "        coefficients = [sigma * slope for slope in without_noise(xp, slopes)]",
                *(line for kink, jump in self.jumps for line in self._jump_lines(kink, jump)),
                *(self.bump.lines() if self.bump else []),
                "        return [mean, *coefficients]",
                "",
                *self._averaged("[_averaged(xp, y)]", "[degree + 1]", "sums[0]"),
                "    values = set_where(point, values, [_activation(xp, mu[point]), *([0] * degree)])",
                *self._last_lines(),
            ]
        )

    def second_moment(self) -> str:
        """Text of ``_second_moment``."""
        rooted = changes_sign_away_from_zero(self.function, x)
        return "\n".join(
            [
                f"def {'_integrated_square' if rooted else '_second_moment'}({SIGNATURE}) -> Any:",
                '    """``E[g(y)^2]``."""',
                "    point, spread = split_point_mass(xp, sigma)",
                "",
                "    def integrands(place: Any, functions: Any) -> Any:",
                "        _, value, _, _, scaled, _ = functions",
                "        return (",
                "            lambda v, around: [value(xp, v) ** 2],",
                "            lambda v, shift: [scaled(xp, v, shift / 2) ** 2],",
                "        )",
                "",
                f"    def {'around_kinks' if self.turns else 'panels'}(mu: Any, sigma: Any) -> Any:",
                "        places = _places(xp, 0)",
                "        rows = mu, sigma, places, nearest_place(xp, mu, sigma, places)",
                "        return place_expectations(xp, *rows, 2, integrands, [1])[0]",
                "",
                *self.turned_lines("[_turned(xp, v, m) ** 2]", "[1]", "sums[0]", power=2),
                *self._averaged("[_averaged_square(xp, y, 0)]", "[1]", "sums[0]"),
                *infinite_lines((1, 1) if any(self.growing_signs) else (0, 0)),
                "    return set_where(point, values, [_activation(xp, mu[point]) ** 2])[0]",
                *(at_root_lines() if rooted else []),
            ]
        )

    def turned_lines(self, integrand: str, orders: str, result: str, name: str = "panels", power: int = 1) -> list[str]:
        """Statements that send rows beyond all kinks to ``turned_expectations``, the others to ``around_kinks``."""
        if not self.turns:
            return []
        return [
            "    def turned(mu: Any, sigma: Any) -> Any:",
            f"        panels = powered(xp, _panels_0(xp), {power})",
            f"        arguments = panels, lambda v, m: {integrand}, {orders}",
            "        sums = turned_expectations(xp, mu, sigma, *arguments)",
            f"        return {result}",
            "",
            f"    def {name}(mu: Any, sigma: Any) -> Any:",
            "        clear = clear_of_kinks(xp, mu, sigma, _panels_0(xp))",
            "        return by_rows(xp, clear, mu, sigma, turned, around_kinks)",
            "",
        ]

    def derivatives(self) -> str:
        """Text of ``_expected_derivatives``; where g overflows at a point mass so do its derivatives."""
        *lines, last = derivatives(self, point_derivatives(cancelling_slope=False)).splitlines()
        (left, _), (right, _) = self.pieces.panels().growths
        if left == right == 0:
            return "\n".join([*lines, last])
        signs = "1" if left == 0 else "(-1) ** k" if right == 0 else "xp.where(at > 0, 1, (-1) ** k)"
        lines += [
            "    beyond = xp.abs(limits[0]) == xp.inf",
            f"    limits = [xp.where(beyond, limits[0] * {signs}, limit) for k, limit in enumerate(limits)]",
        ]
        return "\n".join([*lines, last])

    def _last_lines(self) -> list[str]:
        if self.tables[0].slope_form is not None:
            return ["    return values"]
        limit = expression_text(self.finest / NARROW_PART)
        for kink in self.kinks:
            distance = sp.Abs(sp.Symbol("mu", real=True) - kink)
            limit = f"xp.minimum({limit}, {expression_text(distance / CLEAR)})"
        narrow = f"narrow_coefficients(xp, mu, sigma, values, _activation, {limit})"
        if not any(self.growing_signs):
            return [f"    return {narrow}"]
        return [f"    values = {narrow}", *infinite_lines(self.growing_signs), "    return values"]

    def _averaged(self, integrand: str, orders: str, result: str) -> list[str]:
        if self.waves is None:
            return ["    values = panels(mu, spread)"]
        return [
            "    def averaged(mu: Any, sigma: Any) -> Any:",
            f"        arguments = _averaged_panels(xp), lambda y, around: {integrand}, {orders}",
            "        sums = averaged_expectations(xp, mu, sigma, *arguments)",
            f"        return {result}",
            "",
            f"    wide = averages_out(xp, mu, spread, _panels_0(xp), {expression_text(self.waves.unit)})",
            "    values = by_rows(xp, wide, mu, spread, averaged, panels)",
        ]

    @staticmethod
    def _jump_lines(kink: sp.Expr, jump: sp.Expr) -> list[str]:
        return [
            f"        shares = jump_shares(xp, mu, sigma, {exact_pair(kink)}, degree)",
            f"        jump = {expression_text(jump)}",
            "        coefficients = [c + jump * share for c, share in zip(coefficients, shares, strict=True)]",
        ]


def plan(expression: sp.Expr) -> KernelPlan | None:
    """The kernel of such a sum that grows or oscillates; None where the expression is none.

    Raises
    ------
    NoPanelPlanError
        Panels do not serve.
    """
    pieces = pieces_of(expression)
    if pieces is None or not (pieces.grows() or pieces.frequencies()):
        return None
    subject = ExponentialPanels(expression, pieces)
    writers = (
        subject.tables_text,
        subject.raw_moments,
        subject.hermite,
        subject.derivatives,
        subject.second_moment,
        lambda: variance(subject),
    )
    regimes = [
        "Gauss-Legendre panels between the kinks on the part the Gaussian reaches, growth taken along",
        "next to a kink: the distance from it as the coordinate",
        "Hermite coefficients from the first on: through the derivative, and jumps",
        "sigma = 0: the point mass, derivatives by Taylor arithmetic",
        "what is below the promise, relative to its scale, is noise of either sign",
    ]
    seams: list[dict[str, float | str]] = [{"variable": "mu", "value": float(k)} for k in subject.kinks]
    if subject.waves is not None:
        unit = subject.waves.unit
        regimes.insert(1, f"sigma >= {40 * unit}: waves average out but for what the ends of half lines leave")
        seams.append({"variable": "sigma", "value": float(40 * unit)})
    if subject.bump is not None:
        extent = subject.bump.extent
        regimes.insert(3, f"sigma > {extent}: Hermite coefficients from the values, as slopes and jumps cancel")
        seams.append({"variable": "sigma", "value": float(extent)})
    growth = max(float(rate) for rate, _ in pieces.panels().growths)
    highest = max(map(float, pieces.frequencies()), default=0.0)
    sample = Sample(subject.structures, subject.kinks, growth, highest)
    return KernelPlan([write() for write in writers], PROMISE, regimes, seams, sample=sample)
