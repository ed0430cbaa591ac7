"""A published forecast is corrected by a new revision: asked for, approved, published once, told, measured."""

from datetime import UTC, date, datetime

import numpy as np
import pytest
from django.test import Client

from cycles.models import Cycle
from demand.models import Booking, Change, ForecastVersion, Line, Stage, VersionState
from demand.selectors.versions import version_current, version_plan
from jobs.errors import Invalid, NotYours, Refused
from jobs.models import Job, Message, MovedClock
from kpis.models import StageAccuracy
from kpis.services.snapshots import accuracy_take, cycles_to_measure
from masterdata.models import Company
from meetings.models import Decision
from meetings.services.corrections import correction_ask, correction_part, corrections_due
from meetings.services.decisions import decision_decide
from meetings.services.due import due
from meetings.services.publishing import forecast_verify
from tests.cast import Cast, small_company
from tests.meetings.journey import APPROVED, approved, do_job

CORRECTED = datetime(2026, 11, 23, 10, tzinfo=UTC)
WHY = "The promotion of December was booked twice."
LESS = {"scope": "product", "code": "ALPHA", "from": "2026-12", "to": "2027-01", "pct": -50.0}
pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return small_company()


@pytest.fixture
def cycle(cast: Cast) -> Cycle:
    """Published on Thu 19 Nov."""
    cycle = approved(cast)
    do_job(Job.objects.get(kind="publish"), APPROVED)
    cycle.refresh_from_db()
    Message.objects.all().delete()
    return cycle


def asked(cast: Cast, cycle: Cycle, **more: object) -> Decision:
    facts = {"reason": WHY, "effect": LESS, "by": cast.leader, "on": CORRECTED.date(), "at": CORRECTED}
    return correction_ask(cycle=cycle, **(facts | more))


def publish(decision: Decision) -> str:
    return correction_part(job=0, payload={"correction": decision.pk}, at=CORRECTED)


def corrected(cast: Cast, cycle: Cycle) -> Decision:
    decision = asked(cast, cycle)
    decision_decide(decision=decision, option="b", person=cast.ceo, at=CORRECTED)
    publish(decision)
    decision.refresh_from_db()
    return decision


def current(cycle: Cycle) -> ForecastVersion:
    version = version_current(cycle, Stage.COMPANY_FORECAST)
    assert version is not None
    return version


def test_nothing_changes_until_the_ceo_approves(cast: Cast, cycle: Cycle) -> None:
    before = current(cycle)
    decision = asked(cast, cycle)
    assert (decision.decider, decision.corrects, decision.revision) == (cast.ceo, True, None)
    assert decision.options.get(key="b").units < 0
    due(at=CORRECTED)
    assert current(cycle) == before
    with pytest.raises(Refused) as refusal:
        publish(decision)
    assert refusal.value.code == "not_approved"
    decision_decide(decision=decision, option="a", person=cast.ceo, at=CORRECTED)
    assert not Job.objects.filter(kind="correction").exists()
    assert forecast_verify(cycle=cycle)[0] == forecast_verify(cycle=cycle)[1] == before.content_hash


def test_an_approved_correction_is_the_next_revision_and_the_first_stays(cast: Cast, cycle: Cycle) -> None:
    before = current(cycle)
    plan = version_plan(before)
    decision = corrected(cast, cycle)
    after = current(cycle)
    assert (after.revision, decision.revision, after.made_by) == (2, 2, cast.ceo)
    assert WHY in after.note
    changed = version_plan(after).for_lines(plan.lines).quantity
    alpha = np.isin(plan.lines, list(Line.objects.filter(product=cast.products["ALPHA"]).values_list("pk", flat=True)))
    assert changed[alpha][:, 1:3].sum() == pytest.approx(np.rint(plan.quantity[alpha][:, 1:3].sum() / 2), abs=2)
    np.testing.assert_array_equal(changed[~alpha], plan.quantity[~alpha])
    np.testing.assert_array_equal(changed[:, 3:], plan.quantity[:, 3:])
    before.refresh_from_db()
    assert before.state == VersionState.SUPERSEDED
    assert before.rows.count() == after.rows.count()
    kept, rebuilt = forecast_verify(cycle=cycle)
    assert kept == rebuilt == after.content_hash != before.content_hash
    rows = Change.objects.filter(cycle=cycle, stage=Stage.COMPANY_FORECAST, decision=decision.code)
    assert {row.line.product.code for row in rows.select_related("line__product")} == {"ALPHA"}


def test_it_is_published_once_however_often_it_is_tried(cast: Cast, cycle: Cycle) -> None:
    decision = asked(cast, cycle)
    decision_decide(decision=decision, option="b", person=cast.ceo, at=CORRECTED)
    assert [row.code for row in corrections_due()] == [decision.code]
    due(at=CORRECTED)
    due(at=CORRECTED)
    assert Job.objects.filter(kind="correction").count() == 1
    first, second = publish(decision), publish(decision)
    assert first == second
    assert corrections_due() == []
    assert ForecastVersion.objects.filter(cycle=cycle, stage=Stage.COMPANY_FORECAST).count() == 2
    assert Message.objects.filter(kind="published").count() == 11


def test_everybody_is_told_once_with_their_own_lines_first_and_the_reason(cast: Cast, cycle: Cycle) -> None:
    corrected(cast, cycle)
    told = Message.objects.filter(kind="published", key__contains="correction:2")
    assert told.count() == told.values("recipient").distinct().count() == 11
    mine = told.get(recipient=cast.rep.user).text
    assert mine.index("Alpha, 20") < mine.index(WHY)
    assert "The correction." in mine
    assert "revision 2" in told.get(recipient=cast.finance.user).subject


def test_a_second_correction_stands_on_the_first(cast: Cast, cycle: Cycle) -> None:
    corrected(cast, cycle)
    once = version_plan(current(cycle)).quantity[:, 1].sum()
    back = asked(cast, cycle, reason="Half was too much.", effect=LESS | {"pct": 20.0})
    decision_decide(decision=back, option="b", person=cast.ceo, at=CORRECTED)
    publish(back)
    assert current(cycle).revision == 3
    assert version_plan(current(cycle)).quantity[:, 1].sum() > once
    kept, rebuilt = forecast_verify(cycle=cycle)
    assert kept == rebuilt


def test_its_accuracy_is_measured_again(cast: Cast, cycle: Cycle) -> None:
    Company.objects.update(last_closed_month=date(2026, 12, 1))
    Booking.objects.create(
        month=date(2026, 12, 1),
        product=cast.products["ALPHA"],
        customer=cast.customers["NORTH"],
        qty=5.0,
        revenue=2_500.0,
    )
    accuracy_take(cycle=cycle)
    rows = StageAccuracy.objects.filter(cycle=cycle, stage=Stage.COMPANY_FORECAST, level="company")
    assert cycles_to_measure() == []
    before = rows.get(month=date(2026, 12, 1))
    corrected(cast, cycle)
    assert cycles_to_measure() == [cycle]
    accuracy_take(cycle=cycle)
    after = rows.get(month=date(2026, 12, 1))
    assert (before.revision, after.revision) == (1, 2)
    assert after.signed_error < before.signed_error
    assert cycles_to_measure() == []
    assert not StageAccuracy.objects.filter(cycle=cycle, stage=Stage.COMPANY_FORECAST, revision=1).exists()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"reason": " "}, "Say why"),
        ({"effect": LESS | {"pct": 0.0}}, "changes no number"),
        ({"effect": LESS | {"code": "NOPE"}}, "No line of the plan"),
        ({"effect": LESS | {"from": "2031-01", "to": "2031-02"}}, "outside the plan"),
    ],
)
def test_an_unclear_correction_is_refused(cast: Cast, cycle: Cycle, change: dict[str, object], words: str) -> None:
    with pytest.raises(Invalid, match=words):
        asked(cast, cycle, **change)


def test_only_the_leader_asks_only_the_ceo_approves_and_one_at_a_time(cast: Cast, cycle: Cycle) -> None:
    with pytest.raises(NotYours):
        asked(cast, cycle, by=cast.demand_planner)
    decision = asked(cast, cycle)
    with pytest.raises(Refused, match="asks for a correction already"):
        asked(cast, cycle)
    with pytest.raises(NotYours):
        decision_decide(decision=decision, option="b", person=cast.leader, at=CORRECTED)


def test_from_the_page_to_the_revision(cast: Cast, cycle: Cycle) -> None:
    MovedClock.objects.update_or_create(pk=1, defaults={"at": CORRECTED})
    leader, ceo = Client(), Client()
    leader.force_login(cast.leader.user)
    ceo.force_login(cast.ceo.user)
    form = {"reason": WHY, "scope": "product:ALPHA", "from": "2026-12", "to": "2027-01", "pct": "-50", "quantity": "3"}
    refused = leader.post("/meetings/corrections/", form)
    assert refused.status_code == 422
    assert "only one of them" in refused.content.decode()
    assert WHY in refused.content.decode()
    leader.post("/meetings/corrections/", form | {"quantity": ""})
    decision = Decision.objects.get(corrects=True)
    assert f"{decision.code}</a> waits for" in leader.get("/meetings/corrections/").content.decode()
    assert decision.question in ceo.get("/executive/").content.decode()
    ceo.post(f"/meetings/decisions/{decision.code}/decide/", {"option": "b"})
    do_job(Job.objects.get(kind="correction"), CORRECTED)
    page = leader.get("/meetings/corrections/").content.decode()
    assert "in force" in page
    assert WHY in page
    assert "Revision 2" in leader.get("/forecast/").content.decode()
