"""Closing the record of changes block by block."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max

from cycles.models import Cycle
from cycles.services import cycle_lock_exclusive
from demand.models import Change, ChangeSeal
from demand.seals import FIRST, head_of
from demand.selectors.seals import block_digest, record_is_open, seal_last

EVERY = timedelta(hours=1)


def changes_seal(*, cycle: Cycle, at: datetime) -> ChangeSeal | None:
    """Seal the changes since the last seal; returns the last seal, or None when nothing was ever changed."""
    newest = _newest(cycle)
    with transaction.atomic():
        Cycle.objects.select_for_update(no_key=True).get(pk=cycle.pk)  # one seals at a time, beside everybody who saves
        last = seal_last(cycle)
        after = last.last_change if last else 0
        if newest <= after:
            return last
        changes, digest = block_digest(cycle, after, newest)
        return ChangeSeal.objects.create(
            cycle=cycle,
            number=last.number + 1 if last else 1,
            last_change=newest,
            changes=changes,
            digest=digest,
            head=head_of(last.head if last else FIRST, digest, changes),
            at=at,
        )


@transaction.atomic
def _newest(cycle: Cycle) -> int:
    """The highest number of a change up to which nothing will come any more: savers are kept out for this moment.

    A save under way could still bring a change with a lower number; one that begins later gets higher ones.
    """
    cycle_lock_exclusive(cycle)
    return Change.objects.filter(cycle=cycle).aggregate(pk=Max("pk"))["pk"] or 0


def seal_due(cycle: Cycle, at: datetime) -> bool:
    """Changes stand open and the last seal is an hour old."""
    last = seal_last(cycle)
    return (last is None or at - last.at >= EVERY) and record_is_open(cycle)
