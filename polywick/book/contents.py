"""The table of contents."""

from __future__ import annotations

from collections.abc import Mapping

from markupsafe import Markup

from polywick.book.page import Summary
from polywick.book.rendering import FAMILIES, render
from symbolic_moments.activations import CATALOGUE

__all__ = ["contents_html"]


def contents_html(pages: Mapping[str, Summary]) -> str:
    """The table of contents of these pages, family by family in the order of the catalogue."""
    families = []
    for family, title in FAMILIES.items():
        rows = [
            {
                "record": record,
                "short": pages[record.name],
                "expression": Markup(pages[record.name].expression),
                "published": Markup(pages[record.name].published),
            }
            for record in CATALOGUE
            if record.family == family and record.name in pages
        ]
        if rows:
            families.append({"name": family, "title": title, "rows": rows})
    return render("contents.html", families=families, count=len(pages), known=len(CATALOGUE))
