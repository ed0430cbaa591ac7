"""The days on which the company does not work."""

from datetime import date

from cycles.calendar_days import holiday_dates
from cycles.models import CalendarException


def company_holidays(country: str, years: tuple[int, ...]) -> frozenset[date]:
    """Public holidays of the country plus the company's own."""
    own = CalendarException.objects.values_list("day", flat=True)
    return frozenset(holiday_dates(country, years, extra=tuple(own)))
