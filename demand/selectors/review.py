"""What the demand review has to look at: lines whose sources disagree, by value at stake."""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import pandas as pd

from cycles.models import Cycle
from demand.matrices import Lines
from demand.models import Comment, LayerLine, Stage
from demand.selectors.certainty import certainties, upside_of
from demand.selectors.lines import cycle_lines, line_ids
from demand.selectors.stored import version_plan
from demand.selectors.versions import cycle_line_ids, stage_plan, version_proposed, working_stages
from jobs.errors import Refused

NEAR_MONTHS = 12
FLOOR_SHARE, FLOOR_VALUE = 0.10, 500.0


@dataclass
class ReviewLine:
    """One line with what each source says for the next twelve months, in units."""

    line: int
    customer: str
    product: str
    family: str
    rep: str
    price: float
    baseline: float
    sales: float
    team: float
    events: float
    proposal: float
    plan: float
    stake: float
    reason: str = ""
    note: str = ""
    question: str = ""
    settled_by: str = ""
    upside: float = 0.0

    @property
    def half(self) -> float:
        return (self.baseline + self.events) / 2

    @property
    def change(self) -> float:
        """Sales with team and events against the baseline, as a share; 0 where the baseline is 0."""
        return (self.events - self.baseline) / self.baseline if self.baseline else 0.0


class Upside(NamedTuple):
    """On how many lines sales sees upside, and what it would be worth; none of it is in the plan."""

    lines: int
    value: float


@dataclass
class Review:
    """The exceptions, biggest first, and how far the review is."""

    lines: list[ReviewLine] = field(default_factory=list)
    families: pd.DataFrame = field(default_factory=pd.DataFrame)
    upside: Upside = field(default_factory=lambda: Upside(0, 0.0))

    @property
    def settled(self) -> int:
        return sum(1 for line in self.lines if line.settled_by)

    @property
    def value_left(self) -> float:
        return sum(line.stake for line in self.lines if not line.settled_by)


def source_rows(cycle: Cycle, source: str, lines: Lines) -> np.ndarray:
    """(lines, months) of a source that the planner can take: sales, baseline, proposal or half."""
    if source == "half":
        return (source_rows(cycle, "sales", lines) + source_rows(cycle, "baseline", lines)) / 2
    if source == "proposal":
        proposed = version_proposed(cycle)
        if proposed is None:
            raise Refused("no_proposal", "The proposal for the demand plan is not built yet.")
        return version_plan(proposed, lines).quantity
    stage = {"sales": Stage.EVENTS, "baseline": Stage.BASELINE}[source]
    return stage_plan(cycle, stage, lines).quantity


def review(cycle: Cycle) -> Review:
    """Every line where the number with sales, team and events differs from the baseline by more than 10 % and 500
    in value over twelve months, or that has an open question; biggest value first."""
    lines = cycle_line_ids(cycle)
    frame = cycle_lines(cycle, lines=lines).reset_index()
    stages = working_stages(cycle, lines)
    for name in ("baseline", "sales", "team", "events"):
        frame[name] = _near(stages[Stage(name)].quantity)
    has_proposal = Stage.DEMAND_PLAN in stages
    frame["plan"] = _near(stages[Stage.DEMAND_PLAN].quantity) if has_proposal else frame["events"]
    proposed = version_proposed(cycle)
    frame["proposal"] = _near(version_plan(proposed, lines).quantity) if proposed else frame["plan"]
    frame["stake"] = (frame["events"] - frame["baseline"]).abs() * frame["price"]
    sure = certainties(cycle)
    frame["upside"] = [upside_of(sure.get(line), NEAR_MONTHS) for line in frame["line"]]
    upside = Upside(int((frame["upside"] > 0).sum()), float((frame["upside"] * frame["price"]).sum()))
    return Review(_review_lines(cycle, frame), _by_family(frame), upside)


def _near(quantity: np.ndarray) -> np.ndarray:
    return quantity[:, :NEAR_MONTHS].sum(axis=1)


def _review_lines(cycle: Cycle, frame: pd.DataFrame) -> list[ReviewLine]:
    asked = dict(
        Comment.objects.filter(cycle=cycle, kind=Comment.Kind.QUESTION, answered_at=None).values_list("line_id", "text")
    )
    share = (frame["events"] - frame["baseline"]).abs() > FLOOR_SHARE * frame["baseline"].abs()
    wanted = frame[(share & (frame["stake"] > FLOOR_VALUE)) | frame["line"].isin(list(asked))]
    wanted = wanted.sort_values(["stake", "line"], ascending=[False, True])
    layers = _layers(cycle, wanted["line"].tolist())
    return [_line(row, asked, layers) for row in wanted.to_dict("records")]


def _layers(cycle: Cycle, lines: list[int]) -> dict[tuple[str, int], LayerLine]:
    rows = LayerLine.objects.filter(cycle=cycle, line_id__in=lines).select_related("changed_by__user")
    return {(row.stage, row.line_id): row for row in rows}


def _line(row: dict, asked: dict[int, str], layers: dict[tuple[str, int], LayerLine]) -> ReviewLine:
    entered = layers.get((Stage.TEAM, row["line"])) or layers.get((Stage.SALES, row["line"]))
    planned = layers.get((Stage.DEMAND_PLAN, row["line"]))
    numbers = ("baseline", "sales", "team", "events", "proposal", "plan", "stake", "price", "upside")
    return ReviewLine(
        line=row["line"],
        customer=row["customer_name"],
        product=row["product_name"],
        family=row["family_name"],
        rep=row["rep_name"],
        reason=entered.get_reason_display() if entered and entered.reason else "",
        note=entered.note if entered else "",
        question=asked.get(row["line"], ""),
        settled_by=planned.changed_by.name if planned and planned.changed_by else "",
        **{name: float(row[name]) for name in numbers},
    )


def _by_family(frame: pd.DataFrame) -> pd.DataFrame:
    """Revenue of the next twelve months by family and source."""
    sources = ["baseline", "sales", "team", "events", "plan"]
    money = frame[sources].mul(frame["price"], axis=0)
    table = money.groupby([frame["family"], frame["family_name"]]).sum().reset_index()
    return table.sort_values("plan", ascending=False)


def small_changes(cycle: Cycle, *, under: float) -> Lines:
    """Lines that sales changed by less than `under` (share of the twelve months) without giving a reason."""
    rows = LayerLine.objects.filter(cycle=cycle, stage=Stage.SALES, reason="").order_by("line_id")
    lines = np.fromiter((row.line_id for row in rows if any(v is not None for v in row.quantity)), dtype=np.int64)
    if not len(lines):
        return lines
    baseline = _near(stage_plan(cycle, Stage.BASELINE, lines).quantity)
    sales = _near(stage_plan(cycle, Stage.SALES, lines).quantity)
    return lines[(sales != baseline) & (np.abs(sales - baseline) < under * baseline)]


def family_lines(cycle: Cycle, family: str) -> Lines:
    return line_ids(cycle_lines(cycle, family=family))
