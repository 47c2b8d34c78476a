"""Piecewise polynomials whose only breakpoint is 0, and polynomials."""

from __future__ import annotations

from collections.abc import Sequence

from codegen.families import half_line_derivatives, half_line_variance
from codegen.families.contract import PROMISE
from codegen.families.half_line_moments import HalfLineEmitter
from codegen.families.two_pieces import TwoPieces
from codegen.kernel_plan import KernelPlan


def plan(pieces: TwoPieces, parameters: Sequence[str] = ()) -> KernelPlan:
    """The kernel of a piecewise polynomial with its breakpoint at 0 (or none), and symbols among its coefficients."""
    emitter = HalfLineEmitter(pieces, parameters)
    regimes = ["polynomial moments by Stein's recurrence, any mu and sigma"]
    seams: list[dict[str, float | str]] = []
    if not emitter.polynomial:
        regimes = [
            "t = mu/sigma >= 0: forward recurrence, every term positive",
            "t < 0: phi(t) times scaled moments by backward ratios, every term positive",
            "sigma = 0: the point mass",
        ]
        seams = [{"variable": "t", "value": 0.0}]
    functions = [
        emitter.raw_moments(),
        half_line_derivatives.shares(emitter),
        half_line_derivatives.hermite(emitter),
        half_line_derivatives.limits(emitter),
        half_line_derivatives.derivatives(emitter),
        emitter.second_moment(),
        half_line_variance.variance(emitter),
    ]
    return KernelPlan(functions, PROMISE, regimes, seams)
