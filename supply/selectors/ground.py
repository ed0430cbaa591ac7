"""The ground of a cycle's supply plan: what the optimiser starts from, made of what the rules start from."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import numpy as np
import pandas as pd

from cycles.models import Cycle
from demand.event_effects import without_past_events
from demand.matrices import Matrix, Plan
from demand.selectors.events import events_frame
from supply.change import Change
from supply.changes import Demand, Promotion
from supply.ground import Ground, Offer
from supply.options import Assumptions, Kind
from supply.relief import Relief, agreed_hours, prebuild_months
from supply.selectors.facts import OF_THE_PAST, STOCK_UNKNOWN, Capacity, Stock
from supply.selectors.products import by_product


def ground_of(
    cycle: Cycle, products: pd.DataFrame, demand: Matrix, capacity: Capacity, stock: Stock, reliefs: Sequence[Relief]
) -> Ground:
    """Capacity, stock and demand with the options chosen for gaps, without any scenario."""
    shape = capacity.regular.shape
    agreed, outsourced = (agreed_hours(shape, reliefs, kind) for kind in (Kind.OVERTIME, Kind.OUTSOURCE))
    if cycle.simulated:
        agreed = agreed + capacity.overtime
    rates, ahead = capacity.resources, prebuild_months(capacity.hours, cycle.horizon, reliefs).max(axis=1) > 0
    regular_cost = rates["regular_cost"].to_numpy(dtype=float)
    given_out = (Offer(outsourced, Assumptions().outsource_surcharge * np.maximum(regular_cost, 0.0)),)
    orders_known = not cycle.simulated and stock.opening is not None
    lead, frozen = (products[name].to_numpy(dtype=np.int64) * orders_known for name in ("lead_months", "frozen_months"))
    return Ground(
        products=products["name"].tolist(),
        families=products["family"].tolist(),
        codes=products["code"].tolist(),
        resources=capacity.codes,
        demand=demand,
        price=products["price"].to_numpy(dtype=float),
        unit_cost=products["unit_cost"].to_numpy(dtype=float),
        priority=products["priority"].to_numpy(dtype=float),
        made=products["made"].to_numpy(dtype=bool),
        service=products["service"].to_numpy(dtype=float),
        cover=products["cover"].to_numpy(dtype=float),
        storable=products["storable"].to_numpy(dtype=bool),
        lead_months=lead,
        frozen_months=frozen,
        lots=products["lots"].to_numpy(dtype=float),
        multiples=products["multiples"].to_numpy(dtype=float),
        hours=capacity.hours,
        regular=capacity.regular,
        agreed=agreed,
        overtime=np.maximum(capacity.overtime - agreed, 0.0),
        regular_cost=regular_cost,
        overtime_cost=rates["overtime_cost"].to_numpy(dtype=float),
        stock=stock.opening,
        backlog=stock.backlog,
        safety=stock.safety,
        receipts=stock.receipts,
        open_production=stock.open_production,
        ahead=ahead,
        offers=given_out if outsourced.any() else (),
        told=tuple(note for note in stock.notes if note not in (STOCK_UNKNOWN, OF_THE_PAST)),
    )


def parts_of_demand(
    cycle: Cycle, changes: Sequence[Change], plan: Plan, frame: pd.DataFrame, rows: np.ndarray, products: int
) -> dict[str, Any]:
    """The parts of demand (products, months) that changes name: `regions` and `events`, each by code."""
    wanted = {change.code for change in changes if isinstance(change, Demand) and change.scope == "region"}
    regions = {code: _part(plan, (frame["region"] == code).to_numpy(), rows, products) for code in wanted}
    return {
        "regions": {code: part for code, part in regions.items() if part.any()},
        "events": _events(cycle, {c.event for c in changes if isinstance(c, Promotion)}, plan, frame, rows, products),
    }


def _part(plan: Plan, keep: np.ndarray, rows: np.ndarray, products: int) -> Matrix:
    return by_product(Plan(plan.lines, plan.start, plan.quantity * keep[:, np.newaxis]), rows, products)


def _events(
    cycle: Cycle, codes: set[str], plan: Plan, frame: pd.DataFrame, rows: np.ndarray, products: int
) -> dict[str, Matrix]:
    """What each event is worth in the demand plan: the plan less the plan as it would be without it."""
    if not codes:
        return {}
    events, found = events_frame(cycle), {}
    for code in codes & set(events["code"]):
        without = without_past_events(plan.quantity, plan.start, frame, events[events["code"] == code])
        found[code] = by_product(Plan(plan.lines, plan.start, plan.quantity - without), rows, products)
    return found


def fingerprint(ground: Ground) -> str:
    """What a plan was worked out from, in 64 characters: another ground has another one."""
    digest = sha256()
    for name in ("demand", "price", "unit_cost", "hours", "regular", "agreed", "overtime", "backlog", "safety"):
        digest.update(np.round(np.asarray(getattr(ground, name), dtype=float), 6).tobytes())
    parts = () if ground.parts is None else (ground.parts.demand, ground.parts.owed, ground.parts.classes)
    for targets in (ground.service, ground.cover):
        digest.update(np.nan_to_num(np.asarray(targets, dtype=float), nan=-1.0).tobytes())
    rules = (ground.lead_months, ground.frozen_months, ground.lots, ground.multiples)
    for part in (ground.stock, ground.receipts, ground.open_production, ground.ahead, *rules, *parts):
        digest.update(b"unknown" if part is None else np.asarray(part, dtype=float).tobytes())
    return digest.hexdigest()
