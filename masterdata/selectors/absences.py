"""Who is away on a day, until when, and who stands in."""

from collections.abc import Collection
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from masterdata.models import Absence, Person
from masterdata.policy import Action, may
from masterdata.selectors.company import company
from masterdata.selectors.people import people


def company_day(at: datetime) -> date:
    """The company's day at a moment: absences are days of the company."""
    return at.astimezone(ZoneInfo(company().timezone)).date()


def absences() -> QuerySet[Absence]:
    return Absence.objects.select_related("person__user", "substitute__user", "entered_by__user")


def away_on(day: date) -> dict[int, Absence]:
    """Who is away on a day: id of the person -> the absence."""
    return {row.person_id: row for row in absences().filter(first_day__lte=day, last_day__gte=day)}


def stands_in_for(person: Person, day: date) -> list[Absence]:
    """The absences of a day in which this person enters for somebody; empty once the account is closed."""
    if not person.user.is_active:
        return []
    return list(absences().filter(substitute=person, first_day__lte=day, last_day__gte=day))


def stands_in(person: Person, owner: Person, day: date) -> Absence | None:
    """The absence that lets a person enter for an owner on a day."""
    return next((row for row in stands_in_for(person, day) if row.person_id == owner.pk), None)


def substitute_now(absence: Absence, away: dict[int, Absence]) -> Person | None:
    """Who enters: the named substitute, unless away too or not with the company any more."""
    named = absence.substitute
    return named if named and named.user.is_active and named.pk not in away else None


def absences_from(day: date, people: Collection[int]) -> list[Absence]:
    """Absences of these people (ids) that have not ended before a day, soonest first."""
    return list(absences().filter(last_day__gte=day, person__in=list(people)))


def people_to_enter(by: Person) -> list[Person]:
    """Whose absence somebody may enter: one's own, that of everybody below, everybody's for who sets people up."""
    everybody = list(people())
    if may(by, Action.SET_UP):
        return everybody
    below = {by.pk}
    while added := {each.pk for each in everybody if each.reports_to_id in below} - below:
        below |= added
    return [each for each in everybody if each.pk in below]
