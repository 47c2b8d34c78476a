"""Exponentials on both sides of 0 as a kernel needs them: sums over the distance v > 0 from 0."""

from __future__ import annotations

import math
from dataclasses import dataclass

import sympy as sp

from codegen.kernel_plan import exact_pair, polynomial_coefficients, tuple_text
from symbolic_moments.decomposition import Decomposition
from symbolic_moments.symbols import x

HIGHEST_ROOT = 64
_FINEST, _RATIO, _STEPS = 1e-3, 1.02, 700
_CANCELLING = 1 / 16


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
        order = next((j for j in range(HIGHEST_ROOT) if self.derivative_at_zero(j) != 0), shared)
        return order if order > shared else 0

    @property
    def is_expm1(self) -> bool:
        """Whether f is a multiple of ``exp(-rate v) - 1``."""
        constants = len(self.terms) == 2 and all(len(cs) == 1 for _, cs in self.terms)
        return constants and self.terms[0][0] == 0 and self.hidden_root == 1

    @property
    def derivative(self) -> Side:
        """``f'``."""
        found = []
        for rate, coefficients in self.terms:
            raised = [*(j * c for j, c in enumerate(coefficients[1:], 1)), sp.Integer(0)]
            values = [sp.simplify(a - rate * c) for a, c in zip(raised, coefficients, strict=True)]
            while values and values[-1] == 0:
                values.pop()
            if values:
                found.append((rate, tuple(values)))
        return Side(tuple(found))

    @property
    def roots_of_derivatives(self) -> tuple[int, ...]:
        """``hidden_root`` of ``f', f'' ...`` up to the last that has one."""
        orders, current = [], self.derivative
        while current.hidden_root:
            orders.append(current.hidden_root)
            current = current.derivative
        return tuple(orders)

    @property
    def is_flat_somewhere(self) -> bool:
        """Whether what makes up ``f'`` nearly cancels at some v >= 0: increments of f lose digits there.

        False where coefficients are symbols.
        """
        if any(c.free_symbols for _, coefficients in self.terms for c in coefficients):
            return False
        numbers = [(float(rate), [float(c) for c in coefficients]) for rate, coefficients in self.terms]
        scale = max((rate for rate, _ in numbers), default=0) or 1
        for v in (0, *(_FINEST * _RATIO**step / scale for step in range(_STEPS))):
            parts = []
            for rate, coefficients in numbers:
                decay = math.exp(-rate * v)
                parts += [j * c * v ** (j - 1) * decay for j, c in enumerate(coefficients) if j]
                parts += [-rate * c * v**j * decay for j, c in enumerate(coefficients)]
            if abs(sum(parts)) < _CANCELLING * sum(map(abs, parts)):
                return True
        return False

    def lines(self, name: str) -> list[str]:
        """The statement that makes the list of terms."""
        if not self.terms:
            return [f"    {name}: Any = []"]
        pairs = [exact_pair(rate) if rate in (0, 1) else _with_rounded(rate) for rate, _ in self.terms]
        entries = zip(pairs, self.terms, strict=True)
        return [
            f"    {name}: Any = [",
            *(f"        ({pair}, {tuple_text(coefficients)})," for pair, (_, coefficients) in entries),
            "    ]",
        ]


def _with_rounded(rate: sp.Expr) -> str:
    """The pair of a rate; whole numbers are written as quotients, for powers of them are not to be integers."""
    return f"(xp.rational({rate}, 1), 0)" if isinstance(rate, sp.Integer) else exact_pair(rate)


def first_jump(left: Side, right: Side) -> int:
    """Order of the first derivative of g that jumps at 0, for ``g(-v) = left(v)`` and ``g(v) = right(v)``."""
    for j in range(HIGHEST_ROOT):
        if sp.simplify(right.derivative_at_zero(j) - (-1) ** j * left.derivative_at_zero(j)) != 0:
            return j
    raise ValueError(f"the two sides of 0 agree in {HIGHEST_ROOT} derivatives; no breakpoint is expected there")


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


def side_of(decomposition: Decomposition, index: int) -> Side:
    """The left (index 0) or right (index 1) side of what ``decays_from_zero``."""
    sign = (-1, 1)[index]
    found = [(sp.Integer(0), decomposition.pieces[index])] if decomposition.pieces[index] != 0 else []
    found += [(-sign * term.c, term.polynomial) for term in decomposition.terms[index]]
    return Side(
        tuple(
            (rate, tuple(c * sign**j for j, c in enumerate(polynomial_coefficients(polynomial, x))))
            for rate, polynomial in found
        )
    )
