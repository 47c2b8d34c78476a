r"""Signal propagation in wide random networks: gain, the map of the second moment, chi_1, the critical line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import mpmath
import sympy as sp

from symbolic_moments.activation import Activation, activation
from symbolic_moments.decomposition import decompose
from symbolic_moments.formula import Formula
from symbolic_moments.mpmath_context import exact_fraction
from symbolic_moments.published_gains import PublishedGain, published_gain
from symbolic_moments.singular_points import kinks
from symbolic_moments.symbols import x

__all__ = ["CriticalPoint", "FixedPoint", "SignalPropagation", "signal_propagation"]

_GUARD_DIGITS = 10
_DECADES = 9
_STEPS_A_DECADE = 2
_JUMP = 1e-9


@dataclass(frozen=True)
class FixedPoint:
    """A second moment that a layer hands on as it is, ``chi_1`` there, and whether others are drawn to it."""

    q: Any
    chi_1: Any
    stable: bool


@dataclass(frozen=True)
class CriticalPoint:
    """Standard deviations of weights and biases for which ``q`` is a fixed point with ``chi_1 = 1``."""

    q: Any
    sigma_w: Any
    sigma_b: Any


@dataclass(frozen=True)
class SignalPropagation:
    r"""How layer after layer of a wide random network with activation g passes on the second moment q.

    With weights of variance ``sigma_w^2 / width`` and biases of variance ``sigma_b^2``,
    ``q' = sigma_w^2 E[g(y)^2] + sigma_b^2`` and ``chi_1 = sigma_w^2 E[g'(y)^2]`` for ``y ~ N(0, q)``.

    Attributes
    ----------
    activation : Activation
        g.

    Examples
    --------
    >>> from symbolic_moments import signal_propagation
    >>> relu = signal_propagation("relu")
    >>> relu.slope_second_moment().statement
    "E[relu'(x)^2] = Phi(mu/sigma)"
    >>> print(float(relu.gain(20)), relu.published.statement)
    1.4142135623730951 sqrt(2)

    References
    ----------
    B. Poole et al., Exponential expressivity in deep neural networks through transient chaos, NeurIPS 2016
    (arXiv 1606.05340), equations 3 and 6; S. Schoenholz et al., Deep information propagation, ICLR 2017
    (arXiv 1611.01232), for the critical line.
    """

    activation: Activation

    @property
    def published(self) -> PublishedGain | None:
        """The gain that initialisers use for g, and where it comes from."""
        return published_gain(self.activation)

    def second_moment(self) -> Formula:
        """``E[g(y)^2]``."""
        return self.activation.second_moment()

    def slope_second_moment(self) -> Formula:
        """``E[g'(y)^2]``.

        Raises
        ------
        ValueError
            g jumps: the square of a Dirac delta has no expectation.
        """
        return self._slope.second_moment()

    @cached_property
    def jump(self) -> sp.Expr | None:
        """The first place at which g jumps."""
        return next((place for place in _places(self.activation) if _jumps(self.activation.expression, place)), None)

    @cached_property
    def _slope(self) -> Activation:
        if self.jump is not None:
            raise ValueError(f"{self.activation.label} jumps at x = {self.jump}: E[g'^2], and chi_1, are infinite")
        slope = sp.diff(self.activation.expression, x).replace(sp.DiracDelta, lambda *_: sp.S.Zero)
        return Activation(f"{self.activation.label}'", slope, decompose(slope), None, f"{self.activation.key}.slope")

    def gain(self, digits: int = 15) -> Any:
        """``1 / sqrt(E[g(z)^2])``, z ~ N(0, 1): the sigma_w at which q = 1 is a fixed point without biases."""
        return self._mean_square(1, digits) ** -0.5

    def slope_gain(self, digits: int = 15) -> Any:
        """``1 / sqrt(E[g'(z)^2])``, z ~ N(0, 1): the sigma_w at which gradients keep their size at q = 1.

        0 where g jumps: no weights are small enough.
        """
        return self._slope_square(1, digits) ** -0.5

    def next_second_moment(self, q: Any, sigma_w: Any, sigma_b: Any = 0, digits: int = 15) -> Any:
        """``sigma_w^2 E[g(y)^2] + sigma_b^2``, ``y ~ N(0, q)``."""
        with mpmath.workdps(digits + _GUARD_DIGITS):
            return _number(sigma_w) ** 2 * self._mean_square(q, digits) + _number(sigma_b) ** 2

    def chi_1(self, q: Any, sigma_w: Any, digits: int = 15) -> Any:
        """``sigma_w^2 E[g'(y)^2]``, ``y ~ N(0, q)``; at q = 0 the limit from above; infinite where g jumps."""
        with mpmath.workdps(digits + _GUARD_DIGITS):
            return _number(sigma_w) ** 2 * self._slope_square(q, digits)

    def critical(self, q: Any, digits: int = 15) -> CriticalPoint | None:
        """The point of the critical line with fixed point ``q``; None where no real sigma_b has it or g jumps."""
        if self.jump is not None:
            return None
        with mpmath.workdps(digits + _GUARD_DIGITS):
            inverse = 1 / self._slope_square(q, digits + _GUARD_DIGITS)
            left = _number(q) - inverse * self._mean_square(q, digits + _GUARD_DIGITS)
            if abs(left) < mpmath.mpf(10) ** -digits * _number(q):
                left = mpmath.mpf(0)
            return None if left < 0 else CriticalPoint(_number(q), mpmath.sqrt(inverse), mpmath.sqrt(left))

    def fixed_points(self, sigma_w: Any, sigma_b: Any = 0, digits: int = 15) -> tuple[FixedPoint, ...]:
        """The fixed points between 1e-9 and 1e9 at which the map crosses the diagonal, and 0 where it is one.

        Raises
        ------
        ValueError
            A standard deviation is negative; every q is a fixed point (relu with sigma_w^2 = 2 and no biases).
        """
        for name, value in (("sigma_w", sigma_w), ("sigma_b", sigma_b)):
            if _number(value) < 0:
                raise ValueError(f"{name} = {value} given; a standard deviation is at least 0")
        with mpmath.workdps(digits + 2 * _GUARD_DIGITS):

            def excess(exponent: Any, wanted: int = digits) -> Any:
                q = mpmath.mpf(10) ** exponent
                return self.next_second_moment(q, sigma_w, sigma_b, wanted) / q - 1

            farthest = _DECADES * _STEPS_A_DECADE
            grid = [mpmath.mpf(n) / _STEPS_A_DECADE for n in range(-farthest, farthest + 1)]
            values = [excess(exponent) for exponent in grid]
            noise = mpmath.mpf(10) ** (2 - digits)
            if all(abs(value) < noise for value in values):
                raise ValueError(
                    f"every q is a fixed point of {self.activation.label} at sigma_w = {mpmath.nstr(_number(sigma_w))} "
                    "without biases: its map is the identity"
                )
            found = [exponent for exponent, value in zip(grid, values, strict=True) if abs(value) <= noise]
            for (low, high), (first, last) in zip(pairwise(grid), pairwise(values), strict=True):
                if low not in found and high not in found and first * last < 0:
                    found.append(_root(lambda e: excess(e, digits + _GUARD_DIGITS), low, high, digits))
            points = [mpmath.mpf(10) ** exponent for exponent in sorted(found)]
            if _number(sigma_b) == 0 and self._mean_square(0, digits) == 0:
                points = [mpmath.mpf(0), *points]
            return tuple(self._at(q, sigma_w, digits) for q in points)

    def _at(self, q: Any, sigma_w: Any, digits: int) -> FixedPoint:
        """``d E[g^2] / d q = E[(g^2)''] / 2``, Price's theorem: below 1 the map contracts."""
        curvature = self.activation.expected_derivative(2, power=2)
        slope = _number(sigma_w) ** 2 * curvature.evalf(digits, **_point(q, digits)) / 2
        return FixedPoint(+q, self.chi_1(q, sigma_w, digits), bool(slope < 1))

    def _mean_square(self, q: Any, digits: int) -> Any:
        point = _point(q, digits) if q else {"mu": 0, "sigma": 0}
        return self.second_moment().evalf(digits + _GUARD_DIGITS, **point)

    def _slope_square(self, q: Any, digits: int) -> Any:
        if self.jump is not None:
            return mpmath.inf
        return self.slope_second_moment().evalf(digits + _GUARD_DIGITS, **_point(q, digits))


def signal_propagation(spec: Any, **parameters: Any) -> SignalPropagation:
    """The signal propagation of the activation that ``spec`` denotes (see :func:`activation`).

    Raises
    ------
    ValueError
        As :func:`activation` does; a parameter is left without a value.

    Examples
    --------
    >>> from mpmath import nstr
    >>> print(nstr(signal_propagation("tanh").gain(), 6))
    1.59254
    """
    g = activation(spec, **parameters)
    if g.parameters:
        names = ", ".join(map(str, g.parameters))
        raise ValueError(f"{g.label}: the parameters {names} have no value; signal propagation is numbers: give them")
    return SignalPropagation(g)


def _number(value: Any) -> Any:
    if isinstance(value, sp.Expr) and value.is_real and not value.is_Rational:
        return mpmath.mpmathify(sp.N(value, mpmath.mp.dps))
    exact = exact_fraction(value, "value")
    return mpmath.mpf(exact.numerator) / exact.denominator


def _point(q: Any, digits: int) -> dict[str, Any]:
    """``N(0, q)``; for q = 0 so narrow that nothing but the limit is left."""
    with mpmath.workdps(digits + 2 * _GUARD_DIGITS):
        return {"mu": 0, "sigma": mpmath.sqrt(_number(q)) if q else mpmath.mpf(10) ** -(digits + _GUARD_DIGITS)}


def _root(function: Callable[[Any], Any], low: Any, high: Any, digits: int) -> Any:
    return mpmath.findroot(function, (low, high), solver="anderson", tol=mpmath.mpf(10) ** (-2 * digits))


def _places(g: Activation) -> tuple[sp.Expr, ...]:
    return tuple(sorted({*g.decomposition.breakpoints, *kinks(g.expression)}, key=float))


def _jumps(g: sp.Expr, place: sp.Expr) -> bool:
    """Whether both sides of ``place`` differ however near they are taken."""
    near = [sp.Rational(1, 2**n) for n in (50, 70)]
    gaps = [abs(sp.N(g.subs(x, place + step) - g.subs(x, place - step), 40)) for step in near]
    return all(gap > _JUMP for gap in gaps)
