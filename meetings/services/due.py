"""What the meetings floor has to do by itself, found from state."""

import logging
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db import transaction

from cycles.models import Cycle
from cycles.periods import add_months, month_of
from cycles.selectors import milestones_reached, open_cycle, step_of
from cycles.services import cycle_advance
from cycles.steps import Milestone, Step, StepState
from demand.services.submissions import submissions_expect
from masterdata.selectors import company
from meetings.services.agreement import pack_due, pack_freeze
from meetings.services.briefs import gap_briefs_raise
from meetings.services.cadence import actuals_check, cycle_give_up, cycle_start
from meetings.services.corrections import correction_publish_queue, corrections_due
from meetings.services.invitations import invitations_queue
from meetings.services.outcomes import outcomes_take
from meetings.services.publishing import publish_due, publish_queue
from meetings.services.reminders import reminders_materialise
from meetings.services.said_digests import said_digests_queue

log = logging.getLogger(__name__)


def due(*, at: datetime) -> None:
    """Move the open cycle on, raise briefs, freeze the pack, publish, open the next cycle, look back at decisions; then
    invite, remind, tell.

    Nobody is told that something is late which is done in the same breath. Safe to repeat. What fails does not hold up
    the rest; the first failure is raised when everything has had its turn.
    """
    failures = []
    for work in (_move_on, _raise_briefs, _freeze, _publish, _open_next, _look_back, _invite, _remind, _tell_said):
        try:
            work(at)
        except Exception as failure:
            log.exception("Due work of meetings failed: %s", work.__name__)
            failures.append(failure)
    if failures:
        raise failures[0]


def _move_on(at: datetime) -> None:
    if cycle := open_cycle():
        cycle_move_on(cycle=cycle, at=at)


def _invite(at: datetime) -> None:
    if cycle := open_cycle():
        invitations_queue(cycle=cycle, at=at)


def _remind(at: datetime) -> None:
    reminders_materialise(cycle=open_cycle(), at=at)


def _tell_said(at: datetime) -> None:
    said_digests_queue(at=at)


def _look_back(at: datetime) -> None:
    outcomes_take(at=at)


def _raise_briefs(at: datetime) -> None:
    if cycle := open_cycle():
        gap_briefs_raise(cycle=cycle, at=at)


def _freeze(at: datetime) -> None:
    cycle = open_cycle()
    if cycle is not None and pack_due(cycle, at):
        pack_freeze(cycle=cycle, at=at)


def _publish(at: datetime) -> None:
    cycle = open_cycle()
    if cycle is not None and publish_due(cycle):
        publish_queue(cycle=cycle, at=at)
    for decision in corrections_due():
        correction_publish_queue(decision=decision, at=at)


def _open_next(at: datetime) -> None:
    month = next_month_due(at)
    if month is not None:
        next_cycle_open(month=month, at=at)


def cycle_move_on(*, cycle: Cycle, at: datetime) -> None:
    """Actuals that came in, answers to expect, steps whose time or condition has come."""
    actuals_check(cycle=cycle, at=at)
    if answers_to_expect(cycle):
        submissions_expect(cycle=cycle)
    cycle_advance(cycle=cycle, at=at)


def answers_to_expect(cycle: Cycle) -> bool:
    """The baseline is built, entry is not over, and nobody is expected yet."""
    over = step_of(cycle, Step.SALES_FORECAST).state not in (StepState.PENDING.value, StepState.OPEN.value)
    return not over and Milestone.BASELINE_BUILT in milestones_reached(cycle) and not cycle.contributions.exists()


def next_month_due(at: datetime) -> date | None:
    """The month whose cycle is to open now: it has begun, and the publish date of the one before is past.

    The first cycle of all is opened by hand.
    """
    latest = Cycle.objects.filter(simulated=False).order_by("-month").first()
    if latest is None:
        return None
    month = month_of(at.astimezone(ZoneInfo(company().timezone)).date())
    publish = step_of(latest, Step.PUBLISH)
    return month if month >= add_months(latest.month, 1) and publish.due_at < at else None


@transaction.atomic
def next_cycle_open(*, month: date, at: datetime) -> Cycle:
    """Open a month's cycle; one that is still open was not approved in time and ends as not published."""
    running = open_cycle()
    if running is not None:
        cycle_give_up(cycle=running, at=at)
    return cycle_start(month=month, at=at)
