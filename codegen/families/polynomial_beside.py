"""A polynomial that is another one in an interval far smaller than sigma: its own expectations, and a panel there.

With ``g = p + b``, b nothing outside the interval, ``c_k(g) = c_k(p) + c_k(b)`` and
``Var g = Var p + 2 Cov(p, b) + Var b``; no term is as large as the value of p in the interval, which is taken out.
"""

from __future__ import annotations

import sympy as sp

from codegen.families import polynomial
from codegen.families.contract import PROMISE, SQUARE_OF_VARIANCE, function_text
from codegen.families.pieces import Pieces
from codegen.families.renamed import renamed
from codegen.kernel_plan import KernelPlan, exact_pair, expression_text
from symbolic_moments.symbols import x

__all__ = ["plan"]

_SUFFIX = "_of_rest"


def plan(outer: sp.Expr, within: sp.Expr, ends: tuple[sp.Rational, sp.Rational]) -> KernelPlan:
    """The kernel of the polynomial ``outer``, ``within`` between the ends, under Gaussians that 0 < sigma is given of.

    Parameters
    ----------
    outer, within : sympy.Expr
        Polynomials in x.
    ends : tuple of sympy.Rational
        Around 0, and less than sigma apart.
    """
    level = outer.subs(x, 0)
    rest, rise = sp.expand(outer - level), sp.expand(within - outer)
    known = polynomial.plan(rest, x, expanded=True)
    pieces = Pieces(ends, (sp.S.Zero, rise, sp.S.Zero), x, ())
    between = pieces.true_pieces[1]
    factors = [pieces.factors(sp.expand(one), between) for one in (rise, rise**2, rise * rest)]
    height = expression_text(level)
    place = f"xp, mu, sigma, {exact_pair(ends[0])}, {exact_pair(ends[1])}"
    functions = [
        *renamed(known.functions, _SUFFIX),
        function_text(
            "_raw_moments",
            f"values = _raw_moments{_SUFFIX}(xp, mu, sigma, degree)",
            "powers_of_y = gaussian_moments(xp, mu, sigma * sigma, degree)",
            f"shares = panel_moments({place}, [{factors[0]}], degree)[0]",
            f"return [value + {height} * power + share for value, power, share in zip(values, powers_of_y, shares, "
            "strict=True)]",
        ),
        function_text(
            "_hermite_coefficients",
            f"values = _hermite_coefficients{_SUFFIX}(xp, mu, sigma, degree)",
            f"shares = panel_hermite({place}, {factors[0]}, degree)",
            "values = [value + share for value, share in zip(values, shares, strict=True)]",
            f"return [{height} + values[0], *values[1:]]",
        ),
        function_text(
            "_expected_derivatives",
            "return to_derivatives([], _hermite_coefficients(xp, mu, sigma, degree), sigma, degree)",
        ),
        SQUARE_OF_VARIANCE,
        function_text(
            "_variance",
            f"rise, square, product = panel_moments({place}, [{', '.join(factors)}], 0)",
            f"mean = _hermite_coefficients{_SUFFIX}(xp, mu, sigma, 0)[0]",
            "both = square[0] + 2 * product[0] - rise[0] * (rise[0] + 2 * mean)",
            f"return _variance{_SUFFIX}(xp, mu, sigma) + both",
        ),
    ]
    regimes = ["a polynomial on the whole line, and a Gauss-Legendre panel of what it is not between two places"]
    return KernelPlan(functions, PROMISE, regimes, [])
