"""The terms of a tilted kernel: one function of kernel text for each exponent and frequency."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest

import sympy as sp

from codegen.families.contract import SIGNATURE
from codegen.kernel_plan import exact_pair, expression_text, polynomial_coefficients
from symbolic_moments.exponential_algebra import ExponentialPolynomial, Term

Key = tuple[sp.Expr, ...]

Numbers = tuple[sp.Expr, ...]


@dataclass(frozen=True)
class Factor:
    """``exp(-q x^2 + c x) exp(-c^2 / (4 q))``, ``cos(a x^2 + w x + p)`` and ``sin(...)``: one function of the text.

    Attributes
    ----------
    q, c, w : sympy.Expr
        As in :class:`symbolic_moments.exponential_algebra.Term`; the number in front makes a Gaussian 1 at its centre.
    phase : sympy.Expr
        p.
    name : str
        The function's name in the kernel.
    chirp : sympy.Expr
        a.
    """

    q: sp.Expr
    c: sp.Expr
    w: sp.Expr
    phase: sp.Expr
    name: str
    chirp: sp.Expr = sp.S.Zero

    @property
    def is_wave(self) -> bool:
        """Whether it oscillates."""
        return bool(self.w != 0 or self.chirp != 0)

    @property
    def grows(self) -> bool:
        """Whether it is an exponential without a Gaussian: its expectation can overflow."""
        return bool(self.q == 0 and self.c != 0)

    @property
    def label(self) -> str:
        """The factor as a formula, for docstrings."""
        exponent = sp.exp(-self.q * (self.variable - self.c / (2 * self.q)) ** 2) if self.q != 0 else None
        plain = exponent if exponent is not None else sp.exp(self.c * self.variable)
        argument = sp.sstr(self.chirp * self.variable**2 + self.w * self.variable + self.phase)
        waves = f"cos({argument}) and sin({argument})" if self.is_wave else ""
        return " ".join(part for part in (sp.sstr(plain) if plain != 1 else "", waves) if part)

    @property
    def variable(self) -> sp.Symbol:
        """The variable of the label."""
        return sp.Symbol("y", real=True)

    @property
    def scale(self) -> sp.Expr:
        """How fast the factor varies at most: the inverse of a length."""
        return sp.Max(sp.Abs(self.c), sp.Abs(self.w), sp.sqrt(2 * self.q), sp.sqrt(2 * self.chirp))

    @property
    def complex_tilt(self) -> str:
        """What makes the tilt of a wave of quadratic phase."""
        peak = self.c**2 / (4 * self.q) if self.q != 0 else sp.S.Zero
        pairs = ", ".join(exact_pair(part) for part in (self.q, self.c, self.w, self.chirp, peak))
        return f"chirp_tilt(xp, mu, sigma, {pairs})"

    def _chirp_lines(self) -> list[str]:
        constants = ", ".join(expression_text(part) for part in (self.q, self.c, self.w, self.chirp))
        top = "top" if self.grows else "0"
        return [
            f"    tilt = {self.complex_tilt}",
            f"    constants, phase = ({constants}), {exact_pair(self.phase)}",
            f"    return chirped_waves(xp, mu, sigma, tilt, constants, phase, unit, {top}, powers, degree)",
        ]

    def text(self) -> str:
        """The function that makes ``unit^k E[(y^j f)^(k)]`` for this factor f."""
        top = ", top: Any" if self.grows else ""
        frequency = exact_pair(self.w)
        wave = f"{frequency}, {exact_pair(self.phase)}"
        lines = [
            f"def {self.name}({SIGNATURE}, unit: Any, powers: int, degree: int{top}) -> Any:",
            f'    """``unit^k E[(y^j f(y))^(k)]``, f = {self.label}."""',
        ]
        if self.chirp != 0:
            return "\n".join([*lines, *self._chirp_lines()])
        if self.q != 0:
            centre, width = exact_pair(self.c / (2 * self.q)), exact_pair(1 / (2 * self.q))
            lines.append(f"    size, tilt = gaussian_tilt(xp, mu, sigma, {centre}, {width})")
            if self.w != 0:
                lines.append(f"    size = size * damping(xp, sigma, tilt[1], {frequency})")
        elif self.c != 0:
            rate = exact_pair(self.c)
            lines += [
                f"    exponent, mean = exponential_tilt(xp, mu, sigma, {rate}, {frequency})",
                "    size = exponential_size(xp, exponent, top)",
                f"    tilt = mean, 1, {expression_text(self.c)}, 0",
            ]
        else:
            return "\n".join([*lines, f"    return plain_waves(xp, mu, sigma, {wave}, unit, powers, degree)"])
        if self.w != 0:
            lines.append(f"    return tilted_waves(xp, size, tilt, sigma, {wave}, unit, powers, degree)")
        else:
            lines.append("    return tilted_exponentials(size, tilt, sigma, unit, powers, degree)")
        return "\n".join(lines)


@dataclass(frozen=True)
class Share:
    """``sum_j (cosine_j y^j cos(w y + p) + sine_j y^j sin(w y + p))`` times one factor."""

    factor: Factor
    cosine: tuple[sp.Expr, ...]
    sine: tuple[sp.Expr, ...]

    @property
    def powers(self) -> int:
        """Highest power of y."""
        return max(len(self.cosine), len(self.sine)) - 1

    @property
    def count(self) -> int:
        """How many numbers other than 0 stand in front."""
        return sum(value != 0 for value in (*self.cosine, *self.sine))

    def names(self, index: int) -> str:
        """Names of the lists the factor's function returns, as the left side of an assignment."""
        if not self.factor.is_wave:
            return f"values_{index}"
        cosines = f"cosines_{index}" if any(c != 0 for c in self.cosine) else "_"
        sines = f"sines_{index}" if any(c != 0 for c in self.sine) else "_"
        return f"{cosines}, {sines}"

    def combination(self, index: int, entry: str) -> sp.Expr:
        """The share in terms of the lists; ``entry`` has ``{j}`` for the power: ``"[{j}][k]"``."""
        total = sp.Integer(0)
        base = "cosines" if self.factor.is_wave else "values"
        for name, coefficients in ((base, self.cosine), ("sines", self.sine)):
            for j, coefficient in enumerate(coefficients):
                if coefficient != 0:
                    total += coefficient * sp.Symbol(f"{name}_{index}{entry.format(j=j)}")
        return total


def one_wave(cosine: Numbers, sine: Numbers) -> tuple[sp.Expr, Numbers, Numbers]:
    """A phase p and what stands before ``cos(w y + p)``, if all is one wave: two would cancel next to its root.

    Examples
    --------
    >>> one_wave((3 * sp.cos(1),), (-3 * sp.sin(1),))
    (1, (3,), (0,))
    """
    pairs = [(c, s) for c, s in zip_longest(cosine, sine, fillvalue=sp.Integer(0)) if c != 0 or s != 0]
    if any(c == 0 or s == 0 or (c.free_symbols | s.free_symbols) for c, s in pairs) or not pairs:
        return sp.Integer(0), cosine, sine
    ratio = sp.simplify(-pairs[0][1] / pairs[0][0])
    if any(sp.simplify(s + ratio * c) != 0 for c, s in pairs[1:]):
        return sp.Integer(0), cosine, sine
    sizes = (
        sp.sign(c) * sp.sqrt(sp.simplify(c**2 + s**2)) for c, s in zip_longest(cosine, sine, fillvalue=sp.Integer(0))
    )
    return sp.atan(ratio), tuple(sizes), (sp.Integer(0),)


class FactorTable:
    """The factors a kernel needs, each once, and their functions' names."""

    def __init__(self) -> None:
        self.factors: dict[Key, Factor] = {}

    def share(self, term: Term, variable: sp.Symbol) -> Share:
        """A term as numbers times its factor."""
        peak = sp.exp(term.c**2 / (4 * term.q)) if term.q != 0 else sp.Integer(1)
        cosine, sine = (
            tuple(sp.powsimp(c * peak) for c in polynomial_coefficients(part, variable))
            for part in (term.polynomial, term.sine)
        )
        phase, cosine, sine = one_wave(cosine, sine)
        key = (term.q, term.c, term.w, phase, term.chirp)
        if key not in self.factors:
            self.factors[key] = Factor(*key[:4], f"_factor_{len(self.factors) + 1}", term.chirp)
        return Share(self.factors[key], cosine, sine)

    def shares(self, whole: ExponentialPolynomial, variable: sp.Symbol) -> list[Share]:
        """All terms of a sum but its polynomial."""
        return [self.share(term, variable) for term in whole.beyond]

    def texts(self) -> list[str]:
        """The functions of all factors."""
        return [factor.text() for factor in self.factors.values()]


def calls(shares: list[Share], unit: str, powers: str, degree: str) -> list[str]:
    """Statements that call every share's function; ``top`` first, where something grows."""
    lines = ["top = xp.zeros_like(mu)"] if grows(shares) else []
    for share in shares:
        if share.factor.grows and share.factor.chirp != 0:
            lines.append(f"top = xp.maximum(top, {share.factor.complex_tilt}[0][0])")
        elif share.factor.grows:
            pairs = f"{exact_pair(share.factor.c)}, {exact_pair(share.factor.w)}"
            lines.append(f"top = xp.maximum(top, exponential_tilt(xp, mu, sigma, {pairs})[0][0])")
    for index, share in enumerate(shares, start=1):
        highest = str(share.powers) if powers == "0" else f"{powers} + {share.powers}" if share.powers else powers
        last = ", top" if share.factor.grows else ""
        call = f"{share.factor.name}(xp, mu, sigma, {unit}, {highest}, {degree}{last})"
        lines.append(f"{share.names(index)} = {call}")
    return lines


def quickens(shares: list[Share]) -> bool:
    """Whether a phase among them is quadratic."""
    return any(share.factor.chirp != 0 for share in shares)


def grows(shares: list[Share]) -> bool:
    """Whether an expectation among the shares can overflow; then all is computed over ``exp(top)``."""
    return any(share.factor.grows for share in shares)


def level(shares: list[Share]) -> sp.Expr:
    """What stands before the shares that do not grow: ``level = exp(-top)`` beside others that do, else 1."""
    return sp.Symbol("level") if grows(shares) else sp.Integer(1)


def level_lines(shares: list[Share], polynomial: bool) -> list[str]:
    """The statement that makes ``level``, where it is used."""
    used = grows(shares) and (polynomial or not all(share.factor.grows for share in shares))
    return ["level = xp.exp(-top)"] if used else []


def total(shares: list[Share], entry: str, polynomial: sp.Expr) -> sp.Expr:
    """The sum of all shares and of the polynomial's expectation, over ``exp(top)`` where something grows."""
    value = level(shares) * polynomial
    for index, share in enumerate(shares, start=1):
        value += (1 if share.factor.grows else level(shares)) * share.combination(index, entry)
    return value


def function_text(head: str, docstring: str, lines: list[str]) -> str:
    """A function of the kernel."""
    return "\n".join([f"def {head} -> Any:", f'    """{docstring}"""', *(f"    {line}" for line in lines)])
