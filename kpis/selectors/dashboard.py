"""The shared dashboard: the same page for Sales and Operations, from stored snapshots."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from cycles.periods import add_months
from kpis.measures.catalogue import in_family
from kpis.measures.words import Family, Good, Measure
from kpis.models import Snapshot

TREND_MONTHS = 13
PER_CENT = "%"


@dataclass(frozen=True)
class Shown:
    """One measure as the page shows it; None = n/a."""

    measure: Measure
    value: float | None
    before: float | None
    last_year: float | None
    trend: list[float | None]
    n: int

    @property
    def change(self) -> float | None:
        return None if self.value is None or self.before is None else self.value - self.before

    @property
    def good(self) -> str:
        return {Good.UP: "up", Good.DOWN: "down"}.get(self.measure.good, "none")


@dataclass(frozen=True)
class Dashboard:
    month: date | None
    families: list[tuple[Family, list[Shown]]]
    taken_at: Any
    months: list[date]


def dashboard() -> Dashboard:
    """The newest closed month that was measured, with its trend; customer service first."""
    newest = Snapshot.objects.filter(level="company").order_by("-month").first()
    if newest is None:
        return Dashboard(None, [], None, [])
    months = [add_months(newest.month, i - TREND_MONTHS + 1) for i in range(TREND_MONTHS)]
    table = _table(months)
    families = [(family, _family(family, table, months)) for family in Family]
    return Dashboard(newest.month, [row for row in families if row[1]], newest.taken_at, months)


def _table(months: list[date]) -> pd.DataFrame:
    rows = Snapshot.objects.filter(level="company", month__in=months).values_list("measure", "month", "value", "n")
    return pd.DataFrame.from_records(rows, columns=["measure", "month", "value", "n"])


def _family(family: Family, table: pd.DataFrame, months: list[date]) -> list[Shown]:
    measures = [measure for measure in in_family(family) if (table["measure"] == measure.code).any()]
    return [_shown(measure, table[table["measure"] == measure.code], months) for measure in measures]


def _shown(measure: Measure, rows: pd.DataFrame, months: list[date]) -> Shown:
    scale = 100.0 if measure.unit == PER_CENT else 1.0
    known = {month: value * scale for month, value in zip(rows["month"], rows["value"], strict=True) if pd.notna(value)}
    trend = [known.get(month) for month in months]
    count = dict(zip(rows["month"], rows["n"], strict=True))
    return Shown(measure, trend[-1], trend[-2], trend[0], trend, int(count.get(months[-1], 0)))
