"""Networks from files and from other libraries' objects."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from numeric_backend import kernels
from numeric_backend.errors import InputError, ShapeError
from polywick.archives import read_archive
from polywick.gated import GLU
from polywick.network import MLP

__all__ = ["Block", "blocks", "read"]

_SHAPES = {"W1": "hd", "b1": "h", "W2": "oh", "b2": "o"}
_GATED_SHAPES = {"W": "hd", "b": "h", "V": "hd", "c": "h", "W2": "oh", "b2": "o"}
_HALVES = ("W", "V")
_LETTERS = {"h": "hidden units", "d": "inputs", "o": "outputs"}
_EXPECTED = "a network with W1, b1, W2, b2 (MLP) or W, V and, if it has them, b, c, W2, b2 (GLU)"
_SCIKIT_NAMES = {"relu": "relu", "identity": "identity", "logistic": "sigmoid", "tanh": "tanh"}


@dataclass(frozen=True)
class Block:
    """One network found in a file: its name, kind and sizes, and the activation if the file names it."""

    name: str
    kind: str
    inputs: int
    hidden: int
    outputs: int
    activation: str | None


def read(path_or_module: Any, block: str | None = None, activation: Any = None) -> MLP | GLU:
    """The network in an ``.npz`` file or a fitted scikit-learn model.

    Parameters
    ----------
    path_or_module : path, MLPClassifier or MLPRegressor
        An ``.npz`` file with ``W1 b1 W2 b2`` (an MLP) or ``W V``, and ``b c W2 b2`` if it has them (a GLU), and
        optionally ``activation``; or a fitted scikit-learn network with one hidden layer. A classifier is read up to
        its logits, before the softmax or logistic output.
    block : str, optional
        Its name, ``"mlp"`` or ``"glu"``, where it matters which it is.
    activation : str or kernel module, optional
        Needed where the source does not name it, and overriding where it does.

    Raises
    ------
    InputError
        When the source cannot be read or has no polynomial counterpart yet; the message says which part.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import numpy as np
    >>> import polywick as pw
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder) / "net.npz"
    ...     np.savez(file, W1=np.eye(2), b1=np.zeros(2), W2=np.ones((1, 2)), b2=np.zeros(1))
    ...     net = pw.read(file, activation="relu")
    >>> net
    MLP(2 -> 2 relu -> 1)
    """
    if isinstance(path_or_module, (str, os.PathLike)):
        return _read_file(Path(path_or_module), block, activation)
    if block not in (None, "mlp"):
        raise InputError(f"block is {block!r}; the source holds one network, called 'mlp'")
    if hasattr(path_or_module, "coefs_") and hasattr(path_or_module, "intercepts_"):
        return _read_scikit(path_or_module, activation)
    kind = type(path_or_module).__name__
    if kind in ("MLPClassifier", "MLPRegressor"):
        raise InputError(f"the {kind} is not fitted; call its fit method first")
    raise InputError(
        f"a {kind} was given; expected the path of an .npz file or a fitted scikit-learn MLPClassifier or MLPRegressor"
    )


def blocks(path: str | os.PathLike[str]) -> tuple[Block, ...]:
    """The networks found in an ``.npz`` file; empty when there is none.

    Parameters
    ----------
    path : path
        The file.

    Raises
    ------
    InputError
        When the file is missing, damaged or of another format, or its arrays do not fit together.
    """
    found = _block(_arrays(Path(path)))
    return () if found is None else (found,)


def _block(arrays: dict[str, Any]) -> Block | None:
    """The network the arrays make; None when there is none."""
    plain, gated = (all(name in arrays for name in names) for names in (_SHAPES, _HALVES))
    if plain and gated:
        raise InputError("the file holds both W1, b1 and W, V; expected one network, an MLP or a GLU")
    if not plain and not gated:
        return None
    if "b2" in arrays and "W2" not in arrays:
        raise InputError("the GLU network has b2 without W2; expected both, or none where the units are the outputs")
    shapes = _GATED_SHAPES if gated else _SHAPES
    _check_shapes(arrays, {name: letters for name, letters in shapes.items() if name in arrays})
    h, d = arrays["W" if gated else "W1"].shape
    outputs = arrays["W2"].shape[0] if "W2" in arrays else h
    activation = str(arrays["activation"]) if "activation" in arrays else None
    return Block("glu" if gated else "mlp", "GLU" if gated else "MLP", d, h, outputs, activation)


def _check_shapes(arrays: dict[str, Any], expected: dict[str, str]) -> None:
    """Sizes that carry the same letter agree."""
    sizes: dict[str, tuple[str, int]] = {}
    for name, letters in expected.items():
        shape = arrays[name].shape
        if len(shape) != len(letters):
            raise ShapeError(f"{name} has shape {shape}; expected {len(letters)} dimension{'s' * (len(letters) > 1)}")
        for letter, size in zip(letters, shape, strict=True):
            other, known = sizes.setdefault(letter, (name, size))
            if known != size:
                raise ShapeError(
                    f"{other} has shape {arrays[other].shape} and {name} has shape {shape}; "
                    f"expected the same number of {_LETTERS[letter]}"
                )


def _arrays(path: Path) -> dict[str, Any]:
    if path.suffix == ".safetensors":
        raise InputError(
            f"{str(path)!r} is a .safetensors file, and reading those is not built yet; expected .npz. "
            "Save W1, b1, W2, b2 with numpy.savez"
        )
    arrays = dict(read_archive(path, _EXPECTED))
    if "format" in arrays:
        raise InputError(
            f"{str(path)!r} holds a {str(arrays['format'])!r}; expected {_EXPECTED}. "
            "Open a polynomial with polywick.load"
        )
    return arrays


def _read_file(path: Path, block: str | None, activation: Any) -> MLP | GLU:
    arrays = _arrays(path)
    found = _block(arrays)
    if found is None:
        wanted = _HALVES if "W" in arrays or "V" in arrays else _SHAPES
        missing = [name for name in wanted if name not in arrays]
        raise InputError(
            f"{str(path)!r} lacks {', '.join(missing)} (it holds {', '.join(arrays) or 'nothing'}); "
            f"expected {_EXPECTED} (.npz)"
        )
    if block not in (None, found.name):
        raise InputError(f"block is {block!r}; the source holds one network, called {found.name!r}")
    if activation is None:
        activation = found.activation
    if activation is None:
        raise InputError(f"{str(path)!r} names no activation; pass activation=, for example 'relu'")
    if found.kind == "MLP":
        W1, b1, W2, b2 = (arrays[name] for name in _SHAPES)
        return MLP(W1, b1, W2, b2, activation)
    W, b, V, c, W2, b2 = (arrays.get(name) for name in _GATED_SHAPES)
    return GLU(W, b, V, c, W2, b2, activation)


def _read_scikit(model: Any, activation: Any) -> MLP:
    if len(model.coefs_) != 2:
        raise InputError(f"the model has {len(model.coefs_) - 1} hidden layers; expected one")
    output = getattr(model, "out_activation_", "identity")
    if not hasattr(model, "classes_") and output != "identity":
        raise InputError(
            f"the regressor's output goes through {output!r} (loss={getattr(model, 'loss', None)!r}), so it is no "
            "network W2 g(W1 x + b1) + b2; expected a regressor with the identity output, such as loss='squared_error'"
        )
    if activation is None:
        known = [name for name, ours in _SCIKIT_NAMES.items() if ours in kernels.names()]
        if model.activation not in known:
            raise InputError(
                f"the model's activation is {model.activation!r}, for which there is no verified kernel yet; "
                f"expected one of {', '.join(known)}, or pass activation="
            )
        activation = _SCIKIT_NAMES[model.activation]
    (W1, W2), (b1, b2) = model.coefs_, model.intercepts_
    return MLP(np.asarray(W1).T, b1, np.asarray(W2).T, b2, activation)
