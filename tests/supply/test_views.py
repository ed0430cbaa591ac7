"""The supply pages over HTTP: who sees and does what, bad input, and how many queries they take."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from cycles.models import Cycle
from cycles.selectors import milestones_reached
from cycles.steps import Milestone
from demand.services.comments import operations_tell
from jobs.models import Message, MovedClock
from masterdata.models import Person, Product
from supply.inputs import Inputs
from supply.models import CapacityException, Gap, SupplyAnswer
from supply.services.planning import supply_answer_for_replay, supply_plan_build
from supply.services.scenarios import scenario_create
from tests.cast import Cast, small_company
from tests.supply.demand_plans import AT, cycle_opened, cycle_signed, demand_planned

pytestmark = pytest.mark.django_db
PEAK = {("ALPHA", 2): 40.0}
PAGES = ["/supply/", "/supply/families/", "/supply/family/BIKES/", "/supply/resource/WELD/", "/supply/news/"]
MOST_QUERIES = 45


@pytest.fixture
def cast() -> Cast:
    MovedClock.objects.create(at=AT)
    return small_company()


@pytest.fixture
def cycle(cast: Cast) -> Cycle:
    cycle = cycle_signed(peaks=PEAK)
    supply_plan_build(cycle=cycle, at=AT)
    return cycle


@pytest.fixture
def gap(cycle: Cycle) -> Gap:
    return Gap.objects.get(cycle=cycle)


def as_(person: Person) -> Client:
    client = Client()
    client.force_login(person.user)
    return client


def text(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


# --- First: it works --------------------------------------------------------------


@pytest.mark.parametrize("path", PAGES)
def test_everybody_reads_every_page(cast: Cast, cycle: Cycle, path: str) -> None:
    for who in ("sam", "oscar", "rita", "mona", "finn", "carla", "adam"):
        assert as_(cast.people[who]).get(path).status_code == 200, who


def test_the_review_shows_gap_options_and_families(cast: Cast, cycle: Cycle, gap: Gap) -> None:
    page = text(as_(cast.supply_planner).get("/supply/"))
    assert "Welding, Jan 27" in page
    assert "30 hours at Welding ship 15 units" in page
    assert "Send to pre-S&amp;OP" in page
    assert f'action="/supply/gap/{gap.pk}/choose/"' in page
    assert "Bikes" in page
    assert "style=" not in page


def test_choosing_says_before_and_after(cast: Cast, cycle: Cycle, gap: Gap) -> None:
    answer = as_(cast.supply_planner).post(f"/supply/gap/{gap.pk}/choose/", {"kind": "outsource"}, follow=True)
    page = text(answer)
    assert "Outsource for Welding, Jan 2027. Units late:" in page
    assert "0 now" in page
    assert "All 1 answered" in page


def test_a_gap_compares_its_options_and_sends_the_question_on(cast: Cast, cycle: Cycle, gap: Gap) -> None:
    client = as_(cast.supply_planner)
    page = text(client.get(f"/supply/gap/{gap.pk}/"))
    assert "Welding cannot carry January 2027" in page
    assert page.count('name="kind"') == 5
    client.post(f"/supply/gap/{gap.pk}/escalate/", {"note": "Ask the board."})
    gap.refresh_from_db()
    assert (gap.state, gap.note) == (Gap.State.ESCALATED, "Ask the board.")


def test_the_way_to_the_signature(cast: Cast, cycle: Cycle, gap: Gap) -> None:
    planner, head = as_(cast.supply_planner), as_(cast.coo)
    assert "Sign the supply plan" not in text(head.get("/supply/"))
    planner.post(f"/supply/gap/{gap.pk}/choose/", {"kind": "delay"})
    assert "Sign the supply plan" in text(head.get("/supply/"))
    page = text(head.post("/supply/sign/", {"note": "Go."}, follow=True))
    assert Milestone.SUPPLY_SIGNED in milestones_reached(cycle)
    assert "Signed by Oscar Operations" in page
    assert "Choose</button>" not in text(planner.get("/supply/"))


def test_all_recommended_options_and_a_choice_taken_back(cast: Cast) -> None:
    cycle = cycle_signed(peaks=PEAK | {("ALPHA", 8): 45.0})
    supply_plan_build(cycle=cycle, at=AT)
    client = as_(cast.supply_planner)
    page = text(client.post("/supply/recommended/", follow=True))
    assert "The recommended option is taken for every open gap." in page
    gap = Gap.objects.first()
    assert gap is not None
    client.post(f"/supply/gap/{gap.pk}/clear/")
    gap.refresh_from_db()
    assert (gap.chosen, gap.state) == ("", Gap.State.OPEN)


def test_taking_what_is_recommended_says_which_gaps_leave_more_late_than_was_accepted(cast: Cast) -> None:
    cycle = cycle_signed(peaks=PEAK | {("ALPHA", 8): 45.0})
    supply_plan_build(cycle=cycle, at=AT)
    client = as_(cast.supply_planner)
    assert "Take every recommended option" in text(client.get("/supply/"))
    for gap in Gap.objects.all():
        client.post(f"/supply/gap/{gap.pk}/choose/", {"kind": "delay"})
    for gap in Gap.objects.all():
        gap.options = [option | {"units_after": 0.0} for option in gap.options]
        gap.save()
    page = text(client.post("/supply/recommended/", follow=True))
    assert "2 gaps leave more late than the option said: accept that there" in page
    assert "Take every recommended option" not in page


def test_another_rule_makes_the_plan_again(cast: Cast, cycle: Cycle) -> None:
    page = text(as_(cast.supply_planner).post("/supply/build/", {"rule": "margin"}, follow=True))
    assert "Supply plan made again (revision 2)" in page
    assert 'value="margin" selected' in page


def test_what_sales_tells_operations_is_heard(cast: Cast, cycle: Cycle) -> None:
    operations_tell(cycle=cycle, by=cast.rep, text="North opens a second store in March.", at=AT)
    assert "North opens a second store in March." in text(as_(cast.supply_planner).get("/supply/"))


def test_returning_the_demand_plan_tells_the_leader_and_is_shown(cast: Cast, cycle: Cycle) -> None:
    client = as_(cast.coo)
    client.post("/supply/return/", {"reason": "January cannot be made."})
    told = Message.objects.filter(kind="supply_return")
    assert {mail.recipient for mail in told} == {cast.leader.user, cast.supply_planner.user}
    assert "Oscar Operations returned the demand plan" in text(as_(cast.rep).get("/supply/"))


def test_capacity_is_kept_with_its_reason_and_shown(cast: Cast, cycle: Cycle) -> None:
    client = as_(cast.supply_planner)
    given = {"month": "2026-12", "regular": "1,20", "overtime": "0", "reason": "Shutdown"}
    page = text(client.post("/supply/resource/WELD/capacity/", given | {"regular": "1 20"}, follow=True))
    assert "Welding has 120 + 0 in Dec 2026. The supply plan is made again with it." in page
    assert CapacityException.objects.get().regular == 120
    assert "Shutdown" in page


# --- Before there is a plan -------------------------------------------------------


def test_without_a_cycle_the_page_says_who_opens_one(cast: Cast) -> None:
    answer = as_(cast.supply_planner).get("/supply/")
    assert answer.status_code == 404
    assert "No cycle has been opened yet" in text(answer)


def test_before_the_demand_plan_it_says_what_it_waits_for(cast: Cast) -> None:
    cycle = cycle_opened()
    page = text(as_(cast.supply_planner).get("/supply/"))
    assert "The supply plan waits for the demand plan." in page
    assert "Data close" in page
    demand_planned(cycle, peaks=PEAK)
    page = text(as_(cast.supply_planner).get("/supply/"))
    assert "Preview on today&#x27;s numbers" in page or "Preview on today's numbers" in page
    assert "180%" in page
    assert as_(cast.supply_planner).get("/supply/families/").status_code == 404


def test_a_replayed_cycle_says_so_and_asks_for_nothing(cast: Cast) -> None:
    cycle = cycle_opened(month=date(2026, 9, 1), simulated=True)
    demand_planned(cycle, peaks=PEAK)
    supply_answer_for_replay(cycle=cycle, at=AT)
    cycle_opened()
    page = text(as_(cast.supply_planner).get("/supply/?cycle=2026-09"))
    assert "capacity only: stock unknown" in page
    assert "This cycle was replayed" in page
    assert "Gaps, by value" not in page
    assert "150%" in page  # 270 of 180 hours: overtime counts as available
    assert "Sign the supply plan" not in page


# --- News as a partial ------------------------------------------------------------


def test_news_is_a_partial_for_the_first_page(cast: Cast, cycle: Cycle) -> None:
    answer = as_(cast.rep).get("/supply/news/", headers={"HX-Request": "true"})
    page = text(answer)
    assert "<html" not in page
    assert "Alpha</a> for North Stores:" in page
    assert "of 40</b> confirmed in Jan, rest in" in page
    assert "/why/" in page


def test_news_when_nothing_is_short(cast: Cast) -> None:
    cycle = cycle_signed()
    supply_plan_build(cycle=cycle, at=AT)
    page = text(as_(cast.rep).get("/supply/news/", headers={"HX-Request": "true"}))
    assert "Everything your customers need is committed." in page


# --- Access and bad input ---------------------------------------------------------


@pytest.mark.parametrize("who", ["rita", "mona", "dora", "mark", "finn", "lena", "carla", "adam"])
def test_writing_is_for_operations(cast: Cast, cycle: Cycle, gap: Gap, who: str) -> None:
    client, before = as_(cast.people[who]), list(Gap.objects.values())
    for path, given in (
        (f"/supply/gap/{gap.pk}/choose/", {"kind": "overtime"}),
        (f"/supply/gap/{gap.pk}/clear/", {}),
        (f"/supply/gap/{gap.pk}/escalate/", {}),
        ("/supply/recommended/", {}),
        ("/supply/build/", {}),
        ("/supply/sign/", {}),
        ("/supply/return/", {"reason": "No."}),
        ("/supply/resource/WELD/capacity/", {"month": "2026-12", "regular": "1", "overtime": "1", "reason": "x"}),
    ):
        assert client.post(path, given).status_code == 403, path
    assert list(Gap.objects.values()) == before
    assert not CapacityException.objects.exists()
    assert not Message.objects.exists()


def test_nothing_is_done_by_opening_a_link(cast: Cast, cycle: Cycle, gap: Gap) -> None:
    client = as_(cast.supply_planner)
    for path in ("choose", "clear", "escalate"):
        assert client.get(f"/supply/gap/{gap.pk}/{path}/").status_code == 405
    for path in ("build", "sign", "return", "recommended"):
        assert client.get(f"/supply/{path}/").status_code == 405


def test_strangers_are_sent_to_sign_in(cast: Cast, cycle: Cycle) -> None:
    for path in PAGES:
        assert Client().get(path).status_code == 302


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"month": "2026-13"}, "is not a month"),
        ({"regular": "many"}, "is not a number"),
        ({"regular": ""}, "Regular capacity is empty"),
        ({"overtime": "-5"}, "has to be a number from 0"),
        ({"overtime": "nan"}, "is not a number"),
        ({"reason": " "}, "Say why this month differs"),
    ],
)
def test_bad_capacity_keeps_what_was_typed(cast: Cast, cycle: Cycle, given: dict[str, str], said: str) -> None:
    typed = {"month": "2026-12", "regular": "123", "overtime": "7", "reason": "Because"} | given
    answer = as_(cast.supply_planner).post("/supply/resource/WELD/capacity/", typed)
    assert answer.status_code == 422
    page = text(answer)
    assert said in page
    if "regular" not in given:
        assert 'value="123"' in page
    assert not CapacityException.objects.exists()


def test_bad_choices_are_refused_in_words(cast: Cast, cycle: Cycle, gap: Gap) -> None:
    client = as_(cast.supply_planner)
    assert client.post(f"/supply/gap/{gap.pk}/choose/", {"kind": "magic"}).status_code == 422
    assert client.post("/supply/build/", {"rule": "coin"}).status_code == 422
    assert client.post(f"/supply/gap/{gap.pk + 99}/choose/", {"kind": "delay"}).status_code == 404
    assert client.get("/supply/?cycle=2026-99").status_code == 422
    assert client.get("/supply/?cycle=2030-01").status_code == 404
    answer = client.post("/supply/return/", {"reason": "  "})
    assert answer.status_code == 422
    assert "Say in a few words what cannot be supplied" in text(answer)


def test_cost_and_margin_stay_with_those_who_may_see_them(cast: Cast, cycle: Cycle, gap: Gap) -> None:
    for path in ("/supply/", f"/supply/gap/{gap.pk}/"):
        assert "Extra cost" in text(as_(cast.finance).get(path))
        page = text(as_(cast.rep).get(path))
        assert "Extra cost" not in page
        assert "Margin" not in page


# --- Speed ------------------------------------------------------------------------


@pytest.mark.parametrize("path", PAGES)
def test_queries_do_not_grow_with_the_rows(
    cast: Cast, path: str, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    peaks = {("ALPHA", month): 45.0 for month in range(2, 20, 3)}
    cycle = cycle_signed(peaks=peaks)
    supply_plan_build(cycle=cycle, at=AT)
    assert Gap.objects.count() >= 5
    assert SupplyAnswer.objects.count() == 4
    client = as_(cast.supply_planner)
    with django_assert_max_num_queries(MOST_QUERIES):
        assert client.get(path).status_code == 200


def test_a_month_that_is_no_exception_keeps_the_standard(cast: Cast, cycle: Cycle) -> None:
    page = text(as_(cast.supply_planner).get("/supply/resource/WELD/?month=2026-12"))
    assert f'value="{date(2026, 12, 1):%Y-%m}" selected' in page


# --- Old data, empty lists and open gaps --------------------------------------------


def test_every_page_of_supply_says_how_old_its_data_are_and_who_keeps_them(cast: Cast, cycle: Cycle, gap: Gap) -> None:
    MovedClock.objects.update(at=AT + timedelta(days=40))
    client = as_(cast.supply_planner)
    scenario_create(cycle=cycle, name="Calm", changes=[], person=cast.supply_planner, at=AT)
    own = [f"/supply/gap/{gap.pk}/", "/supply/scenarios/", "/supply/plan-change/"]
    sheets = [f"/supply/inputs/{sheet}/" for sheet in Inputs]
    for path in [path for path in PAGES if "news" not in path] + own + sheets:
        page = text(client.get(path))
        assert "Stock is as of 31 Oct 2026," in page, path
        assert "It is kept by Sam Supply" in page, path


def test_stock_of_thirty_days_is_not_old(cast: Cast, cycle: Cycle) -> None:
    MovedClock.objects.update(at=datetime(2026, 11, 30, 9, tzinfo=UTC))
    assert "Stock is as of" not in text(as_(cast.supply_planner).get("/supply/"))
    MovedClock.objects.update(at=datetime(2026, 12, 1, 9, tzinfo=UTC))
    assert "Stock is as of 31 Oct 2026, 31 days ago." in text(as_(cast.supply_planner).get("/supply/"))


def test_no_gap_is_said_in_words(cast: Cast) -> None:
    cycle = cycle_signed()
    supply_plan_build(cycle=cycle, at=AT)
    page = text(as_(cast.supply_planner).get("/supply/"))
    assert "No gaps over 2 percent in 6 months, nor later in the horizon." in page


def test_gaps_after_half_a_year_are_said_to_come_later(cast: Cast) -> None:
    cycle = cycle_signed(peaks={("ALPHA", 8): 45.0})
    supply_plan_build(cycle=cycle, at=AT)
    page = text(as_(cast.supply_planner).get("/supply/"))
    assert Gap.objects.exists()
    assert "No gaps over 2 percent in 6 months; these come later." in page


def test_signing_is_refused_and_every_gap_is_named(cast: Cast) -> None:
    months = (1, 3, 5, 7, 9)
    cycle = cycle_signed(peaks={("ALPHA", month): 60.0 for month in months})
    supply_plan_build(cycle=cycle, at=AT)
    waiting = Gap.objects.filter(cycle=cycle).select_related("resource").order_by("month")
    assert waiting.count() >= len(months)
    answer = as_(cast.people["oscar"]).post("/supply/sign/", follow=True)
    for row in waiting:
        assert f"{row.resource.name} in {row.month:%b %Y}" in text(answer), row
    assert Milestone.SUPPLY_SIGNED not in milestones_reached(cycle)


def test_unit_costs_stand_on_no_page_of_figures(cast: Cast, cycle: Cycle) -> None:
    Product.objects.filter(code="ALPHA").update(unit_cost=317.31)
    for who in ("rita", "sam", "oscar", "finn"):
        for path in [f"/supply/inputs/{sheet}/" for sheet in Inputs] + ["/supply/plan-change/", "/supply/kept/"]:
            assert "317" not in text(as_(cast.people[who]).get(path)), (who, path)
