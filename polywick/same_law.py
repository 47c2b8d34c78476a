"""Whether a linear layer turns one law into another, to rounding."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from numeric_backend.namespaces import as_numpy

__all__ = ["preserves"]

FloatArray = npt.NDArray[np.float64]

_SAME = 1e-9  # of each deviation on the support: fractions of variance are off by about as much
_LOOSEST = 1e-3
_EPS = 64 * float(np.finfo(np.float64).eps)


def preserves(A: Any, b: Any, before: Any, after: Any) -> bool:
    """Whether ``A u + b`` has the law ``after``, to rounding, where u has the law ``before``.

    Component by component: in coordinates that whiten the law after, the pushed one has mean 0 and covariance 1 to 1e-9
    (or what rounding leaves of directions in which the law is narrow, 1e-3 at most), and outside the support of the law
    after it does not vary. Mixtures have the same law if they have the same components in the same order.

    Parameters
    ----------
    A : array, shape (d, p)
        Matrix.
    b : array, shape (d,)
        Offset.
    before, after : Gaussian or GaussianMixture
        Laws in p and in d dimensions.

    Examples
    --------
    >>> import numpy as np
    >>> import polywick as pw
    >>> from polywick.same_law import preserves
    >>> flat = pw.Gaussian([0.0, 3.0], [[4.0, 0.0], [0.0, 0.0]])
    >>> preserves(np.array([[2.0], [0.0]]), np.array([0.0, 3.0]), pw.Gaussian.standard(1), flat)
    True
    >>> preserves(np.array([[2.0], [1.0]]), np.array([0.0, 3.0]), pw.Gaussian.standard(1), flat)
    False
    """
    given, wanted = _components(before), _components(after)
    if len(given) != len(wanted):
        return False
    matrix, offset = as_numpy(A), as_numpy(b)
    lengths = np.linalg.svd(matrix, compute_uv=False)
    seen = lengths[lengths > lengths.max(initial=0.0) * max(matrix.shape) * np.finfo(np.float64).eps]
    condition = float(seen[0] / seen[-1]) if seen.size else 1.0
    return all(
        abs(weight - other) <= _SAME * other and _same(matrix, offset, one, two, condition)
        for (weight, one), (other, two) in zip(given, wanted, strict=True)
    )


def _components(law: Any) -> list[tuple[float, Any]]:
    """Weights and Gaussians of a mixture; a Gaussian is a mixture of one."""
    if not hasattr(law, "components"):
        return [(1.0, law)]
    return [(float(weight), one) for weight, one in zip(as_numpy(law.weights), law.components, strict=True)]


def _same(A: FloatArray, b: FloatArray, before: Any, after: Any, condition: float) -> bool:
    own, factor = as_numpy(before.factor), as_numpy(after.factor)
    pushed, start = A @ own, as_numpy(before.mean)
    moved = A @ start + b - as_numpy(after.mean)
    rounding = _EPS * condition
    # What the sums that make deviations and means round to, coordinate by coordinate.
    noise = rounding * _spread(own) * (np.abs(A) @ np.sqrt((own**2).sum(axis=1)))
    drift = rounding * (np.abs(A) @ np.abs(start) + np.abs(b) + np.abs(as_numpy(after.mean)))
    deviations = np.sqrt((factor**2).sum(axis=1))
    still = deviations <= noise
    if (np.sqrt((pushed[still] ** 2).sum(axis=1)) > noise[still]).any() or (np.abs(moved[still]) > drift[still]).any():
        return False
    unit = deviations[~still]
    if unit.size == 0:
        return True
    orthogonal, triangle = np.linalg.qr(factor[~still] / unit[:, None])
    narrow = float(np.abs(np.diag(triangle)).min())
    if len(triangle) < factor.shape[1] or narrow == 0:
        return False
    moved, pushed = moved[~still] / unit, pushed[~still] / unit[:, None]
    rough, drift = float((noise[~still] / unit).max()), float((drift[~still] / unit).max())
    along, across = orthogonal.T @ pushed, pushed - orthogonal @ (orthogonal.T @ pushed)
    shift, aside = orthogonal.T @ moved, moved - orthogonal @ (orthogonal.T @ moved)
    count = float(len(unit)) ** 0.5
    if float(np.abs(across).max(initial=0.0)) > count * rough or float(np.abs(aside).max()) > count * (drift + _SAME):
        return False
    white, centre = np.linalg.solve(triangle, along), np.linalg.solve(triangle, shift)
    allowed = min(max(_SAME, count * rough / narrow), _LOOSEST)
    off = float(np.abs(white @ white.T - np.eye(len(white))).max())
    near = min(max(_SAME, count * drift / narrow), _LOOSEST)
    return bool(off <= allowed and np.abs(centre).max() <= near)


def _spread(factor: FloatArray) -> float:
    """The largest deviation over the least, roughly: so much more do factors of covariances round."""
    lengths = np.abs(np.diag(np.linalg.qr(factor, mode="r")))
    return float(lengths.max() / lengths.min()) if lengths.size and lengths.min() > 0 else 1.0
