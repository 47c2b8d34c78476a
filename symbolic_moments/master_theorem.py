r"""The master theorem: ``E[g(X) Y_1 ... Y_n]`` as a combination of ``E[g(X) X^k]``, ``k = 0 .. n``.

For ``X, Y_1 .. Y_n`` jointly Gaussian with ``Var X > 0`` write ``Y_i = alpha_i + beta_i X + eps_i`` with
``beta_i = Cov(X, Y_i)/Var X``, ``alpha_i = E Y_i - beta_i E X``; then ``eps ~ N(0, C)`` is independent of ``X`` and

    a_k = coefficient of X^k in E_eps[prod_i (alpha_i + beta_i X + eps_i)],

which is noncentral Isserlis with mean ``alpha + beta X`` and covariance ``C``, collected in ``X``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import sympy as sp
from sympy.polys.rings import ring

from symbolic_moments.formula import Formula, Step
from symbolic_moments.isserlis import covariance_symbol, expand_in_ring, expression_of, mean_symbol

__all__ = ["MasterTheorem", "master_theorem"]

_LARGEST = 10
_SOURCE = (
    "arXiv 2502.01032, theorem 3.1, with the sum of its equation 9 running to n and equations 14 and 16 corrected."
)


@dataclass(frozen=True)
class MasterTheorem:
    """``E[g(X) prod_i Y_i] = sum_{k<=n} a_k E[g(X) X^k]``.

    Attributes
    ----------
    n : int
        Number of the ``Y_i``.
    coefficients : tuple of Formula
        ``a_0 .. a_n`` in ``alpha_i``, ``beta_i``, ``C_ij``.

    Examples
    --------
    >>> from symbolic_moments import master_theorem
    >>> for coefficient in master_theorem(2).coefficients:
    ...     print(coefficient.statement)
    a_0 = C_12 + alpha_1*alpha_2
    a_1 = alpha_1*beta_2 + alpha_2*beta_1
    a_2 = beta_1*beta_2
    """

    n: int
    coefficients: tuple[Formula, ...] = field(repr=False)

    @property
    def terms(self) -> int:
        """Number of terms of all coefficients together, fully expanded."""
        return sum(len(sp.Add.make_args(formula.expr)) for formula in self.coefficients)

    def in_means_and_covariances(self) -> tuple[Formula, ...]:
        """``a_0 .. a_n`` in the means ``m_i`` and covariances ``S_ij`` of ``(X, Y_1, .., Y_n)``, ``X`` being number 0.

        Examples
        --------
        >>> from symbolic_moments import master_theorem
        >>> master_theorem(1).in_means_and_covariances()[0].statement
        'a_0 = m_1 - S_01*m_0/S_00'
        """
        size = self.n + 1
        m = [mean_symbol("m", i) for i in range(size)]
        S = [[covariance_symbol("S", i, j, size) for j in range(size)] for i in range(size)]
        S[0][0] = sp.Symbol(S[0][0].name, positive=True)
        replaced: dict[sp.Symbol, sp.Expr] = {}
        for i in range(1, size):
            replaced[mean_symbol("beta", i)] = S[0][i] / S[0][0]
            replaced[mean_symbol("alpha", i)] = m[i] - S[0][i] / S[0][0] * m[0]
            for j in range(i + 1, size):
                replaced[covariance_symbol("C", i, j, size)] = S[i][j] - S[0][i] * S[0][j] / S[0][0]
        return tuple(self._substituted(k, formula, replaced) for k, formula in enumerate(self.coefficients))

    def _substituted(self, k: int, formula: Formula, replaced: dict[sp.Symbol, sp.Expr]) -> Formula:
        expr = formula.expr.xreplace(replaced)
        meaning = r",\quad ".join(f"{sp.latex(key)} = {sp.latex(value)}" for key, value in replaced.items())
        return Formula(
            id=f"master_theorem.{self.n}.means.{k}",
            quantity=formula.quantity,
            quantity_latex=formula.quantity_latex,
            expr=expr,
            variables=tuple(sorted(expr.free_symbols, key=str)),
            assumptions=(
                *formula.assumptions,
                r"$\mathbb{E}$ and $\mathrm{Cov}$ of $(X, Y_1, \ldots)$ are $m_i$ and $S_{ij}$, $i, j \geq 0$",
            ),
            steps=(*formula.steps, Step("In means and covariances", meaning)),
            source=formula.source,
        )

    def latex(self) -> str:
        """The theorem with its coefficients, as an aligned LaTeX display."""
        product = " ".join(f"Y_{{{i}}}" for i in range(1, self.n + 1))
        total = " + ".join(
            f"a_{{{k}}}\\,\\mathbb{{E}}[g(X){f' X^{{{k}}}' if k else ''}]" for k in range(self.n, -1, -1)
        )
        lines = [rf"\mathbb{{E}}[g(X) {product}] &= {total}"]
        lines += [formula.latex().replace("=", "&=", 1) for formula in reversed(self.coefficients)]
        return r"\begin{aligned} " + r" \\ ".join(lines) + r" \end{aligned}"

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex()}$"


def master_theorem(n: int) -> MasterTheorem:
    """The master theorem for ``n`` factors ``Y_i``.

    Parameters
    ----------
    n : int
        From 0 to 10: fully expanded, n = 10 has 123,109 terms.

    Returns
    -------
    MasterTheorem
        With ``n + 1`` coefficients, fully expanded.

    Raises
    ------
    ValueError
        ``n`` is not such a number.

    Examples
    --------
    >>> from symbolic_moments import master_theorem
    >>> [master_theorem(n).terms for n in (2, 4, 6)]
    [5, 43, 499]
    """
    if isinstance(n, bool) or not isinstance(n, (int, sp.Integer)) or not 0 <= n <= _LARGEST:
        raise ValueError(
            f"master_theorem({n!r}): n is a whole number from 0 to {_LARGEST}, beyond which the expansion has half a "
            "million terms; numeric_backend.master_coefficients evaluates any n without expanding"
        )
    n = int(n)
    alpha = [mean_symbol("alpha", i + 1) for i in range(n)]
    beta = [mean_symbol("beta", i + 1) for i in range(n)]
    pairs = [(i, j) for i in range(n) for j in range(i + 1, n)]
    C = {pair: covariance_symbol("C", pair[0] + 1, pair[1] + 1, n + 1) for pair in pairs}
    symbols = [*alpha, *beta, *C.values()]
    polynomial_ring, *generators = ring(symbols or [sp.Symbol("alpha_1", real=True)], sp.ZZ)
    a, b = generators[:n], generators[n : 2 * n]
    c = dict(zip(pairs, generators[2 * n :], strict=False))
    value = expand_in_ring(
        (1,) * n,
        _InX((polynomial_ring(1),)),
        lambda i, expectation: expectation.times_line(a[i], b[i]),
        lambda i, j: c[min(i, j), max(i, j)],
    )
    return MasterTheorem(n, tuple(_coefficient(n, k, part) for k, part in enumerate(value.coefficients)))


@dataclass(frozen=True)
class _InX:
    """A polynomial in ``X`` with coefficients in a ring, lowest power first."""

    coefficients: tuple[Any, ...]

    def times_line(self, intercept: Any, slope: Any) -> _InX:
        parts = self.coefficients
        low = [part * intercept for part in parts] + [parts[0] * 0]
        for k, part in enumerate(parts):
            low[k + 1] = low[k + 1] + part * slope
        return _InX(tuple(low))

    def __mul__(self, factor: Any) -> _InX:
        return _InX(tuple(part * factor for part in self.coefficients))

    def __add__(self, other: _InX) -> _InX:
        long, short = sorted((self.coefficients, other.coefficients), key=len, reverse=True)
        return _InX(tuple(part + short[k] if k < len(short) else part for k, part in enumerate(long)))


def _coefficient(n: int, k: int, value: Any) -> Formula:
    expr = expression_of(value)
    used = {symbol for symbol, degree in zip(value.ring.symbols, value.degrees(), strict=True) if degree > 0}
    return Formula(
        id=f"master_theorem.{n}.{k}",
        quantity=f"a_{k}",
        quantity_latex=f"a_{{{k}}}",
        expr=expr,
        variables=tuple(symbol for symbol in value.ring.symbols if symbol in used),
        assumptions=(
            r"$X, Y_1, \ldots, Y_n$ jointly Gaussian, $\mathrm{Var} X > 0$",
            r"$\mathbb{E}|g(X) X^k| < \infty$ for $k \leq n$",
        ),
        steps=(
            Step(
                r"Regress each $Y_i$ on $X$; the residuals $\varepsilon$ are Gaussian, uncorrelated with $X$ and "
                r"therefore independent of it:",
                r"Y_i = \alpha_i + \beta_i X + \varepsilon_i, \quad "
                r"\beta_i = \frac{\mathrm{Cov}(X, Y_i)}{\mathrm{Var} X}, \quad "
                r"\alpha_i = \mathbb{E} Y_i - \beta_i \mathbb{E} X, \quad \varepsilon \sim N(0, C)",
            ),
            Step(
                r"Take the expectation over $\varepsilon$ first, by Stein's lemma, one factor at a time:",
                r"\mathbb{E}_\varepsilon[(\alpha_i + \beta_i X + \varepsilon_i) P] = (\alpha_i + \beta_i X)\,"
                r"\mathbb{E}_\varepsilon[P] + \sum_j C_{ij}\,\mathbb{E}_\varepsilon[\partial_{\varepsilon_j} P]",
            ),
            Step(rf"The coefficient of $X^{{{k}}}$ of the result is the claim."),
        ),
        source=_SOURCE,
    )
