"""Least-squares polynomials beside what a user would do otherwise, in one run.

* ``hand``: the quadratic (or linear) polynomial written out in NumPy from Stein's lemma, coefficients of x itself;
* ``forward``: the network on 1,000 rows;
* ``sampling``: scikit-learn's PolynomialFeatures and LinearRegression on samples of the inputs.

Run ``python benchmarks/least_squares.py``; set ``OMP_NUM_THREADS`` for the number of threads.
"""

from __future__ import annotations

import os
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np

import polywick as pw

SIZES = ((10, 100, 10), (50, 200, 10), (100, 400, 10), (200, 800, 10), (784, 1024, 10))
SAMPLES = (10_000, 100_000)
LARGEST_DESIGN = 20_000_000
DEGREE = 8
SECONDS = 0.5


def case(d: int, h: int, o: int, kind: str) -> tuple[Any, pw.Gaussian]:
    generator = np.random.default_rng(d)
    root = generator.normal(size=(d, d)) / np.sqrt(d)
    inputs = pw.Gaussian(generator.normal(size=d), root @ root.T)
    W, V = generator.normal(size=(2, h, d)) / np.sqrt(d)
    b, c = generator.normal(size=(2, h))
    W2, b2 = generator.normal(size=(o, h)), generator.normal(size=o)
    if kind == "swiglu":
        return pw.GLU(W, b, V, c, W2, b2, kind), inputs
    return pw.MLP(W, b, W2, b2, kind), inputs


def by_hand(network: Any, inputs: pw.Gaussian, degree: int) -> list[Any]:
    """E f - tr(Gamma S), beta and Gamma by Stein's lemma, moved to the monomials of x."""
    m, S, W2 = inputs.mean, inputs.covariance, network.W2
    gated = isinstance(network, pw.GLU)
    W = network.W if gated else network.W1
    mu = W @ m + (network.b if gated else network.b1)
    image = W @ S
    sigma = np.sqrt(np.einsum("hd,hd->h", image, W))
    g = network.kernel.expected_derivatives(mu, sigma, degree + gated)
    if gated:
        V, cross = network.V, np.einsum("hd,hd->h", image, network.V)
        a0 = V @ m + network.c
        expectation = W2 @ (a0 * g[0] + cross * g[1]) + network.b2
        beta = (W2 * (a0 * g[1] + cross * g[2])) @ W + (W2 * g[0]) @ V
    else:
        expectation, beta = W2 @ g[0] + network.b2, (W2 * g[1]) @ W
    if degree == 1:
        return [expectation - beta @ m, beta]
    if gated:
        weights = W2 * (a0 * g[2] + cross * g[3]) / 2
        half = np.stack([(W.T * own) @ W + (W.T * mixed) @ V for own, mixed in zip(weights, W2 * g[1], strict=True)])
        Gamma = (half + half.transpose(0, 2, 1)) / 2
    else:
        Gamma = np.stack([0.5 * (W.T * own) @ W for own in W2 * g[2]])
    Gm = Gamma @ m
    return [expectation - np.einsum("oij,ij->o", Gamma, S) - beta @ m + Gm @ m, beta - 2 * Gm, Gamma]


def by_polywick(network: Any, inputs: pw.Gaussian, degree: int) -> list[Any]:
    polynomial = pw.approximate(network, inputs, degree)
    return [polynomial.tensor(k) for k in range(degree + 1)]


def best_times(*functions: Callable[[], Any]) -> list[float]:
    """The best time of each function, taken in turns."""
    best = [np.inf] * len(functions)
    start = time.perf_counter()
    rounds = 0
    while rounds < 3 or time.perf_counter() - start < SECONDS * len(functions):
        for i, function in enumerate(functions):
            begin = time.perf_counter()
            function()
            best[i] = min(best[i], time.perf_counter() - begin)
        rounds += 1
    return best


def peak_memory(network: Any, inputs: pw.Gaussian) -> tuple[float, float]:
    """The largest memory at one time, inputs not counted: over the result, and over twice the result and the inputs."""
    tracemalloc.start()
    result = by_polywick(network, inputs, 2)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    size = sum(array.nbytes for array in result)
    held = [part for part in vars(network).values() if isinstance(part, np.ndarray)]
    given = sum(array.nbytes for array in (*held, inputs.mean, inputs.covariance))
    return peak / size, peak / (2 * size + given)


def row(size: tuple[int, int, int], kind: str) -> str:
    network, inputs = case(*size, kind)
    for found, expected in zip(by_polywick(network, inputs, 2), by_hand(network, inputs, 2), strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-9 * np.abs(expected).max())
    x = inputs.sample(1000, 0)
    high = pw.approximate(network, inputs, DEGREE)
    over_result, over_allowance = peak_memory(network, inputs)
    ours, hand = best_times(lambda: by_polywick(network, inputs, 2), lambda: by_hand(network, inputs, 2))
    linear, hand_linear = best_times(lambda: by_polywick(network, inputs, 1), lambda: by_hand(network, inputs, 1))
    forward, built, evaluated = best_times(
        lambda: network(x), lambda: pw.approximate(network, inputs, DEGREE), lambda: high(x)
    )
    return (
        f"| {kind} | {size} | {1e3 * ours:.2f} ms | {ours / hand:.2f} | {over_result:.2f} | {over_allowance:.2f} "
        f"| {1e3 * linear:.2f} ms | {linear / hand_linear:.2f} | {built / forward:.2f} | {evaluated / forward:.2f} |"
    )


def sampled(size: tuple[int, int, int], kind: str, count: int) -> str:
    from sklearn.linear_model import LinearRegression
    from sklearn.preprocessing import PolynomialFeatures

    network, inputs = case(*size, kind)
    features = PolynomialFeatures(2, include_bias=False)
    begin = time.perf_counter()
    x = inputs.sample(count, 1)
    fitted = LinearRegression().fit(features.fit_transform(x), network(x))
    seconds = time.perf_counter() - begin
    begin = time.perf_counter()
    exact = pw.approximate(network, inputs, 2)
    _, linear, quadratic = exact.intercept, exact.linear, exact.quadratic
    ours = time.perf_counter() - begin
    i, j = np.triu_indices(size[0])
    coefficients = np.concatenate([linear, np.where(i == j, 1.0, 2.0) * quadratic[:, i, j]], axis=1)
    error = np.linalg.norm(fitted.coef_ - coefficients) / np.linalg.norm(coefficients)
    return f"| {kind} | {size} | {count:,} | {seconds:.2f} s | {seconds / ours:,.0f} | {error:.1e} |"


def main() -> None:
    print(f"Threads: {os.environ.get('OMP_NUM_THREADS', 'all')}.\n")
    print("| network | (d, h, o) | quadratic | / hand | peak / result | / (2 results + inputs) | linear ", end="")
    print("| / hand | degree 8: built / forward | evaluated / forward |\n|---|---|---:|", "---:|" * 7, sep="")
    for kind in ("relu", "gelu", "swiglu"):
        for size in SIZES:
            print(row(size, kind), flush=True)
    print("\n| network | (d, h, o) | samples | sampling | / polywick | relative error of its coefficients |")
    print("|---|---|---:|---:|---:|---:|")
    for kind in ("relu", "swiglu"):
        for size in SIZES[:3]:
            for count in SAMPLES:
                if count * (size[0] + 1) * (size[0] + 2) // 2 <= LARGEST_DESIGN:
                    print(sampled(size, kind, count), flush=True)


if __name__ == "__main__":
    main()
