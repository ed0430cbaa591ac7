"""Baseline, proposal, signature and the way back, on the small company."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from django.db import IntegrityError, connection, transaction

from cycles.models import Cycle
from cycles.selectors import milestones_reached
from cycles.steps import Milestone
from demand.matrices import Plan
from demand.models import Booking, CycleLine, Event, ForecastLine, ForecastVersion, Line, Stage, VersionState
from demand.selectors.cases import calibration_cases
from demand.selectors.family_totals import family_totals_past
from demand.selectors.lines import cycle_lines
from demand.selectors.stored import version_plan
from demand.selectors.versions import proposal_stale, stage_plan, stages_available, version_current, version_proposed
from demand.services.baseline import baseline_queue, families_in_chunks
from demand.services.due import due
from demand.services.entries import CellEdit, cells_save
from demand.services.plan import demand_sign, stages_withdraw
from demand.services.versions import version_store
from jobs.errors import Invalid, NotYours, Refused
from jobs.models import Job
from masterdata.models import Customer, Product
from tests.cast import Cast, small_company
from tests.stages import ENTRY, OPENED, REVIEW, cycle_demand_signed, cycle_in_entry, cycle_to_review, do_parts

NOV = date(2026, 11, 1)
pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return small_company()


@pytest.fixture
def cycle(cast: Cast) -> Cycle:
    return cycle_in_entry()


def test_families_stay_whole_in_chunks() -> None:
    chunks = families_in_chunks({"A": 400, "B": 300, "C": 150, "D": 900, "E": 50}, lines=500)
    assert sorted(family for chunk in chunks for family in chunk) == ["A", "B", "C", "D", "E"]
    assert chunks[0] == ["D"]
    assert all(
        len(chunk) == 1 or sum({"A": 400, "B": 300, "C": 150, "E": 50}[f] for f in chunk) <= 500 for chunk in chunks
    )


def test_the_baseline_covers_every_line_and_month(cast: Cast, cycle: Cycle) -> None:
    for stage in (Stage.NAIVE, Stage.BASELINE):
        plan = stage_plan(cycle, stage)
        assert plan.quantity.shape == (Line.objects.count(), 24)
        assert plan.start == NOV
        assert (plan.quantity >= 0).all()
        assert plan.quantity.sum() > 0
    assert Milestone.BASELINE_BUILT in milestones_reached(cycle)
    assert all(
        CycleLine.objects.filter(cycle=cycle).exclude(line__product__code="DELTA").values_list("method", flat=True)
    )


def test_building_the_baseline_again_replaces_it_and_keeps_the_old_one(cast: Cast, cycle: Cycle) -> None:
    before = stage_plan(cycle, Stage.BASELINE)
    do_parts(baseline_queue(cycle=cycle, at=ENTRY), ENTRY)
    versions = ForecastVersion.objects.filter(cycle=cycle, stage=Stage.BASELINE).order_by("revision")
    assert [v.state for v in versions] == [VersionState.SUPERSEDED, VersionState.CURRENT]
    np.testing.assert_allclose(stage_plan(cycle, Stage.BASELINE).quantity, before.quantity)


def test_a_product_past_its_end_has_no_demand(cast: Cast) -> None:
    Product.objects.filter(code="ALPHA").update(phase_out_month=date(2027, 3, 1))
    cycle = cycle_in_entry()
    quantity = stage_plan(cycle, Stage.BASELINE, np.array([cast.line("ALPHA", "NORTH").pk])).quantity[0]
    assert (quantity[:5] > 0).all()
    assert (quantity[5:] == 0).all()


def test_a_launch_follows_its_predecessor(cast: Cast) -> None:
    from demand.services.lines import lines_sync

    alpha = cast.products["ALPHA"]
    new = Product.objects.create(
        code="ALPHA-2",
        name="Alpha 2",
        family=alpha.family,
        price=600,
        like_product=alpha,
        like_share=0.5,
        launch_month=date(2027, 1, 1),
    )
    lines_sync()
    cycle = cycle_in_entry()
    line = Line.objects.get(product=new, customer=cast.customers["NORTH"])
    quantity = stage_plan(cycle, Stage.BASELINE, np.array([line.pk])).quantity[0]
    assert (quantity[:2] == 0).all()
    assert (quantity[2:] > 0).all()
    assert "predecessor" in CycleLine.objects.get(cycle=cycle, line=line).method


def test_a_handover_does_not_move_what_the_cycle_knows(cast: Cast, cycle: Cycle) -> None:
    Customer.objects.filter(code="NORTH").update(owner=cast.other_rep)
    frame = cycle_lines(cycle)
    assert set(frame[frame["customer"] == "NORTH"]["rep"]) == {"rita"}


def test_the_proposal_takes_a_change_whole_without_past_cases(cast: Cast, cycle: Cycle) -> None:
    line = cast.line("ALPHA", "NORTH").pk
    cells_save(cycle=cycle, stage=Stage.SALES, person=cast.rep, edits=[CellEdit(line, NOV, 99.0)], at=ENTRY)
    cycle_to_review(cycle)
    assert stage_plan(cycle, Stage.DEMAND_PLAN, np.array([line])).quantity[0, 0] == pytest.approx(99.0)
    assert "too few past cases" in version_proposed(cycle).note


def test_an_event_lifts_its_family_in_its_months(cast: Cast, cycle: Cycle) -> None:
    Event.objects.create(
        code="EV-1",
        name="Spring",
        kind="promotion",
        family=cast.families["BIKES"],
        from_month=NOV,
        to_month=NOV,
        uplift_pct=20,
        confidence=0.5,
        entered_on=OPENED.date(),
    )
    team, events = stage_plan(cycle, Stage.TEAM), stage_plan(cycle, Stage.EVENTS)
    bikes = (cycle_lines(cycle)["family"] == "BIKES").to_numpy()
    np.testing.assert_allclose(events.quantity[bikes, 0], team.quantity[bikes, 0] * 1.1)
    np.testing.assert_allclose(events.quantity[~bikes], team.quantity[~bikes])
    np.testing.assert_allclose(events.quantity[:, 1:], team.quantity[:, 1:])


def test_a_change_after_the_proposal_makes_it_stale_and_the_tick_queues_it_again(cast: Cast, cycle: Cycle) -> None:
    cycle_to_review(cycle)
    assert not proposal_stale(cycle)
    due(at=REVIEW)
    assert not Job.objects.filter(kind="proposal").exists()
    edit = CellEdit(cast.line("ALPHA", "NORTH").pk, NOV, 5.0)
    cells_save(cycle=cycle, stage=Stage.TEAM, person=cast.manager, edits=[edit], at=REVIEW + timedelta(minutes=1))
    assert proposal_stale(cycle)
    with pytest.raises(Refused, match="have changed since"):
        demand_sign(cycle=cycle, person=cast.manager, at=REVIEW + timedelta(minutes=2))
    due(at=REVIEW + timedelta(minutes=2))
    assert Job.objects.filter(kind="proposal").count() == 1


def test_signing_freezes_every_stage(cast: Cast, cycle: Cycle) -> None:
    assert Stage.DEMAND_PLAN not in stages_available(cycle)
    cycle_to_review(cycle)
    line = cast.line("ALPHA", "NORTH").pk
    edit = CellEdit(line, NOV, 33.0, reason="other", comment="agreed")
    cells_save(cycle=cycle, stage=Stage.DEMAND_PLAN, person=cast.demand_planner, edits=[edit], at=REVIEW)
    demand_sign(cycle=cycle, person=cast.manager, at=REVIEW)
    assert Milestone.DEMAND_SIGNED in milestones_reached(cycle)
    assert version_current(cycle, Stage.DEMAND_PLAN) is not None
    assert stage_plan(cycle, Stage.DEMAND_PLAN, np.array([line])).quantity[0, 0] == 33.0
    assert stages_available(cycle) == list(Stage)[:6]
    with pytest.raises(Refused, match="signed already"):
        demand_sign(cycle=cycle, person=cast.manager, at=REVIEW)


def test_only_the_head_of_sales_or_the_deputy_signs(cast: Cast, cycle: Cycle) -> None:
    cycle_to_review(cycle)
    for person in (cast.rep, cast.demand_planner, cast.ceo, cast.leader):
        with pytest.raises(NotYours, match="head of Sales"):
            demand_sign(cycle=cycle, person=person, at=REVIEW)
    cast.manager.deputy = cast.leader
    cast.manager.save()
    demand_sign(cycle=cycle, person=cast.leader, at=REVIEW)
    milestone = cycle.milestones.get(kind=Milestone.DEMAND_SIGNED.value)
    assert (milestone.by, milestone.on_behalf_of) == (cast.leader.user, cast.manager.user)


def test_withdrawn_stages_are_live_again(cast: Cast, cycle: Cycle) -> None:
    cycle_demand_signed(cast, cycle)
    assert stages_withdraw(cycle=cycle, stages=(Stage.SALES, Stage.TEAM, Stage.EVENTS, Stage.DEMAND_PLAN)) == 4
    assert version_current(cycle, Stage.SALES) is None
    assert version_proposed(cycle) is not None
    assert ForecastVersion.objects.filter(cycle=cycle, stage=Stage.SALES).count() == 1


def test_past_cases_know_what_came(cast: Cast) -> None:
    past = cycle_in_entry()
    line = cast.line("ALPHA", "NORTH").pk
    cells_save(cycle=past, stage=Stage.SALES, person=cast.rep, edits=[CellEdit(line, NOV, 99.0)], at=ENTRY)
    later = Cycle(month=date(2026, 12, 1), horizon=24)
    cases = calibration_cases(later)
    assert len(cases) == 1
    case = cases.iloc[0]
    assert (case["after"], case["lag"], case["rep"], case["actual"]) == (99.0, 0, cast.rep.pk, 0.0)
    assert calibration_cases(past).empty


def test_past_totals_of_families_hold_what_was_said_and_what_came_in_closed_months(cast: Cast, cycle: Cycle) -> None:
    cycle_demand_signed(cast, cycle)
    line = cast.line("ALPHA", "NORTH")
    Booking.objects.create(month=NOV, customer=line.customer, product=line.product, qty=7, revenue=0)
    totals = family_totals_past(Cycle(month=date(2026, 12, 1), horizon=24)).set_index("family")
    said = stage_plan(cycle, Stage.EVENTS).quantity[:, 0]
    families = cycle_lines(cycle)["family_id"]
    assert totals["said"].to_dict() == pytest.approx(pd.Series(said).groupby(families.to_numpy()).sum().to_dict())
    assert totals["actual"].sum() == totals.loc[line.product.family_id, "actual"] == 7
    assert set(totals["month"]) == {NOV}
    assert family_totals_past(cycle).empty


def test_a_plan_of_another_shape_is_refused(cast: Cast, cycle: Cycle) -> None:
    plan = stage_plan(cycle, Stage.BASELINE)
    for bad in (plan.quantity[:, :18], -plan.quantity - 1, plan.quantity * np.nan):
        with pytest.raises(Invalid):
            version_store(cycle=cycle, stage=Stage.SALES, plan=Plan(plan.lines, NOV, bad), at=ENTRY)


@pytest.mark.parametrize(
    "array", ["{1,2}", "{}", "{" + ",".join(["NaN"] * 24) + "}", "{" + ",".join(["-1"] * 24) + "}"]
)
def test_the_database_refuses_unsound_vectors(cast: Cast, cycle: Cycle, array: str) -> None:
    version = version_current(cycle, Stage.BASELINE)
    ForecastLine.objects.filter(version=version).delete()
    line = cast.line("ALPHA", "NORTH")
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO demand_forecastline (version_id, line_id, quantity) VALUES (%s, %s, %s)",
            [version.pk, line.pk, array],
        )


def test_numbers_come_back_as_they_were_stored_whole_and_a_few(cast: Cast, cycle: Cycle) -> None:
    lines = np.sort([line.pk for line in Line.objects.all()])
    quantity = np.arange(len(lines) * 24).reshape(-1, 24) / 7 + 1e-3
    stored = version_store(cycle=cycle, stage=Stage.SALES, plan=Plan(lines, NOV, quantity), at=ENTRY)
    whole = version_plan(stored)
    assert (whole.lines.tolist(), whole.start) == (lines.tolist(), NOV)
    assert whole.quantity.tolist() == quantity.tolist()
    assert version_plan(stored, lines[1:3]).quantity.tolist() == quantity[1:3].tolist()
    none = Plan(lines[:0], NOV, quantity[:0])
    assert version_plan(version_store(cycle=cycle, stage=Stage.SALES, plan=none, at=ENTRY)).quantity.shape == (0, 24)


def test_a_stored_vector_cannot_be_rewritten(cast: Cast, cycle: Cycle) -> None:
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        ForecastLine.objects.update(quantity=[0.0] * 24)


def test_a_job_that_failed_for_good_waits_for_a_person(cast: Cast, cycle: Cycle) -> None:
    cycle_to_review(cycle)
    edit = CellEdit(cast.line("ALPHA", "NORTH").pk, NOV, 5.0)
    cells_save(cycle=cycle, stage=Stage.TEAM, person=cast.manager, edits=[edit], at=REVIEW + timedelta(minutes=1))
    due(at=REVIEW + timedelta(minutes=2))
    Job.objects.filter(kind="proposal").update(state="failed")
    due(at=REVIEW + timedelta(minutes=3))
    assert Job.objects.filter(kind="proposal").count() == 1
