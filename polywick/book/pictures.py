"""The pictures of a page, by file name."""

from __future__ import annotations

from collections.abc import Callable

from codegen.accuracy import committed_table, table_names
from numeric_backend import kernels
from polywick.book import curves
from polywick.book.accuracy_map import accuracy_map, independent_points
from polywick.book.fingerprint import CURVES, MAP
from polywick.book.map_picture import map_picture
from symbolic_moments import Activation
from symbolic_moments.limits import wide_limit
from symbolic_moments.singular_points import kinks

__all__ = ["painters"]


def painters(g: Activation) -> dict[str, Callable[[], bytes]]:
    """What draws each picture of an activation without open parameters; nothing is drawn yet.

    Examples
    --------
    >>> from symbolic_moments import activation
    >>> sorted(painters(activation("relu")))
    ['accuracy.png', 'coefficients.svg', 'definition.svg', 'expectation.svg']
    """
    kernel = kernels.load(g.name)
    places = sorted({float(place) for place in (*g.decomposition.breakpoints, *kinks(g.expression))})
    width = curves.reach(places)
    grows = wide_limit(g, 0) is None
    drawn = (
        lambda: curves.definition_picture(kernel, width, places),
        lambda: curves.expectation_picture(kernel, width, places, grows),
        lambda: curves.coefficients_picture(kernel, width, grows),
    )

    def draw_map() -> bytes:
        table = committed_table(g.name) if g.name in table_names() else {"points": []}
        return map_picture(accuracy_map(kernel), independent_points(kernel, table))

    return {**dict(zip(CURVES, drawn, strict=True)), MAP: draw_map}
