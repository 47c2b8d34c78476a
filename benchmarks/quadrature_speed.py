"""Time of kernels without a closed form in units of one ``scipy.special.ndtr`` over the same elements.

    python benchmarks/quadrature_speed.py [--expressions "tanh(x)"] [--output benchmarks/results/quadrature_speed.md]

Processor time of one thread, so that a busy machine disturbs it less; the best of a few runs of each.
"""

import argparse
import platform
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import scipy
from scipy.special import ndtr

from codegen import emit

ELEMENTS = 100_000
REPEATS = 4
LOGISTIC = (
    "1/(1 + exp(-x))",
    "tanh(x)",
    "x/(1 + exp(-x))",
    "log(1 + exp(x))",
    "-log(1 + exp(-x))",
    "x/(1 + exp(-1.702*x))",
    "x*tanh(log(1 + exp(x)))",
)
OTHERS = (
    "x/2*(1 + tanh(sqrt(2/pi)*(x + 0.044715*x**3)))",
    "x/(1 + abs(x))",
    "log(cosh(x))",
    "atan(x)",
    "sqrt(1 + x**2) - 1",
    "x*exp(-x**2)",
)
GENERAL = (
    "tanh(x**3)",
    "sin(x)/x",
    "sqrt(abs(x))",
    "tanh(3*x)-tanh(x)",
    "1/(1+x**8)",
    "abs(x)**1.5",
    "exp(x)*tanh(x)",
    "sin(x)+Phi(x)",
    "tanh(x**2)",
    "1/(1+exp(-x**3))",
)
KINKED_WAVES = ("abs(sin(x))*tanh(x)", "relu(sin(x))*sigmoid(x)", "tanh(x)+abs(sin(x))")
ROUNDED = (
    "x*floor(x)",
    "floor(x)**2",
    "tanh(round(x))",
    "clip(round(x), -8, 7)",
    "round(clip(x, -1, 1)*127)/127",
)
AT_MOST, OTHERS_AT_MOST, WIDE_AT_MOST = 150, 250, 400


def seconds(call: Callable[[], Any]) -> float:
    best = float("inf")
    for _ in range(REPEATS):
        start = time.process_time()
        call()
        best = min(best, time.process_time() - start)
    return best


def row(expression: str) -> str:
    random = np.random.default_rng(0)
    mu, sigma = 2 * random.standard_normal(ELEMENTS), random.uniform(0.1, 3, ELEMENTS)
    wide = 10 ** random.uniform(np.log10(3), 4, ELEMENTS)
    far, narrow = random.uniform(-1000, 1000, ELEMENTS), 10 ** random.uniform(-6, -1, ELEMENTS)
    kernel = emit(expression).load()
    unit = min(seconds(lambda: ndtr(mu / sigma)) for _ in range(5))
    limit = AT_MOST if expression in LOGISTIC else OTHERS_AT_MOST
    cells = [
        f"{seconds(lambda: kernel.hermite_coefficients(mu, sigma, 3)) / unit:.0f} (at most {limit})",
        f"{seconds(lambda: kernel.raw_moments(mu, sigma, 2)) / unit:.0f}",
        f"{seconds(lambda: kernel.raw_moments(mu, sigma, 8)) / unit:.0f}",
        f"{seconds(lambda: kernel.variance(mu, sigma)) / unit:.0f}",
        f"{seconds(lambda: kernel.hermite_coefficients(mu, wide, 3)) / unit:.0f} (at most {WIDE_AT_MOST})",
        f"{seconds(lambda: kernel.raw_moments(mu, wide, 2)) / unit:.0f}",
        f"{seconds(lambda: kernel.hermite_coefficients(far, narrow, 3)) / unit:.0f} (at most {limit})",
        f"{seconds(lambda: kernel.variance(far, narrow)) / unit:.0f}",
    ]
    return f"| `{expression}` | {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--expressions", nargs="+", default=[*LOGISTIC, *OTHERS, *GENERAL, *KINKED_WAVES, *ROUNDED])
    parser.add_argument("--output", type=Path)
    options = parser.parse_args()
    lines = [
        "# Speed of kernels without a closed form",
        "",
        f"Processor time over one `ndtr(mu/sigma)` on the same {ELEMENTS} elements, mu with standard deviation 2,",
        "sigma uniform in [0.1, 3] or (wide) log-uniform in [3, 1e4]; narrow: log-uniform in [1e-6, 0.1], mu uniform",
        "in [-1000, 1000]; one thread,",
        f"Python {platform.python_version()}, NumPy {np.__version__}, SciPy {scipy.__version__}, {platform.machine()}.",
        "Waves that go on for ever are averaged in wide rows beyond `|mu| + 12 sigma = 4800`. Rows that",
        "surely overflow are not summed.",
        "`python benchmarks/quadrature_speed.py`.",
        "",
        "| g(x) | hermite_coefficients to 3 | raw_moments to 2 | to 8 | variance "
        "| wide: hermite to 3 | raw to 2 | narrow: hermite to 3 | variance |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    print("\n".join(lines), flush=True)
    for expression in options.expressions:
        lines.append(row(expression))
        print(lines[-1], flush=True)
    if options.output:
        options.output.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
