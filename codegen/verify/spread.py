"""The points of a verification over several processes; what comes back is what one process would have found.

The processes are started by hand rather than by a pool: a pool imports the caller's main module again, which a script
without a guard, or one read from standard input, does not survive.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from codegen.verify.evidence import Evidence, Point, Question, at_places, gathered, merged
from codegen.verify.kernel_runs import KernelDoesNotRun, Rows
from codegen.verify.origin import Origin
from codegen.verify.parameter_values import Setting, bound

__all__ = ["ALONE", "Order", "Spread", "child_environment"]

_FEWEST_POINTS = 40  # for fewer, starting a process takes longer than it saves


@dataclass(frozen=True)
class Order:
    """What one process is to do: make the module, and gather the evidence at its points."""

    origin: Origin
    setting: Setting | None
    points: Sequence[Point]
    own: Mapping[str, Rows]
    question: Question

    def carried_out(self) -> Evidence:
        """The evidence."""
        module, _ = self.origin.module()
        if self.setting is not None:
            module = bound(module, self.setting)
        return gathered(module, self.points, self.own, self.question)


@dataclass(frozen=True)
class Spread:
    """How many processes may share the points, and what each needs to make the module.

    Attributes
    ----------
    workers : int
        Processes, this one included.
    origin : Origin, optional
        A module of unknown origin is verified in this process.
    setting : Setting, optional
        Values of the kernel's parameters.
    """

    workers: int = 1
    origin: Origin | None = None
    setting: Setting | None = None

    def evidence(
        self, module: ModuleType, points: Sequence[Point], own: Mapping[str, Rows], question: Question
    ) -> Evidence:
        """The evidence at all points.

        Whatever goes wrong in a share is left to this process to find again over all points: the exception, and the
        double that entered a run, are then those of a run without shares.

        Raises
        ------
        KernelDoesNotRun
            The text does not run in mpmath.
        """
        shares = min(self.workers, len(points) // _FEWEST_POINTS)
        if self.origin is not None and shares > 1:
            together = self._together(self.origin, module, points, own, question, shares)
            if together is not None:
                return together
        return gathered(module, points, own, question)

    def _together(
        self,
        origin: Origin,
        module: ModuleType,
        points: Sequence[Point],
        own: Mapping[str, Rows],
        question: Question,
        shares: int,
    ) -> Evidence | None:
        places = [range(first, len(points), shares) for first in range(shares)]
        chosen = [[points[place] for place in share] for share in places]
        with ExitStack() as stack:
            others = [
                stack.enter_context(_Worker(Order(origin, self.setting, share, at_places(own, at), question)))
                for share, at in zip(chosen[1:], places[1:], strict=True)
            ]
            try:
                found = [gathered(module, chosen[0], at_places(own, places[0]), question)]
            except KernelDoesNotRun:
                return None
            for other in others:
                answer = other.answer()
                if answer is None:
                    return None
                found.append(answer)
        return None if any(share.fallen for share in found) else merged(found, points)


ALONE = Spread()


class _Worker:
    """A process at work on an order. It ends with this process, however that ends: it holds the other end of a pipe."""

    def __init__(self, order: Order) -> None:
        self._folder = tempfile.TemporaryDirectory()
        said, self._answer = (Path(self._folder.name, name) for name in ("order", "answer"))
        said.write_bytes(pickle.dumps(order))
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "codegen.verify.share", str(said), str(self._answer)],
            env=child_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def __enter__(self) -> _Worker:
        return self

    def __exit__(self, *exception: object) -> None:
        self._process.kill()
        self._process.communicate()
        self._folder.cleanup()

    def answer(self) -> Evidence | None:
        """What it found; None if it did not come through."""
        if self._process.wait() != 0 or not self._answer.is_file():
            return None
        found: Any = pickle.loads(self._answer.read_bytes())
        return found if isinstance(found, Evidence) else None


def child_environment() -> dict[str, str]:
    """The environment in which another process imports what this one does."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(part for part in sys.path if part)}
