"""REST in lists and rows: reading, paging, tags; pushing with the checks of files; keys, scopes and their limit."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from demand.models import Booking
from jobs.models import Job
from masterdata.models import ImportRun, Product, RowChange
from masterdata.services.keys import SCOPES, key_create
from sop_portal.api.pushing import as_file
from sop_portal.api.resources import TABLES
from tests.cast import Cast, small_company
from tests.meetings.journey import APPROVED, approved, do_job

BASE = "/api/v1/"
TAGS = [table for table in TABLES if table.file]


@pytest.fixture(scope="module")
def published(django_db_setup: None, django_db_blocker: Any) -> Iterator[Cast]:
    """The small company with a published cycle; everything is undone after the last test."""
    with django_db_blocker.unblock():
        atomic = transaction.atomic()
        atomic.__enter__()
        cast = small_company()
        do_job(Job.objects.get(kind="publish", key=approved(cast).code), APPROVED)
        yield cast
        transaction.set_rollback(True)
        atomic.__exit__(None, None, None)


class Program:
    def __init__(self, secret: str) -> None:
        self.client, self.headers = Client(), {"Authorization": f"Bearer {secret}"}

    def __call__(self, method: str, path: str, body: object = None, *, query: str = "", **headers: str) -> Any:
        text = body if isinstance(body, str) else json.dumps(body)
        sent = {} if body is None else {"data": text, "content_type": headers.pop("type", "application/json")}
        return getattr(self.client, method)(f"{BASE}{path}/{query}", headers=self.headers | headers, **sent)


@pytest.fixture
def cast(published: Cast, db: None) -> Cast:
    return published


@pytest.fixture
def ask(cast: Cast) -> Program:
    return Program(key_create(person=cast.api_client, scopes=SCOPES, at=timezone.now(), name="erp")[1])


# --- Reading ------------------------------------------------------------------------


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_list_is_read_with_a_fixed_number_of_queries(ask, table, django_assert_max_num_queries) -> None:
    with django_assert_max_num_queries(8):
        answer = ask("get", table.name)
    assert answer.status_code == 200, answer.content
    for row in answer.json()["results"]:
        assert set(row) == {field.name for field in table.fields if not field.private}


def test_lists_have_what_the_database_has(ask) -> None:
    rows = ask("get", "bookings", query="?month=2026-10&customer=NORTH").json()["results"]
    stored = Booking.objects.filter(month="2026-10-01", customer__code="NORTH")
    assert {(r["product"], r["qty"]) for r in rows} == set(stored.values_list("product__code", "qty"))
    assert len(rows) == 4
    assert {r["month"] for r in rows} == {"2026-10"}
    steps = ask("get", "steps", query="?cycle=2026-11").json()["results"]
    assert next(step["step"] for step in steps) == "data_close"
    assert ask("get", "participation", query="?cycle=2026-11").json()["results"]
    assert {r["kind"] for r in ask("get", "meetings").json()["results"]} >= {"executive_sop"}


def test_pages_by_cursor_give_every_row_once(ask) -> None:
    rows, query = [], "?page_size=50&fields=month,customer,product"
    page = ask("get", "bookings", query=query).json()
    while page["next"]:
        rows += page["results"]
        page = ask("get", "bookings", query=f"{query}&cursor={page['next']}").json()
    rows += page["results"]
    keys = [tuple(row.values()) for row in rows]
    assert len(keys) == len(set(keys)) == Booking.objects.count() > 100
    assert list(rows[0]) == ["month", "product", "customer"]


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("?colour=red", "no parameter 'colour'"),
        ("?month=2026-13", "not a month"),
        ("?fields=qty,prise", "no field 'prise'"),
        ("?fields=", "no field ''"),
        ("?page_size=0", "whole number"),
        ("?cursor=garbage", "not one of ours"),
        ("?format=csv", "not a format"),
    ],
)
def test_what_means_nothing_is_told(ask, query: str, says: str) -> None:
    answer = ask("get", "bookings", query=query)
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert says in answer.json()["detail"]


def test_unit_cost_is_for_those_who_may_see_cost(cast: Cast, ask) -> None:
    assert "unit_cost" not in ask("get", "products").json()["results"][0]
    assert ask("get", "products", query="?fields=unit_cost").status_code == 400
    finance = Program(key_create(person=cast.finance, scopes=("data:read",), at=timezone.now())[1])
    assert finance("get", "products/ALPHA", query="?fields=code,unit_cost").json() == {
        "code": "ALPHA",
        "unit_cost": 300,
    }


def test_an_unchanged_list_or_row_answers_304(ask) -> None:
    for path in ("products", "products/ALPHA", "cycles", "cycles/2026-11"):
        tag = ask("get", path)["ETag"]
        again = ask("get", path, **{"If-None-Match": f'"x", W/{tag}'})
        assert (again.status_code, again.content) == (304, b"")
    Product.objects.filter(code="ALPHA").update(price=501)
    assert ask("get", "products/ALPHA", **{"If-None-Match": tag}).status_code == 200


def test_a_row_that_is_not_there_is_a_problem(ask) -> None:
    answer = ask("get", "products/OMEGA")
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")


def test_nothing_under_the_interface_is_answered_as_a_page(ask, monkeypatch: pytest.MonkeyPatch) -> None:
    missing = ask("get", "nowhere")
    assert (missing.status_code, missing["Content-Type"]) == (404, "application/problem+json")
    assert Client().get("/nowhere/").status_code == 302  # a page: sign in first
    monkeypatch.setattr("sop_portal.api.reading.page_of", lambda *_: 1 / 0)
    ask.client.raise_request_exception = False
    broken = ask("get", "families")
    assert (broken.status_code, broken["Content-Type"]) == (500, "application/problem+json")
    assert broken.json()["code"] == "broken"


# --- Pushing ------------------------------------------------------------------------


def booking(**more: object) -> dict[str, object]:
    return {"month": "2026-10", "customer": "NORTH", "product": "ALPHA", "qty": 77} | more


def test_rows_are_stored_once_and_again_change_nothing(cast: Cast, ask) -> None:
    rows = {"rows": [booking(), booking(product="BETA", qty="3.5")]}
    first = ask("post", "bookings", rows)
    assert (first.status_code, first.json()) == (
        200,
        {"rows": 2, "new": 0, "changed": 2, "unchanged": 0, "stored": True},
    )
    assert ask("post", "bookings", rows).json()["unchanged"] == 2
    assert Booking.objects.get(month="2026-10-01", customer__code="NORTH", product__code="ALPHA").qty == 77
    run = ImportRun.objects.latest("pk")
    assert (run.source, run.by) == ("REST: bookings by ERP integration with the key erp", cast.api_client)
    change = RowChange.objects.filter(table="demand_booking").first()
    assert change is not None
    assert change.by == cast.api_client
    assert change.before["qty"] != change.after["qty"]


def test_csv_is_taken_too(ask) -> None:
    answer = ask("post", "bookings", "month,customer,product,qty\n2026-10,NORTH,ALPHA,78\n", type="text/csv")
    assert answer.json()["changed"] == 1
    faulty = ask("post", "bookings", "month,customer,product,qty\n2026-10,NORTH,ALPHA,x\n", type="text/csv")
    assert (faulty.status_code, faulty.json()["errors"][0]["line"]) == (422, 2)


def test_every_fault_is_told_with_its_row_and_nothing_is_stored(ask) -> None:
    rows = [booking(qty=1), booking(product="BETA\nX"), booking(product="GAMMA", qty="abc"), booking(month="2026-13")]
    answer = ask("post", "bookings", {"rows": rows})
    body = answer.json()
    assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json")
    pointers = {error["pointer"] for error in body["errors"]}
    assert {"/rows/1/product", "/rows/2/qty", "/rows/3/month"} <= pointers
    assert body["error_count"] == len(body["errors"])
    assert next(e for e in body["errors"] if e["pointer"] == "/rows/2/qty")["row"] == 3
    assert not Booking.objects.filter(qty=1, month="2026-10-01", product__code="ALPHA", customer__code="NORTH").exists()


def test_a_dry_run_counts_and_stores_nothing(ask) -> None:
    runs = ImportRun.objects.count()
    answer = ask("post", "bookings", {"rows": [booking(qty=99)]}, query="?dry_run=true")
    assert answer.json() == {"rows": 1, "new": 0, "changed": 1, "unchanged": 0, "stored": False}
    assert ImportRun.objects.count() == runs
    assert not Booking.objects.filter(qty=99).exists()


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        ("{", 400, "not JSON"),
        ('{"rows": [], "rows": []}', 400, "stands twice"),
        ('{"rows": [{"qty": NaN}]}', 400, "NaN is no number"),
        ("[" * 100_000, 400, "not JSON"),
        ({"rows": []}, 422, "no row"),
        ({"rows": [{}]}, 422, "nothing in this row"),
        ({"row": [booking()]}, 400, "a list of objects"),
        ({"rows": [booking(qty=True)]}, 422, "text or a number"),
        ({"rows": [booking(qty=[1])]}, 422, "text or a number"),
        ('{"rows": [{"month": "2026-10", "customer": "NORTH", "product": "ALPHA", "qty": 1e309}]}', 422, "fault"),
        ({"rows": [booking(colour="red")]}, 422, "colour"),
        ({"rows": [booking(), booking()]}, 422, "on row 1 already"),
        ('{"rows": [{"month": "\\ud800"}]}', 422, "not text"),
    ],
)
def test_bad_bodies_are_told_and_never_stored(ask, body: object, status: int, says: str) -> None:
    answer = ask("post", "bookings", body)
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    assert says in answer.content.decode()


def test_other_types_and_methods_are_problems(ask) -> None:
    assert ask("post", "bookings", "x", type="text/plain").status_code == 415
    assert ask("delete", "bookings").status_code == 405
    assert ask("post", "people", {"rows": [{}]}).status_code == 405
    assert ask("get", "bookings", Accept="text/html").status_code == 406


def test_who_may_not_load_may_not_push(cast: Cast, ask) -> None:
    reader = Program(key_create(person=cast.api_client, scopes=("data:read",), at=timezone.now())[1])
    assert "data:write" in reader("post", "bookings", {"rows": [booking()]}).json()["detail"]
    rep = Program(key_create(person=cast.rep, scopes=SCOPES, at=timezone.now())[1])
    refused = rep("post", "bookings", {"rows": [booking()]})
    assert (refused.status_code, refused.json()["code"]) == (403, "not_yours")
    assert not Booking.objects.filter(qty=77).exists()


def test_a_row_is_replaced_only_by_who_has_seen_it(ask) -> None:
    row = {"name": "Alpha", "family": "BIKES", "price": 510}
    assert ask("put", "products/ALPHA", row).status_code == 428
    assert ask("put", "products/ALPHA", row, **{"If-None-Match": "*"}).status_code == 412
    tag = ask("get", "products/ALPHA")["ETag"]
    done = ask("put", "products/ALPHA", row, **{"If-Match": tag})
    assert (done.status_code, done.json()["price"]) == (200, 510)
    late = ask("put", "products/ALPHA", row | {"price": 1}, **{"If-Match": tag})
    assert (late.status_code, late.json()["stored"]["price"]) == (412, 510)
    assert ask("put", "products/ALPHA", row | {"price": 520}, **{"If-Match": done["ETag"]}).status_code == 200
    assert Product.objects.get(code="ALPHA").price == 520
    assert ask("put", "products/NEW", row, **{"If-Match": tag}).status_code == 412
    assert ask("put", "products/NEW", row | {"code": "OLD"}).status_code == 422
    assert ask("put", "products/NEW", row).status_code == 201
    assert Product.objects.get(code="NEW").family.code == "BIKES"


def test_lines_of_the_file_lead_back_to_rows() -> None:
    sent = as_file("bookings", [{"a": "1\n2\n3"}, {"a": 2.5, "b": None}, {"b": 1e-7}])
    assert sent.row_at == {2: 0, 5: 1, 6: 2}
    assert sent.file.data == b'a,b\n"1\n2\n3",\n2.5,\n,0.0000001\n'


# --- The limit of a key ---------------------------------------------------------------


def test_a_key_may_ask_so_often_in_a_minute(cast: Cast, ask, settings) -> None:
    settings.API_PER_MINUTE = 3
    assert [ask("get", "families").status_code for _ in range(4)] == [200, 200, 200, 429]
    refused = ask("get", "families")
    assert refused["Content-Type"] == "application/problem+json"
    assert 1 <= int(refused["Retry-After"]) <= 60
    other = Program(key_create(person=cast.api_client, scopes=SCOPES, at=timezone.now())[1])
    assert other("get", "families").status_code == 200
