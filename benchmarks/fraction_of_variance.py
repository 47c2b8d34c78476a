"""Construction of a polynomial and its exact fraction of variance unexplained, by number of hidden units.

Run ``python benchmarks/fraction_of_variance.py``.
"""

from __future__ import annotations

import time

import numpy as np

import polywick as pw

INPUTS = 64
HIDDEN = (64, 256, 1024, 2048)
ACTIVATIONS = ("relu", "gelu")


def main() -> None:
    generator = np.random.default_rng(0)
    inputs = pw.Gaussian.fit(generator.normal(size=(1000, INPUTS)))
    print(f"degree 3, {INPUTS} inputs, 10 outputs")
    print(f"{'activation':>10}  {'hidden':>6}  {'pairs':>9}  {'approximate':>11}  {'fvu':>10}  {'per pair':>9}")
    for activation in ACTIVATIONS:
        for hidden in HIDDEN:
            network = pw.MLP(
                generator.normal(size=(hidden, INPUTS)) / np.sqrt(INPUTS),
                0.3 * generator.normal(size=hidden),
                generator.normal(size=(10, hidden)),
                np.zeros(10),
                activation,
            )
            start = time.perf_counter()
            polynomial = pw.approximate(network, inputs, 3)
            built = time.perf_counter() - start
            start = time.perf_counter()
            _ = polynomial.fvu
            exact = time.perf_counter() - start
            pairs = hidden * (hidden + 1) // 2
            print(
                f"{activation:>10}  {hidden:>6}  {pairs:>9,}  {1e3 * built:>8.1f} ms  {1e3 * exact:>7.0f} ms  "
                f"{1e9 * exact / pairs:>6.0f} ns"
            )


if __name__ == "__main__":
    main()
