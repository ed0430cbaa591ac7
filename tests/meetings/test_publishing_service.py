"""Publishing: built from what was signed and decided, once, whole, provable, told to everybody."""

from collections.abc import Callable
from datetime import date
from threading import Barrier, Thread

import numpy as np
import pytest
from django.core import mail
from django.db import connection

from cycles.models import Cycle, CycleState
from cycles.selectors import milestones_reached
from cycles.steps import Milestone, StepState
from demand.matrices import Plan
from demand.models import Change, CycleLine, ForecastLine, ForecastVersion, Origin, Stage, VersionState
from demand.selectors.versions import stage_plan, version_current, version_plan
from demand.services.entries import CellEdit, cells_save
from demand.services.versions import version_store
from jobs.errors import Refused
from jobs.models import Job, Message, WorkState
from jobs.services.messages import messages_due_send
from meetings.models import MeetingKind
from meetings.selectors.company_forecast import forecast_build
from meetings.services.agreement import ceo_approve, pack_freeze
from meetings.services.decisions import OptionDraft, decision_decide, decision_raise
from meetings.services.publishing import forecast_publish, forecast_verify, publish_due, publish_part, publish_queue
from tests.cast import Cast, small_company
from tests.meetings.journey import (
    APPROVED,
    ENTRY,
    FROZEN,
    MONEY,
    approved,
    confirmed,
    demand_is_signed,
    do_job,
    frozen,
    in_entry,
    supply_is_signed,
)

NOV = date(2026, 11, 1)
pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return small_company()


def cut_of_bikes(cast: Cast, cycle: Cycle, pct: float = -10) -> str:
    """A decision: bikes in December and January by `pct`; decided by the CEO. Returns its code."""
    decision = decision_raise(
        cycle=cycle,
        forum=MeetingKind.PRE_SOP,
        question="Delay the winter promotion?",
        options=[
            OptionDraft("a", "Do nothing", do_nothing=True),
            OptionDraft(
                "b",
                "Delay it",
                plan_effect={"scope": "family", "code": "BIKES", "from": "2026-12", "to": "2027-01", "pct": pct},
            ),
        ],
        recommendation="b",
        decider=cast.ceo,
        decide_by=date(2026, 11, 17),
        by=cast.leader,
        at=MONEY,
    )
    decision_decide(decision=decision, option="b", person=cast.ceo, at=MONEY)
    return decision.code


def publish(cycle: Cycle) -> ForecastVersion:
    do_job(Job.objects.get(kind="publish", key=cycle.code), APPROVED)
    version = version_current(cycle, Stage.COMPANY_FORECAST)
    assert version is not None
    return version


def test_the_approved_plan_is_published_in_whole_units_and_ends_the_cycle(cast: Cast) -> None:
    cycle = approved(cast)
    version = publish(cycle)
    cycle.refresh_from_db()
    quantity = version_plan(version).quantity
    assert (quantity == np.rint(quantity)).all()
    assert cycle.state == CycleState.PUBLISHED
    assert Milestone.PUBLISHED in milestones_reached(cycle)
    assert {row.state for row in cycle.steps.all()} == {StepState.CLOSED.value}
    assert len(version.content_hash) == 64
    assert version.made_from == version_current(cycle, Stage.DEMAND_PLAN)


def test_it_never_exceeds_what_supply_has_committed_so_far(cast: Cast) -> None:
    cycle = supply_is_signed(cast)
    commitment = stage_plan(cycle, Stage.SUPPLY_PLAN)
    half = Plan(commitment.lines, commitment.start, commitment.quantity * np.where(np.arange(24) < 3, 0.5, 1.0))
    version_store(cycle=cycle, stage=Stage.SUPPLY_PLAN, plan=half, at=MONEY)
    built = forecast_build(cycle)
    products = built.frame["product"].to_numpy()
    for product in set(products):
        rows = products == product
        published = built.forecast.quantity[rows].sum(axis=0).cumsum()
        committed = half.for_lines(built.demand.lines).quantity[rows].sum(axis=0).cumsum()
        assert (published <= committed + 0.5 * np.arange(1, 25) + 1e-6).all()
    assert built.open_demand[:, 2].sum() > 10
    assert built.forecast.quantity.sum() < built.demand.quantity.sum()


def test_a_decision_changes_the_plan_in_a_layer_that_names_it(cast: Cast) -> None:
    cycle = supply_is_signed(cast)
    before = forecast_build(cycle)
    code = cut_of_bikes(cast, cycle)
    built = forecast_build(cycle)
    bikes = (built.frame["family"] == "BIKES").to_numpy()
    np.testing.assert_allclose(built.decided.quantity[bikes][:, 1:3], 0.9 * before.demand.quantity[bikes][:, 1:3])
    np.testing.assert_allclose(built.decided.quantity[~bikes], before.demand.quantity[~bikes])
    confirmed(cast, cycle), frozen(cast, cycle), approved(cast, cycle)
    publish(cycle)
    changes = Change.objects.filter(cycle=cycle, stage=Stage.COMPANY_FORECAST)
    assert set(changes.values_list("decision", "origin", "by__user__username")) == {(code, Origin.DECISION, "carla")}
    assert set(changes.values_list("month", flat=True)) == {date(2026, 12, 1), date(2027, 1, 1)}
    one = changes.filter(line=cast.line("ALPHA", "NORTH"), month=date(2026, 12, 1)).get()
    assert one.after == pytest.approx(0.9 * one.before)
    assert one.comment == "Delay the winter promotion? Delay it"


def test_a_second_publish_is_refused_and_changes_nothing(cast: Cast) -> None:
    cycle = approved(cast)
    version = publish(cycle)
    with pytest.raises(Refused) as refusal:
        forecast_publish(cycle=cycle, at=APPROVED)
    assert refusal.value.code == "already_published"
    assert ForecastVersion.objects.filter(cycle=cycle, stage=Stage.COMPANY_FORECAST).get() == version
    assert f"revision {version.revision}" in publish_part(job=0, payload={"cycle": cycle.pk}, at=APPROVED)


def test_nothing_is_published_without_the_approval(cast: Cast) -> None:
    cycle = frozen(cast)
    for attempt in (forecast_publish, publish_queue):
        with pytest.raises(Refused) as refusal:
            attempt(cycle=cycle, at=APPROVED)
        assert refusal.value.code == "not_approved"
    assert not publish_due(cycle)


def test_a_real_cycle_is_not_published_as_a_replay(cast: Cast) -> None:
    cycle = supply_is_signed(cast)
    with pytest.raises(Refused) as refusal:
        forecast_publish(cycle=cycle, at=APPROVED, replayed=True)
    assert refusal.value.code == "not_simulated"


def test_a_simulated_cycle_is_published_silently(cast: Cast) -> None:
    cycle = supply_is_signed(cast)
    Message.objects.all().delete()
    Cycle.objects.update(simulated=True)
    cycle.refresh_from_db()
    version = forecast_publish(cycle=cycle, at=APPROVED, replayed=True)
    cycle.refresh_from_db()
    assert (cycle.state, version.state) == (CycleState.PUBLISHED, VersionState.CURRENT)
    assert not Message.objects.exists()


def test_an_approved_cycle_is_due_until_published_or_failed_for_good(cast: Cast) -> None:
    cycle = approved(cast)
    assert publish_due(cycle)
    job = publish_queue(cycle=cycle, at=APPROVED)
    assert publish_queue(cycle=cycle, at=APPROVED) == job
    Job.objects.update(state=WorkState.FAILED)
    assert not publish_due(cycle)


def test_rebuilding_it_from_its_inputs_gives_the_same_hash(cast: Cast) -> None:
    cycle = supply_is_signed(cast)
    cut_of_bikes(cast, cycle, -7.5)
    confirmed(cast, cycle), frozen(cast, cycle), approved(cast, cycle)
    publish(cycle)
    stored, rebuilt = forecast_verify(cycle=cycle)
    assert stored == rebuilt


def test_a_number_changed_behind_its_back_shows(cast: Cast) -> None:
    cycle = approved(cast)
    version = publish(cycle)
    row = ForecastLine.objects.filter(version=version).first()
    assert row is not None
    row.delete()
    ForecastLine.objects.create(version=version, line=row.line, quantity=[row.quantity[0] + 1, *row.quantity[1:]])
    stored, rebuilt = forecast_verify(cycle=cycle)
    assert stored != rebuilt


def test_an_input_changed_behind_its_back_shows(cast: Cast) -> None:
    cycle = approved(cast)
    publish(cycle)
    CycleLine.objects.filter(cycle=cycle, line=cast.line("ALPHA", "NORTH")).update(price=1.0)
    stored, rebuilt = forecast_verify(cycle=cycle)
    assert stored != rebuilt


def test_a_cycle_that_is_not_published_cannot_be_verified(cast: Cast) -> None:
    with pytest.raises(Refused, match="no published"):
        forecast_verify(cycle=in_entry(cast))


def short_in_november(cycle: Cycle, line: int) -> None:
    """Supply commits 100 of this line in November, and the rest in December."""
    plan = stage_plan(cycle, Stage.SUPPLY_PLAN)
    quantity = plan.quantity.copy()
    row = plan.lines.tolist().index(line)
    quantity[row, 1] += quantity[row, 0] - 100.0
    quantity[row, 0] = 100.0
    version_store(cycle=cycle, stage=Stage.SUPPLY_PLAN, plan=Plan(plan.lines, plan.start, quantity), at=MONEY)


def test_everybody_is_told_with_what_changes_for_their_customers_first(cast: Cast) -> None:
    cycle = in_entry(cast)
    line = cast.line("ALPHA", "NORTH").pk
    cells_save(cycle=cycle, stage=Stage.SALES, person=cast.rep, edits=[CellEdit(line, NOV, 400.0)], at=ENTRY)
    demand_is_signed(cast, cycle), supply_is_signed(cast, cycle)
    short_in_november(cycle, line)
    confirmed(cast, cycle), frozen(cast, cycle), approved(cast, cycle)
    messages_due_send(at=APPROVED)
    mail.outbox.clear()
    publish(cycle)
    messages_due_send(at=APPROVED)
    told = sorted(address.split("<")[1].split("@")[0] for m in mail.outbox for address in m.to)
    assert told == sorted(set(cast.people) - {"erp", "adam"})
    rita = next(m for m in mail.outbox if "rita@" in m.to[0])
    assert rita.subject == "2026-11: the company forecast is published"
    first = rita.body.index("for North Stores")
    assert first < rita.body.index("The plan")
    assert "Alpha, 2026-11: 400 to 100. Supply commits less, or later." in rita.body
    rob = next(m for m in mail.outbox if "rob@" in m.to[0])
    assert "North Stores" not in rob.body
    fiona = next(m for m in mail.outbox if "fiona@" in m.to[0])
    assert "The next twelve months:" in fiona.body
    assert "Your customers" not in fiona.body


def at_once(*calls: Callable[[], object]) -> list[str]:
    """Run the calls in threads at the same time; returns what became of each, sorted."""
    start, told = Barrier(len(calls)), []

    def run(call: Callable[[], object]) -> None:
        start.wait()
        try:
            call()
            told.append("done")
        except Refused as refusal:
            told.append(refusal.code)
        finally:
            connection.close()

    threads = [Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(told)


@pytest.mark.django_db(transaction=True)
def test_published_twice_at_once_it_is_published_once(cast: Cast) -> None:
    cycle = approved(cast)
    told = at_once(*[lambda: forecast_publish(cycle=cycle, at=APPROVED)] * 3)
    assert told == ["already_published", "already_published", "done"]
    assert ForecastVersion.objects.filter(cycle=cycle, stage=Stage.COMPANY_FORECAST).count() == 1
    assert Message.objects.filter(kind="published").count() == len(cast.people) - 2
    stored, rebuilt = forecast_verify(cycle=cycle)
    assert stored == rebuilt


@pytest.mark.django_db(transaction=True)
def test_frozen_twice_at_once_it_is_one_pack(cast: Cast) -> None:
    cycle = confirmed(cast)
    assert at_once(*[lambda: pack_freeze(cycle=cycle, at=FROZEN)] * 2) == ["already_done", "done"]
    assert Message.objects.filter(kind="pack", recipient=cast.ceo.user).count() == 1


def test_the_pack_shows_the_numbers_that_are_published(cast: Cast) -> None:
    cycle = confirmed(cast)
    meeting = pack_freeze(cycle=cycle, by=cast.leader, at=FROZEN)
    ceo_approve(cycle=cycle, person=cast.ceo, at=APPROVED)
    version = publish(cycle)
    assert meeting.pack["content"] == version.content_hash
    units = version_plan(version).quantity[:, :12].sum()
    assert meeting.pack["stages"][-1]["units"] == pytest.approx(units)
    assert sum(row["forecast"] for row in meeting.pack["families"]) == pytest.approx(units)
