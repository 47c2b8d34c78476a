"""Definitions with waves without end under Gaussians wider than their periods can be followed along the line.

Between the places where envelopes bend the definition is integrated as everywhere; beyond, each wave along a path that
leaves the line (``wave_tails``). Twice: with other rules, from other places on, up to other heights. What is not
analytic where it should be, or not resolved, shows in the difference.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import mpmath
import sympy as sp
from mpmath import libmp

from codegen.gauss_legendre import gauss_legendre
from codegen.verify.bends import crowded
from codegen.verify.definition import Definition
from codegen.verify.interval import ReferenceRefusesError
from codegen.verify.quarter_strips import NotContinuedError, Strip
from codegen.verify.turned_paths import Turned, agreed
from codegen.verify.wave_tails import Sums, Tail, spread_over
from codegen.verify.wave_terms import WaveTerms, fastest_wave, slowest, wave_terms
from codegen.verify.whole_line import is_gaussian, oscillation, resolvable
from symbolic_moments.symbols import x

__all__ = ["MOST_PERIODS", "averaged", "followed", "has_tails", "waves_are_many"]

MOST_PERIODS = 300
_LEAST_TURNS = 40.0
_SPARE_DIGITS = 15
_PERIODS_A_PANEL = 5
_MOST_PANELS = 600
_FINER = 3
_SURELY_BELOW = 0.95
"""Magnitudes are scales: sampled to a percent or so, and lowered by more, so that no error looks smaller than it is."""
_RUNS = ((1.2, 0.0, 1.0, 0), (1.4, 6.0, 1.2, 1))
"""How far the tails start in units of the greatest height, how many digits higher paths go, how much longer rules are,
and how often the panels between the tails are halved."""


@lru_cache(maxsize=256)
def waves_are_many(expression: sp.Expr, sigma: float) -> bool:
    """Whether more waves without end lie within the Gaussian than are followed along the real line.

    Polynomials in waves that share a period have ways of their own, and a Gaussian factor ends waves.
    """
    if not fastest_wave(expression) * sigma > MOST_PERIODS:
        return False
    waves = oscillation(expression)
    return not any(map(is_gaussian, expression.atoms(sp.exp))) if waves is None else not waves.phases


def followed(definition: Definition, mu: float, sigma: float) -> bool:
    """Whether the reference can follow the waves of a definition over the width of a Gaussian.

    Examples
    --------
    >>> from codegen.verify.definition import read_definition
    >>> texts = ("sin(x)*tanh(x)", "x*tanh(sin(x))", "sin(sqrt(1 + x**2))", "tanh(x)")
    >>> [followed(read_definition(text), 0.0, 1e4) for text in texts]
    [True, False, False, True]
    """
    if waves_are_many(definition.expression, sigma):
        return has_tails(definition, sigma)
    return resolvable(definition.expression, mu, sigma) and not _turns_unseen(definition.expression, mu, sigma)


def _turns_unseen(expression: sp.Expr, mu: float, sigma: float) -> bool:
    """Whether the phase of a wave that is no polynomial turns too often within the Gaussian, where it is real."""
    waves = [w for w in expression.atoms(sp.sin, sp.cos, sp.tan) if w.has(x) and not w.args[0].is_polynomial(x)]
    for wave in waves if sigma > 0 else ():
        phases = [sp.N(wave.args[0].subs(x, sp.Float(mu + units * sigma))) for units in (-2, -1, 1, 2)]
        if any(not phase.is_real for phase in phases):
            continue
        if max(abs(phases[1] - phases[0]), abs(phases[3] - phases[2])) > MOST_PERIODS:
            return True
    return False


@lru_cache(maxsize=64)
def tail_terms(definition: Definition) -> tuple[WaveTerms, WaveTerms] | None:
    """The waves of g to the right of everything and those of ``g(-x)``; None where they are not known."""
    right, left = definition.pieces[-1].expression, definition.pieces[0].expression.subs(x, -x)
    found = [wave_terms(sp.expand(left, power_exp=False, power_base=False, log=False)), wave_terms(right)]
    return None if found[0] is None or found[1] is None else (found[1], found[0])


@lru_cache(maxsize=256)
def has_tails(definition: Definition, sigma: float, digits: int = 50) -> bool:
    """Whether both tails are known, as functions of complex numbers, and the Gaussian is wide enough for them.

    Examples
    --------
    >>> from codegen.verify.definition import read_definition
    >>> [has_tails(read_definition(text), 1e4) for text in ("sin(x)*tanh(x)", "x*tanh(sin(x))", "sin(x)/tanh(cos(x))")]
    [True, False, False]
    """
    try:
        _tails(definition, sigma, digits, _RUNS[0])
    except (NotContinuedError, ReferenceRefusesError):
        return False
    return True


def averaged(definition: Definition, mu: float, sigma: float, degrees: tuple[int, int], digits: int) -> Turned:
    """What the definition says at one point.

    Raises
    ------
    ReferenceRefusesError
        Two ways do not agree to ``digits`` digits of the scales, or the waves have no such form.
    """
    place = f"at mu = {mu!r}, sigma = {sigma!r}"
    refusal = ReferenceRefusesError(place)
    for finer in range(_FINER):
        try:
            found = [_run(definition, (mu, sigma), degrees, digits, (*run[:3], run[3] + finer)) for run in _RUNS]
        except NotContinuedError as error:
            raise ReferenceRefusesError(f"{place} waves of {definition.text}: {error}") from error
        runs = [[*s.moments, *s.hermite, s.square, s.square - s.moments[0] ** 2] for _, s in found]
        context, sizes = found[0][0], [_SURELY_BELOW * size for size in found[0][1].magnitudes]
        try:
            return agreed(context, runs, sizes, degrees, digits, (place, "two paths"))
        except ReferenceRefusesError as error:
            refusal = error
    raise refusal


def _context(digits: int) -> Any:
    context = mpmath.MPContext()
    context.dps = digits + _SPARE_DIGITS
    return context


def _tails(definition: Definition, sigma: float, digits: int, run: Any) -> tuple[Any, tuple[Tail, Tail], int]:
    """The tails of one run, at the first start at which they can be continued."""
    terms = tail_terms(definition) if math.isinf(definition.reach) else None
    if terms is None:
        raise NotContinuedError("they are not known as a sum of envelopes times waves")
    share, higher, longer, halvings = run
    context = _context(digits)
    least = min(slowest(one) for one in terms)
    if math.isinf(least):
        raise NotContinuedError("there are none")
    if not least * sigma > _LEAST_TURNS:
        raise NotContinuedError("some of them are too slow")
    order = int(longer * (1.1 * digits + 16))
    rule = gauss_legendre(order, context.prec + 10, 0)
    drop = (digits + _SPARE_DIGITS + higher) * math.log(10)
    start = sum(_bent(definition)) + share * Tail(terms[0], 1, context, rule, drop).height(least, sigma)
    error = NotContinuedError("")
    while start * fastest_wave(definition.expression) < _MOST_PANELS * 2 * math.pi:
        tails = tuple(Tail(one, context.mpf(start), context, rule, drop) for one in terms)
        try:
            for tail in tails:
                strip = Strip(start, tail.height(slowest(tail.terms), sigma), context)
                for envelope in tail.terms.envelopes:
                    strip.continued(envelope)
        except NotContinuedError as found:
            error, start = found, 2 * start
            continue
        return context, (tails[0], tails[1]), halvings
    raise NotContinuedError(str(error) or "some of them are too slow")


def _bent(definition: Definition) -> tuple[float, float]:
    """How far from 0 the furthest kink, scale or bend lies, and how wide the widest is."""
    places = [(float(centre), float(width)) for centre, width in definition.scales]
    places += [*definition.bends, *((kink, 0.0) for kink in definition.kink_floats())]
    furthest = max((abs(centre) for centre, _ in places), default=0.0)
    return furthest, max((width for _, width in definition.bends), default=0.0)


def _run(
    definition: Definition, point: tuple[float, float], degrees: tuple[int, int], digits: int, run: Any
) -> tuple[Any, Sums]:
    context, (right, left), halvings = _tails(definition, point[1], digits, run)
    mu, sigma = (context.mpf(value) for value in point)
    sums, mirrored = Sums.none(context, degrees), Sums.none(context, degrees)
    reach = math.sqrt(2 * right.drop) + 2
    right.add_to(sums, mu, sigma, point[0] + reach * point[1])
    left.add_to(mirrored, -mu, sigma, -point[0] + reach * point[1])
    sums.take_mirrored(mirrored)
    _add_middle(sums, definition, right, (mu, sigma), halvings)
    root = context.sqrt(2 * context.pi) * sigma
    for values in (sums.moments, sums.hermite, sums.magnitudes):
        values[:] = [value / root for value in values]
    sums.square /= root
    return context, sums


def _add_middle(sums: Sums, definition: Definition, tail: Tail, point: tuple[Any, Any], halvings: int) -> None:
    """Between the tails: the definition itself."""
    context, (mu, sigma) = tail.context, point
    cuts = _cuts(definition, tail, float(sigma), halvings)
    kinks = [context.make_mpf(kink) for kink in definition.raw_kinks(context.prec)]
    for left, right in itertools.pairwise(cuts):
        piece = definition.pieces[sum(kink < (left + right) / 2 for kink in kinks)]
        for y, weight in spread_over(context, tail.rule, left, right):
            z = (y - mu) / sigma
            g = context.make_mpf(piece.evaluate(y._mpf_, context.prec))
            share = weight * context.exp(-z * z / 2)
            value = share * g
            sums.take(y, z, value)
            sums.square += value * g
            size = abs(value)
            for n in range(len(sums.magnitudes)):
                sums.magnitudes[n] += size
                size *= abs(y)


def _cuts(definition: Definition, tail: Tail, sigma: float, halvings: int) -> list[Any]:
    """Ends of panels: kinks, places at distances 1, 2, 4 ... widths from everything that bends, and waves apart."""
    context, end = tail.context, tail.start
    places = [
        *definition.raw_scales(context.prec),
        *((libmp.from_float(c), libmp.from_float(w)) for c, w in definition.bends),
    ]
    places += crowded(definition.raw_vertical(context.prec), sigma)
    cuts = {-end, end, *_inside(map(context.make_mpf, definition.raw_kinks(context.prec)), end)}
    for centre, width in {(context.make_mpf(centre), context.make_mpf(width)) for centre, width in places}:
        distance = width
        while distance < 2 * end:
            cuts |= set(_inside((centre - distance, centre, centre + distance), end))
            distance *= 2
    longest = context.mpf(_PERIODS_A_PANEL * 2 * math.pi / fastest_wave(definition.expression))
    ordered = sorted(cuts)
    result = [ordered[0]]
    for left, right in itertools.pairwise(ordered):
        if right - left < context.ldexp(end, 20 - context.prec):
            continue
        parts = 2**halvings * int(context.ceil((right - left) / longest))
        result += [left + (right - left) * part / parts for part in range(1, parts)] + [right]
    return result


def _inside(values: Any, end: Any) -> Iterator[Any]:
    return (value for value in values if -end < value < end)
