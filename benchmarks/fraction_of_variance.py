"""Exact fraction of variance unexplained beside the bare two-point kernel, by number of hidden units.

    python benchmarks/fraction_of_variance.py [--largest 1024] [--output benchmarks/results/fraction_of_variance.md]

Degree 3, 64 inputs, 10 outputs. Beside it the kernel alone over the h (h + 1)/2 pairs, given as ready arrays, and the
matrix products that no implementation can do without: the correlations and one quadratic form per degree. Ratios are
of processor time, best of several runs taken in turn. The error is that of the variance of a relu network without
biases, which is known in closed form (Cho and Saul's kernel). Set OMP_NUM_THREADS for the number of threads.
"""

import argparse
import os
import platform
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import scipy

import polywick as pw
from numeric_backend.two_point import TwoPointRule
from polywick.network_variance import network_variance

INPUTS, OUTPUTS, DEGREE = 64, 10, 3
CASES = (("relu", 1024), ("relu", 4096), ("gelu", 1024), ("gelu", 4096), ("elu", 1024), ("silu", 1024), ("silu", 4096))
GATED = (("reglu", 1024), ("geglu", 1024), ("swiglu", 1024), ("swiglu", 4096))
PAIRS_AT_ONCE = 1 << 18


def gaussian() -> pw.Gaussian:
    return pw.Gaussian.fit(np.random.default_rng(0).normal(size=(1000, INPUTS)))


def plain(activation: str, hidden: int, biases: float = 0.3) -> pw.MLP:
    rng = np.random.default_rng(hidden)
    W1 = rng.normal(size=(hidden, INPUTS)) / np.sqrt(INPUTS)
    W2 = rng.normal(size=(OUTPUTS, hidden))
    return pw.MLP(W1, biases * rng.normal(size=hidden), W2, np.zeros(OUTPUTS), activation)


def gated(activation: str, hidden: int) -> pw.GLU:
    rng = np.random.default_rng(hidden)
    W, V = rng.normal(size=(2, hidden, INPUTS)) / np.sqrt(INPUTS)
    b, c = 0.3 * rng.normal(size=hidden), rng.normal(size=hidden)
    return pw.GLU(W, b, V, c, rng.normal(size=(OUTPUTS, hidden)), activation=activation)


def seconds(call: Callable[[], Any]) -> float:
    start = time.process_time()
    call()
    return time.process_time() - start


def bare(network: pw.MLP, inputs: pw.Gaussian) -> float:
    """Processor time of the kernel on pairs that lie ready, and of the matrix products."""
    rule = TwoPointRule(network.kernel)
    mu = network.W1 @ inputs.mean + network.b1
    sigma, unit = inputs.deviations(network.W1)
    start = time.process_time()
    rho = unit @ unit.T
    np.clip(rho, -1, 1, out=rho)
    for _ in range(DEGREE):
        np.einsum("oh,oh->o", network.W2 @ rho, network.W2)
    total = time.process_time() - start
    i, j = np.triu_indices(mu.size)
    for first in range(0, i.size, PAIRS_AT_ONCE):
        a, b = i[first : first + PAIRS_AT_ONCE], j[first : first + PAIRS_AT_ONCE]
        r = rho[a, b]
        ready = mu[a], sigma[a], mu[b], sigma[b], r, 1 - np.abs(r)
        total += seconds(lambda ready=ready: rule.remainder(*ready))  # type: ignore[misc]
    return total


def row(kind: str, activation: str, hidden: int, inputs: pw.Gaussian) -> str:
    network = plain(activation, hidden) if kind == "MLP" else gated(activation, hidden)
    exact = kind == "MLP" and TwoPointRule(network.kernel).exact
    spent, alone, curve = [], [], []
    for _ in range(5 if hidden < 2000 else 2):
        spent.append(seconds(lambda: pw.approximate(network, inputs, DEGREE).fvu))
        curve.append(seconds(lambda: pw.fvu_curve(network, inputs, range(DEGREE + 1))))
        if exact:
            alone.append(bare(network, inputs))
    tracemalloc.start()
    P = pw.approximate(network, inputs, DEGREE)
    low, high = P.fvu_interval
    peak = tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.stop()
    pairs = hidden * (hidden + 1) // 2
    ratio = f"{min(spent) / min(alone):.2f} (at most 1.2)" if exact else "-"
    cells = (
        f"{kind} {activation}", f"{hidden:,}", f"{min(spent):.2f} s", f"{1e9 * min(spent) / pairs:.0f} ns", ratio,
        f"{min(curve) / min(spent):.2f}", f"{peak:.0f} MiB", f"{P.fvu:.6f}", f"{high - low:.0e}" if high > low else "0",
    )  # fmt: skip
    return f"| {' | '.join(cells)} |"


def error_of_relu(hidden: int, inputs: pw.Gaussian) -> float:
    """Largest relative error of the variances of a network of relus at mean 0."""
    centred = pw.Gaussian(np.zeros(INPUTS), inputs.covariance)
    network = plain("relu", hidden, biases=0.0)
    sigma, unit = centred.deviations(network.W1)
    rho = np.clip(unit @ unit.T, -1, 1)
    np.fill_diagonal(rho, 1.0)
    angle = np.arccos(rho)
    second = (np.sin(angle) + (np.pi - angle) * rho - 1) / (2 * np.pi)
    weighted = network.W2 * sigma
    exact = np.einsum("oi,oi->o", weighted @ second, weighted)
    return float(np.abs(network_variance(network, centred).per_output / exact - 1).max())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path)
    parser.add_argument("--largest", type=int, default=4096, help="hidden units at most")
    options = parser.parse_args()
    inputs = gaussian()
    lines = [
        "# Fraction of variance",
        "",
        f"Degree {DEGREE}, {INPUTS} inputs, {OUTPUTS} outputs; processor time, "
        f"OMP_NUM_THREADS={os.environ.get('OMP_NUM_THREADS', 'unset')}. *Ratio*: beside the bare two-point kernel over",
        "all pairs and the matrix products. *Curve*: all degrees to 3 beside degree 3 alone. *Peak*: memory allocated",
        "(the budget is 1 GiB). *Width*: of the interval.",
        f"Python {platform.python_version()}, NumPy {np.__version__}, SciPy {scipy.__version__}, {platform.machine()}.",
        "`python benchmarks/fraction_of_variance.py`.",
        "",
        "| network | hidden | fvu | per pair | ratio | curve | peak | value | width |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for kind, cases in (("MLP", CASES), ("GLU", GATED)):
        for activation, hidden in (case for case in cases if case[1] <= options.largest):
            lines.append(row(kind, activation, hidden, inputs))
            print(lines[-1], flush=True)
    sizes = [hidden for hidden in (1024, 4096) if hidden <= options.largest]
    worst = max(error_of_relu(hidden, inputs) for hidden in sizes)
    lines += [
        "",
        f"Variances of relu networks of {' and '.join(f'{size:,}' for size in sizes)} units are {worst:.0e} off the "
        "closed form (at most 1e-9).",
    ]
    print("\n".join(lines))
    if options.output:
        options.output.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
