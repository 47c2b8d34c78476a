import importlib.util

import mpmath
import numpy as np
import pytest
from mpmath import libmp

from codegen.verify import kernel_runs
from codegen.verify.arithmetic import arithmetic, namespaces
from codegen.verify.kernel_runs import SEQUENCES, SINGLES, mp_run
from codegen.verify.mp_namespace import MpNamespace
from codegen.verify.mp_real import FellToDoubleError
from codegen.verify.parameter_values import bound, settings
from numeric_backend import kernels

flint = pytest.mark.skipif(importlib.util.find_spec("flint") is None, reason="python-flint is not installed")
DIGITS = 30
POINTS = [(0.7, 0.3), (-2.5, 1.0), (0.3, 0.0), (2.0, 1e-3), (-30.0, 2.0), (-1e3, 1e6)]


@pytest.fixture
def balls():
    from codegen.verify.flint_array import FlintArray

    return lambda values: FlintArray.of(values, 100)


@flint
@pytest.mark.parametrize("name", ["relu", "gelu", "tanh", "hardtanh", "gaussian"])
def test_the_text_gives_the_same_numbers_in_every_arithmetic(name, monkeypatch):
    runs = []
    for kind in namespaces():
        monkeypatch.setattr(kernel_runs, "namespaces", lambda kind=kind: [kind])
        module = kernels.load(name)
        if "parameters" in module.KERNEL:
            module = bound(module, next(settings(module)))
        run, fallen = mp_run(module, POINTS, 3, DIGITS, module.METHOD)
        assert not fallen
        runs.append(run)
    for function in (*SEQUENCES, *SINGLES, "activation"):
        for ours, theirs in zip(*(run[function] for run in runs), strict=True):
            for a, b in zip(ours, theirs, strict=True):
                assert _distance(a, b) < 1e-22, function


def _distance(a, b):
    gap = libmp.mpf_abs(libmp.mpf_sub(a, b, 60))
    if not gap[1]:
        return 0.0 if a != libmp.fnan else float("inf")
    return libmp.to_float(libmp.mpf_div(gap, libmp.mpf_abs(b), 60))


def test_without_python_flint_mpmath_computes(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert namespaces() == [MpNamespace]
    assert arithmetic(MpNamespace) == f"mpmath {mpmath.__version__}"


@flint
def test_arrays_refuse_doubles_other_precisions_and_numpys_functions(balls):
    from codegen.verify.flint_array import FlintArray
    from codegen.verify.mp_real import FellToDoubleError

    x = balls([1, 2])
    spoils = (
        lambda: x + 0.5,
        lambda: 0.5 * x,
        lambda: x < 0.5,
        lambda: x @ np.array([0.5, 0.5]),
        lambda: x.__setitem__(0, 0.5),
        lambda: x[0] * 0.5,
        lambda: float(x[0]),
        lambda: x + FlintArray.of([1, 2], 53),
    )
    for spoil in spoils:
        with pytest.raises(FellToDoubleError):
            spoil()
    with pytest.raises(TypeError, match=r"call xp\.exp"):
        np.exp(x)


@flint
def test_quotients_by_zero_follow_ieee_754(balls):
    quotient = balls([1, -1, 0, 6]) / balls([0, 0, 0, 3])
    assert [str(value) for value in (quotient == quotient)] == ["True", "True", "False", "True"]
    assert (quotient[0] > 10**9, quotient[1] < -(10**9), quotient[3] == 2) == (True, True, True)
    assert (quotient != quotient).tolist() == [False, False, True, False]


@flint
def test_writing_into_an_array_keeps_its_numbers(balls):
    x = balls([1, 2, 3])
    x[x > 1] += 5
    x[0] = 7
    x[np.array([1])] = balls([4])
    assert (x == balls([7, 4, 8])).all()
    assert int(x[2] / 3) == 2
    assert bool(x[0] - 7) is False


@flint
def test_a_single_ball_is_a_key_and_an_array_is_none(balls):
    half = balls(1) / 2
    assert {half: "found"}[balls(2) / 4] == "found"
    with pytest.raises(TypeError, match="only a single ball"):
        hash(balls([1, 2]))


@flint
def test_a_power_series_does_its_own_arithmetic_with_balls(balls):
    class Power:
        def __rmul__(self, other):
            return ("times", other)

    assert (balls(3) * Power())[0] == "times"
    with pytest.raises(FellToDoubleError):
        balls(3) + Power()
