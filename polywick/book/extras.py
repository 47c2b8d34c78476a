"""What the book is made with, and what to install where it is missing."""

from __future__ import annotations

import importlib.util

__all__ = ["LIBRARIES", "require_extras"]

LIBRARIES = ("matplotlib", "jinja2", "latex2mathml")


def require_extras() -> None:
    """Nothing, where everything is installed.

    Raises
    ------
    ModuleNotFoundError
        Something is missing; the message names it and the extra.
    """
    missing = [name for name in LIBRARIES if importlib.util.find_spec(name) is None]
    if missing:
        raise ModuleNotFoundError(
            f"the book is made with {', '.join(LIBRARIES)}; not installed: {', '.join(missing)}; "
            "expected the extra 'book': pip install \"polywick[book]\""
        )
