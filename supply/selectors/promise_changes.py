"""What the plan before promised of the same months, and what has become of it: news for those who sell."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from cycles.periods import add_months, months_between
from demand.matrices import Matrix
from supply.promise import confirmed, moved
from supply.selectors.promises import LEAST, Promised, Source, quantities


@dataclass(frozen=True)
class MovedMonth:
    """A month in which more (+) or less (−) is promised than before, with both promises."""

    month: date
    units: float
    asked: float
    confirmed: float
    asked_then: float
    confirmed_then: float

    @property
    def gone(self) -> float:
        return -self.units


@dataclass(frozen=True)
class Change:
    """A line whose promise has moved; `value` is what the moves are worth together, `weight` what they are each."""

    product: str
    customer: str
    customer_code: str
    line: int
    months: tuple[MovedMonth, ...]
    value: float
    weight: float

    @property
    def units(self) -> float:
        return sum(month.units for month in self.months)


@dataclass(frozen=True)
class CustomerChange:
    """What moved for one customer: units less and more, over how many products, and the first month."""

    customer: str
    code: str
    products: int
    less: float
    more: float
    first: date
    value: float
    weight: float


def changes_of(found: Promised, before: Source, window: range) -> list[Change]:
    """Lines promised more or less than in the plan before, in the months of the window, the weightiest first."""
    shift = months_between(before.cycle.month, found.source.cycle.month)
    months = [m for m in window if m + shift < before.cycle.horizon]
    asked_then, given_then = quantities(before, found.ids)
    then = confirmed(asked_then, given_then)
    then, asked_then = (matrix[:, [m + shift for m in months]] for matrix in (then, asked_then))
    units = moved(asked_then, then, found.asked[:, months], found.confirmed[:, months])
    hit = np.flatnonzero((np.abs(units) >= LEAST).any(axis=1))
    changes = [_change(found, int(i), months, units[i], asked_then[i], then[i]) for i in hit]
    return sorted(changes, key=lambda change: (-change.weight, change.line))


def _change(found: Promised, i: int, months: list[int], units: Matrix, asked_then: Matrix, then: Matrix) -> Change:
    line, product, customer, code, price, _ = found.rows[i]
    first = found.source.cycle.month
    kept = tuple(
        MovedMonth(
            month=add_months(first, m),
            units=float(units[at]),
            asked=float(found.asked[i, m]),
            confirmed=float(found.confirmed[i, m]),
            asked_then=float(asked_then[at]),
            confirmed_then=float(then[at]),
        )
        for at, m in enumerate(months)
        if abs(units[at]) >= LEAST
    )
    value, weight = (float(price) * sum(way(one.units) for one in kept) for way in (float, abs))
    return Change(product, customer, code, line, kept, value, weight)


def changes_by_customer(changes: list[Change]) -> list[CustomerChange]:
    """Changes joined by customer, the weightiest first."""
    joined: dict[str, list[Change]] = {}
    for change in changes:
        joined.setdefault(change.customer_code, []).append(change)
    found = [_customer(code, rows) for code, rows in joined.items()]
    return sorted(found, key=lambda one: (-one.weight, one.code))


def _customer(code: str, rows: list[Change]) -> CustomerChange:
    units = [month.units for row in rows for month in row.months]
    return CustomerChange(
        customer=rows[0].customer,
        code=code,
        products=len(rows),
        less=-sum(one for one in units if one < 0),
        more=sum(one for one in units if one > 0),
        first=min(month.month for row in rows for month in row.months),
        value=sum(row.value for row in rows),
        weight=sum(row.weight for row in rows),
    )
