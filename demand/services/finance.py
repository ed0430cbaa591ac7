"""Finance's entries: budget, prices, exchange rates; each change is on record with who and when."""

import math
from datetime import date, datetime

from django.db import transaction

from cycles.periods import month_range, months_between
from demand.models import Budget
from demand.policy import check_role
from jobs.errors import Invalid
from masterdata.models import ExchangeRate, Person, Product, RowChange
from masterdata.roles import Role
from masterdata.selectors import sales_people

LARGEST = 1e11
MOST_MONTHS = 36


def _sound(value: float | None, what: str, *, least: float = 0.0) -> float:
    if value is None or not math.isfinite(value) or not least <= value <= LARGEST:
        raise Invalid(f"Give {what} as a number from {least:g} on.")
    return value


@transaction.atomic
def budget_set(*, person: Person, rep: str, first: date, last: date, revenue: float | None, at: datetime) -> int:
    """Set the monthly budget of a rep from `first` to `last`; returns the number of months."""
    check_role(person, Role.FINANCE, what="The budget")
    amount = _sound(revenue, "the budget of a month")
    owner = sales_people().filter(user__username=rep).first()
    if owner is None:
        raise Invalid("Choose whose budget it is.")
    span = months_between(first, last) + 1
    if not 1 <= span <= MOST_MONTHS:
        raise Invalid(f"Give a span of 1 to {MOST_MONTHS} months, the first before the last.")
    months = month_range(first, span)
    before = dict(Budget.objects.filter(rep=owner, family=None, month__in=months).values_list("month", "revenue"))
    Budget.objects.bulk_create(
        [Budget(month=month, rep=owner, revenue=amount) for month in months],
        update_conflicts=True,
        unique_fields=["month", "rep", "family"],
        update_fields=["revenue"],
    )
    changes = [_change("budget", f"{month:%Y-%m} {rep}", before.get(month), amount, person, at) for month in months]
    RowChange.objects.bulk_create(change for change in changes if change.before != change.after)
    return len(months)


@transaction.atomic
def price_set(*, person: Person, product: str, price: float | None, at: datetime) -> Product:
    """Set a product's price; lines take it with the next cycle, this cycle keeps the price it was opened with."""
    check_role(person, Role.FINANCE, what="Prices")
    amount = _sound(price, "the price")
    found = Product.objects.select_for_update().filter(code=product).first()
    if found is None:
        raise Invalid(f"There is no product {product!r}.")
    _record("product", f"{found.code} price", found.price, amount, person, at)
    found.price = amount
    found.save(update_fields=["price"])
    return found


@transaction.atomic
def rate_set(*, person: Person, currency: str, month: date, rate: float | None, at: datetime) -> ExchangeRate:
    """Set how much company currency one unit of a foreign currency is worth in a month."""
    check_role(person, Role.FINANCE, what="Exchange rates")
    amount = _sound(rate, "the rate", least=1e-9)
    code = currency.strip().upper()
    if len(code) != 3 or not code.isascii() or not code.isalpha():
        raise Invalid("A currency has three letters, for example EUR.")
    known = ExchangeRate.objects.filter(month=month, currency=code).first()
    found, _ = ExchangeRate.objects.update_or_create(month=month, currency=code, defaults={"rate": amount})
    _record("exchange_rate", f"{code} {month:%Y-%m}", known.rate if known else None, amount, person, at)
    return found


def _record(table: str, key: str, before: float | None, after: float, person: Person, at: datetime) -> None:
    if before != after:
        _change(table, key, before, after, person, at).save()


def _change(table: str, key: str, before: float | None, after: float, person: Person, at: datetime) -> RowChange:
    old = None if before is None else {"value": before}
    return RowChange(table=table, key=key, before=old, after={"value": after}, by=person, at=at)
