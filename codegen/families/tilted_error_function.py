"""``exp(c y) (q(y) + p(y) Phi((y - centre) / width))``: one normal distribution function behind an exponential."""

from __future__ import annotations

from itertools import zip_longest

import sympy as sp

from codegen.families.contract import PROMISE as EXACT
from codegen.families.contract import SIGNATURE
from codegen.families.error_function import ErrorFunctionEmitter
from codegen.families.tilted_slope import TiltedProduct
from codegen.kernel_plan import KernelPlan, exact_pair, expression_text, tuple_text
from codegen.method import DEGREE
from symbolic_moments.decomposition import Decomposition, ErrorTerm
from symbolic_moments.exponential_algebra import Term
from symbolic_moments.symbols import x

PROMISE = {**EXACT, "activation": 2e-14}
_STEEPEST = 8


def covers(decomposition: Decomposition, degree: int) -> bool:
    """Whether the family serves: one error term with an exponential, and beside it only the same exponential.

    Examples
    --------
    >>> from symbolic_moments import activation
    >>> covers(activation("exp(x)*Phi(x)").decomposition, 8), covers(activation("exp(x)*Phi(x) + x").decomposition, 8)
    (True, False)
    """
    if decomposition.family != "ER" or decomposition.breakpoints or len(decomposition.error_terms) != 1:
        return False
    (term,) = decomposition.error_terms
    beside = all((one.q, one.c, one.w) == (term.q, term.c, 0) for one in _beside(decomposition))
    if not beside or decomposition.pieces[0] != 0 or term.q != 0 or term.c == 0 or degree > DEGREE:
        return False
    numbers = (term.c, term.slope, term.offset)
    return not any(number.free_symbols for number in numbers) and abs(float(term.c / term.slope)) <= _STEEPEST


class TiltedErrorFunctionEmitter(ErrorFunctionEmitter):
    """Writes the functions of one kernel of the family, over ``exp(top)``."""

    level = ", top: Any"

    def __init__(self, polynomial: sp.Expr, term: ErrorTerm, degree: int):
        super().__init__(polynomial, term, x, degree)
        self.rate = term.c
        self.sign = -1 if self.form.kind == "mirrored" else 1
        self.extrema = self._extrema()

    def form_text(self) -> str:
        """Text of ``_form``, what the primitives of ``tilted_cdf.py`` ask for; mirrored, where they serve ``g(-y)``."""
        rate, centre, square = self.sign * self.rate, self.sign * self.centre, self.width**2
        far = sp.radsimp(centre + rate * square)
        height = sp.exp(sp.radsimp(rate * centre + rate**2 * square / 2))
        return "\n".join(
            [
                "def _form(xp: Any) -> Any:",
                '    """The rate, the centre, ``width^2``, the centre moved by ``rate width^2``, and its height."""',
                f"    rate, centre = {_pair(rate)}, {_pair(centre)}",
                f"    return rate, centre, {_pair(square)}, {_pair(far)}, {expression_text(height)}",
            ]
        )

    def _extrema(self) -> list[str]:
        """Kernel text of the extrema of g, mirrored where the primitives serve ``g(-y)``."""
        rate, centre = self.sign * self.rate, self.sign * self.centre
        return TiltedProduct(rate, centre, self.width, *self._variance_parts()).extrema()

    def extrema_text(self) -> str:
        """Text of ``_extrema``."""
        return "\n".join(
            [
                "def _extrema(xp: Any) -> Any:",
                '    """Next to each extremum of g a number, a size there, and over it the slope, Phi, phi and 1."""',
                "    return (",
                *(f"        {one}," for one in self.extrema),
                "    )",
            ]
        )

    def _mended_slope(self, unit: str) -> list[str]:
        """Statements that mend ``unit E[g']`` next to its roots."""
        if not self.extrema:
            return []
        p, q = self._variance_texts()
        sign = "-" if self.sign < 0 else ""
        at = f"{self._mu()}, sigma, _form(xp), {p}, {q}, _extrema(xp), top, {unit}, {sign}values[1]"
        return ["    if degree >= 1:", f"        values[1] = {sign}tilted_cdf_slope(xp, {at})"]

    def top_text(self) -> str:
        """Text of ``_top``."""
        if self.gaussian or self.form.kind == "erf":
            value = "exponent[0]"
        else:
            value = "xp.where(mean[0] < centre[0], 0, exponent[0])"
        return "\n".join(
            [
                "def _top(xp: Any, mu: Any, sigma: Any, power: int) -> Any:",
                '    """The exponent that ``E[|g|^power]`` may overflow by, or 0."""',
                "    rate, centre, *_ = _form(xp)",
                "    scaled = power * rate[0], power * rate[1]",
                f"    exponent, mean = exponential_tilt(xp, {self._mu()}, sigma, scaled, (0, 0))",
                f"    return xp.maximum({value}, 0)",
            ]
        )

    def _mu(self) -> str:
        return "-mu" if self.sign < 0 else "mu"

    def moments_lines(self, degree: str, others: str = "*_") -> list[str]:
        """Statements that make the moment list ``cdf``, the ``others``, and ``moments`` where q remains."""
        function = "level_error_moments" if self.form.kind == "erf" else "level_cdf_moments"
        lines = [f"cdf, {others} = {function}(xp, {self._mu()}, sigma, _form(xp), top, {degree})"]
        if self.sign < 0:
            lines += ["cdf = alternate(cdf)", *(["h = -h"] if others != "*_" else [])]
        if self.gaussian:
            lines.append(f"moments = level_gaussian_moments(xp, mu, sigma, _form(xp), top, {degree})")
        return lines

    def _slope_lines(self) -> list[str]:
        return []

    def _peak_lines(self) -> list[str]:
        centre, width = ("-centre[0]", "-shifted[1]") if self.sign < 0 else ("centre[0]", "shifted[1]"), "form[2]"
        mean = "-mean[0]" if self.sign < 0 else "mean[0]"
        return [
            "    form = _form(xp)",
            "    centre = form[1]",
            f"    _, mean, shifted = tilted_argument(xp, {self._mu()}, sigma, form)",
            f"    argument = smoothed_argument(xp, {mean}, sigma, ({centre[0]}, {centre[1]}), {width})",
            "    peaks = hermite_of_pair(xp, argument, peak, max(degree - 1, 0))",
            f"    mu = {mean}  # the weights below are those of the tilted Gaussian",
        ]

    def raw_moments(self) -> str:
        """Text of ``_raw_moments``."""
        n = sp.Symbol("n", integer=True, nonnegative=True)
        return "\n".join(
            [
                f"def _raw_moments({SIGNATURE}, degree: int) -> Any:",
                '    """``E[y^n g(y)]``, n = 0 .. degree."""',
                "    top = _top(xp, mu, sigma, 1)",
                *(f"    {line}" for line in self.moments_lines(f"degree + {self.degree}")),
                f"    values = [{expression_text(self.expectation(0, n))} for n in range(degree + 1)]",
                "    values = [scaled_up(xp, value, top) for value in values]",
                "    point = xp.flatnonzero(sigma == 0)",
                "    return set_where(point, values, rising(_activation(xp, mu[point]), mu[point], degree))",
            ]
        )

    def activation(self, expression: sp.Expr) -> str:
        """Text of ``_activation``: its expectation at sigma = 0, where nothing overflows times what underflows."""
        return "\n".join(
            [
                "def _activation(xp: Any, x: Any) -> Any:",
                f'    """``{sp.sstr(expression)}``."""',
                "    mu, sigma = x, xp.zeros_like(x)",
                "    top = _top(xp, mu, sigma, 1)",
                *(f"    {line}" for line in self.moments_lines(str(self.degree))),
                f"    return scaled_up(xp, {expression_text(self.expectation(0, sp.Integer(0)))}, top)",
            ]
        )

    def wide(self) -> str:
        """Text of ``_wide_hermite``."""
        factor = self.form.factor
        if self.sign < 0:
            factor = tuple((-1) ** j * c for j, c in enumerate(factor))
        call = f"tilted_cdf_hermite(xp, {self._mu()}, sigma, form, {tuple_text(factor)}, top, degree)"
        lines = [f"values = alternate({call})" if self.sign < 0 else f"values = {call}"]
        whole = [f"tilted_polynomial_hermite(xp, mu, sigma, form, {tuple_text(self.form.polynomial)}, top, degree)"]
        if self.form.kind == "erf":
            halves = tuple(-c for c in self._variance_parts()[1])
            whole = [f"tilted_polynomial_hermite(xp, mu, sigma, form, {tuple_text(halves)}, top, degree)"]
            lines += [f"whole = {whole[0]}", "values = [2 * v - w for v, w in zip(values, whole, strict=True)]"]
        elif self.gaussian:
            lines += [f"whole = {whole[0]}", "values = [v + w for v, w in zip(values, whole, strict=True)]"]
        return "\n".join(
            [
                "def _wide_hermite(xp: Any, mu: Any, sigma: Any, top: Any, degree: int) -> Any:",
                '    """``exp(-top) c_k``, k = 0 .. degree, for sigma beyond the range of the exponential."""',
                "    form = _form(xp)",
                *(f"    {line}" for line in lines),
                "    return values",
            ]
        )

    def _wide_lines(self, replacement: str) -> list[str]:
        return [
            f"    some = xp.flatnonzero({expression_text(abs(self.rate))} * sigma > 1)",
            "    whole = _wide_hermite(xp, mu[some], sigma[some], top[some], degree)",
            f"    set_where(some, values[1:], {replacement})",
        ]

    def derivatives(self) -> str:
        """Text of ``_expected_derivatives``."""
        return "\n".join(
            [
                f"def _expected_derivatives({SIGNATURE}, degree: int) -> Any:",
                '    """``E[g^(k)(y)]``, k = 0 .. degree."""',
                "    top = _top(xp, mu, sigma, 1)",
                "    smooth, local, scale = _derivative_shares(xp, mu, sigma, top, degree)",
                f"    rate = {expression_text(self.rate)}",
                "    values = shifted_derivatives(to_derivatives(smooth, local, scale, degree), rate)",
                *self._mended_slope("xp.ones_like(mu)"),
                *self._wide_lines("to_derivatives([], whole, sigma[some], degree)[1:]"),
                "    values = [scaled_up(xp, value, top) for value in values]",
                "    point = xp.flatnonzero(sigma == 0)",
                "    return set_where(point, values[:1], [_activation(xp, mu[point])]) + values[1:]",
            ]
        )

    def hermite(self) -> str:
        """Text of ``_hermite_coefficients`` and ``_level_hermite``."""
        return "\n".join(
            [
                f"def _hermite_coefficients({SIGNATURE}, degree: int) -> Any:",
                '    """``c_k = E[g(y) He_k((y - mu) / sigma)] = sigma^k E[g^(k)(y)]``, k = 0 .. degree."""',
                "    top = _top(xp, mu, sigma, 1)",
                "    values = [scaled_up(xp, value, top) for value in _level_hermite(xp, mu, sigma, top, degree)]",
                "    point = xp.flatnonzero(sigma == 0)",
                "    return set_where(point, values, [_activation(xp, mu[point])] + [0] * degree)",
                "",
                "",
                "def _level_hermite(xp: Any, mu: Any, sigma: Any, top: Any, degree: int) -> Any:",
                '    """``exp(-top) c_k``, k = 0 .. degree: those of the factor beside the exponential, shifted."""',
                "    smooth, local, scale = _derivative_shares(xp, mu, sigma, top, degree)",
                "    ratios = powers(xp, sigma / scale, degree)",
                "    local = [ratio * share for ratio, share in zip(ratios, local, strict=True)]",
                f"    step = {expression_text(self.rate)} * sigma",
                "    values = shifted_derivatives(to_hermite(smooth, local, sigma, degree), step)",
                *self._mended_slope("sigma"),
                *self._wide_lines("whole[1:]"),
                "    return values",
            ]
        )

    def variance(self) -> str:
        """Text of ``_variance``."""
        p, q = self._variance_texts()
        return "\n".join(
            [
                f"def _variance({SIGNATURE}) -> Any:",
                '    """``Var g(y)``: the Hermite series where it has converged soon, panels elsewhere."""',
                "    point, spread = split_point_mass(xp, sigma)",
                "    half_top = _top(xp, mu, spread, 2) / 2",
                "    result = xp.zeros_like(mu)",
                f"    some = xp.flatnonzero({expression_text(abs(self.rate))} * spread < 1)",
                '    order = xp.method["short_series_order"]',
                "    coefficients = _level_hermite(xp, mu[some], spread[some], half_top[some], order)",
                "    value, last = hermite_variance(xp, coefficients)",
                '    result[some] = xp.where(last * xp.method["series_reciprocal"] < value, value, 0)',
                "    some = xp.flatnonzero(result == 0)",
                "    mean = _level_hermite(xp, mu[some], spread[some], half_top[some], 0)[0]",
                f"    at = {self._mu()}[some], spread[some], _form(xp), {p}, {q}",
                "    result[some] = xp.maximum(tilted_cdf_variance(xp, *at, half_top[some], mean), 0)",
                "    return set_where(point, [scaled_up(xp, result, 2 * half_top)], [0])[0]",
            ]
        )

    def _variance_parts(self) -> tuple[list[sp.Expr], list[sp.Expr]]:
        """The factors in ``g = exp(c y) (p Phi + q)`` or its mirror image; no q where there is none."""
        factor = list(self.form.factor)
        if self.form.kind == "erf":
            beside = [q - p for p, q in zip_longest(factor, self.form.polynomial, fillvalue=sp.S.Zero)]
            return [2 * c for c in factor], beside
        if self.sign < 0:
            return [(-1) ** j * c for j, c in enumerate(factor)], []
        return factor, list(self.form.polynomial) if self.gaussian else []

    def _variance_texts(self) -> tuple[str, str]:
        p, q = self._variance_parts()
        return tuple_text(p), tuple_text(q) if q else "()"


def _beside(decomposition: Decomposition) -> tuple[Term, ...]:
    """The exponential terms on the whole line."""
    return decomposition.terms[0] if decomposition.terms else ()


def _pair(value: sp.Expr) -> str:
    """The pair of a number; whole numbers are written as quotients, to be arrays' equals in every arithmetic."""
    return f"(xp.rational({value}, 1), 0)" if isinstance(value, sp.Integer) else exact_pair(value)


def plan(expression: sp.Expr, decomposition: Decomposition, degree: int) -> KernelPlan:
    """The kernel of a function that ``covers`` accepts."""
    (term,) = decomposition.error_terms
    beside = sp.Add(*(one.polynomial for one in _beside(decomposition)))
    emitter = TiltedErrorFunctionEmitter(beside, term, degree)
    functions = [
        emitter.form_text(),
        *([emitter.extrema_text()] if emitter.extrema else []),
        emitter.top_text(),
        emitter.raw_moments(),
        emitter.shares(),
        emitter.derivatives(),
        emitter.hermite(),
        emitter.wide(),
        emitter.second_moment(),
        emitter.variance(),
    ]
    regimes = [
        "moments: those of the factor beside the exponential, under the Gaussian that the exponential tilts; in the "
        "tail of Phi the density multiplies last",
        "Hermite coefficients: derivatives of the product for sigma below the range of the exponential, a panel above",
        "variance: the Hermite series where it has converged soon; panels on both sides of the bend of Phi elsewhere",
        "beyond the largest number: infinite, with the sign of the value",
        "sigma = 0: the point mass",
    ]
    seams: list[dict[str, float | str]] = [{"variable": "h", "value": 0.0}, {"variable": "mu", "value": 0.0}]
    activation = emitter.activation(expression)
    return KernelPlan(functions, PROMISE, regimes, seams, root_ulps=max(16, 2 * degree), activation=activation)
