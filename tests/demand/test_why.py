"""Why this number: every stage of a cell, with who changed what and why."""

from datetime import date

import pytest

from cycles.models import Cycle
from demand.models import CycleLine, Event, Reason, Stage
from demand.selectors.why import Rung, Why, why
from demand.services.entries import CellEdit, cells_save
from jobs.errors import Refused
from masterdata.models import Person
from tests.cast import Cast, booked_quantity
from tests.stages import ENTRY, REVIEW, cycle_demand_signed, cycle_to_review

NOV = date(2026, 11, 1)
pytestmark = pytest.mark.django_db


def asked(cycle: Cycle, cast: Cast, reader: Person | None = None, month: date = NOV) -> Why:
    return why(cycle, cast.line("ALPHA", "NORTH").pk, month, reader or cast.rep)


def change(cycle: Cycle, cast: Cast, who: Person, stage: Stage, value: float, **more: str) -> None:
    edit = CellEdit(cast.line("ALPHA", "NORTH").pk, NOV, value, **more)
    cells_save(cycle=cycle, stage=stage, person=who, edits=[edit], at=ENTRY)


def rungs(found: Why) -> dict[Stage, tuple[float, float | None]]:
    return {rung.stage: (rung.value, rung.delta) for rung in found.rungs}


def test_the_ladder_goes_from_naive_to_where_the_cycle_stands(cast: Cast, cycle: Cycle) -> None:
    change(cycle, cast, cast.rep, Stage.SALES, 75.0, reason=Reason.CUSTOMER_TOLD, comment="called")
    change(cycle, cast, cast.manager, Stage.TEAM, 70.0, reason=Reason.OTHER, comment="too good")
    found = asked(cycle, cast)
    values = rungs(found)
    assert list(values) == [Stage.NAIVE, Stage.BASELINE, Stage.SALES, Stage.TEAM, Stage.EVENTS]
    baseline = values[Stage.BASELINE][0]
    assert values[Stage.SALES] == (75.0, pytest.approx(75.0 - baseline))
    assert values[Stage.TEAM] == (70.0, -5.0)
    assert values[Stage.EVENTS] == (70.0, 0.0)
    sales, team = (next(rung for rung in found.rungs if rung.stage == stage) for stage in (Stage.SALES, Stage.TEAM))
    assert [(c.by, c.after, c.comment) for c in sales.changes] == [(cast.rep, 75.0, "called")]
    assert [(c.by, c.after, c.comment) for c in team.changes] == [(cast.manager, 70.0, "too good")]


def test_the_baseline_tells_its_method_and_how_wrong_it_was(cast: Cast, cycle: Cycle) -> None:
    baseline = next(rung for rung in asked(cycle, cast).rungs if rung.stage == Stage.BASELINE)
    assert baseline.facts[0].startswith("Method: ")
    assert "of what was sold" in baseline.facts[0]


def test_the_owner_reads_your_number_and_others_read_whose(cast: Cast, cycle: Cycle) -> None:
    assert "Your number" in [rung.label for rung in asked(cycle, cast).rungs]
    assert "Number of Rita Rep" in [rung.label for rung in asked(cycle, cast, cast.finance).rungs]


def fair(cast: Cast, **more: object) -> None:
    facts = {"from_month": NOV, "to_month": NOV, "uplift_pct": 50, "entered_on": date(2026, 10, 1)}
    named = {"code": "EV-1", "name": "Winter fair", "kind": "promotion", "family": cast.families["BIKES"]}
    Event.objects.create(**named | facts | more)


def events_rung(cycle: Cycle, cast: Cast, month: date = NOV) -> Rung:
    return next(rung for rung in asked(cycle, cast, month=month).rungs if rung.stage == Stage.EVENTS)


def test_an_event_is_named_with_what_it_adds(cast: Cast, cycle: Cycle) -> None:
    fair(cast)
    change(cycle, cast, cast.rep, Stage.SALES, 80.0)
    events = events_rung(cycle, cast)
    assert (events.value, events.delta, events.facts) == (120.0, 40.0, ["Winter fair: +40.0"])


def test_the_shape_of_an_event_is_said_with_what_it_adds(cast: Cast, cycle: Cycle) -> None:
    fair(cast, shape="front", to_month=date(2026, 12, 1))
    change(cycle, cast, cast.rep, Stage.SALES, 80.0)
    assert events_rung(cycle, cast).facts == ["Winter fair: +60.0 (most at first: this month gets 150 % of its uplift)"]
    Event.objects.update(shape="dip", to_month=NOV)
    assert events_rung(cycle, cast).facts == ["Winter fair: +40.0 (a dip follows in Dec 2026)"]
    [dip] = events_rung(cycle, cast, date(2026, 12, 1)).facts
    assert dip.startswith("Winter fair: -")
    assert dip.endswith("(the dip after it, customers bought ahead)")


def test_after_entry_the_proposal_and_then_the_demand_plan_are_rungs(cast: Cast, cycle: Cycle) -> None:
    change(cycle, cast, cast.rep, Stage.SALES, 75.0)
    cycle_to_review(cycle)
    edit = CellEdit(cast.line("ALPHA", "NORTH").pk, NOV, 33.0, comment="agreed in the review")
    cells_save(cycle=cycle, stage=Stage.DEMAND_PLAN, person=cast.demand_planner, edits=[edit], at=REVIEW)
    rung = asked(cycle, cast).final
    assert (rung.stage, rung.value, rung.changes[0].comment) == (Stage.DEMAND_PLAN, 33.0, "agreed in the review")
    assert any("rule" in fact for fact in rung.facts)
    before = rungs(asked(cycle, cast))
    cycle_demand_signed(cast, cycle)
    assert rungs(asked(cycle, cast)) == before


def test_what_was_sold_in_the_same_month_stands_beside_it(cast: Cast, cycle: Cycle) -> None:
    expected = [(date(year, 11, 1), booked_quantity("ALPHA", "NORTH", date(year, 11, 1))) for year in (2024, 2025)]
    assert asked(cycle, cast).same_month == expected


def test_queries_do_not_depend_on_what_is_said(cast: Cast, cycle: Cycle, django_assert_max_num_queries: object) -> None:
    change(cycle, cast, cast.rep, Stage.SALES, 75.0)
    with django_assert_max_num_queries(13):
        asked(cycle, cast)


@pytest.mark.parametrize("month", [date(2026, 10, 1), date(2028, 11, 1)])
def test_a_month_outside_the_horizon_is_not_there(cast: Cast, cycle: Cycle, month: date) -> None:
    with pytest.raises(Refused, match="is not one of the 24 months"):
        asked(cycle, cast, month=month)


def test_an_unknown_line_is_not_there(cast: Cast, cycle: Cycle) -> None:
    with pytest.raises(Refused, match="no such line"):
        why(cycle, 999_999, NOV, cast.rep)


def test_the_baseline_tells_its_range_and_what_it_did_not_take_as_it_came(cast: Cast, cycle: Cycle) -> None:
    row = CycleLine.objects.filter(cycle=cycle, line=cast.line("ALPHA", "NORTH"))
    treated = [
        {"month": f"2026-0{month}", "was": 900.0, "taken": 50.0, "why": "far above the usual"} for month in range(1, 9)
    ]
    row.update(treated=treated)
    facts = next(rung for rung in asked(cycle, cast).rungs if rung.stage == Stage.BASELINE).facts
    assert facts[1].startswith("Half of such forecasts land between ")
    assert "95 % between" in facts[1]
    assert facts[2] == "Mar 2026 came as 900 and was taken as 50: far above the usual."
    assert facts[-1] == "So were 2 earlier months."
