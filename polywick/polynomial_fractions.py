"""What a polynomial tells of the variance it leaves unexplained."""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import cached_property
from typing import Any

from numeric_backend.errors import InputError, ShapeError
from polywick.unexplained import UnexplainedVariance

__all__ = ["Fractions"]


class Fractions(ABC):
    """The fraction of variance unexplained, computed when it is first asked for."""

    @property
    @abstractmethod
    def namespace(self) -> Any:
        """The module, numpy or cupy, whose arrays are handed out."""

    @property
    @abstractmethod
    def outputs(self) -> int:
        """Number of outputs o."""

    @abstractmethod
    def _explain(self) -> UnexplainedVariance:
        """The fraction of variance unexplained, computed."""

    @cached_property
    def _unexplained(self) -> UnexplainedVariance:
        return self._explain()

    def _set_unexplained(self, known: UnexplainedVariance | None) -> None:
        """Take over a fraction that is already known, after a look at its shapes."""
        if known is None:
            return
        o = self.outputs
        shapes = known.per_output.shape, known.interval_per_output.shape
        if shapes != ((o,), (o, 2)):
            raise ShapeError(
                f"the fractions per output and their intervals have shapes {shapes}; expected ({o},), ({o}, 2)"
            )
        self.__dict__["_unexplained"] = known

    @property
    def fvu(self) -> float:
        """``E||f - P||^2 / E||f - E f||^2`` under the inputs, exact; 0.0 where the variance is 0.

        Where hidden units cancel up to rounding the variance may not be told from 0: `fvu_interval` says so.
        """
        return self._unexplained.overall

    @property
    def fvu_per_output(self) -> Any:
        """The fraction of variance unexplained of every output, shape ``(o,)``."""
        return self.namespace.asarray(self._unexplained.per_output)

    @property
    def residual_variance(self) -> Any:
        """``E||f_o - P_o||^2`` under the inputs, shape ``(o,)``: what `fvu_per_output` is a fraction of.

        Raises
        ------
        InputError
            When the polynomial was read from a file that does not have it.

        Examples
        --------
        >>> import polywick as pw
        >>> net = pw.MLP([[1.0]], [0.0], [[1.0]], [0.0], "square")
        >>> pw.approximate(net, pw.Gaussian.standard(1), degree=1).residual_variance          # Var(x^2)
        array([2.])
        """
        residual = self._unexplained.residual
        if residual is None:
            raise InputError(
                "the residual variance is not in the file this polynomial was read from; expected a file written by "
                "this version, or polywick.approximate"
            )
        return self.namespace.asarray(residual)

    @property
    @abstractmethod
    def explained_by_degree(self) -> Any:
        """The share of each output's variance that each degree adds, shape ``(n + 1, o)``.

        What the rows miss to 1 is `fvu_per_output`. Row 0 is 0: the constant is the mean, which explains no variance.
        Where the variance is 0 all shares are.
        """

    @property
    def fvu_interval(self) -> tuple[float, float]:
        """An interval that holds the overall fraction; of zero width where it is exact.

        Rounding counts where cancelling units make it reach the tenth digit; ``(0, 1)`` leaves all open.
        """
        return self._unexplained.interval

    @property
    def fvu_interval_per_output(self) -> Any:
        """The same for every output, shape ``(o, 2)``: lower ends and upper ends."""
        return self.namespace.asarray(self._unexplained.interval_per_output)
