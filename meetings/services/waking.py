"""When mails reach people: in the waking hours of each, on the holidays of their own site or country."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from cycles.quiet import QuietHours, send_time
from cycles.selectors import holidays_by_place
from masterdata.models import Company, MailChoice, Person
from masterdata.selectors import company
from meetings.mornings import morning_passed


@dataclass(frozen=True)
class Waking:
    """`at` is now; `holidays` by place and `choices` by person's id are read once for all who are told."""

    at: datetime
    house: Company
    holidays: dict[str, frozenset[date]]
    choices: dict[int, MailChoice] = field(default_factory=dict)

    def send_at(self, person: Person, due_at: datetime, *, before: datetime | None = None) -> datetime:
        """`due_at`, or the person's next morning where it is night or a day off there; always `before` its deadline."""
        now = max(due_at, self.at)
        later = send_time(
            now,
            zone=ZoneInfo(person.timezone or self.house.timezone),
            holidays=self.holidays[place_of(person, self.house)],
            hours=hours_of(self.house, self.choices.get(person.pk)),
            before=before,
        )
        return due_at if later == now else later

    def morning_of(self, person: Person) -> datetime | None:
        """When the one daily mail of today goes out to a person; None before it, and on a day off there."""
        return morning_passed(
            self.at,
            ZoneInfo(person.timezone or self.house.timezone),
            self.holidays[place_of(person, self.house)],
            until=hours_of(self.house, self.choices.get(person.pk)).until,
        )

    def end_of(self, day: date) -> datetime:
        """Midnight after a day, in the company's time."""
        return datetime.combine(day + timedelta(days=1), time(0), ZoneInfo(self.house.timezone))


def waking(told: Iterable[Person], at: datetime) -> Waking:
    house, told = company(), list(told)
    places = {place_of(person, house) for person in told}
    choices = {row.person_id: row for row in MailChoice.objects.filter(person__in=[person.pk for person in told])}
    return Waking(at, house, holidays_by_place(places, (at.year, at.year + 1)), choices)


def place_of(person: Person, house: Company) -> str:
    """Whose holidays a person keeps: the site's, else the country's."""
    return person.site or person.country or house.country


def company_hours(house: Company) -> QuietHours:
    return QuietHours(house.quiet_since, house.quiet_until, house.weekend_mails)


def hours_of(house: Company, choice: MailChoice | None) -> QuietHours:
    """The company's quiet hours, or a person's longer ones; hours that no longer fit together are the company's."""
    hours = company_hours(house)
    if choice is None:
        return hours
    try:
        return hours.narrowed(choice.quiet_since, choice.quiet_until, choice.weekend_mails)
    except ValueError:
        return hours
