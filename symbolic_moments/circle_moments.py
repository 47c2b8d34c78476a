r"""Circle moments ``int_{-pi}^{pi} g(A cos t + b) cos(r t) dt``: activations met along a circle of inputs."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import sympy as sp

from symbolic_moments.activation import Activation, activation
from symbolic_moments.circle_quadrature import circle_integral
from symbolic_moments.circle_weights import (
    error_moment,
    exponential_moment,
    gaussian_moment,
    half_line_power,
    polynomial_moment,
    wave_moment,
    weighted,
)
from symbolic_moments.decomposition import Decomposition, ErrorTerm, Term
from symbolic_moments.formula import Formula, Step
from symbolic_moments.moment_rules import function_latex
from symbolic_moments.mpmath_context import exact_fraction
from symbolic_moments.removable import with_limit
from symbolic_moments.symbols import A, b, x

__all__ = ["circle_moment"]

_SOURCE = (
    "arXiv 2412.03773 (the case of relu); Bessel's integrals: Abramowitz and Stegun, Handbook of Mathematical "
    "Functions, 9.1.21, 9.6.19."
)
_BOUND = (
    "No closed form is known to this version. A value is given only when two quadratures, of different working "
    "precision and nodes, agree to the digits asked for, on panels between the kinks."
)
_t = sp.Symbol("t", real=True)


class _OpenError(Exception):
    """A part whose integral is not closed."""


def circle_moment(g: Any, r: int, offset: Any = None) -> Formula:
    r"""``int_{-pi}^{pi} g(A cos t + b) cos(r t) dt``, in the variables ``A`` and ``b``, any real ``A``.

    Closed for piecewise polynomials, for polynomials times exponentials or waves on the whole line, and where ``b = 0``
    for polynomials times ``Phi(a x)`` or Gaussians; an integral evaluated by quadrature otherwise.

    Parameters
    ----------
    g : Activation or anything `activation` accepts
        The function.
    r : int
        The frequency, at least 0.
    offset : int, str, float or Fraction, optional
        A value for ``b``; gelu and erf are closed for 0.

    Returns
    -------
    Formula
        Of kind ``"closed"`` or ``"integral"``.

    Raises
    ------
    ValueError
        ``r`` is negative or no whole number, ``g`` is no activation, or ``offset`` no number.

    Examples
    --------
    >>> from symbolic_moments import circle_moment
    >>> print(circle_moment("relu", 2).evalf(20, A=3, b=0))
    2.0
    >>> circle_moment("exp", 1).statement
    'Int[exp(A cos t + b) cos(t), t = -pi..pi] = 2*pi*exp(b)*besseli(1, A)'

    References
    ----------
    arXiv 2412.03773, where the circle moment of relu at twice the frequency explains modular addition.
    """
    if isinstance(r, bool) or not isinstance(r, (int, sp.Integer)) or r < 0:
        raise ValueError(f"circle_moment(..., {r!r}): the frequency r is a whole number, at least 0")
    r = int(r)
    function = activation(g)
    clash = {symbol.name for symbol in function.parameters} & {A.name, b.name}
    if clash:
        raise ValueError(
            f"{function.name} has a parameter called {', '.join(sorted(clash))}, as the variables of a circle moment "
            "are; give it a value"
        )
    shift = b if offset is None else _number(offset)
    try:
        expr, kind = sp.Add(*_closed(function.decomposition, r, shift)), "closed"
    except _OpenError:
        expr, kind = _integral(function.expression, r, shift), "integral"
    return _record(function, r, shift, expr, kind)


def _number(offset: Any) -> sp.Expr:
    value = exact_fraction(offset, "offset")
    return sp.Rational(value.numerator, value.denominator)


def _integral(function: sp.Expr, r: int, shift: sp.Expr) -> sp.Expr:
    return sp.Integral(function.subs(x, A * sp.cos(_t) + shift) * sp.cos(r * _t), (_t, -sp.pi, sp.pi))


def _closed(parts: Decomposition, r: int, shift: sp.Expr) -> list[sp.Expr]:
    """The addends; _OpenError where one is not closed."""
    if parts.remainder != 0 or not parts.pieces:
        raise _OpenError
    if parts.breakpoints and parts.terms:
        raise _OpenError
    addends = [polynomial_moment(_moved(parts.pieces[0], shift), A, r)]
    if parts.breakpoints:
        untilted = Decomposition("PP", parts.breakpoints, parts.pieces)
        for point, jumps in untilted.jumps():
            addends += [
                jump / sp.factorial(j) * half_line_power(j, point - shift, A, r)
                for j, jump in enumerate(jumps)
                if jump != 0
            ]
    for term in parts.terms[0] if parts.terms else ():
        addends.append(_term(term, r, shift))
    addends += [_error_term(term, r, shift) for term in parts.error_terms]
    return addends


def _moved(polynomial: sp.Expr, shift: sp.Expr) -> sp.Expr:
    return sp.expand(polynomial.subs(x, x + shift))


def _term(term: Term, r: int, shift: sp.Expr) -> sp.Expr:
    if term.chirp != 0:
        raise _OpenError
    polynomial, sine = _moved(term.polynomial, shift), _moved(term.sine, shift)
    if term.q != 0:
        if term.w != 0 or term.c != 0 or shift != 0:
            raise _OpenError
        return weighted(polynomial, A, r, lambda k: gaussian_moment(term.q, A, k))
    if term.w == 0:
        return sp.exp(term.c * shift) * weighted(polynomial, A, r, lambda k: exponential_moment(term.c, A, k))
    if term.c != 0:
        raise _OpenError
    phase = term.w * shift
    even = polynomial * sp.cos(phase) + sine * sp.sin(phase)
    odd = sine * sp.cos(phase) - polynomial * sp.sin(phase)
    return weighted(even, A, r, lambda k: wave_moment(term.w, A, k, sine=False)) + weighted(
        odd, A, r, lambda k: wave_moment(term.w, A, k, sine=True)
    )


def _error_term(term: ErrorTerm, r: int, shift: sp.Expr) -> sp.Expr:
    if term.is_tilted or sp.simplify(term.offset + term.slope * shift) != 0:
        raise _OpenError
    polynomial = _moved(term.polynomial, shift)
    return polynomial_moment(polynomial, A, r) / 2 + weighted(
        polynomial, A, r, lambda k: error_moment(term.slope, A, k)
    )


def _record(function: Activation, r: int, shift: sp.Expr, expr: sp.Expr, kind: Any) -> Formula:
    label = function.label
    argument = "A cos t + b" if shift == b else "A cos t" if shift == 0 else f"A cos t + ({shift})"
    wave = "" if r == 0 else " cos(t)" if r == 1 else f" cos({r} t)"
    wave_latex = "" if r == 0 else r"\cos t\," if r == 1 else rf"\cos {r}t\,"
    parameters = tuple(sorted(function.expression.free_symbols - {x}, key=str))
    variables = (A, *((b,) if shift == b else ()), *parameters)
    series = None
    if kind == "integral":

        def series(digits: int, exact: dict[sp.Symbol, Fraction]) -> Any:
            fixed = exact if shift == b else {**exact, b: Fraction(int(shift.p), int(shift.q))}
            return circle_integral(digits, with_limit(function.expression), r, fixed)

    return Formula(
        id=f"{function.key}.circle.{r}" + ("" if shift == b else f".{shift}"),
        quantity=f"Int[{label}({argument}){wave}, t = -pi..pi]",
        quantity_latex=rf"\int_{{-\pi}}^{{\pi}} {function_latex(label)}({sp.latex(A)}\cos t + {sp.latex(shift)})\,"
        rf"{wave_latex}dt",
        expr=expr,
        variables=variables,
        assumptions=(r"$A \in \mathbb{R}$", *((r"$b \in \mathbb{R}$",) if shift == b else ())),
        steps=_steps(function, r, kind),
        source=_SOURCE,
        kind=kind,
        bound=_BOUND if kind == "integral" else None,
        series=series,
    )


def _steps(function: Activation, r: int, kind: str) -> tuple[Step, ...]:
    definition = Step("The activation is", rf"{function_latex(function.label)}(x) = {sp.latex(function.expression)}")
    if kind == "integral":
        return (definition, Step("For this function no closed form of the integral is known to this version."))
    parts = function.decomposition
    steps = [
        definition,
        Step(
            r"A power of the cosine is a sum of cosines, so that every part comes down to integrals of "
            rf"$h(t)\cos kt$; with $r = {r}$,",
            r"\cos^m t\,\cos rt = 2^{-m-1}\sum_{i=0}^{m}\binom{m}{i}\left(\cos(m-2i+r)t + \cos(m-2i-r)t\right).",
        ),
        Step(
            "Of a polynomial only the constant term of that sum remains,",
            r"\int_{-\pi}^{\pi}\cos kt\,dt = 2\pi\,[k=0].",
        ),
    ]
    if parts.breakpoints:
        steps.append(
            Step(
                r"At each breakpoint $c$ the function gains $\sum_j D_{c,j}\,(x-c)_+^j/j!$, $D_{c,j}$ the jump of "
                r"its $j$-th derivative, which lives on the arc $|t| < t_0$; for $A < 0$ the turn $t \to t + \pi$ "
                r"gives $(-1)^r$,",
                r"\int_{-t_0}^{t_0}\cos kt\,dt = \frac{2\sin kt_0}{k}, \qquad t_0 = \arccos\frac{c-b}{|A|}.",
            )
        )
    if parts.terms:
        steps.append(
            Step(
                "Exponentials, waves and Gaussians of a cosine have Bessel functions for their Fourier coefficients,",
                r"\int_{-\pi}^{\pi} e^{z\cos t}\cos kt\,dt = 2\pi I_k(z), \qquad I_k(iz) = i^k J_k(z).",
            )
        )
    if parts.error_terms:
        steps.append(
            Step(
                r"$\Phi(aA\cos t) - \tfrac12$ is integrated by parts; what remains is a Gaussian of a cosine, with "
                r"$q = a^2A^2/4$ and $k$ odd (for even $k$ the integral is 0),",
                r"\int_{-\pi}^{\pi}\left(\Phi(aA\cos t)-\tfrac12\right)\cos kt\,dt = "
                r"\frac{aA}{k}\sqrt{\frac{\pi}{2}}\,e^{-q}(-1)^{\frac{k-1}{2}}\left(I_{\frac{k-1}{2}}(q)+I_{\frac{k+1}{2}}(q)\right).",
            )
        )
    return tuple(steps)
