"""Every entry of the corpus of bad input (tests/bad_input.py) is answered exactly, on every surface that takes it."""

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

import lxml.html
import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from demand.models import Booking, Change, Event
from jobs.models import MovedClock
from masterdata.bundles import ImportFile
from masterdata.models import ImportRun
from masterdata.services.keys import SCOPES, key_create
from sop_portal.uploads import upload_check, upload_load, upload_read
from tests.bad_input import FORM, HABITS, READ, ROWS, SHEET
from tests.cast import Cast, small_company
from tests.masterdata.workbook_files import workbook
from tests.meetings.journey import ENTRY, in_entry

pytestmark = pytest.mark.django_db
ROW = {"month": "2026-10", "customer": "NORTH", "product": "ALPHA", "qty": "7"}
EVENT = {
    "name": "Tender", "kind": "promotion", "what": "product:ALPHA", "whom": "customer:NORTH", "first": "2026-12",
    "last": "2027-01", "uplift": "10", "confidence": "80",
}  # fmt: skip
EDIT = {"month": "2026-12", "value": 5, "seen": None, "reason": "", "comment": ""}
TOKEN = "7d444840-9dc0-11d1-b245-5ffdce74fad2"
FILES = ("csv", "xlsx")


@pytest.fixture(scope="module")
def entry(django_db_setup: None, django_db_blocker: Any) -> Iterator[Cast]:
    """Sales entry is open; everything is undone after the last test."""
    with django_db_blocker.unblock():
        around = transaction.atomic()
        around.__enter__()
        cast = small_company()
        in_entry(cast)
        MovedClock.objects.update_or_create(pk=1, defaults={"at": ENTRY})
    yield cast
    with django_db_blocker.unblock():
        transaction.set_rollback(True)
        around.__exit__(None, None, None)


@pytest.fixture
def cast(entry: Cast, db: None, settings: Any, tmp_path: Any) -> Cast:
    settings.MEDIA_ROOT = tmp_path
    return entry


@pytest.fixture
def secret(cast: Cast) -> str:
    return key_create(person=cast.api_client, scopes=SCOPES, at=timezone.now())[1]


def pushed(secret: str, row: dict[str, str]) -> tuple[int, dict[str, Any]]:
    body, headers = json.dumps({"rows": [row]}), {"Authorization": f"Bearer {secret}"}
    answer = Client().post("/api/v1/bookings/", body, content_type="application/json", headers=headers)
    return answer.status_code, answer.json()


def file_of(kind: str, row: dict[str, str]) -> ImportFile:
    cells = [list(row), list(row.values())]
    text = io.StringIO()
    csv.writer(text).writerows(cells)
    return ImportFile(f"bookings.{kind}", text.getvalue().encode() if kind == "csv" else workbook(cells))


def quantity() -> float:
    return float(Booking.objects.get(month="2026-10-01", customer__code="NORTH", product__code="ALPHA").qty)


@pytest.mark.parametrize(("field", "value", "words"), [*ROWS, *(row[:3] for row in HABITS)])
def test_a_cell_over_rest(secret: str, field: str, value: str, words: str) -> None:
    before, runs = quantity(), ImportRun.objects.count()
    status, body = pushed(secret, ROW | {field: value})
    assert (status, body["code"], body["error_count"]) == (422, "invalid", 1)
    where = {"row": 1, "column": field, "pointer": f"/rows/0/{field}", "value": value[:80], "line": 2}
    assert body["errors"] == [where | {"detail": words}]
    assert (quantity(), ImportRun.objects.count()) == (before, runs)


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize(("field", "value", "words"), ROWS)
def test_a_cell_of_a_file(cast: Cast, kind: str, field: str, value: str, words: str) -> None:
    before, runs = quantity(), ImportRun.objects.count()
    found = upload_read(upload_check(uploads=[file_of(kind, ROW | {field: value})], by=cast.leader, at=ENTRY))
    assert not found["ok"]
    assert [(e["line"], e["column"], e["message"]) for e in found["errors"]] == [(2, field, words)]
    assert (quantity(), ImportRun.objects.count()) == (before, runs)


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize(("field", "value", "stored"), [*READ, *((f, v, stored) for f, v, _, stored in HABITS)])
def test_a_cell_that_only_looks_bad_in_a_file(cast: Cast, kind: str, field: str, value: str, stored: float) -> None:
    token = upload_check(uploads=[file_of(kind, ROW | {field: value})], by=cast.leader, at=ENTRY)
    assert upload_read(token)["ok"], upload_read(token)["errors"]
    upload_load(token=token, by=cast.leader, at=ENTRY)
    assert quantity() == stored


@pytest.mark.parametrize(("field", "value", "stored"), READ)
def test_a_cell_that_only_looks_bad_over_rest(secret: str, field: str, value: str, stored: float) -> None:
    assert pushed(secret, ROW | {field: value})[0] == 200
    assert quantity() == stored


def event_sent(cast: Cast, more: dict[str, str]) -> tuple[int, list[str], lxml.html.HtmlElement | None]:
    client = Client()
    client.force_login(cast.marketing.user)
    answer = client.post("/events/add/", EVENT | more)
    page = lxml.html.fromstring(answer.content) if answer.content else None
    told = [] if page is None else page.xpath("//*[contains(@class, 'error')]")
    return answer.status_code, [" ".join(one.text_content().split()) for one in told], page


def test_the_form_itself_is_good(cast: Cast) -> None:
    assert event_sent(cast, {})[0] == 302
    assert Event.objects.get().name == "Tender"


@pytest.mark.parametrize(("field", "value", "words"), FORM)
def test_a_field_of_a_form(cast: Cast, field: str, value: str, words: str) -> None:
    status, told, page = event_sent(cast, {field: value})
    assert (status, told) == (422, [words])
    assert not Event.objects.exists()
    assert page is not None
    typed = {one.get("name"): one.get("value") for one in page.xpath("//input[@name='name' or @name='confidence']")}
    assert typed == {name: value if name == field else EVENT[name] for name in typed}, "what was typed is kept"


@pytest.mark.parametrize(("key", "value", "status", "words"), SHEET)
def test_an_edit_of_the_sheet(cast: Cast, key: str, value: object, status: int, words: str) -> None:
    client = Client()
    client.force_login(cast.rep.user)
    edit = {"line": cast.line("ALPHA", "NORTH").pk} | EDIT | {key: value}
    body, headers = json.dumps({"token": TOKEN, "edits": [edit]}), {"Accept": "application/json"}
    answer = client.post("/sheet/save/", body, content_type="application/json", headers=headers)
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    assert answer.json()["detail"] == words
    assert not Change.objects.exists()
