"""What somebody watches comes back on its day: one mail, a task on the first page, until it is looked at."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client

from cycles.models import Cycle
from cycles.reminders import Kind
from demand.services.assumptions import assumption_add, assumption_check
from jobs.models import Message, MessageState, MovedClock
from meetings.models import RiskOpportunity
from meetings.selectors.checks import watched_by
from meetings.services.actions import risk_add, risk_review
from sop_portal.pages.today import tasks_for
from tests.cast import Cast, small_company
from tests.meetings.journey import ENTRY, in_entry
from tests.meetings.test_reminders import tick, to

DAY = date(2026, 11, 6)
MORNING = datetime(2026, 11, 6, 7, tzinfo=UTC)  # eight in Berlin
pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return small_company()


@pytest.fixture
def cycle(cast: Cast) -> Cycle:
    return in_entry(cast)


@pytest.fixture
def watched(cast: Cast, cycle: Cycle) -> RiskOpportunity:
    """An assumption and a risk that marketing looks at on the same day."""
    assumption_add(
        cycle=cycle,
        person=cast.demand_planner,
        text="Spring is warm",
        family="",
        owner=cast.marketing.username,
        check_on=DAY.isoformat(),
        at=ENTRY,
    )
    return risk_add(
        cycle=cycle,
        kind=RiskOpportunity.Kind.RISK,
        text="A strike",
        value=1_000,
        probability=0.5,
        month=date(2026, 12, 1),
        owner=cast.marketing,
        by=cast.leader,
        check_on=DAY,
        at=ENTRY,
    )


def told() -> list[Message]:
    return list(Message.objects.filter(kind=Kind.CHECK_DUE.value))


@pytest.mark.usefixtures("watched")
def test_one_mail_names_both_and_comes_once(cast: Cast, cycle: Cycle) -> None:
    tick(cycle, MORNING - timedelta(minutes=1))
    assert told() == []
    mails = [mail for mail in tick(cycle, MORNING) if "watch" in mail.subject]
    assert to(mails) == [cast.marketing.username]
    assert "2 things you watch are to be looked at again" in mails[0].subject
    assert "Assumption: Spring is warm" in mails[0].body
    assert "Risk: A strike" in mails[0].body
    tick(cycle, MORNING + timedelta(days=1))
    assert [row.state for row in told()] == [MessageState.SENT]


def test_who_has_looked_before_gets_none(cast: Cast, cycle: Cycle, watched: RiskOpportunity) -> None:
    later = {"check_on": date(2026, 12, 1), "at": ENTRY}
    risk_review(risk=watched, cycle=cycle, by=cast.marketing, value=1_000, probability=0.5, **later)
    [left] = watched_by(cast.marketing, DAY)
    assumption_check(pk=int(left.key.partition(":")[2]), person=cast.marketing, state="dropped", at=ENTRY)
    assert watched_by(cast.marketing, DAY) == []
    tick(cycle, MORNING)
    assert told() == []


@pytest.mark.usefixtures("watched")
def test_it_stands_among_the_tasks_until_then(client: Client, cast: Cast, cycle: Cycle) -> None:
    assert not any("still stand" in task.sentence for task in tasks_for(cycle, cast.marketing, at=ENTRY))
    [task] = [task for task in tasks_for(cycle, cast.marketing, at=MORNING) if "still stand" in task.sentence]
    assert task.sentence == "Assumption: Spring is warm. Does it still stand? 1 more waits."
    assert not any("still stand" in one.sentence for one in tasks_for(cycle, cast.leader, at=MORNING))
    MovedClock.objects.update_or_create(pk=1, defaults={"at": MORNING})
    client.force_login(cast.marketing.user)
    assert task.sentence in client.get("/").content.decode()
