"""The symbols of the formulas and what is assumed of them."""

from __future__ import annotations

import sympy as sp

__all__ = ["A", "D", "b", "k", "mu", "mu_1", "mu_2", "n", "rho", "sigma", "sigma_1", "sigma_2", "x"]

x = sp.Symbol("x", real=True)
"""The argument of an activation; also the value of the Gaussian variable under an expectation."""

mu = sp.Symbol("mu", real=True)
"""The mean of the Gaussian."""

sigma = sp.Symbol("sigma", positive=True)
"""The standard deviation of the Gaussian (never its variance)."""

n = sp.Symbol("n", integer=True, nonnegative=True)
"""The order of a moment."""

k = sp.Symbol("k", integer=True, positive=True)
"""The order of a Hermite coefficient, at least 1."""

D = sp.Symbol("D", positive=True)
"""``D = sqrt(1 + a^2 sigma^2)`` of an error term ``p(x) Phi(a x + b)``."""

A = sp.Symbol("A", real=True)
"""The amplitude of a circle moment's argument ``A cos t + b``."""

b = sp.Symbol("b", real=True)
"""Its offset."""

mu_1, mu_2 = sp.symbols("mu_1 mu_2", real=True)
"""The means of two jointly Gaussian variables."""

sigma_1, sigma_2 = sp.symbols("sigma_1 sigma_2", positive=True)
"""Their standard deviations."""

rho = sp.Symbol("rho", real=True)
"""Their correlation."""
