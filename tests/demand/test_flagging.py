"""Flags of a real cycle: what the rules are told, and one statement that marks every line."""

from datetime import date

import numpy as np
import pytest

from cycles.models import Cycle
from demand.matrices import Plan
from demand.models import CycleLine, Event, Opportunity, OrderLine, Stage
from demand.rhythm import order_rhythm
from demand.selectors.flagging import flag_frame
from demand.selectors.versions import stage_plan
from demand.services.flagging import flags_set
from demand.services.versions import version_store
from tests.cast import LAST_CLOSED, Cast, booked_quantity
from tests.stages import OPENED

NOV, DEC = date(2026, 11, 1), date(2026, 12, 1)


def order(cast: Cast, code: str, **more: object) -> OrderLine:
    fields = {
        "customer": cast.customers["NORTH"],
        "product": cast.products["ALPHA"],
        "qty": 15,
        "ordered_on": date(2026, 10, 5),
        "promised_on": date(2026, 11, 9),
    }
    return OrderLine.objects.create(code=code, **fields | more)


def event(cast: Cast, **more: object) -> Event:
    fields = {"code": "EV", "name": "Winter sale", "kind": "promotion", "family": cast.families["PARTS"]}
    months = {"from_month": NOV, "to_month": NOV, "uplift_pct": 90, "entered_on": OPENED.date()}
    return Event.objects.create(**fields | months | more)


def october(cycle: Cycle, cast: Cast, **factors: float) -> None:
    """The cycle before, its stages the baseline times a factor."""
    before = Cycle.objects.create(month=LAST_CLOSED, horizon=24, opened_at=OPENED, simulated=True)
    plan = stage_plan(cycle, Stage.BASELINE)
    for stage, factor in factors.items():
        earlier = Plan(plan.lines, before.month, plan.quantity * factor)
        version_store(cycle=before, stage=Stage(stage), plan=earlier, at=OPENED)


def flags(cycle: Cycle) -> dict[int, list[dict]]:
    flags_set(cycle=cycle)
    return dict(CycleLine.objects.filter(cycle=cycle).exclude(flags=[]).values_list("line_id", "flags"))


@pytest.mark.django_db
def test_open_orders_and_quotes_in_the_lead_time_and_pushes(cast: Cast, cycle: Cycle) -> None:
    order(cast, "SOON")
    order(cast, "PUSHED", qty=4, pushes=3, promised_on=date(2027, 5, 1))
    order(cast, "SHIPPED", qty=100, shipped_on=date(2026, 10, 20))
    fields = {"customer": cast.customers["NORTH"], "product": cast.products["ALPHA"], "expected_month": NOV}
    Opportunity.objects.create(code="Q", qty=7, value=1, **fields)
    row = flag_frame(cycle).loc[cast.line("ALPHA", "NORTH").pk]
    assert (row["due_qty"], row["pushes"], row["pushed_qty"]) == (22, 3, 4)
    quiet = flag_frame(cycle).loc[cast.line("BETA", "NORTH").pk]
    assert (quiet["due_qty"], quiet["pushes"]) == (0, 0)


@pytest.mark.django_db
def test_the_last_cycle_the_last_month_and_the_past(cast: Cast, cycle: Cycle) -> None:
    october(cycle, cast, team=2.0, demand_plan=2.0, supply_plan=1.5)
    line = cast.line("ALPHA", "NORTH").pk
    base = stage_plan(cycle, Stage.BASELINE, np.array([line])).quantity[0]
    row = flag_frame(cycle).loc[line]
    assert row["rep"] == "rita"
    assert row["baseline"] == pytest.approx(base[:3].sum())
    assert row["last_number"] == pytest.approx(2 * base[1:4].sum())
    assert row["last_forecast"] == pytest.approx(2 * base[0])
    assert row["short_qty"] == pytest.approx(0.5 * base[1:4].sum())
    assert row["last_actual"] == booked_quantity("ALPHA", "NORTH", LAST_CLOSED)
    assert row["months_known"] == 24


@pytest.mark.django_db
def test_without_a_cycle_before_there_is_nothing_to_compare(cast: Cast, cycle: Cycle) -> None:
    frame = flag_frame(cycle)
    assert frame[["last_number", "last_forecast"]].isna().all(axis=None)
    assert (frame["short_qty"] == 0).all()


@pytest.mark.django_db
def test_an_event_counts_with_what_it_adds(cast: Cast, cycle: Cycle) -> None:
    event(cast)
    frame = flag_frame(cycle)
    line = cast.line("GAMMA", "NORTH").pk
    base = stage_plan(cycle, Stage.BASELINE, np.array([line])).quantity[0, 0]
    assert frame.loc[line, "promotion_qty"] == pytest.approx(0.9 * base)
    assert frame.loc[line, "promotion"] == "Winter sale"
    other = frame.loc[cast.line("ALPHA", "NORTH").pk]
    assert (other["promotion_qty"], other["promotion"]) == (0, "")


@pytest.mark.django_db
def test_several_events_are_named_by_the_largest(cast: Cast, cycle: Cycle) -> None:
    event(cast)
    event(cast, code="EV2", name="Dealer week", uplift_pct=120)
    event(cast, code="EV3", name="Far away", from_month=date(2027, 5, 1), to_month=date(2027, 5, 1))
    assert flag_frame(cycle).loc[cast.line("GAMMA", "NORTH").pk, "promotion"] == "Dealer week and 1 more"


@pytest.mark.django_db
def test_each_flagged_line_says_why_and_what_is_at_stake(cast: Cast, cycle: Cycle) -> None:
    order(cast, "PUSHED", pushes=2)
    event(cast)
    found = flags(cycle)
    [flag] = found[cast.line("ALPHA", "NORTH").pk]
    assert (flag["code"], flag["value"], flag["rank"]) == ("pushed", 15 * 500, 1)
    assert flag["why"] == "Orders for 15 units were put off 2 times."
    assert isinstance(flag["also"], list)
    assert flag["why"] not in flag["also"]
    [told] = found[cast.line("GAMMA", "NORTH").pk]
    assert told["code"] == "promotion"
    assert told["why"].startswith("Winter sale should move ")


@pytest.mark.django_db
def test_flagging_again_takes_old_flags_away(cast: Cast, cycle: Cycle) -> None:
    pushed = order(cast, "PUSHED", pushes=2)
    assert cast.line("ALPHA", "NORTH").pk in flags(cycle)
    pushed.delete()
    assert cast.line("ALPHA", "NORTH").pk not in flags(cycle)


@pytest.mark.django_db
def test_one_statement_marks_all_lines(cast: Cast, cycle: Cycle, django_assert_max_num_queries: object) -> None:
    order(cast, "PUSHED", pushes=2)
    october(cycle, cast, team=2.0)
    with django_assert_max_num_queries(24) as queries:
        flags_set(cycle=cycle)
    assert sum(query["sql"].lstrip().startswith("UPDATE") for query in queries.captured_queries) == 1


@pytest.mark.django_db
def test_lines_of_nobody_and_lines_that_ended_are_not_flagged(cast: Cast, cycle: Cycle) -> None:
    order(cast, "PUSHED", pushes=2)
    CycleLine.objects.filter(cycle=cycle, line__customer__code="SOUTH").update(owner=None)
    assert all(CycleLine.objects.get(cycle=cycle, line=line).owner for line in flags(cycle))


def test_the_rhythm_of_a_customer_that_orders_every_third_month() -> None:
    ordered = np.zeros((3, 24), dtype=bool)
    ordered[0, 0:20:3] = True
    ordered[1, :] = True
    ordered[2, [1, 2, 3]] = True
    since, interval = order_rhythm(ordered)
    assert (since[0], interval[0]) == (6, 3)
    assert (since[1], interval[1]) == (1, 1)
    assert np.isnan([since[2], interval[2]]).all()


def test_no_history_has_no_rhythm() -> None:
    since, interval = order_rhythm(np.zeros((2, 0), dtype=bool))
    assert np.isnan([since, interval]).all()


@pytest.mark.django_db
def test_the_dip_after_an_event_that_is_over_is_called_so(cast: Cast, cycle: Cycle) -> None:
    event(cast, shape="dip", from_month=LAST_CLOSED, to_month=LAST_CLOSED)
    row = flag_frame(cycle).loc[cast.line("GAMMA", "NORTH").pk]
    assert row["promotion"] == "The dip after Winter sale"
    assert row["promotion_qty"] < 0
