"""Who agrees on targets; everybody who takes part reads them."""

from jobs.errors import NotYours
from masterdata.models import Person
from masterdata.roles import Role

TARGET_ROLES = frozenset({Role.SOP_LEADER, Role.EXECUTIVE})


def sets_targets(person: Person) -> bool:
    return person.role in TARGET_ROLES


def check_sets_targets(person: Person) -> None:
    if not sets_targets(person):
        raise NotYours("Targets are set by the S&OP leader and the executives; you can read them here.")
