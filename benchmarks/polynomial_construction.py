"""Polynomials of MLPs under N(mu, Sigma) beside the two closed forms written by hand, and beside sampling.

    python benchmarks/polynomial_construction.py [--sampling] [--output benchmarks/results/polynomial_construction.md]

Every figure is a ratio of the best of several rounds in one run: to the hand-written Stein form for the dense quadratic
and linear coefficients, to the network's own forward pass over 1,000 rows for the factored form. Peak memory is
NumPy's, by tracemalloc, relative to the result and what was given. ``--sampling`` adds what a user would do otherwise: scikit-learn's PolynomialFeatures and
LinearRegression on 10^4 and 10^5 samples, with the largest error of a coefficient relative to the largest coefficient.
"""

import argparse
import os
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

import polywick as pw

SIZES = ((10, 100, 10), (50, 200, 10), (100, 400, 10), (200, 800, 10), (784, 1024, 10))
ROWS = 1000
DEGREES = (1, 2, 4, 8)
ROUNDS = 7
SAMPLES = (10_000, 100_000)
FEATURES_AT_MOST = 2000  # 10^5 rows of them are 1.6 GB


def made(d: int, h: int, o: int, activation: str, seed: int = 0) -> tuple[pw.MLP, pw.Gaussian]:
    """A random network and a random Gaussian with a mean."""
    random = np.random.default_rng(seed)
    weights = random.normal(size=(h, d)) / d**0.5, 0.3 * random.normal(size=h)
    network = pw.MLP(*weights, random.normal(size=(o, h)) / h**0.5, random.normal(size=o), activation)
    root = random.normal(size=(d, d)) / d**0.5
    return network, pw.Gaussian(random.normal(size=d), root @ root.T + 0.1 * np.eye(d))


def pre_activations(network: pw.MLP, inputs: pw.Gaussian) -> tuple[Any, Any]:
    """Means and deviations of the hidden units."""
    image = network.W1 @ inputs.covariance
    return network.W1 @ inputs.mean + network.b1, np.sqrt(np.einsum("hd,hd->h", image, network.W1))


def stein_quadratic(network: pw.MLP, inputs: pw.Gaussian) -> tuple[Any, ...]:
    """``0.5 W1' diag(W2_o E[g'']) W1`` per output, and the two linear terms, as one would write them down."""
    W1, W2 = network.W1, network.W2
    mean, slope, curvature = network.kernel.expected_derivatives(*pre_activations(network, inputs), 2)
    forms = np.empty((W2.shape[0], W1.shape[1], W1.shape[1]))
    for o in range(W2.shape[0]):
        forms[o] = 0.5 * (W1.T * (W2[o] * curvature)) @ W1
    gradient = (W2 * slope) @ W1
    image = forms @ inputs.mean
    constant = W2 @ mean + network.b2 - gradient @ inputs.mean + image @ inputs.mean
    return constant - np.einsum("oij,ij->o", forms, inputs.covariance), gradient - 2 * image, forms


def stein_linear(network: pw.MLP, inputs: pw.Gaussian) -> tuple[Any, ...]:
    """``W2 diag(E[g']) W1`` and the constant."""
    mean, slope = network.kernel.expected_derivatives(*pre_activations(network, inputs), 1)
    gradient = (network.W2 * slope) @ network.W1
    return network.W2 @ mean + network.b2 - gradient @ inputs.mean, gradient


def ours(network: pw.MLP, inputs: pw.Gaussian, degree: int) -> tuple[Any, ...]:
    """The same coefficients by `polywick.approximate`."""
    polynomial = pw.approximate(network, inputs, degree)
    return tuple(polynomial.tensor(k) for k in range(degree + 1))


def best(*calls: Callable[[], Any]) -> list[float]:
    """Seconds of each call, the best of all rounds, taken in turn."""
    found = [float("inf")] * len(calls)
    for _ in range(ROUNDS):
        for place, call in enumerate(calls):
            start = time.perf_counter()
            call()
            found[place] = min(found[place], time.perf_counter() - start)
    return found


def peak_bytes(call: Callable[[], Any]) -> int:
    """Memory that NumPy holds at most during a call."""
    tracemalloc.start()
    call()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def closed_forms() -> Iterator[str]:
    """Rows of the first table."""
    for activation in ("relu", "gelu"):
        for sizes in SIZES:
            network, inputs = made(*sizes, activation)
            pairs = list(zip(stein_quadratic(network, inputs), ours(network, inputs, 2), strict=True))
            error = max(float(np.abs(a - b).max() / np.abs(a).max()) for a, b in pairs)
            hand, quadratic, hand_linear, linear = best(
                lambda n=network, i=inputs: stein_quadratic(n, i),
                lambda n=network, i=inputs: ours(n, i, 2),
                lambda n=network, i=inputs: stein_linear(n, i),
                lambda n=network, i=inputs: ours(n, i, 1),
            )
            held = sum(b.nbytes for _, b in pairs) + network.W1.nbytes + network.W2.nbytes + inputs.covariance.nbytes
            memory = peak_bytes(lambda n=network, i=inputs: ours(n, i, 2)) / held
            limit = 1.5 if sizes[0] >= 100 else 4
            yield (
                f"| {activation} | {sizes} | {1e3 * hand:.2f} ms | {quadratic / hand:.2f} | {limit} | "
                f"{linear / hand_linear:.2f} | {memory:.2f} | {error:.0e} |"
            )


def forward_passes() -> Iterator[str]:
    """Rows of the second table."""
    for activation in ("relu", "gelu", "tanh"):
        for sizes in SIZES:
            network, inputs = made(*sizes, activation)
            x = inputs.sample(ROWS, seed=1)
            cells = []
            for degree in DEGREES:
                polynomial = pw.approximate(network, inputs, degree)
                forward, build, evaluate = best(
                    lambda n=network, x=x: n(x),
                    lambda n=network, i=inputs, k=degree: pw.approximate(n, i, k),
                    lambda p=polynomial, x=x: p(x),
                )
                cells.append(f"{build / forward:.2f}, {evaluate / forward:.2f}")
            yield f"| {activation} | {sizes} | {' | '.join(cells)} |"


def sampled() -> Iterator[str]:
    """Rows of the third table."""
    from sklearn.linear_model import LinearRegression
    from sklearn.preprocessing import PolynomialFeatures

    for sizes in SIZES:
        network, inputs = made(*sizes, "relu")
        features = sizes[0] + sizes[0] * (sizes[0] + 1) // 2
        (exact,) = best(lambda n=network, i=inputs: ours(n, i, 2))
        polynomial = pw.approximate(network, inputs, 2)
        for count in SAMPLES:
            size = f"{8 * features * count / 1e9:.1f} GB of features"
            if features > FEATURES_AT_MOST or features >= count:
                yield f"| {sizes} | {features:,} | {count:,} | {size}: not run | |"
                continue
            start = time.perf_counter()
            x = inputs.sample(count, seed=2)
            expand = PolynomialFeatures(2, include_bias=False)
            fitted = LinearRegression().fit(expand.fit_transform(x), network(x))
            seconds = time.perf_counter() - start
            truth = monomial_coefficients(polynomial, expand.powers_)
            error = float(np.abs(fitted.coef_ - truth).max() / np.abs(truth).max())
            yield f"| {sizes} | {features:,} | {count:,} | {seconds / exact:,.0f} | {error:.1g} |"


def monomial_coefficients(polynomial: Any, powers: Any) -> Any:
    """Coefficients in the order of PolynomialFeatures: products of two inputs appear once."""
    columns = []
    for power in powers:
        places = np.flatnonzero(power)
        if power.sum() == 1:
            columns.append(polynomial.linear[:, places[0]])
        else:
            i, j = places[0], places[-1]
            columns.append(polynomial.quadratic[:, i, j] * (1 if i == j else 2))
    return np.stack(columns, axis=1)


def main() -> None:
    """Print the tables, and write them if asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sampling", action="store_true")
    parser.add_argument("--output", type=Path)
    chosen = parser.parse_args()
    lines = [f"threads of the matrix products: OMP_NUM_THREADS = {os.environ.get('OMP_NUM_THREADS', 'not set')}", ""]
    lines += [
        "| activation | (d, h, out) | by hand | quadratic / by hand | at most | linear / by hand | peak memory | err |"
    ]
    lines += ["|---|---|---|---|---|---|---|---|", *closed_forms(), ""]
    heads = " | ".join(f"degree {n}: build, evaluate (at most 3, {n + 2})" for n in DEGREES)
    lines += [f"| activation | (d, h, out) | {heads} |", "|---|---|" + "---|" * len(DEGREES), *forward_passes()]
    if chosen.sampling:
        lines += ["", "| (d, h, out) | features | samples | time / exact | largest coefficient error |"]
        lines += ["|---|---|---|---|---|", *sampled()]
    text = "\n".join(lines)
    print(text)
    if chosen.output is not None:
        chosen.output.write_text(f"# Polynomials beside hand-written forms\n\n{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
