"""The target-specific opening of a kernel module: imports and the array namespace."""

from __future__ import annotations

import re

NUMPY = """\
from collections.abc import Callable
{fraction}from functools import partial
from operator import index
from types import SimpleNamespace
from typing import Any

import numpy as array_library
from scipy import special

BLOCK: int | None = 16384  # elements worked on at a time, so that intermediate arrays stay in the cache
_quiet = partial(array_library.errstate, all="ignore")
"""

CUPY = """\
from collections.abc import Callable
from contextlib import nullcontext as _quiet
{fraction}from operator import index
from types import SimpleNamespace
from typing import Any

import cupy as array_library
from cupyx.scipy import special

BLOCK: int | None = None  # the whole array at once
"""

TARGETS = {"numpy": NUMPY, "cupy": CUPY}

SPECIAL = ("erf", "erfc", "erfcx", "ive", "jv", "ndtr")
WRITTEN_OUT = {
    "low_part": "lambda value, p, q: float(Fraction(p, q) - Fraction(float(value)))",
    "pi": "3.141592653589793",
    "rational": "lambda p, q: p / q",
    "sqrt": "lambda x: array_library.sqrt(x) if isinstance(x, array_library.ndarray) else x**0.5",
    "sqrt2pi": "2.5066282746310002",
    "table_size": "BLOCK or 2**24",
}


def head_text(target: str, namespace: str) -> str:
    """The imports of a kernel whose array namespace is ``namespace``."""
    fraction = "from fractions import Fraction\n" if "Fraction" in namespace else ""
    opening = TARGETS[target].replace("{fraction}", fraction)
    if "special." not in namespace:
        opening = "".join(line for line in opening.splitlines(True) if "import special" not in line)
    return opening


def namespace_text(body: str) -> str:
    """The array namespace of a kernel: the names its body uses, and no other."""
    used = sorted(set(re.findall(r"\bxp\.([a-z_0-9]+)", body)) - {"method"})
    entries = []
    for name in used:
        library = "special" if name in SPECIAL else "array_library"
        entries.append(f"    {name}={WRITTEN_OUT.get(name, f'{library}.{name}')},")
    return "\n".join(["xp = SimpleNamespace(", *entries, "    method=METHOD,", ")"]) + "\n"


PUBLIC = '''\
def activation(x: Any{keywords}) -> Any:
    """{activation}, elementwise.{outside}"""
    values, dtype, shape = _prepare(x{given})
    with _quiet():
        result = _activation(xp, {values})
        result = array_library.where(array_library.isnan(values[0]), values[0], result){masked}
    return _rounded(result.reshape(shape), dtype)


def raw_moments(mu: Any, sigma: Any, degree: int{keywords}) -> Any:
    """``E[y^n g(y)]``, n = 0 .. degree, y ~ N(mu, sigma^2): shape ``(degree + 1, *broadcast)``.{outside}"""
    return _sequence(_raw_moments, mu, sigma, degree{passed})


def hermite_coefficients(mu: Any, sigma: Any, degree: int{keywords}) -> Any:
    """``E[g(y) He_k((y - mu)/sigma)]``, k = 0 .. degree: shape ``(degree + 1, *broadcast)``.{outside}"""
    return _sequence(_hermite_coefficients, mu, sigma, degree{passed})


def expected_derivatives(mu: Any, sigma: Any, degree: int{keywords}) -> Any:
    """``E[g^(k)(y)]``, k = 0 .. degree: shape ``(degree + 1, *broadcast)``.{outside}"""
    return _sequence(_expected_derivatives, mu, sigma, degree{passed})


def second_moment(mu: Any, sigma: Any{keywords}) -> Any:
    """``E[g(y)^2]``: the broadcast shape of mu and sigma.{outside}"""
    return _evaluate(lambda *arguments: [_second_moment(*arguments)], mu, sigma, 1{passed})[0]


def variance(mu: Any, sigma: Any{keywords}) -> Any:
    """``Var g(y)``: the broadcast shape of mu and sigma.{outside}"""
    return _evaluate(lambda *arguments: [_variance(*arguments)], mu, sigma, 1{passed})[0]


def _sequence(body: Callable[..., Any], mu: Any, sigma: Any, degree: int{accepted}) -> Any:
    try:
        last = index(degree)
    except TypeError:
        raise TypeError(f"degree = {{degree!r}} given; a non-negative integer is expected") from None
    if last < 0:
        raise ValueError(f"degree = {{degree!r}} given; a non-negative integer is expected")
    return _evaluate(body, mu, sigma, last + 1, last{forwarded})


def _evaluate(body: Callable[..., Any], mu: Any, sigma: Any, rows: int, *degree: int{accepted}) -> Any:
    (mu, sigma{rest}), dtype, shape = _prepare(mu, sigma{spread})
    result = array_library.empty((rows, mu.size))
    size = {size}
    with _quiet():
        for start in range(0, mu.size, size):
            part = slice(start, start + size){here}
            finite = array_library.isfinite(mu[part]) & array_library.isfinite(sigma[part])
            valid = finite & (sigma[part] >= 0){domain}
            invalid = start + array_library.flatnonzero(~valid)
            for row, value in zip(result, body(xp, mu[part], sigma[part], *degree{sliced}), strict=True):
                row[part] = value
                row[invalid] = array_library.nan
    return _rounded(result.reshape((rows, *shape)), dtype)


{in_domain}'''

PREPARATION = '''\
def _prepare(*arguments: Any) -> Any:
    """Flat float64 arrays of the broadcast shape; the type to round the result to; that shape."""
    weak = (bool, int, float)
    if any(hasattr(a, "mask") and hasattr(a, "filled") for a in arguments):
        raise TypeError("a masked array given; kernels know no masks: give a.filled(nan); NaN stays NaN")
    known = [a if type(a) in weak else array_library.asarray(a) for a in arguments]
    arrays = [a for a in known if type(a) not in weak]
    for array in arrays:
        if array.dtype.kind not in "biuf" and array.dtype.name != "bfloat16":
            raise TypeError(f"{array.dtype} given; real numbers (floating point or integer) are expected")
    dtype = array_library.result_type(*(arrays or known))
    if dtype.kind in "biu":
        dtype = array_library.dtype(array_library.float64)
    doubles = [array_library.asarray(a, dtype=array_library.float64) for a in known]
    try:
        flat = array_library.broadcast_arrays(*doubles)
    except ValueError:
        shapes = " and ".join(str(array.shape) for array in doubles)
        raise ValueError(f"arguments of shapes {shapes} given; shapes that broadcast are expected") from None
    return [array.reshape(-1) for array in flat], dtype, flat[0].shape


def _rounded(result: Any, dtype: Any) -> Any:
    """``result`` in another floating-point type, rounded once; bfloat16 goes through float32 rounded to odd."""
    with _quiet():
        if dtype.kind == "V":
            single = result.astype(array_library.float32)
            beyond = array_library.abs(single) > array_library.abs(result)
            single = array_library.where(beyond, array_library.nextafter(single, array_library.float32(0)), single)
            inexact = single != result
            result = (single.view(array_library.uint32) | inexact).view(array_library.float32)
        return result.astype(dtype, copy=False)
'''
