"""Who stands above whom in sales."""

from masterdata.models import Person
from masterdata.selectors import people
from masterdata.selectors.people import chains_above, managers_above

__all__ = ["chains_above", "managers_above", "team_below"]


def team_below(manager: Person) -> list[Person]:
    """Everybody below a manager at any level, and the manager: the people whose lines make the team number."""
    everybody = list(people())
    reports: dict[int | None, list[Person]] = {}
    for person in everybody:
        reports.setdefault(person.reports_to_id, []).append(person)
    found, queue = [manager], [manager]
    while queue:
        below = [p for p in reports.get(queue.pop().pk, []) if p not in found]
        found += below
        queue += below
    return found
