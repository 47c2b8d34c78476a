"""``polywick approximate``: the least-squares polynomial of a network in a file."""

from __future__ import annotations

from warnings import catch_warnings, simplefilter

import click

from numeric_backend.errors import InputError
from polywick.cli.activations import kernel_for
from polywick.cli.console import one_line, say, solving
from polywick.cli.files import check_writable, read_array, read_labels
from polywick.cli.values import degree, number

__all__ = ["approximate_command"]


_EXAMPLE = """\b
polywick approximate mlp.npz --activation relu --degree 2 --samples x.npy -o poly.npz
polywick approximate mlp.npz --activation relu --samples x.npy --labels y.npy --truncate 1e-3 -o poly.npz
"""


@click.command("approximate", epilog=_EXAMPLE, short_help="The polynomial nearest to a network.")
@click.argument("network")
@click.option(
    "--activation",
    help="Catalogue name, gate (swiglu, ...), expression or emitted kernel file (default: what the file says).",
)
@click.option("--block", help="Which block, if the file holds several (see 'polywick inspect').")
@click.option("--degree", "order", default="2", show_default=True, help="Degree of the polynomial.")
@click.option("--samples", metavar="FILE", help="Inputs as rows of a .npy file; the Gaussian is fitted to them.")
@click.option("--labels", metavar="FILE", help="The classes of the samples, .npy: a mixture of one Gaussian each.")
@click.option("--inflate", metavar="VARIANCE", help="Add this variance to the inputs in every direction.")
@click.option(
    "--truncate",
    metavar="RELATIVE",
    help="Keep the directions of the inputs with more than this fraction of the largest variance, as in 1e-3.",
)
@click.option("--tolerance", default="1e-6", show_default=True, help="Excess variance left that a mixture may cost.")
@click.option("--mean", "mean_path", metavar="FILE", help="Mean of the inputs, .npy.")
@click.option("--covariance", "covariance_path", metavar="FILE", help="Covariance of the inputs, .npy.")
@click.option("-o", "--output", metavar="FILE", help="Where to save the polynomial, .npz.")
def approximate_command(
    network: str,
    activation: str | None,
    block: str | None,
    order: str,
    samples: str | None,
    labels: str | None,
    inflate: str | None,
    truncate: str | None,
    tolerance: str,
    mean_path: str | None,
    covariance_path: str | None,
    output: str | None,
) -> None:
    """The polynomial nearest to a network (MLP or GLU) in mean square, and what it leaves unexplained.

    The inputs are Gaussian: given by --samples, by --mean and --covariance, or standard normal. With --labels beside
    --samples they are a mixture, one Gaussian for each class.
    """
    wanted = degree(order)
    added = None if inflate is None else number(inflate, "--inflate")
    kept = None if truncate is None else number(truncate, "--truncate")
    allowed = number(tolerance, "--tolerance")
    if labels and not samples:
        raise InputError("--labels is given without --samples; expected both: add --samples")
    if samples and (mean_path or covariance_path):
        raise InputError("both --samples and --mean/--covariance are given; expected one description: drop one")
    if bool(mean_path) != bool(covariance_path):
        given, missing = ("--mean", "--covariance") if mean_path else ("--covariance", "--mean")
        raise InputError(f"{given} is given without {missing}; expected both: add {missing}")
    if output is not None:
        check_writable(output)

    import polywick
    from polywick.gated import GATES
    from polywick.reading import blocks

    if activation is None and not any(block.activation for block in blocks(network)):
        raise InputError(f"'{network}' names no activation; give it, as in --activation relu")
    chosen = activation if activation is None or activation in GATES else kernel_for(activation)
    source = polywick.read(network, block=block, activation=chosen)
    inputs: polywick.Gaussian | polywick.GaussianMixture
    if samples and labels:
        inputs = polywick.GaussianMixture.fit(read_array(samples, "samples"), read_labels(labels))
    elif samples:
        inputs = polywick.Gaussian.fit(read_array(samples, "samples"))
    elif mean_path and covariance_path:
        inputs = polywick.Gaussian(read_array(mean_path, "mean"), read_array(covariance_path, "covariance"))
    else:
        dimension = source.d
        inputs = polywick.Gaussian.standard(dimension)
        say(
            f"inputs: standard normal in {dimension} dimensions; --samples, or --mean and --covariance, describe others"
        )
    if added is not None:
        inputs = inputs.inflate(added)
    if kept is not None:
        inputs = inputs.truncate(kept)
    with solving(f"approximating to degree {wanted}") as watch, catch_warnings(record=True) as told:
        simplefilter("always")
        polynomial = polywick.approximate(source, inputs, wanted, tolerance=allowed, progress=watch)
        _ = polynomial.fvu  # computed now, so that the table shows it
    for warning in told:
        click.echo(f"polywick: {one_line(str(warning.message))}", err=True)
    say(repr(polynomial))
    if output is not None:
        polynomial.save(output)
        say(f"wrote {output}; load it with polywick.load({output!r})")
