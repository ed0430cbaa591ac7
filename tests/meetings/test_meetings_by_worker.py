"""What the worker sends around a meeting: the pack in time, the digests at its end; everybody once."""

from datetime import timedelta

import pytest

from cycles.models import Cycle
from cycles.selectors import step_of
from cycles.steps import Step
from jobs.models import Message, MessageState
from meetings.models import Meeting, MeetingKind
from meetings.services.actions import action_add
from meetings.services.decisions import decision_decide
from meetings.services.rooms import meeting_cancel, meeting_finish, meeting_start
from tests.cast import Cast, small_company
from tests.meetings.journey import APPROVED, confirmed, frozen
from tests.meetings.test_requests_by_worker import at
from tests.meetings.test_rooms import shifts
from tests.processes import Process

pytestmark = [pytest.mark.worker, pytest.mark.django_db(transaction=True)]
INVITED = {"carla", "fiona", "lena", "mark", "mona", "oscar"}


def executive(cycle: Cycle) -> Meeting:
    return Meeting.objects.get(cycle=cycle, kind=MeetingKind.EXECUTIVE)


def told(kind: str) -> list[str]:
    return sorted(Message.objects.filter(kind=kind).values_list("recipient__username", flat=True))


def test_the_pack_is_frozen_and_mailed_at_the_end_of_pre_sop_by_itself(celery_worker_process: Process) -> None:
    cast = small_company()
    cycle = confirmed(cast)
    shifts(cast, cycle)
    moment = step_of(cycle, Step.PRE_SOP).due_at
    assert executive(cycle).starts_at - moment >= timedelta(hours=24)
    at(moment - timedelta(minutes=1))
    assert not executive(cycle).pack
    at(moment)
    at(moment + timedelta(hours=1))
    meeting = executive(cycle)
    assert (meeting.pack["number"], meeting.pack_frozen_at) == (1, moment)
    assert set(told("pack")) == INVITED
    assert len(told("pack")) == len(INVITED)
    for mail in Message.objects.filter(kind="pack"):
        assert mail.state == MessageState.SENT
        assert mail.due_at == mail.sent_at == moment
        assert meeting.pack["message"] in mail.text
        assert "D-1 Saturday shifts?" in mail.text
        assert "/executive/" in mail.text


def held(cast: Cast, cycle: Cycle) -> Meeting:
    decision = shifts(cast, cycle)
    meeting = meeting_start(meeting=executive(cycle), by=cast.leader, on=APPROVED.date(), at=APPROVED)
    decision_decide(decision=decision, option="b", person=cast.ceo, at=APPROVED)
    action_add(
        cycle=cycle, text="Ask the union", owner=cast.coo, due_on=APPROVED.date() + timedelta(days=8),
        by=cast.leader, on=APPROVED.date(), at=APPROVED, meeting=meeting,
    )  # fmt: skip
    return meeting


def test_digests_are_due_at_the_end_and_sent_with_the_next_look(celery_worker_process: Process) -> None:
    cast = small_company()
    cycle = frozen(cast)
    meeting = held(cast, cycle)
    at(APPROVED)
    end = APPROVED + timedelta(hours=1)
    meeting_finish(meeting=meeting, by=cast.leader, at=end)
    rows = Message.objects.filter(kind="meeting_digest")
    assert {(row.state, row.due_at) for row in rows} == {(MessageState.DUE.value, end)}
    at(end)
    at(end + timedelta(minutes=10))
    assert told("meeting_digest") == sorted(set(cast.people) - {"erp", "adam"})
    assert {(row.state, row.sent_at) for row in rows.all()} == {(MessageState.SENT.value, end)}
    oscar = rows.get(recipient=cast.coo.user).text
    assert (
        oscar.index("For you") < oscar.index("Ask the union, due 27 Nov 2026") < oscar.index("Decided by Carla Chief")
    )
    assert "For you" not in rows.get(recipient=cast.rep.user).text


def test_a_meeting_called_off_takes_its_invitations_back(celery_worker_process: Process) -> None:
    cast = small_company()
    cycle = frozen(cast)
    before = executive(cycle).starts_at - timedelta(hours=4)
    at(before)
    asked = {mail.recipient.username: mail.calendar for mail in invitations(cycle)}
    assert set(asked) == INVITED
    meeting_cancel(meeting=executive(cycle), by=cast.leader, on=before.date(), at=before + timedelta(minutes=1))
    at(before + timedelta(minutes=2))
    assert set(told("meeting_cancelled")) == INVITED - {"lena"}
    for mail in Message.objects.filter(kind="meeting_cancelled"):
        assert mail.state == MessageState.SENT
        assert "METHOD:CANCEL" in mail.calendar
        assert line(mail.calendar, "UID") == line(asked[mail.recipient.username], "UID")
        assert int(line(mail.calendar, "SEQUENCE")) == int(line(asked[mail.recipient.username], "SEQUENCE")) + 1
        assert line(mail.calendar, "STATUS") == "CANCELLED"


def invitations(cycle: Cycle) -> list[Message]:
    key = f"{cycle.code}:{MeetingKind.EXECUTIVE.value}:"
    return list(Message.objects.filter(kind="invitation", key__startswith=key).select_related("recipient"))


def line(calendar: str, name: str) -> str:
    return next(row.partition(":")[2] for row in calendar.splitlines() if row.startswith(f"{name}:"))
