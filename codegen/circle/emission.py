"""An activation becomes the text of a kernel of circle moments."""

from __future__ import annotations

import sympy as sp

from codegen.circle.centred import with_closed_centre
from codegen.circle.entire import bessel_plan, is_of_exponential_type, type_plan
from codegen.circle.module_text import circle_module_text
from codegen.circle.pieces import piecewise_plan
from codegen.circle.plan import CirclePlan
from codegen.circle.smooth import panels_plan, rooted_activation
from codegen.circle.trial import first_miss_on_circles
from codegen.emission import KernelSource
from codegen.heads import TARGETS
from codegen.kernel_choice import NoKernelError
from codegen.kink_places import kink_places
from codegen.parameters import settled
from codegen.refusals import refusing
from symbolic_moments import Activation
from symbolic_moments import activation as find_activation
from symbolic_moments.removable import removable_singularity
from symbolic_moments.symbols import x

__all__ = ["emit_circle"]


@refusing
def emit_circle(activation: Activation | str | sp.Expr, target: str = "numpy") -> KernelSource:
    r"""Emit the kernel of the circle moments ``int_{-pi}^{pi} g(A cos t + b) cos(r t) dt``.

    The module has ``activation(x)`` and ``circle_moments(A, b, frequencies)``, of shape ``(frequencies + 1,
    *broadcast)``, for A and b of any sign.

    Parameters
    ----------
    activation
        An ``Activation``, or anything ``symbolic_moments.activation`` accepts. Its parameters are compiled in; one left
        symbolic takes the default of its record.
    target
        ``"numpy"`` or ``"cupy"``.

    Raises
    ------
    ValueError
        Unknown target.
    NoKernelError
        No rule covers the activation, or the kernel of a function without a closed form fails its trial.

    Examples
    --------
    >>> kernel = emit_circle("relu").load()
    >>> kernel.circle_moments(3.0, 0.0, 2).round(12).tolist()
    [6.0, 4.712388980385, 2.0]

    References
    ----------
    arXiv 2412.03773, where the circle moment of relu at twice the frequency explains modular addition.
    """
    if target not in TARGETS:
        raise ValueError(f"target {target!r} given; expected one of {', '.join(sorted(TARGETS))}")
    subject = settled(activation if isinstance(activation, Activation) else find_activation(activation))
    plan = _plan(subject, target)
    if plan.sample is not None:
        tried = KernelSource(subject.name, "numpy", circle_module_text(subject, plan, "numpy"))
        miss = first_miss_on_circles(tried.load(), plan.sample)
        if miss is not None:
            raise NoKernelError(
                f"{subject.name} = {subject.expression} has no kernel of circle moments: none of this form can promise "
                f"its accuracy; a trial gave {miss} (its formulas evaluate: polywick derive circle)"
            )
    return KernelSource(subject.name, target, circle_module_text(subject, plan, target))


def _plan(subject: Activation, target: str) -> CirclePlan:
    """Closed forms before quadrature. CuPy has no Bessel functions of every order."""
    free = sorted(str(symbol) for symbol in subject.expression.free_symbols - {x})
    if free:
        raise NoKernelError(f"{subject.name}: the parameters {', '.join(free)} have no value; give them one first")
    decomposition = subject.decomposition
    if decomposition.family == "PP":
        return piecewise_plan(decomposition)
    if is_of_exponential_type(decomposition):
        closed = bessel_plan(decomposition) if target == "numpy" else None
        return closed or type_plan(decomposition, rooted_activation(subject.expression, ()))
    place = removable_singularity(subject.expression)
    if place is not None:
        raise NoKernelError(
            f"{subject.name} = {subject.expression} has no kernel of circle moments: it is 0/0 at x = {place}; "
            "expected a function without removable singularities"
        )
    plan = panels_plan(subject.expression, kink_places(subject.expression))
    return with_closed_centre(plan, decomposition) if target == "numpy" else plan
