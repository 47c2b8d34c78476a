"""``q(y) + p(y) Phi((y - centre) / width)``: polynomials around one normal distribution function."""

from __future__ import annotations

import sympy as sp

from codegen.error_function_forms import best_form
from codegen.families.contract import SIGNATURE, n
from codegen.kernel_plan import KernelPlan, exact_pair, expression_text, polynomial_coefficients, tuple_text
from codegen.method import DEGREE
from symbolic_moments.decomposition import ErrorTerm
from symbolic_moments.hermite_structure import local_weights

v = sp.Symbol("v", real=True)
PROMISE = {
    "activation": 1e-15,
    "raw_moments": 2e-14,
    "hermite_coefficients": 2e-14,
    "expected_derivatives": 2e-14,
    "second_moment": 2e-13,
    "variance": 2e-13,
}


class ErrorFunctionEmitter:
    """Writes the functions of one kernel of the family."""

    level = ""

    def __init__(self, polynomial: sp.Expr, term: ErrorTerm, variable: sp.Symbol, degree: int):
        self.variable = variable
        self.cdf_moments = "cdf_moments" if degree <= DEGREE else "cdf_panel_moments"
        self.term = term
        self.width = sp.radsimp(1 / term.slope)
        self.centre = sp.radsimp(-term.offset / term.slope)
        self.form = best_form(polynomial, term, variable)
        self.p = polynomial_coefficients(term.polynomial, variable)
        self.q = polynomial_coefficients(polynomial, variable)
        self.degree = max(len(self.p), len(self.q)) - 1
        self.gaussian = any(c != 0 for c in self.form.polynomial)

    def moments_lines(self, degree: str, others: str = "*_") -> list[str]:
        """Statements that make the moment list ``cdf``, the ``others``, and ``moments`` where q remains."""
        width = exact_pair(self.width**2)
        lines = []
        if self.form.kind == "erf":
            lines.append(f"cdf, {others} = error_function_moments(xp, mu, sigma, {width}, {degree})")
        elif self.form.kind == "mirrored":
            lines += [
                f"cdf, {others} = {self.cdf_moments}(xp, -mu, sigma, {exact_pair(-self.centre)}, {width}, {degree})",
                "cdf = alternate(cdf)",
            ]
            if others != "*_":
                lines.append("h = -h")
        else:
            centre = exact_pair(self.centre)
            lines.append(f"cdf, {others} = {self.cdf_moments}(xp, mu, sigma, {centre}, {width}, {degree})")
        if self.gaussian:
            lines.append(f"moments = gaussian_moments(xp, mu, sigma * sigma, {degree})")
        return lines

    def expectation(self, derivative: int, shift: sp.Expr) -> sp.Expr:
        """``E[y^shift]`` times the derivative of the polynomial factors, in the moment lists."""
        total = sp.Integer(0)
        for base, coefficients in (("cdf", self.form.factor), ("moments", self.form.polynomial)):
            values = sp.IndexedBase(base)
            for power in range(derivative, len(coefficients)):
                total += sp.ff(power, derivative) * coefficients[power] * values[shift + power - derivative]
        return total

    def raw_moments(self) -> str:
        """Text of ``_raw_moments``."""
        lines = [
            f"def _raw_moments({SIGNATURE}, degree: int) -> Any:",
            '    """``E[y^n g(y)]``, n = 0 .. degree."""',
            *(f"    {line}" for line in self.moments_lines(f"degree + {self.degree}")),
        ]
        values = f"[{expression_text(self.expectation(0, n))} for n in range(degree + 1)]"
        if not self.gaussian:
            return "\n".join([*lines, f"    return {values}"])
        lines += [
            f"    values = {values}",
            "    point = xp.flatnonzero(sigma == 0)",
            "    at = mu[point]",
            "    exact = [power * _activation(xp, at) for power in powers(xp, at, degree)]",
            "    return set_where(point, values, exact)",
        ]
        return "\n".join(lines)

    def shares(self) -> str:
        """Text of ``_derivative_shares``."""
        weights = local_weights(self.term)
        lines = [
            f"def _derivative_shares(xp: Any, mu: Any, sigma: Any{self.level}, degree: int) -> Any:",
            '    """``E[g^(k)]`` where Phi is kept, ``S^k`` times the share of its derivatives, and S."""',
            *(f"    {line}" for line in self.moments_lines(str(self.degree), "h, peak, scale")),
            "    smooth = [",
            *(f"        {expression_text(self.expectation(k, sp.Integer(0)))}," for k in range(self.degree + 1)),
            "    ]",
            *self._peak_lines(),
        ]
        D = sp.Symbol("D", positive=True)
        if any(weight.has(D) for weight in weights):
            lines.append(f"    D = {expression_text(sp.Symbol('scale') / self.width)}")
        lines += ["    local = [xp.zeros_like(mu)]", "    for k in range(1, degree + 1):"]
        for m, weight in enumerate(weights):
            signed = expression_text((-1) ** m * weight)
            if m == 0:
                lines.append(f"        share = ({signed}) * peaks[k - 1]")
            else:
                lines += [
                    f"        if k >= {m + 1}:",
                    f"            share = share + ({signed}) * peaks[k - {m + 1}]",
                ]
        lines += ["        local.append(share)", *self._slope_lines()]
        return "\n".join([*lines, "    return smooth, local, scale"])

    def _slope_lines(self) -> list[str]:
        """Statements that mend ``E[g']`` next to its root, for g a multiple of ``u Phi(u)``."""
        factor = self.form.factor
        around = len(factor) == 2 and sp.simplify(factor[0] + self.centre * factor[1]) == 0
        if self.form.kind in ("erf", "mirrored") or self.gaussian or not around:
            return []
        form = f"({exact_pair(self.centre)}, {exact_pair(self.width**2)}, {expression_text(factor[1])})"
        call = f"gelu_slope(xp, mu, sigma, {form}, h, peak, smooth[1], local[1])"
        return ["    if degree >= 1:", f"        smooth[1], local[1] = {call}"]

    def _peak_lines(self) -> list[str]:
        """Statements that make ``peaks``, ``He_n(-h) phi(h)``."""
        if self.centre == 0:
            return ["    peaks = hermite_times(-h, peak, max(degree - 1, 0))"]
        centre, width = exact_pair(self.centre), exact_pair(self.width**2)
        return [
            f"    argument = smoothed_argument(xp, mu, sigma, {centre}, {width})",
            "    peaks = hermite_of_pair(xp, argument, peak, max(degree - 1, 0))",
        ]

    def derivatives(self) -> str:
        """Text of ``_expected_derivatives``."""
        return "\n".join(
            [
                f"def _expected_derivatives({SIGNATURE}, degree: int) -> Any:",
                '    """``E[g^(k)(y)]``, k = 0 .. degree."""',
                "    smooth, local, scale = _derivative_shares(xp, mu, sigma, degree)",
                "    return to_derivatives(smooth, local, scale, degree)",
            ]
        )

    def hermite(self) -> str:
        """Text of ``_hermite_coefficients``."""
        return "\n".join(
            [
                f"def _hermite_coefficients({SIGNATURE}, degree: int) -> Any:",
                '    """``c_k = E[g(y) He_k((y - mu) / sigma)] = sigma^k E[g^(k)(y)]``, k = 0 .. degree."""',
                "    smooth, local, scale = _derivative_shares(xp, mu, sigma, degree)",
                "    ratios = powers(xp, sigma / scale, degree)",
                "    local = [ratio * share for ratio, share in zip(ratios, local, strict=True)]",
                "    return to_hermite(smooth, local, sigma, degree)",
            ]
        )

    def second_moment(self) -> str:
        """Text of ``_second_moment``."""
        return "\n".join(
            [
                f"def _second_moment({SIGNATURE}) -> Any:",
                '    """``E[g(y)^2] = Var g(y) + c_0^2``."""',
                "    mean = _raw_moments(xp, mu, sigma, 0)[0]",
                "    return _variance(xp, mu, sigma) + mean * mean",
            ]
        )

    def variance(self) -> str:
        """Text of ``_variance``."""
        order = self.degree + 1
        derivative = tuple_text(self._density_factor(order))
        centre, width = exact_pair(self.centre), exact_pair(self.width**2)
        lines = [
            f"def _variance({SIGNATURE}) -> Any:",
            f'    """``Var g(y)``: Hermite terms below {order} and the integral over ``g^({order})``."""',
            "    point, spread = split_point_mass(xp, sigma)",
            f"    smoothing = smoothed_density(xp, mu, spread, {centre}, {width})",
            f"    derivative = {derivative}",
            "    value = remainder_variance(",
            f"        xp, mu, spread, smoothing, {expression_text(self.centre)}, "
            f"{expression_text(self.width**2)}, derivative, {order}",
            "    )",
        ]
        if order > 1:
            lines.append(f"    coefficients = _hermite_coefficients(xp, mu, spread, {order - 1})")
        for k in range(1, order):
            divisor = f" / {sp.factorial(k)}" if k > 1 else ""
            lines.append(f"    value = value + coefficients[{k}] ** 2{divisor}")
        lines.append("    return set_where(point, [value], [0])[0]")
        return "\n".join(lines)

    def _density_factor(self, order: int) -> list[sp.Expr]:
        """Coefficients of Q, lowest first, in ``g^(order) = Q(v) phi(v / width)``, v = y - centre (Leibniz)."""
        shifted = self.term.polynomial.subs(self.variable, v + self.centre)
        u = v / self.width
        total = sp.Integer(0)
        for j in range(order + 1):
            rest = order - j
            inner = sp.diff(shifted, v, j)
            if inner != 0:
                total += sp.binomial(order, j) * inner * (-1) ** (rest - 1) * _hermite(rest - 1, u) / self.width**rest
        return polynomial_coefficients(sp.expand(total), v)


def _hermite(degree: int, u: sp.Expr) -> sp.Expr:
    before, value = sp.Integer(0), sp.Integer(1)
    for m in range(degree):
        before, value = value, sp.expand(u * value - m * before)
    return value


def plan(polynomial: sp.Expr, term: ErrorTerm, variable: sp.Symbol, degree: int) -> KernelPlan:
    """The kernel of ``polynomial + term.polynomial * Phi(term.slope x + term.offset)``, good to ``degree``.

    Up to degree 8 a binomial sum serves where the recurrence does not; above, where its terms come to cancel, the same
    expectation by a quadrature panel.
    """
    emitter = ErrorFunctionEmitter(polynomial, term, variable, degree)
    functions = [
        emitter.raw_moments(),
        emitter.shares(),
        emitter.derivatives(),
        emitter.hermite(),
        emitter.second_moment(),
        emitter.variance(),
    ]
    if emitter.form.kind == "erf":
        regimes = ["the odd part: forward recurrence on |mu|, every term positive"]
    else:
        regimes = [
            "mu >= 0 and h >= 0: forward recurrence, every term positive",
            "elsewhere: given w > 0, y is Gaussian; "
            + ("a binomial sum of half-line moments at h" if degree <= DEGREE else "a Gauss-Legendre panel over w"),
        ]
    # Around Phi(a x + b) the constants are pairs, and a few more roundings meet in the tail.
    promise = PROMISE if emitter.centre == 0 else {**PROMISE, "activation": 2e-14}
    seams: list[dict[str, float | str]] = [{"variable": "h", "value": 0.0}, {"variable": "mu", "value": 0.0}]
    return KernelPlan(functions, promise, regimes, seams, root_ulps=max(16, 2 * degree))
