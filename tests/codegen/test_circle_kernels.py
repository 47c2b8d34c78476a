"""Kernels of circle moments against mpmath's quadrature of the definition, at crossings, tangents, large amplitudes."""

import math
import subprocess
import sys

import mpmath
import numpy as np
import pytest
import sympy as sp

from codegen import NoKernelError, emit_circle
from codegen.verify.cupy_stand_in import cupy_or_stand_in
from symbolic_moments import activation, circle_moment
from symbolic_moments.normal import Phi
from symbolic_moments.symbols import x

KINKS = {
    "relu": (0,),
    "leaky_relu": (0,),
    "hardtanh": (-1, 1),
    "Max(x - 1/3, 0)**3": (sp.Rational(1, 3),),
    "gelu": (),
    "erf": (),
    "exp": (),
    "sin": (),
    "x*exp(-2*x)": (),
    "silu": (),
    "tanh": (),
    "softplus": (),
    "elu": (0,),
    "x/(1 + abs(x))": (0,),
    "exp(-x**2)": (),
}
NEAR_ZERO = (-30, -8, -3, -1, 0, 1, 3, 8, 30)
FREQUENCIES = (0, 1, 2, 7, 16)


@pytest.fixture(scope="module")
def kernel():
    made = {}

    def of(spec):
        if spec not in made:
            made[spec] = emit_circle(spec).load()
        return made[spec]

    return of


def by_quadrature(spec, A, b, r):
    """``int g(A cos t + b) cos(r t) dt`` and ``int |g|``, split where g is not smooth and where it bends."""
    with mpmath.workdps(25):
        expression = activation(spec).expression.replace(Phi, lambda u: (1 + sp.erf(u / sp.sqrt(2))) / 2)
        function = sp.lambdify(x, expression, "mpmath")
        size, offset = mpmath.mpf(abs(A)), mpmath.mpf(b)
        places = [mpmath.mpf(sp.Rational(k).p) / sp.Rational(k).q for k in (*KINKS[spec], *NEAR_ZERO)]
        cuts = {mpmath.acos((p - offset) / size) for p in places if abs(p - offset) < size}
        cuts = sorted({*cuts, *(mpmath.pi * j / 8 for j in range(9))})
        whole = mpmath.quad(lambda t: abs(function(size * mpmath.cos(t) + offset)), cuts)
        if whole == 0:
            return 0.0, 0.0
        both = whole * mpmath.quad(lambda t: function(size * mpmath.cos(t) + offset) / whole * mpmath.cos(r * t), cuts)
        return float((-2 if A < 0 and r % 2 else 2) * both), float(2 * whole)


def promised(kernel):
    return kernel.KERNEL["promise"]["circle_moments"]


@pytest.mark.parametrize("spec", KINKS)
@pytest.mark.parametrize(
    ("share", "place"), [(2.5, 0.3), (-0.75, -1.2), (1.0, -1 + 1e-9), (3.0, 1 - 1e-4), (1e-5, 0.5), (200.0, 0.01)]
)
def test_kernels_keep_their_promise(kernel, spec, share, place):
    """At A = share and at b as far from the kink as place says, in amplitudes."""
    middle = float(KINKS[spec][0]) if KINKS[spec] else 0.0
    A, b = share, middle + abs(share) * place
    got = kernel(spec).circle_moments(A, b, 16)
    for r in FREQUENCIES[:: 2 if share == 200 else 1]:
        wanted, size = by_quadrature(spec, A, b, r)
        conditioned = 4 * math.ulp(max(abs(A), abs(b))) * 2 * math.pi if kernel(spec).KERNEL["input_ulps"] else 0.0
        assert abs(got[r] - wanted) <= promised(kernel(spec)) * size + conditioned, (r, got[r], wanted)


def test_relu_as_published(kernel):
    """arXiv 2412.03773: |A| times 2, pi/2, 2/3, 0, -2/15, 0, 2/35."""
    wanted = np.array([2, np.pi / 2, 2 / 3, 0, -2 / 15, 0, 2 / 35])
    A = np.array([1.0, 3.0, 1e-300, 1e300])
    got = kernel("relu").circle_moments(A, 0, 6)
    assert np.all(np.abs(got / A - wanted[:, None]) < 1e-15)
    signs = (-1.0) ** np.arange(7)
    assert np.array_equal(kernel("relu").circle_moments(-3, 0, 6), signs * kernel("relu").circle_moments(3, 0, 6))


def test_the_layer_doubles_the_frequency(kernel):
    """``int ReLU[A cos(B + phi)] cos(C + 2 phi) dphi = (2/3) |A| cos(2B - C)``: cos(C + 2 phi) about phi = -B."""
    random = np.random.default_rng(3)
    A, B, C = random.uniform(-4, 4, (3, 200))
    moment = kernel("relu").circle_moments(A, 0, 2)[2]
    assert np.all(np.abs(moment * np.cos(C - 2 * B) - 2 / 3 * np.abs(A) * np.cos(2 * B - C)) <= 1e-14 * np.abs(A))


@pytest.mark.parametrize("spec", ["gelu", "erf", "exp", "sin", "hardtanh"])
def test_closed_formulas_are_a_second_route(kernel, spec):
    """Of `symbolic_moments`, through Bessel functions and sines in many digits."""
    for A in (0.3, 2.0, -17.5):
        got = kernel(spec).circle_moments(A, 0, 5)
        for r in range(1, 6, 2) if spec == "hardtanh" else range(6):  # for even r 0, which its sum of arcs cannot show
            formula = circle_moment(spec, r, offset=0)
            assert formula.kind == "closed"
            assert abs(got[r] - float(formula.evalf(25, A=A))) <= 1e-14 * max(np.abs(got))


@pytest.mark.parametrize("spec", ["gelu", "erf", "Phi(2*x)", "x - x*erf(x/3)", "-x*Phi(x)"])
def test_circles_about_0_are_closed_and_the_panels_know(kernel, spec):
    """Bessel functions where b = 0; the rule of every other b gives the same there, and is all that CuPy has."""
    module = kernel(spec)
    A = np.array([1e-8, 0.3, -2.0, 17.0, -1000.0])
    closed = module.circle_moments(A, 0.0, 16)
    panels = np.array(module._off_centre(module.xp, A, np.zeros(5), 16))
    assert np.all(np.abs(closed - panels) <= 1e-14 * np.max(np.abs(closed), axis=0))
    assert not np.array_equal(closed, panels)
    mixed = module.circle_moments(A, [0.0, 1.0, 0.0, -1.0, np.nan], 3)
    assert np.array_equal(mixed[:, [0, 2]], closed[:4, [0, 2]])
    assert np.isnan(mixed[:, 4]).all()
    assert "circle_error" not in emit_circle(spec, target="cupy").source


@pytest.mark.parametrize("spec", ["Phi(x - 1)", "x*erf(x) - 1", "x**2*Phi(x)", "Phi(x) + Phi(2*x)", "relu(x) + erf(x)"])
def test_what_could_cancel_has_no_special_case(spec):
    assert "circle_error" not in emit_circle(spec).source


@pytest.mark.parametrize("spec", ["relu", "gelu", "exp", "x*exp(-2*x)", "elu"])
def test_at_rest_and_out_of_bounds(kernel, spec):
    module = kernel(spec)
    still = module.circle_moments(0.0, [0.5, -2.0], 3)
    assert np.allclose(still[0], 2 * np.pi * module.activation([0.5, -2.0]), rtol=1e-15, atol=0)
    assert not still[1:].any()
    special = module.circle_moments([np.nan, 1.0, np.inf, 1.0], [1.0, np.nan, 1.0, -np.inf], 2)
    assert np.isnan(special).all()
    assert np.isfinite(module.circle_moments([1e-320, -5e-324, 1e-200], [0.0, 1.0, 1e-200], 4)).all()


def test_shapes_types_and_blocks(kernel):
    module = kernel("gelu")
    A, b = np.linspace(-3, 3, 7)[:, None], np.arange(4)
    got = module.circle_moments(A, b, 2)
    assert got.shape == (3, 7, 4)
    assert got.dtype == np.float64
    assert module.circle_moments(2, 1, 0).shape == (1,)
    assert module.circle_moments(np.float32(2), np.float32(1), 1).dtype == np.float32
    assert module.circle_moments(np.zeros(0), 1.0, 3).shape == (4, 0)
    many = module.circle_moments(np.full(40000, 2.0), 1.0, 2)
    assert np.allclose(many, module.circle_moments(2.0, 1.0, 2)[:, None], rtol=1e-15, atol=0)


@pytest.mark.parametrize("spec", ["relu", "gelu", "hardtanh"])
def test_frequencies_have_no_limit(kernel, spec):
    """Fifty frequencies against a plain sum over many nodes, which is exact for what is smooth enough."""
    t = (np.arange(400000) + 0.5) * (2 * np.pi / 400000)
    y = 2.5 * np.cos(t) - 1.2
    values = kernel(spec).activation(y)
    got = kernel(spec).circle_moments(2.5, -1.2, 50)
    for r in (17, 30, 50):
        assert abs(got[r] - 2 * np.pi * np.mean(values * np.cos(r * t))) < 1e-9
    assert np.allclose(got[:17], kernel(spec).circle_moments(2.5, -1.2, 16), rtol=0, atol=1e-14)


def test_overflow_is_infinite_and_never_nan(kernel):
    for spec in ("exp", "x*exp(-2*x)"):
        got = kernel(spec).circle_moments([800.0, -800.0, 1e-9, 400.0], [0.0, 0.0, 900.0, -1000.0], 6)
        assert not np.isnan(got).any()
    assert np.isinf(kernel("exp").circle_moments(800.0, 0.0, 2)).all()
    with mpmath.workdps(30):
        exact = 2 * mpmath.pi * mpmath.besseli(0, 700) * mpmath.exp(-700)
    assert kernel("exp").circle_moments(700.0, -700.0, 0)[0] == pytest.approx(float(exact), rel=1e-14)


@pytest.mark.parametrize("degree", [1, 2, 3, 4, 8])
@pytest.mark.parametrize("length", [1e-7, 0.3, 0.999, 1.001, 1.2, 1.499, 1.501, 2.5])
def test_arcs_of_any_length_and_degree(degree, length):
    """``int (cos t - cos l)^d cos(r t)`` over |t| < l, which is as small as l^(2 d + 1)."""
    module = emit_circle(f"Max(x, 0)**{degree}").load()
    b = -math.cos(length) if length > 1e-3 else -(1 - length**2 / 2)
    got = module.circle_moments(1.0, b, 16)
    with mpmath.workdps(40):
        offset = mpmath.mpf(b)
        end = mpmath.acos(-offset)
        unit = end ** (2 * degree + 1)

        def integrated(r):
            whole = mpmath.quad(lambda t: (mpmath.cos(t) + offset) ** degree / unit * mpmath.cos(r * t), [0, end])
            return 2 * unit * whole

        size = integrated(0)
        for r in (0, 1, 5, 16):
            assert abs(got[r] - integrated(r)) <= 1e-14 * size, r


@pytest.mark.parametrize("scale", [1e-3, 1e-6, 1e-12])
def test_a_small_circle_about_a_root_keeps_its_digits(kernel, scale):
    """hardtanh is x there: 2 pi b and pi A, not differences of numbers next to 1."""
    got = kernel("hardtanh").circle_moments(scale, scale / 7, 2)
    assert got[0] == pytest.approx(2 * math.pi * scale / 7, rel=1e-15)
    assert got[1] == pytest.approx(math.pi * scale, rel=1e-15)
    assert abs(got[2]) <= 1e-15 * scale


@pytest.mark.parametrize("spec", ["relu", "exp", "sin", "tanh"])
def test_the_cupy_text_runs_on_the_stand_in(kernel, spec):
    """CuPy has no Bessel functions of every order: exp and sin take the trapezoidal rule there."""
    random = np.random.default_rng(8)
    A, b = random.uniform(-30, 30, (2, 300))
    source = emit_circle(spec, target="cupy")
    assert "special.jv" not in source.source
    assert "special.ive" not in source.source
    with cupy_or_stand_in():
        got = source.load().circle_moments(A, b, 5)
    wanted = kernel(spec).circle_moments(A, b, 5)
    assert np.all(np.abs(got - wanted) <= 1e-13 * (1 + np.abs(wanted[0])))


def test_a_written_kernel_stands_alone(tmp_path):
    path = emit_circle("elu").write(tmp_path / "kernel.py")
    code = (
        f"import sys; sys.path.insert(0, {str(path.parent)!r}); import kernel; "
        "print(kernel.circle_moments(2.0, -1.0, 2).tolist()); "
        "print(sorted({m.split('.')[0] for m in sys.modules} & "
        "{'sympy', 'mpmath', 'symbolic_moments', 'codegen', 'numeric_backend', 'polywick'}))"
    )
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    values, foreign = done.stdout.splitlines()
    assert values == str(emit_circle("elu").load().circle_moments(2.0, -1.0, 2).tolist())
    assert foreign == "[]"


@pytest.mark.parametrize("frequencies", [-1, 2.0, "3", None])
def test_frequencies_are_whole_and_not_negative(kernel, frequencies):
    with pytest.raises((TypeError, ValueError), match=r"frequencies = .* given; a non-negative integer is expected"):
        kernel("relu").circle_moments(1.0, 0.0, frequencies)


def test_a_removable_singularity_has_no_kernel_on_circles():
    with pytest.raises(NoKernelError, match="it is 0/0 at x = 0"):
        emit_circle("sin(x)/x")


def test_what_has_no_kernel_is_refused():
    with pytest.raises(NoKernelError, match="grows exponentially"):
        emit_circle("exp(x)*Phi(x)")
    with pytest.raises(ValueError, match="target 'fortran' given; expected one of cupy, numpy"):
        emit_circle("relu", target="fortran")
