"""Fills an empty database with the small company and fifty more reps, entry open; prints what a client needs.

Run as a program on the stack under test, with the account that is to run the portal: `python -m tests.faults.company
portal_running`.
"""

import json
import sys
from datetime import date

import django
from django.core.management import call_command

REPS = 50
PASSWORD = "sixteen fifty nine"


def crowded_company() -> dict[str, object]:
    """The company with its cycle in sales entry; returns every person's session, the lines a rep may write, and the
    leader's password and key.
    """
    from django.test import Client

    from demand.models import CycleLine
    from demand.services.lines import lines_sync
    from jobs.models import MovedClock
    from masterdata.models import Person
    from masterdata.services.keys import key_create
    from tests.cast import small_company
    from tests.stages import ENTRY, cycle_in_entry

    cast = small_company()
    for number in range(REPS):
        _rep_with_customer(cast, f"rep{number:02d}")
    lines_sync()
    cycle = cycle_in_entry()
    MovedClock.objects.create(at=ENTRY)
    leader = cast.leader
    leader.user.set_password(PASSWORD)
    leader.user.save()
    sessions = {}  # after the password, which ends earlier ones
    for person in Person.objects.select_related("user").order_by("pk"):
        client = Client()
        client.force_login(person.user)
        sessions[person.user.username] = client.session.session_key
    lines: dict[str, list[int]] = {}
    for row in CycleLine.objects.filter(cycle=cycle).select_related("owner__user").order_by("line_id"):
        lines.setdefault(row.owner.user.username, []).append(row.line_id)
    _, key = key_create(person=leader, scopes=["data:read"], at=ENTRY)
    people = {"sessions": sessions, "leader": [leader.user.username, PASSWORD], "key": key}
    return people | {"cycle": cycle.pk, "code": cycle.code, "lines": lines}


def _rep_with_customer(cast, name: str) -> None:
    from django.contrib.auth import get_user_model

    from demand.models import Booking
    from masterdata.models import Customer, Person
    from masterdata.roles import Role

    user = get_user_model().objects.create(username=name, first_name=name.title(), email=f"{name}@small.example")
    person = Person.objects.create(user=user, role=Role.SALES_REP, department="Sales", reports_to=cast.manager)
    customer = Customer.objects.create(
        code=name.upper(),
        name=f"{name.title()} Stores",
        region=cast.regions["N"],
        owner=person,
        owner_from=date(2024, 11, 1),
    )
    like = Booking.objects.filter(customer=cast.customers["NORTH"])
    Booking.objects.bulk_create(
        Booking(month=row.month, product_id=row.product_id, customer=customer, qty=row.qty, revenue=row.revenue)
        for row in like
    )


if __name__ == "__main__":
    django.setup()
    call_command("migrate", verbosity=0)
    call_command("restrict_role", sys.argv[1])
    print(json.dumps(crowded_company()))
