"""The Gram operator of quadratic forms under a mixture, never formed as a matrix.

A polynomial ``alpha + beta.z + z'G z - tr(G S)``, z of mean 0 and covariance S, has its constant apart from the rest,
and its linear part is eliminated exactly: ``beta = S^-1 (E[f z] - T G)``, ``T G = E[z z'G z]``. What is left is

    A G = 2 sum_k w_k M_k G M_k + sum_k w_k <M_k, G> M_k - 2 sum_k w_k (m_k'G m_k) m_k m_k' - <S, G> S - T* S^-1 T G

with ``M_k = C_k + m_k m_k'`` the second moments of the components: two products of matrices per component and output.
"""

from __future__ import annotations

from typing import Any

from numeric_backend.namespaces import array_namespace

__all__ = ["QuadraticOperator"]

FloatArray = Any  # float64, of NumPy or CuPy

_BANDS = 4  # of columns: what lies below the diagonal is copied, not computed
_LEAST_CURVATURE = 1e-12


class QuadraticOperator:
    """``<G, A G>`` is the variance of the quadratic form G that no linear function explains.

    Parameters
    ----------
    weights : array, shape (K,)
        Weights of the components.
    means : array, shape (K, r)
        Their means, of weighted mean 0.
    covariances : array, shape (K, r, r)
        Their covariances; overwritten by the second moments. All three of one library, in which everything happens.

    Attributes
    ----------
    applications : int
        How often the operator has been applied.
    second : array, shape (K, r, r)
        The second moments ``M_k``.
    overall : array, shape (r, r)
        Their weighted sum S.

    Examples
    --------
    >>> import numpy as np
    >>> from polywick.mixture_solve.operator import QuadraticOperator
    >>> A = QuadraticOperator(np.ones(1), np.zeros((1, 2)), np.eye(2)[None])    # one standard Gaussian: A = 2
    >>> A(np.array([[[1.0, 0.5], [0.5, 0.0]]]))
    array([[[2., 1.],
            [1., 0.]]])
    """

    def __init__(self, weights: FloatArray, means: FloatArray, covariances: FloatArray) -> None:
        self.weights, self.means = weights, means
        self.second = covariances
        xp = array_namespace(weights, means, covariances)
        for moment, mean in zip(self.second, means, strict=True):
            moment += mean[:, None] * mean
        count, r = means.shape
        self.overall = xp.tensordot(weights, self.second, axes=1)
        self.applications = 0
        self._xp = xp
        self._inverse = xp.linalg.inv(self.overall)
        self._row = (2 * weights[:, None, None] * self.second).transpose(1, 0, 2).reshape(r, count * r)
        self._flat = self.second.reshape(count, r * r)
        self._products = xp.empty((count, r, r))
        self._cuts = [r * band // _BANDS for band in range(_BANDS + 1)]

    def __call__(self, forms: FloatArray) -> FloatArray:
        """``A G`` for a stack of symmetric matrices, shape ``(q, r, r)``."""
        self.applications += 1
        traces = forms.reshape(len(forms), -1) @ self._flat.T  # <M_k, G>
        images = self.means @ forms  # (q, K, r): G m_k
        squares = self._xp.einsum("qki,ki->qk", images, self.means)
        beta = self._third_moment(traces, images, squares) @ self._inverse
        along = beta @ self.means.T
        on_second = self.weights * (traces - along)
        on_means = self.weights * (2 * along - 2 * squares)
        towards = self.weights[:, None] * (beta @ self.second).transpose(1, 0, 2)  # (q, K, r): w_k M_k beta
        spread = forms.reshape(len(forms), -1) @ self.overall.ravel()
        result = self._xp.empty_like(forms)
        for form, target, second, mean, row, trace in zip(
            forms, result, on_second, on_means, towards, spread, strict=True
        ):
            self._sandwich(form, target)
            target += (second @ self._flat).reshape(target.shape) - trace * self.overall
            cross = (self.means * (0.5 * mean)[:, None] - row).T @ self.means
            target += cross
            target += cross.T
        return result

    def _sandwich(self, form: FloatArray, target: FloatArray) -> None:
        """``2 sum_k w_k M_k G M_k`` by bands of columns, the lower triangle copied from the upper one."""
        self._xp.matmul(form, self.second, out=self._products)
        tall = self._products.reshape(-1, form.shape[0])
        for first, last in zip(self._cuts, self._cuts[1:], strict=False):
            target[:last, first:last] = self._row[:last] @ tall[:, first:last]
        for first, last in zip(self._cuts, self._cuts[1:], strict=False):
            target[last:, first:last] = target[first:last, last:].T
            corner = target[first:last, first:last]
            corner[...] = (corner + corner.T) / 2

    def third_moment(self, forms: FloatArray) -> FloatArray:
        """``T G = E[z z'G z]``, shape ``(q, r)``."""
        images = self.means @ forms
        squares = self._xp.einsum("qki,ki->qk", images, self.means)
        return self._third_moment(forms.reshape(len(forms), -1) @ self._flat.T, images, squares)

    def _third_moment(self, traces: FloatArray, images: FloatArray, squares: FloatArray) -> FloatArray:
        total = (self.weights * (traces - 2 * squares)) @ self.means
        scaled = 2 * self.weights[:, None] * images
        for k, second in enumerate(self.second):
            total += scaled[:, k] @ second
        return total

    def third_moment_adjoint(self, beta: FloatArray) -> FloatArray:
        """``T* beta``: ``<T G, beta> = <G, T* beta>``, shape ``(q, r, r)``."""
        along = self.weights * (beta @ self.means.T)
        towards = self.weights[:, None] * (beta @ self.second).transpose(1, 0, 2)
        half = (towards - along[:, :, None] * self.means).swapaxes(1, 2) @ self.means
        result = (along @ self._flat).reshape(-1, *self.overall.shape)
        return result + half + half.transpose(0, 2, 1)

    def linear_part(self, first: FloatArray, forms: FloatArray) -> FloatArray:
        """``beta = S^-1 (E[f z] - T G)``, shape ``(q, r)``."""
        return (first - self.third_moment(forms)) @ self._inverse

    def reduced(self, first: FloatArray, second: FloatArray) -> FloatArray:
        """The right-hand side ``E[f (z z' - S)] - T* S^-1 E[f z]``; ``second`` is overwritten."""
        second -= self.third_moment_adjoint(first @ self._inverse)
        return second

    def diagonal(self) -> FloatArray:
        """``<E, A E>`` over ``<E, E>`` for ``E = e_i e_j' + e_j e_i'``, bounded away from 0, shape ``(r, r)``.

        Twice the variance of ``z_i z_j``, and the variance of ``z_i^2`` on the diagonal, linear parts not taken out.
        With the components nearly diagonal, dividing by it nearly inverts the operator.
        """
        xp, variance = self._xp, -(self.overall**2)
        for weight, second, mean in zip(self.weights, self.second, self.means, strict=True):
            diagonal = xp.diag(second)
            variance += weight * (diagonal[:, None] * diagonal + 2 * second**2 - 2 * (mean[:, None] * mean) ** 2)
        scale = xp.diag(self.overall)
        variance = xp.maximum(variance, _LEAST_CURVATURE * (scale[:, None] * scale))
        curvature = 2 * variance
        places = xp.arange(len(scale))
        curvature[places, places] = xp.diag(variance)
        return curvature
