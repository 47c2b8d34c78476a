"""Building: what is made again and what is kept, and what an interruption leaves."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from numeric_backend.errors import InputError
from polywick.book import build, extras, fingerprint, make_page
from polywick.book.build import build_book
from symbolic_moments.activations import record_of

FILES = {"index.html", "inputs.json", "definition.svg", "expectation.svg", "coefficients.svg", "accuracy.png"}
NAMES = ("identity", "square", "heaviside")


@pytest.fixture
def drawn(monkeypatch):
    """Pictures that cost nothing; the list says which were drawn."""
    log = []

    def painters(g):
        def paint(file):
            log.append((g.name, file))
            return f"{g.name} {file}".encode()

        return {file: lambda file=file: paint(file) for file in (*fingerprint.CURVES, fingerprint.MAP)}

    monkeypatch.setattr(make_page, "painters", painters)
    return log


def files(folder):
    return {path.name for path in folder.iterdir()}


def test_a_second_build_leaves_every_page_as_it_is(tmp_path, drawn):
    first = build_book(tmp_path, NAMES)
    assert (first.made, first.unchanged) == (NAMES, ())
    assert all(files(tmp_path / name) == FILES for name in NAMES)
    assert len(drawn) == 12
    stamps = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    second = build_book(tmp_path, NAMES)
    assert (second.made, second.unchanged) == ((), NAMES)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()} == stamps


@pytest.mark.parametrize("failure", [RuntimeError("the pen broke"), KeyboardInterrupt()])
def test_an_interruption_leaves_whole_pages_and_the_next_build_makes_the_rest(tmp_path, drawn, monkeypatch, failure):
    whole = make_page.painters

    def interrupted(g):
        found = whole(g)
        if g.name == "square":

            def fails():
                raise failure

            found[fingerprint.MAP] = fails  # three pictures are drawn by then
        return found

    monkeypatch.setattr(make_page, "painters", interrupted)
    with pytest.raises((RuntimeError, KeyboardInterrupt)) as raised:
        build_book(tmp_path, NAMES)
    if not isinstance(failure, KeyboardInterrupt):
        assert "the page of square cannot be made (RuntimeError: the pen broke)" in str(raised.value)
    assert files(tmp_path) == {"identity"}
    assert files(tmp_path / "identity") == FILES
    monkeypatch.setattr(make_page, "painters", whole)
    drawn.clear()
    built = build_book(tmp_path, NAMES)
    assert (built.made, built.unchanged) == (("square", "heaviside"), ("identity",))
    assert {name for name, _ in drawn} == {"square", "heaviside"}
    assert all(files(tmp_path / name) == FILES for name in NAMES)


def test_an_interrupted_remake_keeps_the_old_page(tmp_path, drawn, monkeypatch):
    build_book(tmp_path, ["identity"])
    before = (tmp_path / "identity" / "index.html").read_bytes()
    (tmp_path / "identity" / "accuracy.png").unlink()

    def fails(*_):
        raise RuntimeError("no ink")

    monkeypatch.setattr(make_page, "page_html", fails)
    with pytest.raises(RuntimeError, match="no ink"):
        build_book(tmp_path, ["identity"])
    assert (tmp_path / "identity" / "index.html").read_bytes() == before
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_what_a_killed_build_left_is_cleared(tmp_path, drawn):
    left = tmp_path / ".relu.abc.unfinished"
    left.mkdir()
    (left / "definition.svg").write_text("half")
    build_book(tmp_path, ["identity"])
    assert not left.exists()


def test_only_what_has_changed_is_made_again(tmp_path, drawn, monkeypatch):
    build_book(tmp_path, ["identity", "square"])
    drawn.clear()
    told = fingerprint.fingerprints

    def changed(record):
        found = told(record)
        return {**found, fingerprint.MAP: "new", fingerprint.PAGE: "new"} if record.name == "square" else found

    monkeypatch.setattr(fingerprint, "fingerprints", changed)
    monkeypatch.setattr(make_page, "fingerprints", changed)
    assert build_book(tmp_path, ["identity", "square"]).made == ("square",)
    assert drawn == [("square", "accuracy.png")]


def test_a_lost_file_is_made_again(tmp_path, drawn):
    build_book(tmp_path, ["identity"])
    (tmp_path / "identity" / "definition.svg").unlink()
    (tmp_path / "identity" / "index.html").write_text("")
    drawn.clear()
    assert build_book(tmp_path, ["identity"]).made == ("identity",)
    assert drawn == [("identity", "definition.svg")]
    assert (tmp_path / "identity" / "index.html").stat().st_size > 1000


def test_a_page_with_a_damaged_record_is_made_again(tmp_path, drawn):
    build_book(tmp_path, ["identity"])
    (tmp_path / "identity" / "inputs.json").write_text("{")
    assert build_book(tmp_path, ["identity"]).made == ("identity",)
    assert json.loads((tmp_path / "identity" / "inputs.json").read_text())["summary"]["gain"] == "1.0"


def test_the_hashes_follow_what_a_file_is_made_from(tmp_path, monkeypatch):
    record = record_of("relu")
    before = fingerprint.fingerprints(record)
    kernel = tmp_path / "relu.py"
    kernel.write_text(fingerprint.kernel_path("relu").read_text() + "\n")
    monkeypatch.setattr(fingerprint, "kernel_path", lambda name: kernel)
    after = fingerprint.fingerprints(record)
    assert all(before[file] != after[file] for file in before)
    monkeypatch.undo()
    monkeypatch.setattr(fingerprint, "certificate_path", lambda name: kernel)
    certified = fingerprint.fingerprints(record)
    assert {file for file in before if before[file] != certified[file]} == {fingerprint.PAGE}


def test_several_processes_make_the_same_book(tmp_path):
    built = build_book(tmp_path / "two", ["identity", "square"], workers=2)
    assert set(built.made) == {"identity", "square"}
    build_book(tmp_path / "one", ["identity", "square"])
    for path in (tmp_path / "one").rglob("*"):
        if path.is_file():
            assert path.read_bytes() == (tmp_path / "two" / path.relative_to(tmp_path / "one")).read_bytes(), path.name


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"names": ["geluu"]}, "no activation of the catalogue is called 'geluu'; did you mean 'gelu'?"),
        ({"names": ["x*erf(x)"]}, "the book has pages for the names of polywick list"),
        ({"workers": 0}, "workers = 0 given"),
        ({"workers": True}, "workers = True given"),
    ],
)
def test_wrong_use_is_refused_before_anything_is_made(tmp_path, arguments, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        build_book(tmp_path / "book", **arguments)
    assert not (tmp_path / "book").exists()


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "book").write_text("")
    with pytest.raises(InputError, match="cannot make the folder") as raised:
        build_book(tmp_path / "book", ["identity"])
    assert str(tmp_path / "book") in str(raised.value)


def test_a_folder_that_is_not_writable_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(build.os, "access", lambda *_: False)  # root may write anywhere
    with pytest.raises(InputError, match="is not writable"):
        build_book(tmp_path, ["identity"])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("missing", extras.LIBRARIES)
def test_a_missing_library_is_named_with_the_extra_to_install(tmp_path, monkeypatch, missing):
    found = extras.importlib.util.find_spec
    monkeypatch.setattr(extras.importlib.util, "find_spec", lambda name: None if name == missing else found(name))
    with pytest.raises(ModuleNotFoundError) as raised:
        build_book(tmp_path / "book", ["identity"])
    assert f"not installed: {missing}" in str(raised.value)
    assert 'pip install "polywick[book]"' in str(raised.value)
    assert not (tmp_path / "book").exists()


def test_the_command_says_what_to_install(tmp_path):
    """In an interpreter that has none of the libraries, not a mock of their absence."""
    script = (
        "import sys\n"
        "class Absent:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name.partition('.')[0] in {extras.LIBRARIES}:\n"
        "            raise ModuleNotFoundError(name)\n"
        "import importlib.util\n"
        "real = importlib.util.find_spec\n"
        f"importlib.util.find_spec = lambda name, *a: None if name in {extras.LIBRARIES} else real(name, *a)\n"
        "sys.meta_path.insert(0, Absent())\n"
        "from polywick.cli import main\n"
        f"sys.exit(main(['book', 'relu', '-o', {str(tmp_path / 'book')!r}]))\n"
    )
    root = Path(build.__file__).parents[2]
    finished = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 2, finished.stderr
    assert finished.stderr.count("\n") == 1
    assert 'pip install "polywick[book]"' in finished.stderr


def test_the_command_builds_and_is_quiet_in_a_pipe(tmp_path, capsys, drawn):
    from polywick.cli import main

    assert main(["book", "identity", "linear", "-o", str(tmp_path), "--workers", "1"]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    assert captured.out == f"1 pages made, 0 unchanged: {tmp_path / 'index.html'}\n"
    assert main(["book", "nonsense_name", "-o", str(tmp_path)]) == 2
    assert "no activation of the catalogue is called" in capsys.readouterr().err
