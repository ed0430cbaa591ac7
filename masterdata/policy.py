"""Who may change master data, and which files they may load."""

from enum import Enum

from jobs.errors import NotYours
from masterdata.models import Person
from masterdata.roles import IMPORT_ROLES, SET_UP_ROLES, Role

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


def may_load(person: Person, file: str) -> bool:
    """Whether this person may load a file of the contract, by its name there."""
    return may(person, Action.SET_UP if file in SET_UP_FILES else Action.IMPORT)
