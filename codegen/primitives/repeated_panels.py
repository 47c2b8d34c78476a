"""Panels of a function with kinks in every period of one of its waves."""

from typing import Any

from codegen.primitives.compensated import exact_sum


def repeated_panels(xp: Any, period: Any, head: Any, parts: Any, levels: Any, first: int, side: int, end: Any) -> Any:
    """Panels of as many periods as it takes to come to ``end``, from number ``first`` of one side outwards.

    ``parts`` are triples (lower, upper, degree) in the period that starts at 0; where the degree is 0, nothing is left
    of the function. ``levels`` are the bounds of the first periods, that of the last holds for all that follow, and
    ``head`` is the period in few enough bits for exact multiples.
    """
    count = len(levels) if end is None else max(1, int(end / period[0]) + 1 - first)
    panels: Any = []
    for number in range(count):
        turn = first + number if side > 0 else -1 - first - number
        start = turn * head, turn * ((period[0] - head) + period[1])
        level = levels[min(number, len(levels) - 1)]
        here = [(pair_sum(start, a), pair_sum(start, b), level if n else -(10**6), 0, 0, 0, n) for a, b, n in parts]
        panels = [*panels, *here] if side > 0 else [*here, *panels]
    return panels


def pair_sum(a: Any, b: Any) -> Any:
    """The sum of two numbers given with what rounding takes from them, the first of few bits."""
    total, rest = exact_sum(a[0], b[0])
    return exact_sum(total, rest + (a[1] + b[1]))
