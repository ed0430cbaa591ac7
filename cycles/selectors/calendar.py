"""The days on which the company and its sites do not work."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from cycles.calendar_days import holiday_dates
from cycles.models import CalendarException, SiteCalendar


def company_holidays(country: str, years: tuple[int, ...]) -> frozenset[date]:
    """Public holidays of the country plus the company's own."""
    own = CalendarException.objects.filter(site=None).values_list("day", flat=True)
    return frozenset(holiday_dates(country, years, extra=tuple(own)))


def holidays_by_place(places: Iterable[str], years: tuple[int, ...]) -> dict[str, frozenset[date]]:
    """The days off by place, a site's code or else a country's; the company's own days count everywhere."""
    countries, own = dict(SiteCalendar.objects.values_list("code", "country")), _own_days()
    return {
        place: frozenset(holiday_dates(countries.get(place, place), years, extra=own[""] | own[place]))
        for place in set(places)
    }


def _own_days() -> defaultdict[str, set[date]]:
    """Days somebody entered, by the site's code; the company's under an empty one."""
    own: defaultdict[str, set[date]] = defaultdict(set)
    for code, day in CalendarException.objects.values_list("site__code", "day"):
        own[code or ""].add(day)
    return own


def sites() -> list[SiteCalendar]:
    return list(SiteCalendar.objects.all())
