"""The calendar and the quiet hours: the leader sets the company's, everybody their own within them."""

from datetime import date, datetime, time

from django.db import transaction

from cycles.models import CalendarException, SiteCalendar
from cycles.quiet import QuietHours
from cycles.services import day_off_remove, days_off_add, site_save
from jobs.errors import Invalid, NotYours
from masterdata.models import Person
from masterdata.policy import Action, may
from masterdata.selectors import company
from masterdata.services.mails import company_hours_set, mail_hours_set
from masterdata.services.people import person_site_set
from meetings.policy import check_leads
from meetings.services.waking import company_hours


def site_of(code: str) -> SiteCalendar | None:
    """The site of a code; None for an empty one, which is the whole company."""
    if not code:
        return None
    site = SiteCalendar.objects.filter(code=code).first()
    if site is None:
        raise Invalid(f"There is no site {code[:20]!r}. Load the page again.")
    return site


@transaction.atomic
def site_set(*, code: str, name: str, country: str, by: Person) -> SiteCalendar:
    check_leads(by, "Setting up a site's calendar")
    return site_save(code=code, name=name, country=country)


@transaction.atomic
def closed_days_add(*, first: date, last: date, name: str, site: str, by: Person) -> int:
    check_leads(by, "Entering days off")
    return days_off_add(first=first, last=last, name=name, site=site_of(site))


@transaction.atomic
def closed_day_remove(*, pk: int, by: Person) -> CalendarException:
    check_leads(by, "Taking days off back")
    return day_off_remove(pk=pk)


@transaction.atomic
def site_assign(*, person: Person, site: str, by: Person, at: datetime) -> bool:
    """Where somebody works: they say it themselves, or who sets people up does."""
    if by.pk != person.pk and not may(by, Action.SET_UP):
        raise NotYours(f"Where {person.name} works is said by {person.name} or by the S&OP leader.")
    found = site_of(site)
    return person_site_set(person=person, site=found.code if found else "", by=by, at=at)


@transaction.atomic
def quiet_hours_set(*, since: time, until: time, weekends: bool, by: Person, at: datetime) -> None:
    """The company's quiet hours; who has longer ones keeps them."""
    check_leads(by, "Setting the quiet hours")
    try:
        QuietHours(since, until, weekends)
    except ValueError as error:
        raise Invalid(str(error)) from error
    company_hours_set(since=since, until=until, weekends=weekends, by=by, at=at)


@transaction.atomic
def own_hours_set(
    *, person: Person, since: time | None, until: time | None, weekends: bool, site: str, at: datetime
) -> None:
    """One's own quiet hours, within the company's, and the site whose holidays one keeps."""
    hours = company_hours(company())
    if (since is not None and since > hours.since) or (until is not None and until < hours.until):
        raise Invalid(
            f"The company is quiet from {hours.since:%H:%M} to {hours.until:%H:%M}. Yours may begin earlier and end "
            "later, not the other way round."
        )
    try:
        hours.narrowed(since, until, weekends)
    except ValueError as error:
        raise Invalid(str(error)) from error
    mail_hours_set(person=person, since=since, until=until, weekends=weekends, at=at)
    site_assign(person=person, site=site, by=person, at=at)
