"""`polywick.kernel`: derive, emit and load the kernel of an activation on demand.

Importing this module imports SymPy; ``import polywick`` alone does not.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

from codegen import emit
from codegen.verify import verify as verify_kernel
from symbolic_moments import Activation, activation

__all__ = ["kernel"]


def kernel(
    spec_or_activation: str | Activation,
    verify: bool = False,
    *,
    name: str | None = None,
    target: str = "numpy",
    degree: int = 8,
    digits: int = 50,
    **parameters: Any,
) -> ModuleType:
    """Kernel of g: the module with E[g He_k], E[y^n g], E[g^(k)], E[g^2] and Var g for y ~ N(mu, sigma^2).

    Parameters
    ----------
    spec_or_activation : str or Activation or SymPy expression
        A catalogue name ("gelu"), an expression in x ("x*erf(x)"), or an activation made before.
    verify : bool
        Check the kernel at ``digits`` digits first, and refuse it if it falls short (takes up to a minute).
    name : str, optional
        The kernel's name.
    target : {"numpy", "cupy"}
        The array library the kernel runs on.
    degree : int
        Degree up to which accuracy is promised.
    digits : int
        Digits of the check, with ``verify=True``.
    **parameters
        Values of the activation's parameters, for instance ``slope=0.2``. They become the kernel's defaults; where its
        ``KERNEL["parameters"]`` names them, its functions take other values, or arrays of them, by keyword.

    Returns
    -------
    module
        Whatever `polywick.MLP` and `polywick.GLU` take as an activation.

    Raises
    ------
    ValueError
        The activation is unknown or outside the language, or its kernel falls short.
    NotImplementedError
        No family of kernels takes it; the message says what stood in the way.

    Examples
    --------
    >>> module = kernel("x*erf(x)", name="x_erf")
    >>> module.raw_moments(0.5, 2.0, 2).shape
    (3,)
    >>> float(module.activation(0.0))
    0.0
    >>> kernel("leaky_relu", slope=0.25).activation(-1.0, slope=[0.25, 0.5])
    array([-0.25, -0.5 ])
    """
    if isinstance(spec_or_activation, Activation):
        if parameters or name is not None:
            raise ValueError(
                f"{spec_or_activation.name} is already an activation; expected its name and parameters "
                "to be set where it was made: activation(spec, name=..., slope=...)"
            )
        record = spec_or_activation
    else:
        record = activation(spec_or_activation, name=name, **parameters)
    source = emit(record, target=target, degree=degree)
    module = source.load()
    if verify:
        certificate = verify_kernel(module, digits=digits, degree=degree)
        if not certificate.passed:
            raise ValueError(
                f"the kernel of {record.name} falls short at {digits} digits (worst: {certificate.worst}); "
                "expected every number within its promise: see polywick verify for the whole table"
            )
    return module
