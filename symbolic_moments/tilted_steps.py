r"""The steps of the derivations by tilting, as text and LaTeX."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sympy as sp

from symbolic_moments.formula import Step
from symbolic_moments.gaussian_tilt import Tilt
from symbolic_moments.symbols import sigma

__all__ = ["ERROR_TILT", "INTERVALS", "TILT", "WAVE", "summed", "tilts_found"]

TILT = Step(
    r"The tilt: completing the square, $e^{-qx^2+cx}$ times the density of $N(\mu,\sigma^2)$ is $A$ times the density "
    r"of $N(m,s^2)$, so an expectation with this factor is $A$ times one without it under another Gaussian,",
    r"V = 1 + 2q\sigma^2, \quad m = \frac{\mu + c\sigma^2}{V}, \quad s^2 = \frac{\sigma^2}{V}, \quad "
    r"A = \frac{1}{\sqrt{V}} \exp\frac{c\mu + c^2\sigma^2/2 - q\mu^2}{V}",
)
"""From an exponential factor to another Gaussian."""

WAVE = Step(
    r"The same with $c + iw$ for $c$, of which $\cos wx$ and $\sin wx$ are the real and imaginary part: the mean "
    r"becomes $m + i\eta$, $\eta = w s^2$, and",
    r"\mathbb{E}\left[x^j e^{-qx^2+cx} e^{iwx}\right] = A\,e^{-w\eta/2}\,(\cos wm + i \sin wm)\,r_j, \qquad "
    r"r_{j+1} = (m + i\eta)\,r_j + j s^2 r_{j-1}, \quad r_0 = 1",
)
"""Sines and cosines: the tilt with a complex mean."""

INTERVALS = Step(
    r"On an interval $(a, b)$, with $t_a = (m-a)/s$ and $m_j$ the moments of $N(m,s^2)$ on the whole line, integration "
    r"by parts against the density gives for $K_j = \mathbb{E}[x^j\,\mathbf{1}\{a < x < b\}]$ under $N(m,s^2)$",
    r"K_{j+1} = m K_j + j s^2 K_{j-1} + s\left(a^j \varphi(t_a) - b^j \varphi(t_b)\right), \qquad "
    r"K_0 = \Phi(t_a) - \Phi(t_b), \qquad A\,\varphi(t_a) = V^{-1/2} e^{-qa^2+ca}\,"
    r"\varphi\!\left(\tfrac{\mu-a}{\sigma}\right)",
)
"""Truncated moments of the tilted Gaussian."""

ERROR_TILT = Step(
    r"For $\Phi(ax+b)$ under $N(m,s^2)$ Stein's lemma gives, with $D = \sqrt{1+a^2s^2}$, $h = (am+b)/D$ and $R_j$ the "
    r"raw moments of $N\left((m-abs^2)/D^2, s^2/D^2\right)$,",
    r"J_{j+1} = m J_j + s^2\left(j J_{j-1} + \tfrac{a}{D}\varphi(h) R_j\right), \qquad J_0 = \Phi(h)",
)
"""Error terms under the tilted Gaussian."""


def tilts_found(keys: Iterable[tuple[Any, ...]]) -> Step:
    """The tilts of one activation, ``(q, c, w)`` each."""
    lines = []
    for q, c, w, _ in keys:
        tilt = Tilt(q, c)
        exponent = sp.latex(sp.exp(-q * sp.Symbol("x") ** 2 + c * sp.Symbol("x")))
        wave = "" if w == 0 else rf"\ (w = {sp.latex(w)},\ \eta = {sp.latex(w * sigma**2 / tilt.scale)})"
        lines.append(
            rf"{exponent}{wave}: \quad m = {sp.latex(tilt.mean)}, \quad s = {sp.latex(tilt.deviation)}, "
            rf"\quad A = {sp.latex(tilt.factor)}"
        )
    return Step("Here", r"\begin{gathered} " + r" \\ ".join(lines) + r" \end{gathered}")


def summed(order: int | str) -> Step:
    """The last step of a moment of the given order."""
    return Step(f"Summing over the terms of $x^{{{order}}} g(x)$ gives the claim.")
