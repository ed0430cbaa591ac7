"""Supply news: what operations commits to one's own customers, where it is less or later than asked."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np

from cycles.models import Cycle
from cycles.periods import add_months, month_of, months_between
from cycles.selectors import current_cycle, latest_published
from demand.matrices import Matrix
from demand.models import CycleLine, ForecastVersion, Stage
from demand.selectors.people import team_below
from demand.selectors.versions import version_current, version_plan
from masterdata.models import Customer, Person
from masterdata.roles import SALES_ROLES, Role
from supply.models import SupplyAnswer

MONTHS_AHEAD: Final = 6
MOST: Final = 5
LEAST: Final = 0.5
FIELDS = ("line_id", "line__product__name", "line__customer__name", "line__customer__code", "price")


@dataclass(frozen=True)
class Fact:
    """One line in its worst month: asked, confirmed by the month's end, and when the rest has come (None: not yet)."""

    product: str
    customer: str
    customer_code: str
    line: int
    month: date
    asked: float
    confirmed: float
    rest_by: date | None
    value: float

    @property
    def late(self) -> float:
        return self.asked - self.confirmed


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
class Source:
    """The cycle whose plan the news is of."""

    cycle: Cycle
    demand: ForecastVersion
    supply: ForecastVersion


def news(person: Person, today: date, customer: str = "", most: int = MOST) -> dict[str, Any]:
    """Up to `most` facts about the person's own customers (a manager's whole team); for everybody else, and for one
    `customer` by code, about every customer. From the current cycle, else from the latest published one."""
    source = source_of()
    page: dict[str, Any] = {"source": source, "facts": [], "customers": [], "more": 0, "is_current": False}
    page["own"] = person.role in SALES_ROLES and not customer
    page["customer_name"] = Customer.objects.filter(code=customer).values_list("name", flat=True).first()
    if source is None:
        return page
    facts = _facts(source, person, today, customer)
    page["is_current"] = source.cycle == current_cycle()
    if page["own"] or customer:
        return page | {"facts": facts[:most], "more": max(len(facts) - most, 0)}
    customers = by_customer(facts)
    return page | {"customers": customers[:most], "more": max(len(customers) - most, 0)}


def source_of(named: Cycle | None = None) -> Source | None:
    """The plan of the cycle named, else of the current one, else of the latest published one."""
    for cycle in (named,) if named else (current_cycle(), latest_published()):
        if cycle is None:
            continue
        demand = version_current(cycle, Stage.DEMAND_PLAN)
        supply = version_current(cycle, Stage.SUPPLY_PLAN)
        if demand is not None and supply is not None:
            return Source(cycle, demand, supply)
    return None


def _facts(source: Source, person: Person, today: date, customer: str) -> list[Fact]:
    first = max(months_between(source.cycle.month, month_of(today)), 0)
    window = range(first, min(first + MONTHS_AHEAD, source.cycle.horizon))
    rows = _lines(source.cycle, person, customer, _short_products(source.cycle, window))
    ids = np.array([row[0] for row in rows], dtype=np.int64)
    if not ids.size or not len(window):
        return []
    asked, given = version_plan(source.demand, ids).quantity, version_plan(source.supply, ids).quantity
    found = [_fact(row, source.cycle, asked[i], given[i], window) for i, row in enumerate(rows)]
    return sorted((fact for fact in found if fact is not None), key=lambda fact: (-fact.value, fact.line))


def _short_products(cycle: Cycle, window: range) -> list[int]:
    rows = SupplyAnswer.objects.filter(cycle=cycle).values_list("product_id", "demand", "committed")
    months = list(window)
    return [
        product
        for product, demand, committed in rows
        if (np.asarray(demand)[months] - np.asarray(committed)[months] >= LEAST).any()
    ]


def _lines(cycle: Cycle, person: Person, customer: str, products: list[int]) -> list[tuple[Any, ...]]:
    rows = CycleLine.objects.filter(cycle=cycle, line__product_id__in=products)
    if customer:
        rows = rows.filter(line__customer__code=customer)
    elif person.role == Role.SALES_MANAGER:
        rows = rows.filter(owner__in=team_below(person))
    elif person.role in SALES_ROLES:
        rows = rows.filter(owner=person)
    return list(rows.order_by("line_id").values_list(*FIELDS))


def fact_row(cycle: Cycle, line: int) -> tuple[Any, ...] | None:
    """What `fact_in` needs to know of one line; None when the cycle does not have it."""
    return CycleLine.objects.filter(cycle=cycle, line=line).values_list(*FIELDS).first()


def _fact(row: tuple[Any, ...], cycle: Cycle, asked: Matrix, given: Matrix, window: range) -> Fact | None:
    """The month in the window in which most of what was asked for is late, the earliest of equals."""
    late = np.round((asked - _confirmed(asked, given))[list(window)], 6)
    if late.max() < LEAST:
        return None
    return fact_in(row, cycle, asked, given, window[int(late.argmax())])


def _confirmed(asked: Matrix, given: Matrix) -> Matrix:
    """Units (M,) of a month's own need that ship in it: what waited longest is served first."""
    return np.clip(np.cumsum(given) - (np.cumsum(asked) - asked), 0.0, asked)


def fact_in(row: tuple[Any, ...], cycle: Cycle, asked: Matrix, given: Matrix, m: int) -> Fact:
    """A line in the month of index `m`, from what it asks for and what it is given month by month."""
    wanted, shipped, confirmed = np.cumsum(asked), np.cumsum(given), _confirmed(asked, given)
    line, product, customer, code, price = row
    done = shipped >= wanted[m] - 0.01
    return Fact(
        product=product,
        customer=customer,
        customer_code=code,
        line=line,
        month=add_months(cycle.month, m),
        asked=float(asked[m]),
        confirmed=float(confirmed[m]),
        rest_by=add_months(cycle.month, int(done.argmax())) if done.any() else None,
        value=float(asked[m] - confirmed[m]) * float(price),
    )


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
            units=sum(row.late for row in rows),
            value=sum(row.value for row in rows),
            first=min(row.month for row in rows),
        )
        for code, rows in joined.items()
    ]
    return sorted(found, key=lambda fact: (-fact.value, fact.code))
