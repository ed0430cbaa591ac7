"""Whoever has switched the digest and the card off gets neither from a real worker; the others get theirs."""

from datetime import date, timedelta

import pytest

from demand.models import LayerLine, Reason, SaidTo, Stage
from demand.services.comments import note_add
from jobs.models import Job, Message, MessageState, MovedClock, WorkState
from kpis.services.cards import MESSAGE_KIND
from masterdata.models import Person
from masterdata.services.mails import mail_choice_set
from meetings.services.said_digests import KIND
from tests.cast import Cast, small_company
from tests.kpis.past import past_cycle
from tests.meetings.journey import ENTRY, in_entry
from tests.meetings.test_requests_by_worker import at
from tests.meetings.test_said_digests import FRIDAY, SAID
from tests.processes import Process

MOST_TICKS = 10
pytestmark = [pytest.mark.worker, pytest.mark.django_db(transaction=True)]


def october(cast: Cast) -> None:
    """Both reps changed a line of the month that has closed."""
    cycle = past_cycle(date(2026, 10, 1), simulated=False)
    for person, customer in ((cast.rep, "NORTH"), (cast.other_rep, "EAST")):
        LayerLine.objects.create(
            cycle=cycle,
            stage=Stage.SALES,
            line=cast.line("ALPHA", customer),
            quantity=[5.0, *[None] * (cycle.horizon - 1)],
            reason=Reason.CUSTOMER_TOLD,
            changed_by=person,
            changed_at=ENTRY,
        )


def told(kind: str) -> set[tuple[str, str]]:
    return set(Message.objects.filter(kind=kind).values_list("recipient__username", "state"))


def cards_are_made() -> bool:
    return Job.objects.filter(kind="cards", state=WorkState.DONE).exists()


def test_digest_and_card_come_only_to_who_wants_them(celery_worker_process: Process) -> None:
    cast = small_company()
    october(cast)
    cycle = in_entry(cast)
    MovedClock.objects.update_or_create(pk=1, defaults={"at": SAID})
    rita: Person = cast.rep
    mail_choice_set(person=rita, digest=False, card=False, minutes=True, at=SAID)
    line = cast.line("ALPHA", "NORTH")
    note_add(cycle=cycle, by=cast.finance, text="Is it right, @rita? @rob, look.", at=SAID, line=line)
    for ticks in range(MOST_TICKS):
        at(FRIDAY + timedelta(minutes=ticks))
        if cards_are_made():
            break
    at(FRIDAY + timedelta(hours=1))
    assert cards_are_made()
    assert told(MESSAGE_KIND) == {("rob", MessageState.SENT)}
    assert told(KIND) == {("rob", MessageState.SENT)}
    assert SaidTo.objects.get(person=rita).told_at is None
    assert ("rita", MessageState.SENT) in told("input_opened")
