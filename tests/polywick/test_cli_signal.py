"""``polywick derive signal`` and powers on the command line."""

import pytest


def test_signal_prints_gains_fixed_points_and_the_critical_line(run):
    code, out, err = run("derive", "signal", "tanh", "--digits", "10")
    assert (code, err) == (0, "")
    assert "= 1.59253742, z ~ N(0, 1): keeps q = 1" in out
    assert "published gain 5/3" in out
    assert "1.17848049" in out
    assert "critical line" in out


def test_signal_takes_the_standard_deviations_of_weights_and_biases(run):
    code, out, _ = run("derive", "signal", "relu", "--weight-sd", "1", "--bias-sd", "2")
    assert code == 0
    (row,) = [line.split() for line in out.splitlines() if "attracts" in line]
    assert float(row[0]) == pytest.approx(8)


def test_signal_of_what_jumps_says_so(run):
    code, out, _ = run("derive", "signal", "heaviside")
    assert code == 0
    assert "heaviside jumps at x = 0: E[heaviside'(x)^2], and chi_1, are infinite" in out


def test_signal_in_latex_is_two_formulas(run):
    code, out, _ = run("derive", "signal", "relu", "--format", "latex")
    assert code == 0
    assert out.count(r"\mathbb{E}") == 2


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("signal", "tanh", "--weight-sd", "-1"), "--weight-sd is '-1'; expected a number that is at least 0"),
        (("signal", "tanh", "--bias-sd", "none"), "--bias-sd is 'none'; expected a number"),
        (("signal", "leaky_relu", "--set", "slope=slope"), "the parameters slope have no value"),
        (("derivative", "relu", "1", "--power", "0"), "the power of g is a whole number from 1 to 16"),
        (("derivative", "relu", "1", "--power", "two"), "the power p is 'two'; expected an integer"),
    ],
)
def test_bad_input_is_one_line(run, words, message):
    code, out, err = run("derive", *words)
    assert code == 2
    assert out == ""
    assert message in err
    assert err.count("\n") == 1


def test_a_power_on_the_command_line(run):
    code, out, _ = run("derive", "derivative", "relu", "1", "--power", "2")
    assert code == 0
    assert out.strip() == "E[(relu^2)^(1)(x)] = 2*mu*Phi(mu/sigma) + 2*sigma*phi(mu/sigma)"
