"""A person's place in the company, and which customers are theirs; every change is written down."""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.db import transaction

from jobs.errors import Invalid, Refused
from masterdata.cells import code
from masterdata.models import Customer, Person, RowChange
from masterdata.policy import Action, check
from masterdata.roles import SALES_ROLES, SET_UP_ROLES, Role
from masterdata.services.newcomers import groups_sync


@dataclass(frozen=True)
class Place:
    """What the set-up page changes of a person; people by their id."""

    role: str
    reports_to: int | None
    deputy: int | None
    is_active: bool


def place_of(person: Person) -> Place:
    return Place(person.role, person.reports_to_id, person.deputy_id, person.user.is_active)


@transaction.atomic
def person_change(*, person: Person, place: Place, by: Person, at: datetime) -> bool:
    """Give a person another place; False when it is the one they have."""
    check(by, Action.SET_UP)
    person = Person.objects.select_for_update(of=("self",)).select_related("user").get(pk=person.pk)
    before = place_of(person)
    if place == before:
        return False
    _check_place(person, place)
    person.role, person.reports_to_id, person.deputy_id = place.role, place.reports_to, place.deputy
    person.save(update_fields=["role", "reports_to", "deputy"])
    person.user.is_active = place.is_active
    person.user.save(update_fields=["is_active"])
    groups_sync()
    change_record("masterdata_person", person.username, asdict(before), asdict(place), by=by, at=at)
    return True


@transaction.atomic
def person_site_set(*, person: Person, site: str, by: Person, at: datetime) -> bool:
    """Whose holidays a person keeps, by the site's code; empty = their country's. False when it is so already."""
    row = Person.objects.select_for_update(of=("self",)).get(pk=person.pk)
    if row.site == site:
        return False
    change_record("masterdata_person", person.username, {"site": row.site}, {"site": site}, by=by, at=at)
    row.site = site
    row.save(update_fields=["site"])
    return True


def change_record(
    table: str, key: str, before: dict[str, Any], after: dict[str, Any], *, by: Person, at: datetime
) -> None:
    """Write down what a row was before and is after, the fields that differ only."""
    fields = [name for name in after if before.get(name) != after[name]]
    RowChange.objects.create(
        table=table, key=key, before={name: before.get(name) for name in fields},
        after={name: after[name] for name in fields}, by=by, at=at,
    )  # fmt: skip


def _check_place(person: Person, place: Place) -> None:
    if place.role not in Role.values:
        raise Invalid(f"There is no role {place.role!r}.")
    for other in (place.reports_to, place.deputy):
        if other is not None and not Person.objects.filter(pk=other).exists():
            raise Invalid("The chosen person is not here any more. Load the page again.")
    if place.deputy == person.pk:
        raise Invalid(f"{person.name} cannot be their own deputy.")
    _check_no_circle(person, place.reports_to)
    _check_one_chief(person, place)
    _check_customers(person, place)
    _check_set_up_stays(person, place)


def _check_no_circle(person: Person, manager: int | None) -> None:
    above = dict(Person.objects.values_list("pk", "reports_to_id"))
    while manager is not None:
        if manager == person.pk:
            raise Invalid(f"{person.name} would report to somebody who reports to {person.name}.")
        manager = above.pop(manager, None)


def _check_one_chief(person: Person, place: Place) -> None:
    if place.role != Role.EXECUTIVE or place.reports_to is not None or not place.is_active:
        return
    other = Person.objects.filter(role=Role.EXECUTIVE, reports_to=None, user__is_active=True).exclude(pk=person.pk)
    if chief := other.select_related("user").first():
        raise Refused("second_chief", f"Only the CEO reports to nobody, and that is {chief.name}. Choose a manager.")


def _check_customers(person: Person, place: Place) -> None:
    owned = person.customers.count()
    if owned and not (place.is_active and place.role in SALES_ROLES):
        raise Refused("owns_customers", f"{person.name} owns {owned} customers. Hand them over first.")


def _check_set_up_stays(person: Person, place: Place) -> None:
    if place.is_active and place.role in SET_UP_ROLES:
        return
    others = Person.objects.filter(role__in=SET_UP_ROLES, user__is_active=True).exclude(pk=person.pk)
    if person.role in SET_UP_ROLES and not others.exists():
        raise Refused("last_set_up", f"{person.name} is the last one who can set up people. Give the role on first.")


@transaction.atomic
def customers_hand_over(
    *, customers: Collection[int], to: Person, on: date, today: date, by: Person, at: datetime
) -> int:
    """Give customers to somebody else in Sales from a day on; returns how many changed hands.

    The lines of a cycle that has begun keep the owner they began with; the next cycle is the new owner's. In sales
    entry `demand.services.hand_over` moves them too.
    """
    check(by, Action.SET_UP)
    if to.role not in SALES_ROLES or not to.user.is_active:
        raise Invalid(f"{to.name} does not work in Sales. Choose a sales rep or sales manager.")
    if on > today:
        raise Invalid(f"{on} lies ahead. Hand over on the day itself, or name an earlier one.")
    found = list(Customer.objects.select_for_update().filter(pk__in=customers).exclude(owner=to))
    for customer in found:
        before = {"owner_id": customer.owner_id, "owner_from": customer.owner_from and str(customer.owner_from)}
        customer.owner, customer.owner_from = to, on
        after = {"owner_id": to.pk, "owner_from": str(on)}
        change_record("masterdata_customer", customer.code, before, after, by=by, at=at)
    Customer.objects.bulk_update(found, ["owner", "owner_from"])
    return len(found)


@transaction.atomic
def first_administrator_create(*, username: str, name: str, email: str, at: datetime) -> Person:
    """Who sets up an empty portal; refused as soon as there is anybody."""
    if Person.objects.exists():
        raise Refused("not_empty", "There are people here already; one of them invites the others on the page Set-up.")
    code(username)
    user = User.objects.create(
        username=username, first_name=name or username, email=email, password=make_password(None), date_joined=at
    )
    person = Person.objects.create(user=user, role=Role.ADMIN)
    groups_sync()
    return person
