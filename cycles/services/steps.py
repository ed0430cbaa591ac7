"""The only place where a step changes: by time, by its conditions, or by the leader with a reason."""

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from cycles.models import Contribution, Cycle, CycleState, CycleStep, How, StepEvent
from cycles.selectors import closed_steps, milestones_reached, step_of
from cycles.services.locks import cycle_lock_exclusive
from cycles.services.milestones import milestone_withdraw
from cycles.steps import (
    STEPS,
    Action,
    Milestone,
    Step,
    StepState,
    WrongStateError,
    milestones_withdrawn_by_reopen,
    missing_for_close,
    missing_for_open,
    next_state,
    steps_withdrawn_by_reopen,
)
from jobs.errors import Invalid, Refused


@transaction.atomic
def cycle_advance(*, cycle: Cycle, at: datetime) -> list[CycleStep]:
    """Open and close every step whose time or condition has come, in order; harmless to repeat."""
    cycle_lock_exclusive(cycle)
    cycle.refresh_from_db()
    if cycle.state != CycleState.OPEN:
        return []
    return [row for step in Step for row in _advance(cycle, step, at)]


def _advance(cycle: Cycle, step: Step, at: datetime) -> list[CycleStep]:
    row, changed = step_of(cycle, step), []
    if row.state == StepState.PENDING.value and _opens(cycle, row, at):
        changed.append(_change(row, Action.OPEN, at))
    if row.state == StepState.OPEN.value and _closes(cycle, row, at):
        changed.append(_change(row, Action.CLOSE, at))
    return changed


def _opens(cycle: Cycle, row: CycleStep, at: datetime) -> bool:
    in_time = row.opens_at <= at or not (STEPS[row.kind].by_time or row.kind is Step.DATA_CLOSE)
    return in_time and not missing_for_open(row.kind, closed_steps(cycle), milestones_reached(cycle))


def _closes(cycle: Cycle, row: CycleStep, at: datetime) -> bool:
    if STEPS[row.kind].by_time:
        return row.due_at <= at
    return not missing_for_close(row.kind, closed_steps(cycle), milestones_reached(cycle))


def _change(row: CycleStep, action: Action, at: datetime, *, by: User | None = None, reason: str = "") -> CycleStep:
    try:
        row.state = next_state(StepState(row.state), action).value
    except WrongStateError as error:
        raise Refused("wrong_state", f"{row.kind.label}: {error}") from error
    if row.state == StepState.OPEN.value:
        row.opened_at, row.closed_at = at, None
    if row.state == StepState.CLOSED.value:
        row.closed_at = at
    row.save(update_fields=["state", "opened_at", "closed_at"])
    StepEvent.objects.create(step=row, action=action.value, at=at, by=by, reason=reason)
    if row.kind is Step.SALES_FORECAST and action is Action.CLOSE:
        _accept_unanswered(row)
    return row


def _accept_unanswered(row: CycleStep) -> None:
    Contribution.objects.filter(cycle_id=row.cycle_id, step=row.step, answered_at=None).update(how=How.AUTO)


def _needs_reason(reason: str) -> str:
    if not reason.strip():
        raise Invalid("Say why in a few words; everybody affected is told the reason.")
    return reason.strip()


@transaction.atomic
def step_close(*, cycle: Cycle, step: Step, by: User, at: datetime, reason: str) -> CycleStep:
    """Close a step before its time; refused with what is missing when its exit condition does not hold."""
    reason = _needs_reason(reason)
    cycle_lock_exclusive(cycle)
    row = step_of(cycle, step)
    if row.state == StepState.OPEN.value:
        missing = missing_for_close(step, closed_steps(cycle), milestones_reached(cycle))
        if missing:
            raise Refused(
                "step_unfinished", f"{step.label} cannot be closed yet. {'. '.join(missing)}.", missing=missing
            )
    row = _change(row, Action.CLOSE, at, by=by, reason=reason)
    cycle_advance(cycle=cycle, at=at)
    return row


@transaction.atomic
def step_reopen(*, cycle: Cycle, step: Step, by: User, at: datetime, reason: str, due_at: datetime) -> CycleStep:
    """Reopen a closed step until `due_at`; later steps go back and what was signed after it is withdrawn."""
    reason = _needs_reason(reason)
    if due_at <= at:
        raise Invalid("Give a new due time that lies ahead.")
    cycle_lock_exclusive(cycle)
    if cycle.state != CycleState.OPEN:
        raise Refused("cycle_ended", f"The cycle {cycle.code} has ended; correct it by a new revision.")
    row = _change(step_of(cycle, step), Action.REOPEN, at, by=by, reason=reason)
    # A step that was over before its day would otherwise be due before it opens.
    row.due_at, row.opens_at = due_at, min(row.opens_at, at)
    row.save(update_fields=["due_at", "opens_at"])
    withdrawn = milestones_withdrawn_by_reopen(step) - _kept_on_reopen(step)
    milestone_withdraw(cycle=cycle, kinds=withdrawn, at=at, why=f"{step.label} was reopened: {reason}")
    for later in steps_withdrawn_by_reopen(step):
        later_row = step_of(cycle, later)
        if later_row.state != StepState.PENDING.value:
            _change(later_row, Action.WITHDRAW, at, by=by, reason=reason)
    if step is Step.SALES_FORECAST:
        Contribution.objects.filter(cycle=cycle, step=step.value, how=How.AUTO).update(how="")
    return row


def _kept_on_reopen(step: Step) -> set[Milestone]:
    """Reopening the data close must not throw away that the actuals are in; the baseline is built again."""
    return {Milestone.ACTUALS_IN} if step is Step.DATA_CLOSE else set()


@transaction.atomic
def step_move(*, cycle: Cycle, step: Step, by: User, at: datetime, reason: str, due_at: datetime) -> CycleStep:
    """Move a step's due time with a reason."""
    reason = _needs_reason(reason)
    row = CycleStep.objects.select_for_update().get(cycle=cycle, step=step.value)
    if due_at <= row.opens_at:
        raise Invalid(f"{step.label} cannot be due before it opens ({row.opens_at:%Y-%m-%d %H:%M} UTC).")
    if row.state not in (StepState.PENDING.value, StepState.OPEN.value):
        raise Refused("wrong_state", f"{step.label} is finished; reopen it instead.")
    row.due_at = due_at
    row.save(update_fields=["due_at"])
    StepEvent.objects.create(step=row, action="move", at=at, by=by, reason=reason)
    return row
