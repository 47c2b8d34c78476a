"""The variance where a fast wave stands beside something slow: the series sees the slow part alone, moments cancel.

``Var(s + f) = sum_k s_k (2 c_k - s_k) / k! + Var f`` for the coefficients s_k of the slow part and c_k of the whole:
those of the slow part fall off soon, and of the fast part's moments nothing cancels.
"""

from __future__ import annotations

import sympy as sp

from codegen.families.contract import SIGNATURE
from codegen.families.tilted_origin import fastest
from codegen.families.tilted_terms import FactorTable, calls, function_text, grows, total
from codegen.families.tilted_variance import rest, turns
from codegen.kernel_plan import expression_text, polynomial_coefficients
from symbolic_moments.exponential_algebra import ExponentialPolynomial, Term

__all__ = ["HiddenWaves"]

_ALIKE = 4
"""Waves slower than the fastest by this factor belong to the slow part."""
_ZERO = sp.Integer(0)


class HiddenWaves:
    """The terms of a sum in a slow and a fast part; neither is empty where it is ``needed``."""

    def __init__(self, whole: ExponentialPolynomial, table: FactorTable, variable: sp.Symbol):
        speeds = {term: _speed(term) for term in whole.beyond}
        fastest = max(speeds.values(), default=(0.0, 0.0))
        fast = [term for term, speed in speeds.items() if max(fastest) > 0 and _is_alike(speed, fastest)]
        slow = [term for term in whole.beyond if term not in fast]
        self.needed = bool(fast and slow) and not grows(table.shares(whole, variable))
        self.slow = table.shares(ExponentialPolynomial(slow), variable)
        self.fast = table.shares(ExponentialPolynomial(fast), variable)
        square = ExponentialPolynomial(fast) * ExponentialPolynomial(fast)
        self.polynomial = polynomial_coefficients(whole.polynomial, variable)
        self.square = (table.shares(square, variable), polynomial_coefficients(square.polynomial, variable))

    def lines(self, resolved: int) -> list[str]:
        """Statements of ``_variance`` for the rows among ``rest`` whose fast wave is lost to the series."""
        if not self.needed:
            return []
        seen = [f"({turns(self.slow, '[rest]')} < {resolved})"] if any(s.factor.is_wave for s in self.slow) else []
        calm = f"(~apart | (2 * {expression_text(fastest(self.slow))} * sigma[rest] < 1))"
        return [
            " & ".join([f"lost = {calm}", f"({turns(self.fast, '[rest]')} > {resolved})", *seen]),
            "hidden = rest[lost]",
            "result[hidden] = _variance_of_hidden(xp, mu[hidden], sigma[hidden])",
        ]

    def functions(self) -> list[str]:
        """Texts of ``_variance_of_hidden`` and of what it calls."""
        if not self.needed:
            return []
        waves = expression_text(total(self.slow, "[{j}][k]", _ZERO))
        lines = [
            'order = xp.method["long_series_order"]',
            "coefficients = _scaled_derivatives(xp, mu, sigma, sigma, order)",
            *[line.replace(", degree)", ", order)") for line in calls(self.slow, "sigma", "0", "degree")],
            f"slow = [{waves} for k in range(order + 1)]",
            *_polynomial_lines(self.polynomial),
            "mean = _fast_mean(xp, mu, sigma)",
            "return shared_variance(slow, coefficients) + (_fast_square(xp, mu, sigma) - mean * mean)",
        ]
        head = f"_variance_of_hidden({SIGNATURE})"
        docstring = "``Var g(y)`` where the series sees the slow terms of g alone: the fast ones by their moments."
        fast = rest(self.fast, *self.square, names=("_fast_mean", "_fast_square"), part="its fast waves")
        return [function_text(head, docstring, lines), fast]


def _polynomial_lines(polynomial: list[sp.Expr]) -> list[str]:
    degree = len(polynomial) - 1
    moments = sp.IndexedBase("moments")
    lines = [f"moments = gaussian_moments(xp, mu, sigma * sigma, {degree})"] if degree >= 1 else []
    for k in range(1, degree + 1):
        value = sum((sp.ff(p, k) * polynomial[p] * moments[p - k] for p in range(k, degree + 1)), _ZERO)
        lines.append(f"slow[{k}] = slow[{k}] + {expression_text(sp.Symbol('sigma') ** k * value)}")
    return lines


def _speed(term: Term) -> tuple[float, float]:
    return abs(float(term.chirp)), abs(float(term.w))


def _is_alike(speed: tuple[float, float], fastest: tuple[float, float]) -> bool:
    """Whether a wave is about as fast as the fastest: by its chirp rate, if that has one."""
    rank = 0 if fastest[0] else 1
    return _ALIKE * speed[rank] >= fastest[rank]
