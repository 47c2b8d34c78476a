"""The formulas of a page: what is stated, how it is derived, and the command that prints it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp
from markupsafe import Markup

from polywick.book.mathml import displayed, inline, prose
from symbolic_moments import Activation, Formula, activation
from symbolic_moments.activations import ActivationRecord
from symbolic_moments.latex import latex_of
from symbolic_moments.symbols import x

__all__ = ["Section", "Statement", "definition", "open_activation", "parameter_rows", "sections"]

ORDERS = range(4)
WIDTH = sp.Symbol("width", positive=True)
KINDS = {
    "closed": "closed form",
    "recurrence": "recurrence with its seeds",
    "series": "series with a proven bound",
    "integral": "no closed form: an integral",
}


@dataclass(frozen=True)
class Statement:
    """A formula ready for the page.

    Attributes
    ----------
    formula, conditions : Markup
        The equation and what it holds for.
    kind, source, bound : str
        What the right-hand side is, where the method is from, how the error of a value is known.
    steps : tuple of (Markup, Markup)
        Text and equation of each step; the equation may be empty.
    command : str
        What prints the formula on the command line.
    """

    formula: Markup
    conditions: Markup
    kind: str
    source: Markup
    bound: Markup
    steps: tuple[tuple[Markup, Markup], ...]
    command: str


@dataclass(frozen=True)
class Section:
    """Statements under a heading, with what they have in common."""

    title: str
    anchor: str
    text: Markup
    statements: tuple[Statement, ...]


def open_activation(record: ActivationRecord) -> Activation:
    """The activation with its parameters left open.

    A breakpoint that exceeds another is written as that one plus a positive width. Parameters that formulas exist for
    numbers of only, such as exponents, are at their defaults.

    Examples
    --------
    >>> from symbolic_moments.activations import record_of
    >>> open_activation(record_of("hardtanh")).expression
    Min(minimum + width, Max(minimum, x))
    >>> open_activation(record_of("monomial")).expression
    x**4
    """
    symbols = {parameter.name: parameter.symbol for parameter in record.parameters if parameter.domain.assumptions}
    above = {parameter.name: symbols[parameter.above] + WIDTH for parameter in record.parameters if parameter.above}
    return activation(record, **{**symbols, **above})


def definition(subject: Activation) -> Markup:
    """``g(x) = ...``, with the open parameters as symbols."""
    label = subject.label.replace("_", r"\_")
    return displayed(rf"\mathrm{{{label}}}(x) = {latex_of(subject.expression)}")


def sections(subject: Activation) -> tuple[Section, ...]:
    """All that is stated of an activation."""
    moments = [_statement(subject, subject.moment(n), f"moment {subject.name} {n}") for n in ORDERS]
    hermite = [_statement(subject, subject.hermite(k), f"hermite {subject.name} {k}") for k in ORDERS]
    return (
        Section(
            "Moments",
            "moments",
            prose(
                r"$\mathbb{E}[x^n g(x)]$ for $x \sim N(\mu, \sigma^2)$, with $\Phi$ and $\varphi$ the standard normal "
                "distribution function and density: for every n, then for n = 0 to 3."
            ),
            (_statement(subject, subject.moments(), f"moments {subject.name}"), *moments),
        ),
        Section(
            "Hermite coefficients",
            "hermite",
            prose(
                r"$c_k = \mathbb{E}\left[g(x)\, \mathrm{He}_k\left(\tfrac{x-\mu}{\sigma}\right)\right] = \sigma^k\, "
                r"\mathbb{E}[g^{(k)}(x)]$, with probabilists' Hermite polynomials; $c_0 = \mathbb{E}[g(x)]$."
            ),
            tuple(hermite),
        ),
        Section(
            "Second moment",
            "second",
            prose(r"What the variance of a unit, $\mathbb{E}[g^2] - c_0^2$, is made of."),
            (_statement(subject, subject.second_moment(), f"second {subject.name}"),),
        ),
    )


def _statement(subject: Activation, formula: Formula, words: str) -> Statement:
    opened = _open(subject)
    openly = "" if WIDTH in opened else "".join(f" --set {symbol.name}={symbol.name}" for symbol in opened)
    return Statement(
        formula=displayed(formula.latex()),
        conditions=Markup(", ").join(prose(condition) for condition in formula.assumptions),
        kind=KINDS[formula.kind],
        source=prose(formula.source),
        bound=prose(formula.bound or ""),
        steps=tuple(
            (prose(step.text), displayed(step.equation) if step.equation else Markup("")) for step in formula.steps
        ),
        command=f"polywick derive {words}{openly} --format derivation",
    )


def _open(subject: Activation) -> tuple[sp.Symbol, ...]:
    return tuple(sorted(subject.expression.free_symbols - {x}, key=str))


def parameter_rows(record: ActivationRecord, subject: Activation) -> list[dict[str, Any]]:
    """Name, default and domain of each parameter, and what stands for it in the formulas."""
    values = {parameter.name: value for parameter, value in subject.values}
    return [
        {
            "name": parameter.name,
            "shown": inline(sp.latex(values[parameter.name])),
            "default": parameter.default,
            "words": parameter.words,
            "open": not values[parameter.name].is_number,
        }
        for parameter in record.parameters
    ]
