"""How much a polynomial of each degree leaves unexplained."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from numeric_backend.errors import InputError
from polywick.approximate import approximate
from polywick.inputs import Gaussian
from polywick.network_variance import VarianceByComponent
from polywick.pair_blocks import DEFAULT_MEMORY
from polywick.polynomial import Polynomial
from polywick.shapes import checked_degree
from polywick.unexplained import UnexplainedVariance, interval_text

__all__ = ["FVUCurve", "fvu_curve"]

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class FVUCurve:
    """The fraction of variance unexplained against the degree.

    Attributes
    ----------
    degrees : tuple of int
        As they were given.
    unexplained : tuple of UnexplainedVariance
        One for each.
    """

    degrees: tuple[int, ...]
    unexplained: tuple[UnexplainedVariance, ...]

    @property
    def fvu(self) -> FloatArray:
        """Overall, shape ``(degrees,)``."""
        return np.array([each.overall for each in self.unexplained])

    @property
    def fvu_per_output(self) -> FloatArray:
        """Shape ``(degrees, o)``."""
        return np.array([each.per_output for each in self.unexplained])

    @property
    def fvu_interval(self) -> FloatArray:
        """What certainly holds the overall fractions, shape ``(degrees, 2)``; of zero width where they are exact."""
        return np.array([each.interval for each in self.unexplained])

    @property
    def fvu_interval_per_output(self) -> FloatArray:
        """The same for every output, shape ``(degrees, o, 2)``."""
        return np.array([each.interval_per_output for each in self.unexplained])

    @property
    def r2(self) -> FloatArray:
        """``1 - FVU``, overall, shape ``(degrees,)``."""
        return 1 - self.fvu

    @property
    def r2_per_output(self) -> FloatArray:
        """``1 - FVU`` of every output, shape ``(degrees, o)``."""
        return 1 - self.fvu_per_output

    def __repr__(self) -> str:
        lines = [f"{'degree':>6}  {'R^2':>12}  {'unexplained':>12}  {'best output':>12}  {'worst output':>12}"]
        for degree, each in zip(self.degrees, self.unexplained, strict=True):
            numbers = 1 - each.overall, each.overall, each.per_output.min(), each.per_output.max()
            figures = "  ".join(f"{number:>12.6g}" for number in numbers)
            lines.append(f"{degree:>6}  {figures}  {interval_text(each.overall, each.interval)}".rstrip())
        return "\n".join(lines)


def fvu_curve(
    network: Any, inputs: Any, degrees: Iterable[int], *, memory: int = DEFAULT_MEMORY, tolerance: float = 1e-6
) -> FVUCurve:
    """The fraction of variance that the least-squares polynomial of each degree leaves unexplained.

    Under a Gaussian all degrees cost what the highest does. Under a mixture the two-point sums are shared and each
    degree has its own polynomial to be found.

    Parameters
    ----------
    network : MLP or GLU
        The network.
    inputs : Gaussian or GaussianMixture
        Law of the input.
    degrees : iterable of int
        Degrees, at least 0 each, in any order.
    memory : int
        Bytes that may be used beside what network, inputs and polynomials take.
    tolerance : float
        Of the quadratic under a mixture, as in :func:`polywick.approximate`; a quadratic that misses it is warned of.

    Returns
    -------
    FVUCurve

    Raises
    ------
    InputError
        When there are no degrees, one is no degree, or ``memory`` is too small.
    ShapeError
        When the inputs' dimension is not the network's.

    Examples
    --------
    >>> import polywick as pw
    >>> net = pw.MLP([[1.0]], [0.0], [[1.0]], [0.0], "relu")
    >>> pw.fvu_curve(net, pw.Gaussian.standard(1), [1, 2, 4])
    degree           R^2   unexplained   best output  worst output
         1      0.733471      0.266529      0.266529      0.266529
         2      0.966942     0.0330578     0.0330578     0.0330578
         4      0.986398     0.0136019     0.0136019     0.0136019
    """
    if not isinstance(degrees, Iterable):
        raise InputError(f"degrees is {degrees!r}; expected several, for example range(1, 6)")
    chosen = tuple(checked_degree(degree) for degree in degrees)
    if not chosen:
        raise InputError("degrees is empty; expected at least one degree, for example range(1, 6)")
    highest = max(chosen)
    first = approximate(network, inputs, 0)  # looks at network and inputs
    if isinstance(inputs, Gaussian):
        sums = first.variance_sums(highest, memory)  # type: ignore[attr-defined]
        return FVUCurve(chosen, tuple(sums.unexplained(degree) for degree in chosen))
    found: dict[int, UnexplainedVariance] = {}
    variance = VarianceByComponent(network, inputs, highest, memory)
    for degree in dict.fromkeys(chosen):
        polynomial: Polynomial = first if degree == 0 else approximate(network, inputs, degree, tolerance=tolerance)
        found[degree] = variance.unexplained(polynomial)
    return FVUCurve(chosen, tuple(found[degree] for degree in chosen))
