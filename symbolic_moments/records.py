"""What the catalogue says about an activation."""

from __future__ import annotations

from dataclasses import dataclass

from symbolic_moments.parameters import Parameter

__all__ = ["ActivationRecord"]


@dataclass(frozen=True)
class ActivationRecord:
    """What the catalogue says about an activation.

    Attributes
    ----------
    name : str
        The name of its kernel too.
    expression : str
        In the language of activations; parameters stand in braces.
    family : str
        Of its decomposition, such as ``"PP"`` or ``"ER"``.
    aliases : tuple of str
        Other names.
    parameters : tuple of Parameter
        With their defaults.
    found_in : str
        Libraries that have it, with their names for it where they differ.
    used_in, note : str
        Where it is met; what else to know.
    """

    name: str
    expression: str
    family: str
    aliases: tuple[str, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    found_in: str = ""
    used_in: str = ""
    note: str = ""
