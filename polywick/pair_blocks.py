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
_ARRAYS = 64  # of the size of a block that are alive at once, at most
_STRIPS = 6  # of outputs by units of a block
_KERNEL_BYTES = 64 << 20  # what two-point kernels use for their own chunks
_NEAR_ONE = 0.99
_NEAR_CHUNK = 4096


@dataclass(frozen=True)
class PairBlock:
    """The pairs (i, j) with i in ``rows`` and j in ``columns``: a square on the diagonal, or one above it.

    ``rho`` and ``complement = 1 - |rho|`` have the shape of the block; on the diagonal itself rho is 0.
    ``outputs`` are those in which a pair of the block meets.
    """

    rows: slice
    columns: slice
    outputs: slice | Indices
    weights: FloatArray
    rho: FloatArray
    complement: FloatArray

    @property
    def on_diagonal(self) -> bool:
        """Whether rows and columns are the same units."""
        return self.rows == self.columns

    @cached_property
    def _upper(self) -> tuple[Indices, Indices]:
        return np.triu_indices(self.rho.shape[0], 1)

    @cached_property
    def _sides(self) -> tuple[FloatArray, FloatArray]:
        return self.weights[self.outputs, self.rows], self.weights[self.outputs, self.columns]

    def add_form(
        self, target: FloatArray, matrix: FloatArray, left: FloatArray, right: FloatArray, *, absolute: bool = False
    ) -> None:
        """Add ``sum_ij W_oi left_i matrix_ij right_j W_oj`` over the pairs i != j to ``target``, shape ``(o,)``.

        ``left`` and ``right`` belong to all units, shape ``(h,)``. A block above the diagonal counts twice. With
        ``absolute``, ``|W|`` stands for W.
        """
        first, second = (np.abs(side) for side in self._sides) if absolute else self._sides
        total = np.einsum("ob,ob->o", (first * left[self.rows]) @ matrix, second * right[self.columns])
        target[self.outputs] += total if self.on_diagonal else 2 * total

    def between(self, first: FloatArray, second: FloatArray) -> FloatArray:
        """``first_i . second_j`` of rows ``first`` and ``second``, 0 on the diagonal."""
        products: FloatArray = first[self.rows] @ second[self.columns].T
        if self.on_diagonal:
            np.fill_diagonal(products, 0.0)
        return products

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


def pair_blocks(unit: FloatArray, weights: FloatArray, memory: int = DEFAULT_MEMORY) -> Iterator[PairBlock]:
    """Blocks that hold every pair of units once, but for those in which no two units share an output.

    Parameters
    ----------
    unit : array, shape (h, r)
        Unit vectors, ``rho_ij = unit_i . unit_j``.
    weights : array, shape (o, h)
        Output weights.
    memory : int
        Bytes that may be used beside what the units themselves take.

    Raises
    ------
    InputError
        When not even the smallest block fits.

    Examples
    --------
    >>> import numpy as np
    >>> [block.rho.shape for block in pair_blocks(np.eye(300), np.ones((1, 300)))]
    [(256, 256), (256, 44), (44, 44)]
    """
    h = unit.shape[0]
    used = weights != 0
    size = _block_size(memory, weights.shape[0])
    for start in range(0, h, size):
        rows = slice(start, min(start + size, h))
        own = np.count_nonzero(used[:, rows], axis=1)
        for other in range(start, h, size):
            columns = slice(other, min(other + size, h))
            meet = own > 1 if other == start else (own > 0) & used[:, columns].any(axis=1)
            if meet.any():
                outputs = slice(None) if meet.all() else np.flatnonzero(meet)
                correlations = _correlations(unit[rows], unit[columns], other == start)
                yield PairBlock(rows, columns, outputs, weights, *correlations)


def _block_size(memory: int, outputs: int) -> int:
    """The largest b with ``64 b^2 + 6 o b`` doubles in what the kernel leaves of the memory."""
    doubles = max((memory - _KERNEL_BYTES) / 8, 0)
    linear = _STRIPS * outputs / (2 * _ARRAYS)
    fits = int((linear**2 + doubles / _ARRAYS) ** 0.5 - linear)
    if fits < _SMALLEST:
        least = _KERNEL_BYTES + 8 * _SMALLEST * (_ARRAYS * _SMALLEST + _STRIPS * outputs)
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
