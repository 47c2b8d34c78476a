"""A finished kernel against its expression: its activation, its growing ends, and its moments on a sample."""

from __future__ import annotations

from types import ModuleType

import sympy as sp

from codegen.plan_check import Sample
from codegen.sample_trial import SampleTrial
from codegen.value_check import first_wrong_growth, first_wrong_value

__all__ = ["Trial"]


class Trial:
    """One kernel, run once, to be held to several slacks."""

    def __init__(self, kernel: ModuleType, expression: sp.Expr, sample: Sample, degree: int):
        self._kernel, self._expression, self._sample = kernel, expression, sample
        self._moments = SampleTrial(kernel, sample, degree)

    def first_miss(self, slack: int = 1) -> str | None:
        """What the kernel gets wrong first, in words; None if it keeps within ``slack`` times its tolerances."""
        sample = self._sample
        wrong = first_wrong_value(self._kernel, self._expression, sample.structures, sample.kinks, slack)
        wrong = wrong or first_wrong_growth(self._kernel, sample.growing, slack)
        return wrong or self._moments.first_miss(slack)
