"""``polynomial + sum_i p_i(y) exp(-q_i y^2 + c_i y) cos or sin(a_i y^2 + w_i y)`` on the line: tilted Gaussians."""

from __future__ import annotations

import sympy as sp

from codegen.families.contract import SIGNATURE, n
from codegen.families.hidden_waves import HiddenWaves
from codegen.families.tilted_origin import cancelling_at_zero, derivatives_at_zero, match_lines, matches, near_line
from codegen.families.tilted_terms import FactorTable, calls, function_text, grows, level, level_lines, quickens, total
from codegen.families.tilted_variance import LONG_RESOLVED, moments, rest, variance
from codegen.kernel_plan import KernelPlan, expression_text, polynomial_coefficients
from symbolic_moments.decomposition import Decomposition
from symbolic_moments.exponential_algebra import ExponentialPolynomial

FAMILIES = ("PE", "GA", "TR", "CH")
PROMISE = {
    "activation": 2e-14,
    "raw_moments": 2e-14,
    "hermite_coefficients": 2e-14,
    "expected_derivatives": 2e-14,
    "second_moment": 2e-14,
    "variance": 2e-14,
}
_MOST_TERMS = 24
_HIGHEST_PEAK = 300
_ZERO = sp.Integer(0)


def covers(decomposition: Decomposition) -> bool:
    """Whether the family serves: one sum on the whole line, neither too long nor with a Gaussian of enormous height."""
    if decomposition.family not in FAMILIES or decomposition.breakpoints or decomposition.error_terms:
        return False
    (whole,) = decomposition.sums()
    squares = whole * whole
    numbers = all(not part.free_symbols for term in squares.terms for part in term.key)
    peaks = numbers and all(term.q == 0 or term.c**2 / (4 * term.q) < _HIGHEST_PEAK for term in squares.terms)
    return bool(peaks and len(whole.terms) + len(squares.terms) <= _MOST_TERMS)


class TiltedEmitter:
    """Writes the functions of one kernel of the family."""

    def __init__(self, whole: ExponentialPolynomial, variable: sp.Symbol):
        self.table = FactorTable()
        self.shares = self.table.shares(whole, variable)
        self.polynomial = polynomial_coefficients(whole.polynomial, variable)
        beside = ExponentialPolynomial(whole.beyond)
        square = beside * beside
        self.square_shares = self.table.shares(square, variable)
        self.square_polynomial = polynomial_coefficients(square.polynomial, variable)
        self.plain = all(share.factor.q == 0 and share.factor.c == 0 for share in self.shares)
        self.matches = matches(self.polynomial, self.shares) if self.plain else {}
        self.exact = cancelling_at_zero(whole, variable, self.matches)
        self.hidden = HiddenWaves(whole, self.table, variable)

    @property
    def degree(self) -> int:
        """Degree of the polynomial part; -1 where there is none."""
        return len(self.polynomial) - 1 if any(c != 0 for c in self.polynomial) else -1

    @property
    def keeps_roots(self) -> bool:
        """Whether no addends cancel at a root of g away from 0: there is one alone, or a constant and its wave."""
        alone = sum(share.count for share in self.shares) == 1
        return alone and (self.degree < 0 or (self.degree == 0 and 0 in self.matches))

    def scaled_derivatives(self) -> str:
        """Text of ``_scaled_derivatives``."""
        lines = calls(self.shares, "unit", "0", "degree") + level_lines(self.shares, self.degree >= 0)
        waves = expression_text(total(self.shares, "[{j}][k]", _ZERO))
        lines.append(f"values = [{waves} for k in range(degree + 1)]")
        lines += match_lines(self.matches, self.shares)
        lines += self._polynomial_lines()
        if grows(self.shares):
            lines.append("values = [scaled_up(xp, value, top) for value in values]")
        if self.exact is not None:
            lines += [
                near_line(self.shares),
                'at_zero = _derivatives_at_zero(xp, xp.method["taylor_terms"] + degree)',
                "series = series_about_zero(xp, mu[near], sigma[near], unit[near], at_zero, degree)",
                *_replacement_lines(),
            ]
        return function_text(
            f"_scaled_derivatives({SIGNATURE}, unit: Any, degree: int)",
            "``unit^k E[g^(k)(y)]``, k = 0 .. degree.",
            [*lines, "return values"],
        )

    def _polynomial_lines(self) -> list[str]:
        if self.degree < 0:
            return []
        lines = [f"moments = gaussian_moments(xp, mu, sigma * sigma, {self.degree})"]
        for k in range(self.degree + 1):
            kept = [p for p in range(k, self.degree + 1) if p > k or k not in self.matches]
            value = sum((sp.ff(p, k) * self.polynomial[p] * moments[p - k] for p in kept), _ZERO)
            if value != 0:
                text = expression_text(level(self.shares) * sp.Symbol("unit") ** k * value)
                lines += [f"if degree >= {k}:"] if k else []
                lines.append(f"{'    ' if k else ''}values[{k}] = values[{k}] + {text}")
        return lines

    def raw_moments(self) -> str:
        """Text of ``_raw_moments``."""
        if self.plain:
            lines = [
                "coefficients = _scaled_derivatives(xp, mu, sigma, sigma, degree)",
                "return moments_from_hermite(xp, mu, sigma, coefficients)",
            ]
        else:
            lines = calls(self.shares, "1", "degree", "0") + level_lines(self.shares, self.degree >= 0)
            if self.degree >= 0:
                highest = f"degree + {self.degree}" if self.degree else "degree"
                lines.append(f"moments = gaussian_moments(xp, mu, sigma * sigma, {highest})")
            polynomial = sum((c * moments[n + j] for j, c in enumerate(self.polynomial) if c != 0), _ZERO)
            values = expression_text(total(self.shares, "[n + {j}][0]", polynomial)).replace("[n + 0]", "[n]")
            lines.append(f"values = [{values} for n in range(degree + 1)]")
            if grows(self.shares):
                lines.append("values = [scaled_up(xp, value, top) for value in values]")
            if self.exact is not None:
                lines += [
                    near_line(self.shares),
                    "coefficients = _scaled_derivatives(xp, mu[near], sigma[near], sigma[near], degree)",
                    "series = moments_from_hermite(xp, mu[near], sigma[near], coefficients)",
                    *_replacement_lines(),
                ]
            lines.append("return values")
        return function_text(f"_raw_moments({SIGNATURE}, degree: int)", "``E[y^n g(y)]``, n = 0 .. degree.", lines)

    def functions(self) -> list[str]:
        """Texts of all functions of the kernel."""
        texts = [
            self.raw_moments(),
            function_text(
                f"_expected_derivatives({SIGNATURE}, degree: int)",
                "``E[g^(k)(y)]``, k = 0 .. degree.",
                ["return _scaled_derivatives(xp, mu, sigma, xp.ones_like(mu), degree)"],
            ),
            function_text(
                f"_hermite_coefficients({SIGNATURE}, degree: int)",
                "``c_k = E[g(y) He_k((y - mu) / sigma)] = sigma^k E[g^(k)(y)]``, k = 0 .. degree.",
                ["return _scaled_derivatives(xp, mu, sigma, sigma, degree)"],
            ),
            self.scaled_derivatives(),
        ]
        if self.exact is not None:
            texts.append(derivatives_at_zero(self.exact, self.shares))
        return [
            *texts,
            variance(self.polynomial, self.shares, self.exact is not None, self.hidden.lines(LONG_RESOLVED)),
            rest(self.shares, self.square_shares, self.square_polynomial),
            *self.hidden.functions(),
            *self.table.texts(),
        ]

    def activation(self, expression: sp.Expr) -> str | None:
        """Text of ``_activation`` where the terms of g cancel and only its expectations have a form that does not."""
        if self.exact is None and not (self.matches and self.degree == 0):
            return None
        return function_text(
            "_activation(xp: Any, x: Any)",
            f"``{sp.sstr(expression)}``: its expectation at sigma = 0, where no terms cancel.",
            ["return _scaled_derivatives(xp, x, xp.zeros_like(x), xp.ones_like(x), 0)[0]"],
        )

    def promise(self) -> dict[str, float]:
        """Squares of several terms cancel where their sum is small: a digit less for what is made of them.

        What is left of a quadratic phase at 0 is of higher order than what is left of a line: less for all of it.
        """
        squares = {"second_moment": 2e-13, "variance": 2e-13}
        if quickens(self.shares) and self.exact is not None:
            sums = {"raw_moments": 1e-13, "hermite_coefficients": 1e-13, "expected_derivatives": 1e-13}
            return {**PROMISE, **sums, **squares}
        return PROMISE if len(self.shares) == 1 else {**PROMISE, **squares}

    def regimes(self) -> list[str]:
        """One line for each form of the kernel."""
        lines = ["everywhere: the Gaussian tilted by each exponential, frequencies as imaginary tilts"]
        if quickens(self.shares):
            lines.append("waves of quadratic phase tilt it by complex numbers, carried to twice the working precision")
        if self.matches:
            lines.append("a constant beside a wave of its size: their complement, without cancellation")
        if self.exact is not None:
            lines.append("near the origin, where terms cancel: the power series about 0")
        if not self.keeps_roots:
            lines.append("next to a root of g away from 0 the error is the change that 4 ulp of mu or sigma would make")
        if grows(self.shares):
            lines.append("beyond the largest number: infinite, with the sign of the value")
        return lines


def _replacement_lines() -> list[str]:
    return [
        "for value, replacement in zip(values, series, strict=True):",
        "    value[near] = replacement",
    ]


def plan(decomposition: Decomposition, variable: sp.Symbol) -> KernelPlan:
    """The kernel of a sum of tilted terms on the whole line."""
    (whole,) = decomposition.sums()
    emitter = TiltedEmitter(whole, variable)
    activation = emitter.activation(whole.as_expr())
    return KernelPlan(emitter.functions(), emitter.promise(), emitter.regimes(), [], activation=activation)
