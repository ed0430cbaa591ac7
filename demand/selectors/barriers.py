"""Asking those who did not take part what was in the way, once and only where they could have taken part."""

from datetime import datetime

from cycles.models import Contribution, CycleStep
from cycles.services.answers import MISSED
from cycles.steps import Step, StepState
from masterdata.models import Absence, Person
from masterdata.selectors.absences import company_day

FINISHED = (StepState.CLOSED.value, StepState.MISSED.value)


def deadline_of(step: CycleStep) -> datetime:
    """When sales entry really ended: at its due time, or when it was closed before."""
    return min(step.due_at, step.closed_at) if step.closed_at else step.due_at


def barrier_question(person: Person) -> Contribution | None:
    """The newest finished sales entry, when this person missed it, was not away and has not been asked yet."""
    rows = Contribution.objects.filter(
        person=person.user_id,
        step=Step.SALES_FORECAST.value,
        cycle__simulated=False,
        cycle__steps__step=Step.SALES_FORECAST.value,
        cycle__steps__state__in=FINISHED,
    )
    newest = rows.select_related("cycle").order_by("-cycle__month").first()
    if newest is None or newest.how not in MISSED or newest.barrier_asked_at:
        return None
    step = newest.cycle.steps.get(step=Step.SALES_FORECAST.value)
    day = company_day(deadline_of(step))
    away = Absence.objects.filter(person=person, first_day__lte=day, last_day__gte=day).exists()
    return None if away else newest
