"""What goes on beside the saves of the last hour: a build, an import, and programs that pull a million rows."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime

from cycles.models import Cycle
from demand.services.plan import proposal_queue
from jobs.models import Job
from masterdata.bundles import ImportFile
from masterdata.models import Person
from masterdata.roles import Role
from sop_portal.load.bulk import bookings_csv, pull_seconds, rows_of
from sop_portal.load.spike import Played
from sop_portal.uploads import upload_check, upload_queue

IMPORTED, IMPORTED_A_REP = 20_000, 200


@dataclass
class Beside:
    """What was begun, and how far it came."""

    jobs: list[Job] = field(default_factory=list)
    pulls: list[float] = field(default_factory=list)

    def words(self) -> str:
        """`3 pulls of a million rows; Proposal of 2026-11 done; Import of bookings.csv running`."""
        for job in self.jobs:
            job.refresh_from_db()
        states = [f"{job.label} {job.state}" for job in self.jobs]
        return "; ".join([f"{len(self.pulls)} pulls of a million rows", *states])


@contextmanager
def much_beside(played: Played, at: datetime) -> Iterator[Beside]:
    """The worker builds the proposal of all lines and loads a file; one pull follows the other until the body ends."""
    beside, over = Beside(), threading.Event()

    def pull() -> None:
        while not over.is_set():
            beside.pulls.append(pull_seconds(played))

    puller = threading.Thread(target=pull, daemon=True)
    puller.start()
    try:
        beside.jobs.append(proposal_queue(cycle=Cycle.objects.get(pk=played.made.cycle), at=at))
        beside.jobs.append(_import(min(IMPORTED, IMPORTED_A_REP * len(played.made.owners)), at))
        yield beside
    finally:
        over.set()
        puller.join()


def _import(rows: int, at: datetime) -> Job:
    leader = Person.objects.select_related("user").get(role=Role.SOP_LEADER)
    file = ImportFile("bookings.csv", bookings_csv(rows_of(date(2018, 1, 1), rows)))
    return upload_queue(token=upload_check(uploads=[file], by=leader, at=at), by=leader, at=at)
