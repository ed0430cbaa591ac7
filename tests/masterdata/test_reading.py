"""CSV into text columns: quotes, encodings, shapes, and the line that every fault stands on."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from masterdata.frames import Column, FileSpec, Kind
from masterdata.reading import read

SPEC = FileSpec(
    "things",
    "things",
    (
        Column("code", Kind.CODE, required=True),
        Column("name"),
        Column("month", Kind.MONTH),
    ),
    key=("code",),
)


def reading(data: bytes):
    return read("things.csv", data, SPEC)


def faults(data: bytes) -> list[tuple[int, str]]:
    return [(error.line, error.message) for error in reading(data).errors]


def test_columns_in_any_order_and_lines_of_rows():
    raw = reading(b"name,code\nOne,001\n\nTwo,002\n").raw
    assert raw.columns == {"name": ["One", "Two"], "code": ["001", "002"]}
    assert raw.lines == [2, 4]


def test_a_byte_order_mark_quotes_and_line_ends():
    raw = reading(b'\xef\xbb\xbfcode,name\r\n1,"a, ""b"""\r\n2,"two\nlines"\r\n3,x\r\n').raw
    assert raw.columns["name"] == ['a, "b"', "two\nlines", "x"]
    assert raw.lines == [2, 3, 5]


def test_old_line_ends():
    assert reading(b"code,name\r1,x\r2,y\r").raw.lines == [2, 3]


def test_rows_of_empty_cells_are_no_rows():
    raw = reading(b"code,name\n1,x\n,\n2,y\n").raw
    assert raw.columns["code"] == ["1", "2"]
    assert raw.lines == [2, 4]


@pytest.mark.parametrize(
    ("data", "line", "says"),
    [
        (b"", 1, "The file is empty. Its first line names the columns: code, name, month."),
        (b"\n\n", 1, "The file is empty"),
        (b"code;name\n1;x\n", 1, "separated by semicolons"),
        (b"code\tname\n1\tx\n", 1, "separated by tabs"),
        (b"code,name\n1,x,y\n", 2, "3 values for 2 columns"),
        (b"code,name,month\n1,x\n", 2, "2 of 3 values; 'month' and what follows"),
        (b"code,name\n1,x\ncode,name\n2,y\n", 3, "second time"),
        (b'code,name\n1,x\n2,"open\n3,y\n', 3, "never closed"),
        (b'code,name\n1,"a"b\n', 2, "Double the quotes"),
        (b"code,name\n1,x\n2,Jos\xe9\n", 3, "0xe9 is not UTF-8"),
        ("code,name\n1,x\n".encode("utf-16"), 1, "UTF-16"),
        (b"code,name\n1,\x00\n", 2, "zero byte"),
        (b"PK\x03\x04", 1, "spreadsheet or zip"),
        (b"code,name\n1," + b"x" * 200_000 + b"\n", 2, "longer than 131,072"),
    ],
)
def test_what_cannot_be_read_says_where_and_why(data, line, says):
    found = faults(data)
    assert len(found) == 1
    assert found[0][0] == line
    assert says in found[0][1]


def test_rows_before_a_fault_are_kept_but_the_file_is_not_complete():
    found = reading(b'code,name\n1,x\n2,"open\n')
    assert found.raw.columns["code"] == ["1"]
    assert not found.complete
    assert reading(b"code,name\n1,x\n").complete


def test_several_faults_of_shape_are_all_told():
    assert [line for line, _ in faults(b"code,name\n1\n2,x\n3,a,b\ncode,name\n")] == [2, 4, 5]


TEXT = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=20)


@given(st.lists(st.tuples(TEXT.filter(str.strip), TEXT), min_size=1, max_size=8))
def test_what_a_csv_writer_wrote_is_read_back(rows):
    stream = io.StringIO()
    csv.writer(stream, quoting=csv.QUOTE_ALL).writerows([("code", "name"), *rows])
    found = reading(stream.getvalue().encode())
    if any([cell.strip(" ") for cell in row] == ["code", "name"] for row in rows):
        assert found.errors
    else:
        assert found.errors == []
        assert list(zip(found.raw.columns["code"], found.raw.columns["name"], strict=True)) == rows


@given(st.binary(max_size=300))
def test_any_bytes_end_in_rows_or_sentences(data):
    found = reading(data)
    assert found.raw is not None or found.errors
    assert all(error.line >= 1 and error.message.endswith(".") for error in found.errors)
