"""Text of the functions a kernel of the general family integrates, and of its panels."""

from __future__ import annotations

import math
from collections.abc import Sequence

import sympy as sp

from codegen.chebyshev_panels import ResolvedPanel
from codegen.families.general_subject import GeneralSubject
from codegen.families.tilted_ends import inner_panels
from codegen.kernel_plan import exact_pair, expression_text
from codegen.resolved_panels import FARTHEST

__all__ = ["followed", "panel_lines", "panel_rows", "tables"]


def tables(subject: GeneralSubject) -> str:
    """Text of ``_derivative``, ``_value``, ``_value_panels`` and ``_slope_panels``."""
    lines = [
        "def _derivative(xp: Any, x: Any) -> Any:",
        '    """``g\'(x)``."""',
        f"    return {subject.slope_text()}",
        "",
        "",
    ]
    if subject.precise:
        lines += [
            "def _value(xp: Any, x: Any) -> Any:",
            '    """``g(x)`` at a node, the arguments of its functions rounded."""',
            f"    return {subject.value_text()}",
            "",
            "",
        ]
    lines += panel_lines("_value_panels", "g", subject.value_panels, subject)
    lines += ["", "", *panel_lines("_slope_panels", "g'", subject.slope_panels, subject)]
    lines += growth_lines(subject)
    return "\n".join(lines)


def growth_lines(subject: GeneralSubject) -> list[str]:
    """Lines of ``_growth`` and of what it names; none for a function without ends to take an exponential out from."""
    if not subject.growing:
        return []
    lines: list[str] = []
    for end in subject.growing:
        for name, described, text in end.texts():
            lines += ["", "", f"def {name}(xp: Any, x: Any) -> Any:", f'    """{described}."""', f"    return {text}"]
    lines += [
        "",
        "",
        "def _growth(xp: Any, which: int) -> Any:",
        '    """Panels of g (0) or g\' (1) between growing ends; side and rate of these, what is left, its panels."""',
    ]
    for which, panels in enumerate((subject.value_panels, subject.slope_panels)):
        lines += [f"    if which == {which}:", "        inner: Any = [" if which == 0 else "        inner = ["]
        lines += ["    " + row for row in panel_rows(inner_panels(panels, subject.growing))]
        lines += ["        ]", "        return inner, ["]
        for end in subject.growing:
            name, own = (("_grown", end.panels), ("_slope", end.slope_panels))[which]
            lines.append(f"            ({end.side}, {end.rate_text}, {name}_{end.name}, [")
            lines += ["        " + row for row in panel_rows(own)]
            lines.append("            ]),")
        lines.append("        ]")
    return [*lines, '    raise ValueError("of g (0) or of its slope (1)")']


def panel_lines(name: str, what: str, panels: Sequence[ResolvedPanel], subject: GeneralSubject) -> list[str]:
    """Lines of the function ``name``: the panels of ``what``."""
    return [
        f"def {name}(xp: Any) -> Any:",
        f'    """Panels of {what}: ends, the bound exp(level + slope (y - middle)), side of a root, degree."""',
        "    panels: Any = [",
        *panel_rows(panels),
        "    ]",
        f"    return panels, {followed(subject) or 'xp.inf'}",
    ]


def followed(subject: GeneralSubject) -> int | None:
    """How far from 0 the panels follow g; None where beyond them nothing is left of it, or more than doubles hold."""
    goes_on = max(-subject.value_panels[0].lower, subject.value_panels[-1].upper) >= FARTHEST
    if subject.endless or (goes_on and not any(subject.overflowing)):
        return math.floor(subject.reach)
    return None


def panel_rows(panels: Sequence[ResolvedPanel]) -> list[str]:
    """Text of the panels, a line each."""
    rows = []
    for one in panels:
        level = math.ceil(one.level)
        slope = sp.Rational(round(one.slope * 2**40), 2**40)
        unit = 2 ** max(10, math.ceil(math.log2(abs(one.slope) + 1)) + 1)
        middle = sp.Rational(round(one.middle * unit), unit)
        numbers = ", ".join(expression_text(sp.sympify(value)) for value in (level, slope, middle))
        ends = f"{exact_pair(one.lower)}, {exact_pair(one.upper)}"
        rows.append(f"        ({ends}, {numbers}, {one.singular}, {one.degree}),")
    return rows
