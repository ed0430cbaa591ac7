"""WE review: last month's company forecast against what came, by family and by cause; nobody is ranked."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd

from cycles.models import Cycle, CycleState
from cycles.periods import add_months, months_between
from demand.matrices import Lines
from demand.models import Stage
from demand.selectors.history import history
from demand.selectors.lines import cycle_lines
from demand.selectors.versions import stage_plan, stages_available
from masterdata.selectors import company

MOST = 3
RIGHT_WITHIN = 0.1
# what a step is called as a cause in a sentence and over a column, in the order of the forecast
CAUSES = {
    Stage.BASELINE: ("the baseline", "Baseline"),
    Stage.SALES: ("sales input", "Sales"),
    Stage.TEAM: ("team numbers", "Team"),
    Stage.EVENTS: ("events", "Events"),
    Stage.DEMAND_PLAN: ("the demand review", "Review"),
    Stage.COMPANY_FORECAST: ("decisions and supply", "Decided"),
}


@dataclass(frozen=True)
class Cause:
    """Units of a miss that one step of the forecast brought; all causes of a miss add up to it."""

    name: str
    units: float
    head: str = ""


@dataclass(frozen=True)
class FamilyReview:
    """Forecast and actual units of a family, or of the company, in the month; `share` is the miss against the actual.

    The first cause is what the statistics missed, every other one what a step changed on the way to the forecast.
    """

    name: str
    forecast: float
    actual: float
    causes: tuple[Cause, ...] = ()

    @property
    def mostly(self) -> Cause | None:
        """The cause that weighs most in the direction of the miss."""
        same = [cause for cause in self.causes if cause.units * self.miss > 0]
        return max(same, key=lambda cause: abs(cause.units), default=None)

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
    def company(self) -> FamilyReview:
        """All families together: over and under cancel out."""
        rows = [*self.families]
        first = rows[0].causes if rows else ()
        causes = tuple(replace(cause, units=sum(r.causes[i].units for r in rows)) for i, cause in enumerate(first))
        return FamilyReview("Company", sum(r.forecast for r in rows), sum(r.actual for r in rows), causes)

    @property
    def rows(self) -> list[FamilyReview]:
        """The company, then its families by units off."""
        return [self.company, *sorted(self.families, key=lambda row: (-abs(row.miss), row.name))]

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
    actual = history(lines, start=month, before=add_months(month, 1)).quantity[:, 0]
    table = pd.DataFrame({"name": frame["family_name"].to_numpy(), "actual": actual})
    stages = _stages(source, lines, months_between(source.month, month))
    summed = table.assign(**stages).groupby("name").sum()
    return Review(month, source.code, source.simulated, [_family(name, row) for name, row in summed.iterrows()])


def _stages(source: Cycle, lines: Lines, column: int) -> dict[str, np.ndarray]:
    """Units of the month at every step there is, ending with the published forecast."""
    there = set(stages_available(source))
    steps = [stage for stage in CAUSES if stage in there]
    return {stage.value: stage_plan(source, stage, lines).quantity[:, column] for stage in steps}


def _family(name: object, row: pd.Series) -> FamilyReview:
    steps = [stage for stage in CAUSES if stage.value in row.index]
    before = [row["actual"], *(row[stage.value] for stage in steps[:-1])]
    causes = [_cause(s, float(row[s.value] - b)) for s, b in zip(steps, before, strict=True)]
    told = tuple(causes) if Stage.BASELINE in steps else ()
    return FamilyReview(str(name), float(row[Stage.COMPANY_FORECAST.value]), float(row["actual"]), told)


def _cause(stage: Stage, units: float) -> Cause:
    name, head = CAUSES[stage]
    return Cause(name, units, head)
