"""Statements of the general family that sum over panels, and what they do where nodes overflow."""

from __future__ import annotations

from codegen.families.general_subject import GeneralSubject

__all__ = ["infinite_lines", "summed"]


def infinite_lines(subject: GeneralSubject, name: str) -> list[str]:
    """Lines that make rows infinite where their terms have overflown; none for a function that stays small."""
    if not any(subject.overflowing):
        return []
    return [f"    {name} = [infinite_beyond(xp, mu, row, n, {subject.overflowing}) for n, row in enumerate({name})]"]


def summed(
    subject: GeneralSubject, target: str, rows: str, weights: str, terms: str, orders: str, kept: str, which: int = 0
) -> list[str]:
    """Statements that sum ``terms``, a list in ``value`` and ``y``, of g (0) or of its slope (1) over panels.

    ``kept`` of the terms are of as many powers of g as the ``weights`` have.
    """
    value, panels = ((subject.at_nodes, "_value_panels"), ("_derivative", "_slope_panels"))[which]
    if subject.growing:
        arguments = f"_growth(xp, {which}), {weights}, {value}, terms, {orders}, {kept}"
        return [
            "",
            "    def terms(value: Any, y: Any) -> Any:",
            f"        return {terms}",
            "",
            f"    {target} = grown_sums(xp, {rows}, {panels}(xp), {arguments})",
        ]
    return [
        "",
        "    def integrand(y: Any, centre: Any) -> Any:",
        f"        value = {value}(xp, y)",
        f"        return {terms}",
        "",
        f"    {target} = enveloped_sums(xp, {rows}, {panels}(xp), {weights}, integrand, {orders})",
    ]
