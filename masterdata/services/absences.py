"""Saying that somebody is away, who enters meanwhile, and that they are back."""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet

from jobs.errors import Invalid, Refused
from masterdata.models import Absence, Person
from masterdata.policy import check_enters_absence
from masterdata.roles import SALES_ROLES
from masterdata.services.people import change_record

LONGEST_DAYS = 366
TABLE = "masterdata_absence"


@transaction.atomic
def absence_enter(
    *, person: Person, first: date, last: date, substitute: Person | None, by: Person, today: date, at: datetime
) -> Absence:
    """Enter days on which a person is away; refused when they overlap with days entered before."""
    check_enters_absence(by, person)
    _check_days(first, last, today)
    # Both rows, in order: two who enter at once wait for each other and see each other's days.
    ids = [person.pk] + ([substitute.pk] if substitute else [])
    list(Person.objects.select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk"))
    _check_free(person, first, last)
    if substitute is not None:
        _check_substitute(person, substitute)
        _check_present(substitute, first, last)
    absence = Absence.objects.create(
        person=person, first_day=first, last_day=last, substitute=substitute, entered_by=by, entered_at=at
    )
    change_record(TABLE, person.username, {}, _recorded(absence), by=by, at=at)
    return absence


@transaction.atomic
def absence_end(*, absence: Absence, by: Person, today: date, at: datetime) -> None:
    """The person is back today, or does not go at all; the days they were away stay on record."""
    check_enters_absence(by, absence.person)
    row = Absence.objects.select_for_update(of=("self",)).select_related("person__user").filter(pk=absence.pk).first()
    if row is None or row.last_day < today:
        raise Refused("absence_over", f"This absence of {absence.person.name} is over already.")
    before = _recorded(row)
    if row.first_day >= today:
        row.delete()
        change_record(TABLE, row.person.username, before, dict.fromkeys(before), by=by, at=at)
        return
    row.last_day = today - timedelta(days=1)
    row.save(update_fields=["last_day"])
    change_record(TABLE, row.person.username, before, _recorded(row), by=by, at=at)


def _recorded(absence: Absence) -> dict[str, object]:
    return {
        "first_day": str(absence.first_day),
        "last_day": str(absence.last_day),
        "substitute": absence.substitute_id,
    }


def _check_days(first: date, last: date, today: date) -> None:
    if last < first:
        raise Invalid(f"The last day, {last}, is before the first one, {first}.")
    if last < today:
        raise Invalid(f"{last} has passed. Enter days that reach today or later.")
    if (last - first).days >= LONGEST_DAYS:
        raise Invalid("Enter at most one year at a time.")


def _overlapping(person: Person, first: date, last: date) -> QuerySet[Absence]:
    return Absence.objects.filter(Q(first_day__lte=last, last_day__gte=first), person=person)


def _check_free(person: Person, first: date, last: date) -> None:
    if there := _overlapping(person, first, last).first():
        raise Refused(
            "away_already",
            f"{person.name} is entered as away from {there.first_day} to {there.last_day} already. "
            "End that one first, or choose other days.",
        )


def _check_substitute(person: Person, substitute: Person) -> None:
    if person.role not in SALES_ROLES:
        raise Invalid("Only people in Sales have a substitute who enters for them; who signs names a deputy.")
    if substitute.pk == person.pk:
        raise Invalid(f"{person.name} cannot stand in for {person.name}.")
    if not substitute.user.is_active:
        raise Invalid(f"{substitute.name} cannot sign in any more. Choose somebody else.")
    if substitute.role not in SALES_ROLES and substitute.pk != person.reports_to_id:
        raise Invalid(f"{substitute.name} does not work in Sales. Choose another person in Sales, or the manager.")


def _check_present(substitute: Person, first: date, last: date) -> None:
    if there := _overlapping(substitute, first, last).first():
        raise Refused(
            "substitute_away",
            f"{substitute.name} is away from {there.first_day} to {there.last_day}. Choose somebody else.",
        )
