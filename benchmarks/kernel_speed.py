"""Time of every committed kernel with a closed form in units of one ``scipy.special.ndtr`` over the same elements.

    python benchmarks/kernel_speed.py [--kernels relu gelu] [--output benchmarks/results/kernel_speed.md]

Every round times ndtr and each kernel function one after the other, the best of three each; a ratio is the median
over the rounds, so that neither a drifting machine nor a single lucky run decides it.
"""

import argparse
import platform
import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import scipy
from scipy.special import ndtr

from numeric_backend import kernels

ELEMENTS = 100_000
ROUNDS = 5
REPEATS = 3
CASES = (("hermite_coefficients", 3), ("raw_moments", 2), ("raw_moments", 8), ("variance", None))
TARGETS = {
    ("relu", "hermite_coefficients", 3): 8,
    ("gelu", "hermite_coefficients", 3): 10,
    ("relu", "raw_moments", 2): 10,
    ("gelu", "raw_moments", 2): 20,
}
TWO_BREAKPOINTS_AT_MOST, EXPONENTIAL_AT_MOST = 60, 30


def target(name: str, function: str, degree: int | None) -> int | None:
    """What is to be reached, if anything was set."""
    record = kernels.load(name).KERNEL
    if (function, degree) == ("hermite_coefficients", 3):
        if record["family"] == "PE":
            return EXPONENTIAL_AT_MOST
        if record["family"] == "PP" and len(record["decomposition"]["breakpoints"]) == 2:
            return TWO_BREAKPOINTS_AT_MOST
    return TARGETS.get((name, function, degree))  # type: ignore[arg-type]


def with_closed_form() -> list[str]:
    """Names of the committed kernels but those of ``quadrature_speed.py``."""
    return [name for name in kernels.names() if kernels.load(name).KERNEL["family"] not in ("LG", "NO")]


def seconds(call: Callable[[], Any]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def ratios(names: list[str]) -> dict[tuple[str, str, int | None], float]:
    random = np.random.default_rng(0)
    mu, sigma = 2 * random.standard_normal(ELEMENTS), random.uniform(0.1, 3, ELEMENTS)
    calls: dict[tuple[str, str, int | None], Callable[[], Any]] = {}
    for name in names:
        module = kernels.load(name)
        for function, degree in CASES:
            arguments = (mu, sigma) if degree is None else (mu, sigma, degree)
            calls[name, function, degree] = partial(getattr(module, function), *arguments)
    measured: dict[tuple[str, str, int | None], list[float]] = {key: [] for key in calls}
    for _ in range(ROUNDS):
        for key, call in calls.items():
            unit = min(seconds(lambda: ndtr(mu / sigma)) for _ in range(REPEATS))
            measured[key].append(min(seconds(call) for _ in range(REPEATS)) / unit)
    return {key: statistics.median(values) for key, values in measured.items()}


def table(results: dict[tuple[str, str, int | None], float]) -> str:
    lines = [
        "# Kernel speed",
        "",
        f"Time over one `ndtr(mu/sigma)` on the same {ELEMENTS} elements (mu with standard deviation 2, sigma uniform",
        f"in [0.1, 3]), median of {ROUNDS} rounds, one thread; Python {platform.python_version()}, NumPy",
        f"{np.__version__}, SciPy {scipy.__version__}, {platform.machine()}. `python benchmarks/kernel_speed.py`.",
        "",
        "| kernel | hermite_coefficients to 3 | raw_moments to 2 | raw_moments to 8 | variance |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for name in dict.fromkeys(key[0] for key in results):
        cells = []
        for function, degree in CASES:
            value = results[name, function, degree]
            limit = target(name, function, degree)
            cells.append(f"{value:.1f}" + (f" (at most {limit})" if limit else ""))
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kernels", nargs="+", default=with_closed_form())
    parser.add_argument("--output", type=Path)
    options = parser.parse_args()
    text = table(ratios(options.kernels))
    print(text)
    if options.output:
        options.output.write_text(text)


if __name__ == "__main__":
    main()
