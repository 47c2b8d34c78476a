"""The exact quadratic of a 784-128-10 ReLU network under the ten class Gaussians of MNIST, and what it costs.

Run ``python benchmarks/mixture_quadratic.py``; the images are looked for in the folder ``mnist`` of ``$POLYWICK_DATA``,
or else of ``../shared/data``. Beside it: the time of one application of the operator against its bare matrix products,
and the linear polynomial under a mixture of ten against ten linear polynomials under one Gaussian.
"""

from __future__ import annotations

import gzip
import os
import resource
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.neural_network import MLPClassifier

import polywick as pw
from polywick.mixture_solve.operator import QuadraticOperator

HIDDEN = 128
EPOCHS = 8
INFLATION = 1e-3


def images(part: str) -> tuple[np.ndarray, np.ndarray]:
    """Pixels in [0, 1] as rows, and labels."""
    folder = Path(os.environ.get("POLYWICK_DATA", Path(__file__).parents[2] / "shared" / "data")) / "mnist"
    pixels = np.frombuffer(gzip.decompress((folder / f"{part}-images-idx3-ubyte.gz").read_bytes()), np.uint8, offset=16)
    labels = np.frombuffer(gzip.decompress((folder / f"{part}-labels-idx1-ubyte.gz").read_bytes()), np.uint8, offset=8)
    return pixels.reshape(-1, 784) / 255.0, labels.astype(np.int64)


def trained(x: np.ndarray, labels: np.ndarray) -> pw.MLP:
    classifier = MLPClassifier((HIDDEN,), max_iter=EPOCHS, batch_size=256, learning_rate_init=2e-3, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of scikit-learn: eight epochs are meant
        classifier.fit(x, labels)
    (W1, W2), (b1, b2) = classifier.coefs_, classifier.intercepts_
    return pw.MLP(W1.T, b1, W2.T, b2, "relu")


def timed(call: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    found = call()
    return time.perf_counter() - start, found


def shares_left(network: pw.MLP, polynomial: pw.Polynomial, x: np.ndarray) -> str:
    """Fraction of variance unexplained on real images: of all, without the worst 1 %, and the median image's."""
    values = network(x)
    errors = np.sort(np.sum((values - polynomial(x)) ** 2, axis=1))
    errors /= np.mean(np.sum((values - values.mean(axis=0)) ** 2, axis=1))
    carrying = errors.size - int(np.searchsorted(np.cumsum(errors), 0.5 * errors.sum()))
    return (
        f"{errors.mean():.2%} | {errors[: int(0.99 * errors.size)].mean():.2%} | {np.median(errors):.2%} | {carrying:,}"
    )


def quadratics() -> None:
    x, labels = images("train")
    held_out, answers = images("t10k")
    network = trained(x, labels)
    mixture = pw.GaussianMixture.fit(x, labels)
    print(f"network right on {np.mean(network(held_out).argmax(axis=1) == answers):.2%} of the held-out images")
    print()
    print(
        "| inputs | dimensions | iterations | applications | time | excess FVU, estimated | first below 1e-5 | FVU on "
        "the mixture | right | peak memory |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|")
    real = []
    for name, inputs in (
        ("truncate(1e-3)", mixture.truncate(1e-3)),
        (f"inflate({INFLATION:g})", mixture.inflate(INFLATION)),
        ("as they are", mixture),
    ):
        reached: list[int] = []

        def watch(step: int, excess: float, _: float, reached: list[int] = reached) -> None:
            if excess <= 1e-5:
                reached.append(step)

        seconds, polynomial = timed(
            lambda inputs=inputs, watch=watch: pw.approximate(network, inputs, 2, progress=watch)
        )
        report = polynomial.report
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        right = np.mean(polynomial(held_out).argmax(axis=1) == answers)
        print(
            f"| {name} | {report.dimensions_kept} | {report.iterations} | {report.applications} | {seconds:.0f} s "
            f"| {report.estimated_excess_fvu:.2g} | step {reached[0]} | {polynomial.fvu:.4%} "
            f"| {right:.2%} | {memory:.2f} GiB |",
            flush=True,
        )
        real += [
            f"| {name} | {which} | {shares_left(network, polynomial, rows)} |"
            for which, rows in (("training", x), ("held out", held_out))
        ]
    print("\n| inputs | images | FVU | without the worst 1 % | median image | images that carry half of it |")
    print("|---|---|---|---|---|---|", *real, sep="\n")


def one_application(r: int = 700, components: int = 10, outputs: int = 10) -> None:
    generator = np.random.default_rng(0)
    roots = generator.standard_normal((components, r, r)) / np.sqrt(r)
    operator = QuadraticOperator(
        np.full(components, 1 / components),
        generator.standard_normal((components, r)),
        roots @ roots.transpose(0, 2, 1),
    )
    forms = generator.standard_normal((outputs, r, r))
    forms += forms.transpose(0, 2, 1).copy()
    product, result = np.empty((r, r)), np.empty((r, r))

    def bare() -> None:
        for form in forms:
            for second in operator.second:
                np.matmul(second, form, out=product)
                np.matmul(product, second, out=result)

    operator(forms)
    whole = min(timed(lambda: operator(forms))[0] for _ in range(3))
    products = min(timed(bare)[0] for _ in range(3))
    print(
        f"\none application, {r} dimensions, {components} components, {outputs} outputs: {whole:.2f} s; "
        f"its {2 * components * outputs} bare matrix products {products:.2f} s; ratio {whole / products:.2f}"
    )


def linear(d: int = 784, h: int = 1024, o: int = 10, components: int = 10) -> None:
    generator = np.random.default_rng(0)
    network = pw.MLP(
        generator.standard_normal((h, d)) / np.sqrt(d),
        generator.standard_normal(h),
        generator.standard_normal((o, h)),
        np.zeros(o),
        "relu",
    )
    mixture = pw.GaussianMixture.of(
        np.full(components, 1 / components),
        [
            pw.Gaussian.fit(generator.standard_normal((2 * d, d)) + generator.standard_normal(d))
            for _ in range(components)
        ],
    )
    _ = mixture.overall
    _ = network(np.zeros((1, d)))

    def hand(inputs: pw.Gaussian) -> np.ndarray:
        mean = network.W1 @ inputs.mean + network.b1
        spread = np.sqrt(np.sum((network.W1 @ inputs.covariance) * network.W1, axis=1))
        slope = network.kernel.hermite_coefficients(mean, spread, 1)[1] / spread
        return (network.W2 * slope) @ network.W1

    def plain() -> None:
        for component in mixture.components:
            _ = pw.approximate(network, component, 1).linear

    def written() -> None:
        for component in mixture.components:
            _ = hand(component)

    ten = min(timed(plain)[0] for _ in range(5))
    by_hand = min(timed(written)[0] for _ in range(5))
    mixed = min(timed(lambda: pw.approximate(network, mixture, 1).linear)[0] for _ in range(5))
    print(
        f"linear, ({d}, {h}, {o}): mixture of {components} {1e3 * mixed:.0f} ms; {components} plain ones "
        f"{1e3 * ten:.0f} ms (ratio {mixed / ten:.2f}); {components} written by hand {1e3 * by_hand:.0f} ms "
        f"(plain to hand {ten / by_hand:.2f})"
    )


if __name__ == "__main__":
    one_application()
    linear()
    quadratics()
