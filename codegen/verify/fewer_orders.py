"""What a kernel returns when fewer orders are asked for: the same numbers, to within what is promised of them.

A certificate's table speaks of one call, for all orders at once. Kernels may take other ways for fewer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import ModuleType

from mpmath import libmp

from codegen.verify.evidence import Evidence, Point
from codegen.verify.judge import Judge
from codegen.verify.kernel_runs import SEQUENCES, Rows, float_run

__all__ = ["fewer_orders_failed"]

_BITS = 60


def fewer_orders_failed(
    module: ModuleType,
    points: Sequence[Point],
    evidence: Evidence,
    judges: Sequence[Judge],
    doubles: Mapping[str, Rows],
) -> list[str]:
    """One line for every function some of whose values fall short only when fewer orders are asked for.

    Parameters
    ----------
    module : module
        The kernel.
    points : sequence of (mu, sigma)
        Where ``evidence`` and ``doubles`` were gathered, in their order.
    evidence, judges, doubles
        What is expected there, who judges it, and what the kernel returned for all orders.
    """
    if not points:
        return []
    highest = max(len(rows) for rows in doubles.values()) - 1
    furthest = {name: [list(row) for row in doubles[name]] for name in SEQUENCES}
    for degree in range(highest):
        run = float_run(module, points, degree)
        for name in SEQUENCES:
            for order, row in enumerate(run[name]):
                top = doubles[name][order]
                kept = furthest[name][order]
                furthest[name][order] = [_further(*values) for values in zip(row, kept, top, strict=True)]
    lines = []
    for judge in judges:
        if judge.function not in SEQUENCES:
            continue
        short = judge.falling_short(evidence, furthest) - judge.falling_short(evidence, doubles)
        if short:
            order, mu, sigma = min(short)
            lines.append(
                f"{judge.function}: {len(short)} values fall short where fewer than {highest} orders are asked for, "
                f"order {order} at (mu, sigma) = ({mu!r}, {sigma!r}) the first"
            )
    return lines


def _further(value: tuple[int, ...], kept: tuple[int, ...], top: tuple[int, ...]) -> tuple[int, ...]:
    """Whichever of two numbers is further from a third; one that is not finite where the third is, first of all."""
    if value == top or _unlike(kept, top):
        return kept
    if kept == top or _unlike(value, top):
        return value
    gaps = [libmp.mpf_abs(libmp.mpf_sub(number, top, _BITS)) for number in (value, kept)]
    return value if libmp.mpf_gt(*gaps) else kept


def _unlike(value: tuple[int, ...], top: tuple[int, ...]) -> bool:
    return value != top and any(not number[1] and bool(number[2]) for number in (value, top))
