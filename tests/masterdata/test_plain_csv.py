"""A plain CSV at once says the same as row by row, and leaves all others to row by row."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from masterdata.csv_text import csv_rows
from masterdata.layouts import Layout
from masterdata.plain_csv import plain_columns

CELL = st.text(alphabet="aé 0.,;\t'=\u00a0", max_size=4)


@given(st.lists(st.lists(CELL, min_size=2, max_size=4), min_size=1, max_size=6), st.sampled_from(",;\t"))
def test_the_same_as_row_by_row(rows: list[list[str]], separator: str) -> None:
    text = "\n".join(separator.join(row) for row in rows) + "\n"
    found = plain_columns(text, separator, 100)
    if found is not None:
        slow = list(csv_rows(text.encode(), Layout(separator=separator)))
        titles, columns = found
        assert titles == slow[0][1]
        assert [list(row) for row in zip(*columns, strict=True)] == [cells for _, cells in slow[1:]]
        assert [line for line, _ in slow[1:]] == list(range(2, len(slow) + 1))


def test_line_ends_of_either_kind() -> None:
    for end in ("\n", "\r\n"):
        titles, columns = plain_columns(f"a,b{end}1,x{end}2,{end}", ",", 10) or ([], [])
        assert (titles, [list(column) for column in columns]) == (["a", "b"], [["1", "2"], ["x", ""]])


@pytest.mark.parametrize(
    "text",
    ["", "a,b\n", "a\n1\n", 'a,b\n"1",2\n', "a,b\n1\n", "a,b\n1,2,3\n", "a,b\n\n1,2\n", "a,b\n,\n", "a,b\na,b\n",
     "\na,b\n1,2\n", "a,b\r1,2\r", "a,b\n1,2\n3,4\n5,6\n", f"a,b\n1,{'x' * 131_073}\n"],
)  # fmt: skip
def test_what_is_not_plain_is_left_alone(text: str) -> None:
    assert plain_columns(text, ",", 2) is None


def test_a_text_that_stands_in_many_rows_is_kept_once() -> None:
    found = plain_columns("a,b\n" + "NORTH,1\n" * 50, ",", 100)
    assert found is not None
    assert found[1][0].values == ["NORTH"]
    assert list(found[1][0]) == ["NORTH"] * 50
