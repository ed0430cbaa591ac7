"""The WE review by cause, what is improved because of it, and what is said about actions on the way."""

from datetime import UTC, date, datetime

import pytest
from django.test import Client

from cycles.models import Cycle
from cycles.periods import add_months
from demand.models import Booking
from jobs.errors import Invalid, NotYours, Refused
from jobs.models import Job, MovedClock
from masterdata.models import Company, Person
from meetings.models import Action, Meeting, MeetingKind
from meetings.selectors.actions import actions_page, improvements
from meetings.selectors.we_review import Review, we_review
from meetings.services.actions import action_add, action_close, action_comment
from meetings.services.cadence import cycle_start
from meetings.services.reminders import reminders_materialise
from tests.cast import Cast, small_company
from tests.meetings.journey import APPROVED, MONEY, approved, confirmed, do_job, frozen, started, supply_is_signed
from tests.meetings.test_publishing_service import cut_of_bikes

NOV, DEC, JAN = date(2026, 11, 1), date(2026, 12, 1), date(2027, 1, 1)
DECEMBER = datetime(2026, 12, 2, 9, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return small_company()


def reviewed(cast: Cast) -> Review:
    """Bikes of December were cut by 10 % by a decision; then 30 of them were booked."""
    cycle = supply_is_signed(cast)
    cut_of_bikes(cast, cycle)
    approved(cast, frozen(cast, confirmed(cast, cycle)))
    do_job(Job.objects.get(kind="publish"), APPROVED)
    Booking.objects.create(
        month=DEC, product=cast.products["ALPHA"], customer=cast.customers["NORTH"], qty=30, revenue=15_000
    )
    Company.objects.update(last_closed_month=DEC)
    found = we_review(Cycle(month=JAN, horizon=24, opened_at=APPROVED))
    assert found is not None
    return found


def test_the_causes_of_a_miss_add_up_to_it_for_families_and_the_company(cast: Cast) -> None:
    review = reviewed(cast)
    assert review.rows[0].name == "Company"
    for row in review.rows:
        assert sum(cause.units for cause in row.causes) == pytest.approx(row.miss)
    bikes = next(row for row in review.families if row.name == "Bikes")
    causes = {cause.name: cause.units for cause in bikes.causes}
    assert causes["decisions and supply"] < 0
    assert causes["the baseline"] == pytest.approx(bikes.miss - causes["decisions and supply"])
    assert bikes.mostly is not None
    assert bikes.mostly.name == "the baseline"
    assert review.company.actual == 30


def test_nobody_is_named_in_the_review(cast: Cast) -> None:
    reviewed(cast)
    cycle = cycle_start(month=JAN, at=datetime(2027, 1, 4, 9, tzinfo=UTC), by=cast.leader)
    MovedClock.objects.update_or_create(pk=1, defaults={"at": datetime(2027, 1, 8, 9, tzinfo=UTC)})
    client = Client()
    client.force_login(cast.rep.user)
    page = client.get(f"/meetings/{cycle.code}/{MeetingKind.DEMAND_REVIEW.value}/").content.decode()
    table = page[page.index("By cause, company and families") : page.index("How we improve")]
    assert "Review</th>" in table
    assert not any(person.name in table for person in Person.objects.select_related("user"))


def test_a_note_of_the_review_is_an_action_and_the_next_review_opens_with_it(cast: Cast) -> None:
    reviewed(cast)
    opened = datetime(2027, 1, 4, 9, tzinfo=UTC)
    cycle = cycle_start(month=JAN, at=opened, by=cast.leader)
    MovedClock.objects.update_or_create(pk=1, defaults={"at": opened})
    client = Client()
    client.force_login(cast.manager.user)
    room = f"/meetings/{cycle.code}/{MeetingKind.DEMAND_REVIEW.value}/"
    form = {"text": "Ask North for its promotions", "owner": "rita", "source": "we_review"}
    refused = client.post(f"{room}actions/", form | {"due_on": "2026-01-01"})
    assert refused.status_code == 422
    assert refused.content.decode().count("Ask North for its promotions") == 1
    client.post(f"{room}actions/", form | {"due_on": "2027-01-20"})
    action = Action.objects.get()
    assert (action.source, action.owner) == (Action.Source.REVIEW, cast.rep)
    february = Cycle(month=add_months(JAN, 1), horizon=24)
    assert improvements(cycle, JAN) == []
    assert improvements(february, JAN) == [action]
    action_close(action=action, by=cast.rep, at=opened, outcome="North sends them monthly")
    assert improvements(february, JAN) == [action]
    assert improvements(Cycle(month=add_months(JAN, 2), horizon=24), JAN) == []


def test_what_is_said_about_an_action_is_there_for_everybody_until_it_is_closed(cast: Cast) -> None:
    cycle = started(cast)
    action = action_add(
        cycle=cycle, text="Call North", owner=cast.rep, due_on=date(2026, 11, 20), by=cast.leader,
        on=NOV, at=MONEY, meeting=Meeting.objects.get(cycle=cycle, kind=MeetingKind.PRE_SOP),
    )  # fmt: skip
    MovedClock.objects.update_or_create(pk=1, defaults={"at": MONEY})
    client = Client()
    client.force_login(cast.other_rep.user)
    client.post(f"/meetings/actions/{action.code}/comment/", {"comment": "They answer on Friday"})
    empty = client.post(f"/meetings/actions/{action.code}/comment/", {"comment": " "})
    assert empty.status_code == 422
    assert "Write what there is to say" in empty.content.decode()
    page = client.get("/meetings/actions/").content.decode()
    assert "They answer on Friday" in page
    assert "from: Pre-S&amp;OP of Nov 2026" in page
    with pytest.raises(NotYours):
        action_comment(action=action, by=cast.api_client, at=MONEY, text="Beep")
    with pytest.raises(Invalid):
        action_comment(action=action, by=cast.rep, at=MONEY, text="")
    action_close(action=action, by=cast.rep, at=MONEY, outcome="Called")
    with pytest.raises(Refused, match="is closed: Called"):
        action_comment(action=action, by=cast.rep, at=MONEY, text="More")


def test_an_overdue_action_says_how_long_it_is_carried_and_who_was_told(cast: Cast) -> None:
    cycle = started(cast)
    action_add(
        cycle=cycle, text="Call North", owner=cast.rep, due_on=date(2026, 11, 20), by=cast.leader, on=NOV, at=MONEY
    )
    before = actions_page(cast.rep, date(2026, 11, 21))["mine"][0]
    assert (before.overdue, before.carried, before.told) == (True, 0, "")
    reminders_materialise(cycle=cycle, at=datetime(2026, 11, 24, 9, tzinfo=UTC))
    Cycle.objects.filter(pk=cycle.pk).update(state="not_published")
    cycle_start(month=DEC, at=DECEMBER, by=cast.leader)
    after = actions_page(cast.coo, DECEMBER.date())["others"][0]
    assert (after.overdue, after.carried_words, after.told) == (True, "carried over 1 cycle", "Mona Manager")
