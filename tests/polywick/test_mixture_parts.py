"""The parts of the solver for mixtures: the Gram operator, joint diagonalisation, the error still to come."""

import numpy as np
import pytest

import polywick as pw
from polywick.hermite_basis import HermiteBasis, feature_count
from polywick.mixture_solve.conjugate_gradients import conjugate_gradients
from polywick.mixture_solve.coordinates import jointly_diagonal, whitened
from polywick.mixture_solve.joint_diagonal import jointly_diagonalise
from polywick.mixture_solve.operator import QuadraticOperator
from polywick.mixture_solve.remaining import remaining


def some_mixture(seed, d=4, count=3):
    generator = np.random.default_rng(seed)
    roots = generator.normal(size=(count, d, d))
    return pw.GaussianMixture(
        generator.dirichlet(np.ones(count)), generator.normal(size=(count, d)), roots @ roots.transpose(0, 2, 1)
    )


def test_the_operator_is_the_variance_that_no_linear_function_explains():
    mixture = some_mixture(0)
    z = jointly_diagonal(whitened(mixture), mixture.weights)
    operator = QuadraticOperator(mixture.weights, z.means, z.covariances())
    forms = np.random.default_rng(1).normal(size=(2, 4, 4))
    forms = forms + forms.transpose(0, 2, 1)
    rows = (mixture.sample(1_000_000, seed=2) - z.centre) @ z.B.T
    values = np.einsum("ni,oij,nj->no", rows, forms, rows)
    slopes = np.linalg.lstsq(np.column_stack([np.ones(len(rows)), rows]), values, rcond=None)[0]
    left = values - np.column_stack([np.ones(len(rows)), rows]) @ slopes
    sampled = left.T @ left / len(rows)
    exact = np.einsum("oij,pij->op", forms, operator(forms))
    np.testing.assert_allclose(exact, exact.T, rtol=1e-12)
    spread = np.std(left[:, :, None] * left[:, None, :], axis=0) / np.sqrt(len(rows))
    assert (np.abs(sampled - exact) < 6 * spread).all()
    assert operator.applications == 1


def test_the_diagonal_is_that_of_the_operator_for_centred_components():
    mixture = some_mixture(3)
    covariances = np.stack([component.covariance for component in mixture.components])
    operator = QuadraticOperator(mixture.weights, np.zeros((3, 4)), covariances)
    for i in range(4):
        for j in range(4):
            unit = np.zeros((1, 4, 4))
            unit[0, i, j] = unit[0, j, i] = 1.0
            curvature = np.sum(unit * operator(unit)) / np.sum(unit**2)
            assert operator.diagonal()[i, j] == pytest.approx(curvature, rel=1e-12)


@pytest.mark.parametrize("count", [2, 5])
def test_matrices_that_share_a_basis_are_diagonalised(count):
    generator = np.random.default_rng(4)
    Q = generator.normal(size=(6, 6))
    matrices = np.stack([Q @ np.diag(generator.uniform(0.1, 3.0, size=6)) @ Q.T for _ in range(count)])
    weights = np.full(count, 1 / count)
    _, start = np.linalg.eigh(matrices.sum(axis=0))
    turned = (V := jointly_diagonalise(matrices, weights, start.T)) @ matrices @ V.T
    np.testing.assert_allclose(np.einsum("k,kii->i", weights, turned), 1, rtol=1e-10)
    before = start.T @ matrices @ start

    def off(stack):
        scale = 1 / np.sqrt(np.einsum("k,kii->i", weights, stack))
        return np.sum((stack * scale[:, None] * scale * (1 - np.eye(6))) ** 2)

    assert off(turned) < 1e-3 * off(before)


def test_singular_matrices_and_none_at_all_do_not_disturb_the_joint_diagonalisation():
    V = jointly_diagonalise(np.zeros((2, 3, 3)), np.array([0.5, 0.5]))
    np.testing.assert_array_equal(V, np.eye(3))
    assert np.isfinite(jointly_diagonalise(np.ones((2, 3, 3)), np.array([0.5, 0.5]))).all()


@pytest.mark.parametrize("law", [lambda j: j**-1.5, lambda j: j**-4.0, lambda j: 0.9**j, lambda j: 0.3**j])
@pytest.mark.parametrize("n", [12, 25, 60])
def test_what_is_to_come_is_not_underestimated(law, n):
    drops = law(np.arange(1.0, 1_000_001.0))
    assert drops[n:].sum() < remaining(list(drops[:n]))


def test_nothing_is_promised_too_early_or_while_drops_grow():
    assert remaining([1.0] * 11) == np.inf
    assert remaining(list(np.linspace(1, 2, 30))) == np.inf
    assert remaining([1.0] * 8 + [0.0] * 30) == 0.0


def test_conjugate_gradients_solve_dependent_right_hand_sides():
    generator = np.random.default_rng(5)
    root = generator.normal(size=(40, 40))
    matrix = root @ root.T + np.eye(40)
    right = generator.normal(size=(2, 40))
    right = np.vstack([right, right[0] - right[1], np.zeros(40)])
    truth = np.linalg.solve(matrix, right.T).T
    told = []
    found = conjugate_gradients(
        lambda x: x @ matrix, right, np.diag(matrix), lambda drops: 1e-18 * drops, 200, lambda *now: told.append(now)
    )
    np.testing.assert_allclose(found.x, truth, atol=1e-8)
    assert sum(found.drops) == pytest.approx(np.sum(truth * right), rel=1e-12)
    assert told[-1][0] == len(found.drops)


def test_the_basis_is_orthonormal_and_substitutes_exactly():
    generator = np.random.default_rng(6)
    outer, inner = HermiteBasis(2, 3), HermiteBasis(3, 3)
    assert (outer.size, inner.size) == (feature_count(2, 3), feature_count(3, 3)) == (10, 20)
    shift, matrix = generator.normal(size=2), generator.normal(size=(2, 3))
    columns = outer.substitution(inner, shift, matrix)
    y = generator.normal(size=(50, 3))

    def values(basis, points):
        he = [np.ones_like(points), points, (points**2 - 1) / np.sqrt(2), (points**3 - 3 * points) / np.sqrt(6)]
        return np.stack([np.prod([he[p][:, i] for i, p in enumerate(b)], axis=0) for b in basis.indices], axis=1)

    np.testing.assert_allclose(values(inner, y) @ columns, values(outer, shift + y @ matrix.T), rtol=1e-10, atol=1e-10)
    coordinates = generator.normal(size=(10, 2))
    tensors = outer.symmetric_tensors(coordinates)
    z = shift + y @ matrix.T
    total = tensors[0] + z @ tensors[1].T + np.einsum("oij,ni,nj->no", tensors[2], z, z)
    total = total + np.einsum("oijk,ni,nj,nk->no", tensors[3], z, z, z)
    np.testing.assert_allclose(total, values(outer, z) @ coordinates, rtol=1e-10, atol=1e-10)
