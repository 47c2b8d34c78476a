"""A module `cupy` over NumPy whose arrays are as strict as CuPy's: no implicit way to NumPy and back.

The arithmetic of a GPU is not tried this way; that every line keeps to one library, and to names that CuPy has, is.
"""

import sys
from types import ModuleType

import numpy as np
from scipy import special

OPERATORS = ["add", "sub", "mul", "truediv", "pow", "matmul", "and", "or"]
COMPARISONS = ["lt", "le", "gt", "ge", "eq", "ne"]
METHODS = ["all", "any", "argmax", "argmin", "astype", "copy", "max", "mean", "min", "ravel", "reshape", "sum"]
METHODS += ["swapaxes", "transpose", "view"]
FUNCTIONS = [
    "abs",
    "arange",
    "arcsin",
    "arctan2",
    "array",
    "asarray",
    "broadcast_arrays",
    "broadcast_to",
    "concatenate",
]
FUNCTIONS += [
    "cos",
    "count_nonzero",
    "diag",
    "empty",
    "exp",
    "expm1",
    "eye",
    "flatnonzero",
    "frexp",
    "isfinite",
    "isnan",
]
FUNCTIONS += ["ldexp", "log1p", "maximum", "minimum", "moveaxis", "nextafter", "ones", "ones_like", "result_type"]
FUNCTIONS += ["ascontiguousarray", "sin", "sqrt", "stack", "tanh", "tensordot", "where", "zeros", "zeros_like", "cosh"]
FUNCTIONS += ["einsum", "empty_like", "matmul"]
LINEAR_ALGEBRA = ["eigh", "eigvalsh", "inv", "matrix_rank", "norm", "pinv", "qr", "svd"]
OPTIONS = {"axis", "axes", "dtype", "copy", "keepdims", "full_matrices", "out"}


class ndarray:  # noqa: N801
    """An array that only meets its own kind, numbers and NumPy scalars."""

    __module__ = "cupy"
    __array_ufunc__ = None
    __hash__ = None

    def __init__(self, held):
        self.held = np.asarray(held)

    def __array__(self, *_, **__):
        raise TypeError("Implicit conversion to a NumPy array is not allowed. Please use `.get()`")

    def __getattr__(self, name):
        if name in ("shape", "ndim", "size", "dtype"):
            return getattr(self.held, name)
        if name == "T":
            return wrapped(self.held.T)
        if name in METHODS:
            return strict(getattr(self.held, name))
        raise AttributeError(f"a CuPy array has no {name!r} here")

    def __getitem__(self, index):
        return wrapped(self.held[bare(index)])

    def __setitem__(self, index, value):
        self.held[bare(index)] = bare(value)

    def __neg__(self):
        return wrapped(-self.held)

    def __abs__(self):
        return wrapped(abs(self.held))

    def __invert__(self):
        return wrapped(~self.held)

    def __len__(self):
        return len(self.held)

    def __iter__(self):
        return (wrapped(part) for part in self.held)

    def __bool__(self):
        return bool(self.held)

    def __float__(self):
        return float(self.held)

    def __int__(self):
        return int(self.held)

    def __repr__(self):
        return repr(self.held)


def _operator(name):
    def method(self, other):
        return wrapped(getattr(self.held, name)(bare(other)))

    return method


def _in_place(name):
    def method(self, other):
        getattr(self.held, name)(bare(other))
        return self

    return method


for _name in OPERATORS:
    setattr(ndarray, f"__{_name}__", _operator(f"__{_name}__"))
    setattr(ndarray, f"__r{_name}__", _operator(f"__r{_name}__"))
    if _name != "matmul":
        setattr(ndarray, f"__i{_name}__", _in_place(f"__i{_name}__"))
for _name in COMPARISONS:
    setattr(ndarray, f"__{_name}__", _operator(f"__{_name}__"))


def bare(value):
    """What is inside; an array of NumPy is refused."""
    if isinstance(value, np.ndarray):
        raise TypeError("Unsupported type <class 'numpy.ndarray'>")
    if isinstance(value, ndarray):
        return value.held
    if isinstance(value, (tuple, list)):
        return type(value)(bare(part) for part in value)
    return value


def wrapped(value):
    if isinstance(value, (np.ndarray, np.bool_, np.floating, np.integer)):
        return ndarray(value)
    if isinstance(value, tuple):
        return tuple(wrapped(part) for part in value)
    return value


def strict(function, from_numpy=False):
    def call(*given, **options):
        assert set(options) <= OPTIONS, f"CuPy takes no {set(options) - OPTIONS} here"
        if from_numpy and isinstance(given[0], np.ndarray):
            given = (ndarray(given[0].copy()), *given[1:])
        return wrapped(function(*bare(given), **{name: bare(option) for name, option in options.items()}))

    return call


def cholesky(a):
    """CuPy does not raise."""
    try:
        return ndarray(np.linalg.cholesky(a.held))
    except np.linalg.LinAlgError:
        return ndarray(np.full(a.shape, np.nan))


def install(monkeypatch):
    """`import cupy` and `cupyx.scipy.special` for the time of a test; returns the module."""
    cupy, linalg = ModuleType("cupy"), ModuleType("cupy.linalg")
    for name in FUNCTIONS:
        setattr(cupy, name, strict(getattr(np, name), from_numpy=name in ("array", "asarray")))
    for name in LINEAR_ALGEBRA:
        setattr(linalg, name, strict(getattr(np.linalg, name)))
    linalg.cholesky = cholesky
    for name in ("float32", "float64", "int64", "uint32", "inf", "nan", "dtype"):
        setattr(cupy, name, getattr(np, name))
    cupy.ndarray, cupy.linalg, cupy.asnumpy = ndarray, linalg, lambda array: array.held.copy()
    scipy, functions = ModuleType("cupyx.scipy"), ModuleType("cupyx.scipy.special")
    for name in ("erf", "erfc", "erfcx", "ndtr"):
        setattr(functions, name, strict(getattr(special, name)))
    scipy.special = functions
    modules = {"cupy": cupy, "cupyx": ModuleType("cupyx"), "cupyx.scipy": scipy, "cupyx.scipy.special": functions}
    for name, module in modules.items():
        monkeypatch.setitem(sys.modules, name, module)
    return cupy
