"""Functions that are infinite, or touch 0, at a place away from 0: next to it in coordinates that start there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import sympy as sp

from codegen.exact_comparisons import is_double
from codegen.exact_places import exactly, is_located, vanishes_at
from codegen.families import general
from codegen.families.contract import SIGNATURE
from codegen.families.joined import plan as joined
from codegen.families.renamed import renamed
from codegen.kernel_plan import KernelPlan, exact_pair, expression_text
from codegen.kink_limits import one_sided
from codegen.panel_marks import NoPanelPlanError

__all__ = [
    "FELT",
    "MOST",
    "SUFFIX",
    "around",
    "beside",
    "from_there",
    "infinite_places",
    "moved",
    "next_to",
    "roots_at_kinks",
]

FELT = 40
"""How many sigma away a place is felt: ``exp(-800)`` of the density."""
SHORT = 64
"""How many times farther from 0 than sigma a place is where y^n is made of Hermite polynomials: y varies little."""
NARROW = 16
"""The same where a place at which g is finite has coordinates of its own: else an ulp of it is little beside sigma."""
_SAME_SIDE = sp.Rational(7, 16)
"""How far from a place, in units of its size, mu may be: powers of y made of Hermite polynomials cancel next to 0."""
MOST = 2
"""Places where g is finite with coordinates of their own: each doubles the text."""
MOST_INFINITE = 6
"""The same of places where it is infinite."""
_VALUES_NEAR = sp.Rational(1, 4)
CORRECTIONS = 3
"""Orders that put back what rounding takes from mu less the place, for sigma from 1e-12 on."""
SUFFIX = "_moved"
"""Of the names of what is written in such coordinates."""
_BESIDE = sp.Rational(1, 2**60)


def infinite_places(expression: sp.Expr, variable: sp.Symbol, places: Sequence[sp.Expr]) -> tuple[sp.Expr, ...]:
    """Those of the places at which the function is infinite.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> infinite_places(sp.log(sp.Abs(x - 3)) + sp.sqrt(sp.Abs(x)), x, (0, 3))
    (3,)
    """
    found = {place: expression.subs(variable, exactly(expression, variable, place)) for place in places}
    return tuple(place for place, value in found.items() if sp.Abs(value) == sp.oo)


def moved(expression: sp.Expr, variable: sp.Symbol, place: sp.Expr) -> sp.Expr:
    """``g(place + v)`` as a function of v, polynomials in it expanded.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> moved(sp.log(x**2 - 2 * x + 1) * sp.tanh(x), x, sp.Integer(1))
    log(x**2)*tanh(x + 1)
    """
    return expression.subs(variable, variable + place).replace(
        lambda e: e.is_Add and e.is_polynomial(variable), sp.expand
    )


def around(elsewhere: KernelPlan, expression: sp.Expr, variable: sp.Symbol, places: Sequence[sp.Expr]) -> KernelPlan:
    """The kernel of a function that is infinite at these places; what it does within an ulp of them counts.

    A row has the coordinates that start at the nearest place. The others it sees rounded, but not more densely than
    that one: of what is left of an ulp there only its logarithm counts.

    Raises
    ------
    NoPanelPlanError
        In the coordinates that start at a place the function is finite there.
    """
    found = elsewhere
    for place in places:
        if place == 0:
            continue
        exact = exactly(expression, variable, place)
        inner = moved(expression, variable, exact)
        near = general.plan(inner, variable, place)
        assert near.sample is not None
        assert near.activation is not None
        if 0 not in infinite_places(inner, variable, near.sample.singular):
            raise NoPanelPlanError(f"what it does within an ulp of x = {sp.N(place, 6)} counts, and is not known")
        written = from_there(near, near.activation, place, _by_nodes(place))
        described = f"within {FELT} sigma of x = {place}, in coordinates that start there"
        if not is_double(place):
            described = f"{described}; so are point masses within {_VALUES_NEAR}"
        if len(places) > 1:
            described = f"nearest to and {described}"
        if exact != place and found.activation is not None:
            written = replace(written, activation=_activation_beside(place))
            found = replace(found, functions=[found.activation, *found.functions], activation=None)
        found = joined(written, found, _nearest(place, places, with_point_masses=not is_double(place)), described)
    return found


def _activation_beside(place: sp.Expr) -> str:
    """Text of ``_activation``: next to the place in coordinates that start there."""
    distance = expression_text(sp.Abs(sp.Symbol("x", real=True) - place))
    near = f"{distance} <= {expression_text(_VALUES_NEAR)}"
    return "\n".join(
        [
            "def _activation(xp: Any, x: Any) -> Any:",
            f'    """Next to x = {sp.N(place, 6)} in coordinates that start there."""',
            f"    return xp.where({near}, _value_there_near(xp, x), _activation_elsewhere(xp, x))",
        ]
    )


def _nearest(place: sp.Expr, places: Sequence[sp.Expr], *, with_point_masses: bool) -> str:
    """Text of the mask of rows that feel a place and have no other as near."""
    distance, *others = (
        expression_text(sp.Abs(sp.Symbol("mu", real=True) - one))
        for one in (place, *(other for other in places if other != place))
    )
    felt = f"(sigma > 0) & ({distance} <= {FELT} * sigma)"
    if with_point_masses:
        felt = f"(({felt}) | ((sigma == 0) & ({distance} <= {expression_text(_VALUES_NEAR)})))"
    return " & ".join([felt, *(f"({distance} <= {other})" for other in others)])


def roots_at_kinks(
    expression: sp.Expr, variable: sp.Symbol, kinks: Sequence[sp.Expr], located: bool = False
) -> tuple[sp.Rational, ...]:
    """Those rational places but 0 at which the function, in coordinates that start there, vanishes exactly.

    None of those on both sides of which it is 0. Also, if they may be ``located``, those at which it vanishes to the
    digits to which they are known.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> roots_at_kinks(sp.Abs(sp.tanh(x - 3)) * sp.Abs(sp.exp(x) - 2), x, (sp.log(2), sp.Integer(3)))
    (3,)
    """

    def vanishes(place: sp.Expr) -> bool:
        if not isinstance(place, sp.Rational) or place == 0:
            return False
        if located and is_located(place) and vanishes_at(expression, variable, place):
            return True
        there = moved(expression, variable, place)
        return there.subs(variable, 0) == 0 and any(one_sided(there, variable, side * _BESIDE) != 0 for side in (-1, 1))

    return tuple(place for place in kinks if vanishes(place))


def beside(elsewhere: KernelPlan, expression: sp.Expr, variable: sp.Symbol, place: sp.Expr) -> KernelPlan:
    """The kernel of a function that is vertical at ``place``; as it is if that is not exactly 0 in its coordinates."""
    near = general.plan(moved(expression, variable, place), variable)
    assert near.sample is not None
    assert near.activation is not None
    return next_to(elsewhere, near, near.activation, place) if 0 in near.sample.singular else elsewhere


def next_to(
    elsewhere: KernelPlan,
    near: KernelPlan,
    activation: str,
    place: sp.Expr,
    widest: sp.Expr = sp.oo,
    *,
    squares: bool = True,
) -> KernelPlan:
    """The kernel whose narrow rows next to a place are those of ``near``, which is that of ``g(place + v)``.

    Without ``squares`` the second moment and the variance are those of ``elsewhere`` there, too.
    """
    most = sp.Min(abs(place) / NARROW, widest)
    limit, near_enough = expression_text(most), expression_text(abs(place) * _SAME_SIDE)
    distance = expression_text(sp.Abs(sp.Symbol("mu", real=True) - place))
    condition = f"(sigma > 0) & (sigma <= {limit}) & ({distance} <= {FELT} * sigma) & ({distance} <= {near_enough})"
    described = f"sigma <= {most} within {FELT} sigma of x = {place}, in coordinates that start there"
    return joined(from_there(near, activation, place), elsewhere, condition, described, squares=squares)


def from_there(inner: KernelPlan, activation: str, place: sp.Expr, moments: list[str] | None = None) -> KernelPlan:
    """The kernel of g from that of ``g(place + v)``, whose ``_activation`` is the text ``activation``.

    Powers of y are made of Hermite polynomials, or by the lines ``moments``.
    """
    texts = renamed([activation, *inner.functions], SUFFIX)
    by_coefficients = ["    return powers_times(xp, mu, sigma, _hermite_coefficients(xp, mu, sigma, degree))"]
    functions = [*texts, *_public(place, moments or by_coefficients)]
    return replace(inner, functions=functions, activation=None, near_places=())


def _by_nodes(place: sp.Expr) -> list[str]:
    """Lines of raw moments: of Hermite coefficients where y varies little, else of powers of y at the nodes."""
    small = expression_text(abs(place) / SHORT)
    return [
        f"    little = sigma < {small}",
        "",
        "    def by_coefficients(mu: Any, sigma: Any) -> Any:",
        "        return powers_times(xp, mu, sigma, _hermite_coefficients(xp, mu, sigma, degree))",
        "",
        "    def by_nodes(mu: Any, sigma: Any) -> Any:",
        f"        return _raw_moments{SUFFIX}(xp, _offset(xp, mu)[0], sigma, degree)",
        "",
        "    return by_condition(xp, little, mu, sigma, (by_coefficients, by_nodes), degree + 1)",
    ]


def _public(place: sp.Expr, moments: list[str]) -> list[str]:
    """Texts of the functions of mu, from those of mu less the place."""
    texts = [
        [
            "def _offset(xp: Any, mu: Any) -> Any:",
            '    """``mu`` less the place, and what rounding takes from it."""',
            f"    start, error = {exact_pair(place)}",
            "    offset, rest = exact_sum(mu, -start)",
            "    return exact_sum(offset, rest - error)",
        ],
        [
            "def _value_there(xp: Any, x: Any) -> Any:",
            '    """``g(x)``, also of a power series."""',
            f"    start, error = {exact_pair(place)}",
            f"    return _activation{SUFFIX}(xp, (x - start) - error)",
        ],
        [
            f"def _hermite_coefficients({SIGNATURE}, degree: int) -> Any:",
            '    """``c_k``, k = 0 .. degree."""',
            "    offset, rest = _offset(xp, mu)",
            f"    values = _hermite_coefficients{SUFFIX}(xp, offset, sigma, degree + {CORRECTIONS})",
            "    return moved(xp, values, sigma, rest, degree)",
        ],
        [
            f"def _raw_moments({SIGNATURE}, degree: int) -> Any:",
            '    """``E[y^n g(y)]``, n = 0 .. degree."""',
            *moments,
        ],
        [
            f"def _expected_derivatives({SIGNATURE}, degree: int) -> Any:",
            '    """``E[g^(k)(y)] = c_k / sigma^k``; at sigma = 0 the derivative."""',
            "    point, spread = split_point_mass(xp, sigma)",
            "    values = to_derivatives([], _hermite_coefficients(xp, mu, spread, degree), spread, degree)",
            "    offset = _offset(xp, mu[point])[0]",
            f"    return set_where(point, values, _expected_derivatives{SUFFIX}(xp, offset, sigma[point], degree))",
        ],
        [
            f"def _second_moment({SIGNATURE}) -> Any:",
            '    """``E[g(y)^2] = Var g + E[g]^2``."""',
            "    return _variance(xp, mu, sigma) + _hermite_coefficients(xp, mu, sigma, 0)[0] ** 2",
        ],
        [
            f"def _variance({SIGNATURE}) -> Any:",
            '    """``Var g(y)``."""',
            f"    return _variance{SUFFIX}(xp, _offset(xp, mu)[0], sigma)",
        ],
    ]
    return ["\n".join(lines) for lines in texts]
