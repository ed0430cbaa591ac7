"""Where the rows of a measure come from: snapshots, stored sums of errors, or the cycles themselves."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

import pandas as pd

from cycles.models import Cycle
from cycles.selectors import current_cycle
from kpis.cuts import POOLED
from kpis.measures.words import Family, Good, Measure, Subject
from kpis.models import Snapshot
from kpis.selectors.forecast_measures import COLUMNS, Seen, forecast_months, forecast_table
from kpis.selectors.parts import COMPANY
from kpis.selectors.process_measures import process_table
from kpis.selectors.shown import is_invented
from masterdata.models import Company

MOST: Final = 60
Table = Callable[[str, list[date]], pd.DataFrame]


@dataclass(frozen=True)
class Source:
    """`known` are the months with a company's value, newest first; `table(level, months)` its rows of a level.

    A table has the columns level, key, month, value, n; that of the company has the key ''.
    """

    known: list[date]
    table: Table
    taken_at: Callable[[date], datetime | None]
    simulated: bool


def source_of(measure: Measure, seen: Seen, level: str, settings: Company, at: datetime) -> Source:
    """The source of a measure; of a level that is asked for too."""
    if measure.subject is Subject.PROCESS:
        return _of_process(measure, at)
    if measure.subject is Subject.FORECAST:
        return _of_forecast(measure, seen, level)
    rows = Snapshot.objects.filter(measure=measure.code, level=COMPANY)
    taken = dict(rows.order_by("-month").values_list("month", "taken_at"))
    return Source(
        list(taken),
        lambda of, months: snapshot_table(measure, of, months),
        taken.get,
        settings.is_demonstration and is_invented(measure),
    )


def _of_process(measure: Measure, at: datetime) -> Source:
    cycle = current_cycle() or Cycle.objects.order_by("-month").first()
    table = process_table(measure.code, cycle, at=at) if cycle else pd.DataFrame(columns=COLUMNS)
    return _of_frame(table)


def _of_forecast(measure: Measure, seen: Seen, level: str) -> Source:
    if measure.code not in POOLED:
        return _of_frame(pd.DataFrame(columns=COLUMNS))
    return _of_frame(forecast_table(measure, seen, [level] if level else []))


def _of_frame(table: pd.DataFrame) -> Source:
    simulated = bool(len(table)) and Cycle.objects.filter(simulated=True).exists()
    return Source(
        forecast_months(table),
        lambda level, months: table[(table["level"] == level) & table["month"].isin(months)],
        lambda month: None,
        simulated,
    )


def low_is_first(measure: Measure) -> bool:
    """Whether the worst part is the smallest: of shares and days the bad end stands first, of amounts the largest."""
    is_share = measure.family in (Family.SERVICE, Family.QUALITY) or measure.unit == "%"
    return is_share and measure.good is Good.UP


def snapshot_table(measure: Measure, level: str, months: list[date]) -> pd.DataFrame:
    """The stored rows of a level; of many parts only the first `MOST` of the last month are read."""
    rows = Snapshot.objects.filter(measure=measure.code, level=level)
    if level != COMPANY:
        now = rows.filter(month=months[-1], value__isnull=False)
        first = now.order_by("value" if low_is_first(measure) else "-value", "key")[:MOST]
        rows = rows.filter(key__in=list(first.values_list("key", flat=True)))
    rows = rows.filter(month__gte=months[0], month__lte=months[-1]).order_by("month")
    return pd.DataFrame.from_records(rows.values_list(*COLUMNS), columns=COLUMNS)
