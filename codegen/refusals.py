"""What a kernel family stumbles over becomes a refusal in one line."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import mpmath
from sympy.polys.polyerrors import BasePolynomialError
from sympy.printing.codeprinter import PrintMethodNotImplementedError

from codegen.kernel_choice import NoKernelError
from codegen.lower import CannotLowerError
from codegen.panel_plan import NoPanelPlanError

__all__ = ["refusing"]

_Given = ParamSpec("_Given")
_Made = TypeVar("_Made")

_INTERNAL = (
    *(AttributeError, NameError, LookupError, ArithmeticError, RecursionError),
    *(mpmath.libmp.NoConvergence, PrintMethodNotImplementedError, BasePolynomialError),
)
"""What a family that meets a function it was not made for may stumble over."""


def refusing(make: Callable[_Given, _Made]) -> Callable[_Given, _Made]:
    """``make``, whose first argument is an activation, with ``NoKernelError`` for everything it stumbles over.

    Examples
    --------
    >>> @refusing
    ... def make(activation):
    ...     return {}[activation]
    >>> make("x**2")
    Traceback (most recent call last):
    ...
    codegen.last_choice.NoKernelError: x**2: no kernel family can write this function (KeyError: 'x**2')
    """

    @functools.wraps(make)
    def made(*given: _Given.args, **options: _Given.kwargs) -> _Made:
        try:
            return make(*given, **options)
        except NoKernelError:
            raise
        except (CannotLowerError, NoPanelPlanError) as error:
            raise NoKernelError(f"{_called(given, options)}: {error}") from error
        except _INTERNAL as error:
            raise NoKernelError(
                f"{_called(given, options)}: no kernel family can write this function ({_reason(error)})"
            ) from error

    return made


def _reason(error: Exception) -> str:
    if isinstance(error, ZeroDivisionError) and not str(error):
        return "its value or its slope divides by 0 on an interval or at a kink"
    return f"{type(error).__name__}: {error}"


def _called(given: tuple[Any, ...], options: dict[str, Any]) -> str:
    subject = given[0] if given else options.get("activation")
    return str(getattr(subject, "name", subject))
