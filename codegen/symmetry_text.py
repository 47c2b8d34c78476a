"""Kernel text for even and odd functions: what is 0 by symmetry, and signs that symmetry knows."""

from __future__ import annotations

import re
from collections.abc import Sequence

from codegen.parity import Parity

__all__ = ["with_symmetry"]

_HEAD = r"^def _{name}\((xp: Any, mu: Any, sigma: Any, degree: int((?:, \w+: Any)*))\) -> Any:$"


def with_symmetry(functions: Sequence[str], found: Parity) -> list[str]:
    """Texts of a kernel's functions, with what symmetry says about moments, coefficients and derivatives."""
    mean_sign = found.sign if found.order else 0
    texts = list(functions)
    for name, sign in (
        ("raw_moments", found.sign),
        ("hermite_coefficients", None),
        ("expected_derivatives", None),
    ):
        for number, text in enumerate(texts):
            head = re.search(_HEAD.format(name=name), text, re.MULTILINE)
            if head is None:
                continue
            inner = f"_{name}_unsymmetric"
            text = text.replace(head.group(0), f"def {inner}({head.group(1)}) -> Any:")
            described = re.search(r'"""(.*?)\.?[:";]', text[text.index(f"def {inner}(") :])
            passed = "".join(f", {given}" for given in re.findall(r"(\w+): Any", head.group(2)))
            lines = [
                head.group(0),
                f'    """{described.group(1) if described else name}, 0 where it is 0 by symmetry."""',
                *_centre_lines(found),
                f"    values = {inner}(xp, mu, sigma, degree{passed})",
            ]
            centre = "mu" if found.opposite is None else "centre"
            if sign is None and mean_sign:
                lines.append(f"    mean = symmetric(xp, {centre}, values[:1], {found.order}, {mean_sign})")
                lines.append(f"    return mean + symmetric(xp, {centre}, values, {found.order}, 0)[1:]")
            else:
                lines.append(f"    return symmetric(xp, {centre}, values, {found.order}, {sign or 0})")
            texts[number] = text + "\n\n\n" + "\n".join(lines)
    return texts


def _centre_lines(found: Parity) -> list[str]:
    if found.opposite is None:
        return []
    one, other = found.opposite
    return [f"    centre = xp.where({one} == -{other}, mu, xp.nan)"]
