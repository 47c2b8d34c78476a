"""A process that gathers the evidence at its share of the points: `python -m codegen.verify.share ORDER ANSWER`."""

from __future__ import annotations

import os
import pickle
import sys
import threading
from pathlib import Path

from codegen.verify.spread import Order

__all__ = ["main"]


def main(order: str, answer: str) -> None:
    """Carry out the pickled order, which comes from the process that started this one; end when that one does."""
    threading.Thread(target=_end_with_the_other, daemon=True).start()
    work: Order = pickle.loads(Path(order).read_bytes())
    Path(answer).write_bytes(pickle.dumps(work.carried_out()))


def _end_with_the_other() -> None:
    os.read(sys.stdin.fileno(), 1)  # unbuffered: a lock on a buffer would outlive the main thread
    os._exit(1)


if __name__ == "__main__":
    main(*sys.argv[1:])
