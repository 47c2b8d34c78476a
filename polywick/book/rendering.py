"""Templates and style: how content becomes a file that needs no other."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

__all__ = ["FAMILIES", "render"]

FAMILIES = {
    "PP": "Piecewise polynomials",
    "PE": "Piecewise exponentials",
    "GA": "Polynomials times a Gaussian",
    "TR": "With sine or cosine",
    "ER": "With the normal distribution function",
    "LG": "Logistic functions",
    "NO": "Without a closed form",
}


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("polywick.book"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render(template: str, **content: Any) -> str:
    """A page; the style stands in it.

    Raises
    ------
    jinja2.UndefinedError
        The template names something that is not among the content.
    """
    style = resources.files("polywick.book").joinpath("style.css").read_text(encoding="utf-8")
    return _environment().get_template(template).render(style=Markup(style), **content)
