"""One page of the book: everything the records say of an activation, as HTML."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import mpmath
import sympy as sp
from markupsafe import Markup

from codegen.certify import read_certificate, text_hash
from codegen.manifest import kernel_path
from codegen.verify import Certificate
from numeric_backend import kernels
from polywick.book.accuracy_map import DIGITS
from polywick.book.asymptotics import limits
from polywick.book.mathml import displayed, inline, prose
from polywick.book.rendering import FAMILIES, render
from polywick.book.statements import definition, open_activation, parameter_rows, sections
from symbolic_moments import Activation, SignalPropagation
from symbolic_moments.activations import ActivationRecord
from symbolic_moments.latex import latex_of

__all__ = ["Summary", "page_html", "summary"]

_GAIN_DIGITS = 10


@dataclass(frozen=True)
class Summary:
    """What the table of contents says of an activation.

    Attributes
    ----------
    expression : str
        MathML of g(x).
    gain, slope_gain : str
        ``E[g(z)^2]^(-1/2)`` and ``E[g'(z)^2]^(-1/2)``, z ~ N(0, 1), at the defaults; "" where g jumps.
    published : str
        MathML of the gain that libraries print, or "".
    """

    expression: str
    gain: str
    slope_gain: str
    published: str


def summary(record: ActivationRecord, g: Activation) -> Summary:
    """What the table of contents says of ``g``, the record's activation at its defaults."""
    signal = SignalPropagation(g)
    published = signal.published
    return Summary(
        expression=str(displayed(latex_of(open_activation(record).expression))),
        gain=_decimal(signal.gain(_GAIN_DIGITS)),
        slope_gain="" if signal.jump is not None else _decimal(signal.slope_gain(_GAIN_DIGITS)),
        published="" if published is None else str(inline(sp.latex(published.value))),
    )


def _decimal(value: Any) -> str:
    if not mpmath.isfinite(value):
        raise ValueError(f"a gain is {value}")
    return str(mpmath.nstr(value, 8))


def page_html(record: ActivationRecord, g: Activation, short: Summary) -> str:
    """The page of ``g``, the record's activation at its defaults."""
    subject = open_activation(record)
    signal = SignalPropagation(g)
    published = signal.published
    return render(
        "page.html",
        record=record,
        family=FAMILIES[record.family],
        language=record.expression.replace("{", "").replace("}", ""),
        definition=definition(subject),
        parameters=parameter_rows(record, subject),
        sections=sections(subject),
        limits=limits(g),
        signal={
            **asdict(short),
            "published": Markup(short.published),
            "source": prose(published.source) if published else "",
            "remark": prose(published.remark) if published else "",
            "jump": inline(sp.latex(signal.jump)) if signal.jump is not None else "",
        },
        certificate=_certificate(record.name),
        reference_digits=DIGITS,
        regimes=kernels.load(record.name).KERNEL["regimes"],
        kernel=kernel_path(record.name).read_text(encoding="utf-8"),
    )


def _certificate(name: str) -> dict[str, Any] | None:
    """Rows of the certificate that is kept; None where there is none."""
    try:
        kept = read_certificate(name)
    except FileNotFoundError:
        return None
    certificate = kept.certificate
    return {
        "verdict": "passed" if certificate.passed else "FELL SHORT",
        "stale": kept.text_hash != text_hash(name),
        "digits": certificate.digits,
        "degree": certificate.degree,
        "counts": certificate.counts,
        "rows": _function_rows(certificate),
        "regimes": _regime_rows(certificate),
        "not_covered": certificate.not_covered,
        "references": certificate.references,
    }


def _function_rows(certificate: Certificate) -> list[dict[str, Any]]:
    return [
        {
            "function": row.function,
            "errors": [
                f"{error:.1e} < {limit:.0e}"
                for error, limit in zip((row.algebra, row.truncation, row.rounding), row.limits, strict=True)
            ],
            "failed": f"{row.failed} of {row.checked}",
        }
        for row in certificate.table
    ]


def _regime_rows(certificate: Certificate) -> list[dict[str, Any]]:
    return [
        {
            "regime": row.regime,
            "points": row.points,
            "rounding": f"{row.rounding:.1e}",
            "of_limit": f"{row.worst['of_limit']:.0%}" if row.worst else "nothing measured",
            "where": "{function} {order} at mu = {mu:.6g}, sigma = {sigma:.6g}".format(**row.worst)
            if row.worst
            else "",
        }
        for row in certificate.regimes
    ]
