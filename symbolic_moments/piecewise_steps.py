r"""The steps of the derivations for piecewise polynomials, as text and LaTeX."""

from __future__ import annotations

from symbolic_moments.formula import Step

__all__ = ["GAUSSIAN_LADDER", "TRUNCATED_LADDER", "jump_steps"]

GAUSSIAN_LADDER = Step(
    r"The moments $m_j = \mathbb{E}[x^j]$ follow from $\sigma^2 f'(x) = -(x-\mu) f(x)$ for the density $f$ by "
    r"integration by parts:",
    r"m_{j+1} = \mu m_j + j \sigma^2 m_{j-1}, \qquad m_0 = 1",
)
"""Moments of the whole line."""

TRUNCATED_LADDER = Step(
    r"With $t_c = (\mu - c)/\sigma$, the truncated moments $T_j(c) = \mathbb{E}[x^j\,\mathbf{1}\{x > c\}]$ follow the "
    r"same way; the boundary at $c$ leaves $\sigma^2 c^j f(c) = \sigma c^j \varphi(t_c)$:",
    r"T_{j+1} = \mu T_j + j \sigma^2 T_{j-1} + \sigma c^{j} \varphi(t_c), \qquad T_0 = \Phi(t_c)",
)
"""Moments above a breakpoint."""


def jump_steps(order: int) -> tuple[Step, ...]:
    """From the jumps of the derivatives to the expectation of the derivative of the given order."""
    return (
        Step(
            r"Each jump adds a derivative of Dirac's $\delta$ to the $k$-th derivative,",
            r"g^{(k)} = g^{(k)}_{\mathrm{regular}} + \sum_c \sum_{j<k} D_{c,j}\,\delta^{(k-1-j)}_c",
        ),
        Step(
            r"and $\mathbb{E}[\delta^{(i)}_c] = (-1)^i f^{(i)}(c) = (-1)^i \sigma^{-i-1} \mathrm{He}_i(t_c) "
            r"\varphi(t_c)$, $t_c = (\mu - c)/\sigma$, as "
            r"$f^{(i)}(c) = (-1)^i \sigma^{-i-1} \mathrm{He}_i(-t_c) \varphi(t_c)$:",
            r"\mathbb{E}[g^{(k)}] = \mathbb{E}[g^{(k)}_{\mathrm{regular}}] + \sum_c \sum_{j<k} D_{c,j} "
            rf"(-1)^{{k-1-j}} \sigma^{{j-k}}\,\mathrm{{He}}_{{k-1-j}}(t_c)\,\varphi(t_c), \qquad k = {order}",
        ),
    )
