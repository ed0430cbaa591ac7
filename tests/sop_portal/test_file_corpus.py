"""The same five bookings as many systems write them: the right numbers or a clear word, never something half."""

import io
import zipfile

import pandas as pd
import pytest

from demand.models import Booking
from masterdata.bundles import ImportFile
from masterdata.models import FileHabit
from sop_portal import uploads
from sop_portal.uploads import check_part, upload_check, upload_load, upload_queue, upload_read, upload_tell
from tests.cast import small_company
from tests.masterdata.workbook_files import changed_part, named_zip, workbook
from tests.sop_portal.test_uploads import AT

pytestmark = pytest.mark.django_db
GERMAN = "Monat;Kunde;Artikel;Menge;Umsatz\n01.10.2026;NORTH;ALPHA;1.250,5;2.501,00\n01.09.2026;EAST;BETA;3;4,5\n"
EXPECTED = [("2026-10", "NORTH", "ALPHA", 1250.5, 2501.0), ("2026-09", "EAST", "BETA", 3.0, 4.5)]
AMERICAN = 'Period\tAccount\tSKU\tQuantity\tNet Sales\n10/1/2026\tNORTH\tALPHA\t"1,250.5"\t"2,501.00"\n'
AMERICAN += "9/1/2026\tEAST\tBETA\t3\t4.50\n"
WIDE = "customer;product;Sep 2026;Oct 2026\nNORTH;ALPHA;;1250,5\nEAST;BETA;3;\n"


def excel() -> bytes:
    rows = [
        ["Month", "Customer", "Product", "Qty", "Revenue"],
        [pd.Timestamp("2026-10-01").to_pydatetime(), "NORTH", "ALPHA", 1250.5, 2501],
        [pd.Timestamp("2026-09-01").to_pydatetime(), "EAST", "BETA", 3, 4.5],
    ]
    return workbook(rows)


def inline() -> bytes:
    """As LibreOffice and many report writers save it: texts inside the sheet, no shared strings, an absolute target."""
    cells = [["month", "customer", "product", "qty", "revenue"], ["2026-10", "NORTH", "ALPHA", 1250.5, 2501],
             ["2026-09", "EAST", "BETA", 3, 4.5]]  # fmt: skip
    rows = ""
    for number, row in enumerate(cells, start=1):
        text = "".join(
            f'<c r="{"ABCDE"[at]}{number}"><v>{cell}</v></c>'
            if isinstance(cell, int | float)
            else f'<c r="{"ABCDE"[at]}{number}" t="inlineStr"><is><t>{cell}</t></is></c>'
            for at, cell in enumerate(row)
        )
        rows += f'<row r="{number}">{text}</row>'
    main = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    sheets = '<sheets><sheet name="Tabelle1" sheetId="1" r:id="r1"/></sheets>'
    return named_zip(
        {
            "[Content_Types].xml": f'<Types xmlns="{package}/content-types"><Default Extension="rels" ContentType='
            f'"application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" '
            f'ContentType="{kind}.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" '
            f'ContentType="{kind}.worksheet+xml"/></Types>'.encode(),
            "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r0" '
            f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>'.encode(),
            "xl/workbook.xml": f'<workbook {main} xmlns:r="{office}">{sheets}</workbook>'.encode(),
            "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
            f'Type="{office}/worksheet" Target="/xl/worksheets/sheet1.xml"/></Relationships>'.encode(),
            "xl/worksheets/sheet1.xml": f"<worksheet {main}><sheetData>{rows}</sheetData></worksheet>".encode(),
        }
    )


GOOD = {
    "bookings.csv": GERMAN.encode("cp1252"),
    "Buchungen bookings Oktober.csv": GERMAN.encode(),
    "utf16.csv": GERMAN.encode("utf-16"),
    "utf16-no-mark.csv": GERMAN.encode("utf-16-le"),
    "mark.csv": GERMAN.encode("utf-8-sig"),
    "american.csv": AMERICAN.encode(),
    "mac.csv": GERMAN.replace("\n", "\r").encode(),
    "excel.xlsx": excel(),
    "libre.xlsx": inline(),
}


@pytest.fixture
def cast(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return small_company()


def send(cast, name: str, data: bytes) -> str:
    return upload_check(uploads=[ImportFile(name, data)], by=cast.leader, at=AT)


def stored() -> list[tuple[str, str, str, float, float]]:
    wanted = {(month, customer, product) for month, customer, product, *_ in EXPECTED}
    rows = Booking.objects.values_list("month", "customer__code", "product__code", "qty", "revenue")
    found = {(f"{row[0]:%Y-%m}", row[1], row[2]): (row[3], row[4]) for row in rows}
    return [(*key, *found[key]) for key in sorted(wanted, key=lambda key: key[1], reverse=True)]


@pytest.mark.parametrize("name", GOOD)
def test_the_right_numbers(cast, name):
    token = send(cast, name, GOOD[name])
    found = upload_read(token)
    assert found["ok"], found["errors"]
    assert found["layouts"][0]["layout"]["file"] == "bookings"
    upload_load(token=token, by=cast.leader, at=AT)
    assert stored() == EXPECTED


def test_months_as_columns(cast):
    token = send(cast, "bookings.csv", WIDE.encode())
    found = upload_read(token)
    assert found["ok"], found["errors"]
    assert found["layouts"][0]["layout"]["fills"] == "qty"
    upload_load(token=token, by=cast.leader, at=AT)
    assert [row[3] for row in stored()] == [1250.5, 3.0]


def declared() -> bytes:
    start = b"<worksheet"
    entity = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><worksheet'
    return changed_part(excel(), "xl/worksheets/sheet1.xml", start, entity)


def bomb() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 60_000_000)
    return stream.getvalue()


BAD = {
    "bookings.csv": (b"\x89PNG\r\n\x1a\n\0\0\0", "not text"),
    "bookings.xlsx": (b"\x89PNG\r\n\x1a\n\0\0\0", "damaged or no zip"),
    "bomb-bookings.xlsx": (bomb(), "zip bomb"),
    "external-bookings.xlsx": (declared(), "entities"),
    "csv-bookings.xlsx": (GERMAN.encode(), "damaged or no zip"),
    "xlsx-bookings.csv": (excel(), "not text"),
    "quote-bookings.csv": (b'month,customer,product,qty\n2026-10,NORTH,ALPHA,"5\n', "never closed"),
    "empty-bookings.csv": (b"", "empty"),
    "asks-bookings.csv": (b"month;customer;product;qty\n2026-10;NORTH;ALPHA;1.000\n", "could be 1000 or 1.000"),
    "days-orders.csv": (
        b"order_line;customer;product;qty;ordered_on\nA;NORTH;ALPHA;1;03/04/2026\n", "could be two days"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_clear_word_and_nothing_stored(cast, name):
    data, says = BAD[name]
    before = list(Booking.objects.order_by("pk").values_list("pk", "qty"))
    found = upload_read(send(cast, name, data))
    assert not found["ok"]
    assert any(says in error["message"] for error in found["errors"]), found["errors"]
    assert list(Booking.objects.order_by("pk").values_list("pk", "qty")) == before


def test_what_could_be_two_things_is_settled_by_a_word(cast):
    token = send(cast, "bookings.csv", BAD["asks-bookings.csv"][0])
    layout = upload_read(token)["layouts"][0]["layout"]
    told = {"file": "bookings", "decimal": ",", "dates": "ymd", "columns": layout["columns"]}
    upload_tell(token=token, number=0, told=told, by=cast.leader, at=AT)
    assert upload_read(token)["ok"]
    upload_load(token=token, by=cast.leader, at=AT)
    assert Booking.objects.get(month="2026-10-01", customer__code="NORTH", product__code="ALPHA").qty == 1000
    again = upload_read(send(cast, "bookings.csv", BAD["asks-bookings.csv"][0]))
    assert again["ok"], "the answer is remembered"


def test_a_file_of_unknown_columns_is_told_what_they_mean_once(cast):
    text = "P;K;A;M\n2026-10;NORTH;ALPHA;7,5\n"
    token = send(cast, "zz.csv", text.encode())
    assert not upload_read(token)["ok"]
    upload_tell(token=token, number=0, told={"file": "bookings"}, by=cast.leader, at=AT)
    columns = ["month", "customer", "product", "qty"]
    told = {"file": "bookings", "decimal": ",", "dates": "ymd", "columns": columns}
    upload_tell(token=token, number=0, told=told, by=cast.leader, at=AT)
    assert upload_read(token)["ok"], upload_read(token)["errors"]
    upload_load(token=token, by=cast.leader, at=AT)
    assert FileHabit.objects.get(file="bookings").columns == dict(zip("PKAM", columns, strict=True))
    again = upload_read(send(cast, "bookings.csv", text.replace("7,5", "8,5").encode()))
    assert again["ok"], again["errors"]


def test_the_difference_is_shown_in_words(cast):
    found = upload_read(send(cast, "bookings.csv", b"month,customer,product,qty\n2026-10,NORTH,ALPHA,999\n"))
    preview = found["previews"]["bookings"]
    assert preview["first"][0]["key"] == "2026-10 NORTH ALPHA"
    assert [preview["first"][0]["cells"][0][at] for at in (0, 2)] == ["qty", "999"]
    others = Booking.objects.filter(month="2026-10-01").count() - 1
    assert preview["missing"] == others > 0
    assert all(key.startswith("2026-10 ") for key in preview["first_missing"])


def test_a_large_file_is_checked_by_a_worker(cast, monkeypatch):
    monkeypatch.setattr(uploads, "CHECKED_AT_ONCE", 10)
    token = send(cast, "bookings.csv", GERMAN.encode())
    found = upload_read(token)
    assert "ok" not in found
    with pytest.raises(uploads.Refused, match="still being checked"):
        upload_queue(token=token, by=cast.leader, at=AT)
    said = check_part(job=found["check_job"], payload={"token": token, "by": cast.leader.pk}, at=AT)
    assert said == "2 rows checked, 0 faults."
    assert upload_read(token)["ok"]
