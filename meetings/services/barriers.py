"""What the S&OP leader did about what keeps people from taking part."""

from datetime import date, datetime

from django.db import transaction

from cycles.models import Cycle
from cycles.services.answers import BARRIERS
from jobs.errors import Invalid
from masterdata.models import Person
from meetings.models import Action, BarrierRemedy
from meetings.policy import check_leads
from meetings.services.actions import action_add


@transaction.atomic
def barrier_remedy_add(
    *,
    cycle: Cycle,
    department: str,
    barrier: str,
    text: str,
    by: Person,
    on: date,
    at: datetime,
    owner: Person | None = None,
    due_on: date | None = None,
) -> BarrierRemedy:
    """Write down what is done about a barrier of a department; with an owner it becomes an action as well."""
    check_leads(by, "Writing what was done about a barrier")
    if barrier and barrier not in BARRIERS:
        raise Invalid(f"Choose one of: {', '.join(BARRIERS.values())}.")
    if not Person.objects.filter(department=department).exists():
        raise Invalid(f"There is no department {department!r}. Load the page again.")
    if not text.strip():
        raise Invalid("Write what was done about it.")
    if (owner is None) != (due_on is None):
        raise Invalid("An action needs both: who, and until when. Leave both empty when it is done already.")
    action = None
    if owner is not None and due_on is not None:
        source = Action.Source.BARRIER
        action = action_add(cycle=cycle, text=text, owner=owner, due_on=due_on, by=by, on=on, at=at, source=source)
    return BarrierRemedy.objects.create(
        cycle=cycle, department=department, barrier=barrier, text=text.strip(), action=action, by=by, at=at
    )
