"""``polywick list``: the activations known by name, family by family, or all that is known of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from polywick.cli.console import print_table, say

if TYPE_CHECKING:
    from symbolic_moments.records import ActivationRecord

__all__ = ["list_command"]

FAMILIES = {
    "PP": "piecewise polynomials: closed form",
    "PE": "piecewise exponentials: closed form",
    "GA": "a polynomial times a Gaussian: closed form",
    "TR": "with sine or cosine: closed form",
    "ER": "with the normal distribution function: closed form",
    "LG": "logistic: a series with a proven bound",
    "NO": "no closed form: an integral, evaluated to the digits asked",
}
_SHOWN = ("raw_moments", "hermite_coefficients")


@click.command("list", short_help="The activations known by name.")
@click.argument("name", required=False)
def list_command(name: str | None) -> None:
    """The activations known by name, family by family; with NAME, all that is known of that one."""
    from symbolic_moments.activations import CATALOGUE

    if name is not None:
        _describe(name)
        return
    from codegen.accuracy import table_names

    measured = set(table_names())
    for family, title in FAMILIES.items():
        records = [record for record in CATALOGUE if record.family == family]
        rows = [
            (
                record.name,
                _formula(record),
                _parameters(record),
                _accuracy(record, record.name in measured),
                ", ".join(record.aliases),
                record.found_in or record.used_in,
            )
            for record in records
        ]
        columns = ("name", "g(x)", "parameters", "measured < promised", "also called", "comes from")
        print_table(columns, rows, title=f"{family}  {title}")
        say()
    say(
        "measured < promised: relative errors of the raw moments and Hermite coefficients of the kernels that ship\n"
        f"{len(CATALOGUE)} activations; 'polywick list NAME' says more of one, anything else is an expression in x, "
        "such as 'x*erf(x)'"
    )


def _describe(name: str) -> None:
    from symbolic_moments import activation
    from symbolic_moments.activations import record_of

    record = record_of(name)
    if record is None:
        activation(name)  # says what is wrong with the name, and the nearest one
        raise click.UsageError(f"{name!r} is an expression, not a name; see polywick derive, emit and verify")
    kernel = _kernel(record)
    say(f"{record.name}: g(x) = {_formula(record)}")
    for parameter in record.parameters:
        say(f"  parameter     {parameter.name} = {parameter.default}, {parameter.words} ({parameter.enters})")
    lines = {
        "family": f"{record.family}, {FAMILIES[record.family]}",
        "also called": ", ".join(record.aliases),
        "found in": record.found_in,
        "used in": record.used_in,
        "note": record.note,
        "promised": "no kernel yet: python -m codegen emit"
        if kernel is None
        else ", ".join(f"{key} {value:.0e}" for key, value in kernel["promise"].items()),
    }
    for title, text in lines.items():
        if text:
            say(f"  {title:<13} {text}")
    for regime in [] if kernel is None else kernel["regimes"]:
        say(f"  regime        {regime}")


def _formula(record: ActivationRecord) -> str:
    return record.expression.replace("{", "").replace("}", "")


def _parameters(record: ActivationRecord) -> str:
    return ", ".join(f"{parameter.name}={parameter.default}" for parameter in record.parameters)


def _kernel(record: ActivationRecord) -> dict[str, dict[str, float]] | None:
    """What the committed kernel says of itself; None where none has been emitted yet."""
    from numeric_backend import kernels

    if record.name not in kernels.names():
        return None
    kernel: dict[str, dict[str, float]] = kernels.load(record.name).KERNEL
    return kernel


def _accuracy(record: ActivationRecord, measured: bool) -> str:
    from codegen.accuracy import committed_table, worst_measured

    kernel = _kernel(record)
    if kernel is None:
        return "no kernel yet"
    promised = f"< {max(kernel['promise'][function] for function in _SHOWN):.0e}"
    return f"{worst_measured(committed_table(record.name), _SHOWN):.1e} {promised}" if measured else promised
