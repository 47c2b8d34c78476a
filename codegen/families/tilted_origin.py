"""Where the terms of a sum cancel: a wave beside its constant, and the origin."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import sympy as sp

from codegen.families.tilted_terms import Share, function_text
from codegen.kernel_plan import exact_pair, expression_text
from symbolic_moments.exponential_algebra import ExponentialPolynomial, Term

_CHECKED_ORDERS = 6


@dataclass(frozen=True)
class Match:
    """In ``g^(order)`` a wave has the size of the constant: ``constant (1 - part)``, which may touch 0 again and again.

    Attributes
    ----------
    order : int
        Of the derivative.
    index : int
        Of the share whose wave it is.
    constant : sympy.Expr
        The constant term of the polynomial's derivative.
    part, other : str
        ``"cosine"`` or ``"sine"``, and the other of the two.
    sign : int
        Of the wave beside the constant: -1 for ``1 - part``.
    """

    order: int
    index: int
    constant: sp.Expr
    part: str
    other: str
    sign: int


def matches(polynomial: list[sp.Expr], shares: list[Share]) -> dict[int, Match]:
    """For each order up to the polynomial's degree the wave that matches its constant, if there is one."""
    found: dict[int, Match] = {}
    for k, coefficient in enumerate(polynomial):
        constant = sp.factorial(k) * coefficient
        for index, share in enumerate(shares):
            if constant == 0 or share.powers or share.count != 1 or k in found:
                continue
            parts = ("cosine", "sine") if share.cosine[0] != 0 else ("sine", "cosine")
            if share.factor.chirp != 0 and k > 0:
                continue
            signs = {"cosine": (1, -1, -1, 1), "sine": (1, 1, -1, -1)}[parts[0]]
            size = share.cosine[0] + share.sine[0]
            ratio = sp.simplify(size * share.factor.w**k * signs[k % 4] / constant)
            part, other = parts if k % 2 == 0 else parts[::-1]
            if ratio in (1, -1):
                found[k] = Match(k, index, constant, part, other, int(ratio))
    return found


def match_lines(found: dict[int, Match], shares: list[Share]) -> list[str]:
    """Statements that replace the matched wave, its constant included, by the complement without cancellation."""
    lines: list[str] = []
    made: set[int] = set()
    for k, match in found.items():
        factor = shares[match.index].factor
        if factor.chirp == 0 and match.index not in made:
            made.add(match.index)
            lines += [
                f"cosine, sine = wave(xp, (mu, 0), {exact_pair(factor.w)}, {exact_pair(factor.phase)})",
                f"exponent = ({expression_text(factor.w)} * sigma) ** 2 / 2",
            ]
        others = sum(
            (s.combination(i, f"[{{j}}][{k}]") for i, s in enumerate(shares, start=1) if i != match.index + 1),
            sp.Integer(0),
        )
        value = expression_text(match.constant * sp.Symbol("unit") ** k * sp.Symbol("around") + others)
        signed = match.part if match.sign == -1 else f"-{match.part}"
        indent = "    " if k else ""
        lines += [f"if degree >= {k}:"] if k else []
        around = f"complement(xp, exponent, {signed}, {match.other})"
        if factor.chirp != 0:
            is_sine, sign = match.part == "sine", -match.sign
            tilt, phase = factor.complex_tilt, exact_pair(factor.phase)
            around = f"chirp_complement(xp, {tilt}, sigma, {phase}, {is_sine}, {sign})"
        lines += [
            f"{indent}around = {around}",
            f"{indent}values[{k}] = {value}",
        ]
    return lines


def cancelling_at_zero(
    whole: ExponentialPolynomial, variable: sp.Symbol, matched: dict[int, Match]
) -> list[sp.Expr] | None:
    """``g^(k)(0)`` for the first orders if addends cancel in one of them, else None.

    A constant and its wave may cancel in g itself: their complement is exact. In a derivative that is of no help to
    the orders below.
    """
    addends = [ExponentialPolynomial((part,)) for term in whole.terms for part in _addends(term, variable)]
    degree = sp.degree(whole.polynomial, variable) if whole.polynomial != 0 else 0
    values, cancelled = [], False
    for k in range(max(_CHECKED_ORDERS, int(degree) + 1)):
        parts = [sp.simplify(addend.as_expr().subs(variable, 0)) for addend in addends]
        values.append(sp.simplify(sum(parts, sp.Integer(0))))
        is_kept = k == 0 and 0 in matched
        cancelled = cancelled or (values[-1] == 0 and not is_kept and any(part != 0 for part in parts))
        addends = [addend.derivative() for addend in addends]
    return values if cancelled else None


def _addends(term: Term, variable: sp.Symbol) -> list[Term]:
    parts = []
    for factor, is_sine in ((term.polynomial, False), (term.sine, True)):
        for addend in sp.Add.make_args(sp.expand(factor)):
            polynomial, sine = (sp.Integer(0), addend) if is_sine else (addend, sp.Integer(0))
            parts.append(replace(term, polynomial=polynomial, sine=sine))
    return [part for part in parts if part.polynomial != 0 or part.sine != 0]


def fastest(shares: list[Share]) -> sp.Rational:
    """A bound of how fast the terms vary: the inverse of a length."""
    return sp.Rational(math.ceil(64 * max(float(share.factor.scale) for share in shares)), 64)


def near_line(shares: list[Share]) -> str:
    """The statement that finds where the power series about 0 serves."""
    return f"near = xp.flatnonzero({expression_text(fastest(shares))} * (xp.abs(mu) + 4 * sigma) < xp.rational(5, 4))"


def derivatives_at_zero(exact: list[sp.Expr], shares: list[Share]) -> str:
    """Text of ``_derivatives_at_zero``."""
    lines = []
    total = sp.Integer(0)
    for index, share in enumerate(shares, start=1):
        factor = share.factor
        centred = factor.q == 0 or factor.c == 0
        peak = sp.Integer(1) if centred else sp.exp(-(factor.c**2) / (4 * factor.q))
        waves = [peak * sp.cos(factor.phase), peak * sp.sin(factor.phase)]
        size, *start = ("xp.rational(1, 1)" if v == 1 else expression_text(v) for v in (peak, *waves))
        rate, frequency, decay = (expression_text(value) for value in (factor.c, factor.w, 2 * factor.q))
        if factor.chirp != 0:
            turning = expression_text(-2 * factor.chirp)
            seed = f"({', '.join(start)}), ({rate}, {frequency}), ({decay}, {turning}), (0, 0)"
            call = f"chirped_pairs({seed}, (0, 0), (1, 0), {share.powers}, count - 1)"
        elif factor.w != 0:
            seed = f"({', '.join(start)}), ({rate}, {frequency}), {decay}, (0, 0)"
            call = f"tilted_pairs({seed}, 0, 1, {share.powers}, count - 1)"
        else:
            call = f"tilted_reals({size}, {rate}, {decay}, 0, 0, 1, {share.powers}, count - 1)"
        lines.append(f"{share.names(index)} = {call}")
        total += share.combination(index, "[{j}][k]")
    first = ", ".join(expression_text(value) for value in exact)
    lines += [
        f"first = [{first}]",
        f"return first + [{expression_text(total)} for k in range({len(exact)}, count)]",
    ]
    return function_text(
        "_derivatives_at_zero(xp: Any, count: int)",
        "``g^(k)(0)``, k = 0 .. count - 1; the first ones are exact, so that what cancels is 0.",
        lines,
    )
