"""The accuracy page, written from the tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from codegen.accuracy import read_table
from numeric_backend import kernels

OPENING = """\
# Accuracy of the committed kernels

Largest error over the points of the accuracy tables (`codegen/accuracy`, in the wheel too), in units of 1e-16, with
the promise each kernel makes in `KERNEL["promise"]` after the stroke. The references are integrals of the definition
to 25 digits; they share nothing with the formulas the kernels are made from. `python -m codegen tables` makes the
tables, `python -m codegen report` this page, `polywick verify NAME` a certificate at more points and digits.

Errors are relative to `E|y^n g(y)|` for raw moments; to `sd(g) sqrt(k!)` for Hermite coefficients (to `E|g|` for
k = 0) or, where larger, the change that 4 ulp of mu or sigma would make; for expected derivatives to the same over
`sigma^k`; to `E[g^2]` and `Var g` (or, next to an extremum, that change) for the last two. Points have mu in
[-1e3, 1e3] and sigma = 0 or in [1e-12, 1e6]. Where the exact value, or the density it is built from, is no normal
double, only the sign (or zero) is checked.

"""
FUNCTIONS = (
    "activation",
    "raw_moments",
    "hermite_coefficients",
    "expected_derivatives",
    "second_moment",
    "variance",
)


def accuracy_page(folder: Path) -> str:
    """Markdown of the page, one row a kernel."""
    lines = [OPENING + "| kernel | points | " + " | ".join(FUNCTIONS) + " |"]
    lines.append("| --- | ---: | " + " | ".join("---:" for _ in FUNCTIONS) + " |")
    lines.extend(_row(read_table(path)) for path in sorted(folder.glob("*.json")))
    return "\n".join(lines) + "\n"


def _row(table: dict[str, Any]) -> str:
    promise = kernels.load(table["kernel"]).KERNEL["promise"]
    cells = [f"{max(table['recorded'][f]) * 1e16:.1f} / {promise[f] * 1e16:.0f}" for f in FUNCTIONS]
    return f"| {table['kernel']} | {len(table['points'])} | {' | '.join(cells)} |"
