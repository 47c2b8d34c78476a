"""Power series of some rows only."""

from typing import Any

from codegen.primitives.taylor import Series


def rows_of_series(series: Any, some: Any) -> Any:
    """The series of these rows."""
    return Series(series.xp, [coefficient[some] for coefficient in series.coefficients])


def put_into_rows(series: Any, some: Any, part: Any) -> Any:
    """The series with others in these rows."""
    rows = []
    for whole, value in zip(series.coefficients, part.coefficients, strict=True):
        row = 1 * whole
        row[some] = value
        rows.append(row)
    return Series(series.xp, rows)
