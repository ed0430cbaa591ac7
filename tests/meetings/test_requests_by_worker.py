"""What people are asked by mail over a whole entry, ticked and sent by a real worker."""

import time
from collections import Counter
from datetime import datetime, timedelta

import pytest

from cycles.models import Contribution
from cycles.reminders import Kind
from demand.services.submissions import submission_send
from demand.services.team import team_nudge
from jobs.models import Heartbeat, Message, MessageState, MovedClock
from sop_portal.celery import app
from tests.cast import small_company
from tests.meetings.journey import ENTRY, ENTRY_CLOSED, in_entry
from tests.processes import Process

REQUESTS = (Kind.INPUT_OPENED, Kind.INPUT_LAST_DAY, Kind.INPUT_NUDGE)
PATIENCE = 60.0
pytestmark = [pytest.mark.worker, pytest.mark.django_db(transaction=True)]


def at(moment: datetime) -> None:
    """Move the clock, tick twice as two beats would, and wait until the worker has looked and sent what is due."""
    MovedClock.objects.update_or_create(pk=1, defaults={"at": moment})
    app.send_task("sop_portal.tick")
    app.send_task("sop_portal.tick")
    deadline = time.monotonic() + PATIENCE
    waiting = Message.objects.filter(state__in=[MessageState.DUE, MessageState.SENDING], due_at__lte=moment)
    while waiting.exists() or not seen(moment):
        assert time.monotonic() < deadline, f"the worker did not look at {moment}"
        time.sleep(0.1)


def seen(moment: datetime) -> bool:
    return Heartbeat.objects.filter(name="tick", at=moment).exists()


def sent() -> Counter[str]:
    rows = Message.objects.filter(kind__in=[kind.value for kind in REQUESTS], state=MessageState.SENT)
    return Counter(rows.values_list("recipient__username", flat=True))


def test_at_most_two_requests_a_person_and_none_after_submitting(celery_worker_process: Process) -> None:
    cast = small_company()
    cycle = in_entry(cast)
    at(ENTRY)
    assert sent() == {"rita": 1, "rob": 1}
    submission_send(cycle=cycle, person=cast.rep, at=ENTRY + timedelta(hours=2), active_seconds=60)
    at(ENTRY + timedelta(hours=3))
    team_nudge(cycle=cycle, manager=cast.manager, rep=cast.other_rep, at=ENTRY + timedelta(hours=4))
    moment = ENTRY + timedelta(hours=5)
    while moment < ENTRY_CLOSED + timedelta(days=2):
        at(moment)
        moment += timedelta(hours=12)
    assert sent() == {"rita": 1, "rob": 2}
    assert Message.objects.filter(recipient=cast.other_rep.user, kind=Kind.INPUT_NUDGE.value).count() == 1
    assert not Message.objects.filter(kind=Kind.INPUT_LAST_DAY.value).exists()
    assert Contribution.objects.get(person=cast.rep.user).answered_at is not None
    assert Message.objects.count() == Message.objects.values("key").distinct().count()
