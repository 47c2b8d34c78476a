"""Certificates of the committed kernels: made side by side, taken up again after an interruption, compared.

A certificate is a JSON file that ships with the package, with the hash of the kernel's text it speaks about. A run
that is interrupted leaves the certificates it has finished and a journal of them; the next run goes on from there.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from codegen.manifest import kernel_names, kernel_path
from codegen.verify import Certificate, KernelDoesNotRun, verify
from codegen.verify.certificate import RegimeRow, Row
from numeric_backend.files import write_atomically

DIGITS = 50
DEGREE = 8
FOLDER = Path(__file__).with_name("certificates")
JOURNAL = ".unfinished.json"
SAME_ARITHMETIC = 1.5  # mpmath's errors are reproducible up to the order of a sum
OTHER_PROCESSOR = 2.0  # errors in doubles are not: exp and matrix products differ between processors
FAR_LESS = 10.0  # an error kept that is so much larger was not found by this run of the same text
ULPS = 4.5e-16


@dataclass(frozen=True)
class Certified:
    """A certificate and the text it speaks about."""

    text_hash: str
    certificate: Certificate

    def to_json(self) -> str:
        """Both as JSON."""
        return json.dumps({"text": self.text_hash, "certificate": json.loads(self.certificate.to_json())}, indent=1)

    @classmethod
    def from_json(cls, text: str) -> Certified:
        """What `to_json` wrote.

        Raises
        ------
        ValueError
            It is something else.
        """
        try:
            record = json.loads(text)
            return cls(record["text"], Certificate.from_json(json.dumps(record["certificate"])))
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a certificate with its text: {error}") from error


def text_hash(name: str) -> str:
    """Sixteen hexadecimal digits of a committed kernel's text."""
    return hashlib.sha256(kernel_path(name).read_bytes()).hexdigest()[:16]


def certificate_path(name: str, folder: Path = FOLDER) -> Path:
    """Where the certificate of this kernel is kept."""
    return folder / f"{name}.json"


def read_certificate(name: str, folder: Path = FOLDER) -> Certified:
    """The certificate kept of a kernel.

    Raises
    ------
    FileNotFoundError
        There is none.
    ValueError
        The file is no certificate.
    """
    return Certified.from_json(certificate_path(name, folder).read_text(encoding="utf-8"))


def make_certificate(name: str) -> Certified:
    """Verify one committed kernel, in this process: `make_all` runs several side by side."""
    return Certified(text_hash(name), verify(name, digits=DIGITS, degree=DEGREE, workers=1))


def make_all(
    names: Sequence[str], folder: Path = FOLDER, workers: int | None = None
) -> Iterator[tuple[str, Certified | KernelDoesNotRun]]:
    """Make and keep the certificates of ``names``, those that an interrupted run has finished left out.

    Yields
    ------
    (name, Certified or KernelDoesNotRun)
        As each is finished, and written; or why there is nothing to write.
    """
    folder.mkdir(parents=True, exist_ok=True)
    journal = folder / JOURNAL
    finished = {name: digest for name, digest in _finished(journal).items() if name in left_over(folder)}
    waiting = [name for name in names if name not in finished]
    with ProcessPoolExecutor(workers or os.cpu_count()) as pool:
        jobs = {pool.submit(make_certificate, name): name for name in waiting}
        try:
            for job in as_completed(jobs):
                name = jobs[job]
                try:
                    made = job.result()
                except KernelDoesNotRun as error:
                    yield name, error
                    continue
                write_atomically(certificate_path(name, folder), made.to_json() + "\n")
                finished[name] = made.text_hash
                write_atomically(journal, json.dumps(finished))
                yield name, made
        finally:
            pool.shutdown(cancel_futures=True)
    journal.unlink(missing_ok=True)


def _finished(journal: Path) -> dict[str, str]:
    try:
        record = json.loads(journal.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return {str(name): str(digest) for name, digest in record.items()} if isinstance(record, dict) else {}


def left_over(folder: Path = FOLDER) -> list[str]:
    """Kernels an interrupted run has finished: of their present text, and with their certificates still there."""
    known = set(kernel_names())
    return sorted(
        name
        for name, digest in _finished(folder / JOURNAL).items()
        if name in known and digest == text_hash(name) and certificate_path(name, folder).exists()
    )


def sample(share: float, seed: int, folder: Path = FOLDER) -> list[str]:
    """A seeded random share of the kernels that have a certificate, at least one if any has."""
    names = certified_names(folder)
    return sorted(Random(seed).sample(names, min(len(names), max(1, round(share * len(names))))))


def certified_names(folder: Path = FOLDER) -> list[str]:
    """Committed kernels of which a certificate is kept."""
    return [name for name in kernel_names() if certificate_path(name, folder).exists()]


def stale(folder: Path = FOLDER) -> list[str]:
    """What is wrong with the certificates as they lie there: missing, of another text, failed, surplus ..."""
    names = kernel_names()
    missing = sorted(set(names) - set(certified_names(folder)))
    problems = [f"{name}: the kernel has no certificate" for name in missing]
    for name in certified_names(folder):
        try:
            kept = read_certificate(name, folder)
        except ValueError as error:
            problems.append(f"{name}: {error}")
            continue
        if kept.text_hash != text_hash(name):
            problems.append(f"{name}: the certificate speaks of another text than the committed kernel")
        if not kept.certificate.passed:
            problems.append(f"{name}: the certificate says that the kernel failed")
        if (kept.certificate.digits, kept.certificate.degree) < (DIGITS, DEGREE):
            problems.append(f"{name}: {kept.certificate.digits} digits, degree {kept.certificate.degree} only")
        if not kept.certificate.regimes:
            problems.append(f"{name}: the certificate has no table of regimes")
        problems += [f"{name}: {problem}" for problem in _contradictions(kept.certificate)]
    surplus = sorted({path.stem for path in folder.glob("[!.]*.json")} - set(names))
    problems += [f"{name}: no kernel has this name" for name in surplus]
    return problems


def _contradictions(certificate: Certificate) -> list[str]:
    """Rows whose worst value is worse than they say, and tables that count otherwise than one another."""
    rows = [(row.function, row) for row in certificate.table] + [(row.regime, row) for row in certificate.regimes]
    problems = [
        f"the worst value of {name} is worse than its row"
        for name, row in rows
        if row.worst and not row.worst["error"] <= getattr(row, row.worst["kind"])
    ]
    for count in ("checked", "failed"):
        sums = [sum(getattr(row, count) for row in part) for part in (certificate.table, certificate.regimes)]
        if certificate.regimes and sums[0] != sums[1]:
            problems.append(f"{sums[0]} values {count} by function, {sums[1]} by regime")
    return problems


def differences(kept: Certified, made: Certified) -> list[str]:
    """How a certificate made anew contradicts the one kept; nothing if it does not."""
    old, new, problems = kept.certificate, made.certificate, []
    if not new.passed:
        problems.append("made anew, it fails")
    if made.text_hash != kept.text_hash:
        problems.append("the kernel's text has changed since")
    problems += _count_differences(old.counts, new.counts)
    problems += _statement_differences(old, new)
    functions, regimes = {row.function: row for row in old.table}, {row.regime: row for row in old.regimes}
    for row in new.table:
        problems += _row_differences(row.function, functions.get(row.function), row, new.digits)
    for place in new.regimes:
        before = regimes.get(place.regime)
        problems += _row_differences(place.regime, before, place, new.digits)
        points = before.points if before else 0
        if place.points != points:
            problems.append(f"{place.regime}: {place.points} points, kept {points}")
    return problems


def _row_differences(name: str, before: Row | RegimeRow | None, row: Row | RegimeRow, digits: int) -> list[str]:
    if before is None:
        return [f"{name} was not judged"]
    bounds = (
        ("algebra", SAME_ARITHMETIC, 10.0 ** (3 - digits)),
        ("truncation", SAME_ARITHMETIC, ULPS / 10),
        ("rounding", OTHER_PROCESSOR, ULPS),
    )
    problems = []
    for kind, factor, least in bounds:
        error, kept = getattr(row, kind), getattr(before, kind)
        unlike = math.isnan(error) != math.isnan(kept)
        if unlike or error > factor * kept + least or kept > FAR_LESS * (error + least):
            problems.append(f"{name}: {kind} error {error:.2e}, kept {kept:.2e}")
    if row.failed != before.failed:
        problems.append(f"{name}: {row.failed} failed, kept {before.failed}")
    return problems


def _statement_differences(old: Certificate, new: Certificate) -> list[str]:
    """What is said in words; how many signs are unknown depends on the processor."""
    kept, made = (
        [line for line in certificate.not_covered if not line.startswith("the signs of")] for certificate in (old, new)
    )
    problems = [] if kept == made else [f"not covered: {made}, kept {kept}"]
    if len(old.references) != len(new.references):
        problems.append(f"{len(new.references)} references, kept {len(old.references)}")
    if bool(old.referee) != bool(new.referee):
        problems.append(f"second referee {new.referee!r}, kept {old.referee!r}")
    return problems


def _count_differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    names = ("points", "values", "failed", "refused")
    return [f"{name}: {new.get(name)}, kept {old.get(name)}" for name in names if new.get(name) != old.get(name)]
