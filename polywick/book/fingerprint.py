"""What each file of a page is made from, as a hash: equal hashes, equal files."""

from __future__ import annotations

import hashlib
import importlib.metadata
from collections.abc import Iterable
from functools import cache
from importlib import resources
from pathlib import Path

from codegen.certify import certificate_path
from codegen.manifest import kernel_path
from symbolic_moments.activations import ActivationRecord

__all__ = ["CURVES", "MAP", "PAGE", "fingerprints"]

PAGE = "index.html"
CURVES = ("definition.svg", "expectation.svg", "coefficients.svg")
MAP = "accuracy.png"

_BOOK = "polywick/book"
_CURVE_SOURCES = (f"{_BOOK}/curves.py", f"{_BOOK}/pictures.py", "symbolic_moments/limits.py")
_MAP_SOURCES = (
    f"{_BOOK}/accuracy_map.py",
    f"{_BOOK}/map_picture.py",
    "codegen/verify/*.py",
    "codegen/method.py",
    "codegen/quadrature.py",
    "symbolic_moments/tails.py",
)
_PAGE_SOURCES = (f"{_BOOK}/*.py", f"{_BOOK}/*.css", f"{_BOOK}/templates/*.html", "symbolic_moments/**/*.py")
_CURVE_LIBRARIES = ("numpy", "scipy", "matplotlib")
_MAP_LIBRARIES = (*_CURVE_LIBRARIES, "mpmath", "python-flint")
_PAGE_LIBRARIES = ("sympy", "mpmath", "jinja2", "latex2mathml")


def fingerprints(record: ActivationRecord) -> dict[str, str]:
    """File name of the page to hash of what it is made from; the page itself also of its pictures' hashes.

    Examples
    --------
    >>> from symbolic_moments.activations import record_of
    >>> sorted(fingerprints(record_of("relu")))
    ['accuracy.png', 'coefficients.svg', 'definition.svg', 'expectation.svg', 'index.html']
    """
    said = repr((record.name, record.expression, record.family, record.aliases, record.found_in, record.used_in))
    said += repr((record.note, [(p.name, p.default, p.domain.name, p.enters) for p in record.parameters]))
    kernel = _content(kernel_path(record.name))
    table = _content(_package_folder("codegen") / "accuracy" / f"{record.name}.json")
    curves = _hash([said, kernel, _sources(_CURVE_SOURCES), _versions(_CURVE_LIBRARIES)])
    accuracy = _hash([kernel, table, _sources(_MAP_SOURCES), _versions(_MAP_LIBRARIES)])
    certificate = _content(certificate_path(record.name))
    page = _hash([said, kernel, certificate, _sources(_PAGE_SOURCES), _versions(_PAGE_LIBRARIES), curves, accuracy])
    return {**dict.fromkeys(CURVES, curves), MAP: accuracy, PAGE: page}


def _hash(parts: Iterable[str]) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def _content(path: Path) -> str:
    """Hash of a file; of nothing where there is none."""
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else ""


def _package_folder(package: str) -> Path:
    return Path(str(resources.files(package)))


@cache
def _sources(patterns: tuple[str, ...]) -> str:
    """Hash of all files that match, with their names."""
    found = []
    for pattern in patterns:
        package, _, rest = pattern.partition("/")
        folder = _package_folder(package)
        paths = sorted(folder.glob(rest))
        if not paths:
            raise FileNotFoundError(f"the book is made from {pattern}, and there is no such file")
        found += [f"{path.relative_to(folder)} {_content(path)}" for path in paths]
    return _hash(found)


@cache
def _versions(libraries: tuple[str, ...]) -> str:
    return " ".join(f"{name} {_version(name)}" for name in libraries)


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "absent"
