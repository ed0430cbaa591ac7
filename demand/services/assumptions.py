"""What the plan rests on: written down with an owner and a date to check it."""

from datetime import date, datetime

from django.db import transaction

from cycles.models import Cycle
from demand.models import Assumption, AssumptionCheck, CycleLine
from demand.selectors.assumptions import WRITERS, may_check
from jobs.errors import Invalid, NotYours, Refused
from masterdata.models import Family, Person
from masterdata.selectors import people
from masterdata.selectors.absences import company_day


@transaction.atomic
def assumption_add(
    *,
    cycle: Cycle,
    person: Person,
    text: str,
    family: str,
    owner: str,
    check_on: str,
    at: datetime,
    line: int | None = None,
) -> Assumption:
    """Write an assumption down; needs words, an owner and a date on which it is checked.

    One of a line stands with the line's family as well.
    """
    if person.role not in WRITERS:
        raise NotYours("Assumptions are written by planners, sales managers, marketing and the S&OP leader.")
    if not text:
        raise Invalid("Say in a sentence what the plan rests on.")
    watcher = people().filter(user__username=owner).first()
    if watcher is None:
        raise Invalid("Choose who watches this assumption.")
    return Assumption.objects.create(
        cycle=cycle,
        text=text,
        line_id=line,
        family=_line_family(cycle, line) if line else _family(family),
        owner=watcher,
        check_on=_day(check_on),
        by=person,
        at=at,
    )


def _line_family(cycle: Cycle, line: int) -> Family:
    row = CycleLine.objects.filter(cycle=cycle, line_id=line).select_related("family").first()
    if row is None:
        raise Refused("no_line", f"There is no line {line} in the cycle {cycle.code}.", status=404)
    return row.family


def _family(code: str) -> Family | None:
    if not code:
        return None
    family = Family.objects.filter(code=code).first()
    if family is None:
        raise Invalid(f"There is no family {code!r}.")
    return family


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid("Give the date on which the assumption is checked.") from None


@transaction.atomic
def assumption_check(
    *, pk: int, person: Person, state: str, at: datetime, note: str = "", check_on: str = ""
) -> Assumption:
    """Say whether an assumption holds; its owner and its writers may. One that holds gets its next day.

    Every look is kept: who found what, when.
    """
    assumption = Assumption.objects.select_for_update().filter(pk=pk).first()
    if assumption is None:
        raise Refused("no_assumption", "There is no such assumption.", status=404)
    if state not in Assumption.State.values:
        raise Invalid(f"Choose one of: {', '.join(Assumption.State.labels)}.")
    if not may_check(assumption, person):
        raise NotYours(f"This assumption is watched by {assumption.owner.name}.")
    assumption.state = Assumption.State(state)
    assumption.check_on = _next_check(assumption, check_on, company_day(at))
    assumption.save(update_fields=["state", "check_on"])
    AssumptionCheck.objects.create(
        assumption=assumption, state=assumption.state, note=note, check_on=assumption.check_on, by=person, at=at
    )
    return assumption


def _next_check(assumption: Assumption, given: str, today: date) -> date:
    if assumption.state != Assumption.State.HOLDS:
        return assumption.check_on
    wanted = _day(given)
    if wanted <= today:
        raise Invalid("Give a day to come on which it is checked again.")
    return wanted
