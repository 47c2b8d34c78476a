"""``polywick derive bivariate``: formula, value, parameters and errors."""

import mpmath
import pytest

from polywick.cli import main

POINT = "mu_1=0,sigma_1=1,mu_2=0,sigma_2=1,rho=1/2"


def test_the_arc_cosine_kernel(capsys):
    assert main(["derive", "bivariate", "relu", "relu", "--at", POINT, "--digits", "25"]) == 0
    with mpmath.workdps(30):
        expected = (mpmath.sqrt(3) / 2 + mpmath.pi / 3) / (2 * mpmath.pi)
        assert abs(mpmath.mpf(capsys.readouterr().out) - expected) < mpmath.mpf(10) ** -24


def test_formulas_in_three_styles(capsys):
    assert main(["derive", "bivariate", "heaviside", "heaviside"]) == 0
    assert capsys.readouterr().out == "E[heaviside(y1) heaviside(y2)] = Phi2(mu_1/sigma_1, mu_2/sigma_2, rho)\n"
    assert main(["derive", "bivariate", "relu", "gelu", "--format", "derivation"]) == 0
    assert "Stein's lemma" in capsys.readouterr().out
    assert main(["derive", "bivariate", "tanh", "relu", "--format", "latex"]) == 0
    assert capsys.readouterr().out.startswith(r"\mathbb{E}\left[\mathrm{tanh}(y_1)")


def test_what_is_not_closed_says_so(capsys):
    assert main(["derive", "bivariate", "tanh", "silu"]) == 0
    assert "not closed (integral)" in capsys.readouterr().out


def test_each_function_has_its_own_parameters(capsys):
    words = ["leaky_relu", "leaky_relu", "--set-1", "slope=1", "--set-2", "slope=0", "--at", POINT]
    assert main(["derive", "bivariate", *words]) == 0
    assert float(capsys.readouterr().out) == pytest.approx(0.25, rel=1e-14)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["relu"], "Missing argument 'SECOND'"),
        (["relu", "reluu"], "unknown activation 'reluu'; did you mean"),
        (["relu", "relu", "--at", "mu_1=0,sigma_1=1,mu_2=0,sigma_2=1"], "no value for rho"),
        (["relu", "relu", "--at", "mu_1=0,sigma_1=1,mu_2=0,sigma_2=1,rho=3/2"], "a correlation is between -1 and 1"),
        (["relu", "relu", "--at", "mu_1=0,sigma_1=-1,mu_2=0,sigma_2=1,rho=0"], "a standard deviation is at least 0"),
    ],
)
def test_wrong_use_is_one_line(capsys, words, message):
    assert main(["derive", "bivariate", *words]) == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1
    assert message in lines[0]
