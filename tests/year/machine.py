"""A worker and a beat of their own that look at the rows of a test, under a clock that the test moves."""

import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from email import message_from_string
from email.message import Message as Mail
from pathlib import Path

from django.db.models import Exists, OuterRef, Q

from cycles.models import Cycle, MilestoneReached, StepEvent
from jobs.models import ACTIVE_STATES, Heartbeat, JobPart, Message, MessageState, MovedClock, WorkState
from tests.processes import Process, beat_process, worker_process

EVERY = 0.25  # seconds between two ticks of the beat
PATIENCE = 120.0
SECOND = timedelta(seconds=1)


class Machine:
    """What runs in the background; `looks` are the moments at which it had done everything it found."""

    def __init__(self, environment: dict[str, str], folder: Path) -> None:
        own = environment | {"PORTAL_DATA": str(folder)}
        self.worker: Process = worker_process(own, folder / "worker.log")
        self.beat: Process = beat_process(own, folder / "beat.log", EVERY)
        self.mail = folder / "mail"
        self.up = False
        self.kills = 0
        self.looks: list[datetime] = []

    def start(self) -> None:
        self.worker.log.unlink(missing_ok=True)
        self.worker.start()
        self.worker.wait_until("ready.")
        self.beat.start()
        self.up = True

    def kill(self) -> None:
        """Everything at once, as when the power goes."""
        self.beat.kill()
        self.worker.kill()
        self.up = False

    def set_clock(self, at: datetime) -> None:
        MovedClock.objects.update_or_create(pk=1, defaults={"at": at})

    def reach(self, at: datetime) -> None:
        """Move the clock, and wait for a tick that begins by it: then none that began before is still at work."""
        self.set_clock(at)
        if self.up:
            self._wait(at)

    def look(self, at: datetime) -> None:
        """Move the clock, and wait until whole ticks have found nothing more to do."""
        self.set_clock(at)
        if not self.up:
            return
        before, moment = None, at
        while (found := fingerprint()) != before:
            before, moment = found, moment + SECOND
            self.set_clock(moment)
            self._wait(moment)
        assert moment - at < timedelta(seconds=55), f"it finds ever more to do at {at}"
        self.looks.append(at)

    def _wait(self, moment: datetime) -> None:
        deadline = time.monotonic() + PATIENCE
        while not ticked(moment) or busy(moment):
            assert time.monotonic() < deadline, f"not done with {moment}:\n{self.worker.output()[-4000:]}"
            time.sleep(0.02)

    def mails(self) -> Iterator[Mail]:
        for file in self.mail.glob("*.log"):
            for text in file.read_text().split("-" * 79 + "\n"):
                if text.strip():
                    yield message_from_string(text.lstrip("\n"))

    def sent_as_often(self) -> Counter[str]:
        """Message-ID: how often it left the house."""
        return Counter(str(mail["Message-ID"]) for mail in self.mails())


def ticked(moment: datetime) -> bool:
    return Heartbeat.objects.filter(name="tick", at=moment).exists()


def busy(moment: datetime) -> bool:
    """Work that could be done now, or is being done."""
    waits_for = JobPart.objects.filter(job=OuterRef("job"), number__lt=OuterRef("needs")).exclude(state=WorkState.DONE)
    ready = Q(state=WorkState.QUEUED, available_at__lte=moment) | Q(state=WorkState.RUNNING)
    if JobPart.objects.filter(ready, ~Exists(waits_for), job__state__in=ACTIVE_STATES).exists():
        return True
    return Message.objects.filter(state__in=[MessageState.DUE, MessageState.SENDING], due_at__lte=moment).exists()


def fingerprint() -> tuple[object, ...]:
    """How much has happened so far."""
    states = Message.objects.values_list("state", flat=True)
    return (
        StepEvent.objects.count(),
        Cycle.objects.exclude(state="open").count(),
        Cycle.objects.count(),
        MilestoneReached.objects.count(),
        JobPart.objects.filter(state=WorkState.DONE).count(),
        tuple(sorted(Counter(states).items())),
    )
