r"""The steps of the derivations for polynomials times ``Phi(a x + b)``, as text and LaTeX."""

from __future__ import annotations

from symbolic_moments.formula import Step

__all__ = ["LADDER", "SQUARED_TERM", "collected", "leibniz_steps"]

LADDER = (
    Step(
        r"For $J_j = \mathbb{E}[x^j \Phi(ax+b)]$, Stein's lemma "
        r"$\mathbb{E}[(x-\mu)F(x)] = \sigma^2 \mathbb{E}[F'(x)]$ with $F = x^j \Phi(ax+b)$ gives",
        r"J_{j+1} = \mu J_j + \sigma^2\left(j J_{j-1} + a\,\mathbb{E}[x^j \varphi(ax+b)]\right)",
    ),
    Step(
        r"With $D = \sqrt{1 + a^2\sigma^2}$ and $h = (a\mu+b)/D$, completing the square makes $\varphi(ax+b)$ times "
        r"the density $\varphi(h)/D$ times the density of $N\left((\mu - ab\sigma^2)/D^2, \sigma^2/D^2\right)$, "
        r"with raw moments $R_j$:",
        r"J_{j+1} = \mu J_j + \sigma^2\left(j J_{j-1} + \tfrac{a}{D}\varphi(h) R_j\right)",
    ),
    Step(
        r"The seed is the probability that an independent standard normal variable lies below $ax + b$:",
        r"J_0 = \Phi(h)",
    ),
)
"""The Stein ladder of the raw moments."""

SQUARED_TERM = (
    Step(
        r"For $Q_j = \mathbb{E}[x^j\Phi(ax+b)^2]$ Stein's lemma and the tilt by $\varphi(ax+b)$ give, with "
        r"$D = \sqrt{1+a^2\sigma^2}$, $E = \sqrt{1+2a^2\sigma^2}$, $h = (a\mu+b)/D$,",
        r"Q_{j+1} = \mu Q_j + \sigma^2\left(j Q_{j-1} + \tfrac{2a}{D}\varphi(h)\,\tilde J_j\right)",
    ),
    Step(
        r"where $\tilde J_j$ is $\mathbb{E}[x^j\Phi(ax+b)]$ under "
        r"$N\left((\mu-ab\sigma^2)/D^2, \sigma^2/D^2\right)$, closed in $\Phi(h/E)$ and $\varphi(h/E)$."
    ),
    Step(
        r"The seed is a bivariate normal probability with equal arguments $h$ and correlation $a^2\sigma^2/D^2$:",
        r"Q_0 = \Phi(h) - 2\,T\!\left(h, 1/E\right)",
    ),
)
"""The ladder of the second moment, seeded by Owen's T."""


def collected(order: int | str) -> Step:
    """The last step of a moment of the given order."""
    return Step(
        f"Summing over the terms of $x^{{{order}}} g(x)$ and collecting $\\Phi$ and $\\varphi$ gives the claim."
    )


def leibniz_steps(order: int) -> tuple[Step, ...]:
    """From the derivative of the given order to its expectation."""
    return (
        Step(
            r"Leibniz' rule for $p(x)\Phi(ax+b)$, with $\Phi^{(i)}(u) = (-1)^{i-1}\mathrm{He}_{i-1}(u)\varphi(u)$:",
            r"\left(p\,\Phi(a\cdot+b)\right)^{(k)} = p^{(k)}\Phi + \sum_{j<k}\binom{k}{j} p^{(j)} a^{k-j} "
            rf"(-1)^{{k-j-1}} \mathrm{{He}}_{{k-j-1}}(ax+b)\,\varphi(ax+b), \qquad k = {order}",
        ),
        Step(
            r"With $D = \sqrt{1+a^2\sigma^2}$, $h = (a\mu+b)/D$, the factor $\varphi(ax+b)$ tilts the Gaussian to "
            r"$N\left((\mu-ab\sigma^2)/D^2, \sigma^2/D^2\right)$, with expectation $\tilde{\mathbb{E}}$ and weight "
            r"$\varphi(h)/D$; there",
            r"\tilde{\mathbb{E}}\left[\mathrm{He}_i(ax+b)\right] = D^{-i}\,\mathrm{He}_i(h)",
        ),
        Step(
            r"Expanding $p^{(j)}$ in Hermite polynomials about the tilted mean (Stein's lemma again) and collecting,",
            r"\mathbb{E}[g^{(k)}] = \mathbb{E}[p^{(k)}\Phi] + \varphi(h)\left(\tfrac{a}{D}\right)^k (-1)^{k-1} "
            r"\sum_m \left(-\tfrac{D}{a}\right)^m \tilde{\mathbb{E}}[p^{(m)}] "
            r"\left(\sum_{i\le m}\binom{k-1-m+i}{i} D^{-2i}\right) \mathrm{He}_{k-1-m}(h)",
        ),
    )
