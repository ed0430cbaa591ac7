"""What the demand plan asks of every resource, what the supply plan uses, and what there is."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from cycles.models import Cycle
from cycles.periods import month_range
from demand.matrices import Matrix
from supply.capacity import load_hours, utilisation
from supply.models import Gap
from supply.selectors.facts import Capacity, capacity_of, stock_unknown
from supply.selectors.situation import Situation, reliefs_of


@dataclass(frozen=True)
class Load:
    """(resources, months) hours: asked for by the demand plan, used by the supply plan (None before there is
    one), and released: regular capacity with the overtime and supplier's hours agreed."""

    months: list[date]
    products: pd.DataFrame
    demand: Matrix
    capacity: Capacity
    released: Matrix
    asked: Matrix
    planned: Matrix | None

    @property
    def used(self) -> Matrix:
        """Asked / released; NaN without capacity."""
        return utilisation(self.asked, self.released)

    def by_family(self, resource: int) -> dict[str, list[float]]:
        """Hours asked of one resource per family that needs it."""
        hours = self.capacity.hours[resource][:, None] * self.demand
        frame = pd.DataFrame(hours).groupby(self.products["family_name"].to_numpy()).sum()
        return {str(name): row.tolist() for name, row in zip(frame.index, frame.to_numpy(), strict=True) if row.any()}


def load_of(
    cycle: Cycle, products: pd.DataFrame, demand: Matrix, supply: Matrix | None = None, gaps: list[Gap] | None = None
) -> Load:
    capacity = capacity_of(cycle, products)
    given = Situation(cycle, products, demand, capacity, stock_unknown(products, cycle.horizon))
    return Load(
        months=month_range(cycle.month, cycle.horizon),
        products=products,
        demand=demand,
        capacity=capacity,
        released=given.released(reliefs_of(cycle, capacity, gaps)),
        asked=load_hours(capacity.hours, demand),
        planned=None if supply is None else load_hours(capacity.hours, supply),
    )


def utilisation_rows(load: Load, shown: int = 12) -> list[dict[str, Any]]:
    """Per resource, the most loaded first: a cell per month shown, and the highest month of the horizon."""
    used = load.used
    rows = []
    for r, (_, resource) in enumerate(load.capacity.resources.iterrows()):
        known = [(float(u), load.months[m]) for m, u in enumerate(used[r]) if u == u]
        peak = max(known, default=(0.0, None))
        rows.append(
            {
                "code": resource["code"],
                "name": resource["name"],
                "unit": resource["unit"],
                "row": r,
                "peak": peak[0],
                "peak_month": peak[1],
                "over": sum(u > 1 for u, _ in known),
                "cells": [_cell(load, r, m, float(used[r, m])) for m in range(min(shown, len(load.months)))],
                "has_capacity": bool(known),
            }
        )
    return sorted(rows, key=lambda row: -row["peak"])


def _cell(load: Load, r: int, m: int, used: float) -> dict[str, Any]:
    known = used == used
    hours = f"{load.asked[r, m]:,.0f} of {load.released[r, m]:,.0f}"
    return {
        "month": load.months[m],
        "used": used if known else None,
        "over": known and used > 1,
        "title": f"{load.months[m]:%b %Y}: {hours} hours asked" if known else f"{load.months[m]:%b %Y}: no capacity",
    }


def load_chart(
    load: Load, row: dict[str, Any], months: int, width: int = 820, asker: str = "demand plan"
) -> dict[str, Any] | None:
    """The chart of one resource; None when no product needs it. `asker` is the stage the load comes from."""
    r, n = row["row"], min(months, len(load.months))
    families = load.by_family(r)
    if not families:
        return None
    overtime = load.released[r] - load.capacity.regular[r]
    return {
        "months": load.months[:n],
        "loads": {name: hours[:n] for name, hours in families.items()},
        "regular": load.capacity.regular[r, :n].tolist(),
        "overtime": overtime[:n].tolist() if (overtime[:n] > 0).any() else None,
        "forecast": [True] * n,
        "message": load_message(row),
        "who": row["name"],
        "measure": f"Load the {asker} asks for, against capacity",
        "unit": f"{row['unit']}s",
        "when": f"{load.months[0]:%b %Y} to {load.months[n - 1]:%b %Y}",
        "width": width,
    }


def load_message(row: dict[str, Any]) -> str:
    if not row["has_capacity"]:
        return f"{row['name']} has no capacity."
    if not row["over"]:
        return f"{row['name']} can carry every month; its fullest is {row['peak_month']:%b %Y} with {row['peak']:.0%}."
    months, peak = "one month" if row["over"] == 1 else f"{row['over']} months", f"{row['peak_month']:%b %Y}"
    return f"{row['name']} is asked for more than it has in {months}, most in {peak}: {row['peak']:.0%}."
