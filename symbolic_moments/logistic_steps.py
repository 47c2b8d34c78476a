r"""The steps of the derivations for the logistic family, as text and LaTeX."""

from __future__ import annotations

from symbolic_moments.formula import Step

__all__ = ["ACCELERATION", "BOUND", "HALF_LINES", "SOFTPLUS", "SQUARED_SIGMOID"]

BOUND = (
    "N accelerated terms err by at most 4/(3 + sqrt(8))**N times the sum of the absolute values of the parts, one part "
    "for each half line and each power of a*x + b; N is chosen from the digits asked for"
)
"""How the error of a value is known."""

HALF_LINES = Step(
    r"The geometric series in $e^{-|u|}$, $u = ax+b$, converges on each half line:",
    r"S(u) = \sum_{j \ge 0} (-1)^j e^{-ju} \quad (u > 0), \qquad S(u) = \sum_{j \ge 0} (-1)^j e^{(j+1)u} \quad (u < 0)",
)
"""The sigmoid."""

SOFTPLUS = Step(
    r"and its integral gives",
    r"L(u) = \max(u, 0) + \sum_{j \ge 0} \frac{(-1)^j}{j+1} e^{-(j+1)|u|}",
)
"""The softplus."""

SQUARED_SIGMOID = Step(
    r"As $S' = S - S^2$, Stein's lemma $\mathbb{E}[(x-\mu)F(x)] = \sigma^2\,\mathbb{E}[F'(x)]$ with "
    r"$F = p\,S(ax+b)$ gives",
    r"\mathbb{E}[p\,S^2] = \mathbb{E}[p\,S] - \frac{1}{a}\,\mathbb{E}\left[\left(\frac{x-\mu}{\sigma^2}\,p - "
    r"p'\right) S\right]",
)
"""The square of a sigmoid is a sigmoid times another polynomial."""

ACCELERATION = (
    Step(
        r"For every power $i$ and each half line the numbers "
        r"$a_j = \mathbb{E}\left[|u|^i e^{-j|u|};\, u \gtrless 0\right]$ "
        r"are moments of a positive measure, $a_j = \int_0^1 s^j\,dm(s)$ with $s = e^{-|u|}$; so are $a_j/j$. With "
        r"Chebyshev's polynomial $P_N(s) = T_N(1-2s)$ and $d_N = P_N(-1) = T_N(3)$,",
        r"\sum_{j \ge 0} (-1)^j a_j - \sum_{j<N} w_j a_j = \frac{1}{d_N} \int_0^1 \frac{P_N(s)}{1+s}\,dm(s), \qquad "
        r"\frac{1 - P_N(s)/d_N}{1+s} = \sum_{j<N} w_j s^j",
    ),
    Step(
        r"As $|P_N| \le 1$ on $[0, 1]$, the error is at most $1/d_N$ of the sum itself,",
        r"d_N = \frac{(3+\sqrt{8})^N + (3-\sqrt{8})^N}{2} \ge \frac{(3+\sqrt{8})^N}{2}",
    ),
)
"""Why few terms suffice, and how many."""
