"""The shared dashboard: service first, the same for everybody, with what is missing said."""

from datetime import date, datetime, timedelta

import pytest

from cycles.models import Contribution, Cycle, How
from cycles.steps import Step
from kpis.measures.words import Family
from kpis.selectors.dashboard import dashboard
from kpis.selectors.process import barriers, health, participation_by_cycle, process_measures
from kpis.services.snapshots import accuracy_take, measures_take
from masterdata.models import Person
from meetings.models import Action
from tests.cast import Cast
from tests.kpis.conftest import SignIn, text_of
from tests.kpis.past import moment, past_cycle, times_of
from tests.meetings.journey import ENTRY, ENTRY_CLOSED, OPENED, in_entry, started

SEP, OCT = date(2026, 9, 1), date(2026, 10, 1)


@pytest.fixture
def measured(cast: Cast) -> Cast:
    measures_take(months=[date(2025, 10, 1)], at=OPENED)
    measures_take(months=[SEP, OCT], at=OPENED)
    return cast


def shown(code: str) -> object:
    page = dashboard(at=OPENED)
    return next(row for block in page["families"] for row in block.shown if row.measure.code == code)


def test_the_six_families_stand_in_their_order_service_first(measured: Cast) -> None:
    blocks = dashboard(at=OPENED)["families"]
    assert [block.family for block in blocks] == list(Family)
    assert blocks[0].family == Family.SERVICE


def test_a_measure_comes_with_last_month_last_year_and_its_trend(measured: Cast) -> None:
    row = shown("revenue")
    assert row.trend[-1] == row.value
    assert len(row.trend) == 13
    assert row.trend.count(None) == 10
    assert row.change == pytest.approx(row.trend[-1] - row.trend[-2])
    assert row.year_change == pytest.approx(row.trend[-1] - row.trend[0])
    assert row.n == 11


def test_per_cent_is_shown_as_per_cent(measured: Cast) -> None:
    share, margin, revenue = (shown(code).value for code in ("margin_share", "margin", "revenue"))
    assert share == pytest.approx(margin / revenue * 100)


def test_what_has_no_input_is_named(measured: Cast, as_: SignIn) -> None:
    blocks = {block.family: block for block in dashboard(at=OPENED)["families"]}
    assert "OTIF to request" in blocks[Family.SERVICE].absent
    assert blocks[Family.TIME].shown == []
    text = text_of(as_(measured.rep).get("/dashboard/"))
    assert "No input for: OTIF to request" in text
    assert "there is no input for this family of measures yet" in text


def test_the_formula_and_the_age_stand_beside_the_number(measured: Cast, as_: SignIn) -> None:
    text = text_of(as_(measured.rep).get("/dashboard/"))
    assert "October 2026, the same for everybody" in text
    assert "Actuals to the end of October 2026, measured 2 Nov 2026" in text
    assert "revenue − Σ quantity × unit cost" in text


def test_everybody_gets_the_same_page(measured: Cast, as_: SignIn) -> None:
    texts = {
        text_of(as_(person).get("/dashboard/")).split("same for everybody")[1].split("Details")[0]
        for person in (measured.rep, measured.supply_planner, measured.ceo, measured.marketing)
    }
    assert len(texts) == 1


def test_only_invented_figures_of_a_demonstration_are_marked(measured: Cast) -> None:
    assert not shown("holding_cost").simulated
    measured.company.is_demonstration = True
    measured.company.save()
    assert shown("holding_cost").simulated
    assert shown("gap_to_budget").simulated
    assert not shown("revenue").simulated


def test_a_month_still_to_measure_or_missing_is_said(cast: Cast) -> None:
    assert "being measured" in dashboard(at=OPENED)["late"]
    measures_take(months=[OCT], at=OPENED)
    assert dashboard(at=OPENED)["late"] == ""
    started(cast)
    cast.company.last_closed_month = SEP
    cast.company.save()
    assert dashboard(at=OPENED)["late"] == "October 2026 has not closed: its bookings are missing."
    cast.company.last_closed_month = None
    cast.company.save()
    assert dashboard(at=OPENED)["late"].startswith("No month has closed yet")


def test_before_anything_was_measured_the_page_says_so(cast: Cast, as_: SignIn) -> None:
    assert "No month has been measured yet." in text_of(as_(cast.rep).get("/dashboard/"))


def test_queries_do_not_grow_with_measures(measured: Cast, as_: SignIn, django_assert_max_num_queries) -> None:
    accuracy_take(cycle=past_cycle(SEP))
    client = as_(measured.rep)
    with django_assert_max_num_queries(40):
        assert client.get("/dashboard/").status_code == 200


# --- The process ----------------------------------------------------------------------------


def answered(cycle: Cycle, person: Person, how: How, at: datetime | None = None, **more: object) -> None:
    keys = {"cycle": cycle, "step": Step.SALES_FORECAST.value, "person": person.user}
    Contribution.objects.update_or_create(**keys, defaults={"how": how, "answered_at": at, **more})


def test_health_counts_who_is_in_and_what_is_late(cast: Cast) -> None:
    cycle = in_entry(cast)
    answered(cycle, cast.rep, How.CHANGED, ENTRY, value=300)
    answered(cycle, cast.other_rep, How.AUTO, None, value=100)
    day = ENTRY_CLOSED.date()
    for code, due in (("A-1", day - timedelta(days=1)), ("A-2", day)):
        Action.objects.create(
            code=code, cycle=cycle, text="x", owner=cast.rep, due_on=due, raised_by=cast.leader, raised_at=ENTRY
        )
    seen = health(cycle, at=ENTRY_CLOSED + timedelta(days=1), today=day)
    assert (seen.expected, seen.answered, seen.accepted, seen.missing) == (2, 1, 1, 0)
    assert seen.value_share == pytest.approx(0.75)
    assert (seen.actions_open, seen.actions_overdue) == (2, 1)
    assert seen.late_step is not None
    assert seen.steps_on_time < seen.steps_due


def test_process_measures_over_cycles(cast: Cast) -> None:
    cycle = past_cycle(OCT, {}, simulated=False)
    deadline = times_of(OCT)[Step.SALES_FORECAST][1]
    answered(cycle, cast.rep, How.ALL_FINE, deadline - timedelta(hours=1), active_seconds=90.0)
    answered(cycle, cast.other_rep, How.CHANGED, deadline + timedelta(hours=1), active_seconds=30.0)
    found = {row.measure.code: row.value for row in process_measures(cycle, at=moment(OCT) + timedelta(days=20))}
    assert found["participation"] == 50
    assert found["time_to_submit"] is None
    assert found["cycle_adherence"] == 0
    assert found["attendance"] is None


def test_the_time_to_submit_is_told_from_five_people_on(cast: Cast) -> None:
    """Of two people each could reckon the other's time from the median."""
    cycle = past_cycle(OCT, {}, simulated=False)
    people = [cast.rep, cast.other_rep, cast.manager, cast.marketing, cast.finance]
    for count, person in enumerate(people, start=1):
        answered(cycle, person, How.CHANGED, moment(OCT), active_seconds=30.0 * count)
        found = {row.measure.code: row for row in process_measures(cycle, at=moment(OCT) + timedelta(days=20))}
        assert found["time_to_submit"].measured.n == count
        assert found["time_to_submit"].value == (90 if count == 5 else None)


def test_a_replayed_cycle_has_no_steps_to_be_late_with(cast: Cast) -> None:
    cycle = past_cycle(OCT, {})
    found = {row.measure.code: row.value for row in process_measures(cycle, at=moment(OCT) + timedelta(days=20))}
    assert found["cycle_adherence"] is None


def test_participation_by_cycle_newest_first(cast: Cast) -> None:
    for month in (SEP, OCT):
        cycle = past_cycle(month, {})
        answered(cycle, cast.rep, How.CHANGED, moment(month))
        answered(cycle, cast.other_rep, How.AUTO if month == OCT else How.ABSENT)
    rows = participation_by_cycle(Cycle.objects.get(month=OCT))
    assert [row["cycle"].month for row in rows] == [OCT, SEP]
    assert [(row["answered"], row["auto"], row["absent"]) for row in rows] == [(1, 1, 0), (1, 0, 1)]
    assert rows[0]["share"] == 0.5


def test_barriers_are_told_by_department_not_by_name(cast: Cast, as_: SignIn) -> None:
    cycle = past_cycle(OCT, {})
    answered(cycle, cast.rep, How.ABSENT, barrier="no_time")
    answered(cycle, cast.other_rep, How.AUTO)
    found = {(barrier.department, barrier.reason): barrier.people for barrier in barriers(cycle)}
    assert found == {("Sales", "no time"): 1, ("Sales", "not said"): 1}
