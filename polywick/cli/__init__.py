"""The command line ``polywick``: list, derive, emit, verify, inspect, approximate, demo, book.

Results go to stdout, progress and errors to stderr. Exit code 0: done; 1: `verify` found numbers that fall
short; 2: wrong use or unusable input, said in one line (what was given, what was expected, what to do).
Set ``POLYWICK_TRACEBACK=1`` to see where an error came from.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from polywick.cli.approximate import approximate_command
from polywick.cli.book import book_command
from polywick.cli.catalogue import list_command
from polywick.cli.console import one_line
from polywick.cli.demo import demo_command
from polywick.cli.derive import derive_group
from polywick.cli.emit import emit_command
from polywick.cli.inspect import inspect_command
from polywick.cli.verify import verify_command

__all__ = ["main"]

WRONG_USE = 2
INTERRUPTED = 130
PIPE_CLOSED = 141

PACKAGES = ("symbolic_moments", "codegen", "numeric_backend", "polywick")

# What the library raises for input it cannot use: the message stands alone. Other errors show their type too.
EXPECTED_ERRORS = (
    ValueError,
    TypeError,
    OSError,
    ImportError,
    LookupError,
    ArithmeticError,
    MemoryError,
    NotImplementedError,
)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="polywick")
def commands() -> None:
    """Exact Gaussian moments of activation functions: derived, emitted, verified, put to use."""


for _command in (
    list_command,
    derive_group,
    emit_command,
    verify_command,
    inspect_command,
    approximate_command,
    demo_command,
    book_command,
):
    commands.add_command(_command)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    Parameters
    ----------
    arguments : sequence of str, optional
        The words after ``polywick``; by default those of the process.

    Returns
    -------
    int
        0 done, 1 fell short (`verify`), 2 wrong use, 130 interrupted, 141 the reader of a pipe went away.

    Examples
    --------
    >>> main(["derive", "isserlis", "2", "2", "--at", "m_1=0,m_2=0,S_11=1,S_22=1,S_12=1/2"])
    1.5
    0
    """
    traceback = bool(os.environ.get("POLYWICK_TRACEBACK"))
    try:
        outcome = commands.main(
            args=None if arguments is None else list(arguments), prog_name="polywick", standalone_mode=False
        )
        sys.stdout.flush()
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return WRONG_USE
    except click.exceptions.Exit as error:
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("polywick: interrupted", err=True)
        return INTERRUPTED
    except SystemExit:  # click's answer to a reader that has closed the pipe
        return PIPE_CLOSED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        advice = f" See '{context.command_path} --help'." if context is not None else ""
        return _fail(error.format_message() + advice, error, traceback)
    except Exception as error:  # the last line of defence: a user never meets a traceback unasked
        ours = type(error).__module__.partition(".")[0] in PACKAGES
        stands_alone = ours or isinstance(error, EXPECTED_ERRORS)
        message = one_line(error) if stands_alone else f"{type(error).__name__}: {one_line(error)}"
        return _fail(message, error, traceback)
    return outcome if isinstance(outcome, int) else 0


def _fail(message: str, error: BaseException, traceback: bool) -> int:
    if traceback:
        raise error
    click.echo(f"polywick: {one_line(message)}", err=True)
    return WRONG_USE
