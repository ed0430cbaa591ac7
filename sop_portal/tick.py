"""One look at everything that is due and not done, floor by floor."""

import logging
from collections.abc import Callable
from datetime import datetime

from demand.services import due as demand
from jobs.services.work import heartbeat_write
from kpis.services import due as kpis
from meetings.services import due as meetings
from sop_portal import pulls, session_store, webhooks
from supply.services import due as supply

log = logging.getLogger(__name__)

DUE: tuple[Callable[..., None], ...] = (
    meetings.due,
    demand.due,
    supply.due,
    kpis.due,
    webhooks.due,
    pulls.due,
    session_store.due,
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
