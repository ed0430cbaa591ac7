"""One sign-in per role of the demonstration company."""

from masterdata.models import Person
from masterdata.roles import Role
from masterdata.selectors import people

DEMO_PASSWORD = "demo-2b-planned"
# who shows a role best; anybody else with the role otherwise
FIRST = (
    "linda-mitchell",
    "stephen-jiang",
    "brian-welcker",
    "marketing",
    "demand",
    "supply",
    "coo",
    "finance",
    "cfo",
    "leader",
    "ceo",
    "admin",
)


def demo_sign_ins() -> list[dict[str, str]]:
    """Role, name, user name and password of the people worth trying, in the order of the cycle."""
    known = {person.username: person for person in people().filter(user__username__in=FIRST)}
    return [_row(known[username]) for username in FIRST if username in known]


def _row(person: Person) -> dict[str, str]:
    role = Role(person.role).label
    if person.role in (Role.EXECUTIVE, Role.SALES_MANAGER) and person.name:
        role = f"{role}, {person.department}" if person.reports_to_id else "CEO"
    return {"role": role, "name": person.name, "username": person.username, "password": DEMO_PASSWORD}
