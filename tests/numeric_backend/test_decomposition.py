import numpy as np
import pytest

from numeric_backend import kernels
from numeric_backend.decomposition import DensityTerm, JumpTerm, decomposition_of
from numeric_backend.errors import KernelError


def entry(breakpoints, pieces, *error_terms):
    terms = [{"polynomial": p, "slope": a, "offset": b} for p, a, b in error_terms]
    return {
        "name": "example",
        "decomposition": {"breakpoints": breakpoints, "pieces": pieces, "error_terms": terms},
    }


def test_jumps_of_a_piecewise_polynomial():
    # x^2 above 1, 3 - x below: g jumps by -1, g' by 3, g'' by 2.
    found = decomposition_of(entry([1.0], [[3.0, -1.0, 0.0], [0.0, 0.0, 1.0]]))
    assert (found.order, found.smoothness) == (2, 0)
    assert found.terms == (JumpTerm(1.0, (-1.0, 3.0, 2.0)),)


def test_polynomials_and_continued_pieces_have_no_terms():
    assert decomposition_of(entry([], [[1.0, 2.0, 0.0]])).terms == ()
    assert decomposition_of(entry([2.0], [[1.0, 2.0], [1.0, 2.0]])).terms == ()


def test_density_term_is_the_derivative():
    """q(a y) phi(a y + b) is (p(y) Phi(a y + b))^(P+1), by central differences of mpmath's derivative."""
    import mpmath as mp

    for p, a, b in [([0.0, 1.0], 1.0, 0.0), ([1.0, -2.0, 0.5], 1.5, -0.3), ([0.0, 1.0], -0.7, 0.2)]:
        found = decomposition_of(entry([], [[0.0]], (p, a, b)))
        (term,) = found.terms
        assert isinstance(term, DensityTerm)
        assert term.slope > 0

        def g(y, p=p, a=a, b=b):
            return mp.polyval(p[::-1], y) * mp.ncdf(a * y + b)

        for y in (-1.3, 0.4, 2.0):
            with mp.workdps(40):
                want = mp.diff(g, mp.mpf(y), found.order + 1)
            u = term.slope * y
            got = np.polynomial.polynomial.polyval(u, term.polynomial) * mp.npdf(u + term.offset)
            assert float(got) == pytest.approx(float(want), rel=1e-13)


def test_absent_or_mixed_decompositions_are_none():
    assert decomposition_of({"name": "tanh"}) is None
    assert decomposition_of(entry([], [])) is None
    assert decomposition_of(entry([0.0], [[0.0], [1.0]], ([1.0], 1.0, 0.0))) is None


@pytest.mark.parametrize(
    "decomposition",
    [
        {"breakpoints": [0.0]},
        {"breakpoints": ["zero"], "pieces": [[0.0], [1.0]], "error_terms": []},
        {"breakpoints": [0.0], "pieces": [[0.0]], "error_terms": []},
        {"breakpoints": [0.0], "pieces": [[0.0], [float("nan")]], "error_terms": []},
        {
            "breakpoints": [],
            "pieces": [[0.0]],
            "error_terms": [{"polynomial": [1.0], "slope": 0.0, "offset": 0.0}],
        },
    ],
)
def test_malformed_entries_name_the_kernel(decomposition):
    with pytest.raises(KernelError, match=r"KERNEL\['decomposition'\] of kernel 'odd'"):
        decomposition_of({"name": "odd", "decomposition": decomposition})


def test_committed_kernels_are_what_they_record():
    """The recorded pieces and terms add up to the kernel's activation."""
    from scipy.special import ndtr

    x = np.linspace(-3.1, 3.3, 41)
    seen = 0
    for name in kernels.names():
        kernel = kernels.load(name)
        record = kernel.KERNEL.get("decomposition")
        if not record or not record["pieces"]:
            continue
        piece = np.searchsorted(record["breakpoints"], x)
        value = np.array(
            [np.polynomial.polynomial.polyval(u, record["pieces"][i]) for u, i in zip(x, piece, strict=True)]
        )
        for term in record["error_terms"]:
            value += np.polynomial.polynomial.polyval(x, term["polynomial"]) * ndtr(term["slope"] * x + term["offset"])
        for term in record.get("exponential_terms", []):
            there = (term["side"] == 0) | (np.sign(x) == term["side"])
            value += there * term["coefficient"] * np.exp(term["rate"] * x)
        np.testing.assert_allclose(kernel.activation(x), value, rtol=1e-14, atol=1e-15)
        seen += 1
    assert seen >= 2
