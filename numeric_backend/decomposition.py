"""What two-point moments need to know of an activation: where its (P+1)-th derivative lives.

A kernel carries ``KERNEL["decomposition"]``: ``g(y) = piecewise polynomial + sum_i p_i(y) Phi(a_i y + b_i)``.
With P at least every polynomial degree in it, ``g^(P+1)`` consists of delta functions at the breakpoints, or
of polynomials times Gaussian densities. Both are one thing, a Gaussian variable pinned to a point.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from numeric_backend.errors import KernelError

__all__ = ["Decomposition", "DensityTerm", "JumpTerm", "decomposition_of"]

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class JumpTerm:
    """``sum_k jumps[k] delta^(P-k)(y - breakpoint)``: jumps of g and its derivatives at one breakpoint."""

    breakpoint: float
    jumps: tuple[float, ...]
    breakpoint_rest: float = 0.0  # what rounding took from the breakpoint


@dataclass(frozen=True)
class DensityTerm:
    """``q(a y) phi(a y + b)`` with ``a > 0``; ``polynomial`` holds q in powers of ``a y``, lowest first."""

    slope: float
    offset: float
    polynomial: tuple[float, ...]
    slope_rest: float = 0.0  # what rounding took from the slope, and from the offset
    offset_rest: float = 0.0


@dataclass(frozen=True)
class Decomposition:
    """The (P+1)-th derivative of an activation, ``order`` being P; no terms for a polynomial.

    Examples
    --------
    >>> from numeric_backend.decomposition import decomposition_of
    >>> relu = {"breakpoints": [0.0], "pieces": [[0.0], [0.0, 1.0]], "error_terms": []}
    >>> found = decomposition_of({"name": "relu", "decomposition": relu})
    >>> found.order, found.terms
    (1, (JumpTerm(breakpoint=0.0, jumps=(0.0, 1.0), breakpoint_rest=0.0),))
    """

    order: int
    terms: tuple[JumpTerm, ...] | tuple[DensityTerm, ...]

    @property
    def smoothness(self) -> int:
        """Order of the lowest derivative that jumps (0 for a jump of g itself)."""
        orders = [next(k for k, jump in enumerate(t.jumps) if jump) for t in self.terms if isinstance(t, JumpTerm)]
        return min(orders, default=0)

    def derivative(self) -> Decomposition:
        """Of g', to the same order; g has to be continuous.

        Examples
        --------
        >>> relu = Decomposition(1, (JumpTerm(0.0, (0.0, 1.0)),))
        >>> relu.derivative().terms
        (JumpTerm(breakpoint=0.0, jumps=(1.0, 0.0), breakpoint_rest=0.0),)
        """
        return Decomposition(self.order, _differentiated(self.terms))

    def lowered(self) -> Decomposition:
        """Of g', to an order less: the same terms."""
        if self.order == 0:
            raise ValueError("the derivative of a decomposition of order 0 has no order of its own")
        jumps = [replace(t, jumps=t.jumps[1:]) for t in self.terms if isinstance(t, JumpTerm)]
        densities = [t for t in self.terms if isinstance(t, DensityTerm)]
        return Decomposition(self.order - 1, tuple(densities) or tuple(t for t in jumps if any(t.jumps)))

    def raised(self) -> Decomposition:
        """Of g itself, to an order more."""
        jumps = [replace(t, jumps=(*t.jumps, 0.0)) for t in self.terms if isinstance(t, JumpTerm)]
        densities = [t for t in _differentiated(self.terms) if isinstance(t, DensityTerm)]
        return Decomposition(self.order + 1, tuple(densities) or tuple(jumps))


def _differentiated(terms: tuple[JumpTerm, ...] | tuple[DensityTerm, ...]) -> tuple[Any, ...]:
    """Terms of one derivative more; in ``m = a y``, ``(q phi(m + b))' = a (q' - (m + b) q) phi(m + b)``."""
    P = np.polynomial.polynomial
    found: list[JumpTerm | DensityTerm] = []
    for term in terms:
        if isinstance(term, JumpTerm):
            found.append(replace(term, jumps=(*term.jumps[1:], 0.0)))
            continue
        q = np.asarray(term.polynomial)
        inner = P.polysub(P.polyder(q), P.polymul(np.array([term.offset, 1.0]), q))
        found.append(replace(term, polynomial=tuple(float(c) for c in term.slope * inner)))
    return tuple(t for t in found if isinstance(t, DensityTerm) or any(t.jumps))


def decomposition_of(kernel: Mapping[str, Any]) -> Decomposition | None:
    """The decomposition recorded in a kernel's ``KERNEL``, ready to integrate; ``None`` when there is none.

    Parameters
    ----------
    kernel : mapping
        ``KERNEL`` of a kernel module. ``kernel["decomposition"]`` holds ``breakpoints`` (increasing),
        ``pieces`` (polynomials, coefficients lowest first, one more than breakpoints) and ``error_terms``
        (each ``polynomial``, ``slope``, ``offset``). What rounding took from numbers that are no doubles may
        stand beside them: ``breakpoint_rests``, and ``slope_rest`` and ``offset_rest`` of an error term. ``None``,
        empty pieces, exponential terms (:mod:`numeric_backend.exponential_terms`), or a mixture of breakpoints and
        error terms count as absent.

    Raises
    ------
    KernelError
        When the entry is malformed.
    """
    entry = kernel.get("decomposition")
    if not entry or entry.get("exponential_terms"):
        return None
    try:
        breakpoints = [float(c) for c in entry["breakpoints"]]
        pieces = [_polynomial(p) for p in entry["pieces"]]
        rests = [float(c) for c in entry.get("breakpoint_rests", [0.0] * len(breakpoints))]
        errors = [(_polynomial(t["polynomial"]), float(t["slope"]), float(t["offset"])) for t in entry["error_terms"]]
        error_rests = [(float(t.get("slope_rest", 0)), float(t.get("offset_rest", 0))) for t in entry["error_terms"]]
    except (KeyError, TypeError, ValueError) as error:
        raise KernelError(
            f"KERNEL['decomposition'] of kernel {kernel.get('name')!r} cannot be read ({error!r}); expected "
            "'breakpoints', 'pieces' and 'error_terms' made of numbers"
        ) from error
    if not pieces or (errors and breakpoints):
        return None
    if (
        len(pieces) != len(breakpoints) + 1
        or len(rests) != len(breakpoints)
        or any(slope == 0 for _, slope, _ in errors)
    ):
        raise KernelError(
            f"KERNEL['decomposition'] of kernel {kernel.get('name')!r} has {len(breakpoints)} breakpoints, "
            f"{len(rests)} rests of them, {len(pieces)} pieces and slopes {[s for _, s, _ in errors]}; expected as "
            "many rests as breakpoints, one piece more, and slopes that are not zero"
        )
    order = max(len(p) - 1 for p in [*pieces, *(p for p, _, _ in errors)])
    if errors:
        return Decomposition(
            order,
            tuple(_density_term(p, a, b, order, *of) for (p, a, b), of in zip(errors, error_rests, strict=True)),
        )
    terms = [
        _jump_term(c, rest, left, right, order)
        for c, rest, left, right in zip(breakpoints, rests, pieces[:-1], pieces[1:], strict=True)
    ]
    return Decomposition(order, tuple(t for t in terms if any(t.jumps)))


def _polynomial(coefficients: Sequence[float]) -> FloatArray:
    """Coefficients without trailing zeros (the zero polynomial is ``[0.]``)."""
    array = np.atleast_1d(np.asarray(coefficients, dtype=np.float64))
    if array.ndim != 1 or not np.isfinite(array).all():
        raise ValueError(f"not a list of finite coefficients: {coefficients!r}")
    last = np.flatnonzero(array)
    return array[: last[-1] + 1] if last.size else np.zeros(1)


def _jump_term(c: float, rest: float, left: FloatArray, right: FloatArray, order: int) -> JumpTerm:
    difference: npt.NDArray[Any] = np.zeros(order + 1)
    difference[: len(right)] += right
    difference[: len(left)] -= left
    jumps = []
    for _ in range(order + 1):
        jumps.append(float(np.polynomial.polynomial.polyval(c, difference)))
        difference = np.polynomial.polynomial.polyder(difference)
    return JumpTerm(c, tuple(jumps), rest)


def _density_term(
    polynomial: FloatArray, slope: float, offset: float, order: int, slope_rest: float, offset_rest: float
) -> DensityTerm:
    """The ``phi`` part of ``(p(y) Phi(a y + b))^(order+1)``, in ``m = |a| y``, the slope made positive."""
    P = np.polynomial.polynomial
    if slope < 0:
        # Phi(-u) = 1 - Phi(u): the density part changes sign, the rest is a polynomial of degree <= order.
        polynomial, slope, offset = -polynomial, -slope, -offset
        slope_rest, offset_rest = -slope_rest, -offset_rest
    powers = slope ** np.arange(len(polynomial))
    p = polynomial / powers
    shifted = np.array([offset, 1.0])
    q: npt.NDArray[Any] = np.zeros(1)
    for _ in range(order + 1):
        q = P.polyadd(P.polysub(P.polyder(q), P.polymul(shifted, q)), p)
        p = P.polyder(p)
    scaled = q * slope ** (order + 1)
    return DensityTerm(slope, offset, tuple(float(c) for c in scaled), slope_rest, offset_rest)
