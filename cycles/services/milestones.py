"""What a cycle has reached: marked by the floor that did it, withdrawn when an earlier step is reopened."""

from collections.abc import Collection
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from cycles.models import Cycle, MilestoneReached
from cycles.selectors import closed_steps, milestones_reached
from cycles.services.locks import cycle_lock_exclusive
from cycles.steps import Milestone, missing_for_milestone
from jobs.errors import Refused


@transaction.atomic
def milestone_reach(
    *,
    cycle: Cycle,
    kind: Milestone,
    at: datetime,
    by: User | None = None,
    on_behalf_of: User | None = None,
    note: str = "",
) -> MilestoneReached:
    """Record a milestone; reaching it twice keeps the first, reaching it too early is refused with what is missing."""
    cycle_lock_exclusive(cycle)
    reached = milestones_reached(cycle)
    if kind in reached:
        return MilestoneReached.objects.get(cycle=cycle, kind=kind.value, withdrawn_at=None)
    missing = missing_for_milestone(kind, closed_steps(cycle), reached)
    if missing:
        raise Refused("too_early", f"This cannot be done yet. {'. '.join(missing)}.", missing=missing)
    return MilestoneReached.objects.create(
        cycle=cycle, kind=kind.value, at=at, by=by, on_behalf_of=on_behalf_of, note=note
    )


@transaction.atomic
def milestone_withdraw(*, cycle: Cycle, kinds: Collection[Milestone], at: datetime, why: str) -> int:
    """Withdraw milestones; they stay on record with the reason."""
    cycle_lock_exclusive(cycle)
    current = MilestoneReached.objects.filter(cycle=cycle, kind__in=[k.value for k in kinds], withdrawn_at=None)
    return current.update(withdrawn_at=at, withdrawn_why=why)
