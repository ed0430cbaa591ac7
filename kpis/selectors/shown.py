"""A stored measure as pages show it: with last month, last year, its trend and its target."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import pandas as pd

from kpis.measures.words import Family, Good, Measure
from kpis.models import Target
from kpis.targets import shortfall

PER_CENT = "%"
DECIMALS = {
    PER_CENT: 1,
    "days": 1,
    "score": 2,
    "per year": 1,
    "ratio": 1,
    "percentage points": 1,
    "hours": 1,
    "mails": 1,
}
# what the demonstration company invents: dates of orders, stock, budget, quality; bookings and costs are the source's
INVENTED = (Family.SERVICE, Family.TIME, Family.QUALITY)
INVENTED_CODES = ("gap_to_budget", "holding_cost", "inventory_turns", "days_of_supply", "capacity_utilisation")


@dataclass(frozen=True)
class Shown:
    """One measure as the page shows it, per cent as 0 to 100; None = n/a."""

    measure: Measure
    value: float | None
    before: float | None
    last_year: float | None
    trend: list[float | None]
    n: int
    simulated: bool
    target: float | None = None
    owner: str = ""

    @property
    def missed(self) -> bool:
        """Whether the value is on the wrong side of its target."""
        if self.value is None or self.target is None:
            return False
        return shortfall(self.value, self.target, self.measure.good) > 0

    @property
    def change(self) -> float | None:
        return None if self.value is None or self.before is None else self.value - self.before

    @property
    def year_change(self) -> float | None:
        return None if self.value is None or self.last_year is None else self.value - self.last_year

    @property
    def good(self) -> str:
        return {Good.UP: "up", Good.DOWN: "down"}.get(self.measure.good, "none")

    @property
    def decimals(self) -> int:
        return DECIMALS.get(self.measure.unit, 0)

    @property
    def in_money(self) -> bool:
        return self.measure.unit == "money"


def is_invented(measure: Measure) -> bool:
    return measure.family in INVENTED or measure.code in INVENTED_CODES


def shown_of(
    measure: Measure,
    rows: pd.DataFrame,
    months: Sequence[date],
    *,
    simulated: bool = False,
    target: Target | None = None,
) -> Shown:
    """One measure from its snapshots (columns month, value, n) over consecutive `months`, the last one shown."""
    scale = 100.0 if measure.unit == PER_CENT else 1.0
    known = {month: value * scale for month, value in zip(rows["month"], rows["value"], strict=True) if pd.notna(value)}
    trend = [known.get(month) for month in months]
    count = dict(zip(rows["month"], rows["n"], strict=True))
    shown = Shown(measure, trend[-1], trend[-2], trend[-13], trend[-13:], int(count.get(months[-1], 0)), simulated)
    if target is None or target.value is None:
        return shown
    return replace(shown, target=target.value * scale, owner=target.owner.name)
