"""A network that reads handwritten digits, and the polynomials that replace it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polywick.approximate import approximate
from polywick.inputs import Gaussian
from polywick.network import MLP
from polywick.polynomial import Polynomial

__all__ = ["Digits", "SampledFvu", "accuracy", "compare", "digits", "network", "sampled_fvu"]

Array = NDArray[np.float64]
Labels = NDArray[np.int64]


@dataclass(frozen=True)
class Digits:
    """Handwritten digits, 8 x 8 pixels in [0, 1], in two parts: one to learn from, one held out.

    Attributes
    ----------
    train, held_out : (n, 64) arrays
        Images as rows.
    train_labels, held_out_labels : (n,) arrays
        The digits, 0 to 9.
    """

    train: Array
    train_labels: Labels
    held_out: Array
    held_out_labels: Labels

    def class_means(self) -> Array:
        """The mean training image of each digit, (10, 64)."""
        return np.stack([self.train[self.train_labels == label].mean(axis=0) for label in range(10)])


def digits(seed: int = 0) -> Digits:
    """The 1,797 digits bundled with scikit-learn, a quarter of them held out.

    Raises
    ------
    ModuleNotFoundError
        scikit-learn is not installed; the message names the extra.

    Examples
    --------
    >>> digits().train.shape
    (1347, 64)
    """
    _require_sklearn()
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    images, labels = load_digits(return_X_y=True)
    train, held_out, train_labels, held_out_labels = train_test_split(
        np.asarray(images, dtype=np.float64) / 16.0,
        labels,
        test_size=0.25,
        random_state=seed,
        stratify=labels,
    )
    return Digits(train, train_labels, held_out, held_out_labels)


def network(data: Digits, hidden: int = 64, seed: int = 0) -> MLP:
    """A ReLU network with one hidden layer, trained on ``data`` by scikit-learn; its outputs are the logits.

    Raises
    ------
    ModuleNotFoundError
        scikit-learn is not installed.
    """
    _require_sklearn()
    from sklearn.neural_network import MLPClassifier

    classifier = MLPClassifier((hidden,), activation="relu", alpha=1.0, max_iter=1000, random_state=seed)
    classifier.fit(data.train, data.train_labels)
    (W1, W2), (b1, b2) = classifier.coefs_, classifier.intercepts_
    return MLP(W1.T, b1, W2.T, b2, "relu")


def _require_sklearn() -> None:
    try:
        import sklearn  # noqa: F401
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "the handwritten digits come with scikit-learn, which is not installed; "
            "expected the extra 'sklearn': pip install 'polywick[sklearn]'"
        ) from error


def accuracy(function: Callable[[Array], Array], images: Array, labels: Labels) -> float:
    """Fraction of ``images`` whose largest output is the one of their label.

    Examples
    --------
    >>> import numpy as np
    >>> accuracy(lambda x: x, np.eye(4), np.array([0, 1, 2, 0]))
    0.75
    """
    return float(np.mean(np.argmax(function(images), axis=-1) == labels))


@dataclass(frozen=True)
class SampledFvu:
    """A sampled fraction of variance unexplained and its standard error."""

    value: float
    standard_error: float

    def __str__(self) -> str:
        return f"{self.value:.6f} ± {self.standard_error:.6f}"


def sampled_fvu(
    function: Callable[[Array], Array], approximant: Callable[[Array], Array], samples: Array
) -> SampledFvu:
    """E|f - P|^2 / E|f - E f|^2 from samples, with the standard error of the ratio (delta method).

    Parameters
    ----------
    function, approximant : callable
        Map ``(n, d)`` to ``(n, o)``.
    samples : (n, d) array
        Independent draws of the inputs.

    Returns
    -------
    SampledFvu
        The ratio of the two sample means, and its standard error.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(0).standard_normal((100_000, 1))
    >>> found = sampled_fvu(lambda x: x + x**2, lambda x: x + 1.0, x)   # Var(x^2) / Var(x + x^2) = 2/3
    >>> abs(found.value - 2 / 3) < 4 * found.standard_error < 0.03
    True
    """
    values = function(samples)
    unexplained = np.sum((values - approximant(samples)) ** 2, axis=-1)
    variance = np.sum((values - values.mean(axis=0)) ** 2, axis=-1)
    ratio = float(unexplained.mean() / variance.mean())
    spread = np.std(unexplained - ratio * variance, ddof=1) / math.sqrt(len(samples))
    return SampledFvu(ratio, float(spread / variance.mean()))


@dataclass(frozen=True)
class Comparison:
    """One polynomial beside the network it replaces."""

    degree: int
    polynomial: Polynomial
    exact_fvu: float
    sampled: SampledFvu
    draws: int
    accuracy: float


def compare(
    trained: MLP, data: Digits, degrees: Sequence[int] = (1, 2, 3), draws: int = 200_000, seed: int = 0
) -> list[Comparison]:
    """The least-squares polynomials of ``trained`` under the Gaussian of the training images.

    Parameters
    ----------
    trained : MLP
        The network.
    data : Digits
        Where mean, covariance and held-out accuracy come from. The covariance is singular: the corner
        pixels are never lit.
    degrees : sequence of int
        Degrees of the polynomials.
    draws : int
        Gaussian samples of the check.
    seed : int
        Seed of the samples.

    Returns
    -------
    list of Comparison
        One for each degree.
    """
    inputs = Gaussian.fit(data.train)
    samples = inputs.sample(draws, seed)
    rows = []
    for degree in degrees:
        polynomial = approximate(trained, inputs, degree=degree)
        found = sampled_fvu(trained, polynomial, samples)
        score = accuracy(polynomial, data.held_out, data.held_out_labels)
        rows.append(Comparison(degree, polynomial, polynomial.fvu, found, draws, score))
    return rows
