"""Pictures of an activation and of its Hermite coefficients against mu, for several sigma."""

from __future__ import annotations

import io
from collections.abc import Sequence
from itertools import pairwise
from types import ModuleType
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from numpy.typing import NDArray

__all__ = ["coefficients_picture", "definition_picture", "expectation_picture", "reach"]

INK = "#1d2733"
FAINT = "#8a94a0"
DEVIATIONS = (0.25, 1.0, 2.0, 4.0)
GROWING_DEVIATIONS = (0.25, 0.5, 1.0)
COLOURS = ("#0b3c5d", "#2a7f9e", "#d98b2b", "#b2182b")
POINTS = 401
_STYLE: dict[Any, Any] = {
    "svg.fonttype": "path",
    "svg.hashsalt": "polywick",
    "mathtext.fontset": "cm",
    "font.size": 10,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
}


def reach(breakpoints: Sequence[float]) -> float:
    """Half the width of the pictures: room for every breakpoint.

    Examples
    --------
    >>> reach(()), reach((0.0, 6.0))
    (5.0, 9.0)
    """
    return max([5.0, *(1.5 * abs(place) for place in breakpoints)])


def definition_picture(kernel: ModuleType, half_width: float, breakpoints: Sequence[float]) -> bytes:
    """G(x), SVG; a jump is a gap."""
    with mpl.rc_context(_STYLE):
        figure = _figure(1, 1, 5.6, 3.4)
        (axes,) = figure.axes
        _draw_function(axes, kernel, half_width, breakpoints, INK, 2.0)
        axes.set_xlabel("$x$")
        axes.set_ylabel("$g(x)$")
        return _svg(figure)


def expectation_picture(kernel: ModuleType, half_width: float, breakpoints: Sequence[float], grows: bool) -> bytes:
    """E[g] against mu for several sigma, with g itself, SVG."""
    with mpl.rc_context(_STYLE):
        figure = _figure(1, 1, 7.2, 4.0)
        (axes,) = figure.axes
        _draw_function(axes, kernel, half_width, breakpoints, FAINT, 1.2, r"$\sigma = 0$")
        _draw_coefficient(axes, kernel, half_width, 0, grows)
        axes.set_ylabel(r"$\mathbb{E}[g(x)]$")
        axes.legend(frameon=False)
        return _svg(figure)


def coefficients_picture(kernel: ModuleType, half_width: float, grows: bool) -> bytes:
    """c_0 .. c_3 against mu for several sigma, SVG."""
    with mpl.rc_context(_STYLE):
        figure = _figure(2, 2, 9.2, 6.4)
        for k, axes in enumerate(figure.axes):
            _draw_coefficient(axes, kernel, half_width, k, grows)
            axes.set_ylabel(f"$c_{k}$")
        figure.axes[0].legend(frameon=False)
        return _svg(figure)


def _figure(rows: int, columns: int, width: float, height: float) -> Figure:
    figure = Figure(figsize=(width, height), facecolor="white", layout="constrained")
    FigureCanvasSVG(figure)
    for axes in figure.subplots(rows, columns, squeeze=False).flat:
        axes.spines[["top", "right"]].set_visible(False)
        axes.axhline(0, color=FAINT, linewidth=0.6)
        axes.grid(color="#e4e8ec", linewidth=0.6)
        axes.set_axisbelow(True)
    return figure


def _draw_function(
    axes: Axes,
    kernel: ModuleType,
    half_width: float,
    breakpoints: Sequence[float],
    colour: str,
    width: float,
    label: str | None = None,
) -> None:
    ends = [-half_width, *(place for place in breakpoints if abs(place) < half_width), half_width]
    for index, (left, right) in enumerate(pairwise(ends)):
        x = np.linspace(np.nextafter(left, right), np.nextafter(right, left), POINTS)
        axes.plot(x, _values(kernel.activation(x)), color=colour, linewidth=width, label=None if index else label)


def _draw_coefficient(axes: Axes, kernel: ModuleType, half_width: float, k: int, grows: bool) -> None:
    mu = np.linspace(-half_width, half_width, POINTS)
    for sigma, colour in zip(GROWING_DEVIATIONS if grows else DEVIATIONS, COLOURS, strict=False):
        values = _values(kernel.hermite_coefficients(mu, sigma, k)[k])
        axes.plot(mu, values, color=colour, linewidth=1.6, label=rf"$\sigma = {sigma:g}$")
    axes.set_xlabel(r"$\mu$")


def _values(computed: NDArray[np.float64]) -> NDArray[np.float64]:
    if not np.all(np.isfinite(computed)):
        raise ValueError("a kernel gives values that are not finite where the book draws it")
    return computed


def _svg(figure: Figure) -> bytes:
    file = io.BytesIO()
    figure.savefig(file, format="svg", metadata={"Date": None})
    return file.getvalue()
