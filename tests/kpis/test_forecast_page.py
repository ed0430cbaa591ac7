"""The forecast page: everybody reads it, from the company down to how a number was made."""

from datetime import date

import pytest

from cycles.models import Cycle
from demand.models import Stage
from demand.selectors.versions import stage_plan, version_current
from kpis.selectors.forecast_page import forecast_page, wanted_from
from masterdata.models import Person
from meetings.services.publishing import forecast_publish
from tests.cast import Cast
from tests.kpis.conftest import SignIn, text_of
from tests.kpis.past import past_cycle
from tests.meetings.journey import APPROVED, approved, in_entry, started

OCT = date(2026, 10, 1)


@pytest.fixture
def published(cast: Cast) -> Cycle:
    cycle = approved(cast)
    forecast_publish(cycle=cycle, at=APPROVED)
    cycle.refresh_from_db()
    return cycle


def page_of(person: Person, **query: str) -> dict:
    return forecast_page(wanted_from(query), person)


def test_before_the_first_publication_it_says_so(cast: Cast, as_: SignIn) -> None:
    text = text_of(as_(cast.rep).get("/forecast/"))
    assert "No company forecast has been published yet. The first one comes when the CEO approves the plan." in text


def test_not_published_yet_shows_the_one_in_force_with_its_age(cast: Cast, as_: SignIn) -> None:
    past_cycle(OCT)
    started(cast)
    text = text_of(as_(cast.rep).get("/forecast/?cycle=2026-11"))
    assert "The company forecast of November 2026 is not published yet." in text
    assert "In force is the forecast of October 2026 (simulated), published 1 Oct 2026" in text
    assert "ago." in text


def test_by_family_adds_up_to_the_version(cast: Cast, published: Cycle) -> None:
    page = page_of(cast.rep)
    whole = stage_plan(published, Stage.COMPANY_FORECAST).quantity
    assert page["total"] == pytest.approx(whole.sum())
    assert page["totals"] == pytest.approx(whole.sum(axis=0).tolist())
    assert {row.name for row in page["rows"]} == {"Bikes", "Parts"}
    assert sum(row.total for row in page["rows"]) == pytest.approx(whole.sum())


@pytest.mark.parametrize("level", ["product", "customer", "region", "rep", "company", "line"])
@pytest.mark.parametrize("measure", ["quantity", "revenue"])
def test_every_level_has_the_same_total(cast: Cast, published: Cycle, level: str, measure: str) -> None:
    total = page_of(cast.rep, level=level, measure=measure)["total"]
    assert total == pytest.approx(page_of(cast.rep, measure=measure)["total"])


def test_a_name_leads_down_to_lines_and_a_number_to_how_it_was_made(cast: Cast, published: Cycle, as_: SignIn) -> None:
    client = as_(cast.rep, APPROVED)
    bikes = next(row for row in page_of(cast.rep)["rows"] if row.name == "Bikes")
    assert "level=product" in bikes.address
    assert "family=BIKES" in bikes.address
    text = text_of(client.get(f"/forecast/?{bikes.address}"))
    assert "Alpha" in text
    assert "Gamma" not in text
    alpha = next(row for row in page_of(cast.rep, level="product", family="BIKES")["rows"] if row.name == "Alpha")
    body = client.get(f"/forecast/?{alpha.address}").content.decode()
    line = cast.line("ALPHA", "NORTH").pk
    assert f"/why/{line}/2026-11/?cycle=2026-11" in body
    assert client.get(f"/why/{line}/2026-11/?cycle=2026-11").status_code == 200


def test_the_facts_of_the_version_and_its_file(cast: Cast, published: Cycle, as_: SignIn) -> None:
    client = as_(cast.rep, APPROVED)
    text = text_of(client.get("/forecast/"))
    version = version_current(published, Stage.COMPANY_FORECAST)
    assert version.content_hash in text
    assert "Published 19 Nov 2026" in text
    file = client.get(page_of(cast.rep)["csv"])
    lines = b"".join(file.streaming_content).decode().splitlines()
    assert lines[0] == "family,month,quantity"
    assert sum(float(line.split(",")[2]) for line in lines[1:]) == pytest.approx(page_of(cast.rep)["total"])


def test_a_replayed_cycle_is_marked(cast: Cast, as_: SignIn) -> None:
    past_cycle(OCT)
    text = text_of(as_(cast.rep).get("/forecast/"))
    assert "Company forecast October 2026 simulated Replayed 1 Oct 2026" in text


def test_live_stages_can_be_read_too(cast: Cast, as_: SignIn) -> None:
    in_entry(cast)
    page = page_of(cast.rep, cycle="2026-11", stage="sales")
    assert page["is_live"]
    assert page["total"] > 0
    assert "not finished yet" in text_of(as_(cast.rep).get("/forecast/?cycle=2026-11&stage=sales"))


def test_open_demand_is_what_supply_does_not_commit(cast: Cast) -> None:
    """The work centre carries nothing, so that all bikes stay open; as planned in the demand plan."""
    cycle = approved(cast)
    forecast_publish(cycle=cycle, at=APPROVED)
    page = page_of(cast.rep)
    demand = stage_plan(cycle, Stage.DEMAND_PLAN).quantity.sum(axis=0)
    forecast = stage_plan(cycle, Stage.COMPANY_FORECAST).quantity.sum(axis=0)
    assert page["open_demand"] is not None
    assert page["open_demand"][-1] == pytest.approx(max((demand - forecast).sum(), 0), abs=len(demand) * 11 / 2)
    assert page_of(cast.rep, measure="revenue")["open_demand"] is None


def test_margin_ends_at_the_family_for_sales(cast: Cast, published: Cycle, as_: SignIn) -> None:
    assert page_of(cast.rep, measure="margin")["total"] > 0
    client = as_(cast.rep, APPROVED)
    for query in ("level=product", "level=line", "level=rep", "level=family&customer=NORTH"):
        assert client.get(f"/forecast/?measure=margin&{query}").status_code == 403
    assert as_(cast.finance, APPROVED).get("/forecast/?measure=margin&level=product").status_code == 200


def test_switches_offer_no_margin_where_it_is_private(cast: Cast, published: Cycle) -> None:
    labels = [m["label"] for m in page_of(cast.rep, level="product")["switches"]["measures"]]
    assert labels == ["Quantity", "Revenue"]
    below = next(row for row in page_of(cast.rep, measure="margin")["rows"]).address
    assert "measure=revenue" in below


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("cycle=2026-13", 422),
        ("cycle=2019-01", 404),
        ("stage=guess", 422),
        ("level=galaxy", 422),
        ("measure=love", 422),
        ("family=NOTHING", 422),
    ],
)
def test_what_means_nothing_is_told_not_guessed(
    cast: Cast, published: Cycle, as_: SignIn, query: str, status: int
) -> None:
    assert as_(cast.rep, APPROVED).get(f"/forecast/?{query}").status_code == status


def test_long_lists_are_cut_and_say_so(
    cast: Cast, published: Cycle, as_: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kpis.selectors.forecast_page.ROWS", 3)
    page = page_of(cast.rep, level="line")
    assert (len(page["rows"]), page["hidden"]) == (3, 8)
    assert "8 more are in the CSV file" in text_of(as_(cast.rep, APPROVED).get("/forecast/?level=line"))


def test_everybody_reads_it_in_a_fixed_number_of_queries(
    cast: Cast, published: Cycle, as_: SignIn, django_assert_max_num_queries
) -> None:
    for person in cast.people.values():
        client = as_(person, APPROVED)
        with django_assert_max_num_queries(40):
            assert client.get("/forecast/?level=line").status_code == 200
