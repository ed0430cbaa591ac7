"""WE review: last month's company forecast against what came, by family; nobody is ranked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from cycles.models import Cycle, CycleState
from cycles.periods import add_months, months_between
from demand.models import Stage
from demand.selectors.history import history
from demand.selectors.lines import cycle_lines
from demand.selectors.versions import stage_plan
from masterdata.selectors import company

MOST = 3
RIGHT_WITHIN = 0.1


@dataclass(frozen=True)
class FamilyReview:
    """Forecast and actual units of a family in the month; `share` is the miss against the actual."""

    name: str
    forecast: float
    actual: float

    @property
    def miss(self) -> float:
        return self.forecast - self.actual

    @property
    def share(self) -> float | None:
        return self.miss / self.actual if self.actual else None


@dataclass(frozen=True)
class Review:
    """What a published forecast said about a closed month, and what came."""

    month: date
    cycle: str
    simulated: bool
    families: Sequence[FamilyReview]

    @property
    def wape(self) -> float | None:
        """At family level."""
        actual = sum(abs(row.actual) for row in self.families)
        return sum(abs(row.miss) for row in self.families) / actual if actual else None

    @property
    def bias(self) -> float | None:
        actual = sum(abs(row.actual) for row in self.families)
        return sum(row.miss for row in self.families) / actual if actual else None

    @property
    def right(self) -> list[FamilyReview]:
        """The largest families within 10 %."""
        good = [row for row in self.families if row.share is not None and abs(row.share) <= RIGHT_WITHIN]
        return sorted(good, key=lambda row: -row.actual)[:MOST]

    @property
    def missed(self) -> list[FamilyReview]:
        """The families with the most units off, beyond 10 %."""
        bad = [row for row in self.families if row.share is None or abs(row.share) > RIGHT_WITHIN]
        return sorted([row for row in bad if row.miss], key=lambda row: -abs(row.miss))[:MOST]


def we_review(cycle: Cycle) -> Review | None:
    """Last month as the newest forecast published before it closed saw it; None when there was none, or no actuals."""
    month, closed = add_months(cycle.month, -1), company().last_closed_month
    if closed is None or closed < month:
        return None
    source = Cycle.objects.filter(state=CycleState.PUBLISHED, month__lte=month).order_by("-month").first()
    if source is None or months_between(source.month, month) >= source.horizon:
        return None
    frame = cycle_lines(source)
    lines = frame.index.to_numpy(dtype=np.int64)
    plan = stage_plan(source, Stage.COMPANY_FORECAST, lines)
    actual = history(lines, start=month, before=add_months(month, 1)).quantity[:, 0]
    table = pd.DataFrame(
        {
            "name": frame["family_name"].to_numpy(),
            "forecast": plan.quantity[:, months_between(source.month, month)],
            "actual": actual,
        }
    )
    rows = table.groupby("name").sum().reset_index().to_dict("records")
    return Review(month, source.code, source.simulated, [FamilyReview(**row) for row in rows])
