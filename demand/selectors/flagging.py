"""What the flag rules want to know about every line of a cycle."""

import numpy as np
import pandas as pd
from django.db import connection
from numpy.typing import NDArray

from cycles.models import Cycle
from cycles.periods import add_months
from demand.flags import COLUMNS, Thresholds
from demand.matrices import Lines, Matrix, Plan
from demand.models import Event, Stage
from demand.rhythm import order_rhythm
from demand.selectors.history import history, history_start
from demand.selectors.lines import line_ids, living_lines
from demand.selectors.stages import StageNumbers, moved, stage_numbers
from demand.selectors.versions import events_applied, stage_plan

NEAR = 3
LEAD_DAYS = 30
STAGES = (Stage.BASELINE, Stage.SALES, Stage.TEAM, Stage.DEMAND_PLAN, Stage.SUPPLY_PLAN)

# Open orders and quotes per planning line: those dated within the lead time, and those put off again and again.
# A replay sees only what was ordered before the cycle's first day.
OPEN = """
WITH open AS (
    SELECT product_id, customer_id, qty, pushes, coalesce(promised_on, requested_on, ordered_on) AS due
    FROM demand_orderline
    WHERE shipped_on IS NULL AND (NOT %(simulated)s OR ordered_on < %(month)s)
    UNION ALL
    SELECT product_id, customer_id, qty, 0, expected_month
    FROM demand_opportunity
    WHERE closed_on IS NULL AND expected_month >= %(month)s AND NOT %(simulated)s
)
SELECT l.id,
       coalesce(sum(open.qty) FILTER (
           WHERE open.due < %(month)s::date + make_interval(days => coalesce(p.lead_time_days, %(lead)s)::int)), 0),
       max(open.pushes),
       coalesce(sum(open.qty) FILTER (WHERE open.pushes >= %(pushes)s), 0)
FROM open
JOIN masterdata_product x ON x.id = open.product_id
JOIN masterdata_customer d ON d.id = open.customer_id
JOIN masterdata_product p ON p.id = coalesce(x.plan_as_id, x.id)
JOIN demand_line l ON l.product_id = p.id AND l.customer_id = coalesce(d.plan_as_id, d.id)
GROUP BY l.id
"""


def flag_frame(cycle: Cycle) -> pd.DataFrame:
    """One row per living line with the columns of `demand.flags.COLUMNS`; quantities in the product's unit."""
    frame = living_lines(cycle)
    lines = line_ids(frame)
    past = history(lines, start=history_start(cycle.month), before=cycle.month).quantity
    baseline = stage_plan(cycle, Stage.BASELINE, lines)
    facts = pd.DataFrame(index=frame.index)
    facts["rep"] = frame["rep"].to_numpy()
    facts["price"] = frame["price"].to_numpy()
    facts["baseline"] = baseline.quantity[:, :NEAR].sum(axis=1)
    _add_open(facts, cycle)
    _add_last_cycle(facts, cycle, lines)
    _add_events(facts, cycle, baseline)
    facts["last_actual"] = past[:, -1] if past.shape[1] else np.nan
    facts["months_known"] = _months_known(past)
    _add_rhythm(facts, frame["customer_id"].to_numpy(), past)
    return facts[list(COLUMNS)]


def _add_open(facts: pd.DataFrame, cycle: Cycle) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            OPEN,
            {
                "month": cycle.month,
                "simulated": cycle.simulated,
                "lead": LEAD_DAYS,
                "pushes": Thresholds().pushes,
            },
        )
        rows = pd.DataFrame(cursor.fetchall(), columns=["line", "due_qty", "pushes", "pushed_qty"]).set_index("line")
    found = rows.reindex(facts.index).astype(float).fillna(0.0)
    facts[["due_qty", "pushes", "pushed_qty"]] = found.to_numpy()


def _add_last_cycle(facts: pd.DataFrame, cycle: Cycle, lines: Lines) -> None:
    """What the cycle before said of these months and of the month just closed, and where its supply fell short."""
    before = add_months(cycle.month, -1)
    numbers = stage_numbers([before], lines, STAGES)
    nothing = np.full(len(lines), np.nan)
    facts["last_number"], facts["last_forecast"], facts["short_qty"] = nothing, nothing, 0.0
    if not numbers.has(before, Stage.TEAM):
        return
    team = numbers.plan(before, Stage.TEAM)
    facts["last_number"] = moved(team, cycle)[:, :NEAR].sum(axis=1)
    facts["last_forecast"] = team.quantity[:, 0]
    facts["short_qty"] = _short(numbers, cycle)


def _short(numbers: StageNumbers, cycle: Cycle) -> NDArray[np.float64]:
    """Units of the next months that supply did not commit in the cycle before; 0 where nothing was planned."""
    before = add_months(cycle.month, -1)
    if not (numbers.has(before, Stage.DEMAND_PLAN) and numbers.has(before, Stage.SUPPLY_PLAN)):
        return np.zeros(len(numbers.lines))
    demand, supply = (
        moved(numbers.plan(before, stage), cycle)[:, :NEAR].sum(axis=1)
        for stage in (Stage.DEMAND_PLAN, Stage.SUPPLY_PLAN)
    )
    return np.maximum(np.nan_to_num(demand - supply), 0.0)


def _add_events(facts: pd.DataFrame, cycle: Cycle, baseline: Plan) -> None:
    """What events add to the baseline of the next months (negative where they take away), and which ones."""
    with_events, effects = events_applied(cycle, baseline)
    facts["promotion_qty"] = (with_events.quantity - baseline.quantity)[:, :NEAR].sum(axis=1)
    near = effects[(effects["month"] < NEAR) & (effects["added"] != 0)]
    facts["promotion"] = _largest_first(cycle, near).reindex(facts.index).fillna("")


def _largest_first(cycle: Cycle, effects: pd.DataFrame) -> pd.Series:
    """Per line the name of the event that moves it most (or of which it is the dip), and how many more there are."""
    if effects.empty:
        return pd.Series(dtype=object)
    events = Event.objects.filter(code__in=effects["event"].unique().tolist())
    names = {event.code: f"{'The dip after ' if event.to_month < cycle.month else ''}{event.name}" for event in events}
    moved_by = effects.groupby(["line", "event"])["added"].sum().abs().reset_index()
    moved_by = moved_by.sort_values(["line", "added"], ascending=[True, False], kind="stable")
    rest = moved_by.groupby("line").size() - 1
    first = moved_by.groupby("line")["event"].first().map(names)
    return first.where(rest == 0, first + rest.map(" and {:d} more".format))


def _months_known(past: Matrix) -> NDArray[np.float64]:
    """Months since a line first sold; NaN where it never has."""
    sold = past > 0
    return np.where(sold.any(axis=1), past.shape[1] - sold.argmax(axis=1), np.nan)


def _add_rhythm(facts: pd.DataFrame, customers: NDArray[np.int64], past: Matrix) -> None:
    """Each customer's usual interval between months with an order, and how long ago the last one was."""
    ordered = pd.DataFrame(past > 0).groupby(customers).any()
    since, interval = order_rhythm(ordered.to_numpy())
    known = pd.DataFrame({"since": since, "interval": interval}, index=ordered.index).reindex(customers)
    facts["months_since_order"], facts["usual_interval"] = known["since"].to_numpy(), known["interval"].to_numpy()
