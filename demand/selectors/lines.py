"""The lines of a cycle with everything that numbers are grouped, priced and scoped by."""

from datetime import date
from functools import lru_cache

import numpy as np
import pandas as pd
from django.db.models import Count, F, Max, Subquery, Sum

from cycles.models import Cycle
from cycles.periods import add_months
from demand.forecast_table import Groups, grouped
from demand.matrices import Lines
from demand.models import CycleLine
from demand.selectors.lines_read import frame_joined, frame_whole
from masterdata.models import Person, RowChange

KEPT = 16
# So many people's lines are read by themselves: a rep's page need not look through all lines of a company.
FEW_OWNERS, FEW_KEPT = 20, 64


def cycle_lines(
    cycle: Cycle,
    *,
    lines: Lines | None = None,
    owner: Person | None = None,
    owners: list[int] | None = None,
    product: str | None = None,
    family: str | None = None,
) -> pd.DataFrame:
    """The lines of a cycle as they were in it, indexed by line id in ascending order.

    Columns: `COLUMNS` of `demand.selectors.lines_read`; price and unit_cost in company currency per unit. Text columns
    have '' where nothing is known.
    """
    if owners is not None and len(owners) <= FEW_OWNERS:
        frame, owners = _frame_of(cycle.pk, tuple(sorted(owners)), _state(cycle, owners)), None
    else:
        frame = _frame(cycle.pk, _state(cycle))
    keep = np.ones(len(frame), dtype=bool)
    if lines is not None:
        keep &= np.isin(frame.index.to_numpy(), lines)
    if owner is not None:
        keep &= (frame["rep_id"] == owner.pk).to_numpy()
    if owners is not None:
        keep &= frame["rep_id"].isin(owners).to_numpy()
    for column, code in (("product", product), ("family", family)):
        if code is not None:
            keep &= (frame[column] == code).to_numpy()
    return frame[keep].copy()


def lines_grouped(cycle: Cycle, columns: tuple[str, ...]) -> tuple[pd.DataFrame, Groups]:
    """The frame of `cycle_lines` and its keys as the process keeps them, not copied: read them, never write to them."""
    state = _state(cycle)
    return _frame(cycle.pk, state), _grouped(cycle.pk, state, columns)


@lru_cache(maxsize=KEPT)
def _grouped(cycle: int, state: tuple[int, ...], columns: tuple[str, ...]) -> Groups:
    return grouped(_frame(cycle, state), columns)


def _state(cycle: Cycle, owned_by: list[int] | None = None) -> tuple[int, ...]:
    """What has to change before the frame of a cycle can: its lines, who owns them, or any master data.

    Owners are counted in though a hand-over is recorded too: records of two writers may be seen out of order.
    """
    newest = Subquery(RowChange.objects.order_by("-pk").values("pk")[:1])
    lines = CycleLine.objects.filter(cycle=cycle)
    if owned_by is not None:
        lines = lines.filter(owner__in=owned_by)
    rows = lines.aggregate(
        count=Count("pk"), last=Max("pk"), owners=Sum(F("owner_id") * F("line_id")), changes=Max(newest)
    )
    return rows["count"], rows["last"] or 0, int(rows["owners"] or 0), rows["changes"] or 0


@lru_cache(maxsize=KEPT)
def _frame(cycle: int, state: tuple[int, ...]) -> pd.DataFrame:
    return frame_whole(cycle)


@lru_cache(maxsize=FEW_KEPT)
def _frame_of(cycle: int, owners: tuple[int, ...], state: tuple[int, ...]) -> pd.DataFrame:
    return frame_joined(CycleLine.objects.filter(cycle=cycle, owner__in=owners))


def lines_forget() -> None:
    """Read everything anew: for a proof of what the database really holds."""
    _frame.cache_clear()
    _frame_of.cache_clear()
    _grouped.cache_clear()


def line_ids(frame: pd.DataFrame) -> Lines:
    return frame.index.to_numpy(dtype=np.int64)


def line_labels(frame: pd.DataFrame) -> dict[int, str]:
    """Line id -> "customer, product" in words."""
    names = zip(frame.index, frame["customer_name"], frame["product_name"], strict=True)
    return {int(line): f"{customer}, {product}" for line, customer, product in names}


def living_lines(cycle: Cycle, *, owners: list[int] | None = None) -> pd.DataFrame:
    """The lines whose product is sold in at least one month of the horizon: the ones people are asked about."""
    frame = cycle_lines(cycle, owners=owners)
    return frame[life_mask(frame, cycle.month, cycle.horizon).any(axis=1)] if len(frame) else frame


def life_mask(frame: pd.DataFrame, start: date, months: int) -> np.ndarray:
    """(lines, months) True where the product is alive: from its launch month to its phase-out month, both sold."""
    calendar = [add_months(start, i) for i in range(months)]
    launch = [m or date.min for m in frame["launch_month"].where(frame["launch_month"].notna(), None)]
    end = [m or date.max for m in frame["phase_out_month"].where(frame["phase_out_month"].notna(), None)]
    begins, ends = np.array(launch, dtype="datetime64[D]"), np.array(end, dtype="datetime64[D]")
    at = np.array(calendar, dtype="datetime64[D]")
    return (at >= begins[:, None]) & (at <= ends[:, None])
