r"""Two-point moments ``E[g1(y1) g2(y2)]`` of jointly Gaussian variables."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import sympy as sp

from symbolic_moments.activation import Activation, activation
from symbolic_moments.expansion_size import UnwieldyError
from symbolic_moments.formula import Formula
from symbolic_moments.moment_rules import function_latex
from symbolic_moments.normal import phi
from symbolic_moments.symbols import mu_1, mu_2, rho, sigma_1, sigma_2, x
from symbolic_moments.two_point_closed import closed_two_point_moment
from symbolic_moments.two_point_quadrature import conditional_mean, inner_first
from symbolic_moments.two_point_steps import closed_steps, open_steps
from symbolic_moments.two_point_values import two_point_value

__all__ = ["bivariate_moment"]

_VARIABLES = (mu_1, sigma_1, mu_2, sigma_2, rho)
_SOURCE = (
    "Stein's lemma and Plackett's formula (Biometrika 41 (1954) 351-360). Special cases: C. Williams, Computing with "
    "infinite networks, NIPS 1997 (erf); Y. Cho and L. Saul, Kernel methods for deep learning, NIPS 2009 (relu, "
    "heaviside)."
)
_BOUND_ONE = (
    "No closed form is known to this version. A value is given only when two quadratures over the one variable left, "
    "of different working precision and nodes, agree to the digits asked for; for rho = 0, 1 and -1 it is a product, "
    "or an integral over one Gaussian. A value below 10^(-2 digits - 20) sqrt(E[g1^2] E[g2^2]) counts as 0."
)
_BOUND_TWO = (
    "No closed form is known to this version. A value is given only when two grids over both variables, one finer than "
    "the other, agree to the digits asked for. What the windows leave out is below 10^(-digits - 10) of "
    "sqrt(E[g1^2] E[g2^2]) by Cauchy and Schwarz, and a value below that counts as 0. For rho = 0, 1 and -1 it is "
    "a product, or an integral over one Gaussian."
)


def bivariate_moment(g1: Any, g2: Any) -> Formula:
    r"""``E[g1(y1) g2(y2)]`` for ``y_i ~ N(mu_i, sigma_i^2)`` of correlation ``rho``.

    Closed where both functions are sums of polynomials times exponentials ``exp(-q y^2 + c y)`` on intervals, and of
    such times ``Phi(a y + b)`` or, on the whole line, sines and cosines, unless a wave meets a breakpoint or a
    ``Phi``; an integral otherwise.

    Parameters
    ----------
    g1, g2 : Activation or anything `activation` accepts
        The two functions; the same or different ones.

    Returns
    -------
    Formula
        Of kind ``"closed"`` or ``"integral"``, in ``mu_1, sigma_1, mu_2, sigma_2, rho``. Its expression is that of
        ``sigma_i > 0``, ``|rho| < 1``; ``evalf`` knows the limits too, point masses and ``rho = 1`` or ``-1``. A value
        counts as 0 below ``10^(-2 digits - 20) sqrt(E[g1^2] E[g2^2])``, two integrals below ``10^(-digits - 10)``.

    Raises
    ------
    ValueError
        ``g1`` or ``g2`` is no activation, or has a parameter that is called like a variable. On evaluation: a
        correlation beyond 1 or -1 by more than rounding, a negative deviation, a variable without value.

    Examples
    --------
    >>> from symbolic_moments import bivariate_moment
    >>> bivariate_moment("heaviside", "heaviside").statement
    'E[heaviside(y1) heaviside(y2)] = Phi2(mu_1/sigma_1, mu_2/sigma_2, rho)'
    >>> arc_cosine = bivariate_moment("relu", "relu")
    >>> print(arc_cosine.evalf(30, mu_1=0, sigma_1=1, mu_2=0, sigma_2=1, rho="0.5"))
    0.304498890522114679044498291245

    References
    ----------
    Y. Cho, L. Saul, Kernel methods for deep learning, NIPS 2009; C. Williams, Computing with infinite networks,
    NIPS 1997.
    """
    left, right = activation(g1), activation(g2)
    parameters = tuple(sorted({*left.parameters, *right.parameters}, key=str))
    clash = {symbol.name for symbol in parameters} & {symbol.name for symbol in _VARIABLES}
    if clash:
        raise ValueError(
            f"a parameter is called {', '.join(sorted(clash))}, as the variables of a two-point moment are; give it a "
            "value or another name"
        )
    closed, bound, why = None, None, ""
    try:
        closed = closed_two_point_moment(left.decomposition, right.decomposition)
    except UnwieldyError as error:
        why = str(error)
        bound = _BOUND_TWO if inner_first(left, right) is None else _BOUND_ONE

    def value(digits: int, exact: dict[sp.Symbol, Fraction]) -> Any:
        return two_point_value(digits, left, right, closed, exact)

    return Formula(
        id=f"{left.key}.bivariate.{right.key}",
        quantity=f"E[{left.label}(y1) {right.label}(y2)]",
        quantity_latex=rf"\mathbb{{E}}\left[{function_latex(left.label)}(y_1)\,{function_latex(right.label)}(y_2)\right]",
        expr=_integral(left, right) if closed is None else closed,
        variables=(*_VARIABLES, *parameters),
        assumptions=(
            r"$y_i \sim N(\mu_i, \sigma_i^2)$ jointly Gaussian of correlation $\rho$",
            r"$\sigma_i > 0$",
            r"$|\rho| < 1$",
            *(rf"${sp.latex(parameter)} \in \mathbb{{R}}$" for parameter in parameters),
        ),
        steps=open_steps(left, right, why) if closed is None else closed_steps(left, right),
        source=_SOURCE,
        kind="integral" if closed is None else "closed",
        bound=bound,
        series=value,
    )


def _integral(left: Activation, right: Activation) -> sp.Expr:
    """One integral where one mean is closed, two otherwise."""
    order = inner_first(left, right)
    if order is not None:
        inner, outer = order
        first, second = ((mu_1, sigma_1), (mu_2, sigma_2)) if inner is right else ((mu_2, sigma_2), (mu_1, sigma_1))
        mean, deviation = first
        density = phi((x - mean) / deviation) / deviation
        integrand = outer.expression * conditional_mean(inner, *first, *second) * density
        return sp.Integral(integrand, (x, -sp.oo, sp.oo))
    u, v = sp.symbols("u v", real=True)
    first = left.expression.subs(x, mu_1 + sigma_1 * u)
    second = right.expression.subs(x, mu_2 + sigma_2 * (rho * u + sp.sqrt(1 - rho**2) * v))
    return sp.Integral(first * second * phi(u) * phi(v), (u, -sp.oo, sp.oo), (v, -sp.oo, sp.oo))
