"""An activation becomes the text of a kernel module."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import sympy as sp

from codegen.families import error_function, half_line, piecewise, quadrature, tilted
from codegen.heads import PUBLIC, TARGETS, namespace_text
from codegen.kernel_plan import KernelPlan, expression_text
from codegen.layout import literal
from codegen.lower import CannotLowerError
from codegen.method import DOUBLE_DIGITS, method_constants
from codegen.panel_plan import NoPanelPlanError
from codegen.sources import primitive_sources
from codegen.stable_forms import stabilised
from numeric_backend.files import write_atomically
from symbolic_moments import Activation
from symbolic_moments import activation as find_activation
from symbolic_moments.decomposition import Decomposition
from symbolic_moments.gaussian_quadrature import kinks
from symbolic_moments.growth import bound_of
from symbolic_moments.symbols import x

GENERATOR = "polywick codegen 1"


class NoKernelError(NotImplementedError):
    """The activation is derived, but no kernel family covers it yet."""


@dataclass(frozen=True)
class KernelSource:
    """The text of one kernel module.

    Attributes
    ----------
    name, target
        What the kernel computes and the array library it is written for.
    source
        The module's text; it needs the array library and its special functions, and nothing of this project.
    """

    name: str
    target: str
    source: str

    def write(self, path: str | os.PathLike[str]) -> Path:
        """Write the module to ``path`` in one step: the file is whole or absent.

        Raises
        ------
        InputError
            The path cannot be written; nothing is left behind.
        """
        return write_atomically(path, self.source)

    def load(self) -> ModuleType:
        """The kernel as a module, without a file."""
        module = ModuleType(self.name)
        module.__dict__["__source__"] = self.source
        exec(compile(self.source, f"<kernel {self.name}>", "exec"), module.__dict__)
        return module


def emit(activation: Activation | str | sp.Expr, target: str = "numpy", degree: int = 8) -> KernelSource:
    """Emit the kernel of an activation.

    Parameters
    ----------
    activation
        An ``Activation``, or anything ``symbolic_moments.activation`` accepts.
    target
        ``"numpy"`` or ``"cupy"``.
    degree
        The degree recorded in ``KERNEL["degree"]``, up to which the promise is to be certified. It does not change
        the kernel, which runs at any degree: kernels with panels (a breakpoint away from 0, no closed form) keep
        their nodes and lose digits above 8.

    Raises
    ------
    ValueError
        Unknown target, or a negative degree.
    NoKernelError
        No kernel family covers the activation.

    Examples
    --------
    >>> kernel = emit("relu").load()
    >>> kernel.raw_moments(0.0, 1.0, 2)
    array([0.39894228, 0.5       , 0.79788456])
    """
    if target not in TARGETS:
        raise ValueError(f"target {target!r} given; expected one of {', '.join(sorted(TARGETS))}")
    if not isinstance(degree, int) or isinstance(degree, bool) or degree < 0:
        raise ValueError(f"degree = {degree!r} given; expected a non-negative integer")
    subject = activation if isinstance(activation, Activation) else find_activation(activation)
    decomposition = _with_kernel_family(subject.decomposition)
    plan = _plan(subject, decomposition)
    return KernelSource(subject.name, target, _module_text(subject, decomposition, plan, target, degree))


def _with_kernel_family(decomposition: Decomposition) -> Decomposition:
    """The decomposition if a kernel family is made for it, the bare ``NO`` of the quadrature family if not."""
    if decomposition.is_untilted and len(decomposition.error_terms) <= 1:
        return decomposition
    if tilted.covers(decomposition):
        return decomposition
    return Decomposition("NO")


def _plan(subject: Activation, decomposition: Decomposition) -> KernelPlan:
    free = sorted(str(s) for s in subject.expression.free_symbols - {x})
    if free:
        raise NoKernelError(f"{subject.name}: the parameters {', '.join(free)} have no value; give them one first")
    if decomposition.family == "PP":
        if decomposition.breakpoints in ((), (0,)):
            return half_line.plan(half_line.two_pieces(decomposition.pieces[0], decomposition.pieces[-1], x))
        return piecewise.plan(decomposition.breakpoints, decomposition.pieces, x)
    if decomposition.family == "ER" and len(decomposition.error_terms) == 1:
        return error_function.plan(decomposition.pieces[0], decomposition.error_terms[0], x)
    if decomposition.family in tilted.FAMILIES:
        return tilted.plan(decomposition, x)
    if decomposition.family == "NO":
        bound = bound_of(subject.expression)
        if bound.falls or bound.rises:
            raise NoKernelError(f"{subject.name} = {subject.expression}: kernels do not cover logarithms of 0 yet")
        try:
            return quadrature.plan(subject.expression, kinks(subject.expression), x)
        except (NoPanelPlanError, CannotLowerError) as error:
            raise NoKernelError(f"{subject.name} = {subject.expression}: {error}") from error
    raise NoKernelError(
        f"{subject.name} = {subject.expression} (family {decomposition.family}): kernels exist for piecewise "
        "polynomials and for polynomials around one Phi(a x + b)"
    )


def _module_text(subject: Activation, decomposition: Decomposition, plan: KernelPlan, target: str, degree: int) -> str:
    expression = sp.sstr(subject.expression)
    activation_text = "\n".join(
        [
            "def _activation(xp: Any, x: Any) -> Any:",
            f'    """``{expression}``."""',
            f"    return {_broadcast(subject.expression)}",
        ]
    )
    functions = [activation_text, *plan.functions]
    primitives, constants = primitive_sources("\n\n".join(functions))
    method = method_constants(constants, DOUBLE_DIGITS)
    record = {
        "name": subject.name,
        "expression": expression,
        "family": decomposition.family,
        "formula": formula_hash(subject, decomposition),
        "generator": GENERATOR,
        "target": target,
        "degree": degree,
        "promise": dict(plan.promise),
        "regimes": list(plan.regimes),
        "seams": [dict(seam) for seam in plan.seams],
        "decomposition": plain_decomposition(decomposition),
    }
    docstring = "\n".join(
        [
            f'"""{subject.name}: exact Gaussian moments, y ~ N(mu, sigma^2).',
            "",
            f"    g(x) = {expression}",
            "",
            f"Family {decomposition.family}. Regimes:",
            *(f"* {regime}" for regime in plan.regimes),
            "",
            "sigma = 0 is the point mass, negative or NaN sigma gives NaN. Computed in float64, rounded once to the",
            "type of the arguments.",
            "",
            f"Formula {record['formula']}. Generated by polywick's codegen; change the generator, not this file.",
            '"""',
        ]
    )
    body = "\n\n\n".join([*primitives, *functions])
    namespace = namespace_text(body)
    opening = TARGETS[target].replace(
        "{fraction}", "from fractions import Fraction\n" if "Fraction" in namespace else ""
    )
    if "special." not in namespace:
        opening = "".join(line for line in opening.splitlines(True) if "import special" not in line)
    parts = [
        docstring,
        opening,
        f"KERNEL: dict[str, Any] = {literal(record)}",
        f"METHOD: dict[str, Any] = {literal(method)}",
        namespace,
        *(f"{p}\n" for p in primitives),
        *(f"{f}\n" for f in functions),
        PUBLIC.format(activation=f"``{expression}``"),
    ]
    return "\n\n".join(part.strip("\n") + "\n" for part in parts)


def _broadcast(expression: sp.Expr) -> str:
    text = expression_text(stabilised(expression))
    return f"{text} + xp.zeros_like(x)" if not expression.has(x) else text


def plain_decomposition(decomposition: Decomposition) -> dict[str, Any]:
    """The decomposition in floats, for the code that runs without SymPy."""

    def coefficients(polynomial: sp.Expr) -> list[float]:
        return [float(c) for c in reversed(sp.Poly(polynomial, x).all_coeffs())]

    if decomposition.terms:
        (whole,) = decomposition.sums()
        terms = [
            {"polynomial": coefficients(t.polynomial), "sine": coefficients(t.sine)}
            | {name: float(getattr(t, name)) for name in ("q", "c", "w")}
            for t in whole.terms
        ]
        return {"breakpoints": [], "pieces": [], "error_terms": [], "terms": terms}
    return {
        "breakpoints": [float(b) for b in decomposition.breakpoints],
        "pieces": [coefficients(piece) for piece in decomposition.pieces],
        "error_terms": [
            {"polynomial": coefficients(t.polynomial), "slope": float(t.slope), "offset": float(t.offset)}
            for t in decomposition.error_terms
        ],
    }


def formula_hash(subject: Activation, decomposition: Decomposition) -> str:
    """Sixteen hexadecimal digits that change when the formula does."""
    text = json.dumps(
        [
            *[sp.srepr(whole.as_expr()) for whole in decomposition.sums() if decomposition.terms],
            sp.srepr(subject.expression),
            decomposition.family,
            [sp.srepr(b) for b in decomposition.breakpoints],
            [sp.srepr(p) for p in decomposition.pieces],
            [[sp.srepr(t.polynomial), sp.srepr(t.slope), sp.srepr(t.offset)] for t in decomposition.error_terms],
        ]
    )
    return hashlib.sha256(text.encode()).hexdigest()[:16]
