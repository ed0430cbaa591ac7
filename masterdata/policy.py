"""Who may change master data, and which files they may load."""

from enum import Enum

from jobs.errors import NotYours
from masterdata.models import Person
from masterdata.roles import IMPORT_ROLES, SET_UP_ROLES, Role
from masterdata.selectors.people import managers_above

# These say who may do what, so that loading them is setting people up.
SET_UP_FILES = frozenset({"company", "people"})


class Action(Enum):
    IMPORT = "Loading data"
    SET_UP = "Setting up people and keys"


ALLOWED: dict[Action, frozenset[Role]] = {
    Action.IMPORT: frozenset(IMPORT_ROLES),
    Action.SET_UP: frozenset(SET_UP_ROLES),
}


def may(person: Person, action: Action) -> bool:
    return person.role in ALLOWED[action]


def check(person: Person, action: Action) -> None:
    """Raise NotYours, with the roles that may, unless this person may."""
    if not may(person, action):
        roles = ", ".join(Role(role).label for role in Role.values if role in ALLOWED[action])
        raise NotYours(f"{action.value} is for: {roles}. Ask one of them.")


def may_enter_absence(by: Person, person: Person) -> bool:
    """Whether somebody may say that a person is away: that person, a manager above, or who sets people up."""
    return by.pk == person.pk or may(by, Action.SET_UP) or by.pk in managers_above(person)


def check_enters_absence(by: Person, person: Person) -> None:
    if not may_enter_absence(by, person):
        raise NotYours(f"Only {person.name}, a manager above or the S&OP leader says when {person.name} is away.")


def may_load(person: Person, file: str) -> bool:
    """Whether this person may load a file of the contract, by its name there."""
    return may(person, Action.SET_UP if file in SET_UP_FILES else Action.IMPORT)
