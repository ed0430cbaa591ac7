"""The shared dashboard: the same page for Sales and Operations, from stored snapshots."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pandas as pd

from cycles.periods import add_months
from cycles.selectors import current_cycle
from kpis.measures.catalogue import in_family
from kpis.measures.words import Family, Good, Measure
from kpis.models import Snapshot
from kpis.selectors.accuracy_page import tolerance_data
from kpis.selectors.process import barriers, participation_by_cycle, process_measures
from masterdata.models import Company
from masterdata.selectors import company

TREND_MONTHS = 13
PER_CENT = "%"
DECIMALS = {PER_CENT: 1, "days": 1, "score": 2, "per year": 1}
# what the demonstration company invents: dates of orders, stock, budget, quality; bookings and costs are the source's
INVENTED = (Family.SERVICE, Family.TIME, Family.QUALITY)
INVENTED_CODES = ("gap_to_budget", "holding_cost", "inventory_turns", "days_of_supply", "capacity_utilisation")
PROCESS_DECIMALS = {PER_CENT: 0, "hours": 1}


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


@dataclass(frozen=True)
class FamilyBlock:
    """One of the six families: what was measured, and the names of what has no input."""

    family: Family
    shown: list[Shown]
    absent: list[str]


def dashboard(*, at: datetime) -> dict[str, Any]:
    """The newest closed month that was measured, with its trend; customer service first; then the process."""
    settings, cycle = company(), current_cycle()
    newest = Snapshot.objects.filter(level="company").order_by("-month").first()
    page: dict[str, Any] = {
        "month": newest.month if newest else None,
        "taken_at": newest.taken_at if newest else None,
        "late": _late(newest.month if newest else None, settings, cycle.month if cycle else None),
        "families": _families(newest.month, settings) if newest else [],
        "currency": settings.currency,
        "tolerance": tolerance_data(),
        "cycle": cycle,
    }
    if cycle is not None:
        rows = process_measures(cycle, at=at)
        page |= {
            "process": [(row, PROCESS_DECIMALS.get(row.measure.unit, 0)) for row in rows],
            "participation": participation_by_cycle(cycle),
            "barriers": barriers(cycle),
        }
    return page


def _late(measured: date | None, settings: Company, cycle: date | None) -> str:
    """What has not come in yet, in one sentence; empty when nothing is missing."""
    closed = settings.last_closed_month
    if closed is None:
        return "No month has closed yet: bookings are missing."
    if measured is None or measured < closed:
        return f"{closed:%B %Y} has closed and is being measured now."
    if cycle is not None and closed < add_months(cycle, -1):
        return f"{add_months(closed, 1):%B %Y} has not closed: its bookings are missing."
    return ""


def _families(month: date, settings: Company) -> list[FamilyBlock]:
    months = [add_months(month, i - TREND_MONTHS + 1) for i in range(TREND_MONTHS)]
    rows = Snapshot.objects.filter(level="company", month__in=months).values_list("measure", "month", "value", "n")
    table = pd.DataFrame.from_records(rows, columns=["measure", "month", "value", "n"])
    return [_block(family, table, months, settings) for family in Family]


def _block(family: Family, table: pd.DataFrame, months: list[date], settings: Company) -> FamilyBlock:
    shown, absent = [], []
    for measure in in_family(family):
        rows = table[table["measure"] == measure.code]
        if rows.empty:
            absent.append(measure.name)
        else:
            shown.append(_shown(measure, rows, months, settings.is_demonstration and _invented(measure)))
    return FamilyBlock(family, shown, absent)


def _invented(measure: Measure) -> bool:
    return measure.family in INVENTED or measure.code in INVENTED_CODES


def _shown(measure: Measure, rows: pd.DataFrame, months: list[date], simulated: bool) -> Shown:
    scale = 100.0 if measure.unit == PER_CENT else 1.0
    known = {month: value * scale for month, value in zip(rows["month"], rows["value"], strict=True) if pd.notna(value)}
    trend = [known.get(month) for month in months]
    count = dict(zip(rows["month"], rows["n"], strict=True))
    return Shown(measure, trend[-1], trend[-2], trend[0], trend, int(count.get(months[-1], 0)), simulated)
