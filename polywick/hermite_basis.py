"""Products of Hermite polynomials in several variables, up to a total degree."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations_with_replacement
from math import comb, factorial, prod

import numpy as np
import numpy.typing as npt

__all__ = ["HermiteBasis", "feature_count"]

FloatArray = npt.NDArray[np.float64]


def feature_count(variables: int, degree: int) -> int:
    """Number of monomials of ``variables`` variables up to ``degree``.

    Examples
    --------
    >>> from polywick.hermite_basis import feature_count
    >>> feature_count(784, 2)
    308505
    """
    return comb(variables + degree, degree)


class HermiteBasis:
    """``prod_i he_{b_i}(y_i)`` for all multi-indices b of total degree at most n, ``he_k = He_k/sqrt(k!)``.

    Every multi-index but 0 is an earlier one, its parent, with one more of its last variable.

    Parameters
    ----------
    variables : int
        Number of variables r.
    degree : int
        Total degree n.

    Examples
    --------
    >>> from polywick.hermite_basis import HermiteBasis
    >>> HermiteBasis(2, 2).indices.tolist()
    [[0, 0], [1, 0], [0, 1], [2, 0], [1, 1], [0, 2]]
    """

    def __init__(self, variables: int, degree: int) -> None:
        self.variables, self.degree = variables, degree
        words = [word for k in range(degree + 1) for word in combinations_with_replacement(range(variables), k)]
        places = {word: place for place, word in enumerate(words)}
        self.size = len(words)
        self.indices = np.zeros((self.size, variables), dtype=np.int64)
        for place, word in enumerate(words):
            for variable in word:
                self.indices[place, variable] += 1
        self.last = np.array([word[-1] if word else -1 for word in words], dtype=np.int64)
        self.parent = np.array([places[word[:-1]] if word else -1 for word in words], dtype=np.int64)
        self._starts = [comb(variables + k - 1, k - 1) if k else 0 for k in range(degree + 2)]
        below = self._starts[degree] if degree else 0
        self._raised = np.array(
            [[places[tuple(sorted((*words[place], i)))] for i in range(variables)] for place in range(below)],
            dtype=np.int64,
        ).reshape(below, variables)

    def level(self, k: int) -> slice:
        """The places of the multi-indices of total degree ``k``."""
        return slice(self._starts[k], self._starts[k + 1])

    def powers(self, u: FloatArray, along: FloatArray | None = None) -> tuple[FloatArray, FloatArray | None]:
        """Coefficients of ``|u|^k He_k(u.y/|u|)/sqrt(k!)``, all k, and their derivatives in u along another direction.

        Parameters
        ----------
        u : array, shape (h, r)
            One direction per row.
        along : array, shape (h, r), optional
            Where u moves.

        Returns
        -------
        tuple of arrays, shape (features, h)
            ``sqrt(k!/b!) u^b`` at the multi-index b of degree k, and its derivative.
        """
        values = np.ones((self.size, u.shape[0]))
        slopes = None if along is None else np.zeros_like(values)
        for place in range(1, self.size):
            i, parent = self.last[place], self.parent[place]
            scale = np.sqrt(self.indices[place].sum() / self.indices[place, i])
            values[place] = scale * values[parent] * u[:, i]
            if slopes is not None and along is not None:
                slopes[place] = scale * (slopes[parent] * u[:, i] + values[parent] * along[:, i])
        return values, slopes

    def substitution(self, inner: HermiteBasis, shift: FloatArray, matrix: FloatArray) -> FloatArray:
        """The basis in ``z = shift + matrix y``, written in the basis of y: shape ``(inner.size, size)``.

        Column b holds the coefficients of ``prod_i he_{b_i}(z_i)``, by the three-term recurrence in its last variable.

        Parameters
        ----------
        inner : HermiteBasis
            Of the same degree, in the variables y.
        shift : array, shape (r,)
            Mean of z.
        matrix : array, shape (r, inner.variables)
            Dependence on y.
        """
        columns = np.zeros((inner.size, self.size))
        columns[0, 0] = 1.0
        for k in range(1, self.degree + 1):
            places = np.arange(self._starts[k], self._starts[k + 1])
            rows = inner._starts[k]  # the parents have degree k - 1 in y too
            for i in range(self.variables):
                mine = places[self.last[places] == i]
                if mine.size == 0:
                    continue
                parents = columns[:rows, self.parent[mine]]
                product = np.zeros((inner._starts[k + 1], mine.size))
                product[:rows] = shift[i] * parents
                for j in range(inner.variables):
                    if matrix[i, j] != 0:
                        raised = inner._raised[:rows, j]
                        scale = matrix[i, j] * np.sqrt(inner.indices[:rows, j] + 1.0)
                        product[raised] += scale[:, None] * parents
                        lowered = raised < rows
                        product[:rows][lowered] += scale[lowered, None] * parents[raised[lowered]]
                power = self.indices[mine, i]
                grand = np.where(power > 1, self.parent[self.parent[mine]], 0)
                product[:rows] -= np.where(power > 1, np.sqrt(power - 1.0), 0.0) * columns[:rows, grand]
                columns[: product.shape[0], mine] = product / np.sqrt(power)
        return columns

    def coordinates(self, tensors: Sequence[FloatArray]) -> FloatArray:
        """Coefficients on the basis of ``sum_k <H_k, He_k(y)>``, shape ``(features, o)``.

        Parameters
        ----------
        tensors : sequence of arrays
            Symmetric ``H_0 .. H_n``, shapes ``(o,), (o, r), (o, r, r), ...``.
        """
        found = np.empty((self.size, tensors[0].shape[0]))
        for k, tensor in enumerate(tensors):
            level, powers = self.level(k), self.indices[self.level(k)]
            words = np.repeat(np.tile(np.arange(self.variables), len(powers)), powers.ravel()).reshape(len(powers), k)
            scale = [factorial(k) / np.sqrt(prod(factorial(p) for p in b)) for b in powers.tolist()]
            entries = tensor[(slice(None), *words.T)].reshape(found.shape[1], len(powers))
            found[level] = np.array(scale)[:, None] * entries.T
        return found

    def symmetric_tensors(self, coordinates: FloatArray) -> list[FloatArray]:
        """The polynomial with these coefficients as symmetric tensors of monomials, shapes ``(o, r, ..., r)``.

        Parameters
        ----------
        coordinates : array, shape (features, o)
            Coefficients on the basis.
        """
        monomials = np.zeros_like(coordinates)
        for place in range(self.size):
            self._scatter_monomials(place, coordinates[place], monomials)
        tensors = []
        for k in range(self.degree + 1):
            tensor = np.zeros((coordinates.shape[1], *(self.variables for _ in range(k))))
            grid = np.indices((self.variables,) * k).reshape(k, self.variables**k)
            grid.sort(axis=0)
            target = self._places_of(grid)
            weights = np.array([np.prod([factorial(p) for p in b]) / factorial(k) for b in self.indices[self.level(k)]])
            tensor.reshape(tensor.shape[0], -1)[:] = (monomials[self.level(k)] * weights[:, None]).T[:, target]
            tensors.append(tensor)
        return tensors

    def _scatter_monomials(self, place: int, row: FloatArray, monomials: FloatArray) -> None:
        """Add ``row`` times the monomials of one product of Hermite polynomials."""
        terms: list[tuple[float, tuple[int, ...]]] = [(1.0, ())]
        for i in np.flatnonzero(self.indices[place]):
            p = int(self.indices[place, i])
            one = [
                ((-1) ** m * np.sqrt(factorial(p)) / (factorial(m) * factorial(p - 2 * m) * 2.0**m), p - 2 * m)
                for m in range(p // 2 + 1)
            ]
            terms = [(c * q, (*word, *(int(i),) * power)) for c, word in terms for q, power in one]
        for c, word in terms:
            k = len(word)
            grid = np.array(word, dtype=np.int64).reshape(k, 1)
            monomials[self._starts[k] + int(self._places_of(grid)[0])] += c * row

    def _places_of(self, grid: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Places within their level of sorted words, one per column, by walking up from the empty word."""
        place = np.zeros(grid.shape[1], dtype=np.int64)
        for variable in grid:
            place = self._raised[place, variable]
        return place - self._starts[grid.shape[0]]
