"""The committed kernels against the committed references: no promise broken, no accuracy lost."""

import json
from pathlib import Path

import pytest

from codegen import manifest
from codegen.accuracy import committed_table, read_table, table_names
from codegen.accuracy_page import accuracy_page
from codegen.accuracy_tables import measure
from numeric_backend import kernels

TABLES = Path(__file__).parents[2] / "codegen" / "accuracy"
PAGE = Path(__file__).parents[2] / "docs" / "accuracy.md"


def test_there_is_a_table_for_every_kernel():
    assert list(table_names()) == manifest.kernel_names()


def test_a_table_that_is_not_there_is_named():
    with pytest.raises(KeyError, match="no accuracy table for 'mush'; there are tables for abs"):
        committed_table("mush")


@pytest.mark.parametrize("name", manifest.kernel_names())
def test_no_error_is_over_its_promise_or_twice_its_record(name):
    table = committed_table(name)
    measured = measure(kernels.load(name), table)
    worst = sorted((m for m in measured if not m.holds), key=lambda m: -m.error)
    assert not worst, f"{len(worst)} of {len(measured)} values fell short; worst {worst[0]}"
    assert len(measured) > 500
    assert table["expression"] == kernels.load(name).KERNEL["expression"]


def test_a_wrong_kernel_is_noticed():
    table = committed_table("relu")
    assert not all(m.holds for m in measure(kernels.load("leaky_relu"), table))


def test_a_table_changed_by_hand_is_refused(tmp_path):
    table = json.loads((TABLES / "relu.json").read_text())
    table["recorded"]["raw_moments"][0] = 1.0
    path = tmp_path / "relu.json"
    path.write_text(json.dumps(table))
    with pytest.raises(ValueError, match="changed by hand"):
        read_table(path)


def test_the_accuracy_page_says_what_the_tables_say():
    assert PAGE.read_text() == accuracy_page(TABLES), "to mend: python -m codegen report"


def test_a_reference_that_lost_its_digits_holds_no_kernel_to_them():
    rows = [row["values"]["expected_derivatives"] for row in committed_table("sigmoid")["points"]]
    assert any(row[0] is not None and row[16] is None for row in rows)
