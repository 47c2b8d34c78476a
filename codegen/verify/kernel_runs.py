"""A kernel run twice over: in its own doubles, and its own text with many digits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any

import numpy as np
from mpmath import libmp

from codegen.verify.arithmetic import namespaces
from codegen.verify.array_namespace import ArrayNamespace
from codegen.verify.mp_real import FellToDoubleError

__all__ = ["SEQUENCES", "SINGLES", "KernelDoesNotRun", "Rows", "float_run", "mp_run", "require_bodies"]

SEQUENCES = ("raw_moments", "hermite_coefficients", "expected_derivatives")
SINGLES = ("second_moment", "variance")

Rows = list[list[Any]]
_SMALL_BLOCK = 37


class KernelDoesNotRun(RuntimeError):  # noqa: N818 (its name is the verdict)
    """The kernel cannot be imported or run, or lacks a part of a kernel; the message is one line."""


def require_bodies(module: ModuleType) -> None:
    """Nothing, for a kernel that has every function that is to run in mpmath.

    Raises
    ------
    KernelDoesNotRun
        It lacks one.
    """
    for name in (*SEQUENCES, *SINGLES, "activation"):
        _body(module, name)


def float_run(module: ModuleType, points: Sequence[tuple[float, float]], degree: int) -> dict[str, Rows]:
    """The public functions at all points: per function one row per order, doubles as raw mpf.

    A kernel that works in blocks is made to use several.
    """
    block = getattr(module, "BLOCK", None)
    if block is None:
        return _float_run(module, points, degree)
    module.__dict__["BLOCK"] = _SMALL_BLOCK
    try:
        return _float_run(module, points, degree)
    finally:
        module.__dict__["BLOCK"] = block


def _float_run(module: ModuleType, points: Sequence[tuple[float, float]], degree: int) -> dict[str, Rows]:
    mu = np.array([point[0] for point in points], dtype=np.float64)
    sigma = np.array([point[1] for point in points], dtype=np.float64)
    runs: dict[str, Rows] = {}
    for name in SEQUENCES:
        values = _called(module, name, mu, sigma, degree)
        runs[name] = _double_rows(name, values, (degree + 1, mu.size))
    for name in SINGLES:
        values = _called(module, name, mu, sigma)
        runs[name] = _double_rows(name, values[None], (1, mu.size))
    runs["activation"] = _double_rows("activation", _called(module, "activation", mu)[None], (1, mu.size))
    return runs


def mp_run(
    module: ModuleType,
    points: Sequence[tuple[float, float]],
    degree: int,
    digits: int,
    method: Mapping[str, Any],
) -> tuple[dict[str, Rows], dict[str, str]]:
    """The body with `digits` digits: rows as in `float_run`, and what fell to double, by function."""
    runs: dict[str, Rows] = {}
    fallen: dict[str, str] = {}
    namespace = namespaces()[0]
    for name in (*SEQUENCES, *SINGLES, "activation"):
        xp = namespace(digits, method)
        mu, sigma = (xp.inputs([point[i] for point in points]) for i in (0, 1))
        try:
            if name in SEQUENCES:
                rows = list(_body(module, name)(xp, mu, sigma, degree))
            elif name in SINGLES:
                rows = [_body(module, name)(xp, mu, sigma)]
            else:
                rows = [_body(module, name)(xp, mu)]
            runs[name] = [_raw_row(xp, row, len(points)) for row in rows]
        except FellToDoubleError as error:
            fallen[name] = str(error)
        except KernelDoesNotRun:
            raise
        except Exception as error:
            raise KernelDoesNotRun(
                f"_{name} of {_name(module)} does not run in mpmath: {type(error).__name__}: {_line(error)}"
            ) from error
        if name in runs and len(runs[name]) != (degree + 1 if name in SEQUENCES else 1):
            raise KernelDoesNotRun(f"_{name} of {_name(module)} returned {len(runs[name])} rows for degree {degree}")
    return runs, fallen


def _body(module: ModuleType, name: str) -> Any:
    function = getattr(module, f"_{name}", None)
    if function is None:
        raise KernelDoesNotRun(f"{_name(module)} has no function _{name}; a kernel has one")
    return function


def _called(module: ModuleType, name: str, *arguments: Any) -> Any:
    function = getattr(module, name, None)
    if function is None:
        raise KernelDoesNotRun(f"{_name(module)} has no function {name}; a kernel has one")
    try:
        with np.errstate(all="ignore"):
            result = function(*arguments)
        return np.asarray(result.get() if hasattr(result, "get") else result)
    except Exception as error:
        raise KernelDoesNotRun(
            f"{name} of {_name(module)} does not run: {type(error).__name__}: {_line(error)}"
        ) from error


def _double_rows(name: str, values: Any, shape: tuple[int, ...]) -> Rows:
    if values.shape != shape:
        raise KernelDoesNotRun(f"{name} returned shape {values.shape}, expected {shape}")
    return [[libmp.from_float(float(value)) for value in row] for row in values]


def _raw_row(xp: ArrayNamespace, row: Any, count: int) -> list[Any]:
    values = np.broadcast_to(np.asarray(row, dtype=object), (count,))
    return [xp.raw(value) for value in values]


def _name(module: ModuleType) -> str:
    return str(getattr(module, "KERNEL", {}).get("name", module.__name__))


def _line(error: BaseException) -> str:
    return (str(error).splitlines() or [""])[0]
