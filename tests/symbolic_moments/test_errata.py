"""The paper's misprints (arXiv 2502.01032): the printed form is wrong, ours is right, at 30 digits."""

import math

import mpmath
import pytest
import sympy as sp

from symbolic_moments import activation, isserlis, master_theorem

CONTEXT = mpmath.MPContext()
CONTEXT.dps = 45
TOLERANCE = CONTEXT.mpf(10) ** -30
WRONG = CONTEXT.mpf(10) ** -3

# X and Y_1 .. Y_3: means, covariances (positive definite)
MEANS = [CONTEXT.mpf(v) / 10 for v in (7, -4, 3, 11)]
COVARIANCE = [
    [CONTEXT.mpf(v) / 10 for v in row] for row in ((20, 8, -6, 5), (8, 15, 4, -3), (-6, 4, 12, 2), (5, -3, 2, 9))
]
BETA = [COVARIANCE[0][i] / COVARIANCE[0][0] for i in range(4)]
ALPHA = [MEANS[i] - BETA[i] * MEANS[0] for i in range(4)]
C = [[COVARIANCE[i][j] - COVARIANCE[0][i] * COVARIANCE[0][j] / COVARIANCE[0][0] for j in range(4)] for i in range(4)]
DEVIATION = CONTEXT.sqrt(COVARIANCE[0][0])


def check(ours, printed, truth):
    truth = CONTEXT.convert(truth)
    assert abs(CONTEXT.convert(ours) - truth) <= TOLERANCE * abs(truth)
    assert abs(CONTEXT.convert(printed) - truth) > WRONG * abs(truth)


def density_integral(function, mean=MEANS[0], deviation=DEVIATION):
    """E[function(x)] by quadrature, panels cut at 0 and at multiples of the deviation."""
    points = sorted({mean + deviation * j for j in range(-16, 17, 2)} | {CONTEXT.zero})
    norm = deviation * CONTEXT.sqrt(2 * CONTEXT.pi)
    weight = lambda x: CONTEXT.exp(-(((x - mean) / deviation) ** 2) / 2) / norm  # noqa: E731
    return CONTEXT.quad(lambda x: function(x) * weight(x), points)


def relu_moments(count):
    """E[relu(X) X^k], k < count, by our formulas."""
    relu = activation("relu")
    return [CONTEXT.convert(relu.moment(k).evalf(40, mu=MEANS[0], sigma=DEVIATION)) for k in range(count)]


def coefficient_values(n):
    values = {f"alpha_{i}": ALPHA[i] for i in range(1, n + 1)} | {f"beta_{i}": BETA[i] for i in range(1, n + 1)}
    values |= {f"C_{i}{j}": C[i][j] for i in range(1, n + 1) for j in range(i + 1, n + 1)}
    return [CONTEXT.convert(a.evalf(40, **values)) for a in master_theorem(n).coefficients]


def conditional_product(n):
    """x -> E[Y_1 .. Y_n | X = x], from the conditional means and covariances by hand."""

    def product(x):
        m = [ALPHA[i] + BETA[i] * x for i in range(4)]
        if n == 1:
            return m[1]
        if n == 2:
            return m[1] * m[2] + C[1][2]
        return m[1] * m[2] * m[3] + m[1] * C[2][3] + m[2] * C[1][3] + m[3] * C[1][2]

    return product


def test_equation_4_covariance_is_transposed():
    A, S = sp.Matrix([[1, 2], [-3, 5]]), sp.Matrix([[2, 1], [1, 3]])
    cov_x_f = S * A.T  # of f(x) = A x
    assert S.inv() * cov_x_f == A.T  # least squares finds beta with beta' x = f(x)
    assert S.inv() * cov_x_f.T != A.T


def test_equation_6_is_a_covariance():
    relu = activation("relu")
    derivative = CONTEXT.convert(relu.expected_derivative(1).evalf(40, mu=MEANS[0], sigma=DEVIATION))
    printed = COVARIANCE[0][1] * derivative
    ours = printed + relu_moments(1)[0] * MEANS[1]
    check(ours, printed, density_integral(lambda x: max(x, 0) * conditional_product(1)(x)))


@pytest.mark.parametrize("n", [1, 2, 3])
def test_equation_9_runs_to_n(n):
    a, moments = coefficient_values(n), relu_moments(n + 1)
    ours = sum(a_k * moment for a_k, moment in zip(a, moments, strict=True))
    printed = sum(a_k * moment for a_k, moment in zip(a[:-1], moments, strict=False))
    check(ours, printed, density_integral(lambda x: max(x, 0) * conditional_product(n)(x)))


def test_equation_9_with_the_identity_is_isserlis():
    a = coefficient_values(2)
    identity = activation("identity")
    ours = sum(CONTEXT.convert(identity.moment(k).evalf(40, mu=MEANS[0], sigma=DEVIATION)) * a[k] for k in range(3))
    values = {f"m_{i + 1}": MEANS[i] for i in range(3)}
    values |= {f"S_{i + 1}{j + 1}": COVARIANCE[i][j] for i in range(3) for j in range(i, 3)}
    reference = CONTEXT.convert(isserlis((1, 1, 1)).evalf(40, **values))
    assert abs(ours - reference) < TOLERANCE * abs(reference)


def test_equation_14_takes_the_expectation_over_the_residuals():
    """a_0 of n = 2 with the residuals left random has a spread; its mean over them is ours."""
    L11 = CONTEXT.sqrt(C[1][1])
    L21 = C[1][2] / L11
    L22 = CONTEXT.sqrt(C[2][2] - L21**2)
    # Gauss-Hermite with the nodes +-1 is exact for a product of two residuals
    draws = [(L11 * u, L21 * u + L22 * v) for u in (-1, 1) for v in (-1, 1)]
    realised = [(ALPHA[1] + e1) * (ALPHA[2] + e2) for e1, e2 in draws]
    ours = coefficient_values(2)[0]
    for printed in realised:
        check(ours, printed, sum(realised) / 4)


def test_equation_16_last_term():
    a, moments = coefficient_values(2), relu_moments(3)
    rest = a[2] * moments[2] + a[1] * moments[1]
    printed = rest + ALPHA[1] * ALPHA[2] * C[1][2] * moments[0]
    ours = rest + (ALPHA[1] * ALPHA[2] + C[1][2]) * moments[0]
    check(ours, printed, density_integral(lambda x: max(x, 0) * conditional_product(2)(x)))
    check(rest + a[0] * moments[0], printed, ours)


@pytest.mark.parametrize("n", [0, 1, 2])
def test_equation_25_is_one_order_up(n):
    """The sum of equation 26 runs to n + 1: it expands E[x^(n+1) Phi(x)], which is E[x^n GELU(x)]."""
    cdf = lambda x: CONTEXT.erfc(-x / CONTEXT.sqrt(2)) / 2  # noqa: E731
    mean, deviation = CONTEXT.mpf("0.7"), CONTEXT.mpf("1.3")
    central = [
        density_integral(lambda x, k=k: ((x - mean) / deviation) ** k * cdf(x), mean, deviation) for k in range(n + 2)
    ]
    right_side = sum(math.comb(n + 1, k) * mean ** (n + 1 - k) * deviation**k * central[k] for k in range(n + 2))
    printed = density_integral(lambda x: x**n * cdf(x), mean, deviation)
    gelu = activation("gelu").moment(n).evalf(40, mu="0.7", sigma="1.3")
    check(gelu, printed, right_side)


def test_equation_31_output_bias():
    w1, b1, w2, b2 = CONTEXT.mpf("1.3"), CONTEXT.mpf("-0.4"), CONTEXT.mpf(2), CONTEXT.mpf("0.9")
    hidden = CONTEXT.convert(activation("relu").moment(0).evalf(40, mu=b1, sigma=w1))
    truth = density_integral(lambda y: w2 * max(y, 0) + b2, b1, w1)
    check(w2 * hidden + b2, w2 * hidden, truth)


MEAN_OVER_DEVIATION = ["0.7", "-1.1"]


def truncated(k, t):
    """int_{-t}^oo z^k phi(z) dz by quadrature."""
    density = lambda z: z**k * CONTEXT.exp(-z * z / 2) / CONTEXT.sqrt(2 * CONTEXT.pi)  # noqa: E731
    return CONTEXT.quad(density, [-t, *sorted(v for v in (0, 1, 2, 4, 8, 16) if v > -t)])


def corrected_34(k, t, density):
    """T_k with the sign of the boundary term mended."""
    if k == 0:
        return CONTEXT.erfc(-t / CONTEXT.sqrt(2)) / 2
    return density if k == 1 else (-t) ** (k - 1) * density + (k - 1) * corrected_34(k - 2, t, density)


def corrected_35(k, t):
    c, q, a = CONTEXT.mpf(2) ** (CONTEXT.mpf(k) / 2 - 1) / CONTEXT.sqrt(CONTEXT.pi), t * t / 2, CONTEXT.mpf(k + 1) / 2
    if t <= 0:
        return c * CONTEXT.gammainc(a, q)
    return c * ((1 + (-1) ** k) * CONTEXT.gamma(a) - (-1) ** k * CONTEXT.gammainc(a, q))


def printed_35(k, t):
    value = CONTEXT.mpf(2) ** (CONTEXT.mpf(k) / 2) / CONTEXT.sqrt(2 * CONTEXT.pi)
    return value * CONTEXT.gammainc(CONTEXT.mpf(k + 1) / 2, -t * t / 2)


@pytest.mark.parametrize("t", MEAN_OVER_DEVIATION)
@pytest.mark.parametrize("k", [2, 4])
def test_equation_34_sign(t, k):
    t = CONTEXT.mpf(t)
    density = CONTEXT.exp(-t * t / 2) / CONTEXT.sqrt(2 * CONTEXT.pi)
    printed = t ** (k - 1) * density + (k - 1) * corrected_34(k - 2, t, density)
    check(corrected_34(k, t, density), printed, truncated(k, t))
    # the moments of a shifted step are our own form of the same integral
    ours = activation(f"Heaviside(x + ({CONTEXT.nstr(t, 5)}))").moment(k).evalf(40, mu=0, sigma=1)
    check(ours, printed, truncated(k, t))


@pytest.mark.parametrize("t", MEAN_OVER_DEVIATION)
@pytest.mark.parametrize("k", [0, 1, 2, 3])
def test_equation_35_incomplete_gamma(t, k):
    t = CONTEXT.mpf(t)
    check(corrected_35(k, t), printed_35(k, t), truncated(k, t))


@pytest.mark.parametrize("t", MEAN_OVER_DEVIATION)
@pytest.mark.parametrize("n", [0, 1, 2])
def test_equation_36_moments_of_relu(t, n):
    t, deviation = CONTEXT.mpf(t), CONTEXT.mpf("1.5")
    mean = t * deviation

    def summed(truncated_moment):
        return sum(
            math.comb(n + 1, k) * mean ** (n + 1 - k) * deviation**k * truncated_moment(k, t) for k in range(n + 2)
        )

    truth = density_integral(lambda x: max(x, 0) * x**n, mean, deviation)
    check(summed(corrected_35), summed(printed_35), truth)
    check(activation("relu").moment(n).evalf(40, mu=mean, sigma=deviation), summed(printed_35), truth)
