"""Maintainers' verbs for the committed kernels: ``python -m codegen emit | check | tables | report | certify``."""

from __future__ import annotations

import secrets
import sys
import tempfile
from pathlib import Path

import click
from rich.progress import Progress

from codegen import certify as certificates
from codegen import manifest
from codegen.accuracy_page import accuracy_page
from codegen.accuracy_tables import make_table, write_table
from codegen.verify import KernelDoesNotRun
from numeric_backend import kernels

TABLES = Path("codegen/accuracy")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Write, compare and report on the kernels in numeric_backend/kernels."""


@main.command()
def emit() -> None:
    """Write every kernel whose text has changed."""
    written = 0
    for path in manifest.write_all():
        click.echo(f"wrote {path.name}")
        written += 1
    click.echo(f"{written} written, {len(manifest.kernel_names()) - written} unchanged")


@main.command()
def check() -> None:
    """Compare every committed kernel with what the generator writes, byte for byte."""
    problems = manifest.differences()
    for problem in problems:
        click.echo(f"{problem.name} {problem.problem}", err=True)
        if problem.diff:
            click.echo(problem.diff, err=True)
    if problems:
        click.echo("to mend: python -m codegen emit, then read the difference", err=True)
        sys.exit(1)
    click.echo(f"{len(manifest.kernel_names())} kernels are what the generator writes")


@main.command()
@click.option("--folder", type=click.Path(file_okay=False, exists=True, path_type=Path), default=TABLES)
@click.argument("names", nargs=-1)
def tables(folder: Path, names: tuple[str, ...]) -> None:
    """Make the accuracy tables of the kernels named (all of them if none is)."""
    for name in names or manifest.kernel_names():
        table = make_table(kernels.load(name))
        write_table(table, folder / f"{name}.json")
        click.echo(f"{name}: {len(table['points'])} points")


@main.command()
@click.option("--folder", type=click.Path(file_okay=False, exists=True, path_type=Path), default=TABLES)
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), default=Path("docs/accuracy.md"))
def report(folder: Path, output: Path) -> None:
    """Write the accuracy page from the tables."""
    output.write_text(accuracy_page(folder), encoding="utf-8")
    click.echo(f"wrote {output}")


@main.command()
@click.option("--workers", type=click.IntRange(1), help="Processes side by side; all cores if left out.")
@click.option("--fresh", is_flag=True, help="Start over, also where an interrupted run has left certificates.")
@click.option("--folder", type=click.Path(file_okay=False, path_type=Path), default=certificates.FOLDER)
@click.argument("names", nargs=-1)
def certify(workers: int | None, fresh: bool, folder: Path, names: tuple[str, ...]) -> None:
    """Make and keep the certificates of the kernels named (all of them if none is), going on where a run stopped."""
    wanted = _known(names) or manifest.kernel_names()
    if fresh:
        (folder / certificates.JOURNAL).unlink(missing_ok=True)
    failed = []
    for name in sorted(set(wanted) & set(certificates.left_over(folder))):
        click.echo(f"finished before the interruption: {name}")
        _say_verdict(name, kept := certificates.read_certificate(name, folder))
        if not kept.certificate.passed:
            failed.append(name)
    with Progress(disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task("verifying", total=len(wanted))
        for name, made in certificates.make_all(wanted, folder, workers):
            progress.advance(task)
            _say_verdict(name, made)
            if isinstance(made, KernelDoesNotRun) or not made.certificate.passed:
                failed.append(name)
    if failed:
        click.echo(f"{len(failed)} of {len(wanted)} fell short: {', '.join(failed)}", err=True)
        sys.exit(1)


@main.command()
@click.option("--share", type=click.FloatRange(0, 1), default=0.1, show_default=True, help="Of the kernels.")
@click.option("--seed", type=int, help="Seed of the choice; drawn, and printed, if left out.")
@click.option("--workers", type=click.IntRange(1), default=1, show_default=True)
def recertify(share: float, seed: int | None, workers: int) -> None:
    """Look at every certificate, and make a random share anew to compare."""
    seed = secrets.randbelow(10**6) if seed is None else seed
    problems = certificates.stale()
    names = certificates.sample(share, seed)
    click.echo(f"seed {seed}: {', '.join(names)}")
    if not problems:
        with tempfile.TemporaryDirectory() as folder:
            for name, made in certificates.make_all(names, Path(folder), workers):
                _say_verdict(name, made)
                if isinstance(made, KernelDoesNotRun):
                    problems.append(str(made))
                    continue
                found = certificates.differences(certificates.read_certificate(name), made)
                problems += [f"{name}: {problem}" for problem in found]
    for problem in problems:
        click.echo(problem, err=True)
    if problems:
        click.echo("to mend: find out why, then make verify", err=True)
        sys.exit(1)
    certified = len(certificates.certified_names())
    click.echo(f"{certified} certificates speak of the committed kernels; {len(names)} made anew agree")


def _known(names: tuple[str, ...]) -> list[str]:
    known = manifest.kernel_names()
    for name in names:
        if name not in known:
            raise click.UsageError(f"no committed kernel is called {name!r}; known: {', '.join(known)}")
    return list(dict.fromkeys(names))


def _say_verdict(name: str, made: certificates.Certified | KernelDoesNotRun) -> None:
    if isinstance(made, KernelDoesNotRun):
        click.echo(f"{name}: DOES NOT RUN, {made}")
        return
    worst = made.certificate.worst
    verdict = "passed" if made.certificate.passed else "FELL SHORT"
    click.echo(f"{name}: {verdict}, at most {worst.get('of_limit', 0):.0%} of a limit ({worst.get('kind')})")


if __name__ == "__main__":
    main()
