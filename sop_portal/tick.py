"""One look at everything that is due and not done, floor by floor."""

import logging
from collections.abc import Callable
from datetime import datetime

import demand.services.due
import kpis.services.due
import meetings.services.due
import supply.services.due
from jobs.services.work import heartbeat_write

log = logging.getLogger(__name__)

DUE: tuple[Callable[..., None], ...] = (
    meetings.services.due.due,
    demand.services.due.due,
    supply.services.due.due,
    kpis.services.due.due,
)


def tick(*, at: datetime) -> list[str]:
    """Run every floor's due work; a floor that fails is written down and does not hold up the others."""
    failed = []
    for work in DUE:
        try:
            work(at=at)
        except Exception:
            log.exception("Due work failed: %s", work.__module__)
            failed.append(work.__module__)
    heartbeat_write(name="tick", at=at)
    return failed
