"""Which verification a kernel asks for: its record says whether it holds Gaussian moments or circle moments."""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType

from codegen.verify.certificate import Certificate
from codegen.verify.check import require_deviations
from codegen.verify.circle.check import check_circle, is_circle_kernel
from codegen.verify.parametric import check_over_parameters
from codegen.verify.spread import ALONE, Spread

__all__ = ["certificate_of"]

DEGREE = 8


def certificate_of(
    module: ModuleType,
    digits: int,
    degree: int | None,
    points: Sequence[tuple[float, float]] | None,
    notes: Sequence[str] = (),
    spread: Spread = ALONE,
) -> Certificate:
    """The certificate of a loaded kernel of either kind, up to what either promises where no degree is given.

    Raises
    ------
    KernelDoesNotRun
        The module is not a kernel, or fails when called.
    ValueError
        A kernel of Gaussian moments, and points with sigma < 0.
    """
    if is_circle_kernel(module):
        return check_circle(module, digits, degree, points, notes)
    require_deviations(points)
    return check_over_parameters(module, digits, DEGREE if degree is None else degree, points, notes, spread)
