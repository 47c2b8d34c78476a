"""An MLP under correlated Gaussian inputs, replaced by polynomials of growing degree.

Run: python examples/replace_a_network.py
"""

import numpy as np

import polywick as pw

rng = np.random.default_rng(0)
inputs, hidden, outputs = 10, 40, 3
network = pw.MLP(
    rng.normal(size=(hidden, inputs)) / np.sqrt(inputs),
    rng.normal(size=hidden),
    rng.normal(size=(outputs, hidden)) / np.sqrt(hidden),
    np.zeros(outputs),
    "gelu",
)
mixing = rng.normal(size=(inputs, inputs)) / np.sqrt(inputs)
gaussian = pw.Gaussian(rng.normal(size=inputs), mixing @ mixing.T)

for degree in range(1, 6):
    polynomial = pw.approximate(network, gaussian, degree=degree)
    print(f"degree {degree}: fraction of variance unexplained {polynomial.fvu:.3e}")

quadratic = pw.approximate(network, gaussian, degree=2)
print(quadratic)
print("the quadratic form of output 0 has", quadratic.quadratic[0].shape, "coefficients")
