r"""The steps of the derivations of two-point moments, as text and LaTeX."""

from __future__ import annotations

import sympy as sp

from symbolic_moments.activation import Activation
from symbolic_moments.formula import Step
from symbolic_moments.moment_rules import function_latex
from symbolic_moments.normal import Phi
from symbolic_moments.symbols import x
from symbolic_moments.two_point_parts import Part, parts_of

__all__ = ["closed_steps", "open_steps"]

_TILT = Step(
    r"With $S$ the covariance matrix, $Q = \mathrm{diag}(q_1, q_2)$ and $b = c - 2Q\mu$, completing the square makes "
    r"$e^{-y^TQy + c^Ty}$ times the density of $N(\mu, S)$ a constant times that of another Gaussian; the rest is "
    r"taken under it:",
    r"e^{c^T\mu - \mu^TQ\mu + b^TS'b/2}\,V^{-1/2} \times N(\mu + S'b, S'), \qquad S' = S(1+2QS)^{-1}, \quad "
    r"V = \det(1 + 2QS)",
)
_WAVE = Step(
    r"A cosine or sine is an exponential with $c + i\omega$ for $c$; of the product of two waves, with frequencies "
    r"$\omega_1$ and $\pm\omega_2$, half the real part of each is taken:",
    r"\mathbb{E}\left[y_1^i y_2^j e^{i\omega^Ty}\right] = e^{i\omega^T\mu - \omega^TS\omega/2}\,"
    r"\mathbb{E}\left[(y_1 + i(S\omega)_1)^i\,(y_2 + i(S\omega)_2)^j\right]",
)
_STEIN = Step(
    r"For $M_{ij} = \mathbb{E}[y_1^i y_2^j F_1(y_1) F_2(y_2)]$ Stein's lemma "
    r"$\mathbb{E}[(y_1 - \mu_1)G] = S_{11}\mathbb{E}[\partial_1 G] + S_{12}\mathbb{E}[\partial_2 G]$ gives, and "
    r"likewise in $j$,",
    r"\begin{gathered} M_{i+1,j} = \mu_1 M_{ij} + i S_{11} M_{i-1,j} + j S_{12} M_{i,j-1} \\ "
    r"{} + S_{11}\mathbb{E}[y_1^i y_2^j F_1' F_2] + S_{12}\mathbb{E}[y_1^i y_2^j F_1 F_2'] \end{gathered}",
)
_CONDITIONING = Step(
    r"$F_1 = \Phi(s_1(y-m_1)/w_1)$ ($w_1 = 0$: a step) has the derivative $s_1$ times the density of $N(m_1, w_1^2)$. "
    r"With $D_1^2 = S_{11} + w_1^2$ and $h_1 = (\mu_1 - m_1)/D_1$ it leaves an expectation under the Gaussian "
    r"conditioned on $y_1 + w_1\varepsilon = m_1$, with one factor less and the same recurrence:",
    r"\begin{gathered} \mathbb{E}[y_1^i y_2^j F_1'F_2] = \frac{s_1}{D_1}\varphi(h_1)\,\mathbb{E}'[y_1^i y_2^j F_2] \\ "
    r"\mu_1' = \frac{w_1^2\mu_1 + S_{11}m_1}{D_1^2}, \quad \mu_2' = \mu_2 + \frac{S_{12}}{D_1^2}(m_1 - \mu_1), \quad "
    r"S_{11}' = \frac{S_{11}w_1^2}{D_1^2}, \quad S_{12}' = \frac{S_{12}w_1^2}{D_1^2}, \quad "
    r"S_{22}' = S_{22} - \frac{S_{12}^2}{D_1^2} \end{gathered}",
)
_SEED_TWO = Step(
    r"The seeds are probabilities that Gaussian variables are below others: with $r = S_{12}/(D_1D_2)$, and $\Phi_2$ "
    r"the distribution function of two standard normal variables of that correlation,",
    r"\mathbb{E}[F_1F_2] = \Phi_2(s_1h_1, s_2h_2; s_1s_2r), \qquad \mathbb{E}'[F_2] = "
    r"\Phi\left(s_2\frac{h_2 - rh_1}{\sqrt{1-r^2}}\right)",
)
_SEED_ONE = Step(
    r"The seed is the probability that an independent normal variable is below $y_k$:",
    r"\mathbb{E}[F_k] = \Phi(s_kh_k)",
)
_POLYNOMIALS = Step(
    r"Moments of the Gaussian itself are Isserlis' (Stein's lemma once more),",
    r"\mathbb{E}[y_1^{i+1} y_2^j] = \mu_1\mathbb{E}[y_1^i y_2^j] + iS_{11}\mathbb{E}[y_1^{i-1} y_2^j] + "
    r"jS_{12}\mathbb{E}[y_1^i y_2^{j-1}]",
)


def _different(left: Activation, right: Activation) -> list[Activation]:
    return [left] if left.expression == right.expression else [left, right]


def _definition_steps(left: Activation, right: Activation) -> tuple[Step, ...]:
    """What the functions are."""
    return tuple(
        Step("The activation is", rf"{function_latex(g.label)}(x) = {sp.latex(g.expression)}")
        for g in _different(left, right)
    )


def closed_steps(left: Activation, right: Activation) -> tuple[Step, ...]:
    """The derivation of a closed two-point moment."""
    sides = [parts_of(g.decomposition) for g in (left, right)]
    steps = [*_definition_steps(left, right)]
    for g, parts in zip(_different(left, right), sides, strict=False):
        text = " + ".join(_latex(part) for part in parts) or "0"
        steps.append(
            Step(
                f"As a sum of products ${function_latex(g.label)}$ is (almost everywhere; $\\Phi$ the normal "
                "distribution function)",
                text,
            )
        )
    everything = [part for side in sides for part in side]
    if any(part.term.q != 0 or part.term.c != 0 for part in everything):
        steps.append(_TILT)
    if any(part.term.w != 0 for part in everything):
        steps.append(_WAVE)
    counts = [any(part.cdf is not None for part in side) for side in sides]
    if any(counts):
        steps += [_STEIN, _CONDITIONING, _SEED_TWO if all(counts) else _SEED_ONE]
    else:
        steps.append(_POLYNOMIALS)
    steps.append(Step("Summing over the pairs of products gives the claim."))
    return tuple(steps)


def open_steps(left: Activation, right: Activation, why: str) -> tuple[Step, ...]:
    """What an integral rests on; ``why`` it is no closed form."""
    reason = Step(f"No closed form is kept: {why}.")
    given = Step(
        r"Given $y_1$, $y_2$ is Gaussian, and so the other way round; where the mean of a function is closed under "
        r"every Gaussian one integral is left:",
        r"y_2 \mid y_1 \sim N\left(\mu_2 + \rho\frac{\sigma_2}{\sigma_1}(y_1 - \mu_1),\ (1-\rho^2)\sigma_2^2\right)",
    )
    return (*_definition_steps(left, right), reason, given)


def _latex(part: Part) -> str:
    factor = rf"\left({sp.latex(part.term.as_expr())}\right)"
    if part.cdf is None:
        return factor
    if part.cdf.square == 0:
        relation = ">" if part.cdf.sign > 0 else "<"
        return rf"{factor}\,\mathbf{{1}}\{{x {relation} {sp.latex(part.cdf.point)}\}}"
    return rf"{factor}\,{sp.latex(Phi(part.cdf.sign * (x - part.cdf.point) / sp.sqrt(part.cdf.square)))}"
