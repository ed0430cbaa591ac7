"""A file's cells against its columns: types, every fault, repeated keys, groups."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from masterdata import checks
from masterdata.checks import check, check_header
from masterdata.frames import Column, FileSpec, Kind, RawFile

SPEC = FileSpec(
    "sales",
    "what was sold",
    (
        Column("month", Kind.MONTH, required=True),
        Column("product", Kind.CODE, required=True, reference="product"),
        Column("qty", Kind.NUMBER, required=True, high=1000),
        Column("share", Kind.NUMBER, above=0),
        Column("pushes", Kind.INTEGER, default=0, low=0),
        Column("kind", Kind.CHOICE, default="make", choices={"make": "make", "buy": "buy"}),
        Column("note", length=5),
        Column("rep", Kind.CODE),
        Column("family", Kind.CODE),
    ),
    key=("month", "product"),
    one_of=(("rep", "family"),),
)


def raw(**columns: list[str]) -> RawFile:
    count = max(map(len, columns.values()))
    base = {"month": ["2026-01"] * count, "product": [f"P{i}" for i in range(count)], "qty": ["1"] * count}
    return RawFile("sales.csv", base | {"rep": ["ann"] * count} | columns, list(range(2, count + 2)))


def messages(file: RawFile) -> list[str]:
    return [str(error) for error in check(file, SPEC).errors]


def test_types_and_defaults():
    checked = check(raw(qty=["2.5"], pushes=["3"], note=["  hi "]), SPEC)
    row = checked.data.iloc[0]
    assert checked.errors == []
    assert row["month"] == pd.Timestamp("2026-01-01")
    assert (row["qty"], row["pushes"], row["kind"], row["note"], row["family"]) == (2.5, 3, "make", "hi", "")
    assert np.isnan(row["share"])


def test_codes_keep_leading_zeros_and_lose_outer_blanks():
    checked = check(raw(product=["  0012 "]), SPEC)
    assert checked.data["product"].tolist() == ["0012"]


def test_every_bad_row_is_reported_with_its_line():
    errors = check(raw(qty=["1", "x", "1", "x", ""]), SPEC).errors
    assert [(error.line, error.column, error.value) for error in errors] == [
        (3, "qty", "x"),
        (5, "qty", "x"),
        (6, "qty", ""),
    ]
    assert "required" in errors[2].message


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ({"qty": ["1001"]}, "above 1000"),
        ({"share": ["0"]}, "not above 0"),
        ({"pushes": ["-1"]}, "below 0"),
        ({"kind": ["maek"]}, "Did you mean 'make'?"),
        ({"note": ["too long"]}, "8 characters; 5 fit"),
        ({"rep": [""]}, "Fill rep or family"),
        ({"family": ["BIKES"]}, "Fill only one of rep or family"),
    ],
)
def test_bounds_words_lengths_and_groups(columns, says):
    found = messages(raw(**columns))
    assert len(found) == 1
    assert says in found[0]
    assert found[0].startswith("sales.csv:2:")


def test_a_repeated_key_names_both_lines():
    found = check(raw(product=["A", "B", "A", "A"]), SPEC).errors
    assert [(error.line, error.column) for error in found] == [(4, "month, product"), (5, "month, product")]
    assert "2026-01-01 · A stands on line 2 already" in found[0].message


def test_a_bad_row_does_not_count_as_a_repeated_key():
    found = messages(raw(product=["A", "A"], qty=["x", "1"]))
    assert len(found) == 1


def test_a_missing_optional_column_counts_as_empty():
    file = raw(qty=["1"])
    del file.columns["rep"]
    assert messages(file) == []


def test_a_missing_required_column_is_said_once():
    file = raw(qty=["1", "2"])
    del file.columns["qty"]
    assert messages(file) == []
    found = check_header("sales.csv", list(file.columns), SPEC)
    assert [(error.line, error.column) for error in found] == [(1, "qty")]


def test_headers():
    found = [str(error) for error in check_header("s.csv", ["month", "month", "prodct", "", "qty"], SPEC)]
    assert any("stands there twice" in text for text in found)
    assert any("'prodct' is unknown. Did you mean 'product'?" in text for text in found)
    assert any("Column 4 has no name" in text for text in found)
    assert any("'product' is missing" in text for text in found)
    assert any("One of the columns rep or family" in text for text in found)


def test_beyond_the_most_errors_the_rest_is_counted(monkeypatch):
    monkeypatch.setattr(checks, "MOST_ERRORS", 3)
    found = check(raw(qty=["x"] * 10), SPEC).errors
    assert len(found) == 4
    assert found[-1].message == "7 more rows are wrong in this column."


@given(st.lists(st.text(st.characters(exclude_characters="\r\n"), max_size=12), min_size=1, max_size=12))
def test_good_rows_and_errors_are_all_the_rows(quantities):
    checked = check(raw(qty=quantities), SPEC)
    wrong = {error.line for error in checked.errors}
    assert {int(line) for line in checked.lines[~checked.good]} == wrong
    assert np.isfinite(checked.data["qty"][checked.good]).all()
