"""Exact Gaussian moments of activation functions, derived step by step.

The room of SymPy: from the text of an activation to :class:`Formula` records for ``E[y^n g(y)]``, Hermite
coefficients and expected derivatives under ``y ~ N(mu, sigma^2)``, and from multi-indices to Isserlis' expansions.

Examples
--------
>>> from symbolic_moments import activation
>>> activation("relu").hermite(2).statement
'E[relu(x) He_2((x - mu)/sigma)] = sigma*phi(mu/sigma)'
"""

from symbolic_moments.activation import Activation, activation
from symbolic_moments.bivariate_moments import bivariate_moment
from symbolic_moments.circle_moments import circle_moment
from symbolic_moments.decomposition import Decomposition, ErrorTerm, Term, decompose
from symbolic_moments.formula import Formula, Step
from symbolic_moments.hermite_structure import local_weights
from symbolic_moments.isserlis import isserlis, isserlis_terms
from symbolic_moments.master_theorem import MasterTheorem, master_theorem
from symbolic_moments.signal_propagation import SignalPropagation, signal_propagation
from symbolic_moments.tails import seed_series

__all__ = [
    "Activation",
    "Decomposition",
    "ErrorTerm",
    "Formula",
    "MasterTheorem",
    "SignalPropagation",
    "Step",
    "Term",
    "activation",
    "bivariate_moment",
    "circle_moment",
    "decompose",
    "isserlis",
    "isserlis_terms",
    "local_weights",
    "master_theorem",
    "seed_series",
    "signal_propagation",
]
