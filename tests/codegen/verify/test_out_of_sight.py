"""References of functions of many pieces leave out those of which nothing is seen."""

import pytest
from mpmath import libmp, mp

from codegen.verify import parts
from codegen.verify.definition import read_definition
from codegen.verify.reference import reference

POINTS = [(0.5, 1e-3), (3.0, 1e-6), (-0.5, 1e-3), (1.5, 0.12), (0.2, 0.03), (4.25, 1e-9)]


def _numbers(found):
    return [mp.make_mpf(raw) for raw in (*found.moments, *found.hermite, found.second_moment, found.variance)]


@pytest.mark.parametrize("text", ["floor(x)**2", "tanh(round(x))", "x*floor(x)"])
def test_what_is_left_out_is_nothing_beside_the_rest(text, monkeypatch):
    definition = read_definition(text)
    found = [reference(definition, mu, sigma, 4, 30) for mu, sigma in POINTS]
    monkeypatch.setattr(parts, "MANY_PIECES", 10**9)
    for one, (mu, sigma) in zip(found, POINTS, strict=True):
        whole = reference(definition, mu, sigma, 4, 30)
        with mp.workdps(60):
            scales = [mp.make_mpf(size) for size in whole.magnitudes]
            deviation = mp.sqrt(mp.make_mpf(whole.variance))
            scales += [scales[0], *[deviation] * (len(whole.hermite) - 1)]
            scales += [mp.make_mpf(whole.second_moment), mp.make_mpf(whole.variance)]
            for had, wanted, scale in zip(_numbers(one), _numbers(whole), scales, strict=True):
                assert abs(had - wanted) <= mp.mpf(10) ** -40 * scale, (mu, sigma)


def test_far_pieces_are_not_integrated(monkeypatch):
    seen = []
    original = parts.constant_sums

    def counted(interval, *given):
        seen.append(libmp.to_float(interval.left))
        return original(interval, *given)

    monkeypatch.setattr(parts, "constant_sums", counted)
    reference(read_definition("floor(x)**2"), 2.5, 1e-3, 4, 30)
    assert min(seen) >= 0
    assert max(seen) <= 5
