"""Everybody by department, what they own, and what was changed about them."""

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from django.db.models import Count, QuerySet

from masterdata.models import ApiKey, Customer, Person, RowChange

CHANGES_SHOWN = 20


def directory() -> QuerySet[Person]:
    """All people, those who may not sign in any more included, with how many customers each owns."""
    return (
        Person.objects.select_related("user", "reports_to__user", "deputy__user")
        .annotate(owned=Count("customers"))
        .order_by("department", "-user__is_active", "user__first_name", "user__username")
    )


def by_department(people: Iterable[Person]) -> list[tuple[str, list[Person]]]:
    """(department, people) in the order given; `people` sorted by department."""
    return [(name, list(group)) for name, group in groupby(people, key=lambda person: person.department)]


def owned_customers(person: Person) -> QuerySet[Customer]:
    return Customer.objects.filter(owner=person).select_related("region").order_by("name", "code")


def changes_about(person: Person) -> list[dict[str, Any]]:
    """The newest changes of a person's place, each as a sentence of what was and is."""
    changes = RowChange.objects.filter(table="masterdata_person", key=person.username).select_related("by__user")
    names: dict[Any, str] = {each.pk: each.name for each in Person.objects.select_related("user")}
    return [
        {"at": change.at, "by": change.by, "what": _words(change.before, change.after, names)}
        for change in changes[:CHANGES_SHOWN]
    ]


def _words(before: dict[str, Any] | None, after: dict[str, Any] | None, names: dict[Any, str]) -> str:
    if not before:
        return "loaded from a file"
    titles = {"reports_to": "reports to", "reports_to_id": "reports to", "is_active": "may sign in"}
    people = ("reports_to", "reports_to_id", "deputy")
    parts = []
    for field, value in (after or {}).items():
        if before.get(field) == value or field == "user_id":
            continue
        old = before.get(field)
        shown = [names.get(each, "nobody") if field in people else each for each in (old, value)]
        parts.append(f"{titles.get(field, field)} {_word(shown[0])} → {_word(shown[1])}")
    return ", ".join(parts)


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value).replace("_", " ") if value not in (None, "") else "nothing"


def api_keys() -> QuerySet[ApiKey]:
    return ApiKey.objects.select_related("person__user")
