"""How the coefficients of a polynomial under a mixture were found, and how far they are from the best ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["SolveReport"]


@dataclass(frozen=True)
class SolveReport:
    """What a solve did.

    Attributes
    ----------
    method : str
        "closed form", "direct" (assembled, solved to rounding) or "conjugate gradients" (matrix-free).
    features : int
        Number of monomials on the affine space that carries the mixture.
    dimensions, dimensions_kept : int
        Dimension of the inputs, and of that space; the latter is smaller where the overall covariance is singular.
    iterations, applications : int
        Steps of conjugate gradients, and how often the Gram operator was applied to all outputs; 0 without them.
    estimated_excess_fvu : float
        Estimate, with a margin of ten, of ``E||P - P*||^2 / Var f``, ``P*`` being the least-squares polynomial: what
        the solve left of the variance that a polynomial of this degree can explain. 0 where it was solved to
        rounding. An estimate and no bound: no number of steps can exclude that the error stalls and then falls again.
    tolerance : float
        What was asked of that.
    converged : bool
        Whether the estimate came down to the tolerance.
    explained_variance : array, shape (o,)
        ``Var f - E (f - P)^2`` of every output.
    """

    method: str
    features: int
    dimensions: int
    dimensions_kept: int
    iterations: int
    applications: int
    estimated_excess_fvu: float
    tolerance: float
    converged: bool
    explained_variance: Any

    def __str__(self) -> str:
        how = f"  solved: {self.method}, {self.features:,} features"
        if self.applications:
            how += f", {self.iterations} iterations, {self.applications} applications of the operator"
            verdict = "" if self.converged else f", NOT CONVERGED to {self.tolerance:.2g}"
            how += f"; excess fraction estimated at {self.estimated_excess_fvu:.2g}{verdict}"
        if self.dimensions_kept < self.dimensions:
            how += f"\n  the inputs vary in {self.dimensions_kept} of {self.dimensions} dimensions: fitted there only"
        return how
