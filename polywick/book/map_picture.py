"""The picture of an accuracy map."""

from __future__ import annotations

import io

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from polywick.book.accuracy_map import FUNCTIONS, AccuracyMap, IndependentPoint

__all__ = ["map_picture"]

TITLES = {
    "raw_moments": r"$\mathbb{E}[x^n g]$, $n \leq 3$",
    "hermite_coefficients": r"$c_k$, $k \leq 3$",
}
NOTHING = "#d9dde2"
OVER = "#d7301f"
LEAST = -18.0
_TICKS = (-1000, -10, -1, 0, 1, 10, 1000)


def map_picture(found: AccuracyMap, independent: dict[str, list[IndependentPoint]]) -> bytes:
    """One panel a function, PNG.

    Colour is the logarithm of the error, red above the promise, grey where there is nothing to measure.
    """
    with mpl.rc_context({"mathtext.fontset": "cm", "font.size": 10}):
        figure = Figure(figsize=(10.4, 4.3), facecolor="white", layout="constrained", dpi=110)
        FigureCanvasAgg(figure)
        colours = mpl.colormaps["YlGnBu"].with_extremes(over=OVER)
        norm = Normalize(LEAST, float(np.log10(max(found.promise.values()))))
        panels = figure.subplots(1, len(FUNCTIONS), sharey=True)
        for axes, name in zip(panels, FUNCTIONS, strict=True):
            axes.set_facecolor(NOTHING)
            mesh = axes.pcolormesh(
                np.arcsinh(found.mu),
                np.log10(found.sigma),
                np.log10(np.maximum(found.errors[name], 10.0**LEAST)),
                cmap=colours,
                norm=norm,
                shading="nearest",
            )
            points = np.array(independent[name], dtype=float).reshape(-1, 3)
            shown = (points[:, 1] >= found.sigma[0]) & (np.abs(points[:, 0]) <= found.mu[-1])
            axes.scatter(
                np.arcsinh(points[shown, 0]),
                np.log10(points[shown, 1]),
                c=np.log10(np.maximum(points[shown, 2], 10.0**LEAST)),
                cmap=colours,
                norm=norm,
                s=34,
                edgecolors="#1d2733",
                linewidths=0.8,
            )
            axes.set_title(f"{TITLES[name]}   (promised {found.promise[name]:.0e})", fontsize=11)
            axes.set_xlabel(r"$\mu$")
            axes.set_xticks(np.arcsinh(_TICKS), [f"{tick:g}" for tick in _TICKS])
        panels[0].set_ylabel(r"$\log_{10} \sigma$")
        bar = figure.colorbar(mesh, ax=panels, extend="max", label=r"$\log_{10}$ of the error")
        bar.ax.tick_params(labelsize=9)
        file = io.BytesIO()
        figure.savefig(file, format="png", metadata={"Software": None})
        return file.getvalue()
