"""Who belongs where: heads of departments, who is invited, who must finish a step, who is told afterwards."""

from dataclasses import dataclass

from cycles.steps import STEPS, Signer, Step
from masterdata.models import Person
from masterdata.roles import PLANNER_ROLES, Role
from masterdata.selectors import ceo, people
from meetings.models import MeetingKind

DEPARTMENTS = ("Sales", "Operations", "Finance", "Marketing")
HEAD_OF = {
    Signer.HEAD_OF_SALES: "Sales",
    Signer.HEAD_OF_OPERATIONS: "Operations",
    Signer.HEAD_OF_FINANCE: "Finance",
}
INVITED_ROLES = {
    MeetingKind.DEMAND_REVIEW: {Role.SALES_MANAGER, Role.MARKETING, Role.DEMAND_PLANNER, Role.SOP_LEADER},
    MeetingKind.SUPPLY_REVIEW: {Role.SOP_LEADER} | PLANNER_ROLES,
    MeetingKind.PRE_SOP: {Role.SOP_LEADER, Role.FINANCE} | PLANNER_ROLES,
    MeetingKind.EXECUTIVE: {Role.SOP_LEADER, Role.EXECUTIVE},
}
INVITED_HEADS = {
    MeetingKind.DEMAND_REVIEW: ("Sales", "Marketing"),
    MeetingKind.SUPPLY_REVIEW: ("Operations",),
    MeetingKind.PRE_SOP: DEPARTMENTS,
    MeetingKind.EXECUTIVE: DEPARTMENTS,
}


@dataclass(frozen=True)
class Signers:
    """Who signs and who leads, as far as they are set up."""

    ceo: Person | None
    heads: list[Person]
    leader: Person | None

    def of(self, step: Step) -> Person | None:
        """Who must finish a step: its signer, else the S&OP leader."""
        signer = STEPS[step].signer
        if signer is Signer.CEO:
            return self.ceo
        department = HEAD_OF[signer] if signer else ""
        return next((head for head in self.heads if head.department == department), None) or self.leader


def signers() -> Signers:
    boss = ceo()
    return Signers(boss, heads(boss), leader())


def heads(boss: Person | None = None) -> list[Person]:
    """The heads of the departments that agree on the plan, as far as they are set up; `boss` = the CEO, if known."""
    boss = boss or ceo()
    if boss is None:
        return []
    found = people().filter(reports_to=boss, department__in=DEPARTMENTS)
    by_department = {person.department: person for person in reversed(found)}
    return [by_department[name] for name in DEPARTMENTS if name in by_department]


def leader() -> Person | None:
    return people().filter(role=Role.SOP_LEADER).first()


def invited(kind: MeetingKind) -> list[Person]:
    """Who is asked to come, by role, with the heads of the departments concerned."""
    wanted = [head for head in heads() if head.department in INVITED_HEADS[kind]]
    wanted += people().filter(role__in=INVITED_ROLES[kind])
    return sorted({person.pk: person for person in wanted}.values(), key=lambda person: person.name)


def responsible(step: Step) -> Person | None:
    """Who must finish a step."""
    return signers().of(step)


def participants() -> list[Person]:
    """Everybody who takes part in the cycle: all but programs and administrators."""
    return list(people().exclude(role__in=[Role.API_CLIENT, Role.ADMIN]))
