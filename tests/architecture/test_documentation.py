"""The pages tell the truth: commands run and print what they show, links lead somewhere."""

import doctest
import re
import shlex
from pathlib import Path

import pytest

from polywick.cli import main

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PYTHON = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ERRORS = re.compile(r"\b\d\.\de-\d\d\b")
TARGETS = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def sessions(text):
    """Commands after ``$ `` with the output below them, block by block."""
    for block in FENCE.findall(text):
        commands = []
        for line in block.splitlines():
            if line.startswith("$ "):
                commands.append((line[2:], []))
            else:
                commands[-1][1].append(line)
        yield [(command, "\n".join(output)) for command, output in commands]


def agrees(shown, printed):
    """Whether ``printed`` is what the page shows; ``...`` in the page stands for anything.

    Errors, written like 1.2e-16, differ between processors: only their place is compared.
    """

    def normal(text):
        lines = [ERRORS.sub("#", line.rstrip()) for line in text.strip().splitlines() if line.strip()]
        return "\n".join(lines) + "\n"

    return doctest.OutputChecker().check_output(normal(shown), normal(printed), doctest.ELLIPSIS)


def test_the_readme_opens_with_the_two_commands():
    first = re.search(r"^```\w*\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    assert [line.partition("#")[0].strip() for line in first.group(1).splitlines()] == [
        "make demo",
        "make test",
    ]
    assert {"demo", "test"} <= TARGETS


def test_make_targets_named_in_the_pages_exist():
    named = {name for page in PAGES for name in re.findall(r"(?:`|^)make ([a-z]+)", page.read_text(), re.MULTILINE)}
    assert named
    assert named <= TARGETS


@pytest.mark.parametrize(
    "commands", [pytest.param(block, id=block[0][0].replace(" ", "_")[:40]) for block in sessions(README)]
)
def test_the_readme_shows_real_output(commands, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    for command, shown in commands:
        words = shlex.split(command)
        if words[0] == "python":
            exec(compile((tmp_path / words[1]).read_text(), words[1], "exec"), {})
        else:
            assert words[0] == "polywick", f"the README runs '{command}'; only polywick commands are checked"
            assert main(words[1:]) == 0, capsys.readouterr().err
        printed = capsys.readouterr().out
        assert agrees(shown, printed), f"$ {command}\nprints\n{printed}\nthe README shows\n{shown}"


def run_python(text, name):
    """Run the ``>>>`` examples of a page's python blocks, in order, as one doctest."""
    source = "\n".join(PYTHON.findall(text))
    examples = doctest.DocTestParser().get_doctest(source, {}, name, name, 0)
    output = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    runner.run(examples, out=output.append)
    return "".join(output)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_python_on_the_pages_does_what_it_shows(page):
    complaints = run_python(page.read_text(), page.name)
    assert not complaints, complaints


def test_false_python_is_seen():
    assert "Expected:" in run_python("```python\n>>> 1 + 1\n3\n```\n", "false")
    assert run_python("```python\n>>> 1 + 1\n2\n```\n", "true") == ""


def test_a_false_page_is_seen():
    (((command, shown),),) = sessions("```console\n$ polywick --version\npolywick 99\n```\n")
    assert command == "polywick --version"
    assert not agrees(shown, "polywick 0.1.0")
    assert agrees("polywick ...", "polywick 0.1.0")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", page.read_text()):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"
