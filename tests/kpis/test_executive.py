"""The executive page: whose plan it shows, what it says, what it leaves out, and what to decide."""

from datetime import date

import numpy as np
import pytest
from django.db import connection
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext

from cycles.models import Cycle
from cycles.periods import month_range
from demand.models import Booking, Budget, Stage
from demand.selectors.versions import stage_plan, version_current
from jobs.errors import Invalid
from kpis.selectors.executive import executive_page
from kpis.selectors.plan_totals import plan_totals
from kpis.services.snapshots import accuracy_take
from masterdata.models import Person
from meetings.models import Decision, RiskOpportunity
from meetings.services.publishing import forecast_publish
from supply.models import Inventory
from tests.cast import Cast
from tests.kpis.conftest import SignIn, text_of
from tests.kpis.past import past_cycle
from tests.meetings.journey import APPROVED, FROZEN, approved, frozen, started

AUG, SEP, OCT, NOV = (date(2026, month, 1) for month in (8, 9, 10, 11))


def page_of(person: Person, measure: str = "revenue", at=FROZEN) -> dict:
    return executive_page(person, at=at, today=at.date(), measure=measure)


def ask(cycle: Cycle, cast: Cast, code: str, revenue: float, decide_by: date = date(2026, 11, 19)) -> Decision:
    decision = Decision.objects.create(
        code=code,
        cycle=cycle,
        forum="executive_sop",
        question=f"Shall we do {code}?",
        recommendation="do",
        decider=cast.ceo,
        decide_by=decide_by,
        raised_by=cast.leader,
        raised_at=FROZEN,
    )
    decision.options.create(key="do", label="Saturday shifts", revenue=revenue, margin=1234, cost=4321)
    decision.options.create(key="nothing", label="Do nothing", do_nothing=True)
    return decision


def risk(cycle: Cycle, cast: Cast, kind: str, value: float, probability: float) -> None:
    RiskOpportunity.objects.create(
        cycle=cycle,
        kind=kind,
        text=f"A {kind} of {value:.0f}",
        value=value,
        probability=probability,
        month=NOV,
        owner=cast.manager,
        at=FROZEN,
    )


# --- Whose plan -----------------------------------------------------------------------------


def test_before_anything_it_says_that_nothing_is_approved(cast: Cast) -> None:
    page = page_of(cast.ceo)
    assert page["message"].startswith("No plan has been approved yet.")
    assert (page["plan"], page["chart"], page["families"], page["health"]) == (None, None, [], None)
    assert page["missing"] == ["No company forecast has been published and no pack is frozen."]


def test_before_the_first_pack_the_last_approved_plan_with_its_date(cast: Cast, as_: SignIn) -> None:
    past_cycle(OCT)
    started(cast)
    page = page_of(cast.ceo)
    assert page["message"].startswith("No pack yet: the plan of October 2026 (simulated) is in force. FY2026 is")
    assert (page["plan"].cycle.code, page["plan"].is_pack) == ("2026-10", False)
    text = text_of(as_(cast.ceo).get("/executive/"))
    assert "Company forecast Oct 2026, simulated replayed 1 Oct 2026" in text
    assert "They come with the pack" in text


def test_the_frozen_pack_is_shown_with_its_number_and_time(cast: Cast, as_: SignIn) -> None:
    cycle = frozen(cast)
    page = page_of(cast.ceo)
    assert (page["plan"].cycle, page["plan"].is_pack, page["plan"].number) == (cycle, True, 1)
    assert not page["message"].startswith("No pack yet")
    assert "Nov cycle, pack 1 , frozen Wed 18 Nov" in text_of(as_(cast.ceo, FROZEN).get("/executive/"))


def test_once_published_the_company_forecast_is_shown(cast: Cast) -> None:
    cycle = approved(cast)
    forecast_publish(cycle=cycle, at=APPROVED)
    page = page_of(cast.ceo, at=APPROVED)
    assert (page["plan"].is_pack, page["plan"].number, page["plan"].cycle) == (False, 1, cycle)
    assert page["message"].startswith("FY2026 is")


# --- The numbers ----------------------------------------------------------------------------


def test_totals_by_family_equal_the_version(cast: Cast) -> None:
    cycle = past_cycle(OCT)
    totals = plan_totals(version_current(cycle, Stage.COMPANY_FORECAST))
    plan = stage_plan(cycle, Stage.COMPANY_FORECAST)
    frame = cycle.lines.order_by("line_id").values_list("family__code", "price", "unit_cost")
    family, price, cost = (np.array(column) for column in zip(*frame, strict=True))
    assert [code for code, _ in totals.families] == ["BIKES", "PARTS"]
    for i, (code, _) in enumerate(totals.families):
        rows = family == code
        assert totals.units[i] == pytest.approx(plan.quantity[rows].sum(axis=0))
        assert totals.revenue[i] == pytest.approx((plan.quantity * price[:, None])[rows].sum(axis=0))
        assert totals.margin[i] == pytest.approx((plan.quantity * (price - cost)[:, None])[rows].sum(axis=0))


def test_the_chart_has_six_closed_months_as_booked_and_twelve_as_planned(cast: Cast) -> None:
    cycle = past_cycle(OCT)
    chart = page_of(cast.ceo)["chart"]
    assert (chart["months"][0], chart["months"][-1]) == (date(2026, 5, 1), date(2027, 10, 1))
    assert chart["forecast"] == [False] * 6 + [True] * 12
    booked = Booking.objects.filter(month=SEP).aggregate(total=Sum("revenue"))["total"]
    assert chart["values"][4] == pytest.approx(booked / 1e6)
    ahead = plan_totals(version_current(cycle, Stage.COMPANY_FORECAST)).revenue.sum(axis=0)
    assert chart["values"][6:] == pytest.approx((ahead[1:13] / 1e6).tolist())
    assert chart["plan"] == pytest.approx([0.06] * 18)
    assert chart["previous_year"][6:] == pytest.approx(
        [booked_in(month) for month in month_range(date(2025, 11, 1), 12)]
    )


def booked_in(month: date) -> float:
    return (Booking.objects.filter(month=month).aggregate(total=Sum("revenue"))["total"] or 0.0) / 1e6


def test_volume_is_compared_with_last_year(cast: Cast) -> None:
    cycle = past_cycle(OCT)
    chart = page_of(cast.ceo, "quantity")["chart"]
    units = stage_plan(cycle, Stage.COMPANY_FORECAST).quantity.sum(axis=0)
    assert chart["values"][6:] == pytest.approx((units[1:13] / 1e3).tolist())
    assert (chart["reference"], chart["measure"], chart["unit"]) == ("PY", "Volume", "k units")
    assert chart["previous_year"] is None


def test_another_measure_is_refused(cast: Cast) -> None:
    with pytest.raises(Invalid, match="revenue or quantity"):
        page_of(cast.ceo, "margin")


def test_the_year_is_booked_plus_planned_against_the_budget(cast: Cast) -> None:
    cycle = past_cycle(OCT)
    year = page_of(cast.ceo)["years"][0]
    booked = Booking.objects.filter(month__year=2026).aggregate(total=Sum("revenue"))["total"]
    ahead = plan_totals(version_current(cycle, Stage.COMPANY_FORECAST)).revenue.sum(axis=0)[1:3].sum()
    assert (year.name, year.months_open, year.budget) == ("FY2026", 2, 720_000)
    assert year.forecast == pytest.approx(booked + ahead)
    assert year.share == pytest.approx((booked + ahead) / 720_000 - 1)


def test_the_bridge_goes_from_the_gap_to_what_remains(cast: Cast) -> None:
    cycle = frozen(cast)
    ask(cycle, cast, "D-1", 20_000)
    risk(cycle, cast, "opportunity", 100_000, 0.3)
    risk(cycle, cast, "risk", 50_000, 0.5)
    page = page_of(cast.ceo)
    steps = {step["label"]: step["value"] * 1e6 for step in page["bridge"]["steps"]}
    gap = page["years"][0].gap
    assert steps["Gap to budget today"] == pytest.approx(gap)
    assert (steps["Opportunities, weighted"], steps["Risks, weighted"]) == pytest.approx((30_000, -25_000))
    assert steps["Gap that remains"] == pytest.approx(gap + 30_000 - 25_000 + 20_000)
    assert page["range"]["low"] == pytest.approx(page["years"][0].forecast - 50_000)
    assert page["range"]["high"] == pytest.approx(page["years"][0].forecast + 100_000)


def test_families_show_demand_load_service_and_stock(cast: Cast) -> None:
    frozen(cast)
    rows = {row.code: row for row in page_of(cast.ceo)["families"]}
    bikes, parts = rows["BIKES"], rows["PARTS"]
    before = Booking.objects.filter(product__family__code="BIKES", month__gte=date(2025, 11, 1))
    assert bikes.change == pytest.approx(bikes.ahead / before.aggregate(total=Sum("revenue"))["total"] - 1)
    assert 0 < bikes.supply.used < 1
    assert (bikes.supply.resource, parts.supply.used) == ("Welding", None)
    assert bikes.supply.in_time == pytest.approx(1)
    assert bikes.supply.days is not None


def test_the_families_beyond_the_largest_stand_in_one_row(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kpis.selectors.executive.FAMILIES", 1)
    past_cycle(OCT)
    first, others = page_of(cast.ceo)["families"]
    assert (first.code, others.name, others.others) == ("BIKES", "1 others", 1)
    total = plan_totals(version_current(Cycle.objects.get(), Stage.COMPANY_FORECAST)).revenue[:, 1:13].sum()
    assert first.ahead + others.ahead == pytest.approx(total)


def test_bias_and_stair_come_from_what_was_measured(cast: Cast) -> None:
    assert page_of(cast.ceo)["bias"] is None
    for month in (AUG, SEP, OCT):
        accuracy_take(cycle=past_cycle(month))
    page = page_of(cast.ceo)
    assert page["bias"]["months"] == [SEP, OCT]
    assert [stage["label"] for stage in page["stair"]["stages"]] == [
        "Seasonal naive",
        "Baseline",
        "Sales number",
        "Demand plan",
    ]
    assert page["accuracy_simulated"]


# --- Decisions, rights, what is missing --------------------------------------------------------


def test_decisions_stand_first_and_the_decider_decides_in_place(cast: Cast, as_: SignIn) -> None:
    cycle = frozen(cast)
    for i in range(5):
        ask(cycle, cast, f"D-{i}", 1000 * i, date(2026, 11, 10 + i))
    page = page_of(cast.ceo)
    assert [view.row.code for view in page["decisions"]] == ["D-0", "D-1", "D-2"]
    assert page["more_decisions"] == 2
    body = as_(cast.ceo, FROZEN).get("/executive/").content.decode()
    assert 'action="/meetings/decisions/D-0/decide/"' in body
    assert "decide/" not in as_(cast.rep, FROZEN).get("/executive/").content.decode()


def test_the_message_names_the_decision_that_helps_most(cast: Cast) -> None:
    cycle = frozen(cast)
    Budget.objects.update(revenue=60_000)
    ask(cycle, cast, "D-1", 5_000)
    assert "Saturday shifts adds EUR 5 k;" in page_of(cast.ceo)["message"]


def test_cost_of_an_option_is_for_those_who_may_see_it(cast: Cast, as_: SignIn) -> None:
    cycle = frozen(cast)
    ask(cycle, cast, "D-1", 1000)
    assert "costs 4.32k" in text_of(as_(cast.ceo, FROZEN).get("/executive/"))
    rep = text_of(as_(cast.rep, FROZEN).get("/executive/"))
    assert "4.32k" not in rep
    assert "Saturday shifts" in rep


def test_without_a_budget_the_others_stand(cast: Cast, as_: SignIn) -> None:
    past_cycle(OCT)
    Budget.objects.all().delete()
    page = page_of(cast.ceo)
    assert (page["bridge"], page["years"][0].budget) == (None, None)
    assert "without a budget to compare with" in page["message"]
    text = text_of(as_(cast.ceo).get("/executive/"))
    assert "There is no whole budget for FY2026" in text
    assert "Families, next twelve months" in text


def test_bookings_that_have_not_come_in_are_said_with_their_month(cast: Cast) -> None:
    past_cycle(OCT)
    cast.company.last_closed_month = SEP
    cast.company.save()
    started(cast)
    assert page_of(cast.ceo)["missing"] == [
        "Bookings of October 2026 have not come in; actuals end with September 2026."
    ]


def test_unknown_stock_is_said(cast: Cast, as_: SignIn) -> None:
    Inventory.objects.all().delete()
    frozen(cast)
    assert page_of(cast.ceo)["supply"].stock_value is None
    assert "Stock is not known" in text_of(as_(cast.ceo, FROZEN).get("/executive/"))


def test_the_cycle_in_counts(cast: Cast) -> None:
    cycle = frozen(cast)
    ask(cycle, cast, "D-1", 0, date(2026, 11, 1))
    seen = page_of(cast.ceo)["health"]
    assert (seen.expected, seen.answered) == (2, 0)
    assert seen.accepted + seen.missing == 2
    assert (seen.decisions_open, seen.decisions_overdue, seen.actions_open) == (1, 1, 0)
    assert 0 < seen.steps_on_time <= seen.steps_due


def test_everybody_reads_the_page(cast: Cast, as_: SignIn) -> None:
    frozen(cast)
    for person in cast.people.values():
        assert as_(person, FROZEN).get("/executive/").status_code == 200


def test_rows_cost_no_queries_and_the_page_is_small(cast: Cast, as_: SignIn) -> None:
    cycle = frozen(cast)
    sizes = []
    for i in (0, 1, 2, 3):
        ask(cycle, cast, f"D-{i}", 1000)
        risk(cycle, cast, "risk", 1000, 0.5)
        client = as_(cast.ceo, FROZEN)
        with CaptureQueriesContext(connection) as asked:
            answer = client.get("/executive/")
        sizes.append(len(asked))
    assert len(set(sizes[1:])) == 1, sizes
    assert len(answer.content) < 120_000


def test_a_stranger_is_sent_to_sign_in(client, cast: Cast) -> None:
    assert client.get("/executive/").status_code == 302
