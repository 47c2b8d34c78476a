"""Functions of logistic type as SymPy functions whose derivatives neither overflow nor cancel."""

from __future__ import annotations

from typing import Any

import sympy as sp
from sympy.core.function import ArgumentIndexError

from symbolic_moments.normal import Phi, phi

__all__ = [
    "asin_by_half",
    "atan_rest",
    "departure",
    "expm1",
    "log1p",
    "log_about_one",
    "log_cosh",
    "log_softplus_slope",
    "reciprocal_expm1",
    "root_above",
    "sech",
    "sech_squared",
    "sigmoid",
    "sigmoid_difference",
    "smoothed_relu",
    "softplus",
    "softplus_ratio",
    "softplus_ratio_rest",
    "softplus_ratio_slope",
    "sqrt_softplus",
    "step_sum",
    "sum_with_root",
    "tanh",
    "tanh_rest",
    "written_out",
]


class RealFunction(sp.Function):
    """A function with real values, so that SymPy differentiates ``|f(u)|``."""

    is_real = True


class sigmoid(RealFunction):  # noqa: N801
    """``1/(1 + exp(-u))`` whose derivative is a product."""

    nargs = 1

    def fdiff(self, argindex: int = 1) -> Any:
        """Return ``sigmoid(u) sigmoid(-u)``."""
        return self * sigmoid(-self.args[0])


class sigmoid_difference(RealFunction):  # noqa: N801
    """``sigmoid(u) - sigmoid(v)``, whose terms may both be close to 1."""

    nargs = 2

    def fdiff(self, argindex: int = 1) -> Any:
        """Return ``sigmoid(u) sigmoid(-u)``, by v its negative."""
        u = self.args[argindex - 1]
        slope = sigmoid(u) * sigmoid(-u)
        return slope if argindex == 1 else -slope


class step_sum(RealFunction):  # noqa: N801
    """``tanh(u) + tanh(v)``; the third argument is ``u + v``, where nothing is lost if they nearly cancel."""

    nargs = 3

    def fdiff(self, argindex: int = 1) -> Any:
        """Return ``sech(u)^2``, ``sech(v)^2`` and 0."""
        return sech_squared(self.args[argindex - 1]) if argindex < 3 else sp.S.Zero


class softplus(RealFunction):  # noqa: N801
    """``log(1 + exp(u))``."""

    nargs = 1

    def fdiff(self, argindex: int = 1) -> Any:
        """Return ``sigmoid(u)``."""
        return sigmoid(self.args[0])


class expm1(RealFunction):  # noqa: N801
    """``exp(u) - 1``."""

    nargs = 1

    def fdiff(self, argindex: int = 1) -> Any:
        """Return ``exp(u)``."""
        return sp.exp(self.args[0])


class log1p(RealFunction):  # noqa: N801
    """``log(1 + u)``."""

    nargs = 1

    def fdiff(self, argindex: int = 1) -> Any:
        """Return ``1/(1 + u)``."""
        return 1 / (1 + self.args[0])


class asin_by_half(RealFunction):  # noqa: N801
    """``asin(w)``, w >= 0; the second argument is ``sqrt((1 - w)/2)``, where nothing is lost if w is nearly 1."""

    nargs = 2

    def fdiff(self, argindex: int = 1) -> Any:
        """Return 0 and ``-2/sqrt(1 - h^2)``."""
        return -2 / sp.sqrt(1 - self.args[1] ** 2) if argindex == 2 else sp.S.Zero


class log_about_one(RealFunction):  # noqa: N801
    """``log(u)``, u > 0; the second argument is ``u - 1``, where nothing is lost if u is nearly 1."""

    nargs = 2

    @classmethod
    def eval(cls, u: sp.Expr, rest: sp.Expr) -> Any:
        """Return an infinite value at 0."""
        return sp.zoo if u == 0 else None

    def fdiff(self, argindex: int = 1) -> Any:
        """Return ``1/u`` and 0."""
        return 1 / self.args[0] if argindex == 1 else sp.S.Zero


class reciprocal_expm1(RealFunction):  # noqa: N801
    """``1 / (exp(u) - 1)``."""

    nargs = 1

    def fdiff(self, argindex: int = 1) -> Any:
        """Return ``f(u) f(-u)``."""
        return self * reciprocal_expm1(-self.args[0])


class sech_squared(RealFunction):  # noqa: N801
    """``1 - tanh(u)^2``."""

    nargs = 1

    def fdiff(self, argindex: int = 1) -> Any:
        """Return ``-2 tanh(u) sech(u)^2``."""
        return -2 * tanh(self.args[0]) * self


class sech(RealFunction):  # noqa: N801
    """``1/cosh(u)`` whose derivative does not overflow."""

    nargs = 1

    def fdiff(self, argindex: int = 1) -> Any:
        """Return ``-sech(u) tanh(u)``."""
        return -self * tanh(self.args[0])


class tanh(RealFunction):  # noqa: N801
    """``tanh(u)`` whose derivative does not subtract from 1."""

    nargs = 1

    def fdiff(self, argindex: int = 1) -> Any:
        """Return ``sech(u)^2``."""
        return sech_squared(self.args[0])


class log_cosh(RealFunction):  # noqa: N801
    """``log(cosh(u))``."""

    nargs = 1

    def fdiff(self, argindex: int = 1) -> Any:
        """Return ``tanh(u)``."""
        return tanh(self.args[0])


class tanh_rest(RealFunction):  # noqa: N801
    """``u - tanh(u)``."""

    nargs = 1

    def fdiff(self, argindex: int = 1) -> Any:
        """Return ``tanh(u)^2``."""
        return tanh(self.args[0]) ** 2


class smoothed_relu(RealFunction):  # noqa: N801
    """``u Phi(u) + phi(u)``, the mean of ``max(u + z, 0)`` under a standard normal z."""

    nargs = 1

    def fdiff(self, argindex: int = 1) -> Any:
        """Return ``Phi(u)``."""
        return Phi(self.args[0])


class atan_rest(RealFunction):  # noqa: N801
    """``u - atan(u)``."""

    nargs = 1

    def fdiff(self, argindex: int = 1) -> Any:
        """Return ``u^2/(1 + u^2)``."""
        return self.args[0] ** 2 / (1 + self.args[0] ** 2)


class sqrt_softplus(RealFunction):  # noqa: N801
    """``sqrt(log(1 + exp(u)))``."""

    nargs = 1

    def fdiff(self, argindex: int = 1) -> Any:
        """Return ``sqrt_softplus(u) (log softplus(u))' / 2``."""
        return self * log_softplus_slope(self.args[0]) / 2


class log_softplus_slope(RealFunction):  # noqa: N801
    """``sigmoid(u)/softplus(u)``, the derivative of ``log(softplus(u))``."""

    nargs = 1

    def fdiff(self, argindex: int = 1) -> Any:
        """Return the product ``L (sigmoid(-u) - L)``."""
        return self * (sigmoid(-self.args[0]) - self)


class softplus_ratio(RealFunction):  # noqa: N801
    """``exp(-u) softplus(u)``, which tends to 1 on the left."""

    nargs = 1

    def fdiff(self, argindex: int = 1) -> Any:
        """Return the slope as a function of its own."""
        return softplus_ratio_slope(self.args[0])


class softplus_ratio_rest(RealFunction):  # noqa: N801
    """``exp(-u) softplus(u) - 1``."""

    nargs = 1

    def fdiff(self, argindex: int = 1) -> Any:
        """Return the same slope."""
        return softplus_ratio_slope(self.args[0])


class softplus_ratio_slope(RealFunction):  # noqa: N801
    """``sigmoid(-u) - exp(-u) softplus(u)``, which falls as ``exp(u)`` does on the left."""

    nargs = 1

    def fdiff(self, argindex: int = 1) -> Any:
        """Return ``-sigmoid(u) sigmoid(-u) - f(u)``."""
        return -sigmoid(self.args[0]) * sigmoid(-self.args[0]) - self


class sum_with_root(RealFunction):  # noqa: N801
    """``u + sqrt(u^2 + b)``, b > 0."""

    nargs = 2

    def fdiff(self, argindex: int = 1) -> Any:
        """Return ``(u + sqrt(u^2 + b))/sqrt(u^2 + b)``, by b ``1/(2 sqrt(u^2 + b))``."""
        root = sp.sqrt(self.args[0] ** 2 + self.args[1])
        return self / root if argindex == 1 else 1 / (2 * root)


class root_above(RealFunction):  # noqa: N801
    """``sqrt(u^2 + b) - q`` with ``gap = b - q^2``; b > 0 and q >= 0: arguments u, b, q, gap."""

    nargs = 4

    def fdiff(self, argindex: int = 1) -> Any:
        """Return ``u/sqrt(u^2 + b)``; the others are numbers.

        Raises
        ------
        ArgumentIndexError
            For any argument but the first.
        """
        if argindex != 1:
            raise ArgumentIndexError(self, argindex)
        return self.args[0] / sp.sqrt(self.args[0] ** 2 + self.args[1])


class departure(RealFunction):  # noqa: N801
    """``f(c + r) - f(c)``: arguments r, that difference itself, and the radius, order and coefficients of its form."""

    def _eval_derivative(self, s: sp.Symbol) -> Any:
        return sp.diff(self.args[1], s)


_DEFINITIONS: dict[Any, Any] = {
    departure: lambda r, difference, *_: difference,
    atan_rest: lambda u: u - sp.atan(u),
    tanh_rest: lambda u: u - tanh(u),
    smoothed_relu: lambda u: u * Phi(u) + phi(u),
    sqrt_softplus: lambda u: sp.sqrt(softplus(u)),
    log_softplus_slope: lambda u: sigmoid(u) / softplus(u),
    softplus_ratio_slope: lambda u: sigmoid(-u) - softplus_ratio(u),
    softplus_ratio_rest: lambda u: softplus_ratio(u) - 1,
    softplus_ratio: lambda u: sp.exp(-u) * softplus(u),
    root_above: lambda u, b, q, _: sp.sqrt(u**2 + b) - q,
    sum_with_root: lambda u, b: u + sp.sqrt(u**2 + b),
    step_sum: lambda u, v, _: tanh(u) + tanh(v),
    sigmoid_difference: lambda u, v: sigmoid(u) - sigmoid(v),
    sech_squared: lambda u: sp.sech(u) ** 2,
    sech: lambda u: sp.sech(u),
    tanh: lambda u: sp.tanh(u),
    log_cosh: lambda u: sp.log(sp.cosh(u)),
    log_about_one: lambda u, _: sp.log(u),
    asin_by_half: lambda w, _: sp.asin(w),
    softplus: lambda u: sp.log(1 + sp.exp(u)),
    sigmoid: lambda u: 1 / (1 + sp.exp(-u)),
    expm1: lambda u: sp.exp(u) - 1,
    log1p: lambda u: sp.log(1 + u),
    reciprocal_expm1: lambda u: 1 / (sp.exp(u) - 1),
}


def written_out(expression: sp.Expr) -> sp.Expr:
    """The expression in functions that SymPy evaluates.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> written_out(sqrt_softplus(x) + sum_with_root(x, 4))
    x + sqrt(x**2 + 4) + sqrt(log(exp(x) + 1))
    """
    for function, definition in _DEFINITIONS.items():
        expression = expression.replace(function, definition)
    return expression
