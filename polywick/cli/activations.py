"""Words of the command line as activations: catalogue names, expressions, parameters."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from numeric_backend.errors import InputError
from polywick.cli.values import parameter_values

if TYPE_CHECKING:
    from symbolic_moments import Activation

__all__ = ["kernel_for", "read_activation"]


def read_activation(spec: str, parameters: tuple[str, ...] = (), name: str | None = None) -> Activation:
    """The activation g(x) that ``spec`` names or spells out, with its parameters set.

    Raises
    ------
    ValueError
        An unknown name, or an expression outside the language; the message names the offending part.

    Examples
    --------
    >>> read_activation("Max(x, 0)", name="my_relu").name
    'my_relu'
    """
    from symbolic_moments import activation

    return activation(spec, name=name, **parameter_values(parameters))


def kernel_for(spec: str) -> str | ModuleType:
    """What a network takes as its activation: a committed kernel's name, a kernel file, or a kernel made now.

    Parameters
    ----------
    spec : str
        The name of a kernel that ships with the library; the path of an emitted kernel (a ``.py`` file, which
        is run); or any other catalogue name or expression, whose kernel is derived and emitted on the spot.

    Raises
    ------
    InputError
        The kernel file is missing or does not run.
    ValueError
        An unknown name, or an expression outside the language.

    Examples
    --------
    >>> kernel_for("relu")
    'relu'
    """
    from numeric_backend import kernels

    if spec in kernels.names():
        return spec
    if spec.endswith(".py"):
        return _load_file(Path(spec))
    import polywick

    made: ModuleType = polywick.kernel(spec)
    return made


def _load_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise InputError(f"no kernel file '{path}'; expected one written by: polywick emit EXPRESSION -o {path}")
    specification = importlib.util.spec_from_file_location(path.stem, path)
    if specification is None or specification.loader is None:
        raise InputError(f"'{path}' cannot be loaded as Python; expected a file written by polywick emit")
    module = importlib.util.module_from_spec(specification)
    try:
        specification.loader.exec_module(module)
    except Exception as error:
        raise InputError(
            f"the kernel file '{path}' does not run ({type(error).__name__}: {error}); "
            "expected one written by polywick emit, and its array library installed"
        ) from error
    return module
