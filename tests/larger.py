"""A team as large as the goals speak of: a rep with thirty lines, and a manager with eight reps."""

from datetime import date

from django.contrib.auth import get_user_model

from cycles.models import Cycle
from demand.models import Booking, CycleLine
from demand.services.lines import lines_sync
from masterdata.models import Customer, Person
from masterdata.roles import Role
from tests.cast import Cast, small_company

MORE_REPS = ("Sven", "Tina", "Uwe", "Vera", "Willem", "Xenia")
FLAGGED = 7


def larger_company(lines: int = 30) -> Cast:
    """The small company with more customers for Rita, until she has so many lines, and six more reps for Mona."""
    cast = small_company()
    products = list(cast.products)
    more = lines - 2 * len(products)
    for i, done in enumerate(range(0, more, len(products))):
        _customer(cast, f"W{i}", cast.rep, products[: more - done])
    for name in MORE_REPS:
        _customer(cast, f"C-{name.upper()}", _rep(cast, name), list(cast.products))
    lines_sync()
    return cast


def _rep(cast: Cast, name: str) -> Person:
    user = get_user_model()(username=name.lower(), first_name=f"{name} Rep", email=f"{name.lower()}@small.example")
    user.set_unusable_password()
    user.save()
    return Person.objects.create(user=user, role=Role.SALES_REP, department="Sales", reports_to=cast.manager)


def _customer(cast: Cast, code: str, owner: Person, products: list[str]) -> None:
    """A customer that books like North Stores."""
    customer = Customer.objects.create(
        code=code, name=f"{code.title()} Stores", region=cast.regions["N"], owner=owner, owner_from=date(2024, 11, 1)
    )
    like = Booking.objects.filter(customer=cast.customers["NORTH"], product__code__in=products)
    Booking.objects.bulk_create(
        Booking(month=row.month, product_id=row.product_id, customer=customer, qty=row.qty, revenue=row.revenue)
        for row in like
    )
    cast.customers[code] = customer


def flag_seven(cycle: Cycle, owner: Person) -> None:
    """Seven of the rep's lines need a look, all others none."""
    CycleLine.objects.filter(cycle=cycle).update(flags=[])
    mine = CycleLine.objects.filter(cycle=cycle, owner=owner, line__product__family__code="BIKES").order_by("line_id")
    for i, row in enumerate(mine[:FLAGGED]):
        row.flags = [{"code": "far", "text": "differs", "why": "Far from your last number.", "value": 9 - i}]
        row.save(update_fields=["flags"])
