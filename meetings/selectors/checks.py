"""What somebody watches and is to look at again: assumptions, and risks and opportunities, whose day has come."""

from dataclasses import dataclass
from datetime import date

from cycles.reminders import CheckFacts
from demand.selectors.assumptions import assumptions_due
from masterdata.models import Person
from meetings.selectors.register import risks_due


@dataclass(frozen=True)
class Watched:
    """`key` names it in messages; `words` say what it is."""

    key: str
    owner: Person
    due: date
    words: str
    path: str


def watched_due(on: date) -> list[Watched]:
    """Everything that stands and whose day has come, the longest waiting first."""
    found = [
        Watched(f"assumption:{row.pk}", row.owner, row.check_on, f"Assumption: {row.text}", "/demand/#assumptions")
        for row in assumptions_due(on)
    ]
    found += [
        Watched(f"risk:{row.pk}", row.owner, row.check_on, f"{row.get_kind_display()}: {row.text}", "/meetings/risks/")
        for row in risks_due(on)
        if row.check_on
    ]
    return sorted(found, key=lambda one: (one.due, one.key))


def watched_checks(on: date) -> tuple[CheckFacts, ...]:
    return tuple(CheckFacts(one.key, one.owner.username, one.due) for one in watched_due(on))


def watched_by(person: Person, on: date) -> list[Watched]:
    """What waits for a look of this person."""
    return [one for one in watched_due(on) if one.owner.pk == person.pk]
