import mpmath as mp
import numpy as np
import pytest

from numeric_backend.quadrature import gauss_legendre


@pytest.mark.parametrize("m", [1, 2, 3, 16, 24, 33, 48])
def test_every_node_and_weight_is_the_nearest_double(m):
    nodes, weights = gauss_legendre(m)
    assert nodes.shape == weights.shape == (m,)
    assert (np.diff(nodes) > 0).all()
    with mp.workdps(60):
        for x, w in zip(nodes, weights, strict=True):
            root = mp.findroot(lambda t: mp.legendre(m, t), 2 * mp.mpf(float(x)) - 1)
            slope = m * mp.legendre(m - 1, root) / (1 - root**2)
            assert float((1 + root) / 2) == x
            assert float(1 / ((1 - root**2) * slope**2)) == w


def test_rules_are_read_only():
    nodes, _ = gauss_legendre(4)
    with pytest.raises(ValueError, match="read-only"):
        nodes[0] = 0.0
