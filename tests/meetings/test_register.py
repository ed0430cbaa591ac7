"""The register: last cycle's come first, are looked at again with a date, and weigh on the year's gap."""

from datetime import date

import pytest
from django.test import Client

from cycles.models import Cycle
from cycles.periods import add_months
from jobs.errors import Invalid, NotYours, Refused
from jobs.models import Job, MovedClock
from meetings.models import Meeting, MeetingKind, RiskOpportunity
from meetings.selectors.register import register_rows, year_weight
from meetings.selectors.topics import risk_topics
from meetings.services.actions import risk_add, risk_review, risk_settle
from sop_portal import number_format as written
from tests.cast import Cast, small_company
from tests.meetings.journey import APPROVED, ENTRY, MONEY, approved, do_job, started

DEC, FEB = date(2026, 12, 1), date(2027, 2, 1)
NEXT_CHECK = date(2026, 12, 15)
pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return small_company()


def add(cast: Cast, cycle: Cycle, text: str, value: float, **more: object) -> RiskOpportunity:
    facts = {"kind": RiskOpportunity.Kind.RISK, "probability": 0.5, "month": DEC, "owner": cast.manager}
    return risk_add(cycle=cycle, text=text, value=value, by=cast.leader, at=MONEY, **(facts | more))


def earlier(cycle: Cycle) -> Cycle:
    return Cycle.objects.create(
        month=add_months(cycle.month, -1), horizon=24, opened_at=MONEY, state="not_published", ended_at=MONEY
    )


def test_what_was_not_looked_at_in_this_cycle_stands_first_until_it_is(cast: Cast) -> None:
    cycle = started(cast)
    old = add(cast, earlier(cycle), "North may cut its range", 1_000)
    new = add(cast, cycle, "A strike", 90_000)
    page = register_rows(cycle, DEC)
    assert [view.row for view in page["risks"]] == [old, new]
    assert page["risks_to_review"] == 1
    assert [topic.overdue for topic in risk_topics(cycle)] == [False, True]
    risk_review(risk=old, cycle=cycle, by=cast.manager, value=2_000, probability=0.25, check_on=NEXT_CHECK, at=MONEY)
    after = register_rows(cycle, DEC)
    assert [view.row for view in after["risks"]] == [new, old]
    assert after["risks_to_review"] == 0
    assert after["risks_weighted"] == -45_500
    following = Cycle(pk=10**6, month=add_months(cycle.month, 1), horizon=24)
    assert register_rows(following, DEC)["risks_to_review"] == 2


def test_every_risk_has_a_day_on_which_it_is_checked(cast: Cast) -> None:
    cycle = started(cast)
    given, plain = add(cast, cycle, "One", 1, check_on=NEXT_CHECK), add(cast, cycle, "Two", 2)
    assert (given.check_on, plain.check_on) == (NEXT_CHECK, DEC)
    overdue = {view.row.text: view.overdue for view in register_rows(cycle, date(2026, 12, 2))["risks"]}
    assert overdue == {"One": False, "Two": True}


def test_only_its_owner_or_the_leader_reviews_what_is_open(cast: Cast) -> None:
    risk = add(cast, started(cast), "One", 1)
    facts = {"cycle": risk.cycle, "value": 1.0, "probability": 0.5, "check_on": NEXT_CHECK, "at": MONEY}
    with pytest.raises(NotYours):
        risk_review(risk=risk, by=cast.rep, **facts)
    with pytest.raises(Invalid, match="between 0 and 100"):
        risk_review(risk=risk, by=cast.leader, **(facts | {"probability": 1.5}))
    with pytest.raises(Invalid, match="a day to come"):
        risk_review(risk=risk, by=cast.leader, **(facts | {"check_on": MONEY.date()}))
    risk_settle(risk=risk, cycle=risk.cycle, by=cast.leader, state=RiskOpportunity.State.GONE, at=MONEY)
    with pytest.raises(Refused, match="settled already"):
        risk_review(risk=risk, by=cast.leader, **facts)
    with pytest.raises(Refused, match="settled already"):
        risk_settle(risk=risk, cycle=risk.cycle, by=cast.leader, state=RiskOpportunity.State.CAME, at=MONEY)


def test_what_it_weighed_before_stays_beside_what_it_weighs(cast: Cast) -> None:
    cycle = started(cast)
    old = add(cast, earlier(cycle), "North may cut its range", 1_000)
    risk_review(risk=old, cycle=cycle, by=cast.manager, value=2_000, probability=0.25, check_on=NEXT_CHECK, at=MONEY)
    [view] = register_rows(cycle, DEC)["risks"]
    assert [(one.cycle, one.value, one.probability, one.by) for one in view.before] == [
        (old.cycle, 1_000, 0.5, cast.leader)
    ]
    client = Client()
    client.force_login(cast.rep.user)
    MovedClock.objects.update_or_create(pk=1, defaults={"at": ENTRY})
    assert f"at {written.percent(0.5)}, {cast.leader.name}" in client.get("/meetings/risks/").content.decode()
    risk_settle(risk=old, cycle=cycle, by=cast.manager, state=RiskOpportunity.State.CAME, at=MONEY)
    assert list(old.reviews.values_list("state", "value")) == [("open", 1_000), ("open", 2_000), ("came", 2_000)]


def test_it_weighs_on_the_gap_of_the_year_in_months_that_are_open(cast: Cast) -> None:
    cycle = approved(cast)
    assert year_weight([]) is None
    do_job(Job.objects.get(kind="publish"), APPROVED)
    cycle.refresh_from_db()
    add(cast, cycle, "This year", 1_000)
    add(cast, cycle, "Next year", 7_000, month=FEB)
    add(cast, cycle, "Over", 9_000, month=date(2026, 10, 1))
    chance = add(cast, cycle, "A tender", 4_000, kind=RiskOpportunity.Kind.OPPORTUNITY)
    assert chance.weighted == 2_000
    found = register_rows(cycle, DEC)["risk_year"]
    assert found.weighted == -500 + 2_000
    assert found.money.year == 2026
    assert found.expected_gap == pytest.approx(found.money.gap + 1_500)


def test_it_is_reviewed_where_it_is_read(cast: Cast) -> None:
    cycle = started(cast)
    old = add(cast, earlier(cycle), "North may cut its range", 1_000)
    MovedClock.objects.update_or_create(pk=1, defaults={"at": ENTRY})
    client, rep = Client(), Client()
    client.force_login(cast.manager.user)
    rep.force_login(cast.rep.user)
    address = f"/meetings/risks/{old.pk}/review/"
    assert "1 of earlier cycles to review first" in rep.get("/meetings/risks/").content.decode()
    assert address not in rep.get("/meetings/risks/").content.decode()
    form = {"risk": old.pk, "value": "1,500", "probability": "20%", "check_on": "soon"}
    refused = client.post(address, form)
    assert (refused.status_code, "give a day" in refused.content.decode()) == (422, True)
    meeting = Meeting.objects.get(cycle=cycle, kind=MeetingKind.PRE_SOP)
    done = client.post(address, form | {"check_on": "2026-12-15", "meeting": meeting.pk})
    assert done["Location"] == f"/meetings/{cycle.code}/{MeetingKind.PRE_SOP.value}/#risks"
    old.refresh_from_db()
    assert (old.value, old.probability, old.check_on, old.reviewed_in) == (1_500, 0.2, NEXT_CHECK, cycle)
