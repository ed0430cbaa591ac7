"""What could be done about a gap: a draft of every option with cost and effect filled in.

Effects are differences to doing nothing. `cost` is what the option costs beyond the standard cost of
the units (which the margin already carries): the overtime premium over the regular rate, the surcharge
of a supplier, holding stock. `margin` is after that cost.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from cycles.periods import months_between
from supply.gaps import Gap
from supply.wording import count_text, money_text, percent_text


class Kind(StrEnum):
    """The options in the order they are offered."""

    DO_NOTHING = "do_nothing"
    OVERTIME = "overtime"
    PREBUILD = "prebuild"
    OUTSOURCE = "outsource"
    DELAY = "delay"


LABELS = {
    Kind.DO_NOTHING: "Do nothing",
    Kind.OVERTIME: "Overtime",
    Kind.PREBUILD: "Build ahead",
    Kind.OUTSOURCE: "Outsource",
    Kind.DELAY: "Deliver later",
}


@dataclass(frozen=True)
class FreeHours:
    """Hours of the resource nobody needs in another month."""

    month: date
    hours: float


@dataclass(frozen=True)
class ResourceFacts:
    """The resource around the gap. Costs are per hour.

    `overtime_hours` is overtime of the gap's month not yet in the plan; `before` and `after` are
    free hours of the months near it, in time order.
    """

    name: str
    unit: str = "hour"
    regular_cost: float = 0.0
    overtime_cost: float = 0.0
    overtime_hours: float = 0.0
    before: tuple[FreeHours, ...] = ()
    after: tuple[FreeHours, ...] = ()


@dataclass(frozen=True)
class Assumptions:
    """Settings a company fixes once.

    A supplier's surcharge on the regular rate (1 = twice the rate), the cost of holding stock per
    month as a share of its value, and what a unit shipped late costs in goodwill as a share of its
    price (margin alone would give up families that sell near cost).
    """

    outsource_surcharge: float = 1.0
    holding_rate: float = 0.015
    goodwill: float = 0.1


@dataclass(frozen=True)
class Option:
    """One option; infeasible ones stay in the list and say why."""

    kind: Kind
    label: str
    hours: float
    units: float
    revenue: float
    margin: float
    cost: float
    inventory: float
    units_left: float
    feasible: bool
    text: str


def options_for(
    gap: Gap,
    month: date,
    resource: ResourceFacts,
    *,
    currency: str = "",
    assumed: Assumptions | None = None,
) -> list[Option]:
    """The five options for a gap of a resource, always in the order of `Kind`.

    ValueError for a gap without hours (one made by lead time or already covered has no such options).
    """
    if gap.hours <= 0:
        raise ValueError("Only a gap with hours short has options: this one has none.")
    draft = _Draft(gap, month, resource, currency, assumed or Assumptions())
    return [draft.do_nothing(), draft.overtime(), draft.prebuild(), draft.outsource(), draft.delay()]


def recommended(options: Sequence[Option], assumed: Assumptions | None = None) -> Option:
    """The feasible option worth most: margin after cost plus the goodwill of what ships in time.

    Units delivered later keep their margin but not their goodwill. Ties go to the option offered
    first, so doing nothing wins over what is worth no more. ValueError when none is feasible.
    """
    goodwill = (assumed or Assumptions()).goodwill

    def worth(option: Option) -> float:
        in_time = 0.0 if option.kind is Kind.DELAY else option.revenue
        return round(option.margin + goodwill * in_time, 6)

    feasible = [option for option in options if option.feasible]
    if not feasible:
        raise ValueError("None of the options is feasible.")
    return max(feasible, key=worth)


@dataclass(frozen=True)
class _Draft:
    gap: Gap
    month: date
    resource: ResourceFacts
    currency: str
    assumed: Assumptions

    def do_nothing(self) -> Option:
        late = f"{count_text(self.gap.units)} worth {self._money(self.gap.value)}"
        text = f"{late} do not ship in {self.month:%b %Y}; {self.resource.name} stays as it is."
        return self._option(Kind.DO_NOTHING, 0.0, 0.0, text)

    def overtime(self) -> Option:
        hours = min(self.gap.hours, self.resource.overtime_hours)
        premium = max(self.resource.overtime_cost - self.resource.regular_cost, 0.0)
        if hours <= 0:
            return self._not(Kind.OVERTIME, f"No overtime is left at {self.resource.name}")
        where = f"overtime at {self.resource.name} in {self.month:%b %Y}"
        return self._option(Kind.OVERTIME, hours, hours * premium, self._gain(hours, hours * premium, where))

    def prebuild(self) -> Option:
        used = _take(self.gap.hours, tuple(reversed(self.resource.before)))
        hours = sum(free.hours for free in used)
        if hours <= 0:
            return self._not(Kind.PREBUILD, f"{self.resource.name} has no free hours in the months before")
        worth = self._unit_cost() * self._units(1.0) / self.gap.hours
        held = sum(free.hours * months_between(free.month, self.month) for free in used)
        cost = held * worth * self.assumed.holding_rate
        since = min(free.month for free in used)
        text = self._gain(hours, cost, f"work at {self.resource.name} from {since:%b %Y}")
        return self._option(Kind.PREBUILD, hours, cost, text, inventory=hours * worth)

    def outsource(self) -> Option:
        if self.resource.regular_cost <= 0:
            return self._not(Kind.OUTSOURCE, f"No hourly rate is known for {self.resource.name}")
        hours = self.gap.hours
        cost = hours * self.resource.regular_cost * self.assumed.outsource_surcharge
        above = percent_text(self.assumed.outsource_surcharge)
        where = f"{self.resource.name} given to a supplier (assumed {above} above the regular rate)"
        return self._option(Kind.OUTSOURCE, hours, cost, self._gain(hours, cost, where))

    def delay(self) -> Option:
        used = _take(self.gap.hours, self.resource.after)
        hours = sum(free.hours for free in used)
        if hours <= 0:
            return self._not(Kind.DELAY, f"{self.resource.name} has no free hours in the months after")
        until = max(free.month for free in used)
        units = count_text(self._units(hours / self.gap.hours))
        text = f"{units} ship late, by {until:%b %Y}; agree it with the customers first."
        return self._option(Kind.DELAY, hours, 0.0, text)

    def _option(self, kind: Kind, hours: float, cost: float, text: str, inventory: float = 0.0) -> Option:
        share = hours / self.gap.hours
        return Option(
            kind=kind,
            label=LABELS[kind],
            hours=hours,
            units=self._units(share),
            revenue=self.gap.value * share,
            margin=self.gap.margin * share - cost,
            cost=cost,
            inventory=inventory,
            units_left=self.gap.units - self._units(share),
            feasible=True,
            text=text,
        )

    def _not(self, kind: Kind, reason: str) -> Option:
        zero = self._option(kind, 0.0, 0.0, f"Not possible: {reason}.")
        return replace(zero, feasible=False)

    def _gain(self, hours: float, cost: float, where: str) -> str:
        units, spent = count_text(self._units(hours / self.gap.hours)), self._money(cost)
        said = f"{count_text(hours, self.resource.unit)} of {where} ship {units} for {spent}"
        left = self.gap.units - self._units(hours / self.gap.hours)
        return f"{said}; {count_text(left)} stay late." if left >= 0.05 else f"{said}; the gap is closed."

    def _units(self, share: float) -> float:
        return self.gap.units * share

    def _unit_cost(self) -> float:
        return (self.gap.value - self.gap.margin) / self.gap.units

    def _money(self, value: float) -> str:
        return money_text(value, self.currency)


def _take(hours: float, free: Sequence[FreeHours]) -> list[FreeHours]:
    """The nearest free hours, as many as needed."""
    used: list[FreeHours] = []
    for month in free:
        part = min(hours - sum(taken.hours for taken in used), month.hours)
        if part > 0:
            used.append(FreeHours(month.month, part))
    return used
