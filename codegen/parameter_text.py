"""Kernel text for parameters: the public functions' keywords, their domains, and the change of units."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from codegen.kernel_plan import expression_text
from codegen.parameters import KernelParameter, RunTime
from symbolic_moments.parameters import POSITIVE

__all__ = ["parameter_lines", "parameter_record", "parameter_regimes", "public_slots", "with_units"]

_AT_DEFAULT = "_at_default"
_RENAMED = re.compile(r"\b_(activation|raw_moments|hermite_coefficients|expected_derivatives|second_moment|variance)\b")
_SLOTS = (
    *("keywords", "outside", "given", "masked", "passed", "accepted", "forwarded"),
    *("rest", "spread", "here", "domain", "sliced", "in_domain"),
)
_TESTS = {POSITIVE.name: " & ({0} > 0)"}


def parameter_record(parameters: Sequence[KernelParameter]) -> dict[str, dict[str, Any]]:
    """What ``KERNEL["parameters"]`` says."""
    return {
        one.name: {
            "default": float(one.default),
            "exact": str(one.default),
            "domain": one.domain.name,
            "enters": one.enters,
            **({"above": one.above} if one.above else {}),
        }
        for one in parameters
    }


def parameter_lines(run_time: RunTime) -> list[str]:
    """Lines of the module's docstring."""
    return [
        f"    {one.name}: {_words(one)} (elsewhere the result is NaN), by default {one.default}"
        for one in run_time.parameters
    ]


def _words(one: KernelParameter) -> str:
    return f"{one.domain.words} above {one.above}" if one.above else one.domain.words


def parameter_regimes(run_time: RunTime) -> list[str]:
    """What the parameters do to the regimes."""
    lines = [f"{value} is compiled in" for value in run_time.fixed]
    scale = run_time.scale
    if scale is not None:
        lines.append(f"{scale.name} changes units: what stands above holds of mu/r and sigma/r, r = {scale.ratio}")
        if any(place != 0 for place in run_time.decomposition.breakpoints):
            lines.append(
                f"where r is no power of 2 and sigma below mu/2^30, next to a corner away from 0 the error is the "
                f"change that an ulp of mu, sigma and {scale.name} would make"
            )
    return lines


def public_slots(parameters: Sequence[KernelParameter]) -> dict[str, str]:
    """What the public functions of a kernel say about its parameters; nothing where there are none."""
    slots = dict.fromkeys(_SLOTS, "")
    if not parameters:
        return {**slots, "values": "values[0]"}
    names = [one.name for one in parameters]
    tests = [
        f"array_library.isfinite({one.name})"
        + _TESTS.get(one.domain.name, "").format(one.name)
        + (f" & ({one.name} > {one.above})" if one.above else "")
        for one in parameters
    ]
    domains = "\n".join(
        f"    {one.name}: {_words(one)} (elsewhere NaN); it broadcasts with the other arguments." for one in parameters
    )
    slots |= {
        "values": "*values",
        "keywords": ", *, " + ", ".join(f"{one.name}: Any = {float(one.default)!r}" for one in parameters),
        "outside": f"\n\n{domains}\n    ",
        "given": "".join(f", {name}" for name in names),
        "masked": "\n        result = array_library.where(_in_domain(*values[1:]), result, array_library.nan)",
        "passed": f", parameters=({', '.join(names)},)",
        "accepted": ", parameters: Any",
        "forwarded": ", parameters=parameters",
        "rest": ", *values",
        "spread": ", *parameters",
        "here": "\n            here = [value[part] for value in values]",
        "domain": " & _in_domain(*here)",
        "sliced": ", *here",
        "in_domain": "\n".join(
            [
                f"def _in_domain({', '.join(f'{name}: Any' for name in names)}) -> Any:",
                '    """Where every parameter lies in its domain."""',
                f"    return {' & '.join(tests)}",
                "\n\n",
            ]
        ),
    }
    return slots


def with_units(functions: Sequence[str], run_time: RunTime) -> list[str]:
    """The functions of a family, made for the default of a scale, and those that take it as an argument.

    ``functions`` are what the family wrote, ``_activation`` at the default among them.
    """
    scale = run_time.scale
    if scale is None:
        return list(functions)
    activation, *others = [_RENAMED.sub(rf"_\1{_AT_DEFAULT}", function) for function in functions]
    renamed = [activation, *others] if f"_activation{_AT_DEFAULT}(" in "".join(others) else others
    unit = f"    unit = unit_or_one(xp, {_unit_text(scale)}, {scale.name} == {expression_text(scale.default)})"
    typed = "".join(f", {one.name}: Any" for one in run_time.parameters)
    at_point = "".join(f", {one.name}[point]" for one in run_time.parameters)
    coefficients = "".join(f"{one.name}, " for one in run_time.coefficients)

    def function(name: str, degree: bool, statement: str, exact: list[str], result: str) -> str:
        arguments = "xp: Any, mu: Any, sigma: Any" + (", degree: int" if degree else "") + typed
        called = f"_{name}{_AT_DEFAULT}(xp, mu, sigma{', degree' if degree else ''}, *rest)"
        lines = [
            f"def _{name}({arguments}) -> Any:",
            f'    """{statement}, v = y / unit, g_d = g at the default."""',
            unit,
            "",
            "    def at_default(mu: Any, sigma: Any, *rest: Any) -> Any:",
            f"        return {called if degree else f'[{called}]'}",
            "",
            f"    values = in_units(xp, at_default, mu, sigma, unit, ({coefficients}){'' if degree else ', (1, -1)'})",
            *exact,
            f"    return {result}",
        ]
        return "\n".join(lines)

    point = [
        "    point = xp.flatnonzero(sigma == 0)",
        "    at = mu[point]",
        f"    exact = _activation(xp, at{at_point})",
    ]
    first = "set_where(point, values[:1], [exact]) + values[1:]"
    return [
        *renamed,
        function(
            "raw_moments",
            True,
            "``E[y^n g(y)] = unit^(n+1) E[v^n g_d(v)]``",
            ["    values = moments_in_units(values, unit[0])", *point],
            "set_where(point, values, [power * exact for power in powers(xp, at, degree)])",
        ),
        function(
            "hermite_coefficients",
            True,
            "``c_k = unit c_k(mu/unit, sigma/unit)``",
            ["    values = [unit[0] * value for value in values]", *point],
            first,
        ),
        function(
            "expected_derivatives",
            True,
            "``E[g^(k)(y)] = unit^(1-k) E[g_d^(k)(v)]``",
            ["    values = derivatives_in_units(values, unit[0])", *point],
            first,
        ),
        function(
            "second_moment",
            False,
            "``E[g(y)^2] = unit^2 E[g_d(v)^2]``",
            ["    values = [unit[0] * (unit[0] * values[0])]", *point],
            "set_where(point, values, [exact**2])[0]",
        ),
        function("variance", False, "``Var g(y) = unit^2 Var g_d(v)``", [], "unit[0] * (unit[0] * values[0])"),
    ]


def _unit_text(scale: KernelParameter) -> str:
    """The unit as a pair, from the parameter and its default p / q."""
    p, q = scale.default.p, scale.default.q
    value = f"exact_product(xp, {scale.name}, {q})"
    if scale.enters == "reciprocal scale":
        return f"quotient_pair(xp, ({p}, 0), {value})"
    text = f"quotient_pair(xp, {value}, ({p}, 0))"
    return f"root_pair(xp, {text})" if scale.enters == "squared scale" else text
