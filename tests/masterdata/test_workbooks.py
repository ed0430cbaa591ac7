"""XLSX through the child process: the same columns, real dates, lost cells, guards."""

import zipfile
from datetime import date, datetime, time
from io import BytesIO

import pytest

from masterdata import guarding
from masterdata.checks import check
from masterdata.frames import Column, FileSpec, Kind
from masterdata.guarding import check_workbook, column_number, opened_zip
from masterdata.reading import Reading, read
from masterdata.services.workbooks import workbook_answer
from tests.masterdata.workbook_files import changed_part, named_zip, workbook

SPEC = FileSpec(
    "things",
    "things",
    (
        Column("code", Kind.CODE, required=True),
        Column("month", Kind.MONTH),
        Column("day", Kind.DATE),
        Column("qty", Kind.NUMBER),
    ),
    key=("code",),
)
HEADER = ["code", "month", "day", "qty"]
SHEET = "xl/worksheets/sheet1.xml"


def reading(data: bytes) -> Reading:
    return read("things.xlsx", data, SPEC, workbook_answer(data=data, sheet="things"))


def faults(data: bytes) -> list[str]:
    return [str(error) for error in reading(data).errors]


def test_the_same_columns_as_csv():
    data = workbook(
        [
            HEADER,
            ["0012", "2026-11", date(2026, 11, 22), 7.5],
            [12, datetime.combine(date(2026, 11, 1), time()), "2026-11-22", 8],
        ]
    )
    checked = check(reading(data).raw, SPEC)
    assert checked.errors == []
    assert checked.data["code"].tolist() == ["0012", "12"]
    assert checked.data["month"].dt.strftime("%Y-%m").tolist() == ["2026-11", "2026-11"]
    assert checked.data["day"].dt.strftime("%Y-%m-%d").tolist() == ["2026-11-22"] * 2
    assert checked.data["qty"].tolist() == [7.5, 8.0]


def test_lines_are_the_rows_a_spreadsheet_shows():
    data = workbook([HEADER, ["1", "2026-11", "", 1], ["", "", "", ""], ["2", "2026-99", "", 1]])
    errors = check(reading(data).raw, SPEC).errors
    assert [(error.line, error.column) for error in errors] == [(4, "month")]


def test_a_day_where_a_month_belongs_and_a_time_where_a_day_does():
    data = workbook([HEADER, ["1", date(2026, 11, 2), datetime.combine(date(2026, 11, 2), time(13, 30)), True]])
    errors = [str(error) for error in check(reading(data).raw, SPEC).errors]
    assert len(errors) == 3
    assert "is a day. Write the month: 2026-11" in errors[0]
    assert "2026-11-02 13:30:00" in errors[1]
    assert "'TRUE' is not a number" in errors[2]


def test_cells_that_would_read_as_empty_are_told():
    data = workbook([HEADER, ["1", "2026-11", "", "=1/0"], ["2", "2026-11", "", "=A2"]])
    data = changed_part(
        data, SHEET, b'<c r="D2"><f>1/0</f><v>0</v></c>', b'<c r="D2" t="e"><f>1/0</f><v>#DIV/0!</v></c>'
    )
    data = changed_part(data, SHEET, b'<c r="D3"><f>A2</f><v>0</v></c>', b'<c r="D3"><f>A2</f></c>')
    assert faults(data) == [
        "things.xlsx:2:qty: The cell holds an error. Write the value itself.",
        "things.xlsx:3:qty: The cell holds a formula without a value. Write the value itself.",
    ]


def test_which_sheet_is_read():
    assert reading(workbook([HEADER, ["1", "", "", ""]], sheet="Things", others=["notes"])).raw.columns["code"] == ["1"]
    assert (
        "shows 2 sheets (Sheet1, notes). Name the one to read 'things'"
        in faults(workbook([HEADER], others=["notes"]))[0]
    )


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"code,month\n1,2026-11\n", "damaged or no zip file"),
        (b"", "damaged or no zip file"),
        (workbook([HEADER])[:300], "damaged or no zip file"),
        (named_zip({"a.txt": b"x"}), "cannot be read"),
    ],
)
def test_what_is_no_workbook(data, says):
    found = faults(data)
    assert len(found) == 1
    assert says in found[0]


# --- Guards -----------------------------------------------------------------------


def test_a_far_cell_is_refused():
    data = changed_part(workbook([HEADER, ["1", "", "", 1]]), SHEET, b'r="D2"', b'r="XFD1048576"')
    assert "row 1048576, column 16384" in faults(data)[0]


def test_a_document_type_is_refused():
    data = changed_part(workbook([HEADER]), "xl/workbook.xml", b"<workbook", b'<!DOCTYPE x [<!ENTITY a "b">]><workbook')
    assert "document type" in faults(data)[0]


def test_macros_are_refused():
    parts = {"xl/vbaProject.bin": b"x", "xl/workbook.xml": b"<workbook/>"}
    with pytest.raises(ValueError, match="macros"):
        check_workbook(opened_zip(named_zip(parts)))


def test_a_zip_bomb_is_refused():
    with pytest.raises(ValueError, match="zip bomb"):
        opened_zip(named_zip({"bookings.csv": b"0" * (guarding.RATIO_FROM + 1)}))


def test_an_honest_zip_passes():
    rows = b"".join(b"2026-%02d,C%05d,P%04d,%d\n" % (i % 12 + 1, i * 7919 % 99991, i % 9973, i) for i in range(200_000))
    assert opened_zip(named_zip({"bookings.csv": rows})).namelist() == ["bookings.csv"]


def test_too_much_and_too_many(monkeypatch):
    monkeypatch.setattr(guarding, "LARGEST_INFLATED", 1000)
    with pytest.raises(ValueError, match="Unpacked it is larger"):
        opened_zip(named_zip({"a.csv": b"x" * 1001}))
    monkeypatch.setattr(guarding, "MOST_PARTS", 1)
    with pytest.raises(ValueError, match="holds 2 files"):
        opened_zip(named_zip({"a.csv": b"", "b.csv": b""}))


def test_a_damaged_part_is_refused():
    data = bytearray(named_zip({"a.csv": bytes(range(256)) * 20}))
    data[60] ^= 0xFF
    with pytest.raises(ValueError, match="damaged"):
        opened_zip(bytes(data))


def test_a_size_that_lies_is_counted_while_inflating(monkeypatch):
    """The directory of the zip may say anything; only the bytes that come out count."""
    monkeypatch.setattr(guarding, "LARGEST_INFLATED", 10_000)
    data = named_zip({"a.csv": b"x" * 50_000})
    with zipfile.ZipFile(BytesIO(data)) as archive:
        packed = archive.infolist()[0].file_size.to_bytes(4, "little")
    with pytest.raises(ValueError, match=r"larger|damaged"):
        opened_zip(data.replace(packed, (10).to_bytes(4, "little")))


def test_columns_by_letters():
    assert [column_number(letters) for letters in ("A", "Z", "AA", "XFD")] == [1, 26, 27, 16384]


def test_a_file_that_lost_its_beginning_is_damaged():
    """Its parts seem to begin before the file does."""
    with pytest.raises(ValueError, match="Make the file again"):
        opened_zip(named_zip({"a.csv": b"code,qty\n1,2\n"})[17:])
