"""Supply news: what operations commits to one's own customers by month, and what has changed since last month."""

from dataclasses import dataclass
from datetime import date
from math import floor
from typing import Any, Final

import numpy as np

from cycles.models import Cycle
from cycles.periods import add_months, month_of, months_between
from cycles.selectors import current_cycle
from masterdata.models import Customer, Person
from masterdata.roles import SALES_ROLES
from supply.models import SupplyAnswer
from supply.promise import LEAST
from supply.selectors.promise_changes import changes_by_customer, changes_of
from supply.selectors.promises import (
    Fact,
    Promised,
    Source,
    facts_of,
    lines_of,
    promised,
    source_before,
    source_of,
)
from supply.selectors.sharing import RULES

MONTHS_AHEAD: Final = 6
MOST: Final = 3


@dataclass(frozen=True)
class CustomerFact:
    """What one customer gets late in the months ahead."""

    customer: str
    code: str
    products: list[str]
    units: float
    value: float
    first: date


@dataclass(frozen=True)
class MonthTotal:
    """All lines of one month together; `late` is what the whole units shown leave."""

    month: date
    asked: float
    confirmed: float

    @property
    def late(self) -> int:
        return floor(self.asked + 0.5) - floor(self.confirmed + 0.5)


def news(person: Person, today: date, customer: str = "", most: int = MOST) -> dict[str, Any]:
    """Up to `most` facts and as many changes about the person's own customers (a manager's whole team); for everybody
    else, and for one `customer` by code, about every customer. From the current cycle, else the latest published."""
    source = source_of()
    own = person.role in SALES_ROLES and not customer
    name = Customer.objects.filter(code=customer).values_list("name", flat=True).first()
    page: dict[str, Any] = {
        "source": source, "own": own, "customer_name": name, "is_current": False,
        "facts": [], "customers": [], "more": 0, "changes": [], "customer_changes": [], "more_changes": 0,
        "totals": [], "before": None,
    }  # fmt: skip
    if source is None:
        return page
    page["is_current"] = source.cycle == current_cycle()
    page["rule"] = next((label for rule, (label, _) in RULES.items() if rule == source.supply.rule), "")
    window = _window(source.cycle, today)
    before = source_before(source)
    found = _promised(source, before, person, customer, window)
    facts = facts_of(found, window)
    changes = changes_of(found, before, window) if before else []
    page |= {"before": before}
    if not (own or customer):
        return (
            page
            | _cut("customers", "more", by_customer(facts), most)
            | _cut("customer_changes", "more_changes", changes_by_customer(changes), most)
        )
    page["totals"] = _totals(found, window)
    return page | _cut("facts", "more", facts, most) | _cut("changes", "more_changes", changes, most)


def _cut(name: str, more: str, rows: list[Any], most: int) -> dict[str, Any]:
    return {name: rows[:most], more: max(len(rows) - most, 0)}


def _window(cycle: Cycle, today: date) -> range:
    """The months ahead as indices of the plan's months."""
    first = max(months_between(cycle.month, month_of(today)), 0)
    return range(min(first, cycle.horizon), min(first + MONTHS_AHEAD, cycle.horizon))


def _promised(source: Source, before: Source | None, person: Person, customer: str, window: range) -> Promised:
    """One's own lines whole; of all the company's only what is short in one of the plans."""
    lines = lines_of(source.cycle, person, customer)
    if not customer and person.role not in SALES_ROLES:
        lines = lines.filter(line__product_id__in=_short_products(source, before, window))
    return promised(source, lines)


def _short_products(source: Source, before: Source | None, window: range) -> list[int]:
    cycles = [source.cycle, *([before.cycle] if before else [])]
    rows = SupplyAnswer.objects.filter(cycle__in=cycles).values_list("product_id", "demand", "committed")
    # the plan before has the same months one further on
    months = slice(window.start, window.stop + 1)
    late = {
        product for product, *both in rows if (np.subtract(*(np.array(one)[months] for one in both)) >= LEAST).any()
    }
    return sorted(late)


def _totals(found: Promised, window: range) -> list[MonthTotal]:
    """Nothing where the person has no line."""
    if not found.rows:
        return []
    asked, given = found.asked.sum(axis=0), found.confirmed.sum(axis=0)
    return [MonthTotal(add_months(found.source.cycle.month, m), float(asked[m]), float(given[m])) for m in window]


def by_customer(facts: list[Fact]) -> list[CustomerFact]:
    """Facts joined by customer, the most valuable first."""
    joined: dict[str, list[Fact]] = {}
    for fact in facts:
        joined.setdefault(fact.customer_code, []).append(fact)
    found = [
        CustomerFact(
            customer=rows[0].customer,
            code=code,
            products=[row.product for row in rows],
            units=sum(row.units for row in rows),
            value=sum(row.value for row in rows),
            first=min(due.month for row in rows for due in row.late_months),
        )
        for code, rows in joined.items()
    ]
    return sorted(found, key=lambda fact: (-fact.value, fact.code))
