"""Functions that no faster rule serves: panels on which it was seen to be a polynomial, visited as they count.

The last family in line. It asks for no structure: growth, decay and saturation are levels of panels, steepness and
oscillation their lengths.
"""

from __future__ import annotations

from collections.abc import Mapping

import sympy as sp

from codegen.families.general_expectations import hermite, raw_moments
from codegen.families.general_subject import GeneralSubject
from codegen.families.general_tables import followed, tables
from codegen.families.general_variance import second_moment, variance
from codegen.families.narrow_slopes import point_derivatives
from codegen.families.quadrature import PROMISE
from codegen.families.smooth_expectations import derivatives
from codegen.families.tapered_waves import with_wide_gaussians
from codegen.kernel_plan import KernelPlan, tuple_text
from codegen.nodes_beside import nodes_beside
from codegen.plan_check import Sample

__all__ = ["plan"]

BLOCKS = 16
_MANY_DIGITS = 10**15


def _derivatives(subject: GeneralSubject) -> str:
    """Text of ``_expected_derivatives``; next to vertical places the point mass has series of its own."""
    series = point_derivatives(subject.cancelling_slope)
    if subject.singular:
        places = tuple_text([sp.sympify(place) for place in subject.singular])
        series = f"scaled_derivatives_of(xp, _activation, at, degree, {places})"
    if any(subject.overflowing):
        series = f"[infinite_beyond(xp, at, row, n, {subject.overflowing}) for n, row in enumerate({series})]"
    return derivatives(subject, series)


def _short(place: sp.Expr) -> str:
    """A place in words; six digits of one that is known to many only."""
    return f"{float(place):.6g}" if isinstance(place, sp.Rational) and place.q > _MANY_DIGITS else sp.sstr(place)


def plan(expression: sp.Expr, variable: sp.Symbol, start: sp.Expr = sp.S.Zero) -> KernelPlan:
    """The kernel of any function that panels resolve; its raw moments are those of powers of ``y + start``.

    Raises
    ------
    NoPanelPlanError
        A moderate number of panels does not resolve it.
    """
    subject = GeneralSubject(expression, variable)
    kinks = subject.kinks
    functions = [
        tables(subject),
        raw_moments(subject, start),
        hermite(subject),
        _derivatives(subject),
        second_moment(subject),
        variance(subject),
    ]
    regimes = [
        f"{len(subject.value_panels)} panels on which g was seen to be a polynomial of degree 60; those that count",
        "rows of like mu and sigma share nodes where 32 of them meet, and have panels of their own where fewer do",
        "Hermite coefficients through the derivative where g is nearly constant over the Gaussian",
        "sigma = 0: the point mass, derivatives by Taylor arithmetic",
        "what is below the promise, relative to its scale, is noise of either sign",
    ]
    if subject.singular:
        places = ", ".join(map(_short, subject.singular))
        regimes.append(f"next to x = {places} panels as wide as the Gaussian, with nodes that crowd there")
        if any(subject.singular):
            regimes.append("what g does within an ulp of such a place away from 0 is not seen")
    known = [one.place for one in subject.breaks]
    if rounded := ", ".join(_short(kink) for kink in subject.smooth_sided if kink != 0 and kink not in known):
        regimes.append(f"variances within ten sigma of x = {rounded}: nodes there are rounded, an ulp of x over sigma")
    if (farthest := followed(subject)) is not None:
        reason = "since g oscillates without end" if subject.endless else "since panels follow g no farther"
        regimes.append(f"|mu| + 12 sigma > {farthest}: NaN, {reason}")
    seams: list[Mapping[str, float | str]] = [{"variable": "mu", "value": float(k)} for k in kinks]
    growth = max(subject.value_panels[0].slope * -1, subject.value_panels[-1].slope, 0.0)
    if subject.growing:
        regimes.append(
            "where nodes would overflow the exponential of an end is taken out: infinite where the value, or E[g'], is"
        )
    elif any(subject.overflowing):
        regimes.append("where y^n g, or g^2, is beyond the doubles within 13 sigma of its weight: infinite")
    sample = Sample(
        subject.structures,
        kinks,
        growth=growth,
        ends=subject.cuts,
        reach=subject.reach,
        singular=subject.singular,
        beside=tuple(filter(None, (nodes_beside(expression, variable, place) for place in subject.singular))),
        rounded_nodes=subject.endless,
        growing=tuple(one for end in subject.growing for one in end.samples()),
    )
    found = KernelPlan(
        functions,
        PROMISE,
        regimes,
        seams,
        activation=subject.activation_text(),
        sample=sample,
        last=True,
        crosses=subject.rooted,
        blocks=BLOCKS,
    )
    return with_wide_gaussians(found, subject, start) if subject.endless else found
