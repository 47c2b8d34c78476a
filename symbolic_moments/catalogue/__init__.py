"""The catalogue: one frozen record per activation, a module for each kind of function."""

from __future__ import annotations

from symbolic_moments.catalogue import error_functions, exponentials, logistic, others, piecewise_polynomials
from symbolic_moments.records import ActivationRecord

__all__ = ["CATALOGUE"]

CATALOGUE: tuple[ActivationRecord, ...] = (
    *piecewise_polynomials.RECORDS,
    *exponentials.RECORDS,
    *error_functions.RECORDS,
    *logistic.RECORDS,
    *others.RECORDS,
)
