"""Words of the command line as numbers: degrees, parameters and points, kept exact."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from math import isfinite

from numeric_backend.errors import InputError

__all__ = ["assignments", "degree", "deviation", "digits", "number", "parameter_values"]

LARGEST_DEGREE = 200
MOST_DIGITS = 10_000


def degree(word: str, meaning: str = "degree") -> int:
    """A non-negative integer from the command line.

    Raises
    ------
    InputError
        ``word`` is not an integer, is negative, or above 200.

    Examples
    --------
    >>> degree("3")
    3
    """
    return _whole_number(word, meaning, 0, LARGEST_DEGREE)


def digits(word: str, least: int = 1) -> int:
    """A number of decimal digits from the command line.

    Raises
    ------
    InputError
        ``word`` is not an integer from ``least`` to 10,000.

    Examples
    --------
    >>> digits("50")
    50
    """
    return _whole_number(word, "number of digits", least, MOST_DIGITS)


def deviation(word: str, option: str) -> Fraction:
    """A standard deviation from the command line, as an exact rational.

    Raises
    ------
    InputError
        ``word`` is not a finite number, or is negative.

    Examples
    --------
    >>> deviation("1.5", "--weight-sd")
    Fraction(3, 2)
    """
    try:
        value = Fraction(word)
    except (ValueError, ZeroDivisionError):
        value = Fraction(-1)
    if value < 0:
        raise InputError(f"{option} is '{word}'; expected a number that is at least 0: 2, 0.5, 1e-3, 3/2")
    return value


def number(word: str, option: str) -> float:
    """A finite number from the command line.

    Raises
    ------
    InputError
        ``word`` is no finite number.

    Examples
    --------
    >>> number("1e-3", "--truncate")
    0.001
    """
    try:
        value = float(word)
    except ValueError:
        value = float("nan")
    if not isfinite(value):
        raise InputError(f"{option} is '{word}'; expected a number such as 1e-3")
    return value


def _whole_number(word: str, meaning: str, least: int, most: int) -> int:
    try:
        value = int(word)
    except ValueError:
        value = least - 1
    if not least <= value <= most:
        raise InputError(f"the {meaning} is '{word}'; expected an integer from {least} to {most}")
    return value


def parameter_values(words: Iterable[str]) -> dict[str, Fraction | str]:
    """Values of parameters as `assignments` reads them; ``NAME=NAME`` leaves one symbolic, ``NAME=inf`` is no limit.

    Raises
    ------
    InputError
        As `assignments`.

    Examples
    --------
    >>> parameter_values(["slope=slope", "a=1/3", "max_value=inf"])
    {'a': Fraction(1, 3), 'slope': 'slope', 'max_value': 'inf'}
    """
    pairs = [part.strip() for word in words for part in word.split(",")]
    numbers = assignments((pair for pair in pairs if not _names_no_number(pair)), "parameter list")
    words_given = [pair.partition("=") for pair in pairs if _names_no_number(pair)]
    others: dict[str, str] = {}
    for name, _, text in words_given:
        if name.strip() in (numbers.keys() | others.keys()):
            raise InputError(f"the parameter list gives {name.strip()} twice; give each name once")
        others[name.strip()] = text.strip()
    return {**numbers, **others}


def _names_no_number(pair: str) -> bool:
    name, _, text = (piece.strip() for piece in pair.partition("="))
    return text != "" and text in (name, "inf")


def assignments(words: Iterable[str], meaning: str) -> dict[str, Fraction]:
    """``NAME=VALUE`` pairs, separated by commas or repeated, as exact rationals.

    Raises
    ------
    InputError
        A pair has no ``=``, a value is not a finite number, or a name occurs twice.

    Examples
    --------
    >>> assignments(["mu=0.1,sigma=3/2"], "point")
    {'mu': Fraction(1, 10), 'sigma': Fraction(3, 2)}
    """
    values: dict[str, Fraction] = {}
    for pair in (part.strip() for word in words for part in word.split(",") if part.strip()):
        name, separator, text = (piece.strip() for piece in pair.partition("="))
        if not separator or not name:
            raise InputError(f"the {meaning} has '{pair}'; expected NAME=VALUE, for instance mu=0.5")
        try:
            value = Fraction(text)
        except (ValueError, ZeroDivisionError):
            raise InputError(
                f"the {meaning} gives {name} as '{text}'; expected a finite number: 2, 0.5, 1e-3, 3/2"
            ) from None
        if name in values:
            raise InputError(f"the {meaning} gives {name} twice; give each name once")
        if name.startswith("sigma") and value < 0:
            raise InputError(
                f"the {meaning} gives {name} = {text}; a standard deviation is at least 0: "
                "for a variance v, give its square root"
            )
        values[name] = value
    return values
