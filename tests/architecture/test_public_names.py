"""``__all__`` says what is public, and nothing else is."""

import importlib
import types

import pytest

PACKAGES = ("symbolic_moments", "codegen", "numeric_backend", "polywick")


def public_names(module):
    """Names without a leading underscore that this project defines; modules do not count."""
    return {
        name
        for name, value in vars(module).items()
        if not name.startswith("_")
        and not isinstance(value, types.ModuleType)
        and getattr(value, "__module__", PACKAGES[0]).partition(".")[0] in PACKAGES
        and name != "TYPE_CHECKING"
    }


@pytest.mark.parametrize("package", PACKAGES)
def test_all_is_what_is_public(package):
    module = importlib.import_module(package)
    assert len(module.__all__) == len(set(module.__all__))
    missing = [name for name in module.__all__ if not hasattr(module, name)]
    assert not missing, f"{package}.__all__ promises {missing}"
    surplus = public_names(module) - set(module.__all__)
    assert not surplus, f"{package} shows {surplus}, which __all__ does not name"


@pytest.mark.parametrize("package", PACKAGES)
def test_public_names_are_documented(package):
    module = importlib.import_module(package)
    assert len(module.__doc__.strip()) > 20
    bare = [name for name in module.__all__ if not (getattr(module, name).__doc__ or "").strip()]
    assert not bare, f"{package}: no docstring on {bare}"


def test_a_surplus_name_is_seen():
    module = types.ModuleType("example")
    module.__all__ = []
    module.leftover = 1
    assert public_names(module) == {"leftover"}
