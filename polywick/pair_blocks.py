"""All pairs of hidden units, a block of the matrix of their correlations at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from numeric_backend.errors import InputError

__all__ = ["DEFAULT_MEMORY", "PairBlock", "distinct", "pair_blocks"]

FloatArray = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]

DEFAULT_MEMORY = 1 << 30
_LARGEST, _SMALLEST = 256, 32  # units on a side
_ARRAYS = 48  # of the size of a block that are alive at once, at most
_KERNEL_BYTES = 64 << 20  # what two-point kernels use for their own chunks
_NEAR_ONE = 0.99
_NEAR_CHUNK = 4096


@dataclass(frozen=True)
class PairBlock:
    """The pairs (i, j) with i in ``rows`` and j in ``columns``: a square on the diagonal, or one above it.

    ``rho`` and ``complement = 1 - |rho|`` have the shape of the block; on the diagonal itself rho is 0.
    """

    rows: slice
    columns: slice
    rho: FloatArray
    complement: FloatArray

    @property
    def on_diagonal(self) -> bool:
        """Whether rows and columns are the same units."""
        return self.rows == self.columns

    @cached_property
    def _upper(self) -> tuple[Indices, Indices]:
        return np.triu_indices(self.rho.shape[0], 1)

    def form(self, left: FloatArray, matrix: FloatArray, right: FloatArray) -> FloatArray:
        """``sum_ij left_oi matrix_ij right_oj`` over the pairs i != j; a block above the diagonal counts twice.

        ``left`` and ``right`` belong to all units, shape ``(o, h)``.
        """
        total: FloatArray = np.einsum("ob,ob->o", left[:, self.rows] @ matrix, right[:, self.columns])
        return total if self.on_diagonal else 2 * total

    def first(self, values: FloatArray) -> FloatArray:
        """``values_i`` of each pair i < j, flat."""
        part = values[self.rows]
        return part[self._upper[0]] if self.on_diagonal else np.repeat(part, self.rho.shape[1])

    def second(self, values: FloatArray) -> FloatArray:
        """``values_j`` of each pair i < j, flat."""
        part = values[self.columns]
        return part[self._upper[1]] if self.on_diagonal else np.tile(part, self.rho.shape[0])

    def flat(self, matrix: FloatArray) -> FloatArray:
        """The entries of the pairs i < j."""
        return matrix[self._upper] if self.on_diagonal else matrix.reshape(-1)

    def square(self, flat: FloatArray) -> FloatArray:
        """The block of a symmetric matrix from its entries i < j, 0 on the diagonal."""
        if not self.on_diagonal:
            return flat.reshape(self.rho.shape)
        matrix = np.zeros(self.rho.shape)
        matrix[self._upper] = flat
        return matrix + matrix.T


def pair_blocks(unit: FloatArray, memory: int = DEFAULT_MEMORY) -> Iterator[PairBlock]:
    """Blocks that hold every pair of the rows of ``unit`` once.

    Parameters
    ----------
    unit : array, shape (h, r)
        Unit vectors, ``rho_ij = unit_i . unit_j``.
    memory : int
        Bytes that may be used beside what the units themselves take.

    Raises
    ------
    InputError
        When not even the smallest block fits.

    Examples
    --------
    >>> import numpy as np
    >>> [block.rho.shape for block in pair_blocks(np.eye(300))]
    [(256, 256), (256, 44), (44, 44)]
    """
    size = _block_size(memory)
    h = unit.shape[0]
    for start in range(0, h, size):
        rows = slice(start, min(start + size, h))
        for other in range(start, h, size):
            columns = slice(other, min(other + size, h))
            yield PairBlock(rows, columns, *_correlations(unit[rows], unit[columns], start == other))


def _block_size(memory: int) -> int:
    fits = int(max((memory - _KERNEL_BYTES) / (8 * _ARRAYS), 0) ** 0.5)
    if fits < _SMALLEST:
        least = _KERNEL_BYTES + 8 * _ARRAYS * _SMALLEST**2
        raise InputError(f"memory is {memory} bytes; expected at least {least:,}, which a block of pairs takes")
    return min(fits, _LARGEST)


def distinct(weights: FloatArray, *properties: FloatArray) -> tuple[FloatArray, Indices]:
    """Columns of ``weights`` with those of identical units added up, and the first unit of each kind.

    What cancels between copies of one unit then cancels exactly. Each property has one row per unit.

    Examples
    --------
    >>> import numpy as np
    >>> distinct(np.array([[1.0, 2.0, 4.0]]), np.array([0.5, 0.0, 0.5]))
    (array([[5., 2.]]), array([0, 1]))
    """
    keys = np.column_stack(properties) + 0.0  # -0.0 becomes 0.0
    first: dict[bytes, int] = {}
    owner = np.array([first.setdefault(row.tobytes(), j) for j, row in enumerate(keys)], dtype=np.intp)
    kept = np.array(list(first.values()), dtype=np.intp)
    if kept.size == owner.size:
        return weights, kept
    total = np.zeros_like(weights)
    np.add.at(total.T, owner, weights.T)
    return total[:, kept], kept


def _correlations(first: FloatArray, second: FloatArray, on_diagonal: bool) -> tuple[FloatArray, FloatArray]:
    """``rho`` and ``1 - |rho|``; near 1 the latter is half the squared distance of the unit vectors."""
    rho: FloatArray = first @ second.T
    np.clip(rho, -1.0, 1.0, out=rho)
    if on_diagonal:
        np.fill_diagonal(rho, 0.0)
    size = np.abs(rho)
    complement = 1 - size
    i, j = np.nonzero(size > _NEAR_ONE)
    for start in range(0, i.size, _NEAR_CHUNK):
        row, column = i[start : start + _NEAR_CHUNK], j[start : start + _NEAR_CHUNK]
        sign = np.sign(rho[row, column])
        distance = first[row] - sign[:, None] * second[column]
        gap = np.minimum(0.5 * np.einsum("pr,pr->p", distance, distance), 1.0)
        complement[row, column] = gap
        rho[row, column] = sign * (1 - gap)
    return rho, complement
