"""What the moment formulas of all families share: quantities, ids, assumptions and the shape of the record."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import sympy as sp

from symbolic_moments.decomposition import Decomposition
from symbolic_moments.formula import Formula, Step
from symbolic_moments.normal import hermite_polynomial
from symbolic_moments.symbols import mu, n, sigma, x

__all__ = ["MomentRules", "function_latex"]


def function_latex(name: str) -> str:
    r"""An activation's name in LaTeX; ``relu^2`` is its square."""
    plain, _, power = name.partition("^")
    return r"\mathrm{" + plain.replace("_", r"\_") + "}" + (f"^{{{power}}}" if power else "")


class MomentRules(ABC):
    """The formulas of one activation ``g`` under ``y ~ N(mu, sigma^2)``.

    Parameters
    ----------
    name, key : str
        What the formulas call the activation, and the beginning of their ids.
    expression : sympy.Expr
        ``g`` in ``x``.
    parts : Decomposition
        Its parts.
    """

    source = ""

    def __init__(self, name: str, key: str, expression: sp.Expr, parts: Decomposition) -> None:
        self.name = name
        self.key = key
        self.expression = expression
        self.parts = parts

    @abstractmethod
    def moment(self, order: int) -> Formula:
        """``E[y^order g(y)]``."""

    @abstractmethod
    def hermite(self, order: int) -> Formula:
        """``E[g(y) He_order((y - mu)/sigma)]``."""

    @abstractmethod
    def expected_derivative(self, order: int) -> Formula:
        """``E[g^(order)(y)]``."""

    @abstractmethod
    def second_moment(self) -> Formula:
        """``E[g(y)^2]``."""

    @abstractmethod
    def moments(self) -> Formula:
        """``E[y^n g(y)]``, any ``n``."""

    def value_at_mean(self) -> sp.Expr:
        """``g(mu)``."""
        return self.expression.subs(x, mu)

    def hermite_integrand(self, order: int) -> sp.Expr:
        """``g(x) He_order((x - mu)/sigma)``."""
        return hermite_polynomial(order, (x - mu) / sigma) * self.expression

    def formula(self, what: str, quantity: tuple[str, str], expr: Any, steps: tuple[Step, ...], **more: Any) -> Formula:
        """The record; ``what`` completes the id."""
        parameters = tuple(sorted(self.expression.free_symbols - {x}, key=str))
        variables = (mu, sigma, *parameters)
        if more.get("by_order") is not None:
            variables = (n, *variables)
        domain = [r"$x \sim N(\mu, \sigma^2)$", r"$\mu \in \mathbb{R}$", r"$\sigma > 0$"]
        for parameter in parameters:
            values = "> 0" if parameter.is_positive else r"\in \mathbb{R}"
            domain.append(f"${sp.latex(parameter)} {values}$")
        return Formula(
            id=f"{self.key}.{what}",
            quantity=quantity[0],
            quantity_latex=quantity[1],
            expr=expr,
            variables=variables,
            assumptions=tuple(domain),
            steps=steps,
            source=self.source,
            **more,
        )

    def moment_quantity(self, order: int | str) -> tuple[str, str]:
        """``E[x^order g(x)]`` as text and LaTeX."""
        text = "" if order == 0 else "x " if order == 1 else f"x^{order} "
        power = "" if order == 0 else r"x\," if order == 1 else rf"x^{{{order}}}\,"
        return (
            f"E[{text}{self.name}(x)]",
            rf"\mathbb{{E}}\left[{power}{function_latex(self.name)}(x)\right]",
        )

    def hermite_quantity(self, order: int) -> tuple[str, str]:
        """``E[g(x) He_order((x - mu)/sigma)]`` as text and LaTeX."""
        return (
            f"E[{self.name}(x) He_{order}((x - mu)/sigma)]",
            rf"\mathbb{{E}}\left[{function_latex(self.name)}(x)\,"
            rf"\mathrm{{He}}_{{{order}}}\!\left(\tfrac{{x-\mu}}{{\sigma}}\right)\right]",
        )

    def derivative_quantity(self, order: int) -> tuple[str, str]:
        """``E[g^(order)(x)]`` as text and LaTeX."""
        if order == 0:
            return self.moment_quantity(0)
        text, latex = self.name, function_latex(self.name)
        if "^" in self.name:
            text, latex = f"({text})", rf"\left({latex}\right)"
        return f"E[{text}^({order})(x)]", rf"\mathbb{{E}}\left[{latex}^{{({order})}}(x)\right]"

    def second_quantity(self) -> tuple[str, str]:
        """``E[g(x)^2]`` as text and LaTeX."""
        return f"E[{self.name}(x)^2]", rf"\mathbb{{E}}\left[{function_latex(self.name)}(x)^2\right]"

    def definition_step(self) -> Step:
        """What ``g`` is."""
        return Step("The activation is", rf"{function_latex(self.name)}(x) = {sp.latex(self.expression)}")


def stein_step(order: int) -> Step:
    """Hermite coefficients as expected derivatives."""
    return Step(
        r"Integrating by parts $k$ times against the density (Stein's lemma), with $g^{(k)}$ in the sense of "
        r"distributions so that kinks and jumps need no separate boundary terms,",
        r"\mathbb{E}\left[g(x)\,\mathrm{He}_{k}\!\left(\tfrac{x-\mu}{\sigma}\right)\right] = "
        rf"\sigma^{{k}}\,\mathbb{{E}}\left[g^{{(k)}}(x)\right], \qquad k = {order}",
    )
