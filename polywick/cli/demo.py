"""``polywick demo``: the whole tour on real data, from a formula to polynomials that read digits."""

from __future__ import annotations

import importlib
import io
import multiprocessing
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import click

from numeric_backend.errors import InputError
from polywick.cli.activations import read_activation
from polywick.cli.console import print_table, progress, say
from polywick.cli.files import check_writable, write_atomically

if TYPE_CHECKING:
    from codegen.verify import Certificate

__all__ = ["demo_command"]

EXPRESSION = "x*erf(x)"
NAME = "x_erf"
DIGITS = 50
FELL_SHORT = 1


@click.command("demo", short_help="The whole tour on real data.")
@click.option("-o", "--output", default="polywick_demo", show_default=True, help="Folder for the results.")
def demo_command(output: str) -> int:
    """The whole tour on real data: derive, emit, verify, approximate. Under two minutes."""
    started = time.monotonic()
    _require_extras()
    folder = Path(output)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"cannot make the folder '{folder}' ({error.strerror}); expected a place you may write to: give one with -o"
        ) from error
    check_writable(folder / "eigenvectors.png")

    _derive()
    passed = _verify(_emit(folder))
    _approximate(folder)
    say(f"\nDone in {time.monotonic() - started:.0f} s. Results are in {folder}/")
    if not passed:
        say("A kernel falls short of its promise: see step 3.")
    return 0 if passed else FELL_SHORT


def _require_extras() -> None:
    for module, extra in (("sklearn", "sklearn"), ("matplotlib", "plot")):
        try:
            importlib.import_module(module)
        except ModuleNotFoundError as error:
            raise InputError(
                f"the tour needs {module}, which is not installed; expected the extra '{extra}': "
                f"pip install 'polywick[{extra}]'"
            ) from error


def _heading(number: int, text: str) -> None:
    say(f"\n{number}. {text}\n")


def _derive() -> None:
    _heading(1, f"Derive: exact Gaussian moments of a new activation, g(x) = {EXPRESSION}, x ~ N(mu, sigma^2)")
    with progress("deriving"):
        record = read_activation(EXPRESSION, name=NAME)
        formulas = [record.moment(n) for n in range(3)]
        general = record.moments()
    for formula in formulas:
        say(f"   {formula.statement}")
    say("   and for every n:")
    say("\n".join(f"      {line}" for line in general.statement.split("; ")))


def _emit(folder: Path) -> list[Path]:
    from codegen import emit

    _heading(2, "Emit: the same moments as array kernels, in files that need nothing of this project")
    record = read_activation(EXPRESSION, name=NAME)
    paths = []
    for target in ("numpy", "cupy"):
        kernel = emit(record, target=target)
        paths.append(kernel.write(folder / f"{NAME}_{target}.py"))
        say(f"   wrote {paths[-1]} ({len(kernel.source.splitlines())} lines)")
    return paths


def _verify(paths: Sequence[Path]) -> bool:
    _heading(3, f"Verify: every kernel against the definition, at {DIGITS} digits")
    context = multiprocessing.get_context("spawn")
    with (
        progress(f"verifying {len(paths)} kernels"),
        ProcessPoolExecutor(len(paths), mp_context=context) as pool,
    ):
        certificates = list(pool.map(_certificate, paths, [DIGITS] * len(paths)))
    for path, certificate in zip(paths, certificates, strict=True):
        write_atomically(path.with_suffix(".certificate.json"), certificate.to_json())
        say("\n".join(f"   {line}".rstrip() for line in str(certificate).splitlines()) + "\n")
    return all(certificate.passed for certificate in certificates)


def _certificate(path: Path, digits: int) -> Certificate:
    from codegen.verify import verify

    return verify(path, digits=digits)


def _approximate(folder: Path) -> None:
    from polywick.demo import accuracy, compare, digits, network
    from polywick.plots import eigenvector_gallery

    _heading(4, "Approximate: a network that reads handwritten digits, replaced by polynomials")
    with progress("training the network"):
        data = digits()
        trained = network(data)
    layers = f"{trained.W1.shape[1]}-{trained.W1.shape[0]}-{trained.W2.shape[0]}"
    say(f"   A {layers} ReLU network, trained on {len(data.train)} images of 8 x 8 pixels. The inputs")
    say("   are described by the Gaussian with the images' mean and covariance, which is singular.")
    with progress("approximating"):
        comparisons = compare(trained, data)
    score = accuracy(trained, data.held_out, data.held_out_labels)
    rows = [("the network itself", "-", "-", f"{score:.1%}")]
    rows += [
        (
            f"polynomial of degree {found.degree}",
            f"{found.exact_fvu:.6f}",
            str(found.sampled),
            f"{found.accuracy:.1%}",
        )
        for found in comparisons
    ]
    say()
    print_table(("", "variance unexplained, exact", "sampled", "accuracy, held out"), rows)
    say(f"   {comparisons[0].draws:,} Gaussian samples; {len(data.held_out)} held-out images")

    quadratic = next(found.polynomial for found in comparisons if found.degree == 2)
    quadratic.save(folder / "digits_quadratic.npz")
    figure = eigenvector_gallery(
        quadratic,
        (8, 8),
        typical=data.class_means(),
        title="What the quadratic polynomial looks for in each digit",
    )
    picture = io.BytesIO()
    figure.savefig(picture, format="png")
    write_atomically(folder / "eigenvectors.png", picture.getvalue())
    say(f"\n   wrote {folder / 'digits_quadratic.npz'} and {folder / 'eigenvectors.png'}")
