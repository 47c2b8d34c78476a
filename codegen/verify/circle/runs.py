"""A kernel of circle moments run twice over: in its own doubles, and its own text with many digits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any

import numpy as np
from mpmath import libmp

from codegen.verify.arithmetic import namespaces
from codegen.verify.kernel_runs import KernelDoesNotRun, Rows
from codegen.verify.mp_real import FellToDoubleError

__all__ = ["FUNCTIONS", "circle_float_run", "circle_mp_run", "require_circle_bodies"]

FUNCTIONS = ("activation", "circle_moments")
_SMALL_BLOCK = 37


def require_circle_bodies(module: ModuleType) -> None:
    """Nothing, for a kernel that has every function that is to run.

    Raises
    ------
    KernelDoesNotRun
        It lacks one.
    """
    for name in FUNCTIONS:
        for written in (name, f"_{name}"):
            if not callable(getattr(module, written, None)):
                raise KernelDoesNotRun(f"{module.KERNEL['name']} has no function {written}; a kernel has one")


def circle_float_run(module: ModuleType, points: Sequence[tuple[float, float]], frequencies: int) -> dict[str, Rows]:
    """The public functions at all points, in several blocks; doubles as raw mpf.

    Raises
    ------
    KernelDoesNotRun
        A function fails or returns another shape.
    """
    A, b = (np.array([point[i] for point in points], dtype=np.float64) for i in (0, 1))
    block = getattr(module, "BLOCK", None)
    if block is not None:
        module.__dict__["BLOCK"] = _SMALL_BLOCK
    try:
        with np.errstate(all="ignore"):
            runs = {
                "activation": module.activation(b)[None],
                "circle_moments": module.circle_moments(A, b, frequencies),
            }
    except Exception as error:
        raise KernelDoesNotRun(f"{module.KERNEL['name']} does not run: {type(error).__name__}: {error}") from error
    finally:
        if block is not None:
            module.__dict__["BLOCK"] = block
    rows: dict[str, Rows] = {}
    for name, count in zip(FUNCTIONS, (1, frequencies + 1), strict=True):
        values = np.asarray(runs[name].get() if hasattr(runs[name], "get") else runs[name])
        if values.shape != (count, len(points)):
            raise KernelDoesNotRun(f"{name} returned shape {values.shape}, expected {(count, len(points))}")
        rows[name] = [[libmp.from_float(float(value)) for value in row] for row in values]
    return rows


def circle_mp_run(
    module: ModuleType,
    points: Sequence[tuple[float, float]],
    frequencies: int,
    digits: int,
    method: Mapping[str, Any],
) -> tuple[dict[str, Rows], dict[str, str]]:
    """The bodies with `digits` digits: rows as in `circle_float_run`, and what fell to double, by function.

    Raises
    ------
    KernelDoesNotRun
        A body fails, or returns another number of rows.
    """
    xp = namespaces()[0](digits, method)
    A, b = (xp.inputs([point[i] for point in points]) for i in (0, 1))
    runs: dict[str, Rows] = {}
    fallen: dict[str, str] = {}
    for name in FUNCTIONS:
        body = getattr(module, f"_{name}")
        try:
            rows = [body(xp, b)] if name == "activation" else body(xp, A, b, frequencies)
            runs[name] = [[xp.raw(value) for value in np.broadcast_to(np.asarray(row), b.shape)] for row in rows]
        except FellToDoubleError as error:
            fallen[name] = str(error)
            continue
        except Exception as error:
            raise KernelDoesNotRun(
                f"_{name} of {module.KERNEL['name']} does not run in mpmath: {type(error).__name__}: {error}"
            ) from error
        if len(runs[name]) != (1 if name == "activation" else frequencies + 1):
            raise KernelDoesNotRun(f"_{name} of {module.KERNEL['name']} returned {len(runs[name])} rows")
    return runs, fallen
