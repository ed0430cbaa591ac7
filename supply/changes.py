"""The kinds of change: hours, units from outside, building ahead, events, demand.

A change names what it touches by code and its months by date, so that it can be stored, read again later and applied
to whatever is known then. Applying one never touches the ground it starts from.

Shapes: P products, M months, R resources.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from supply.capacity import Matrix
from supply.change import MOST_PERCENT, Amount, Change, Chosen, OneOf
from supply.ground import Ground, Offer, known

RESOURCE: Final = Chosen("resource", "resource")
HOURS: Final = Amount("hours", "Hours a month")


@dataclass(frozen=True)
class Overtime(Change):
    """Overtime of a resource (all without a code) is released; it is used only where it pays."""

    resource: str = ""

    kind: ClassVar[str] = "overtime"
    label: ClassVar[str] = "Release overtime"

    def apply(self, ground: Ground, start: date) -> Ground:
        cells = self._cells(ground, start, self.resource)
        agreed, left = ground.agreed.copy(), ground.overtime.copy()
        agreed[cells] += left[cells]
        left[cells] = 0.0
        return replace(ground, agreed=agreed, overtime=left)

    def words(self, names: Mapping[str, str]) -> str:
        return f"Overtime at {names.get(self.resource, 'every resource')}, {self._span()}"


@dataclass(frozen=True)
class Shift(Change):
    """An extra shift: more hours a month at a rate per hour."""

    resource: str = ""
    hours: float = 0.0
    rate: float = 0.0

    kind: ClassVar[str] = "shift"
    label: ClassVar[str] = "Extra shift"
    checks = (RESOURCE, HOURS, Amount("rate", "The rate per hour"))

    def apply(self, ground: Ground, start: date) -> Ground:
        premium = np.maximum(self.rate - np.nan_to_num(ground.regular_cost), 0.0)
        return _offered(ground, self._cells(ground, start, self.resource), self.hours, premium)

    def words(self, names: Mapping[str, str]) -> str:
        where = names.get(self.resource, self.resource)
        return f"{self.hours:,.0f} more hours a month at {where} for {self.rate:,.2f} each, {self._span()}"


@dataclass(frozen=True)
class Outsource(Change):
    """Hours a month that a supplier takes over, at a surcharge (1 = twice) on the regular rate."""

    resource: str = ""
    hours: float = 0.0
    surcharge: float = 1.0

    kind: ClassVar[str] = "outsource"
    label: ClassVar[str] = "Outsource"
    checks = (RESOURCE, HOURS, Amount("surcharge", "The surcharge", 0, MOST_PERCENT, 100))

    def apply(self, ground: Ground, start: date) -> Ground:
        premium = self.surcharge * np.maximum(np.nan_to_num(ground.regular_cost), 0.0)
        return _offered(ground, self._cells(ground, start, self.resource), self.hours, premium)

    def words(self, names: Mapping[str, str]) -> str:
        where = names.get(self.resource, self.resource)
        above = f"{self.surcharge:.0%} above the regular rate"
        return f"Up to {self.hours:,.0f} hours a month of {where} to a supplier, {above}, {self._span()}"


@dataclass(frozen=True)
class Units(Change):
    """Units of a product a month that a supplier delivers ready, at a price each."""

    product: str = ""
    units: float = 0.0
    price: float = 0.0

    kind: ClassVar[str] = "units"
    label: ClassVar[str] = "Buy units outside"
    checks = (Chosen("product", "product"), Amount("units", "Units a month"), Amount("price", "The price per unit"))

    def apply(self, ground: Ground, start: date) -> Ground:
        if self.product not in ground.codes:
            raise ValueError(f"The product {self.product} is not in the plan any more.")
        months, row = self._months(ground, start), list(ground.codes).index(self.product)
        first = max(int(ground.lead_months[row]), int(np.broadcast_to(ground.frozen_months, len(ground.codes))[row]))
        if months[-1] < first:
            raise ValueError(
                f"Nothing new of {ground.products[row]} can arrive {self._span()}: the lead time is longer."
            )
        offered, premium = np.zeros_like(ground.demand), np.zeros(len(ground.codes))
        offered[row, months] = self.units
        premium[row] = max(self.price - float(known(ground.unit_cost)[row]), 0.0)
        return replace(ground, bought=(*ground.bought, Offer(offered, premium)))

    def words(self, names: Mapping[str, str]) -> str:
        what = names.get(self.product, self.product)
        return f"Buy up to {self.units:,.0f} {what} a month for {self.price:,.2f} each, {self._span()}"


@dataclass(frozen=True)
class Prebuild(Change):
    """A family (all without a code) may be built ahead of its need, or may not even where that was agreed."""

    family: str = ""
    allowed: bool = True

    kind: ClassVar[str] = "prebuild"
    label: ClassVar[str] = "Build ahead"

    def apply(self, ground: Ground, start: date) -> Ground:
        ahead = ground.ahead.copy()
        ahead[_of_family(ground, self.family)] = self.allowed
        return replace(ground, ahead=ahead)

    def words(self, names: Mapping[str, str]) -> str:
        what = names.get(self.family, "everything")
        return f"Build {what} ahead where it pays" if self.allowed else f"Build nothing of {what} ahead"


@dataclass(frozen=True)
class Promotion(Change):
    """An event comes some months later, or not at all (delay 0); its part of demand moves or goes."""

    event: str = ""
    delay: int = 0

    kind: ClassVar[str] = "promotion"
    label: ClassVar[str] = "Delay or cancel an event"
    of_demand: ClassVar[bool] = True
    checks = (Chosen("event", "promotion or event"), Amount("delay", "The delay in months", 0, 24))

    def apply(self, ground: Ground, start: date) -> Ground:
        part = ground.events.get(self.event)
        if part is None:
            raise ValueError(f"The event {self.event} is not in the plan any more.")
        moved = np.zeros_like(part)
        if self.delay:
            moved[:, self.delay :] = part[:, : -self.delay]
        return _with_demand(ground, moved - part)

    def words(self, names: Mapping[str, str]) -> str:
        name = names.get(self.event, self.event)
        later = "one month" if self.delay == 1 else f"{self.delay} months"
        return f"{name} comes {later} later" if self.delay else f"{name} is cancelled"


@dataclass(frozen=True)
class Demand(Change):
    """Demand of a family or a region (all without a code) changes by a percentage."""

    scope: str = "all"
    code: str = ""
    percent: float = 0.0

    kind: ClassVar[str] = "demand"
    label: ClassVar[str] = "Demand up or down"
    of_demand: ClassVar[bool] = True
    checks = (
        OneOf("scope", ("all", "family", "region"), "Demand changes for all, a family or a region"),
        Amount("percent", "The change in per cent", -100, MOST_PERCENT),
    )

    def apply(self, ground: Ground, start: date) -> Ground:
        months = self._months(ground, start)
        more = np.zeros_like(ground.demand)
        more[:, months] = self._part(ground)[:, months] * self.percent / 100
        return _with_demand(ground, more)

    def _part(self, ground: Ground) -> Matrix:
        if self.scope == "region":
            if self.code not in ground.regions:
                raise ValueError(f"No customer of the plan is in the region {self.code}.")
            return ground.regions[self.code]
        rows = _of_family(ground, self.code if self.scope == "family" else "")
        return ground.demand * rows[:, np.newaxis]

    def words(self, names: Mapping[str, str]) -> str:
        where = names.get(self.code, self.code) if self.code else "everything"
        return f"Demand for {where} {self.percent:+g} %, {self._span()}".replace("-", "\u2212")


@dataclass(frozen=True)
class Down(Change):
    """A resource or supplier loses a share of its capacity."""

    resource: str = ""
    share: float = 1.0

    kind: ClassVar[str] = "down"
    label: ClassVar[str] = "Resource or supplier down"
    checks = (RESOURCE, Amount("share", "The share lost in per cent", 0, 100, 100))

    def apply(self, ground: Ground, start: date) -> Ground:
        cells, left = self._cells(ground, start, self.resource), 1 - self.share
        kept = {name: getattr(ground, name).copy() for name in ("regular", "agreed", "overtime")}
        for matrix in kept.values():
            matrix[cells] *= left
        return replace(ground, **kept)

    def words(self, names: Mapping[str, str]) -> str:
        return f"{names.get(self.resource, self.resource)} loses {self.share:.0%} of its hours, {self._span()}"


@dataclass(frozen=True)
class Capacity(Change):
    """New capacity: more regular hours a month. What it costs to have them is not counted."""

    resource: str = ""
    hours: float = 0.0

    kind: ClassVar[str] = "capacity"
    label: ClassVar[str] = "New capacity"
    checks = (RESOURCE, HOURS)

    def apply(self, ground: Ground, start: date) -> Ground:
        regular = ground.regular.copy()
        regular[self._cells(ground, start, self.resource)] += self.hours
        return replace(ground, regular=regular)

    def words(self, names: Mapping[str, str]) -> str:
        where = names.get(self.resource, self.resource)
        return f"{self.hours:,.0f} new regular hours a month at {where}, {self._span()}"


def _offered(ground: Ground, cells: tuple[Any, ...], hours: float, premium: Matrix) -> Ground:
    offered = np.zeros_like(ground.regular)
    offered[cells] = hours
    return replace(ground, offers=(*ground.offers, Offer(offered, premium)))


def _with_demand(ground: Ground, more: Matrix) -> Ground:
    return replace(ground, demand=np.maximum(ground.demand + more, 0.0))


def _of_family(ground: Ground, family: str) -> NDArray[np.bool_]:
    rows = np.array([not family or code == family for code in ground.families], dtype=bool)
    if not rows.any():
        raise ValueError(f"No product of the plan is in the family {family}.")
    return rows
