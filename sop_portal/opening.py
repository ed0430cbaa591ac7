"""Bringing the demonstration to life: its first cycle, and the replay of the twelve before it."""

from datetime import datetime
from zoneinfo import ZoneInfo

from cycles.models import Cycle
from cycles.periods import add_months
from cycles.selectors import current_cycle
from demand.models import SalesInput
from demand.services.baseline import baseline_queue
from jobs.errors import Refused
from masterdata.selectors import company
from meetings.services.cadence import cycle_start
from meetings.services.due import due
from sop_portal.replay import replay_queue


def demonstration_open(*, at: datetime) -> Cycle:
    """Open the cycle after the last closed month, dated from today, with its baseline and the replay queued.

    The steps count from the first start: sales entry is open for five working days, so nothing is overdue.
    Harmless to repeat.
    """
    running = current_cycle()
    if running is not None:
        return running
    settings = company()
    if settings.last_closed_month is None:
        raise Refused("no_actuals", "The demonstration's bookings are not loaded; run load_demo first.")
    today = at.astimezone(ZoneInfo(settings.timezone)).date()
    cycle = cycle_start(month=add_months(settings.last_closed_month, 1), at=at, by=None, entry_starts_on=today)
    due(at=at)
    baseline_queue(cycle=cycle, at=at)
    replay_demonstration(at=at)
    return cycle


def replay_demonstration(*, at: datetime) -> None:
    """Queue the replay of every cycle that has recorded sales input."""
    months = SalesInput.objects.order_by("cycle").values_list("cycle", flat=True)
    first, last = months.first(), months.last()
    if first is not None and last is not None:
        replay_queue(first=first, last=last, at=at)
