"""A kernel with parameters, bound to values of them: for verification it is then a kernel like any other."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from types import ModuleType
from typing import Any

import sympy as sp

from codegen.verify.definition import read_definition
from codegen.verify.kernel_runs import SEQUENCES, SINGLES, KernelDoesNotRun
from codegen.verify.points import choose_points
from symbolic_moments.language import parse_expression
from symbolic_moments.parameters import SCALES

__all__ = ["Setting", "bound", "settings"]

_POINTS = 40
_RANDOM_POINTS = 12
_GRID = 1024
_SIZES = ((0, 3), (-3, 0))  # powers of 2 between which coefficients lie: first above 1, then below
_KEPT_BITS = 48
_UNITS = (3, 5, 7)

Point = tuple[float, float]


@dataclass(frozen=True)
class Setting:
    """Values of a kernel's parameters, and where to look at them.

    Attributes
    ----------
    values : mapping of Fraction
        Exact; a double each, or the default.
    is_default : bool
        Whether all are defaults: then the kernel is called without its keywords.
    unit : int
        The odd part of the scale relative to its default. Points are multiples of it, so that mu and sigma over the
        scale are exact and the promise of the default applies.
    """

    values: Mapping[str, Fraction]
    is_default: bool
    unit: int = 1

    def __str__(self) -> str:
        return ", ".join(f"{name} = {value}" for name, value in self.values.items())

    def points(self, module: ModuleType, seed: int) -> list[Point]:
        """A seeded sample of the points `verify` would choose for the kernel at these values."""
        definition = read_definition(str(bound(module, self).KERNEL["expression"]))
        chosen = choose_points(definition, module.KERNEL.get("seams", ()), seed, _RANDOM_POINTS)
        candidates = [(point.mu, point.sigma) for point in chosen]
        return self.exact(random.Random(seed).sample(candidates, min(_POINTS, len(candidates))))

    def exact(self, points: Sequence[Point]) -> list[Point]:
        """The points, moved by less than 2^-46 of themselves to where division by the unit is exact."""
        if self.unit == 1:
            return list(points)
        return list(dict.fromkeys((_multiple(mu, self.unit), _multiple(sigma, self.unit)) for mu, sigma in points))


def _multiple(value: float, unit: int) -> float:
    mantissa, exponent = math.frexp(value / unit)
    return unit * math.ldexp(round(math.ldexp(mantissa, _KEPT_BITS)), exponent - _KEPT_BITS)


def settings(module: ModuleType) -> Iterator[Setting]:
    """The default; two seeded settings with the scale a power of 2 of its default; one with an odd multiple of it.

    Coefficients are above 1 in the first and below 1 in the second, and change their sign from one to the other.

    Raises
    ------
    KernelDoesNotRun
        ``KERNEL["parameters"]`` is not what a kernel says of its parameters.
    """
    record = module.KERNEL
    try:
        known = {
            name: (Fraction(entry["exact"]), str(entry["domain"]), str(entry["enters"]))
            for name, entry in record["parameters"].items()
        }
        _template(record, known)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise KernelDoesNotRun(
            f"{record['name']}: KERNEL['parameters'] and KERNEL['template'] do not describe its parameters: {error!r}"
        ) from error
    yield Setting({name: default for name, (default, _, _) in known.items()}, True)
    source = random.Random(str(record["name"]))
    has_scale = any(enters in SCALES for _, _, enters in known.values())
    exponents = source.sample((-3, -2, -1, 1, 2, 3), 3)
    units = (1, 1, _odd_unit(known)) if has_scale else (1, 1)
    for turn, (unit, exponent) in enumerate(zip(units, exponents, strict=False)):
        values = {}
        for place, (name, (default, domain, enters)) in enumerate(known.items()):
            if enters in SCALES:
                ratio = Fraction(unit) * Fraction(2) ** exponent
                values[name] = default * _power(ratio, 1 / SCALES[enters])
            else:
                size = Fraction(round(_GRID * 2 ** source.uniform(*_SIZES[turn % 2])), _GRID)
                values[name] = -size if domain != "positive" and (turn + place) % 2 else size
        yield Setting(values, False, unit)


def _symbol(name: str) -> sp.Symbol:
    return sp.Symbol(name, real=True)


def _template(record: Mapping[str, Any], names: Iterable[str]) -> sp.Expr:
    return parse_expression(str(record["template"]), {name: _symbol(name) for name in names})


def _power(ratio: Fraction, exponent: sp.Rational) -> Fraction:
    return ratio ** int(exponent)


def _odd_unit(known: Mapping[str, tuple[Fraction, str, str]]) -> int:
    """An odd number that the kernel's own doubles find again as the scale relative to its default; else 1."""
    for unit in _UNITS:
        exact = True
        for default, _, enters in known.values():
            if enters in SCALES:
                value = float(default * _power(Fraction(unit), 1 / SCALES[enters]))
                found = {"scale": value / float(default), "reciprocal scale": float(default) / value}
                exact = exact and found.get(enters, math.sqrt(value / float(default))) == unit
        if exact:
            return unit
    return 1


def bound(module: ModuleType, setting: Setting) -> ModuleType:
    """The kernel at these values: functions without parameters, its expression with the values in place."""
    record = module.KERNEL
    expression = str(record["expression"])
    if not setting.is_default:
        values = {name: sp.Rational(value.numerator, value.denominator) for name, value in setting.values.items()}
        expression = sp.sstr(_template(record, values).subs({_symbol(name): value for name, value in values.items()}))
    result = ModuleType(module.__name__)
    result.__dict__.update(KERNEL={**record, "expression": expression}, METHOD=getattr(module, "METHOD", None))
    if hasattr(module, "BLOCK"):
        result.__dict__["BLOCK"] = module.BLOCK
    keywords = {} if setting.is_default else {name: float(value) for name, value in setting.values.items()}
    for name in ("activation", *SEQUENCES, *SINGLES):
        if hasattr(module, name):
            result.__dict__[name] = _public(module, result, getattr(module, name), keywords)
        if hasattr(module, f"_{name}"):
            result.__dict__[f"_{name}"] = _body(getattr(module, f"_{name}"), setting)
    return result


def _public(
    module: ModuleType, view: ModuleType, function: Callable[..., Any], keywords: Mapping[str, float]
) -> Callable[..., Any]:
    """A public function with its keywords set, working in the blocks that the bound kernel is told to use."""

    def call(*arguments: Any) -> Any:
        before = module.__dict__.get("BLOCK")
        module.__dict__["BLOCK"] = view.__dict__.get("BLOCK")
        try:
            return function(*arguments, **keywords)
        finally:
            module.__dict__["BLOCK"] = before

    return call


def _body(function: Callable[..., Any], setting: Setting) -> Callable[..., Any]:
    def call(xp: Any, first: Any, *arguments: Any) -> Any:
        values = [xp.full_like(first, xp.rational(v.numerator, v.denominator)) for v in setting.values.values()]
        return function(xp, first, *arguments, *values)

    return call
