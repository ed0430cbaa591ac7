"""Twelve cycles by a real worker and beat on real rows, under a clock that jumps from event to event."""

import random
import time
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from cycles.models import Contribution, Cycle, CycleState, StepEvent
from cycles.periods import add_months
from cycles.reminders import Kind
from cycles.steps import Step
from demand.models import ForecastVersion, Stage
from jobs.models import JobPart, Message, MessageState
from jobs.services.messages import message_id
from tests.year.company import MONTHS, SITE_CLOSED, ZONE, ZONES, company_of_the_year, on, step_days
from tests.year.diary import DECEMBER, JUNE, SEPTEMBER, Diary, cycle_of, entry, the_year
from tests.year.expected import Expected
from tests.year.machine import Machine
from tests.year.table import year_table

REMINDERS = [kind.value for kind in Kind]
TOLD_OF_PUBLISHING = 12  # everybody but the administrator and the program
READERS_OF_THE_PACK = 6
pytestmark = [pytest.mark.worker, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def machine(test_environment: dict[str, str], broker: None, tmp_path: Path) -> Iterator[Machine]:
    machine = Machine(test_environment, tmp_path)
    yield machine
    machine.kill()


def live(diary: Diary, machine: Machine) -> None:
    """The year from event to event; deeds are done by people, whether the machine is up or not.

    Each month is checked when the next one has been looked at.
    """
    unchecked = list(MONTHS)
    for moment in sorted(diary.deeds):
        _power(diary, machine, moment)
        if moment in diary.crash_at:
            crash(machine, moment)
            continue
        if moment in diary.watched:
            machine.look(moment)
        if diary.deeds[moment]:
            machine.reach(moment)
        for deed in diary.deeds[moment]:
            deed(moment)
        if diary.deeds[moment]:
            machine.look(moment)
        if unchecked and machine.looks[-1] >= on(add_months(unchecked[0], 1), 0):
            check_month(unchecked.pop(0), Expected(diary, machine.looks))
    assert not unchecked


def check_month(month: date, expected: Expected) -> None:
    faults = list(JobPart.objects.exclude(error="").values("job__kind", "error"))
    assert not faults, faults
    steps_as_planned(month)
    steps_once_and_in_order(month, expected)
    every_reminder_once(month, expected)
    everybody_told(month)


def _power(diary: Diary, machine: Machine, moment: datetime) -> None:
    if diary.is_off(moment):
        machine.kill()
    elif not machine.up:
        machine.set_clock(moment)
        machine.start()


def crash(machine: Machine, moment: datetime) -> None:
    """The worker dies while it does what is due, and comes back minutes later by the clock."""
    machine.set_clock(moment)
    time.sleep(random.uniform(0.1, 1.5))
    machine.kill()
    machine.kills += 1


def test_a_year_runs_itself(machine: Machine, transactional_db: None, capsys: pytest.CaptureFixture[str]) -> None:
    cast = company_of_the_year()
    diary = the_year(cast)
    live(diary, machine)
    with capsys.disabled():
        print(year_table())
    nobody_asked_after_answering()
    each_left_once(machine)
    times_on_the_readers_clock()
    nobody_reminded_on_their_own_holiday()
    published_once()


def steps_as_planned(month: date) -> None:
    for row in cycle_of(month).steps.all():
        first, last = step_days(month)[row.kind]
        due = entry(month).deadline if row.kind is Step.SALES_FORECAST else on(last, 17)
        assert (row.opens_at, row.due_at) == (on(first, 8), due), (month, row.kind)


def steps_once_and_in_order(month: date, expected: Expected) -> None:
    opened = []
    for step in Step:
        rows = StepEvent.objects.filter(step__cycle__month=month, step__step=step.value).exclude(action="move")
        happened = [(event.action, event.at.replace(second=0)) for event in rows]
        assert happened in expected.possible(month, step), (month, step)
        opened += [at for action, at in happened[-2:] if action == "open"]
    assert opened == sorted(opened), month


def every_reminder_once(month: date, expected: Expected) -> None:
    rows = Message.objects.filter(cycle=f"{month:%Y-%m}", kind__in=REMINDERS, state=MessageState.SENT)
    told = sorted(rows.values_list("cycle", "kind", "recipient__username"))
    assert told == expected.reminders(month)


def nobody_asked_after_answering() -> None:
    requests = Message.objects.filter(kind__startswith="input_", state=MessageState.SENT)
    rows = Contribution.objects.exclude(answered_at=None).select_related("cycle")
    answered = {(f"{row.cycle.month:%Y-%m}", row.person_id): row.answered_at for row in rows}
    assert len(answered) == 2 * len(MONTHS)
    for message in requests:
        at = answered.get((message.cycle, message.recipient_id))
        assert at is None or message.sent_at < at, message.key


def each_left_once(machine: Machine) -> None:
    """One Message-ID a message; twice only where the sender was killed."""
    left = machine.sent_as_often()
    sent = {message_id(message): message for message in Message.objects.filter(state=MessageState.SENT)}
    assert set(left) == set(sent)
    twice = [sent[one].cycle for one, times in left.items() if times > 1]
    assert len(twice) <= machine.kills
    assert set(twice) <= {f"{SEPTEMBER:%Y-%m}"}
    waiting = Message.objects.filter(state__in=[MessageState.DUE, MessageState.SENDING, MessageState.FAILED])
    assert not waiting.exists()


def everybody_told(month: date) -> None:
    rows = Message.objects.filter(cycle=f"{month:%Y-%m}", state=MessageState.SENT)
    kinds = Counter(rows.values_list("kind", flat=True))
    assert kinds["published"] == (0 if month == JUNE else TOLD_OF_PUBLISHING), month
    assert kinds["pack"] == READERS_OF_THE_PACK, month


def times_on_the_readers_clock() -> None:
    for message in Message.objects.filter(kind="input_opened").select_related("recipient"):
        zone = ZONES[message.recipient.username]
        month = next(month for month in MONTHS if f"{month:%Y-%m}" == message.cycle)
        # July's was moved after the mail had gone out.
        if month.month != 7:
            assert f"{entry(month).deadline.astimezone(ZoneInfo(zone)):%H:%M} ({zone})" in message.text


def nobody_reminded_on_their_own_holiday() -> None:
    """Rob's site is closed when December's entry opens: he is asked the next morning, his deadline is everybody's."""
    asked = Message.objects.get(kind="input_opened", cycle=f"{DECEMBER:%Y-%m}", recipient__username="rob")
    assert asked.sent_at is not None
    assert asked.sent_at.astimezone(ZoneInfo(ZONES["rob"])).date() == SITE_CLOSED + timedelta(days=1)
    others = Message.objects.filter(kind="input_opened", cycle=asked.cycle).exclude(pk=asked.pk)
    assert {message.sent_at.astimezone(ZONE).date() for message in others if message.sent_at} == {SITE_CLOSED}


def published_once() -> None:
    states = {month: cycle_of(month).state for month in MONTHS}
    assert states == {m: CycleState.NOT_PUBLISHED if m == JUNE else CycleState.PUBLISHED for m in MONTHS}
    versions = ForecastVersion.objects.filter(stage=Stage.COMPANY_FORECAST, cycle__month__in=MONTHS)
    assert Counter(versions.filter(state="current").values_list("cycle", flat=True)) == {
        cycle_of(month).pk: 1 for month in MONTHS if month != JUNE
    }
    assert Cycle.objects.count() == len(MONTHS) + 1
