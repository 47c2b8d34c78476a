"""Pictures of polynomials: the eigenvectors of their quadratic parts as images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from polywick.polynomial import Polynomial

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.gridspec import GridSpec

__all__ = ["eigenvector_gallery"]

INK = "#1d2733"
POSITIVE = "#b2182b"
NEGATIVE = "#2166ac"
FAINT = "#66707c"
CAPTION = (
    "Eigenvectors v of each output's quadratic form, P(x) = ... + \N{GREEK CAPITAL LETTER SIGMA} "
    "\N{GREEK SMALL LETTER LAMDA} (v \N{MIDDLE DOT} x)\N{SUPERSCRIPT TWO}, with their eigenvalues "
    "\N{GREEK SMALL LETTER LAMDA}.\nRed and blue pixels pull in opposite directions; the sign is free."
)


def eigenvector_gallery(
    polynomial: Polynomial,
    shape: tuple[int, int],
    labels: Sequence[str] | None = None,
    count: int = 2,
    typical: NDArray[np.float64] | None = None,
    title: str | None = None,
) -> Figure:
    """Eigenvectors of each output's quadratic form, the ``count`` most positive and most negative, as images.

    In ``P_o(x) = ... + sum_i lambda_i (v_i . x)^2`` an input that looks like ``v_i`` (or like its negative)
    raises output o where ``lambda_i > 0`` and lowers it where ``lambda_i < 0``.

    Parameters
    ----------
    polynomial : Polynomial
        Of degree 2 or more, over inputs that are images.
    shape : (rows, columns)
        The shape of an image; ``rows * columns`` inputs.
    labels : sequence of str, optional
        One per output; by default their numbers.
    count : int
        Eigenvectors of each sign per output.
    typical : (outputs, inputs) array, optional
        An image per output to show above its eigenvectors, for instance the mean of its class.
    title : str, optional
        A heading.

    Returns
    -------
    matplotlib.figure.Figure
        Save it with ``figure.savefig(path)``.

    Raises
    ------
    ValueError
        The degree is below 2, or ``shape`` does not match the inputs.
    ModuleNotFoundError
        matplotlib is not installed; the message names the extra.

    Examples
    --------
    >>> import numpy as np, polywick
    >>> rng = np.random.default_rng(0)
    >>> W1, W2 = rng.normal(size=(5, 4)), rng.normal(size=(3, 5))
    >>> f = polywick.MLP(W1, np.ones(5), W2, np.zeros(3), "relu")
    >>> P = polywick.approximate(f, polywick.Gaussian.standard(4), degree=2)
    >>> len(eigenvector_gallery(P, (2, 2), count=1).axes)
    6
    """
    if polynomial.degree < 2:
        raise ValueError(
            f"the polynomial has degree {polynomial.degree}; expected a quadratic part: approximate with degree=2"
        )
    outputs, inputs = polynomial.linear.shape
    if shape[0] * shape[1] != inputs:
        raise ValueError(
            f"images of shape {shape} have {shape[0] * shape[1]} pixels, the polynomial has {inputs} inputs; "
            "give the shape whose product is the number of inputs"
        )
    names = [str(name) for name in (labels if labels is not None else range(outputs))]
    above = int(typical is not None)
    rows = 2 * count + above
    figure = _blank_figure(outputs, rows)
    inches = figure.get_figheight()
    grid = figure.add_gridspec(
        rows,
        outputs,
        left=0.075,
        right=0.988,
        top=1 - 1.55 / inches,
        bottom=0.2 / inches,
        wspace=0.13,
        hspace=0.34,
    )
    for output in range(outputs):
        values, vectors = polynomial.eigh(output)
        ascending = np.argsort(values)
        for row, index in enumerate([*ascending[::-1][:count], *ascending[:count]]):
            axes = figure.add_subplot(grid[row + above, output])
            _draw_eigenvector(axes, _oriented(vectors[:, index]).reshape(shape), float(values[index]))
        if typical is not None:
            _draw_typical(figure.add_subplot(grid[0, output]), np.asarray(typical)[output].reshape(shape))
        left, _, width, _ = grid[0, output].get_position(figure).bounds
        height = 1 - (1.44 if above else 1.24) / inches
        figure.text(left + width / 2, height, names[output], ha="center", fontsize=18, color=INK, fontweight="bold")
    _label_rows(figure, grid, count, above)
    if title:
        figure.text(0.012, 1 - 0.16 / inches, title, fontsize=16, color=INK, fontweight="bold", va="top")
    figure.text(0.012, 1 - 0.52 / inches, CAPTION, fontsize=11.5, color=FAINT, va="top", linespacing=1.4)
    return figure


def _blank_figure(columns: int, rows: int) -> Figure:
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "pictures are drawn with matplotlib, which is not installed; expected the extra 'plot': "
            "pip install 'polywick[plot]'"
        ) from error
    figure = Figure(figsize=(1.25 * columns + 1.0, 1.42 * rows + 1.75), dpi=150, facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def _draw_eigenvector(axes: Axes, image: NDArray[np.float64], eigenvalue: float) -> None:
    limit = float(np.max(np.abs(image))) or 1.0
    axes.imshow(image, cmap="RdBu_r", vmin=-limit, vmax=limit, interpolation="nearest")
    _frame(axes)
    axes.text(
        0.5,
        1.045,
        f"{eigenvalue:+.2f}".replace("-", "\N{MINUS SIGN}"),
        transform=axes.transAxes,
        ha="center",
        va="bottom",
        fontsize=10.5,
        color=POSITIVE if eigenvalue > 0 else NEGATIVE,
    )


def _draw_typical(axes: Axes, image: NDArray[np.float64]) -> None:
    axes.imshow(image, cmap="Greys", interpolation="nearest")
    _frame(axes)


def _frame(axes: Axes) -> None:
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_color("#d5dae0")
        spine.set_linewidth(0.8)


def _label_rows(figure: Figure, grid: GridSpec, count: int, above: int) -> None:
    bands = [
        (above, above + count, "raise the output", POSITIVE),
        (above + count, None, "lower the output", NEGATIVE),
    ]
    if above:
        bands.insert(0, (0, 1, "mean", FAINT))
    for start, stop, text, colour in bands:
        band = grid[start:stop, 0].get_position(figure)
        figure.text(
            0.047,
            (band.y0 + band.y1) / 2,
            text,
            rotation=90,
            ha="center",
            va="center",
            fontsize=12.5,
            color=colour,
        )


def _oriented(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    """The eigenvector or its negative, so that its largest entry is positive: the sign carries no meaning."""
    return vector if vector[np.argmax(np.abs(vector))] >= 0 else -vector
