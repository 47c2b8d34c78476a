"""Polynomials for people: a table and LaTeX."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import combinations_with_replacement
from math import comb, factorial, prod
from typing import TYPE_CHECKING

from numeric_backend.errors import SizeError
from numeric_backend.namespaces import as_numpy
from polywick.shapes import size_text
from polywick.unexplained import interval_text

if TYPE_CHECKING:
    from polywick.polynomial import Polynomial
    from polywick.unexplained import UnexplainedVariance

__all__ = ["counted", "polynomial_latex", "polynomial_table"]

_LARGEST_TERM_COUNT = 200
_ROUNDING = 1e-13
_NAMES = {0: "intercept", 1: "linear", 2: "quadratic"}


def polynomial_table(
    d: int, o: int, norms: Sequence[float], title: str, unexplained: UnexplainedVariance | None
) -> str:
    """Degree by degree: what the coefficients are called, their shape, their size if written out, their norm.

    Examples
    --------
    >>> import polywick as pw
    >>> net = pw.MLP([[1.0, 0.0]], [0.0], [[1.0]], [0.0], "relu")
    >>> print(pw.approximate(net, pw.Gaussian.standard(2), degree=1))
    Polynomial of degree 1: 2 inputs -> 1 output, 1 hidden unit (relu)
      order  coefficients    dense shape             size  norm
          0  intercept       (1,)                 8 bytes  0.3989
          1  linear          (1, 2)              16 bytes  0.5
      variance unexplained: not computed yet (see .fvu)
    """
    lines = [
        f"Polynomial of degree {len(norms) - 1}: {counted(d, 'input')} -> {counted(o, 'output')}, {title}",
        f"  {'order':>5}  {'coefficients':<14}  {'dense shape':<18}  {'size':>8}  norm",
    ]
    for k, norm in enumerate(norms):
        shape = (o,) if k == 0 else (o, d) if k == 1 else (o, *(d for _ in range(k)))
        text = str(shape) if len(str(shape)) <= 18 else f"({o}, {d}^{k})"
        name = _NAMES.get(k, f"tensor({k})")
        lines.append(f"  {k:>5}  {name:<14}  {text:<18}  {size_text(8 * o * d**k):>8}  {norm:.4g}")
    if unexplained is None:
        lines.append("  variance unexplained: not computed yet (see .fvu)")
    else:
        within = interval_text(unexplained.overall, unexplained.interval)
        lines.append(f"  variance unexplained: {unexplained.overall:.6g}{', ' * bool(within)}{within}")
    return "\n".join(lines)


def polynomial_latex(polynomial: Polynomial, digits: int) -> str:
    """One line ``P(x) = ...`` per output, monomials by increasing degree.

    Coefficients below 1e-13 of an output's largest are rounding errors of the export and left out.

    Raises
    ------
    SizeError
        When there are more than 200 terms.
    """
    d, o, degree = polynomial.d, polynomial.outputs, polynomial.degree
    terms = o * comb(d + degree, degree)
    if terms > _LARGEST_TERM_COUNT:
        raise SizeError(
            f"the polynomial has {terms} terms; LaTeX is written for at most {_LARGEST_TERM_COUNT}. "
            "Use .intercept, .linear, .quadratic or .tensor(k)"
        )
    lines: list[list[tuple[float, str]]] = [[] for _ in range(o)]
    for k in range(degree + 1):
        tensor = as_numpy(polynomial.tensor(k))
        for monomial in combinations_with_replacement(range(d), k):
            powers = Counter(monomial)
            multiplicity = factorial(k) // prod(factorial(p) for p in powers.values())
            symbol = " ".join(f"x_{{{i + 1}}}" + (f"^{{{p}}}" if p > 1 else "") for i, p in powers.items())
            for output in range(o):
                lines[output].append((multiplicity * float(tensor[(output, *monomial)]), symbol))
    heads = ["P(x)"] if o == 1 else [f"P_{{{i + 1}}}(x)" for i in range(o)]
    return "\n".join(f"{head} = {_sum_of(line, digits)}" for head, line in zip(heads, lines, strict=True))


def _term(coefficient: float, symbol: str, digits: int) -> str:
    """``"+ 2 x_{1}"``, with powers of ten written out."""
    text = f"{abs(coefficient):.{digits}g}"
    mantissa, _, exponent = text.partition("e")
    number = f"{mantissa} \\cdot 10^{{{int(exponent)}}}" if exponent else mantissa
    body = symbol if symbol and number == "1" else f"{number} {symbol}".strip()
    return f"{'-' if coefficient < 0 else '+'} {body}"


def _sum_of(terms: list[tuple[float, str]], digits: int) -> str:
    floor = _ROUNDING * max(abs(coefficient) for coefficient, _ in terms)
    text = " ".join(_term(c, symbol, digits) for c, symbol in terms if abs(c) > floor)
    if not text:
        return "0"
    return text[2:] if text.startswith("+ ") else "-" + text[2:]


def counted(n: int, noun: str) -> str:
    """``"1 unit"``, ``"2 units"``.

    Examples
    --------
    >>> from polywick.printing import counted
    >>> counted(2, "unit")
    '2 units'
    """
    return f"{n} {noun}{'s' * (n != 1)}"
