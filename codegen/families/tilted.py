"""``polynomial + sum_i p_i(y) exp(-q_i y^2 + c_i y) cos or sin(w_i y)`` on the whole line: tilted Gaussians."""

from __future__ import annotations

import math

import sympy as sp

from codegen.families.half_line import SIGNATURE, n
from codegen.families.tilted_terms import FactorTable, Share
from codegen.kernel_plan import KernelPlan, exact_pair, expression_text, polynomial_coefficients
from symbolic_moments.decomposition import Decomposition
from symbolic_moments.exponential_algebra import ExponentialPolynomial, Term

PROMISE = {
    "activation": 2e-14,
    "raw_moments": 2e-14,
    "hermite_coefficients": 2e-14,
    "expected_derivatives": 2e-14,
    "second_moment": 2e-14,
    "variance": 2e-13,
}
FAMILIES = ("PE", "GA", "TR")
_MOST_FACTORS = 24
_LARGEST_PEAK = 300
_CHECKED_ORDERS = 6


def covers(decomposition: Decomposition) -> bool:
    """Whether the family serves: one sum on the whole line, neither too long nor with a Gaussian of enormous height."""
    if decomposition.family not in FAMILIES or decomposition.breakpoints or decomposition.error_terms:
        return False
    (whole,) = decomposition.sums()
    squares = whole * whole
    numbers = all(not part.free_symbols for term in squares.terms for part in term.key)
    peaks = numbers and all(term.q == 0 or term.c**2 / (4 * term.q) < _LARGEST_PEAK for term in squares.terms)
    return bool(peaks and len(whole.terms) + len(squares.terms) <= _MOST_FACTORS)


class TiltedEmitter:
    """Writes the functions of one kernel of the family."""

    def __init__(self, whole: ExponentialPolynomial, variable: sp.Symbol):
        self.variable = variable
        self.table = FactorTable()
        self.shares = self.table.shares(whole, variable)
        self.polynomial = polynomial_coefficients(whole.polynomial, variable)
        rest = ExponentialPolynomial(whole.beyond)
        square = rest * rest
        self.square_shares = self.table.shares(square, variable)
        self.square_polynomial = polynomial_coefficients(square.polynomial, variable)
        self.plain = all(share.factor.q == 0 and share.factor.c == 0 for share in self.shares)
        self.matches = self._matches() if self.plain else {}
        self.exact = self._cancelling_at_zero(whole)

    @property
    def polynomial_degree(self) -> int:
        """Degree of the polynomial part; -1 where there is none."""
        return len(self.polynomial) - 1 if any(c != 0 for c in self.polynomial) else -1

    @property
    def scale(self) -> sp.Rational:
        """A bound of how fast the terms vary: the inverse of a length."""
        largest = max(float(share.factor.scale) for share in self.shares)
        return sp.Rational(math.ceil(64 * largest), 64)

    def _matches(self) -> dict[int, tuple[int, sp.Expr, str, sp.Expr]]:
        """Orders k at which a wave of ``g^(k)`` has the size of its constant: there it may touch 0 everywhere.

        Each with the share's index, the constant, which part of the wave it is and its sign beside the constant.
        """
        found = {}
        for k in range(self.polynomial_degree + 1):
            constant = sp.factorial(k) * self.polynomial[k]
            for index, share in enumerate(self.shares):
                if constant == 0 or share.powers or share.count != 1 or k in found:
                    continue
                part = "cosine" if share.cosine[0] != 0 else "sine"
                size = share.cosine[0] if part == "cosine" else share.sine[0]
                signs = {"cosine": (1, -1, -1, 1), "sine": (1, 1, -1, -1)}[part]
                amplitude = sp.simplify(size * share.factor.w**k * signs[k % 4])
                if k % 2:
                    part = "sine" if part == "cosine" else "cosine"
                if amplitude in (constant, -constant):
                    found[k] = (index, constant, part, sp.simplify(amplitude / constant))
        return found

    def _cancelling_at_zero(self, whole: ExponentialPolynomial) -> list[sp.Expr] | None:
        """``g^(k)(0)`` for the first orders if terms cancel in one of them and are not matched, else None."""
        derivative, values, cancelled = whole, [], False
        for k in range(_CHECKED_ORDERS):
            parts = [sp.simplify(term.polynomial.subs(self.variable, 0)) for term in derivative.terms]
            values.append(sp.simplify(sum(parts, sp.Integer(0))))
            lost = values[-1] == 0 and k not in self.matches and any(part != 0 for part in parts)
            cancelled = cancelled or lost
            derivative = derivative.derivative()
        return values if cancelled else None

    def _calls(self, shares: list[Share], unit: str, powers: str, degree: str, top: bool) -> list[str]:
        lines = []
        for index, share in enumerate(shares, start=1):
            raised = f"{powers} + {share.powers}" if powers != "0" and share.powers else powers
            count = str(share.powers) if powers == "0" else raised
            last = ", top" if share.factor.grows else ""
            call = f"{share.factor.name}(xp, mu, sigma, {unit}, {count}, {degree}{last})"
            lines.append(f"{share.names(index)} = {call}")
        return (self._top_lines(shares) if top else []) + lines

    @staticmethod
    def _top_lines(shares: list[Share]) -> list[str]:
        """``top``, the largest of 0 and the exponents: what is taken out so that nothing overflows on the way."""
        growing = [share.factor for share in shares if share.factor.grows]
        lines = ["top = xp.zeros_like(mu)"] if growing else []
        for factor in growing:
            exponent = f"exponential_tilt(xp, mu, sigma, {exact_pair(factor.c)}, {exact_pair(factor.w)})[0][0]"
            lines.append(f"top = xp.maximum(top, {exponent})")
        return lines

    @staticmethod
    def _grows(shares: list[Share]) -> bool:
        return any(share.factor.grows for share in shares)

    def _total(self, shares: list[Share], entry: str, polynomial: sp.Expr, level: bool = True) -> sp.Expr:
        """All shares and the polynomial's; what does not grow is multiplied by ``level = exp(-top)`` where others do."""
        factor = sp.Symbol("level") if level and self._grows(shares) else sp.Integer(1)
        total = factor * polynomial
        for index, share in enumerate(shares, start=1):
            total += (1 if share.factor.grows else factor) * share.combination(index, entry)
        return total

    def _has_level(self, shares: list[Share], polynomial: bool) -> bool:
        return self._grows(shares) and (polynomial or not all(share.factor.grows for share in shares))

    def derivatives(self) -> str:
        """Text of ``_scaled_derivatives``."""
        degree = self.polynomial_degree
        lines = self._calls(self.shares, "unit", "0", "degree", True)
        if self._has_level(self.shares, degree >= 0):
            lines.append("level = xp.exp(-top)")
        lines.append(f"values = [{expression_text(self._total(self.shares, '[{j}][k]', sp.Integer(0)))} for k in range(degree + 1)]")
        lines += self._match_lines()
        lines += self._polynomial_lines()
        if self._grows(self.shares):
            lines.append("values = [scaled_up(xp, value, top) for value in values]")
        if self.exact is not None:
            lines += [
                self._near(),
                'at_zero = _derivatives_at_zero(xp, xp.method["taylor_terms"] + degree)',
                "part = unit[near]",
                "series = series_about_zero(xp, mu[near], sigma[near], part, at_zero, degree)",
                "for value, replacement in zip(values, series, strict=True):",
                "    value[near] = replacement",
            ]
        lines.append("return values")
        return _function(
            f"_scaled_derivatives({SIGNATURE}, unit: Any, degree: int)",
            "``unit^k E[g^(k)(y)]``, k = 0 .. degree.",
            lines,
        )

    def _near(self) -> str:
        """The statement that finds where the power series about 0 serves."""
        return f"near = xp.flatnonzero({expression_text(self.scale)} * (xp.abs(mu) + 4 * sigma) < xp.rational(5, 4))"

    def _match_lines(self) -> list[str]:
        lines = []
        made: set[int] = set()
        for k, (index, constant, part, sign) in self.matches.items():
            share = self.shares[index]
            others = sum(
                (s.combination(i, f"[{{j}}][{k}]") for i, s in enumerate(self.shares, start=1) if i != index + 1),
                sp.Integer(0),
            )
            first, second = {"cosine": ("cosine", "sine"), "sine": ("sine", "cosine")}[part]
            if index not in made:
                made.add(index)
                lines += [
                    f"cosine, sine = wave(xp, (mu, 0), {exact_pair(share.factor.w)})",
                    f"exponent = ({expression_text(share.factor.w)} * sigma) ** 2 / 2",
                ]
            around = f"complement(xp, exponent, {first if sign == -1 else f'-{first}'}, {second})"
            unit = sp.Symbol("unit") ** k
            value = expression_text(constant * unit * sp.Symbol("around") + others)
            lines += [f"if degree >= {k}:"] if k else []
            indent = "    " if k else ""
            lines += [
                f"{indent}around = {around}",
                f"{indent}values[{k}] = {value}",
            ]
        return lines

    def _polynomial_lines(self) -> list[str]:
        degree = self.polynomial_degree
        if degree < 0:
            return []
        moments = sp.IndexedBase("moments")
        lines = [f"moments = gaussian_moments(xp, mu, sigma * sigma, {degree})"]
        level = sp.Symbol("level") if self._grows(self.shares) else sp.Integer(1)
        for k in range(degree + 1):
            value = sum(
                (
                    sp.ff(power, k) * self.polynomial[power] * moments[power - k]
                    for power in range(k, degree + 1)
                    if not (k in self.matches and power == k)
                ),
                sp.Integer(0),
            )
            if value != 0:
                text = expression_text(level * sp.Symbol("unit") ** k * value)
                lines += [f"if degree >= {k}:"] if k else []
                lines.append(f"{'    ' if k else ''}values[{k}] = values[{k}] + {text}")
        return lines

    def at_zero(self) -> str:
        """Text of ``_derivatives_at_zero``."""
        lines = []
        m = sp.Symbol("m")
        for index, share in enumerate(self.shares, start=1):
            factor = share.factor
            centre = factor.c / (2 * factor.q) if factor.q != 0 else sp.Integer(0)
            size = sp.exp(-factor.q * centre**2) if factor.q != 0 else sp.Integer(1)
            rate, frequency = expression_text(factor.c), expression_text(factor.w)
            decay, seed = expression_text(2 * factor.q), expression_text(size)
            if factor.w != 0:
                call = f"tilted_pairs(({seed}, 0), ({rate}, {frequency}), {decay}, (0, 0), 0, 1, {share.powers}, count - 1)"
            else:
                call = f"tilted_reals({seed}, {rate}, {decay}, 0, 0, 1, {share.powers}, count - 1)"
            lines.append(f"{share.names(index)} = {call}")
        assert self.exact is not None
        later = self._total(self.shares, "[{j}][m]", sp.Integer(0), level=False).subs({sp.Symbol("k"): m})
        polynomial = [
            sp.factorial(k) * self.polynomial[k] if k < len(self.polynomial) else sp.Integer(0)
            for k in range(max(len(self.polynomial), len(self.exact)))
        ]
        first = list(self.exact)
        assert len(polynomial) == len(first) or all(c == 0 for c in polynomial[len(first) :])
        lines += [
            f"first = [{', '.join(expression_text(value) for value in first)}]",
            f"return first + [{expression_text(later)} for m in range({len(first)}, count)]",
        ]
        return _function(
            "_derivatives_at_zero(xp: Any, count: int)",
            "``g^(k)(0)``, k = 0 .. count - 1; the first ones are exact, so that what cancels is 0.",
            lines,
        )

    def raw_moments(self) -> str:
        """Text of ``_raw_moments``."""
        if self.plain:
            lines = [
                "coefficients = _scaled_derivatives(xp, mu, sigma, sigma, degree)",
                "return moments_from_hermite(xp, mu, sigma, coefficients)",
            ]
        else:
            lines = self._calls(self.shares, "1", "degree", "0", True)
            degree = self.polynomial_degree
            if self._has_level(self.shares, degree >= 0):
                lines.append("level = xp.exp(-top)")
            moments = sp.IndexedBase("moments")
            polynomial = sum(
                (c * moments[n + j] for j, c in enumerate(self.polynomial) if c != 0), sp.Integer(0)
            )
            if degree >= 0:
                raised = f"degree + {degree}" if degree else "degree"
                lines.append(f"moments = gaussian_moments(xp, mu, sigma * sigma, {raised})")
            total = expression_text(self._total(self.shares, "[n + {j}][0]", polynomial)).replace("[n + 0]", "[n]")
            lines.append(f"values = [{total} for n in range(degree + 1)]")
            if self._grows(self.shares):
                lines.append("values = [scaled_up(xp, value, top) for value in values]")
            if self.exact is not None:
                lines += [
                    self._near(),
                    "coefficients = _scaled_derivatives(xp, mu[near], sigma[near], sigma[near], degree)",
                    "series = moments_from_hermite(xp, mu[near], sigma[near], coefficients)",
                    "for value, replacement in zip(values, series, strict=True):",
                    "    value[near] = replacement",
                ]
            lines.append("return values")
        return _function(f"_raw_moments({SIGNATURE}, degree: int)", "``E[y^n g(y)]``, n = 0 .. degree.", lines)

    def expected_derivatives(self) -> str:
        """Text of ``_expected_derivatives`` and ``_hermite_coefficients``."""
        return "\n\n\n".join(
            [
                _function(
                    f"_expected_derivatives({SIGNATURE}, degree: int)",
                    "``E[g^(k)(y)]``, k = 0 .. degree.",
                    ["return _scaled_derivatives(xp, mu, sigma, xp.ones_like(mu), degree)"],
                ),
                _function(
                    f"_hermite_coefficients({SIGNATURE}, degree: int)",
                    "``c_k = E[g(y) He_k((y - mu) / sigma)] = sigma^k E[g^(k)(y)]``, k = 0 .. degree.",
                    ["return _scaled_derivatives(xp, mu, sigma, sigma, degree)"],
                ),
            ]
        )

    def rest(self) -> str:
        """Text of ``_rest_mean`` and ``_rest_square``: the part beside the polynomial."""
        functions = []
        for name, what, shares, polynomial in (
            ("_rest_mean", "``E[u(y)]``, u what stands beside the polynomial in g.", self.shares, [sp.Integer(0)]),
            ("_rest_square", "``E[u(y)^2]``.", self.square_shares, self.square_polynomial),
        ):
            lines = self._calls(shares, "1", "0", "0", True)
            moments = sp.IndexedBase("moments")
            value = sum((c * moments[j] for j, c in enumerate(polynomial) if c != 0), sp.Integer(0))
            if value != 0:
                lines.append(f"moments = gaussian_moments(xp, mu, sigma * sigma, {len(polynomial) - 1})")
            if self._has_level(shares, value != 0):
                lines.append("level = xp.exp(-top)")
            total = expression_text(self._total(shares, "[{j}][0]", value))
            lines.append(f"return scaled_up(xp, {total}, top)" if self._grows(shares) else f"return {total}")
            functions.append(_function(f"{name}({SIGNATURE})", what, lines))
        return "\n\n\n".join(functions)

    def variance(self) -> str:
        """Text of ``_variance`` and ``_second_moment``."""
        degree = self.polynomial_degree
        by_moments = [
            "mean = _rest_mean(xp, mu, sigma)",
            "square = _rest_square(xp, mu, sigma)",
            "result = square - mean * mean",
        ]
        moments = sp.IndexedBase("moments")
        if degree >= 1:
            by_moments.append(f"moments = gaussian_moments(xp, mu, sigma * sigma, {degree})")
        for k in range(1, degree + 1):
            value = sum(
                (sp.ff(p, k) * self.polynomial[p] * moments[p - k] for p in range(k, degree + 1)), sp.Integer(0)
            )
            text = expression_text(sp.Symbol("sigma") ** k * value)
            divisor = f" / {sp.factorial(k)}" if k > 1 else ""
            by_moments += [
                f"near = {text}",
                f"result = result + near * (2 * coefficients[{k}] - near){divisor}",
            ]
        apart = "4 * mean * mean < 3 * square"
        if self._grows(self.shares):
            # Beyond the largest number both are infinite, and so is the answer.
            by_moments.append("finite = mean * mean < xp.inf")
            by_moments.append(f"return xp.where(finite, result, square), ({apart}) | ~finite")
        else:
            by_moments.append(f"return result, {apart}")
        return "\n\n\n".join(
            [
                _function(
                    f"_second_moment({SIGNATURE})",
                    "``E[g(y)^2] = Var g(y) + E[g]^2``.",
                    [
                        "mean = _scaled_derivatives(xp, mu, sigma, sigma, 0)[0]",
                        "return _variance(xp, mu, sigma) + mean * mean",
                    ],
                ),
                _function(
                    f"_variance({SIGNATURE})",
                    "``Var g(y)``: the Hermite series where it has converged or where nothing else is accurate.",
                    [
                        "point = sigma == 0",
                        'order = xp.method["short_series_order"]',
                        "coefficients = _scaled_derivatives(xp, mu, sigma, sigma, order)",
                        "result, last = hermite_variance(xp, coefficients)",
                        'converged = last * xp.method["series_reciprocal"] < result',
                        f"rest = xp.flatnonzero(~(converged & ({expression_text(self.scale)} * sigma < 1)))",
                        "first = [coefficient[rest] for coefficient in coefficients]",
                        "value, apart = _variance_by_moments(xp, mu[rest], sigma[rest], first)",
                        "result[rest] = value",
                        "some = rest[~apart]",
                        'order = xp.method["long_series_order"]',
                        "coefficients = _scaled_derivatives(xp, mu[some], sigma[some], sigma[some], order)",
                        "result[some] = hermite_variance(xp, coefficients)[0]",
                        "return set_where(point, [result], [0])[0]",
                    ],
                ),
                _function(
                    f"_variance_by_moments({SIGNATURE}, coefficients: Any)",
                    "``Var p + 2 Cov(p, u) + E[u^2] - E[u]^2``, p the polynomial in g; and whether the last two are apart.",
                    by_moments,
                ),
            ]
        )


def _function(head: str, docstring: str, lines: list[str]) -> str:
    return "\n".join([f"def {head} -> Any:", f'    """{docstring}"""', *(f"    {line}" for line in lines)])


def plan(decomposition: Decomposition, variable: sp.Symbol) -> KernelPlan:
    """The kernel of a sum of tilted terms on the whole line."""
    (whole,) = decomposition.sums()
    emitter = TiltedEmitter(whole, variable)
    functions = [emitter.raw_moments(), emitter.expected_derivatives(), emitter.derivatives()]
    if emitter.exact is not None:
        functions.append(emitter.at_zero())
    functions += [emitter.variance(), emitter.rest(), *emitter.table.texts()]
    regimes = ["everywhere: a Gaussian of another mean and variance for each exponent, a complex mean for waves"]
    return KernelPlan(functions, PROMISE, regimes, [])
