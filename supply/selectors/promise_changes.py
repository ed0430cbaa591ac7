"""What the plan before promised of the same months, and what has become of it: news for those who sell."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from cycles.periods import add_months, months_between
from demand.matrices import Matrix
from supply.promise import confirmed, moved, whole
from supply.selectors.promises import Promised, Source, quantities


@dataclass(frozen=True)
class MovedMonth:
    """A month in which more (+) or less (−) is promised than before, with both promises, in whole units."""

    month: date
    units: int
    asked: int
    confirmed: int
    asked_then: int
    confirmed_then: int

    @property
    def gone(self) -> int:
        return -self.units


@dataclass(frozen=True)
class Units:
    """(lines, months) whole units that a plan is asked for and promises."""

    asked: Matrix
    promised: Matrix


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
    """Lines promised more or less than in the plan before, in the months of the window, the weightiest first.

    Counted in the whole units that are shown, so that one can be checked by the other.
    """
    shift = months_between(before.cycle.month, found.source.cycle.month)
    months = [m for m in window if m + shift < before.cycle.horizon]
    asked_then, given_then = quantities(before, found.ids)
    promised_then = confirmed(asked_then, given_then)
    then = _units(asked_then, promised_then, [m + shift for m in months])
    now = _units(found.asked, found.confirmed, months)
    units = moved(then.asked, then.promised, now.asked, now.promised)
    hit = np.flatnonzero(units.any(axis=1))
    changes = [_change(found, int(i), months, units, now, then) for i in hit]
    return sorted(changes, key=lambda change: (-change.weight, change.line))


def _units(asked: Matrix, promised: Matrix, months: list[int]) -> Units:
    asked, promised = asked[:, months], promised[:, months]
    return Units(np.rint(asked), whole(asked, promised))


def _change(found: Promised, i: int, months: list[int], units: Matrix, now: Units, then: Units) -> Change:
    line, product, customer, code, price, _ = found.rows[i]
    first = found.source.cycle.month
    kept = tuple(
        MovedMonth(
            month=add_months(first, m),
            units=int(units[i, at]),
            asked=int(now.asked[i, at]),
            confirmed=int(now.promised[i, at]),
            asked_then=int(then.asked[i, at]),
            confirmed_then=int(then.promised[i, at]),
        )
        for at, m in enumerate(months)
        if units[i, at]
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
