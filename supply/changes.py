"""Typed changes of the ground a plan stands on: hours, building ahead, events, demand.

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

from cycles.periods import format_month, months_between
from supply.capacity import Matrix
from supply.ground import Ground, Offer

MOST_HOURS: Final = 1e9
MOST_PERCENT: Final = 1000.0


@dataclass(frozen=True)
class Change:
    """What all changes have in common: first and last month, both included."""

    first: date
    last: date

    kind: ClassVar[str] = ""
    label: ClassVar[str] = ""
    # Demand is Sales' to agree; a plan of operations may take everything else.
    of_demand: ClassVar[bool] = False

    def apply(self, ground: Ground, start: date) -> Ground:
        """The ground, whose first month is `start`, with the change. ValueError when it reaches nothing."""
        raise NotImplementedError

    def faults(self) -> list[str]:
        """What is wrong with the change itself, in plain words."""
        return [f"It ends in {format_month(self.last)}, before it starts."] if self.last < self.first else []

    def words(self, names: Mapping[str, str]) -> str:
        """The change in a sentence's part; `names` are those of the codes."""
        raise NotImplementedError

    def _span(self) -> str:
        first, last = f"{self.first:%b %Y}", f"{self.last:%b %Y}"
        return first if first == last else f"{first} to {last}"

    def _months(self, ground: Ground, start: date) -> NDArray[np.int64]:
        first = max(months_between(start, self.first), 0)
        last = min(months_between(start, self.last), ground.months - 1)
        if first > last:
            raise ValueError(f"{self._span()} lies outside the plan, which starts in {start:%b %Y}.")
        return np.arange(first, last + 1)

    def _cells(self, ground: Ground, start: date, code: str) -> tuple[Any, ...]:
        """The cells of a resource in the months of the change; without a code of all resources."""
        if code and code not in ground.resources:
            raise ValueError(f"There is no resource {code} any more.")
        rows = [list(ground.resources).index(code)] if code else list(range(len(ground.resources)))
        return np.ix_(np.array(rows), self._months(ground, start))


def _chosen_faults(what: str, code: str) -> list[str]:
    return [] if code else [f"Choose a {what}."]


def _amount_faults(name: str, value: float, least: float, most: float) -> list[str]:
    return [] if least <= value <= most else [f"{name} has to be a number from {least:g} to {most:,.0f}."]


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

    def faults(self) -> list[str]:
        return [
            *super().faults(),
            *_chosen_faults("resource", self.resource),
            *_amount_faults("Hours a month", self.hours, 0, MOST_HOURS),
            *_amount_faults("The rate per hour", self.rate, 0, MOST_HOURS),
        ]

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

    def faults(self) -> list[str]:
        return [
            *super().faults(),
            *_chosen_faults("resource", self.resource),
            *_amount_faults("Hours a month", self.hours, 0, MOST_HOURS),
            *_amount_faults("The surcharge", self.surcharge * 100, 0, MOST_PERCENT),
        ]

    def apply(self, ground: Ground, start: date) -> Ground:
        premium = self.surcharge * np.maximum(np.nan_to_num(ground.regular_cost), 0.0)
        return _offered(ground, self._cells(ground, start, self.resource), self.hours, premium)

    def words(self, names: Mapping[str, str]) -> str:
        where = names.get(self.resource, self.resource)
        above = f"{self.surcharge:.0%} above the regular rate"
        return f"Up to {self.hours:,.0f} hours a month of {where} to a supplier, {above}, {self._span()}"


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

    def faults(self) -> list[str]:
        return [
            *super().faults(),
            *_chosen_faults("promotion or event", self.event),
            *_amount_faults("The delay in months", self.delay, 0, 24),
        ]

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

    def faults(self) -> list[str]:
        known = self.scope in ("all", "family", "region")
        return [
            *super().faults(),
            *([] if known else [f"Demand changes for all, a family or a region, not for {self.scope!r}."]),
            *_amount_faults("The change in per cent", self.percent, -100, MOST_PERCENT),
        ]

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

    def faults(self) -> list[str]:
        return [
            *super().faults(),
            *_chosen_faults("resource", self.resource),
            *_amount_faults("The share lost in per cent", self.share * 100, 0, 100),
        ]

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

    def faults(self) -> list[str]:
        return [
            *super().faults(),
            *_chosen_faults("resource", self.resource),
            *_amount_faults("Hours a month", self.hours, 0, MOST_HOURS),
        ]

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
