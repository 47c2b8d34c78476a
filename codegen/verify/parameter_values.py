"""A kernel with parameters, bound to values of them: for verification it is then a kernel like any other."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping
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
    """

    values: Mapping[str, Fraction]
    is_default: bool

    def __str__(self) -> str:
        return ", ".join(f"{name} = {value}" for name, value in self.values.items())

    def points(self, module: ModuleType, seed: int) -> list[Point]:
        """A seeded sample of the points `verify` would choose for the kernel at these values."""
        definition = read_definition(str(bound(module, self).KERNEL["expression"]))
        chosen = choose_points(definition, module.KERNEL.get("seams", ()), seed, _RANDOM_POINTS)
        candidates = [(point.mu, point.sigma) for point in chosen]
        return random.Random(seed).sample(candidates, min(_POINTS, len(candidates)))


def settings(module: ModuleType) -> Iterator[Setting]:
    """The default; two seeded settings with the scale a power of 2 of its default; one with any double for it.

    Coefficients are above 1 in the first and below 1 in the second, and change their sign from one to the other.

    Raises
    ------
    KernelDoesNotRun
        ``KERNEL["parameters"]`` is not what a kernel says of its parameters.
    """
    record = module.KERNEL
    try:
        known = {
            name: (Fraction(entry["exact"]), str(entry["domain"]), str(entry["enters"]), str(entry.get("above", "")))
            for name, entry in record["parameters"].items()
        }
        _template(record, known)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise KernelDoesNotRun(
            f"{record['name']}: KERNEL['parameters'] and KERNEL['template'] do not describe its parameters: {error!r}"
        ) from error
    yield Setting({name: default for name, (default, *_) in known.items()}, True)
    source = random.Random(str(record["name"]))
    has_scale = any(enters in SCALES for _, _, enters, _ in known.values())
    exponents = source.sample((-3, -2, -1, 1, 2, 3), 3)
    for turn, exponent in enumerate(exponents if has_scale else exponents[:2]):
        values = {}
        for place, (name, (default, domain, enters, _)) in enumerate(known.items()):
            if enters in SCALES:
                value = default * Fraction(2) ** (exponent * int(1 / SCALES[enters]))
                values[name] = Fraction(float(value * Fraction(source.uniform(1, 2)))) if turn == 2 else value
            else:
                size = Fraction(round(_GRID * 2 ** source.uniform(*_SIZES[turn % 2])), _GRID)
                values[name] = -size if domain != "positive" and (turn + place) % 2 else size
        for name, (_, _, _, above) in known.items():
            if above:
                values[name] = values[above] + abs(values[name])
        yield Setting(values, False)


def _symbol(name: str) -> sp.Symbol:
    return sp.Symbol(name, real=True)


def _template(record: Mapping[str, Any], names: Iterable[str]) -> sp.Expr:
    return parse_expression(str(record["template"]), {name: _symbol(name) for name in names})


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
