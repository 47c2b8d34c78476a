"""mpmath counts with gmpy2 where that is installed, else with Python's integers: a kernel is the same."""

import os
import subprocess
import sys

import pytest

from codegen import emit

TEXTS = ("sqrt(abs(x))", "softplus(x)*atan(x)")
SCRIPT = f"""
import mpmath
from codegen import emit

print(mpmath.libmp.BACKEND, *(emit(text).source for text in {TEXTS!r}), sep="\\n")
"""


def test_a_kernel_does_not_depend_on_what_mpmath_counts_with():
    pytest.importorskip("gmpy2")
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env=os.environ | {"MPMATH_NOGMPY": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout == "\n".join(["python", *(emit(text).source for text in TEXTS)]) + "\n"
