"""The child process that verifies one kernel file: `python -m codegen.verify.child ORDER ANSWER`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from codegen.verify.kernel_runs import KernelDoesNotRun
from codegen.verify.load import check_file, imported_mark

__all__ = ["main"]


def main(order: str, answer: str) -> None:
    """Read [path, digits, degree, points, workers]; write the certificate, or why the kernel does not run, as JSON."""
    path, digits, degree, points, workers = json.loads(Path(order).read_text(encoding="utf-8"))
    chosen = None if points is None else [(mu, sigma) for mu, sigma in points]
    try:
        mark = imported_mark(Path(answer))
        said = {"certificate": check_file(Path(path), digits, degree, chosen, workers, mark.touch).to_json()}
    except KernelDoesNotRun as error:
        said = {"does_not_run": str(error)}
    except ValueError as error:
        said = {"wrong_use": str(error)}
    Path(answer).write_text(json.dumps(said), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
