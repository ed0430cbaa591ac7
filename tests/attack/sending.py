"""One hostile request, everybody who sends them, and the table of how they were answered."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.test import Client

from masterdata.roles import Role
from masterdata.services.keys import SCOPES, key_create
from tests.everything import Everything
from tests.matrix import ACTORS, SAFE, Actors, Answer, Body
from tests.meetings.journey import ENTRY

TOLD_AT_MOST = 40


@dataclass(frozen=True)
class Attack:
    """One request of one actor: fields as a form sends them, or a body as a script sends it."""

    who: str
    method: str
    path: str
    body: Body = ()
    headers: Mapping[str, str] = field(default_factory=dict, hash=False)

    def __str__(self) -> str:
        return f"{self.who}: {self.method} {self.path[:200]} {str(self.body)[:300]} {str(dict(self.headers))[:300]}"


class Attackers(Actors):
    """The actors of the access matrix, and a key for each role and for each scope; what a request does is undone."""

    def __init__(self, house: Everything) -> None:
        self.house = house
        super().__init__(house)
        people = {person.role: person for person in house.cast.people.values()}
        asked = {f"key of {role}": (person, SCOPES) for role, person in people.items()}
        asked |= {f"key for {scope}": (people[Role.API_CLIENT], (scope,)) for scope in SCOPES}
        for name, (person, scopes) in asked.items():
            self.keys[name] = key_create(person=person, scopes=scopes, at=ENTRY)[1]
            self.clients[name] = Client(raise_request_exception=False)
        self.programs = [*asked, "nobody", "revoked key"]
        self.everybody = list(ACTORS)

    def send(self, attack: Attack) -> Answer:
        return self.ask(attack.who, attack.method, attack.path, attack.body, attack.headers)


@dataclass
class Tally:
    """Requests by kind and status; errors of ours; what was refused and changed rows all the same."""

    statuses: dict[str, Counter[int]] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)

    def send(self, kind: str, attackers: Attackers, attacks: Iterable[Attack]) -> None:
        """Send them all, then fail with those that were answered wrongly."""
        before = len(self.errors) + len(self.changed)
        for attack in attacks:
            self.count(kind, attack, attackers.send(attack))
        found = [*self.errors, *self.changed][before:] if before == 0 else [*self.errors, *self.changed]
        assert len(self.errors) + len(self.changed) == before, "\n".join([f"{len(found)}:", *found[:TOLD_AT_MOST]])

    def count(self, kind: str, attack: Attack, answer: Answer) -> None:
        self.statuses.setdefault(kind, Counter())[answer.status] += 1
        if answer.status >= 500 and not attack.path.startswith("/healthz/ready"):
            self.errors.append(f"{kind}: {answer.status} {attack}")
        if answer.status >= 400 and answer.changed and attack.method not in SAFE:
            self.changed.append(f"{kind}: {answer.status} {attack} changed {', '.join(sorted(answer.changed))}")

    def table(self) -> list[str]:
        """One line per kind and one for all of them, a column per status."""
        columns = sorted({status for counts in self.statuses.values() for status in counts})
        lines = [f"{'requests':<34}{'sent':>8}" + "".join(f"{status:>7}" for status in columns)]
        whole = sum(self.statuses.values(), Counter())
        for kind, counts in [*self.statuses.items(), ("all", whole)]:
            lines.append(f"{kind:<34}{counts.total():>8,}" + "".join(f"{counts[one]:>7,}" for one in columns))
        refused = sum(count for status, count in whole.items() if status >= 400)
        lines.append(f"errors of ours (5xx): {len(self.errors)}")
        lines.append(f"refused: {refused:,}; rows changed by refused requests that write: {len(self.changed)}")
        return [*lines, *self.errors[:TOLD_AT_MOST], *self.changed[:TOLD_AT_MOST]]
