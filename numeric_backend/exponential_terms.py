"""Activations made of two lines and exponentials around 0: what their two-point moments need to know.

``KERNEL["decomposition"]["exponential_terms"]`` lists the addends ``a exp(c y)``, each on the half line where it decays
or on the whole line. With g continuous, ``g'' = J delta(y) + sum_j a_j c_j^2 exp(c_j y) [y on side j]``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import fsum, isfinite
from typing import Any

from numeric_backend.errors import KernelError

__all__ = ["ExponentialTerm", "KinkedExponentials", "exponentials_of"]

_CONTINUOUS = 1e-14  # largest jump of g at 0, relative to what adds up there
_WORST_CANCELLATION = 16.0  # |J| + sum |a_j c_j| over the change of slope from one end of the line to the other


@dataclass(frozen=True)
class ExponentialTerm:
    """``coefficient exp(rate y)``: for y < 0 (side -1), for y > 0 (side 1) or everywhere (side 0)."""

    side: int
    rate: float
    coefficient: float

    @property
    def bend(self) -> float:
        """``coefficient |rate|``, the integral of its second derivative over a half line where it decays."""
        return self.coefficient * abs(self.rate)


@dataclass(frozen=True)
class KinkedExponentials:
    """``g'' = kink delta(y)`` plus the second derivatives of ``terms``, all decaying away from 0 or all entire.

    Examples
    --------
    >>> from numeric_backend.exponential_terms import exponentials_of
    >>> below = {"side": -1, "rate": 1.0, "coefficient": 1.0}
    >>> elu = {"breakpoints": [0.0], "pieces": [[-1.0], [0.0, 1.0]], "error_terms": [], "exponential_terms": [below]}
    >>> exponentials_of({"name": "elu", "decomposition": elu})
    KinkedExponentials(kink=0.0, terms=(ExponentialTerm(side=-1, rate=1.0, coefficient=1.0),))
    """

    kink: float
    terms: tuple[ExponentialTerm, ...]

    @property
    def order(self) -> int:
        """Number of Hermite terms that stand before the remainder."""
        return 1

    @property
    def is_entire(self) -> bool:
        """Whether the exponentials stand on the whole line."""
        return all(term.side == 0 for term in self.terms)


def exponentials_of(kernel: Mapping[str, Any]) -> KinkedExponentials | None:
    """The exponentials recorded in a kernel's ``KERNEL``; ``None`` where two-point moments have no use for them.

    Parameters
    ----------
    kernel : mapping
        ``KERNEL`` of a kernel module. ``kernel["decomposition"]["exponential_terms"]`` is a list of ``side``, ``rate``
        and ``coefficient`` (see :class:`ExponentialTerm`) beside ``breakpoints`` and ``pieces``. Without such a list,
        with a jump of g, a polynomial of degree 2 or more, or an exponential that grows away from 0, the
        answer is ``None``; so it is where the slopes of g at both ends of the line (nearly) agree, because bends
        that cancel would cost as many digits as a wide Gaussian has standard deviations in it, to the third power.

    Raises
    ------
    KernelError
        When the entry is malformed.
    """
    entry = kernel.get("decomposition")
    if not entry or not entry.get("exponential_terms"):
        return None
    try:
        breakpoints = [float(c) for c in entry["breakpoints"]]
        pieces = [_line(p) for p in entry["pieces"]]
        terms = tuple(
            ExponentialTerm(int(t["side"]), float(t["rate"]), float(t["coefficient"]))
            for t in entry["exponential_terms"]
        )
    except (KeyError, TypeError, ValueError) as error:
        raise KernelError(
            f"KERNEL['decomposition'] of kernel {kernel.get('name')!r} cannot be read ({error!r}); expected "
            "'breakpoints', 'pieces' and 'exponential_terms' made of numbers"
        ) from error
    finite = all(isfinite(t.rate) and isfinite(t.coefficient) and t.rate != 0 and abs(t.side) <= 1 for t in terms)
    if not finite or len(pieces) != len(breakpoints) + 1:
        raise KernelError(
            f"KERNEL['decomposition'] of kernel {kernel.get('name')!r} has {len(breakpoints)} breakpoints, "
            f"{len(pieces)} pieces and exponential terms {terms}; expected one piece more than breakpoints, sides -1, "
            "0 or 1, finite coefficients and rates that are not zero"
        )
    lines = [piece for piece in pieces if piece is not None]
    if len(lines) < len(pieces):
        return None
    if not breakpoints:
        return KinkedExponentials(0.0, terms) if all(t.side == 0 for t in terms) else None
    if breakpoints != [0.0] or not all(t.side * t.rate < 0 for t in terms):
        return None
    return _kinked(lines[0], lines[1], terms)


def _kinked(
    left: tuple[float, float], right: tuple[float, float], terms: tuple[ExponentialTerm, ...]
) -> KinkedExponentials | None:
    values = [right[0], -left[0], *(t.side * t.coefficient for t in terms)]
    slopes = [right[1], -left[1], *(t.side * t.coefficient * t.rate for t in terms)]
    if abs(fsum(values)) > _CONTINUOUS * max(abs(v) for v in values):
        return None
    kink = fsum(slopes)
    if abs(kink) <= _CONTINUOUS * max(abs(v) for v in slopes):
        kink = 0.0
    bends = abs(kink) + sum(abs(t.bend) for t in terms)
    if bends > _WORST_CANCELLATION * abs(right[1] - left[1]):
        return None
    return KinkedExponentials(kink, terms)


def _line(coefficients: Sequence[float]) -> tuple[float, float] | None:
    """Value at 0 and slope; ``None`` for a polynomial of higher degree."""
    values = [float(c) for c in coefficients]
    if not values or not all(isfinite(c) for c in values):
        raise ValueError(f"not a list of finite coefficients: {coefficients!r}")
    return None if any(values[2:]) else (values[0], values[1] if len(values) > 1 else 0.0)
