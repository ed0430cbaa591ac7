"""What operations has to plan with, and the plan that comes out of it for some chosen options."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import pandas as pd

from cycles.models import Cycle
from cycles.periods import months_between
from demand.matrices import Matrix
from supply.as_commitment import as_commitment
from supply.cheapest_plan import cheapest_plan
from supply.commitment import Commitment, SupplyInput, plan
from supply.customer_classes import ClassParts
from supply.ground import Ground, problem_of
from supply.inventory import stock_target
from supply.linear_program import Unsolved
from supply.models import Gap
from supply.options import Kind
from supply.outcome import Outcome, outcome
from supply.relief import Relief, prebuild_months
from supply.scenarios import changed
from supply.selectors.facts import Capacity, Stock, capacity_of, stock_of
from supply.selectors.ground import ground_of

SECONDS: Final = 120.0


@dataclass(frozen=True)
class Situation:
    """Demand per product with the capacity and stock that meet it; rows follow `products`. `parts` is what each class
    of customers asks for (None = one class)."""

    cycle: Cycle
    products: pd.DataFrame
    demand: Matrix
    capacity: Capacity
    stock: Stock
    parts: ClassParts | None = None

    @property
    def target(self) -> Matrix:
        """(products, months) units that should be left at each month's end: months of cover, else safety stock."""
        return stock_target(self.stock.safety, self.products["cover"].to_numpy(dtype=float), self.demand)

    @property
    def stock_known(self) -> bool:
        return self.stock.opening is not None

    def released(self, reliefs: Sequence[Relief]) -> Matrix:
        """Hours the plan may use (resources, months)."""
        return self.ground(reliefs).released

    def ground(self, reliefs: Sequence[Relief], *, adopted: bool = True) -> Ground:
        """What the optimiser starts from, with the scenario the cycle is planned by unless `adopted` is False."""
        ground = ground_of(self.cycle, self.products, self.demand, self.capacity, self.stock, reliefs)
        ground = replace(ground, parts=self.parts)
        return changed(ground, self.cycle.month, self.capacity.adopted if adopted else ())

    def commitment(self, reliefs: Sequence[Relief] = ()) -> Commitment:
        """The plan with these options taken: by the rules, or at least cost when a scenario is chosen."""
        return self.by_cost(reliefs) if self.capacity.adopted else self.by_rules(reliefs)

    def by_cost(self, reliefs: Sequence[Relief]) -> Commitment:
        """The cheapest plan; by the rules when it cannot be found in time."""
        problem = problem_of(self.ground(reliefs))
        try:
            return as_commitment(cheapest_plan(problem, seconds=SECONDS), problem, stock_known=self.stock_known)
        except Unsolved:
            return self.by_rules(reliefs)

    def by_rules(self, reliefs: Sequence[Relief]) -> Commitment:
        stock, lead = self.stock, self.products["lead_months"].to_numpy()
        return plan(
            SupplyInput(
                demand=self.demand,
                hours=self.capacity.hours,
                capacity=self.released(reliefs),
                opening_stock=stock.opening,
                opening_backlog=stock.backlog if self.stock_known else 0.0,
                receipts=stock.receipts,
                open_production=stock.open_production,
                safety_stock=self.target,
                lead_months=0 if self.cycle.simulated or not self.stock_known else lead,
                storable=self.products["storable"].to_numpy(dtype=bool),
                prebuild_months=prebuild_months(self.capacity.hours, self.cycle.horizon, reliefs),
            )
        )

    def outcome(self, made: Commitment) -> Outcome:
        return outcome(self.demand, made.commitment, made.inventory, self.products["price"], self.products["unit_cost"])


def situation(cycle: Cycle, products: pd.DataFrame, demand: Matrix) -> Situation:
    return Situation(cycle, products, demand, capacity_of(cycle, products), stock_of(cycle, products))


def without_scenario(given: Situation) -> Situation:
    """The same as if no scenario had been chosen."""
    return replace(given, capacity=replace(given.capacity, adopted=()))


def reliefs_of(cycle: Cycle, capacity: Capacity, gaps: Sequence[Gap] | None = None) -> list[Relief]:
    """The options chosen for the gaps of a cycle, for the calculation: one per resource that takes part."""
    rows = list(Gap.objects.filter(cycle=cycle).exclude(chosen="")) if gaps is None else gaps
    return [relief for row in rows if row.chosen for relief in _reliefs(cycle, capacity, row)]


def _reliefs(cycle: Cycle, capacity: Capacity, row: Gap) -> list[Relief]:
    month = months_between(cycle.month, row.month)
    option: dict[str, Any] = next((o for o in row.options if o["kind"] == row.chosen), {})
    hours_by: dict[str, float] = option.get("hours_by", {})
    known = [(code, hours) for code, hours in hours_by.items() if code in capacity.codes]
    if not known:
        return [Relief(Kind(row.chosen), capacity.row_of(row.resource_id), month, row.extra_hours)]
    return [Relief(Kind(row.chosen), capacity.codes.index(code), month, hours) for code, hours in known]
