import subprocess
import sys

import pytest

from numeric_backend import kernels
from numeric_backend.errors import UnknownKernelError
from symbolic_moments import activations


def test_names_are_sorted_and_load():
    names = kernels.names()
    assert list(names) == sorted(names)
    assert {"relu", "gelu"} <= set(names)
    for name in names:
        assert kernels.load(name).KERNEL["name"] == name


@pytest.mark.parametrize(("wrong", "near"), [("rellu", "relu"), ("GELU", "gelu"), ("leakyrelu", "leaky_relu")])
def test_nearest_name_is_suggested(wrong, near):
    with pytest.raises(UnknownKernelError, match=rf"no kernel is called '{wrong}'; did you mean .*{near}"):
        kernels.load(wrong)


def test_far_name_lists_the_catalogue():
    with pytest.raises(UnknownKernelError, match="known: abs, "):
        kernels.load("zzzzzz")


@pytest.mark.parametrize("name", ["__init__", "../relu", "os", ""])
def test_only_kernels_are_loaded(name):
    with pytest.raises(UnknownKernelError):
        kernels.load(name)


def test_kernels_are_imported_when_asked_for():
    program = (
        "import sys, numeric_backend\n"
        "from numeric_backend import kernels\n"
        "assert 'numeric_backend.kernels.relu' not in sys.modules\n"
        "kernels.load('relu')\n"
        "assert 'numeric_backend.kernels.relu' in sys.modules\n"
        "assert 'numeric_backend.kernels.gelu' not in sys.modules\n"
        "assert not {'sympy', 'mpmath'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_names_are_those_of_the_catalogue():
    records = activations.CATALOGUE
    committed = kernels.names()
    found = {alias: record.name for record in records for alias in record.aliases if record.name in committed}
    assert found == kernels.ALIASES
    assert activations.VECTOR_VALUED == kernels.VECTOR_VALUED


def test_aliases_load():
    for alias, name in kernels.ALIASES.items():
        assert kernels.load(alias) is kernels.load(name)
    with pytest.raises(UnknownKernelError, match="swiglu is not an activation of one variable: it multiplies"):
        kernels.load("swiglu")
