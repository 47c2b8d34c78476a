"""``polywick derive signal``: what a wide random network does to the size of a signal and of its gradients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from polywick.cli import values
from polywick.cli.activations import read_activation
from polywick.cli.console import print_table, progress, say

if TYPE_CHECKING:
    from symbolic_moments import SignalPropagation

__all__ = ["signal_command"]

_CRITICAL = ("1/100", "1/10", "1/2", "1", "2", "10")


@click.command("signal", context_settings={"ignore_unknown_options": True})
@click.argument("activation")
@click.option("--weight-sd", metavar="NUMBER", help="sigma_w; the exact gain if left out.")
@click.option("--bias-sd", metavar="NUMBER", default="0", show_default=True, help="sigma_b.")
@click.option("--digits", default="15", show_default=True, help="Digits printed.")
@click.option("--set", "parameters", multiple=True, metavar="NAME=VALUE,...", help="Parameters, e.g. slope=0.2.")
@click.option(
    "--format",
    "style",
    type=click.Choice(("text", "latex", "derivation")),
    default="text",
    show_default=True,
    help="How to print the two formulas.",
)
def signal_command(
    activation: str, weight_sd: str | None, bias_sd: str, digits: str, parameters: tuple[str, ...], style: str
) -> None:
    """Gain, E[g^2], chi_1 = sigma_w^2 E[g'^2], fixed points and critical line of wide random networks."""
    from symbolic_moments import signal_propagation

    wanted = values.digits(digits)
    sigma_b = values.deviation(bias_sd, "--bias-sd")
    sigma_w = None if weight_sd is None else values.deviation(weight_sd, "--weight-sd")
    with progress("deriving"):
        found = signal_propagation(read_activation(activation, parameters))
    g = found.activation.label
    formulas = [found.second_moment(), *([] if found.jump is not None else [found.slope_second_moment()])]
    for formula in formulas:
        say(formula.statement if style == "text" else getattr(formula, style)())
    if found.jump is not None:
        say(f"{g} jumps at x = {found.jump}: E[{g}'(x)^2], and chi_1, are infinite")
    if style != "text":
        return
    say(f"q' = sigma_w^2 E[{g}(x)^2] + sigma_b^2 and chi_1 = sigma_w^2 E[{g}'(x)^2] for x ~ N(0, q)")
    say()
    _print_gains(found, wanted)
    _print_fixed_points(found, found.gain(wanted + 5) if sigma_w is None else sigma_w, sigma_b, wanted)
    _print_critical_line(found, wanted)


def _print_gains(found: SignalPropagation, digits: int) -> None:
    from mpmath import nstr

    say(f"gain 1/sqrt(E[g(z)^2]) = {nstr(found.gain(digits), digits)}, z ~ N(0, 1): keeps q = 1")
    say(f"gain of the slope 1/sqrt(E[g'(z)^2]) = {nstr(found.slope_gain(digits), digits)}: keeps gradients at q = 1")
    published = found.published
    if published is not None:
        say(f"published gain {published.statement} = {published.value.evalf(6)} ({published.source}):")
        say(f"  {published.remark}")
        if abs(published.value - found.gain(digits)) > 1e-6:
            _print_fixed_points(found, published.value, 0, digits)
            return
    say()


def _print_fixed_points(found: SignalPropagation, sigma_w: Any, sigma_b: Any, digits: int) -> None:
    shown = f"sigma_w = {float(sigma_w):.6g}, sigma_b = {float(sigma_b):.6g}"
    from mpmath import nstr

    with progress("looking for fixed points"):
        try:
            points = found.fixed_points(sigma_w, sigma_b, digits)
        except ValueError as error:
            say(f"{shown}: {error}\n")
            return
    rows = [
        [
            nstr(point.q, digits),
            nstr(point.chi_1, digits),
            "attracts" if point.stable else "repels",
            "ordered" if point.chi_1 < 1 else "chaotic",
        ]
        for point in points
    ]
    if not rows:
        say(f"{shown}: no fixed point between 1e-9 and 1e9\n")
        return
    print_table(("q", "chi_1", "nearby q", "phase"), rows, f"fixed points at {shown}")


def _print_critical_line(found: SignalPropagation, digits: int) -> None:
    from mpmath import nstr

    with progress("critical line"):
        points = [(q, found.critical(q, digits)) for q in _CRITICAL]
    rows = [[q, nstr(point.sigma_w, digits), nstr(point.sigma_b, digits)] for q, point in points if point is not None]
    if rows:
        print_table(("q", "sigma_w", "sigma_b"), rows, "critical line: q is a fixed point and chi_1 = 1")
    else:
        say("critical line: none; no real sigma_b has chi_1 = 1 at a fixed point")
