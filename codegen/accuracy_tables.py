"""Accuracy as data: reference values at fixed points, and the error each committed kernel had when they were made.

A table is a JSON file: points, per function and order the reference to 25 digits, the scale errors are divided by
and the error recorded then, and a checksum of all of it. Reading one needs no reference to be recomputed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any

from mpmath import libmp

from codegen.accuracy import checksum
from codegen.verify.definition import read_definition
from codegen.verify.error_metric import relative_error, right_sign_or_zero
from codegen.verify.expectations import Expectation, expectations
from codegen.verify.interval import ReferenceRefusesError
from codegen.verify.kernel_runs import float_run
from codegen.verify.points import choose_points
from codegen.verify.whole_line import resolvable
from numeric_backend.files import write_atomically

DIGITS = 25
DEGREE = 16
POINTS = 32
SLACK = 4.5e-16  # two units in the last place: processors and SciPy releases differ


@dataclass(frozen=True)
class Measured:
    """The error of one value of a kernel against its table."""

    function: str
    order: int
    mu: float
    sigma: float
    error: float
    recorded: float
    promise: float

    @property
    def holds(self) -> bool:
        """Not over the promise, and not over twice the record plus two units in the last place."""
        return self.error <= self.promise and self.error <= 2 * self.recorded + SLACK


def make_table(kernel: ModuleType, seed: int = 20) -> dict[str, Any]:
    """The table of a kernel: every point of `verify` is drawn from, a seeded sample is kept."""
    record = kernel.KERNEL
    definition = read_definition(record["expression"])
    candidates = [(p.mu, p.sigma) for p in choose_points(definition, record.get("seams", ()), seed=seed)]
    candidates = [point for point in candidates if resolvable(definition.expression, *point)]
    sample = Random(seed).sample(candidates, min(POINTS, len(candidates)))
    rows = []
    for mu, sigma in sorted(sample):
        try:
            roots = int(record.get("near_roots", 0))
            expected = expectations(definition, mu, sigma, DEGREE, DIGITS + 5, record["promise"], roots)
        except ReferenceRefusesError:
            continue
        values = {name: _written(row, record["promise"][name]) for name, row in expected.items()}
        rows.append({"mu": mu.hex(), "sigma": sigma.hex(), "values": values})
    table = {"kernel": record["name"], "expression": record["expression"], "degree": DEGREE, "points": rows}
    table["recorded"] = _worst(kernel, table)
    return {**table, "checksum": checksum(table)}


def _written(row: list[Expectation], promise: float) -> list[list[Any] | None]:
    """Value, scale, size and whether only the sign is asked; None where there is nothing to hold a kernel to."""
    return [_entry(e) if not e.undefined and _vouched_for(e, promise) else None for e in row]


def _vouched_for(expectation: Expectation, promise: float) -> bool:
    """Whether the reference knows the sign, where only that is asked, or else a hundredth of what is promised."""
    if expectation.sign_only:
        return expectation.sign_known
    allowed = libmp.mpf_mul(expectation.scale, libmp.from_float(promise / 100), 60)
    return bool(libmp.mpf_le(expectation.bound, allowed))


def _entry(expectation: Expectation) -> list[Any]:
    value, scale = _decimal(expectation.value, DIGITS), _decimal(expectation.scale, 12)
    return [value, scale, expectation.size, int(expectation.sign_only)]


def _decimal(value: Any, digits: int) -> str:
    return str(libmp.to_str(value, digits))


def _errors(kernel: ModuleType, table: dict[str, Any]) -> Iterator[tuple[str, int, float, float, float]]:
    points = [(float.fromhex(row["mu"]), float.fromhex(row["sigma"])) for row in table["points"]]
    runs = float_run(kernel, points, table["degree"])
    for index, (row, (mu, sigma)) in enumerate(zip(table["points"], points, strict=True)):
        for function, values in row["values"].items():
            for order, entry in enumerate(values):
                if entry is None:
                    continue
                value, scale = (libmp.from_str(text, 120, "n") for text in entry[:2])
                own = runs[function][order][index]
                error = right_sign_or_zero(own, value, entry[2]) if entry[3] else relative_error(own, value, scale)
                yield function, order, mu, sigma, error


def _worst(kernel: ModuleType, table: dict[str, Any]) -> dict[str, list[float]]:
    worst: dict[str, dict[int, float]] = {}
    for function, order, _, _, error in _errors(kernel, table):
        orders = worst.setdefault(function, {})
        orders[order] = max(orders.get(order, 0.0), error)
    return {f: [float(f"{errors.get(n, 0.0):.3g}") for n in range(max(errors) + 1)] for f, errors in worst.items()}


def measure(kernel: ModuleType, table: dict[str, Any]) -> list[Measured]:
    """The errors of a kernel now, against its table."""
    promise = kernel.KERNEL["promise"]
    return [
        Measured(function, order, mu, sigma, error, table["recorded"][function][order], promise[function])
        for function, order, mu, sigma, error in _errors(kernel, table)
    ]


def write_table(table: dict[str, Any], path: Path) -> None:
    """Write a table in one step, one point a line."""
    head = {key: value for key, value in table.items() if key != "points"}
    points = ",\n".join("  " + json.dumps(row) for row in table["points"])
    text = json.dumps(head, indent=1)[:-2] + ',\n "points": [\n' + points + "\n ]\n}\n"
    write_atomically(path, text)
