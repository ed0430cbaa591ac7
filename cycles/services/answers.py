"""Who is expected to answer in a step, and how they did."""

from collections.abc import Collection, Mapping
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from cycles.models import Contribution, Cycle, How
from cycles.selectors import asked_twice, step_of
from cycles.services.locks import cycle_lock_shared
from cycles.steps import Step, StepState
from jobs.errors import Invalid, Refused

BARRIERS = {
    "no_time": "No time",
    "no_use": "No use to me",
    "data_wrong": "Data wrong",
    "away": "Was away",
    "other": "Other",
}
MISSED = (How.AUTO, How.ABSENT)


def contributions_expect(*, cycle: Cycle, step: Step, expected: Mapping[int, float]) -> None:
    """Expect an answer from these users (id -> value at stake); known ones keep their answer."""
    Contribution.objects.bulk_create(
        [Contribution(cycle=cycle, step=step.value, person_id=user, value=value) for user, value in expected.items()],
        update_conflicts=True,
        unique_fields=["cycle", "step", "person"],
        update_fields=["value"],
    )


@transaction.atomic
def contributions_release(*, cycle: Cycle, step: Step, users: Collection[int]) -> None:
    """Expect nothing of these users any more; an answer they gave stays on record, with nothing at stake."""
    rows = Contribution.objects.filter(cycle=cycle, step=step.value, person__in=list(users))
    rows.filter(answered_at=None).delete()
    rows.update(value=0)


@transaction.atomic
def contribution_answer(
    *,
    cycle: Cycle,
    step: Step,
    person: User,
    how: How,
    at: datetime,
    active_seconds: float | None = None,
    by: User | None = None,
) -> Contribution:
    """Record an answer; refused when the step is not open. Answering again replaces how, when and `by` whom."""
    cycle_lock_shared(cycle)
    row = step_of(cycle, step)
    if row.state != StepState.OPEN.value:
        raise Refused("step_closed", f"{step.label} of {cycle.code} is not open, so nothing can be sent.")
    answer, _ = Contribution.objects.select_for_update().get_or_create(cycle=cycle, step=step.value, person=person)
    answer.answered_at, answer.how = at, how
    answer.answered_by = by if by is not None and by.pk != person.pk else None
    if active_seconds is not None:
        answer.active_seconds = active_seconds
    answer.save(update_fields=["answered_at", "how", "active_seconds", "answered_by"])
    return answer


@transaction.atomic
def contribution_withdraw(*, cycle: Cycle, step: Step, person: User) -> None:
    """Take an answer back while the step is open, to change it."""
    cycle_lock_shared(cycle)
    if step_of(cycle, step).state != StepState.OPEN.value:
        raise Refused("step_closed", f"{step.label} of {cycle.code} is not open any more.")
    Contribution.objects.filter(cycle=cycle, step=step.value, person=person).update(
        answered_at=None, how="", answered_by=None
    )


@transaction.atomic
def contribution_nudge(*, cycle: Cycle, step: Step, person: User, at: datetime) -> Contribution:
    """Remind one person by hand, once per cycle; it takes the place of the second reminder."""
    row = Contribution.objects.select_for_update().filter(cycle=cycle, step=step.value, person=person).first()
    if row is None:
        raise Refused("not_expected", "No answer is expected from this person in this cycle.", status=404)
    if row.answered_at:
        raise Refused("answered", "This person has answered already.")
    if row.nudged_at:
        raise Refused("nudged", "This person has been nudged already in this cycle; two mails are the limit.")
    if person.username in asked_twice(cycle):
        raise Refused("asked_twice", "This person has had two requests in this cycle; that is the limit.")
    row.nudged_at = at
    row.save(update_fields=["nudged_at"])
    return row


@transaction.atomic
def barrier_tell(*, cycle: Cycle, step: Step, person: User, barrier: str, at: datetime) -> None:
    """Why somebody did not take part, in one tap and once; empty = they would rather not say."""
    if barrier and barrier not in BARRIERS:
        raise Invalid(f"Choose one of: {', '.join(BARRIERS.values())}.")
    row = Contribution.objects.select_for_update().filter(cycle=cycle, step=step.value, person=person).first()
    if row is None or row.how not in MISSED:
        raise Refused("took_part", f"Nothing is asked about {cycle.code}: nobody waited for you there.", status=404)
    if row.barrier_asked_at:
        raise Refused("told", f"You have answered this for {cycle.code} already. Thank you.")
    row.barrier, row.barrier_asked_at = barrier, at
    row.save(update_fields=["barrier", "barrier_asked_at"])


def contributions_record(*, cycle: Cycle, step: Step, answers: list[tuple[int, float, How, datetime | None]]) -> None:
    """Take over who took part in a past cycle: user id, value at stake, how, and when (None = never)."""
    Contribution.objects.bulk_create(
        [
            Contribution(cycle=cycle, step=step.value, person_id=user, value=value, how=how, answered_at=when)
            for user, value, how, when in answers
        ],
        ignore_conflicts=True,
    )
