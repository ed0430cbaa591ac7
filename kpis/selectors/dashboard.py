"""The shared dashboard: the same page for Sales and Operations, from stored snapshots."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pandas as pd

from cycles.periods import add_months
from cycles.selectors import current_cycle
from kpis.measures.catalogue import in_family
from kpis.measures.words import Family
from kpis.models import Snapshot
from kpis.selectors.accuracy_page import tolerance_data
from kpis.selectors.alarms import alarms_now
from kpis.selectors.process import barriers, participation_by_cycle, process_measures
from kpis.selectors.shown import PER_CENT, Shown, is_invented, shown_of
from kpis.selectors.targets import Targets, targets_in
from kpis.selectors.top_management import top_management
from masterdata.models import Company
from masterdata.selectors import company

TREND_MONTHS = 13
PROCESS_DECIMALS = {PER_CENT: 0, "hours": 1, "mails": 1}


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
        "alarms": alarms_now(newest.month, cycle) if newest else None,
    }
    if cycle is not None:
        rows = process_measures(cycle, at=at)
        page |= {
            "process": [(row, PROCESS_DECIMALS.get(row.measure.unit, 0)) for row in rows],
            "participation": participation_by_cycle(cycle),
            "barriers": barriers(cycle),
            "top": top_management(cycle),
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
    targets = targets_in(month)
    return [_block(family, table, months, settings, targets) for family in Family]


def _block(family: Family, table: pd.DataFrame, months: list[date], settings: Company, targets: Targets) -> FamilyBlock:
    shown, absent = [], []
    for measure in in_family(family):
        rows = table[table["measure"] == measure.code]
        if rows.empty:
            absent.append(measure.name)
        else:
            simulated = settings.is_demonstration and is_invented(measure)
            target = targets.get((measure.code, "company", ""))
            shown.append(shown_of(measure, rows, months, simulated=simulated, target=target))
    return FamilyBlock(family, shown, absent)
