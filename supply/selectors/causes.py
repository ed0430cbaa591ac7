"""Which families, customers and events make up the load of a resource in its overloaded months."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
import pandas as pd

from cycles.models import Cycle
from demand.event_effects import without_past_events
from demand.matrices import Matrix, Plan
from demand.models import Stage
from demand.selectors.events import events_frame
from demand.selectors.lines import cycle_lines
from demand.selectors.versions import stage_plan
from supply.causes import causes, scaled_to
from supply.selectors.load import Load
from supply.selectors.preview import live_stage
from supply.selectors.products import product_index

NO_EVENT: Final = "Without any event"
UNKNOWN: Final = "No customer's line"
MOST_MONTHS: Final = 6


@dataclass(frozen=True)
class _Lines:
    """The lines behind a load: their facts, units (lines, months) as they enter it, and the row of their product."""

    frame: pd.DataFrame
    units: Matrix
    rows: np.ndarray
    without: list[tuple[str, Matrix]]


def overload_causes(cycle: Cycle, load: Load, r: int) -> list[dict[str, Any]]:
    """One entry per overloaded month of a resource, the fullest first."""
    used = load.used[r]
    over = [m for m in np.argsort(-np.nan_to_num(used)) if used[m] > 1][:MOST_MONTHS]
    if not over:
        return []
    lines = _lines(cycle, load, [load.months[m] for m in over])
    return [_cell(load, lines, r, int(m)) for m in over]


def _cell(load: Load, lines: _Lines, r: int, m: int) -> dict[str, Any]:
    hours = load.capacity.hours[r]
    total = float(load.asked[r, m])
    of_lines = hours[lines.rows] * lines.units[:, m]
    families = pd.Series(hours * load.demand[:, m]).groupby(load.products["family_name"].to_numpy()).sum()
    customers = pd.Series(of_lines).groupby(lines.frame["customer_name"].to_numpy()).sum()
    unknown = total - float(of_lines.sum())
    by_customer = dict(customers.items()) | ({UNKNOWN: unknown} if unknown > 1e-6 * total else {})
    return {
        "month": load.months[m],
        "hours": total,
        "released": float(load.released[r, m]),
        "over": total - float(load.released[r, m]),
        "used": float(load.used[r, m]),
        "families": causes(dict(families.items())),
        "customers": causes(by_customer),
        "events": causes(_by_event(lines, hours, m, total), last=NO_EVENT),
    }


def _by_event(lines: _Lines, hours: Matrix, m: int, total: float) -> dict[str, float]:
    """Hours that each event brings, taken away one after the other; what is left has nothing to do with events."""
    found, before = {}, lines.units[:, m]
    for name, without in lines.without:
        brought = float(hours[lines.rows] @ (before - without[:, m]))
        before = without[:, m]
        if brought > 0.5:
            found[name] = brought
    return found | {NO_EVENT: total - sum(found.values())} if found else {}


def _lines(cycle: Cycle, load: Load, months: list[date]) -> _Lines:
    stage = live_stage(cycle)
    plan = (
        stage_plan(cycle, stage)
        if stage is not None
        else Plan(np.array([], dtype=np.int64), cycle.month, load.demand[:0])
    )
    frame = cycle_lines(cycle, lines=plan.lines)
    rows = product_index(load.products, frame["product_id"].to_numpy(dtype=np.int64))
    units = scaled_to(plan.quantity, rows, load.demand)
    without = _without_events(cycle, plan, frame, units, months) if stage == Stage.DEMAND_PLAN else []
    return _Lines(frame, units, rows, without)


def _without_events(
    cycle: Cycle, plan: Plan, frame: pd.DataFrame, units: Matrix, months: list[date]
) -> list[tuple[str, Matrix]]:
    """The units as they would be without the first event, the first two, and so on."""
    events, left, found = events_frame(cycle), plan.quantity, []
    factor = np.divide(units, plan.quantity, out=np.ones_like(units), where=plan.quantity > 0)
    near = (events["from_month"] <= max(months)) & (events["to_month"] >= min(months))
    for code, name in events.loc[near, ["code", "name"]].itertuples(index=False):
        left = without_past_events(left, plan.start, frame, events[events["code"] == code])
        found.append((name, left * factor))
    return found
