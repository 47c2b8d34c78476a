"""``polywick emit``: the kernel of an activation as Python source that stands alone."""

from __future__ import annotations

import click

from polywick.cli.activations import read_activation
from polywick.cli.console import progress, say
from polywick.cli.files import check_writable
from polywick.cli.values import degree

__all__ = ["emit_command"]


_EXAMPLE = """\b
polywick emit "x*erf(x)" --name x_erf --target cupy -o x_erf.py
polywick emit gelu --circle -o gelu_circle.py
"""


@click.command(
    "emit",
    context_settings={"ignore_unknown_options": True},
    epilog=_EXAMPLE,
    short_help="The kernel of an activation, as Python source.",
)
@click.argument("activation")
@click.option("--name", help="Name of the kernel (default: the catalogue's, or g_ and a hash of the expression).")
@click.option("--target", type=click.Choice(("numpy", "cupy")), default="numpy", show_default=True)
@click.option("--degree", "highest", show_default="8", help="Degree up to which accuracy is promised.")
@click.option("--circle", is_flag=True, help="Circle moments, the integrals of g(A cos t + b) cos(r t).")
@click.option("--set", "parameters", multiple=True, metavar="NAME=VALUE,...", help="Parameters, e.g. slope=0.2.")
@click.option("-o", "--output", metavar="FILE", help="Where to write (default: stdout).")
def emit_command(
    activation: str,
    name: str | None,
    target: str,
    highest: str | None,
    circle: bool,
    parameters: tuple[str, ...],
    output: str | None,
) -> None:
    """Write the kernel of an activation: a Python file that needs nothing of this project."""
    if circle and highest is not None:
        raise click.UsageError("--degree given with --circle: circle moments have frequencies; leave one of them out.")
    if output is not None:
        check_writable(output)
    with progress("emitting"):
        from codegen import emit, emit_circle

        subject = read_activation(activation, parameters, name)
        if circle:
            kernel = emit_circle(subject, target=target)
        else:
            kernel = emit(subject, target=target, degree=degree(highest or "8"))
    if output is None:
        say(kernel.source.rstrip("\n"))
        return
    path = kernel.write(output)
    say(f"wrote {path} ({target}, {len(kernel.source.splitlines())} lines); check it: polywick verify {path}")
