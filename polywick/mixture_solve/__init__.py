"""Least-squares polynomials under Gaussian mixtures: the linear systems and their solution."""

from __future__ import annotations

from polywick.mixture_solve.project import checked_tolerance, project_on_mixture
from polywick.mixture_solve.report import SolveReport

__all__ = ["SolveReport", "checked_tolerance", "project_on_mixture"]
