"""Who is who: people, heads of departments, the CEO, and who may stand in for whom."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User
from django.db.models import QuerySet

from jobs.errors import Refused
from jobs.selectors.rows import columns_of, first_row, row_of
from masterdata.models import Person
from masterdata.roles import SALES_ROLES, Role


def people() -> QuerySet[Person]:
    """Everybody who may sign in, with their user."""
    return Person.objects.select_related("user").filter(user__is_active=True)


def person_of(user: AbstractBaseUser | AnonymousUser) -> Person:
    """The person behind a signed-in user; refused when the account has no place in the company."""
    person = Person.objects.select_related("user", "reports_to__user").filter(user_id=user.pk or 0).first()
    if person is None:
        raise _no_person()
    return person


def _no_person() -> Refused:
    return Refused("no_person", "Your account has no role here yet. Ask the S&OP leader to add you.", status=403)


@dataclass(frozen=True)
class Asker:
    """An account, the person behind it (None: it has no place in the company) and the company's time zone."""

    user: User
    person: Person | None
    zone: str


# What `account_of` takes of an account `u` and the person `p` behind it, where the statement has them.
ACCOUNT = f"""
coalesce((SELECT timezone FROM masterdata_company LIMIT 1), 'UTC'), {columns_of(User, "u")}, {columns_of(Person, "p")}
"""
ASKER = f"SELECT {ACCOUNT} FROM auth_user u LEFT JOIN masterdata_person p ON p.user_id = u.id WHERE u.id = %s"
OF_USER = 1 + len(User._meta.concrete_fields)


def account_of(row: Sequence[Any]) -> Asker | None:
    """Who has the account of a row of the columns `ACCOUNT`; None when it has none."""
    if row[1] is None:
        return None
    account, person = row_of(User, row[1:OF_USER]), None
    if row[OF_USER] is not None:
        person = row_of(Person, row[OF_USER:])
        person.user = account
    return Asker(account, person, row[0])


def asker_of(user: AbstractBaseUser | AnonymousUser) -> tuple[Person, str]:
    """The person behind a signed-in user and the company's time zone, by one query; refused as in `person_of`."""
    row = first_row(ASKER, [user.pk or 0])
    return asker_person(None if row is None else account_of(row))


def asker_person(asker: Asker | None) -> tuple[Person, str]:
    """The person and the company's time zone; refused when there is no person."""
    if asker is None or asker.person is None:
        raise _no_person()
    return asker.person, asker.zone


def sales_people() -> QuerySet[Person]:
    return people().filter(role__in=SALES_ROLES)


def ceo() -> Person | None:
    """The executive who reports to nobody."""
    return people().filter(role=Role.EXECUTIVE, reports_to=None).first()


def head_of(department: str) -> Person | None:
    """The head of a department: its member who reports to the CEO."""
    return people().filter(department=department, reports_to=ceo()).exclude(reports_to=None).first()


def managers_above(person: Person | None) -> set[int]:
    """Ids of everybody above a person, at any level."""
    return chains_above([person.pk])[person.pk] if person else set()


def chains_above(people: Iterable[int | None]) -> dict[int | None, set[int]]:
    """By person (ids; None has nobody): the ids of everybody above, at any level. One query."""
    boss = dict(Person.objects.values_list("pk", "reports_to_id"))
    return {person: _above(person, boss) for person in people}


def _above(person: int | None, boss: Mapping[int, int | None]) -> set[int]:
    above: set[int] = set()
    at = boss.get(person) if person is not None else None
    while at is not None and at not in above:
        above.add(at)
        at = boss.get(at)
    return above


def deputies(person: Person) -> QuerySet[Person]:
    """Those this person may sign for."""
    return people().filter(deputy=person)
