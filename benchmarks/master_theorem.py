"""Batched master theorem and Isserlis moments: time for 10,000 Gaussians and n factors, one thread.

Run ``python benchmarks/master_theorem.py``.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from numeric_backend import isserlis_moment, master_coefficients

BATCH = 10_000
ORDERS = (2, 4, 6, 8, 10)
REPEATS = 5


def best_time(call: Callable[[], object]) -> float:
    """The shortest of a few runs, in seconds, after one to warm up."""
    call()
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return min(times)


def main() -> None:
    generator = np.random.default_rng(0)
    print(f"{BATCH:,} Gaussians, best of {REPEATS}")
    print(f"{'n':>3}  {'master_coefficients':>20}  {'isserlis_moment':>16}")
    for n in ORDERS:
        root = generator.normal(size=(BATCH, n + 1, n + 1))
        cov = root @ np.swapaxes(root, 1, 2)
        mean = generator.normal(size=(BATCH, n + 1))
        x, y = (mean[:, 0], cov[:, 0, 0]), (mean[:, 1:], cov[:, 1:, 1:], cov[:, 0, 1:])
        master = best_time(lambda x=x, y=y: master_coefficients(*x, *y))
        isserlis = best_time(lambda y=y, n=n: isserlis_moment(y[0], y[1], (1,) * n))
        print(f"{n:>3}  {1e3 * master:>17.2f} ms  {1e3 * isserlis:>13.2f} ms")


if __name__ == "__main__":
    main()
