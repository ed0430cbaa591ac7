"""Files read in a process of their own: the same as here, within limits, and refused when it dies."""

import csv
import io
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from masterdata.bundles import ImportFile
from masterdata.checks import check
from masterdata.frames import Column, FileSpec, Kind
from masterdata.importers import IMPORTERS
from masterdata.layouts import Layout
from masterdata.packed_readings import MOST_ERRORS, packed, spec_as_dict, spec_from_dict, unpacked
from masterdata.reading import Reading, read
from masterdata.reading_alone import TOO_MUCH
from masterdata.services import workbooks
from masterdata.services.workbooks import file_reading
from tests.masterdata.workbook_files import workbook

SPEC = FileSpec(
    "things",
    "things",
    (Column("code", Kind.CODE, required=True), Column("month", Kind.MONTH), Column("qty", Kind.NUMBER)),
    key=("code",),
)
PIVOT = Layout(
    file="things", separator=";", decimal=",", columns=("code", "@2026-10", "@2026-11"), titles=("Nr", "Okt", "Nov"),
    fills="qty",
)  # fmt: skip
CELL = st.text(alphabet='aé 0.,;"\n1', max_size=4)


def same(one: Reading, other: Reading) -> None:
    assert (one.errors, one.complete, one.raw is None) == (other.errors, other.complete, other.raw is None)
    if one.raw is None or other.raw is None:
        return
    assert {name: list(texts) for name, texts in one.raw.columns.items()} == {
        name: list(texts) for name, texts in other.raw.columns.items()
    }
    assert list(one.raw.lines) == list(other.raw.lines)
    assert (one.raw.name, one.raw.titles, list(one.raw.months), one.raw.fills) == (
        other.raw.name, other.raw.titles, list(other.raw.months), other.raw.fills,
    )  # fmt: skip


def there_and_back(data: bytes, layout: Layout | None = None) -> tuple[Reading, Reading]:
    here = read("things.csv", data, SPEC, None, layout)
    return here, unpacked(packed(here), "things.csv", layout)


@given(st.lists(st.lists(CELL, min_size=3, max_size=3), max_size=5))
def test_nothing_is_lost_on_the_way(rows: list[list[str]]) -> None:
    text = io.StringIO()
    csv.writer(text).writerows([["code", "month", "qty"], *rows])
    same(*there_and_back(text.getvalue().encode()))


@pytest.mark.parametrize(
    "data", [b"", b"\xff\xfea", b"code,colour\n1,red\n", b"month\n2026-11\n", b"code,month\n1\n2,3,4\n", b'code\n"1\n']
)
def test_faults_come_back_as_they_are(data: bytes) -> None:
    here, back = there_and_back(data)
    assert here.errors
    same(here, back)


def test_months_in_columns_come_back_with_their_titles() -> None:
    here, back = there_and_back(b"Nr;Okt;Nov\nA;1,5;\nB;x;3\n", PIVOT)
    same(here, back)
    faults = [(error.line, error.column) for error in check(back.raw, SPEC).errors]
    assert faults == [(3, "Okt")]


def test_of_endless_faults_the_rest_is_counted() -> None:
    reading = read("things.csv", b"code,qty\n" + b"1\n" * (MOST_ERRORS + 7), SPEC)
    back = unpacked(packed(reading), "things.csv", None)
    assert len(back.errors) == MOST_ERRORS + 1
    assert back.errors[-1].message == "7 more rows are wrong."


@pytest.mark.parametrize("spec", [importer.spec for importer in IMPORTERS], ids=lambda spec: spec.name)
def test_every_file_of_the_contract_is_told_whole(spec: FileSpec) -> None:
    assert spec_from_dict(spec_as_dict(spec)) == spec


def large_csv(rows: int = 60_000) -> bytes:
    data = "code,month,qty\n" + "".join(f"C{row:07d},2026-{row % 12 + 1:02d},{row}.5\n" for row in range(rows))
    assert len(data) > workbooks.READ_HERE
    return data.encode()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What was started in a process of its own; it is really started."""
    started: list[object] = []
    run = workbooks.subprocess.run
    monkeypatch.setattr(workbooks.subprocess, "run", lambda *a, **k: (started.append(a[0]), run(*a, **k))[1])
    return started


def test_a_large_csv_is_read_in_a_process_of_its_own(asked: list[object]) -> None:
    data = large_csv()
    same(file_reading(file=ImportFile("things.csv", data), spec=SPEC), read("things.csv", data, SPEC))
    assert len(asked) == 1


def test_a_small_csv_is_read_here(asked: list[object]) -> None:
    assert file_reading(file=ImportFile("things.csv", b"code\n1\n"), spec=SPEC).raw is not None
    assert asked == []


def test_a_workbook_is_always_read_there(asked: list[object]) -> None:
    data = workbook([["code", "month", "qty"], ["1", date(2026, 11, 1), 7.5]])
    reading = file_reading(file=ImportFile("things.xlsx", data), spec=SPEC)
    assert {name: list(texts) for name, texts in reading.raw.columns.items()} == {
        "code": ["1"], "month": ["2026-11"], "qty": ["7.5"],
    }  # fmt: skip
    assert len(asked) == 1


@pytest.mark.parametrize("commas", [5_000, 500_000, 20_000_000])
def test_a_line_of_separators_is_no_table(commas: int) -> None:
    """Looking for titles that stand twice would never end."""
    reading = file_reading(file=ImportFile("things.csv", b"code" + b"," * commas + b"\n1"), spec=SPEC)
    assert not reading.complete
    assert "at most 1,000 are read" in reading.errors[0].message
    assert reading.raw is None


def test_without_enough_memory_a_file_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit is set in the process itself, as it starts."""
    code = (
        "import masterdata.workbook_rows as w; w.MEMORY = 500 * 1024**2; import masterdata.reading_alone as r; r.main()"
    )
    run = workbooks.subprocess.run
    monkeypatch.setattr(workbooks.subprocess, "run", lambda command, **told: run([command[0], "-c", code], **told))
    data = b"code,month,qty\n" + b'"1",2026-11,7\n' * 1_500_000
    reading = file_reading(file=ImportFile("things.csv", data), spec=SPEC)
    assert not reading.complete
    assert reading.errors[0].message in (TOO_MUCH, workbooks.TOO_LONG)


def test_a_reader_that_dies_or_hangs_is_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    file = ImportFile("things.csv", large_csv())
    monkeypatch.setattr(workbooks, "WAIT", 0.01)
    assert file_reading(file=file, spec=SPEC).errors[0].message == workbooks.TOO_LONG
    monkeypatch.undo()
    monkeypatch.setattr(workbooks.sys, "executable", "/bin/false")
    assert file_reading(file=file, spec=SPEC).errors[0].message == workbooks.TOO_LONG
