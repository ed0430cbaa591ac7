"""Who stands above whom in sales."""

from masterdata.models import Person
from masterdata.selectors import people


def managers_above(person: Person | None) -> set[int]:
    """Ids of everybody above a person, at any level."""
    above: set[int] = set()
    chain = dict(Person.objects.values_list("pk", "reports_to_id")) if person else {}
    at = chain.get(person.pk) if person else None
    while at is not None and at not in above:
        above.add(at)
        at = chain.get(at)
    return above


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
