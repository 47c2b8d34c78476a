"""A new activation, from its formula to its moments in NumPy.

Run: python examples/new_activation.py
"""

import numpy as np

import polywick
from symbolic_moments import activation

g = activation("x*erf(x)", name="x_erf")
print("family:", g.family)
print(g.moment(1).derivation())

kernel = polywick.kernel(g)
mu, sigma = np.linspace(-1.0, 1.0, 5), 0.5
print("E[x^n g(x)], n = 0, 1, 2, at five means:")
print(kernel.raw_moments(mu, sigma, 2))

samples = np.random.default_rng(0).normal(mu[0], sigma, 1_000_000)
print("sampled E[g] at the first mean:", kernel.activation(samples).mean())
