"""A second referee: rigorous ball arithmetic (python-flint), where it is installed.

`acb.integral` encloses the integral of y^n g(y), and of g^2, against the normal density on a window far
wider than the reference's own, chosen without looking at the integrand. The reference must lie there, to
the digits vouched for.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mpmath import libmp

from codegen.verify.ball_expression import BallFunction, compile_balls
from codegen.verify.definition import Definition
from codegen.verify.points import smoothing
from codegen.verify.reference import reference
from codegen.verify.smooth import UnsupportedExpressionError
from codegen.verify.turned_paths import fastest_turning
from codegen.verify.whole_line import oscillation, outward_rates
from symbolic_moments.symbols import x

__all__ = ["RefereeReport", "second_referee"]

_SAMPLE = 4
_REACH = 80
_SPARE_DIGITS = 10
_FURTHEST = 38.0
_MOST_SHIFT = 200.0
_MOST_TURNS = 50.0


@dataclass(frozen=True)
class RefereeReport:
    """How many points the second referee saw, whether it agrees, and one line about it."""

    points: int
    agrees: bool
    statement: str


def second_referee(
    definition: Definition, points: Sequence[tuple[float, float]], degree: int, digits: int
) -> RefereeReport:
    """Ball arithmetic's opinion on a sample of the points with sigma > 0 and a normal density.

    It agrees when every reference value lies within 10^-(digits - 10), relative to E|y^n g|, of its
    enclosure. Without python-flint, or for a definition or at points it cannot enclose, the report says so and
    objects to nothing there.
    """
    try:
        flint = importlib.import_module("flint")
    except ImportError:
        return RefereeReport(0, True, "python-flint is not installed: the references stand on quadrature alone")
    sample = _sample(definition, points)
    version = f"python-flint {flint.__version__}"
    if not sample:
        return RefereeReport(0, True, f"{version}: no point with sigma > 0 and |t| below {_FURTHEST:g} to look at")
    with flint.ctx.workdps(digits + 30):
        try:
            pieces = [compile_balls(piece.expression, x, flint) for piece in definition.pieces]
            kinks = [compile_balls(kink, x, flint)(flint.acb(0), False).real for kink in definition.kinks]
        except UnsupportedExpressionError as error:
            return RefereeReport(0, True, f"{version}: {error}; the references stand on quadrature alone")
        distances = [_distance(definition, pieces, kinks, point, degree, digits, flint) for point in sample]
    return _report(version, [distance for distance in distances if distance is not None], len(sample), digits)


def _report(version: str, distances: list[float], asked: int, digits: int) -> RefereeReport:
    """The verdict on the points where an enclosure decides; the others are named, and count for nothing."""
    abstained = asked - len(distances)
    silence = f"abstains at {abstained} points, where its enclosure is too wide" if abstained else ""
    if not distances:
        return RefereeReport(0, True, f"{version} {silence}: the references stand on quadrature alone")
    worst = max(distances)
    agrees = worst < _tolerance(digits)
    verb = "agrees" if agrees else "DISAGREES"
    said = f"{version} {verb} at {len(distances)} points, within {worst:.1e}"
    return RefereeReport(len(distances), agrees, f"{said}; {silence}" if silence else said)


def _sample(definition: Definition, points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    centres = smoothing(definition)
    usable = [
        (mu, sigma)
        for mu, sigma in points
        if sigma > 0
        and all(abs(mu - centre) <= _FURTHEST * math.hypot(sigma, width) for centre, width in centres)
        and _shift(definition, sigma) <= _MOST_SHIFT
        and _turns(definition, mu, sigma) <= _MOST_TURNS
    ]
    stride = max(1, len(usable) // _SAMPLE)
    return usable[::stride][:_SAMPLE]


def _shift(definition: Definition, sigma: float) -> float:
    """How many standard deviations exponential growth moves the peak of ``g^2`` times the density."""
    return 2 * sigma * max((abs(rate) for rate in outward_rates(definition)), default=0.0)


def _turns(definition: Definition, mu: float, sigma: float) -> float:
    """The angle through which g turns in a standard deviation."""
    waves = oscillation(definition.expression)
    quickened = fastest_turning(definition.expression, mu, sigma)
    return max(quickened, sigma * waves.highest if waves is not None else 0.0)


def _distance(
    definition: Definition,
    pieces: list[BallFunction],
    kinks: list[Any],
    point: tuple[float, float],
    degree: int,
    digits: int,
    flint: Any,
) -> float | None:
    """Largest |reference - enclosure| at one point, radius included, relative to the scales.

    None where an enclosure decides nothing: it holds the reference and is wider than what is asked.
    """
    mu, sigma = point
    found = reference(definition, mu, sigma, degree, digits - 4)
    wanted = [(0, 1, found.moments[0], found.magnitudes[0]), (0, 2, found.second_moment, found.second_moment)]
    if degree:
        wanted.append((degree, 1, found.moments[degree], found.magnitudes[degree]))
    distances = []
    reach = _REACH + math.ceil(_shift(definition, sigma))
    for power, times, value, scale in wanted:
        enclosure = _enclosure(pieces, kinks, flint.arb(mu), flint.arb(sigma), power, times, flint, reach)
        if not enclosure.is_finite():
            return None
        distance = abs(enclosure - _ball(value, flint))
        if scale != libmp.fzero or distance != 0:
            distance /= _ball(scale, flint)
        furthest = float(distance.abs_upper()) if distance.is_finite() else math.inf
        if distance.is_finite() and float(distance.abs_lower()) < _tolerance(digits) <= furthest:
            return None
        distances.append(furthest)
    return max(distances)


def _tolerance(digits: int) -> float:
    """How far a reference may lie from its enclosure, relative to E|y^n g|."""
    return float(10.0 ** -(digits - _SPARE_DIGITS))


def _enclosure(
    pieces: list[BallFunction],
    kinks: list[Any],
    mu: Any,
    sigma: Any,
    power: int,
    times: int,
    flint: Any,
    reach: int = _REACH,
) -> Any:
    """Int y^power g(y)^times phi((y - mu)/sigma) dy / sigma, in z = (y - mu)/sigma, from -reach to reach."""
    edges = [flint.arb(-reach), *((kink - mu) / sigma for kink in kinks), flint.arb(reach)]
    total = flint.arb(0)
    for piece, left, right in zip(pieces, edges, edges[1:], strict=False):
        if left > reach or right < -reach:
            continue
        start, end = (min(max(edge.mid(), flint.arb(-reach)), flint.arb(reach)) for edge in (left, right))
        peak = min(max(start, flint.arb(0)), end)

        def integrand(u: Any, analytic: bool, piece: BallFunction = piece, peak: Any = peak) -> Any:
            y = mu + sigma * (peak + u)
            return (-u * (u / 2 + peak)).exp() * y**power * piece(y, analytic) ** times

        tolerance = flint.arb(2) ** -20000
        part = flint.acb.integral(integrand, start - peak, end - peak, abs_tol=tolerance)
        total += part.real * (-peak * peak / 2).exp()
    return total / (2 * flint.arb.pi()).sqrt()


def _ball(raw: Any, flint: Any) -> Any:
    sign, mantissa, exponent, _ = raw
    return flint.arb((-int(mantissa) if sign else int(mantissa), int(exponent)))
