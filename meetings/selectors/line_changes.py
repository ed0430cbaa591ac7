"""What is published otherwise than its owner gave it, line by line, and why."""

import numpy as np
import pandas as pd

from cycles.models import Cycle
from cycles.periods import add_months
from demand.matrices import Matrix
from demand.models import Stage
from demand.selectors.versions import stage_plan
from meetings.minutes import LineChange
from meetings.models import Decision
from meetings.selectors.company_forecast import BuiltForecast

NEAR_MONTHS = 4
LEAST_UNITS = 1.0
LEAST_SHARE = 0.1
WHY = {
    Stage.TEAM: "The team number differs.",
    Stage.EVENTS: "Marketing's events.",
    Stage.DEMAND_PLAN: "The demand review.",
}
DECIDED = "A decision."
CORRECTED = "The correction."
SUPPLY = "Supply commits less, or later."
ROUNDED = "Whole units."

Ladder = list[tuple[str, Matrix]]


def changes_by_owner(cycle: Cycle, built: BuiltForecast) -> dict[int, list[LineChange]]:
    """Per owner (person id) the lines of the next four months whose number changed on the way, one month per line.

    A change counts from one unit and 10 % of the owner's number. Owners without any have an empty list.
    """
    return _by_owner(built, _ladder(cycle, built))


def corrected_by_owner(built: BuiltForecast, decision: Decision) -> dict[int, list[LineChange]]:
    """Per owner the lines that a correction changes, in the whole horizon, one month per line."""
    change = next(one for one in built.changes if one.decision == decision)
    return _by_owner(built, [("", change.before), (CORRECTED, change.after)], least_share=0.0)


def _by_owner(built: BuiltForecast, ladder: Ladder, least_share: float = LEAST_SHARE) -> dict[int, list[LineChange]]:
    given, published = ladder[0][1], ladder[-1][1]
    price = built.frame["price"].to_numpy()[:, None]
    moved = np.abs(published - given)
    counts = (moved >= LEAST_UNITS) & (moved >= least_share * np.maximum(given, published))
    worth = np.where(counts, moved * np.maximum(price, 1e-9), 0.0)
    owners: dict[int, list[LineChange]] = {int(owner): [] for owner in built.frame["rep_id"].dropna().unique()}
    for row in np.flatnonzero(worth.max(axis=1) > 0):
        owner = built.frame["rep_id"].iloc[row]
        if not pd.isna(owner):
            owners[int(owner)].append(_change(built, ladder, int(row), int(worth[row].argmax())))
    return owners


def _ladder(cycle: Cycle, built: BuiltForecast) -> Ladder:
    """The owner's number and every step after it, of the next four months; each with what the step is called."""
    lines = built.demand.lines
    steps: Ladder = [("", stage_plan(cycle, Stage.SALES, lines).quantity)]
    steps += [(WHY[stage], stage_plan(cycle, stage, lines).quantity) for stage in (Stage.TEAM, Stage.EVENTS)]
    steps += [(WHY[Stage.DEMAND_PLAN], built.demand.quantity), (DECIDED, built.decided.quantity)]
    steps.append((SUPPLY, built.forecast.quantity))
    return [(why, quantity[:, :NEAR_MONTHS]) for why, quantity in steps]


def _change(built: BuiltForecast, ladder: Ladder, row: int, column: int) -> LineChange:
    values = [float(quantity[row, column]) for _, quantity in ladder]
    steps = np.abs(np.diff(values))
    largest = int(steps.argmax()) + 1
    why = ladder[largest][0] if steps.max() >= LEAST_UNITS else ROUNDED
    line = built.frame.iloc[row]
    return LineChange(
        customer=str(line["customer_name"]),
        product=str(line["product_name"]),
        month=add_months(built.forecast.start, column),
        before=values[0],
        after=values[-1],
        why=why,
        value=(values[-1] - values[0]) * float(line["price"]),
    )
