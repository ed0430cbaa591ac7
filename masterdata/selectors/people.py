"""Who is who: people, heads of departments, the CEO, and who may stand in for whom."""

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import QuerySet

from jobs.errors import Refused
from masterdata.models import Person
from masterdata.roles import SALES_ROLES, Role


def people() -> QuerySet[Person]:
    """Everybody who may sign in, with their user."""
    return Person.objects.select_related("user").filter(user__is_active=True)


def person_of(user: AbstractBaseUser | AnonymousUser) -> Person:
    """The person behind a signed-in user; refused when the account has no place in the company."""
    person = Person.objects.select_related("user", "reports_to__user").filter(user_id=user.pk or 0).first()
    if person is None:
        raise Refused("no_person", "Your account has no role here yet. Ask the S&OP leader to add you.", status=403)
    return person


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
    above: set[int] = set()
    chain = dict(Person.objects.values_list("pk", "reports_to_id")) if person else {}
    at = chain.get(person.pk) if person else None
    while at is not None and at not in above:
        above.add(at)
        at = chain.get(at)
    return above


def deputies(person: Person) -> QuerySet[Person]:
    """Those this person may sign for."""
    return people().filter(deputy=person)
