"""REST: the published forecast and every stage, by any level; keys, scopes, problems; nothing is ignored."""

import csv
import io
import json
from datetime import timedelta

import numpy as np
import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from demand.models import Stage
from demand.selectors.forecast import Level, Measure, Wanted, forecast_long
from demand.selectors.versions import stage_plan, version_current
from jobs.models import Job
from masterdata.exports import harmless
from masterdata.models import ApiKey, Person
from masterdata.services.keys import key_create, key_revoke
from tests.cast import Cast, small_company
from tests.meetings.journey import APPROVED, approved, do_job

URL = "/api/v1/company-forecast/"
SCOPES = ("forecast:read", "cycles:read")
pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return small_company()


@pytest.fixture
def cycle(cast: Cast) -> object:
    """2026-11, published."""
    cycle = approved(cast)
    do_job(Job.objects.get(kind="publish", key=cycle.code), APPROVED)
    cycle.refresh_from_db()
    return cycle


def key_of(person: Person, *scopes: str, **more: object) -> str:
    return key_create(person=person, scopes=scopes or SCOPES, at=timezone.now(), **more)[1]


class Pull:
    """A program with a key."""

    def __init__(self, secret: str) -> None:
        self.client, self.headers = Client(), {"Authorization": f"Bearer {secret}"}

    def get(self, url: str = URL, **query: object) -> object:
        return self.client.get(url, query, headers=self.headers)


@pytest.fixture
def pull(cast: Cast, cycle: object) -> Pull:
    return Pull(key_of(cast.api_client))


def test_the_latest_published_forecast_is_the_default(cycle: object, pull: Pull) -> None:
    body = pull.get(level="company").json()
    assert (body["cycle"], body["stage"], body["revision"], body["count"]) == ("2026-11", "company_forecast", 1, 24)
    assert body["results"][0]["month"] == "2026-11"
    version = version_current(cycle, Stage.COMPANY_FORECAST)
    assert body["content_hash"] == version.content_hash


@pytest.mark.parametrize("level", Level.values)
def test_every_level_adds_up_to_the_database(cycle: object, pull: Pull, level: str) -> None:
    total = sum(row["quantity"] for row in pull.get(level=level).json()["results"])
    with connection.cursor() as cursor:
        cursor.execute("SELECT sum(quantity) FROM bi_company_forecast WHERE cycle = '2026-11'")
        [(stored,)] = cursor.fetchall()
    assert total == pytest.approx(stored)
    assert total > 0


def test_revenue_equals_the_view(cycle: object, pull: Pull) -> None:
    total = sum(row["revenue"] for row in pull.get(level="product", measure="revenue").json()["results"])
    with connection.cursor() as cursor:
        cursor.execute("SELECT sum(revenue) FROM bi_company_forecast WHERE cycle = '2026-11'")
        [(stored,)] = cursor.fetchall()
    assert total == pytest.approx(stored)


@pytest.mark.parametrize("stage", Stage.values)
def test_every_stage_can_be_read(cycle: object, pull: Pull, stage: str) -> None:
    total = sum(row["quantity"] for row in pull.get(stage=stage, cycle="2026-11", level="line").json()["results"])
    assert total == pytest.approx(float(stage_plan(cycle, Stage(stage)).quantity.sum()))


def test_filters_and_months_cut_the_same_numbers(cycle: object, pull: Pull) -> None:
    all_lines = pull.get(level="line").json()["results"]
    wanted = pull.get(level="line", product="ALPHA", region="N", month_from="2026-12", month_to="2027-01").json()
    months = ("2026-12", "2027-01")
    expected = [r for r in all_lines if r["product"] == "ALPHA" and r["customer"] != "SOUTH" and r["month"] in months]
    assert wanted["results"] == expected
    assert len(expected) == 4
    two = pull.get(level="product", product=["ALPHA", "BETA"]).json()
    assert {row["product"] for row in two["results"]} == {"ALPHA", "BETA"}


def test_pages_by_cursor_give_every_row_once(cycle: object, pull: Pull) -> None:
    whole = pull.get(level="line").json()["results"]
    rows, cursor = [], None
    while True:
        query = {"level": "line", "page_size": 50} | ({"cursor": cursor} if cursor else {})
        page = pull.get(**query).json()
        rows += page["results"]
        cursor = page["next"]
        if cursor is None:
            break
    assert rows == whole


def test_csv_has_the_same_rows(cycle: object, pull: Pull) -> None:
    answer = pull.get(level="line", format="csv")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))
    expected = pull.get(level="line").json()["results"]
    assert [(r["customer"], r["product"], r["month"], float(r["quantity"])) for r in rows] == [
        (r["customer"], r["product"], r["month"], r["quantity"]) for r in expected
    ]


@pytest.mark.parametrize("text", ["=1+1", "+SUM(A1)", "-2", "@cmd", "\tx", "\rx"])
def test_text_that_starts_a_formula_is_made_harmless(text: str) -> None:
    assert harmless(text) == f"'{text}"
    assert harmless("ALPHA") == "ALPHA"
    assert harmless("") == ""


def test_an_unchanged_forecast_answers_304(cycle: object, pull: Pull) -> None:
    tag = pull.get()["ETag"]
    again = pull.client.get(URL, headers=pull.headers | {"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    other = pull.client.get(URL, {"level": "line"}, headers=pull.headers | {"If-None-Match": tag})
    assert other.status_code == 200


@pytest.mark.parametrize(
    ("query", "status", "says"),
    [
        ({"level": "planet"}, 400, "'planet' is not a level"),
        ({"stage": "SALES"}, 400, "is not a stage"),
        ({"measure": "cost"}, 400, "is not a measure"),
        ({"cycle": "2026-11-01"}, 400, "is not a month"),
        ({"cycle": "2031-01"}, 404, "no cycle 2031-01"),
        ({"month_from": "2027-02-30"}, 400, "is not a month"),
        ({"month_from": "2027-05", "month_to": "2027-01"}, 422, "lies after"),
        ({"page_size": "-1"}, 400, "whole number"),
        ({"page_size": "1e3"}, 400, "whole number"),
        ({"cursor": "garbage!"}, 400, "not one of ours"),
        ({"format": "xml"}, 400, "not a format"),
        ({"produkt": "ALPHA"}, 400, "no parameter 'produkt'"),
        ({"product": "OMEGA"}, 422, "Unknown product"),
        ({"product": "A\x00"}, 400, "a character that no text has"),
    ],
)
def test_bad_parameters_are_told_as_problems(pull: Pull, query: dict, status: int, says: str) -> None:
    answer = pull.get(**query)
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    problem = json.loads(answer.content)
    assert says in problem["detail"]
    assert problem["status"] == status


def test_a_cursor_of_another_question_is_refused(pull: Pull) -> None:
    cursor = pull.get(level="line", page_size=10).json()["next"]
    assert pull.get(level="product", cursor=cursor).status_code == 400


def test_without_a_valid_key_nothing_is_told(cast: Cast, cycle: object) -> None:
    assert Client().get(URL).status_code == 401
    key, secret = key_create(person=cast.api_client, scopes=SCOPES, at=timezone.now())
    assert Pull(secret).get().status_code == 200
    assert Pull(secret + "x").get().status_code == 401
    assert Pull("sop_\xe9").get().status_code == 401
    key_revoke(key=key, at=timezone.now())
    assert Pull(secret).get().status_code == 401
    old = key_create(person=cast.api_client, scopes=SCOPES, at=timezone.now() - timedelta(days=40), days=30)[1]
    assert Pull(old).get().status_code == 401
    assert secret not in json.dumps(list(ApiKey.objects.values("secret_hash", "prefix")))


def test_a_key_does_what_its_scopes_say(cast: Cast, cycle: object) -> None:
    only_cycles = Pull(key_of(cast.api_client, "cycles:read"))
    refused = only_cycles.get()
    assert refused.status_code == 403
    assert "forecast:read" in refused.json()["detail"]
    assert only_cycles.get("/api/v1/cycles/").status_code == 200


@pytest.mark.parametrize(
    ("who", "query", "status"),
    [
        ("rep", {"level": "line"}, 403),
        ("rep", {"level": "product"}, 403),
        ("rep", {"level": "family", "customer": "NORTH"}, 403),
        ("rep", {"level": "family"}, 200),
        ("rep", {"level": "company"}, 200),
        ("finance", {"level": "line"}, 200),
        ("ceo", {"level": "line"}, 200),
        ("admin", {"level": "line"}, 403),
    ],
)
def test_margin_below_the_family_is_private(cast: Cast, cycle: object, who: str, query: dict, status: int) -> None:
    client = Client()
    client.force_login(getattr(cast, who).user, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(URL, {"measure": "margin"} | query).status_code == status


def test_margin_is_revenue_less_cost(cast: Cast, cycle: object) -> None:
    def total(measure: Measure) -> float:
        return float(forecast_long(Wanted(cycle=cycle, level=Level.COMPANY, measure=measure))[measure].sum())

    plan = stage_plan(cycle, Stage.COMPANY_FORECAST)
    from demand.selectors.lines import cycle_lines

    cost = cycle_lines(cycle, lines=plan.lines)["unit_cost"].to_numpy()
    assert total(Measure.REVENUE) - total(Measure.MARGIN) == pytest.approx(float(cost @ plan.quantity.sum(axis=1)))
    assert np.isfinite(total(Measure.MARGIN))


def test_cycles_tell_steps_stages_and_participation(cycle: object, pull: Pull) -> None:
    [summary] = pull.get("/api/v1/cycles/").json()["results"]
    assert (summary["cycle"], summary["state"], summary["simulated"]) == ("2026-11", "published", False)
    body = pull.get("/api/v1/cycles/2026-11/").json()
    assert next(step["step"] for step in body["steps"]) == "data_close"
    assert [stage["stage"] for stage in body["stages"]] == Stage.values
    assert body["participation"]["expected"] == 2
    assert pull.get("/api/v1/cycles/2026-13/").status_code == 400
    assert pull.get("/api/v1/cycles/2030-01/").status_code == 404


def test_before_anything_is_published_it_says_so(cast: Cast) -> None:
    answer = Pull(key_of(cast.api_client)).get()
    assert answer.status_code == 404
    assert "No company forecast has been published yet" in answer.json()["detail"]


def test_the_schema_describes_the_parameters() -> None:
    text = Client().get("/api/v1/schema/", headers={"Accept": "application/json"}).content.decode()
    assert "month_from" in text
    assert Client().get("/api/v1/docs/").status_code == 200
