"""Values that are odd in mu: exactly 0 at mu = 0, and never of the wrong sign where the sign is known."""

from typing import Any


def symmetric(xp: Any, mu: Any, values: Any, order: int, sign: int) -> Any:
    """The rows with those of ``n + order`` odd set to 0 at mu = 0, and where their sign is not ``sign * sign(mu)``.

    ``sign = 0`` where the sign is not known away from mu = 0. Where mu is NaN, and in a limit that does not exist
    (NaN too), nothing changes.
    """
    rows = []
    for n, value in enumerate(values):
        if (n + order) % 2:
            value = xp.where((mu == 0) & (value == value), 0, value)
            if sign:
                wrong = (value < 0) & (mu > 0) | (value > 0) & (mu < 0)
                if sign < 0:
                    wrong = (value > 0) & (mu > 0) | (value < 0) & (mu < 0)
                value = xp.where(wrong, 0, value)
        rows.append(value)
    return rows
