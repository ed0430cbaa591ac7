"""Which days the company and its sites do not work; the dates of a cycle that has begun stay as they are."""

from datetime import date, timedelta

from django.db import transaction

from cycles.calendar_days import holiday_dates
from cycles.models import CalendarException, SiteCalendar
from jobs.errors import Invalid

LONGEST_CLOSED = 62  # days in a row


@transaction.atomic
def site_save(*, code: str, name: str, country: str) -> SiteCalendar:
    """A site, new or with another name or country; refused when nobody knows the country's holidays."""
    code, country = code.strip().upper(), country.strip().upper()
    if not code or len(code) > 20 or not code.replace("-", "").replace("_", "").isalnum():
        raise Invalid("Give the site a short code of letters and digits, for example MUNICH.")
    if not name.strip():
        raise Invalid("Give the site a name.")
    _check_country(country)
    site, _ = SiteCalendar.objects.update_or_create(code=code, defaults={"name": name.strip()[:80], "country": country})
    return site


def _check_country(country: str) -> None:
    if not country:
        raise Invalid("Country: give a code such as US or DE-BY.")
    try:
        holiday_dates(country, [])
    except ValueError as error:
        raise Invalid(f"Country: {error}") from error


@transaction.atomic
def days_off_add(*, first: date, last: date, name: str, site: SiteCalendar | None) -> int:
    """Days on which a site, or without one the whole company, does not work; how many are new."""
    if not name.strip():
        raise Invalid("Say why nobody works on these days.")
    if not first <= last or (last - first).days >= LONGEST_CLOSED:
        raise Invalid(f"Give a first and a last day, at most {LONGEST_CLOSED} days in a row.")
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    known = set(CalendarException.objects.filter(site=site, day__in=days).values_list("day", flat=True))
    CalendarException.objects.bulk_create(
        [CalendarException(day=day, name=name.strip()[:80], site=site) for day in days if day not in known],
        ignore_conflicts=True,
    )
    return len(days) - len(known)


@transaction.atomic
def day_off_remove(*, pk: int) -> CalendarException:
    """Take back a day somebody entered; a public holiday is the country's and stays."""
    row = CalendarException.objects.filter(pk=pk).first()
    if row is None:
        raise Invalid("This day is not on the calendar any more. Load the page again.")
    CalendarException.objects.filter(pk=pk).delete()
    return row
