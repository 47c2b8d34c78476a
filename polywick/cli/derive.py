"""``polywick derive``: exact formulas, as text, as LaTeX or step by step."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from polywick.cli import values
from polywick.cli.activations import read_activation
from polywick.cli.console import progress, say
from polywick.cli.signal import signal_command
from polywick.cli.values import degree

if TYPE_CHECKING:
    from symbolic_moments import Formula

__all__ = ["derive_group"]

SUMMARIES = {
    "moment": "E[x^n g(x)] for x ~ N(mu, sigma^2).",
    "hermite": "E[g(mu + sigma z) He_n(z)].",
    "derivative": "E[g^(n)(x)], kinks and jumps included.",
    "second": "E[g(x)^2].",
    "moments": "E[x^n g(x)] for every n.",
    "isserlis": "E[X_1^k1 X_2^k2 ...].",
    "master": "E[g(X) Y_1 ... Y_n] in E[g(X) X^k].",
    "bivariate": "E[g1(y1) g2(y2)] of correlated y1, y2.",
    "signal": "Gain, E[g^2], chi_1, fixed points, critical line.",
    "circle": "Integral of g(A cos t + b) cos(r t).",
}

# Expressions may open with a minus sign ("-x"), and a negative degree deserves its own message.
_MINUS_IS_NO_OPTION = {"ignore_unknown_options": True}


_EXAMPLES = """\b
polywick derive moment gelu 3 --format latex
polywick derive hermite "x*erf(x)" 2 --format derivation
polywick derive moment relu 1 --at mu=-8,sigma=1 --digits 40
polywick derive isserlis 2 1 1
polywick derive circle gelu 2 --offset 0
polywick derive bivariate relu gelu --at mu_1=0,sigma_1=1,mu_2=0,sigma_2=1,rho=1/2
polywick derive signal tanh --weight-sd 1.5 --bias-sd 0.1
"""


@click.group("derive", epilog=_EXAMPLES)
def derive_group() -> None:
    """Exact formulas: moments, Isserlis, the master theorem."""


def _with_output_options(function: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option("--digits", default="15", show_default=True, help="Digits printed with --at."),
        click.option(
            "--at",
            "points",
            multiple=True,
            metavar="NAME=VALUE,...",
            help="Print the value there, e.g. mu=0.5,sigma=2.",
        ),
        click.option(
            "--format",
            "style",
            type=click.Choice(("text", "latex", "derivation")),
            default="text",
            show_default=True,
            help="How to print the formula.",
        ),
    ):
        function = option(function)
    return function


def _with_activation(function: Callable[..., None]) -> Callable[..., None]:
    function = _with_output_options(function)
    function = click.option(
        "--set",
        "parameters",
        multiple=True,
        metavar="NAME=VALUE,...",
        help="Parameters, e.g. slope=0.2; slope=slope leaves it symbolic.",
    )(function)
    return click.argument("activation")(function)


def _command(name: str) -> Callable[[Callable[..., None]], click.Command]:
    return derive_group.command(name, context_settings=_MINUS_IS_NO_OPTION, short_help=SUMMARIES[name])


def _show(formula: Formula, style: str, points: tuple[str, ...], digits: str) -> None:
    if style == "latex":
        say(formula.latex())
    elif style == "derivation":
        say(formula.derivation())
    if points:
        from mpmath import mp, nstr

        wanted = values.digits(digits)
        value = formula.evalf(wanted, **values.assignments(points, "point"))
        with mp.workdps(wanted + 5):
            say(nstr(mp.mpmathify(value), wanted))
    elif style == "text":
        say(formula.statement.replace("; ", "\n"))
        if formula.bound:
            say(f"not closed ({formula.kind}): {formula.bound}")


def _derive_nth(method: str, spec: str, n: str, parameters: tuple[str, ...], *powers: int, **output: Any) -> None:
    order = degree(n, "order n")
    with progress("deriving"):
        formula = getattr(read_activation(spec, parameters), method)(order, *powers)
    _show(formula, **output)


@_command("moment")
@_with_activation
@click.argument("n")
def moment(activation: str, n: str, parameters: tuple[str, ...], **output: Any) -> None:
    """E[x^n g(x)] for x ~ N(mu, sigma^2)."""
    _derive_nth("moment", activation, n, parameters, **output)


@_command("hermite")
@_with_activation
@click.argument("n")
def hermite(activation: str, n: str, parameters: tuple[str, ...], **output: Any) -> None:
    """E[g(mu + sigma z) He_n(z)], the n-th Hermite coefficient."""
    _derive_nth("hermite", activation, n, parameters, **output)


@_command("derivative")
@_with_activation
@click.argument("n")
@click.option("--power", default="1", show_default=True, help="Power p of g: E of the n-th derivative of g^p.")
def derivative(activation: str, n: str, power: str, parameters: tuple[str, ...], **output: Any) -> None:
    """E[g^(n)(x)], the expected n-th derivative (kinks and jumps included)."""
    _derive_nth("expected_derivative", activation, n, parameters, degree(power, "power p"), **output)


@_command("second")
@_with_activation
def second(activation: str, parameters: tuple[str, ...], **output: Any) -> None:
    """E[g(x)^2]."""
    with progress("deriving"):
        formula = read_activation(activation, parameters).second_moment()
    _show(formula, **output)


@_command("moments")
@_with_activation
def moments(activation: str, parameters: tuple[str, ...], **output: Any) -> None:
    """E[x^n g(x)] for every n: the recurrence with its seeds."""
    with progress("deriving"):
        formula = read_activation(activation, parameters).moments()
    _show(formula, **output)


@_command("isserlis")
@_with_output_options
@click.argument("exponents", nargs=-1, required=True)
def isserlis(exponents: tuple[str, ...], **output: Any) -> None:
    """E[X_1^k1 X_2^k2 ...] of jointly Gaussian X: `isserlis 2 1 1` is E[X_1^2 X_2 X_3]."""
    from symbolic_moments import isserlis as expand

    multi_index = tuple(degree(word, "exponent") for word in exponents)
    with progress("expanding"):
        formula = expand(multi_index)
    _show(formula, **output)


@_command("master")
@_with_output_options
@click.argument("n")
def master(n: str, style: str, points: tuple[str, ...], digits: str) -> None:
    """E[g(X) Y_1 ... Y_n] = a_0 E[g] + a_1 E[g X] + ... + a_n E[g X^n]: the a_k."""
    from symbolic_moments import master_theorem

    order = degree(n, "number of variables n")
    with progress("expanding"):
        theorem = master_theorem(order)
    if style == "latex":
        say(theorem.latex())
        if not points:
            return
        style = "text"
    for coefficient in theorem.coefficients:
        _show(coefficient, style, points, digits)


@_command("circle")
@_with_activation
@click.argument("r")
@click.option("--offset", metavar="NUMBER", help="A value for b; gelu and erf are closed for 0.")
def circle(activation: str, r: str, offset: str | None, parameters: tuple[str, ...], **output: Any) -> None:
    """The integral of g(A cos t + b) cos(r t) over a full turn."""
    from symbolic_moments import circle_moment

    with progress("deriving"):
        formula = circle_moment(read_activation(activation, parameters), degree(r, "frequency r"), offset)
    _show(formula, **output)


@_command("bivariate")
@_with_output_options
@click.argument("first")
@click.argument("second")
@click.option("--set-1", "of_first", multiple=True, metavar="NAME=VALUE,...", help="Parameters of the first.")
@click.option("--set-2", "of_second", multiple=True, metavar="NAME=VALUE,...", help="Parameters of the second.")
def bivariate(first: str, second: str, of_first: tuple[str, ...], of_second: tuple[str, ...], **output: Any) -> None:
    """E[g1(y1) g2(y2)] for jointly Gaussian y1, y2, in mu_1, sigma_1, mu_2, sigma_2 and their correlation rho."""
    from symbolic_moments import bivariate_moment

    with progress("deriving"):
        formula = bivariate_moment(read_activation(first, of_first), read_activation(second, of_second))
    _show(formula, **output)


derive_group.add_command(signal_command)
