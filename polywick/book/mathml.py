"""LaTeX of the formulas as MathML, which browsers render by themselves."""

from __future__ import annotations

import html
import re
from xml.etree import ElementTree

import sympy as sp
from latex2mathml.converter import convert
from latex2mathml.exceptions import NoAvailableTokensError
from markupsafe import Markup

from symbolic_moments.activations import CATALOGUE

__all__ = ["displayed", "inline", "prose"]

_NAME = re.compile(r"\\\\|\\(?:mathrm|operatorname)\{((?:[A-Za-z0-9' ]|\\_)+)\}|\\text\{[^}]*\}|\\?[A-Za-z]+")
_UPRIGHT = re.compile(r"<mi>(&#x003A[0-9A-F];)</mi>")  # capital Greek letters, as LaTeX has them
_DOLLARS = re.compile(r"\$([^$]+)\$")
_ENVIRONMENTS = {"aligned": "align*", "gathered": "matrix"}
_UNDERSTOOD = {"align*", "matrix", "cases"}
_OPENING = re.compile(r"\\begin\{([^}]*)\}")
_PARAMETERS = {"width"} | {one.name for record in CATALOGUE for one in record.parameters if len(one.name) > 2}
_SUBSCRIPTED = {  # max_{value} is max_value; Greek letters keep their subscripts
    sp.latex(one.symbol): one.name
    for record in CATALOGUE
    for one in record.parameters
    if "_" in one.name and not sp.latex(one.symbol).startswith("\\")
}
_NAMESPACE = "{http://www.w3.org/1998/Math/MathML}"


def displayed(latex: str) -> Markup:
    """A formula on lines of its own.

    Raises
    ------
    ValueError
        Something of the LaTeX is not understood.

    Examples
    --------
    >>> print(displayed("x^2").partition(">")[2])
    <mrow><msup><mi>x</mi><mn>2</mn></msup></mrow></math>
    """
    return _converted(latex, "block")


def inline(latex: str) -> Markup:
    """A formula within a line; raises as :func:`displayed` does."""
    return _converted(latex, "inline")


def prose(text: str) -> Markup:
    r"""Text with formulas between dollars.

    Examples
    --------
    >>> print(prose("a < b"))
    a &lt; b
    """
    parts = _DOLLARS.split(text)
    if any("\\" in part or "$" in part for part in parts[::2]):
        raise ValueError(f"LaTeX outside dollars, which the book cannot show: {text!r}")
    return Markup("").join(inline(part) if index % 2 else Markup(html.escape(part)) for index, part in enumerate(parts))


def _converted(latex: str, display: str) -> Markup:
    for written, name in _SUBSCRIPTED.items():
        latex = latex.replace(written, rf"\text{{{name}}}")
    prepared = _NAME.sub(_as_text, latex).replace(r"\!", "")
    for environment, known in _ENVIRONMENTS.items():
        prepared = prepared.replace(rf"\begin{{{environment}}}", rf"\begin{{{known}}}")
        prepared = prepared.replace(rf"\end{{{environment}}}", rf"\end{{{known}}}")
    unknown = set(_OPENING.findall(prepared)) - _UNDERSTOOD
    if unknown:
        raise ValueError(f"no MathML for {latex!r}: unknown environment {', '.join(sorted(unknown))}")
    try:
        result = convert(prepared, display=display)
    except (NoAvailableTokensError, ValueError, KeyError, IndexError) as error:
        raise ValueError(f"no MathML for {latex!r}: {error}") from error
    return Markup(_checked(_UPRIGHT.sub(r'<mi mathvariant="normal">\1</mi>', result), latex))


def _as_text(name: re.Match[str]) -> str:
    """Names of functions and of parameters as words: letters side by side are a product."""
    word = name[1] or (name[0] if name[0] in _PARAMETERS else None)
    return name[0] if word is None else rf"\text{{{word}}}".replace(r"\_", "_")


def _checked(mathml: str, latex: str) -> str:
    """The MathML, if it is well-formed and nothing of the LaTeX stands in its text."""
    try:
        tree = ElementTree.fromstring(mathml)
    except ElementTree.ParseError as error:
        raise ValueError(f"the MathML of {latex!r} is not well-formed: {error}") from error
    left = [text for text in tree.itertext() if "\\" in text or "&" in text or "$" in text]
    if left or not any(element.text for element in tree.iter() if element.tag.startswith(_NAMESPACE)):
        raise ValueError(f"not all of {latex!r} became MathML: {left or 'nothing did'}")
    return mathml
