"""What operations has to plan with, and the plan that comes out of it for some chosen options."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from cycles.models import Cycle
from cycles.periods import months_between
from demand.matrices import Matrix
from supply.commitment import Commitment, SupplyInput, plan
from supply.models import Gap
from supply.options import Kind
from supply.outcome import Outcome, outcome
from supply.relief import Relief, prebuild_months, relieved_capacity
from supply.selectors.facts import Capacity, Stock, capacity_of, stock_of


@dataclass(frozen=True)
class Situation:
    """Demand per product with the capacity and stock that meet it; rows follow `products`."""

    cycle: Cycle
    products: pd.DataFrame
    demand: Matrix
    capacity: Capacity
    stock: Stock

    @property
    def stock_known(self) -> bool:
        return self.stock.opening is not None

    def released(self, reliefs: Sequence[Relief]) -> Matrix:
        """Hours the plan may use (resources, months)."""
        return released_hours(self.cycle, self.capacity, reliefs)

    def commitment(self, reliefs: Sequence[Relief] = ()) -> Commitment:
        """The plan with these options taken."""
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
                safety_stock=stock.safety,
                lead_months=0 if self.cycle.simulated or not self.stock_known else lead,
                storable=self.products["storable"].to_numpy(dtype=bool),
                prebuild_months=prebuild_months(self.capacity.hours, self.cycle.horizon, reliefs),
            )
        )

    def outcome(self, made: Commitment) -> Outcome:
        return outcome(self.demand, made.commitment, made.inventory, self.products["price"], self.products["unit_cost"])


def released_hours(cycle: Cycle, capacity: Capacity, reliefs: Sequence[Relief]) -> Matrix:
    """Hours a plan may use (resources, months): regular ones and what was agreed on top; a replay of the past
    worked overtime where it had to."""
    hours = relieved_capacity(capacity.regular, reliefs)
    return hours + capacity.overtime if cycle.simulated else hours


def situation(cycle: Cycle, products: pd.DataFrame, demand: Matrix) -> Situation:
    return Situation(cycle, products, demand, capacity_of(cycle, products), stock_of(cycle, products))


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
