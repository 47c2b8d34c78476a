"""``polywick verify``: a kernel against the definition, to any number of digits."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from polywick.cli import values
from polywick.cli.activations import read_activation
from polywick.cli.console import progress, say
from polywick.cli.files import check_writable, write_atomically

if TYPE_CHECKING:
    from codegen import KernelSource

__all__ = ["verify_command"]

FELL_SHORT = 1
FEWEST_DIGITS = 20  # codegen.verify's own, known here before it is imported

_EXIT_CODES = """\b
exit code 0   every number keeps its promise
          1   some number falls short
          2   wrong use, or the kernel does not run
"""


@click.command("verify", epilog=_EXIT_CODES, short_help="A kernel against the definition, at many digits.")
@click.argument("kernel")
@click.option("--digits", default="50", show_default=True, help="Digits of the mpmath run, 20 to 10000.")
@click.option("--degree", "highest", help="Highest degree checked: 8, or the highest frequency promised.")
@click.option("--json", "certificate_path", metavar="FILE", help="Also write the certificate as JSON.")
def verify_command(kernel: str, digits: str, highest: str | None, certificate_path: str | None) -> int:
    """Check a kernel: a file emitted before, the name of one that ships with the library, or an expression.

    The kernel of an expression is emitted first, as ``polywick emit`` would, and not kept.

    A kernel file is code and is run: verify only files you would run yourself.
    """
    wanted = values.digits(digits, FEWEST_DIGITS)
    up_to = None if highest is None else values.degree(highest)
    if certificate_path is not None:
        check_writable(certificate_path)
    with progress(f"verifying {kernel} at {wanted} digits"):
        from codegen.verify import verify

        certificate = verify(_kernel(kernel, up_to), digits=wanted, degree=up_to)
    if certificate_path is not None:
        write_atomically(certificate_path, certificate.to_json())
    say(str(certificate))
    return 0 if certificate.passed else FELL_SHORT


def _kernel(word: str, highest: int | None) -> Path | str | KernelSource:
    """A kernel file, the name of a committed kernel, or the kernel of an expression, emitted now."""
    from numeric_backend import kernels

    if word.endswith(".py") or Path(word).is_file():
        return Path(word)
    if word in kernels.names():
        return word
    from codegen import emit

    return emit(read_activation(word)) if highest is None else emit(read_activation(word), degree=highest)
