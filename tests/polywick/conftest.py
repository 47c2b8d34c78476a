"""The command line as a function, quadrature in the plane, and a stand-in for CuPy."""

import importlib.util
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from numeric_backend import kernel_targets
from polywick.cli import main

specification = importlib.util.spec_from_file_location("cupy_like", Path(__file__).with_name("cupy_like.py"))
cupy_like = importlib.util.module_from_spec(specification)
specification.loader.exec_module(cupy_like)


@pytest.fixture
def cp(monkeypatch):
    """A module `cupy` whose arrays refuse to meet NumPy's."""
    monkeypatch.setattr(kernel_targets, "_made", {})  # kernels of the stand-in go with it
    return cupy_like.install(monkeypatch)


@pytest.fixture
def run(capsys):
    """Run the words after ``polywick``; exit code, standard output and standard error."""

    def run(*arguments):
        code = main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


@pytest.fixture
def plane_rule():
    """Quadrature in two dimensions for functions with kinks along lines."""

    def rule(gaussian, lines):
        """Points (N, 2) and weights of a Gaussian, exact but for rounding; kinks at ``a x + b y + c = 0``."""
        factor = np.zeros((2, 2))
        factor[:, : gaussian.rank] = gaussian.factor
        z_lines = [(*(np.array([a, b]) @ factor), c + np.dot([a, b], gaussian.mean)) for a, b, c in lines]
        crossings = [
            np.linalg.solve([one[:2], two[:2]], [-one[2], -two[2]])[0]
            for one, two in combinations(z_lines, 2)
            if abs(np.linalg.det([one[:2], two[:2]])) > 1e-12
        ]
        upright = [-c / a for a, b, c in z_lines if abs(b) < 1e-14 < abs(a)]
        outer, outer_weights = _panels([*crossings, *upright])
        points, weights = [], []
        for u, weight in zip(outer, outer_weights, strict=True):
            inner, inner_weights = _panels([-(a * u + c) / b for a, b, c in z_lines if abs(b) >= 1e-14])
            points.append(np.column_stack([np.full_like(inner, u), inner]))
            weights.append(weight * inner_weights)
        return gaussian.mean + np.concatenate(points) @ factor.T, np.concatenate(weights)

    return rule


def _panels(cuts):
    """Gauss-Legendre panels for the standard normal law, cut where they are told."""
    nodes, weights = np.polynomial.legendre.leggauss(12)
    edges = np.unique(np.clip(np.concatenate([np.linspace(-9, 9, 19), cuts]), -9, 9))
    length = np.diff(edges)[:, None]
    z = (edges[:-1, None] + length * (nodes + 1) / 2).ravel()
    return z, (length * weights / 2).ravel() * np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
