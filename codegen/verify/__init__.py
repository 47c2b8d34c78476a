"""Verify a kernel: its text in mpmath, itself in doubles, and its definition, at adversarial points.

`verify` is the way in. The package itself may be called too, so that `codegen.verify(...)` means the same
whether the package has been imported or not.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from operator import index
from pathlib import Path
from types import ModuleType
from typing import Any

from codegen.verify.certificate import Certificate, Row
from codegen.verify.certificate_of import certificate_of
from codegen.verify.check import FEWEST_DIGITS, checked_points
from codegen.verify.interval import ReferenceRefusesError
from codegen.verify.kernel_runs import KernelDoesNotRun
from codegen.verify.load import check_in_child, is_path, loaded
from codegen.verify.spread import Spread

__all__ = ["Certificate", "KernelDoesNotRun", "ReferenceRefusesError", "Row", "verify"]


def verify(
    kernel: Any,
    digits: int = 50,
    degree: int | None = None,
    points: Sequence[tuple[float, float]] | None = None,
    workers: int | None = None,
) -> Certificate:
    """The certificate of a kernel: algebra, truncation and rounding errors, apart, at adversarial points.

    Three independent numbers stand at every point (mu, sigma): the kernel in its own arithmetic, the same
    text in mpmath, and an integral of the definition `KERNEL["expression"]` that two quadrature rules agree
    on.

    Parameters
    ----------
    kernel : module, KernelSource, str or path
        A kernel module, emitted source, the name of a committed kernel, or a kernel file. **A file is code
        and is executed**, in a child process: verify only files you would run.
    digits : int
        Decimal digits of the mpmath run, at least 20; the algebra error must stay below 10^-(digits - 10).
    degree : int, optional
        Highest order checked, 8 if left out; of a kernel of circle moments the highest frequency, if left out the
        highest that its record promises.
    points : sequence of (mu, sigma), optional
        Where to check, of circle moments (A, b); chosen from the definition and the kernel's seams when left out.
    workers : int, optional
        Processes that share the points, at most one for every 40; one for each core when left out. The certificate is
        the same for any number. A module is verified in this process alone: it may have been changed since its text
        was read.

    Returns
    -------
    Certificate
        `.passed`, `.worst`, `.table`, `.counts`, `.to_json()`; printed it is a table.

    Raises
    ------
    KernelDoesNotRun
        The kernel cannot be imported or run: there are no numbers to judge.
    ValueError
        Too few digits, a negative degree, no worker, points that are not finite or have sigma < 0.

    Examples
    --------
    >>> from codegen.verify import verify
    >>> verify("relu", digits=30, degree=2, points=[(0.5, 1.0), (-20.0, 1.0)]).passed
    True
    """
    digits = _integer("digits", digits, FEWEST_DIGITS)
    degree = None if degree is None else _integer("degree", degree, 0)
    processes = _cores() if workers is None else _integer("workers", workers, 1)
    chosen = checked_points(points)
    if isinstance(kernel, (str, os.PathLike)) and is_path(kernel):
        return check_in_child(Path(kernel), digits, degree, chosen, processes)
    module, notes, origin = loaded(kernel)
    return certificate_of(module, digits, degree, chosen, notes, Spread(processes, origin))


def _cores() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _integer(name: str, value: Any, least: int) -> int:
    try:
        number = index(value)
    except TypeError:
        raise TypeError(f"{name} = {value!r} given; an integer of at least {least} is expected") from None
    if number < least:
        raise ValueError(f"{name} = {value!r} given; an integer of at least {least} is expected")
    return number


class _CallablePackage(ModuleType):
    """The package under the name of its function: calling either is the same."""

    def __call__(self, *arguments: Any, **options: Any) -> Certificate:
        return verify(*arguments, **options)


sys.modules[__name__].__class__ = _CallablePackage
