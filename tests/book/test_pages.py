"""What the pages say."""

import html
import re
from xml.etree import ElementTree

import pytest

from numeric_backend import kernels
from polywick.book.asymptotics import limits
from polywick.book.mathml import displayed, inline, prose
from polywick.book.statements import open_activation, parameter_rows, sections
from symbolic_moments import activation
from symbolic_moments.activations import CATALOGUE, record_of
from symbolic_moments.limits import wide_limit

MATHML = re.compile(r"<math.*?</math>", re.DOTALL)


def text_of(page):
    """The text of a page without its formulas, its kernel, style and tags."""
    without = re.sub(r"<math.*?</math>|<pre>.*?</pre>|<style>.*?</style>", " ", page, flags=re.DOTALL)
    return html.unescape(re.sub(r"<[^>]*>", " ", without))


@pytest.mark.parametrize("name", ["relu", "gelu", "silu"])
def test_a_page_has_everything_the_records_say(book, name):
    page = (book / name / "index.html").read_text(encoding="utf-8")
    record = record_of(name)
    text = text_of(page)
    for said in (*record.aliases, record.found_in, record.note):
        assert said in text
    for heading in ("Moments", "Hermite coefficients", "Second moment", "Limits", "Signal propagation", "Accuracy"):
        assert f">{heading}" in page
    assert page.count("<summary>derivation</summary>") == 10
    assert (
        html.unescape(re.search(r"<pre>(.*?)</pre>", page, re.DOTALL)[1])
        == kernels.load(name).__loader__.get_data(kernels.load(name).__file__).decode()
    )
    assert "Certificate: passed, at 50 digits" in text
    assert "hermite_coefficients" in text


@pytest.mark.parametrize("name", ["relu", "gelu", "silu"])
def test_a_page_needs_nothing_but_its_folder(book, name):
    page = (book / name / "index.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert not re.findall(r'(?:src|href)="[^"]*:', page)
    assert "url(" not in page
    assert "@import" not in page
    for picture in re.findall(r'<img[^>]*src="([^"]+)"', page):
        assert (book / name / picture).stat().st_size > 1000


@pytest.mark.parametrize("name", ["relu", "gelu", "silu"])
def test_formulas_are_well_formed_and_nothing_stays_latex(book, name):
    page = (book / name / "index.html").read_text(encoding="utf-8")
    formulas = MATHML.findall(page)
    assert len(formulas) > 80
    for formula in formulas:
        assert "\\" not in "".join(ElementTree.fromstring(formula).itertext())
    assert "\\" not in text_of(page)
    assert "$" not in text_of(page)


def test_the_contents_lead_to_the_pages(book):
    page = (book / "index.html").read_text(encoding="utf-8")
    links = re.findall(r'href="([a-z0-9_]+/index.html)"', page)
    assert sorted(links) == ["gelu/index.html", "relu/index.html", "silu/index.html"]
    assert all((book / link).is_file() for link in links)
    assert f"3 of {len(CATALOGUE)} activations" in page
    assert "1.4142136" in page


@pytest.mark.parametrize("record", CATALOGUE, ids=lambda record: record.name)
def test_every_activation_of_the_catalogue_can_be_stated(record):
    found = sections(open_activation(record))
    assert [len(section.statements) for section in found] == [5, 4, 1]
    assert all(statement.steps for section in found for statement in section.statements)
    g = activation(record)
    told = limits(g)
    assert len(told.wide_terms) == (0 if wide_limit(g, 0) is None else 4)
    breakpoints = 0 if g.decomposition.remainder != 0 else len(g.decomposition.breakpoints)
    assert len(told.at_breakpoints) == breakpoints


def test_parameters_stay_open_where_formulas_exist():
    assert [str(p) for p in open_activation(record_of("leaky_relu")).parameters] == ["slope"]
    assert [str(p) for p in open_activation(record_of("hardtanh")).parameters] == ["minimum", "width"]
    assert open_activation(record_of("monomial")).parameters == ()
    row = parameter_rows(record_of("monomial"), open_activation(record_of("monomial")))[0]
    assert (row["default"], row["open"]) == ("4", False)


def test_environments_words_and_capitals():
    rows = displayed(r"\begin{aligned} a &= \Phi\left(b\right) \\ c &= \mathrm{leaky\_relu}(d) \end{aligned}")
    tree = ElementTree.fromstring(rows)
    names = [element.tag.rpartition("}")[2] for element in tree.iter()]
    assert names.count("mtr") == 2
    assert "leaky_relu" in tree.itertext()
    assert 'mathvariant="normal">&#x003A6;' in rows
    words = displayed(r"slope \max\left(x, negative_{slope}\right) \alpha_{p}")
    assert words.count("<mtext>") == 2
    assert "<mtext>slope</mtext>" in words
    assert "<mtext>negative_slope</mtext>" in words
    assert "<mtext>threshold</mtext>" in displayed(r"\mathrm{threshold}(x)")
    assert displayed(r"\begin{gathered} a \\ b \end{gathered}").count("<mtr>") == 2


@pytest.mark.parametrize("latex", ["", r"\unknowncommand{x}", "a & b", r"\begin{nothing} x \end{nothing}"])
def test_latex_that_is_not_understood_is_refused(latex):
    with pytest.raises(ValueError, match=r"MathML"):
        inline(latex)


@pytest.mark.parametrize("text", [r"the \emph{word}", "a lone $ sign"])
def test_latex_outside_formulas_is_refused(text):
    with pytest.raises(ValueError, match="outside dollars"):
        prose(text)
