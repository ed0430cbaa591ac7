"""Who may do what around meetings, as a yes or no; `meetings.policy` refuses with the words."""

from masterdata.models import Person
from masterdata.roles import PLANNER_ROLES, Role
from masterdata.selectors import ceo
from meetings.models import Action, Decision, MeetingKind
from meetings.selectors.people import heads

OUTSIDE = frozenset({Role.API_CLIENT, Role.ADMIN})
BRIEF_ROLES = PLANNER_ROLES | {Role.SOP_LEADER, Role.SALES_MANAGER, Role.MARKETING, Role.FINANCE, Role.EXECUTIVE}


def leads(person: Person) -> bool:
    """Whether this person runs the cadence."""
    return person.role == Role.SOP_LEADER


def takes_part(person: Person) -> bool:
    return person.role not in OUTSIDE


def raises_briefs(person: Person) -> bool:
    return person.role in BRIEF_ROLES


def closes(person: Person, action: Action) -> bool:
    """An action is closed by its owner, by whoever raised it, or by the S&OP leader."""
    return leads(person) or person.pk in (action.owner_id, action.raised_by_id)


class Deciders:
    """The CEO and the heads of the departments, read once for many decisions."""

    def __init__(self) -> None:
        self.ceo, self.heads = ceo(), heads()

    def of(self, decision: Decision) -> list[Person]:
        """Who may decide: the named decider, the CEO, and at pre-S&OP the head of any department."""
        found = [decision.decider] + ([self.ceo] if self.ceo else [])
        found += self.heads if decision.forum == MeetingKind.PRE_SOP else []
        return list({person.pk: person for person in found}.values())

    def may(self, person: Person, decision: Decision) -> bool:
        """In their own right or as somebody's deputy."""
        return any(person.pk in (one.pk, one.deputy_id) for one in self.of(decision))
