"""Scheduled pulls: set up by a person, queued when due, and what each of them came to."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction

from jobs.models import PullOutcome, ScheduledPull
from jobs.services.fetching import address_check
from jobs.services.work import PartSpec, job_queue

KIND: Final = "pull"
EVERY: Final = {
    ScheduledPull.Every.HOUR: timedelta(hours=1),
    ScheduledPull.Every.DAY: timedelta(days=1),
    ScheduledPull.Every.WEEK: timedelta(weeks=1),
}
MOST_ERRORS: Final = 100


@transaction.atomic
def pull_add(*, address: str, file: str, every: str, by: Any, at: datetime) -> ScheduledPull:
    """Fetch this address from now on, the first time at once; the files are loaded in this person's name."""
    address_check(address)
    every = ScheduledPull.Every(every)
    return ScheduledPull.objects.create(address=address, file=file, every=every, next_at=at, owner=by, created_at=at)


@transaction.atomic
def pull_stop(*, pull: ScheduledPull) -> None:
    """Nothing more is fetched there; what was loaded stays."""
    ScheduledPull.objects.filter(pk=pull.pk).update(active=False)


@transaction.atomic
def pull_now(*, pull: ScheduledPull, at: datetime) -> None:
    """Fetch once beside the schedule; pressed twice in a minute it is fetched once."""
    _queue(pull, at.replace(second=0, microsecond=0), at)


@transaction.atomic
def pulls_due_queue(*, at: datetime) -> int:
    """A job for every pull that is due; after a pause only one, however often it would have been due in between."""
    due = ScheduledPull.objects.select_for_update(skip_locked=True).filter(active=True, next_at__lte=at)
    pulls = list(due.order_by("pk"))
    for pull in pulls:
        _queue(pull, pull.next_at, at)
        pause = EVERY[ScheduledPull.Every(pull.every)]
        pull.next_at += pause * ((at - pull.next_at) // pause + 1)
    ScheduledPull.objects.bulk_update(pulls, ["next_at"])
    return len(pulls)


def _queue(pull: ScheduledPull, due_at: datetime, at: datetime) -> None:
    label = f"Pull of {pull.address}"[:200]
    parts = [PartSpec(label=label, payload={"pull": pull.pk, "due_at": due_at.isoformat()})]
    job_queue(kind=KIND, key=f"{pull.pk}:{due_at.isoformat()}", label=label, parts=parts, at=at, owner=pull.owner)


@transaction.atomic
def outcome_write(
    *,
    pull: ScheduledPull,
    due_at: datetime,
    at: datetime,
    ok: bool,
    message: str,
    errors: Sequence[dict[str, Any]] = (),
    content_hash: str = "",
) -> bool:
    """Write down what a fetching came to, once; True when its owner has to hear: it failed, not as the last time."""
    before = pull.outcomes.first()
    _, fresh = PullOutcome.objects.get_or_create(
        pull=pull,
        due_at=due_at,
        defaults={
            "at": at,
            "ok": ok,
            "message": message[:500],
            "errors": list(errors[:MOST_ERRORS]),
            "error_count": len(errors),
        },
    )
    if ok and content_hash:
        ScheduledPull.objects.filter(pk=pull.pk).update(content_hash=content_hash)
    return fresh and not ok and (before is None or before.ok or before.message != message[:500])
