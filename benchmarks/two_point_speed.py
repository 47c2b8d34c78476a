"""Time of two-point covariances in units of one ``scipy.special.ndtr`` over as many elements, and their error.

    python benchmarks/two_point_speed.py [--output benchmarks/results/two_point_speed.md]

A million pairs with correlations uniform in [-0.99, 0.99], means with standard deviation 2 and standard deviations
uniform in [0.1, 3], on one thread. The reference of the error is the plain double integral.
"""

import argparse
import platform
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import scipy
from scipy.special import erf, ndtr

from numeric_backend import kernels, two_point_covariance

PAIRS = 1_000_000
CHECKED = 60
AT_MOST = {"relu": 50, "gelu": 100, "erf": None, "elu": None}
FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "relu": lambda y: np.maximum(y, 0),
    "gelu": lambda y: y * ndtr(y),
    "erf": erf,
    "elu": lambda y: np.where(y > 0, y, np.expm1(np.minimum(y, 0))),
}
WINDOW, PANELS, NODES = 10.0, 24, 20


def seconds(call: Callable[[], Any]) -> float:
    start = time.process_time()
    call()
    return time.process_time() - start


def nodes(mean: Any, deviation: Any) -> tuple[Any, Any]:
    """Points y and weights of a Gaussian, shape (..., points): panels on both sides of the kink at 0."""
    points, weights = np.polynomial.legendre.leggauss(NODES)
    kink = np.clip(-np.asarray(mean) / deviation, -WINDOW, WINDOW)[..., None]
    share = np.linspace(0, 1, PANELS // 2 + 1)
    ends = np.concatenate([-WINDOW + share * (kink + WINDOW), kink + share[1:] * (WINDOW - kink)], axis=-1)
    half = np.diff(ends)[..., None] / 2
    z = ((ends[..., 1:] + ends[..., :-1])[..., None] / 2 + half * points).reshape(*ends.shape[:-1], -1)
    weight = (half * weights).reshape(z.shape) * np.exp(-z * z / 2) / np.sqrt(2 * np.pi)
    return np.asarray(mean)[..., None] + np.asarray(deviation)[..., None] * z, weight


def reference(name: str, mu_1: float, sigma_1: float, mu_2: float, sigma_2: float, rho: float) -> tuple[Any, Any]:
    """The covariance and the product of both standard deviations, from the definition."""
    function = FUNCTIONS[name]
    spreads, means = [], []
    for mean, deviation in ((mu_1, sigma_1), (mu_2, sigma_2)):
        y, weight = nodes(mean, deviation)
        means.append((weight * function(y)).sum())
        spreads.append(np.sqrt((weight * (function(y) - means[-1]) ** 2).sum()))
    y, weight = nodes(mu_1, sigma_1)
    inner_mean = mu_2 + rho * sigma_2 * (y - mu_1) / sigma_1
    inner, inner_weight = nodes(inner_mean, np.full_like(y, sigma_2 * np.sqrt(1 - rho**2)))
    given = (inner_weight * (function(inner) - means[1])).sum(axis=-1)
    return (weight * (function(y) - means[0]) * given).sum(), spreads[0] * spreads[1]


def row(name: str) -> str:
    random = np.random.default_rng(0)
    mu_1, mu_2 = 2 * random.standard_normal((2, PAIRS))
    sigma_1, sigma_2 = random.uniform(0.1, 3, (2, PAIRS))
    rho = random.uniform(-0.99, 0.99, PAIRS)
    kernel = kernels.load(name)
    unit = min(seconds(lambda: ndtr(mu_1 / sigma_1)) for _ in range(5))
    spent = min(seconds(lambda: two_point_covariance(kernel, mu_1, sigma_1, mu_2, sigma_2, rho)) for _ in range(2))
    worst = 0.0
    for i in range(CHECKED):
        pair = float(mu_1[i]), float(sigma_1[i]), float(mu_2[i]), float(sigma_2[i]), float(rho[i])
        exact, spread = reference(name, *pair)
        if spread > 0:  # a relu that is never on has none
            worst = max(worst, float(abs(two_point_covariance(kernel, *pair).value - exact) / spread))
    limit = f" (at most {AT_MOST[name]})" if AT_MOST[name] else ""
    return f"| {name} | {spent / unit:.0f}{limit} | {worst:.0e} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path)
    options = parser.parse_args()
    lines = [
        "# Two-point covariances",
        "",
        f"Processor time of {PAIRS:,} pairs over one `ndtr` on as many elements, one thread; worst error of {CHECKED}",
        f"pairs, relative to both standard deviations. Python {platform.python_version()}, NumPy {np.__version__},",
        f"SciPy {scipy.__version__}, {platform.machine()}. `python benchmarks/two_point_speed.py`.",
        "",
        "| g | time | error |",
        "| --- | ---: | ---: |",
        *(row(name) for name in AT_MOST),
    ]
    text = "\n".join(lines) + "\n"
    print(text)
    if options.output:
        options.output.write_text(text)


if __name__ == "__main__":
    main()
