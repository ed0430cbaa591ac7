"""When mails reach people: in the waking hours of each, on the holidays of their own country."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from cycles.quiet import send_time
from cycles.selectors import holidays_by_country
from masterdata.models import Company, Person
from masterdata.selectors import company


@dataclass(frozen=True)
class Waking:
    """`at` is now; `holidays` are by country, read once for all who are told."""

    at: datetime
    house: Company
    holidays: dict[str, frozenset[date]]

    def send_at(self, person: Person, due_at: datetime, *, before: datetime | None = None) -> datetime:
        """`due_at`, or the person's next morning where it is night or a day off there; always `before` its deadline."""
        now = max(due_at, self.at)
        zone = ZoneInfo(person.timezone or self.house.timezone)
        later = send_time(now, zone=zone, holidays=self.holidays[country_of(person, self.house)], before=before)
        return due_at if later == now else later

    def end_of(self, day: date) -> datetime:
        """Midnight after a day, in the company's time."""
        return datetime.combine(day + timedelta(days=1), time(0), ZoneInfo(self.house.timezone))


def waking(told: Iterable[Person], at: datetime) -> Waking:
    house = company()
    countries = {country_of(person, house) for person in told}
    return Waking(at, house, holidays_by_country(countries, (at.year, at.year + 1)))


def country_of(person: Person, house: Company) -> str:
    return person.country or house.country
