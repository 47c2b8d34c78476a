"""What is left of a function when its waves are averaged: of envelopes times waves the envelopes times the means.

``g = u_1 w_1 + u_2 w_2 + ...`` with envelopes ``u`` that do not oscillate and waves ``w`` of arguments linear in x. Far
out, a Gaussian wider than the waves sees ``u_1 <w_1> + u_2 <w_2> + ...`` alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import mpmath
import sympy as sp
from sympy.simplify.fu import TR8

from codegen.phase_averages import phase_average
from symbolic_moments.bounds import Growth, NoBoundError
from symbolic_moments.growth import bound_of
from symbolic_moments.symbols import x

__all__ = ["SlowPart", "slow_part"]

_DIGITS = 50
_BITS = 180
_MOST_NODES = 4096
_MOST_TERMS = 200


@dataclass(frozen=True)
class SlowPart:
    """The average, and the frequencies of what it is without."""

    average: sp.Expr
    frequencies: frozenset[sp.Expr]


def slow_part(expression: sp.Expr, end: tuple[int, float] | None = None) -> SlowPart | None:
    """The average over waves of a function of ``x``, if it is a sum of envelopes times waves.

    With ``end``, a side and a place beyond which nothing bends, other functions of one phase have theirs too, as far as
    they are seen from there.

    Examples
    --------
    >>> found = slow_part(sp.sin(x) ** 2 * sp.tanh(x) + sp.cos(3 * x + sp.atan(x)))
    >>> found.average, sorted(found.frequencies)
    (tanh(x)/2, [2, 3])
    >>> slow_part(sp.tanh(x * sp.sin(x))) is None
    True
    >>> slow_part(sp.sin(sp.sqrt(1 + x**2)) ** 2, (1, 0.0)).average
    1/2
    """
    found = _of_lines(expression)
    if found is not None or end is None:
        return found
    whole = _of_phase(expression, *end)
    if whole is not None:
        return whole
    terms = sp.Add.make_args(_multiplied_out(expression))
    parts = [_of_lines(term) or _of_phase(term, *end) for term in terms]
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    frequencies = frozenset(one for part in known for one in part.frequencies)
    return SlowPart(sp.Add(*(part.average for part in known)), frequencies)


def _of_phase(expression: sp.Expr, side: int, edge: float) -> SlowPart | None:
    found = phase_average(expression, side, edge)
    return None if found is None else SlowPart(found.average, frozenset([found.frequency]) - {sp.S.Zero})


def _of_lines(expression: sp.Expr) -> SlowPart | None:
    """The average where all waves are those of lines and of bounded rests."""
    total: sp.Expr = sp.S.Zero
    frequencies: set[sp.Expr] = set()
    terms = sp.Add.make_args(_expanded(expression))
    if len(terms) > _MOST_TERMS:
        return None
    for term in terms:
        factors = sp.Mul.make_args(term)
        wave = sp.Mul(*(factor for factor in factors if _linear_waves(factor)))
        envelope = sp.Mul(*(factor for factor in factors if not _linear_waves(factor)))
        found = _mean(wave)
        if found is None or not _is_envelope(envelope):
            return None
        total += envelope * found.average
        frequencies |= found.frequencies
    simpler = sp.trigsimp(total) if total.has(sp.sin, sp.cos) else total
    return SlowPart(simpler, frozenset(frequencies))


def _expanded(expression: sp.Expr) -> sp.Expr:
    """A sum of products; the waves of a line and something bounded by the addition theorem."""
    turned = expression.replace(lambda e: isinstance(e, sp.sin | sp.cos), _by_addition)
    return _multiplied_out(turned)


def _multiplied_out(expression: sp.Expr) -> sp.Expr:
    return sp.expand(expression, power_base=False, power_exp=False, log=False)


def _by_addition(wave: sp.Expr) -> sp.Expr:
    terms = sp.Add.make_args(sp.expand(wave.args[0]))
    line = sp.Add(*(term for term in terms if term.is_polynomial(x)))
    rest = sp.Add(*(term for term in terms if not term.is_polynomial(x)))
    if not line.has(x) or rest == 0:
        return wave
    if isinstance(wave, sp.sin):
        return sp.sin(line) * sp.cos(rest) + sp.cos(line) * sp.sin(rest)
    return sp.cos(line) * sp.cos(rest) - sp.sin(line) * sp.sin(rest)


def _linear_waves(factor: sp.Expr) -> list[Any]:
    return [wave for wave in factor.atoms(sp.sin, sp.cos) if wave.has(x) and _frequency(wave) is not None]


def _frequency(wave: Any) -> sp.Expr | None:
    argument = wave.args[0]
    if not argument.is_polynomial(x) or sp.degree(argument, x) != 1:
        return None
    return sp.Abs(sp.expand(argument).coeff(x, 1))


def _is_envelope(function: sp.Expr) -> bool:
    """Whether nothing in it oscillates without end."""
    try:
        bounds = [bound_of(wave.args[0]) for wave in function.atoms(sp.sin, sp.cos, sp.tan)]
    except NoBoundError:
        return False
    return all(bound.growth == Growth.BOUNDED for bound in bounds)


def _mean(wave: sp.Expr) -> SlowPart | None:
    """The mean of a product of waves, and their frequencies; None if they share no period."""
    if not wave.has(x):
        return SlowPart(wave, frozenset())
    parts = sp.Add.make_args(sp.expand(TR8(sp.expand(wave))))
    simple = [part.as_independent(x) for part in parts]
    if all(not rest.has(x) or isinstance(rest, sp.sin | sp.cos) for _, rest in simple):
        constant = sp.Add(*(part for part in parts if not part.has(x)))
        frequencies = {_frequency(rest) for _, rest in simple if rest.has(x)}
        return None if None in frequencies else SlowPart(constant, frozenset(f for f in frequencies if f is not None))
    base = _common_frequency(wave)
    average = None if base is None else _numeric_mean(wave, base)
    return None if average is None or base is None else SlowPart(average, frozenset([base]))


def _common_frequency(wave: sp.Expr) -> sp.Expr | None:
    """The frequency of the whole, if x stands in waves only and their frequencies have rational ratios."""
    waves = _linear_waves(wave)
    if wave.subs({one: sp.Dummy() for one in waves}).has(x):
        return None
    frequencies = [f for one in waves if (f := _frequency(one)) is not None]
    ratios = [sp.nsimplify(f / frequencies[0]) if (f / frequencies[0]).is_Rational else None for f in frequencies]
    if None in ratios:
        return None
    rational = [sp.Rational(ratio) for ratio in ratios]
    common = sp.Rational(sp.igcd(*(r.p for r in rational), 0), sp.ilcm(1, *(r.q for r in rational)))
    return frequencies[0] * common


def _numeric_mean(wave: sp.Expr, base: sp.Expr) -> sp.Rational | None:
    """By the trapezoidal rule over a period, to 50 digits; None where that does not settle."""
    with mpmath.workdps(_DIGITS + 10):
        function = sp.lambdify(x, wave, [{"Phi": mpmath.ncdf}, "mpmath"])
        period = 2 * mpmath.pi / mpmath.mpf(sp.N(base, _DIGITS + 10))
        last = None
        for found in _sums(function, period):
            if last is not None and abs(found - last) < mpmath.mpf(10) ** -_DIGITS * max(1, abs(found)):
                return sp.Rational(int(mpmath.nint(found * 2**_BITS)), 2**_BITS)
            last = found
    return None


def _sums(function: Any, period: Any) -> Iterator[Any]:
    for doublings in range(5, math.floor(math.log2(_MOST_NODES)) + 1):
        count = 2**doublings
        yield mpmath.fsum(function(period * j / count) for j in range(count)) / count
