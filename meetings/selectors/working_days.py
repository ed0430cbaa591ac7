"""The calendar page: who is off when over the coming year, and when mails may come."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from cycles.calendar_days import holiday_names
from cycles.models import CalendarException, SiteCalendar
from cycles.selectors import sites
from masterdata.models import Company, Person
from masterdata.selectors import company, people
from meetings.selectors.rights import leads

AHEAD = timedelta(days=365)


@dataclass(frozen=True)
class Off:
    """Why a place does not work on a day; `pk` where somebody entered it, who may take it back."""

    name: str
    pk: int | None = None


@dataclass(frozen=True)
class DayRow:
    """A day on which somebody is off, with one cell per place in the order of the page's columns."""

    day: date
    cells: list[Off | None]


def calendar_page(viewer: Person, today: date) -> dict[str, Any]:
    house, places = company(), sites()
    staff = list(people().order_by("user__first_name"))
    return {
        "house": house,
        "sites": [(site, sum(person.site == site.code for person in staff)) for site in places],
        "columns": [house.name or "The company", *(site.name for site in places)],
        "days": day_rows(house, places, today),
        "staff": staff if leads(viewer) else [],
        "quiet_since": f"{house.quiet_since:%H:%M}",
        "quiet_until": f"{house.quiet_until:%H:%M}",
    }


def day_rows(house: Company, places: list[SiteCalendar], today: date) -> list[DayRow]:
    """Every day of the coming year on which the company or a site is off, weekends left out."""
    years, last = (today.year, today.year + 1), today + AHEAD
    own = list(CalendarException.objects.filter(day__gte=today, day__lte=last))
    everybody = {row.day: Off(row.name, row.pk) for row in own if row.site_id is None}
    columns = [_column(house.country, years) | everybody]
    for site in places:
        mine = {row.day: Off(row.name, row.pk) for row in own if row.site_id == site.pk}
        shared = {day: Off(off.name) for day, off in everybody.items()}
        columns.append(_column(site.country, years) | shared | mine)
    days = sorted({day for column in columns for day in column if today <= day <= last and day.weekday() < 5})
    return [DayRow(day, [column.get(day) for column in columns]) for day in days]


def _column(country: str, years: tuple[int, ...]) -> dict[date, Off]:
    return {day: Off(name) for day, name in holiday_names(country, years).items()}
