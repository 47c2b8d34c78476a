"""``polywick list``: the activations known by name, family by family."""

from __future__ import annotations

import click

from polywick.cli.console import print_table, say

__all__ = ["list_command"]

FAMILIES = {
    "PP": "piecewise polynomial",
    "PE": "piecewise polynomial times exponential",
    "ER": "polynomial times the normal distribution function",
    "TR": "polynomial times sine or cosine",
    "GA": "polynomial times a Gaussian",
    "OT": "needs Owen's T",
    "LG": "logistic type: a series with a proven bound",
    "NO": "no closed form yet: an integral",
}


@click.command("list", short_help="The activations known by name.")
def list_command() -> None:
    """The activations known by name, family by family."""
    from codegen.accuracy import table_names
    from symbolic_moments.activations import CATALOGUE

    measured = set(table_names())

    families = [*FAMILIES, *sorted({record.family for record in CATALOGUE} - set(FAMILIES))]
    for family in families:
        records = [record for record in CATALOGUE if record.family == family]
        if not records:
            continue
        rows = [
            (
                record.name,
                record.expression.replace("{", "").replace("}", ""),
                ", ".join(f"{parameter.name}={parameter.default}" for parameter in record.parameters),
                _accuracy(record.name) if record.name in measured else "",
                ", ".join(record.aliases),
            )
            for record in records
        ]
        title = f"{family}  {FAMILIES.get(family, '')}".rstrip()
        print_table(("name", "g(x)", "parameters", "measured < promised", "also called"), rows, title=title)
        say()
    say("measured < promised: relative errors of the raw moments and Hermite coefficients of the kernels that ship")
    say(f"{len(CATALOGUE)} activations; anything else is an expression in x, such as 'x*erf(x)'")


def _accuracy(name: str) -> str:
    from codegen.accuracy import committed_table, worst_measured
    from numeric_backend import kernels

    functions = ("raw_moments", "hermite_coefficients")
    promise = kernels.load(name).KERNEL["promise"]
    return f"{worst_measured(committed_table(name), functions):.1e} < {max(promise[f] for f in functions):.0e}"
