"""Measures of the forecast by month, stage, lag and part, from the stored sums of errors."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
import pandas as pd
from django.db.models import Count

from cycles.periods import add_months
from cycles.typed import whole_number
from demand.landed import FEWEST_PEOPLE
from demand.models import Stage
from jobs.errors import Invalid
from kpis.cuts import FAMILY, GROUP, REGION
from kpis.measures.words import Measure
from kpis.selectors.accuracy import COMPARED_WITH, DEFAULT_LAGS, stored_sums
from masterdata.models import Customer

COMPANY: Final = "company"
COLUMNS: Final = ["level", "key", "month", "value", "n"]
SIGNAL_MONTHS: Final = 12
MOST_LAGS: Final = 12
# what people entered: told of a region only where enough of them sell, so that it is nobody's own record
OF_PEOPLE: Final = (Stage.SALES, Stage.TEAM)
OF_TOTALS: Final = "tracking_signal"


@dataclass(frozen=True)
class Seen:
    """Which forecast is looked at: a stage, and a lag or (None) lags 0 to 3 together."""

    stage: Stage
    lag: int | None

    @property
    def lags(self) -> tuple[int, ...]:
        return DEFAULT_LAGS if self.lag is None else (self.lag,)

    @property
    def words(self) -> str:
        lag = "lags 0 to 3 together" if self.lag is None else f"lag {self.lag}"
        return f"{self.stage.label}, {lag}"


def seen_read(stage: str, lag: str, code: str) -> Seen:
    """What an address asks for; without it the company forecast (its stage before for the value added) at lag 1."""
    known = stages_of(code)
    if stage and stage not in known:
        raise Invalid(f"{stage[:40]!r} is not a stage here. Use one of: {', '.join(known)}.")
    if lag and lag != "all" and whole_number(lag, MOST_LAGS - 1) is None:
        raise Invalid(f"{lag[:40]!r} is not a lag. Use 0 to {MOST_LAGS - 1}, or all for 0 to 3 together.")
    chosen = Stage(stage) if stage else Stage(known[-1])
    return Seen(chosen, None if lag == "all" else int(lag or 1))


def stages_of(code: str) -> list[str]:
    """The stages a measure is told of; only what is compared with a stage before has added value."""
    return [stage.value for stage in Stage if code != "fva" or stage in COMPARED_WITH]


def forecast_table(measure: Measure, seen: Seen, levels: Sequence[str]) -> pd.DataFrame:
    """Columns level, key, month, value, n over the closed months: the company's (key '') and every part's.

    Ratios pool the errors of single lines; a tracking signal looks at totals over the year up to each month.
    """
    frames = [_level(measure, seen, level) for level in (COMPANY, *levels)]
    known = [frame for frame in frames if not frame.empty]
    return pd.concat(known, ignore_index=True) if known else pd.DataFrame(columns=COLUMNS)


def _level(measure: Measure, seen: Seen, level: str) -> pd.DataFrame:
    stored = level if level in (REGION, GROUP) else "line"
    key = "" if level == COMPANY else None
    before = COMPARED_WITH.get(seen.stage) if measure.code == "fva" else None
    stages = [seen.stage, *([before] if before else [])]
    rows = stored_sums(level=stored, key=key, stages=stages, lags=seen.lags)
    if level == REGION and seen.stage in OF_PEOPLE:
        rows = rows[rows["key"].isin(_regions_of_enough())]
    if rows.empty:
        return pd.DataFrame(columns=COLUMNS)
    values = _added(rows, seen.stage, before) if before else _values(measure.code, rows)
    return values.assign(level=level)[COLUMNS]


def _regions_of_enough() -> list[str]:
    rows = Customer.objects.exclude(region=None).values("region__code").annotate(people=Count("owner", distinct=True))
    return [row["region__code"] for row in rows if row["people"] >= FEWEST_PEOPLE]


def _values(code: str, rows: pd.DataFrame) -> pd.DataFrame:
    sums = rows.groupby(["key", "month"])[["absolute_error", "signed_error", "actual", "n"]].sum().reset_index()
    if code == OF_TOTALS:
        signals = [_signal(part) for _, part in sums.groupby("key")]
        return pd.concat(signals, ignore_index=True)
    base = sums["actual"].where(sums["actual"] > 0)
    wape = sums["absolute_error"] / base
    value = {"wape": wape, "accuracy": (1 - wape).clip(lower=0), "bias": sums["signed_error"] / base}[code]
    return sums.assign(value=value)


def _signal(sums: pd.DataFrame) -> pd.DataFrame:
    """Σ(A−F) / mean|A−F| of a total over the twelve months up to each; months that are missing are left out."""
    rows: list[dict[str, Any]] = []
    for month in sums["month"]:
        errors = sums.loc[(sums["month"] > add_months(month, -SIGNAL_MONTHS)) & (sums["month"] <= month)]
        mean = errors["signed_error"].abs().mean()
        signal = -errors["signed_error"].sum() / mean if mean > 0 else np.nan
        rows.append({"key": sums["key"].iloc[0], "month": month, "value": signal, "n": len(errors)})
    return pd.DataFrame(rows)


def _added(rows: pd.DataFrame, stage: Stage, before: Stage) -> pd.DataFrame:
    """Percentage points of WAPE a stage took away, over the cells that both stages have."""
    cells = ["cycle", "month", "key"]
    own, other = (rows[rows["stage"] == one.value] for one in (stage, before))
    both = own.merge(other, on=cells, suffixes=("", "_before"))
    sums = both.groupby(["key", "month"])[["absolute_error", "absolute_error_before", "actual", "n"]].sum()
    base = sums["actual"].where(sums["actual"] > 0)
    value = (sums["absolute_error_before"] - sums["absolute_error"]) / base * 100
    return sums.assign(value=value).reset_index()


def forecast_months(table: pd.DataFrame) -> list[date]:
    """The months with a company's row, newest first."""
    return sorted(table.loc[table["level"] == COMPANY, "month"].unique(), reverse=True)


FORECAST_LEVELS: Final = (FAMILY, GROUP, REGION)
