"""The days on which the company does not work."""

from collections.abc import Iterable
from datetime import date

from cycles.calendar_days import holiday_dates
from cycles.models import CalendarException


def company_holidays(country: str, years: tuple[int, ...]) -> frozenset[date]:
    """Public holidays of the country plus the company's own."""
    own = CalendarException.objects.values_list("day", flat=True)
    return frozenset(holiday_dates(country, years, extra=tuple(own)))


def holidays_by_country(countries: Iterable[str], years: tuple[int, ...]) -> dict[str, frozenset[date]]:
    """The same for several countries, reading the company's own days once."""
    own = tuple(CalendarException.objects.values_list("day", flat=True))
    return {country: frozenset(holiday_dates(country, years, extra=own)) for country in set(countries)}
