"""Who has switched minutes off gets neither minutes nor the mail about the published forecast; the others do."""

from datetime import date

import pytest

from jobs.models import Job, Message
from masterdata.services.mails import mail_choice_set
from meetings.models import Meeting, MeetingKind
from meetings.services.rooms import meeting_finish, meeting_start
from tests.cast import Cast, small_company
from tests.meetings.journey import APPROVED, MONEY, approved, do_job, supply_is_signed

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    made = small_company()
    mail_choice_set(person=made.supply_planner, digest=True, card=True, minutes=False, at=MONEY)
    return made


def told(kind: str) -> set[str]:
    return set(Message.objects.filter(kind=kind).values_list("recipient__username", flat=True))


def test_minutes_are_not_mailed_to_who_does_not_want_them(cast: Cast) -> None:
    cycle = supply_is_signed(cast)
    review = Meeting.objects.get(cycle=cycle, kind=MeetingKind.SUPPLY_REVIEW)
    meeting = meeting_start(meeting=review, by=cast.leader, on=date(2026, 11, 16), at=MONEY)
    meeting_finish(meeting=meeting, by=cast.leader, at=MONEY)
    assert "sam" not in told("meeting_digest")
    assert {"dora", "oscar"} <= told("meeting_digest")


def test_the_published_forecast_is_not_mailed_either(cast: Cast) -> None:
    cycle = approved(cast)
    do_job(Job.objects.get(kind="publish", key=cycle.code), APPROVED)
    assert told("published") == set(cast.people) - {"erp", "adam", "sam"}
