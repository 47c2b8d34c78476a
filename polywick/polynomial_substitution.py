"""Polynomials with a linear layer in front, and on subspaces."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from numeric_backend.errors import InputError, ShapeError
from polywick.substitution import checked_basis, checked_map, law_before

if TYPE_CHECKING:
    from polywick.polynomial import Polynomial

__all__ = ["Substitution"]


class Substitution(ABC):
    """``Q(u) = P(A u + b)``, in the form that P has."""

    inputs: Any

    @abstractmethod
    def _substituted(self, A: Any, b: Any, law: Any) -> Polynomial:
        """``Q(u) = P(A u + b)`` for checked arrays, u having the given law."""

    def compose_linear(self, A: Any, b: Any = None, inputs: Any = None) -> Polynomial:
        """The polynomial ``Q(u) = P(A u + b)``: a linear layer in front.

        Parameters
        ----------
        A : array_like, shape (d, p)
            Matrix.
        b : array_like, shape (d,), optional
            Offset; zero by default.
        inputs : Gaussian or GaussianMixture, optional
            The law of u. By default that of ``A^+ (x - b)``, ``A^+`` the pseudo-inverse.

        Returns
        -------
        Polynomial
            In the form of this one. Where ``A u + b`` has the law of this polynomial's inputs, Q is the least-squares
            polynomial of the network behind the layer, and has its `fvu`; elsewhere it is a substitution, and has none.

        Raises
        ------
        ShapeError
            When A, b and the law of u do not fit together.

        Examples
        --------
        >>> import polywick as pw
        >>> net = pw.MLP([[1.0, 1.0]], [0.0], [[1.0]], [0.0], "square")
        >>> P = pw.approximate(net, pw.Gaussian.standard(2), degree=2)
        >>> print(P.compose_linear([[1.0], [2.0]], [0.0, 1.0]).latex())                  # (u + 2 u + 1)^2
        P(x) = 1 + 6 x_{1} + 9 x_{1}^{2}
        """
        matrix, offset = checked_map(A, b, self.inputs)
        law = law_before(matrix, offset, self.inputs) if inputs is None else inputs
        if not hasattr(law, "affine"):
            raise InputError(f"inputs is a {type(law).__name__}; expected the law of u: a Gaussian or GaussianMixture")
        if law.d != matrix.shape[1]:
            raise ShapeError(f"inputs have dimension {law.d} and A has shape {matrix.shape}; expected u of its columns")
        return self._substituted(matrix, offset, law)

    def restrict(self, basis: Any, origin: Any = None) -> Polynomial:
        """The polynomial on an affine subspace: ``Q(s) = P(origin + basis @ s)``.

        Parameters
        ----------
        basis : array_like, shape (d, p)
            Independent columns that span the subspace, such as the eigenvectors of :meth:`eigh`.
        origin : array_like, shape (d,), optional
            A point of it; the mean of the inputs by default.

        Raises
        ------
        InputError
            When the columns are dependent.

        Examples
        --------
        >>> import polywick as pw
        >>> net = pw.MLP([[1.0, 0.0], [0.0, 1.0]], [0.0, 0.0], [[1.0, 1.0]], [0.0], "square")
        >>> P = pw.approximate(net, pw.Gaussian.standard(2), degree=2)
        >>> print(P.restrict([[1.0], [0.0]], [0.0, 2.0]).latex())
        P(x) = 4 + x_{1}^{2}
        """
        return self.compose_linear(checked_basis(basis, self.inputs), self.inputs.mean if origin is None else origin)
