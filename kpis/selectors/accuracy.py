"""Forecast accuracy of the stages, from the versions as they stood in each cycle."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from django.db.models.functions import ExtractMonth, ExtractYear

from cycles.models import Cycle
from cycles.periods import add_months, months_between
from demand.matrices import Plan
from demand.models import ForecastVersion, Line, Stage, VersionState
from demand.selectors.history import actuals_for
from demand.selectors.versions import version_plan
from kpis.cuts import GROUP, REGION
from kpis.errors import error_sums, pooled
from kpis.models import StageAccuracy
from masterdata.selectors import company

LEVELS = ("line", "product", "family", "company")
DEFAULT_LAGS = (0, 1, 2, 3)
# the stage before, for the value a stage added; what supply makes of demand is a constraint, not a forecast
COMPARED_WITH = {
    Stage.BASELINE: Stage.NAIVE,
    Stage.SALES: Stage.BASELINE,
    Stage.TEAM: Stage.SALES,
    Stage.EVENTS: Stage.TEAM,
    Stage.DEMAND_PLAN: Stage.EVENTS,
}

# months between the cycle and the month measured
LAG = (ExtractYear("month") - ExtractYear("cycle__month")) * 12 + ExtractMonth("month") - ExtractMonth("cycle__month")


def closed_before() -> date | None:
    """The first month that is not closed."""
    last = company().last_closed_month
    return add_months(last, 1) if last else None


def stage_errors(cycle: Cycle, *, first: date | None = None) -> pd.DataFrame:
    """Error sums of every finished stage of a cycle in its closed months from `first` on.

    Columns: stage, revision, month (date), level, key, sums. Every planning line counts, known to the cycle or not. The
    levels region and group pool the errors of their lines.
    """
    until = closed_before()
    start = max(first or cycle.month, cycle.month)
    if until is None or until <= start:
        return pd.DataFrame()
    frame = _lines()
    months = min(months_between(start, until), cycle.horizon - months_between(cycle.month, start))
    if months < 1:
        return pd.DataFrame()
    actual = actuals_for(frame["line"].to_numpy(), start=start, months=months, closed_before=until).quantity
    levels, family = _groups(frame), frame["family"].to_numpy(dtype=object)
    line, others = levels["line"], {name: frame[name].to_numpy(dtype=object) for name in (REGION, GROUP)}
    parts = []
    for version in ForecastVersion.objects.filter(cycle=cycle, state=VersionState.CURRENT).order_by("id"):
        plan = _shown(version, frame["line"].to_numpy(), start, months)
        sums = pd.concat(
            [error_sums(plan, actual, levels, family)]
            + [error_sums(plan, actual, {name: line}, keys) for name, keys in others.items()],
            ignore_index=True,
        ).drop_duplicates(["month", "level", "key"])
        months_of = [add_months(start, m) for m in sums["month"]]
        parts.append(sums.assign(stage=version.stage, revision=version.revision, month=months_of))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _lines() -> pd.DataFrame:
    names = ("pk", "product_id", "product__family__code", "customer__region__code", "product__family__group")
    rows = Line.objects.order_by("pk").values_list(*names)
    return pd.DataFrame.from_records(rows, columns=["line", "product", "family", REGION, GROUP]).fillna("")


def _groups(frame: pd.DataFrame) -> dict[str, np.ndarray]:
    return {
        "line": np.arange(len(frame)),
        "product": pd.factorize(frame["product"])[0],
        "family": pd.factorize(frame["family"])[0],
        "company": np.zeros(len(frame), dtype=np.int64),
    }


def _shown(version: ForecastVersion, lines: np.ndarray, start: date, months: int) -> np.ndarray:
    plan: Plan = version_plan(version).for_lines(lines)
    skip = months_between(plan.start, start)
    return plan.quantity[:, skip : skip + months]


def accuracy_ladder(
    *,
    level: str = "line",
    lags: Sequence[int] = DEFAULT_LAGS,
    first: date | None = None,
    last: date | None = None,
    key: str = "",
) -> list[dict[str, Any]]:
    """One row per stage in ladder order: stage, wape, bias, fva (percentage points), n; from the stored sums.

    `first` and `last` are cycles; lags are pooled over all cells. None where undefined. A stage is compared with the
    stage before it over the same cells only.
    """
    return ladder(stored_sums(level=level, key=key, first=first, last=last, lags=lags))


def stored_sums(
    *,
    level: str,
    key: str | None = "",
    first: date | None = None,
    last: date | None = None,
    stages: Sequence[Stage] = (),
    lags: Sequence[int] = (),
) -> pd.DataFrame:
    """Stored error sums with cycle (date), month, lag, stage and key; all keys for key=None.

    `first` and `last` are cycles; no `stages` or `lags` means all of them.
    """
    rows = StageAccuracy.objects.filter(level=level).annotate(lag=LAG)
    rows = rows.filter(key=key) if key is not None else rows.exclude(key="")
    rows = rows.filter(cycle__month__gte=first) if first else rows
    rows = rows.filter(cycle__month__lte=last) if last else rows
    rows = rows.filter(stage__in=stages) if stages else rows
    rows = rows.filter(lag__in=list(lags)) if lags else rows
    columns = ["cycle__month", "month", "lag", "stage", "key", "absolute_error", "signed_error", "actual", "n"]
    frame = pd.DataFrame.from_records(rows.order_by("cycle__month", "month").values_list(*columns), columns=columns)
    return frame.rename(columns={"cycle__month": "cycle"})


def ladder(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """The stages of `rows` (one key) pooled, with the value each added."""
    if rows.empty:
        return []
    table = pooled(rows, ["stage"]).set_index("stage")
    return [_stage_row(stage, rows, table) for stage in Stage if stage.value in table.index]


def _stage_row(stage: Stage, rows: pd.DataFrame, table: pd.DataFrame) -> dict[str, Any]:
    row = table.loc[stage.value]
    return {
        "stage": stage.value,
        "wape": _known(row["wape"]),
        "bias": _known(row["bias"]),
        "fva": value_added(stage, rows),
        "n": int(row["n"]),
    }


def value_added(stage: Stage, rows: pd.DataFrame) -> float | None:
    """WAPE of the stage before minus this stage's, in percentage points, over cells that both have."""
    before = COMPARED_WITH.get(stage)
    if before is None:
        return None
    cells = ["cycle", "month", "key"]
    own, other = (rows[rows["stage"] == s.value].set_index(cells) for s in (stage, before))
    both = own.index.intersection(other.index)
    if not len(both):
        return None
    actual = own.loc[both, "actual"].sum()
    removed = other.loc[both, "absolute_error"].sum() - own.loc[both, "absolute_error"].sum()
    return float(removed / actual * 100) if actual > 0 else None


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
