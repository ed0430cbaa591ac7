"""What the demand review has to look at: lines whose sources disagree, by value at stake."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from cycles.models import Cycle
from demand.landed import Key, LandedKind, landed_of, landed_sentence, landed_table
from demand.matrices import Lines, Plan
from demand.models import Reason, SettledLine, Source, Stage
from demand.selectors.cases import calibration_cases
from demand.selectors.certainty import certainties, upside_of
from demand.selectors.lines import cycle_lines, line_ids
from demand.selectors.review_said import with_said
from demand.selectors.stored import version_plan
from demand.selectors.versions import VersionsNow, stage_plan, version_proposed, versions_now, working_stages
from jobs.errors import Refused

NEAR_MONTHS = 12
SMALLEST = 1e-9
KEPT = 8
FLOOR_SHARE, FLOOR_VALUE = 0.10, 500.0
NUMBERS = ("baseline", "sales", "team", "events", "proposal", "plan", "stake", "price", "upside")


@dataclass
class ReviewLine:
    """One line with what each source says for the next twelve months, in units.

    `landed` is how past changes of this kind came true (nobody's own), `source` what the planner took, `is_locked`
    where some month is locked and `is_held` where every month is.
    """

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
    reason_code: str = ""
    note: str = ""
    question: str = ""
    settled_by: str = ""
    settled_at: datetime | None = None
    source: str = ""
    is_locked: bool = False
    is_held: bool = False
    locked_by: str = ""
    upside: float = 0.0
    landed: LandedKind | None = None

    @property
    def half(self) -> float:
        return (self.baseline + self.events) / 2

    @property
    def moved(self) -> float:
        """Sales with team and events minus the baseline, in units."""
        return self.events - self.baseline

    @property
    def change(self) -> float:
        """Sales with team and events against the baseline, as a share; 0 where the baseline is 0."""
        return self.moved / self.baseline if self.baseline else 0.0

    @property
    def marketing(self) -> float:
        """What events add to the number of sales and team."""
        return self.events - self.team

    @property
    def why(self) -> str:
        """The reason in a word, also where only marketing moved the number or nobody said."""
        if self.reason:
            return self.reason
        only_events = abs(self.marketing) > SMALLEST and abs(self.team - self.baseline) < SMALLEST
        return "Marketing event" if only_events else "No reason given"

    @property
    def landed_words(self) -> str:
        if self.landed is None:
            return ""
        return landed_sentence(self.landed, change=self.moved, reason=self.reason, family=self.family)

    @property
    def sources(self) -> list[tuple[str, str, float, str, bool]]:
        """What can be taken: value, word, units, key, and whether it is what the plan follows now."""
        given = (
            (Source.SALES, "Sales", self.events, "S"),
            (Source.BASELINE, "Baseline", self.baseline, "B"),
            (Source.HALF, "Half-way", self.half, "H"),
            (Source.PROPOSAL, "Proposal", self.proposal, "P"),
        )
        return [(source.value, word, units, key, source.value == self.source) for source, word, units, key in given]


class Upside(NamedTuple):
    """On how many lines sales sees upside, and what it would be worth; none of it is in the plan."""

    lines: int
    value: float


@dataclass
class Review:
    """The exceptions, biggest first, and how far the review is.

    `everything` has a row per line of the cycle, `stages` their numbers month by month, in the same order.
    """

    lines: list[ReviewLine] = field(default_factory=list)
    families: pd.DataFrame = field(default_factory=pd.DataFrame)
    upside: Upside = field(default_factory=lambda: Upside(0, 0.0))
    everything: pd.DataFrame = field(default_factory=pd.DataFrame)
    stages: Mapping[Stage, Plan] = field(default_factory=dict)
    versions: VersionsNow = field(default_factory=lambda: VersionsNow({}, None))

    @property
    def settled(self) -> int:
        return sum(1 for line in self.lines if line.settled_by)

    @property
    def open(self) -> int:
        return len(self.lines) - self.settled

    @property
    def value_left(self) -> float:
        return sum(line.stake for line in self.lines if not line.settled_by)

    def line(self, line_id: int) -> ReviewLine | None:
        """An exception by its line."""
        return next((line for line in self.lines if line.line == line_id), None)

    def next_open(self, after: int = 0) -> ReviewLine | None:
        """The next exception that is not settled, after a line in the list, else the first."""
        position = next((i + 1 for i, line in enumerate(self.lines) if line.line == after), 0)
        ahead = [*self.lines[position:], *self.lines[:position]]
        return next((line for line in ahead if not line.settled_by and line.line != after), None)


def source_rows(cycle: Cycle, source: str, lines: Lines) -> np.ndarray:
    """(lines, months) of a source that the planner can take: sales, baseline, proposal or half."""
    if source == Source.HALF:
        return (source_rows(cycle, Source.SALES, lines) + source_rows(cycle, Source.BASELINE, lines)) / 2
    if source == Source.PROPOSAL:
        proposed = version_proposed(cycle)
        if proposed is None:
            raise Refused("no_proposal", "The proposal for the demand plan is not built yet.")
        return version_plan(proposed, lines).quantity
    stage = {"sales": Stage.EVENTS, "baseline": Stage.BASELINE}[source]
    return stage_plan(cycle, stage, lines).quantity


def review(cycle: Cycle, now: VersionsNow | None = None) -> Review:
    """Every line where the number with sales, team and events differs from the baseline by more than 10 % and 500
    in value over twelve months, or that has an open question; biggest value first."""
    now = versions_now(cycle) if now is None else now
    about = cycle_lines(cycle)
    stages = working_stages(cycle, about, now)
    frame = _frame(cycle, about, stages, now)
    upside = Upside(int((frame["upside"] > 0).sum()), float((frame["upside"] * frame["price"]).sum()))
    wanted = frame[_is_exception(frame)].sort_values(["stake", "line"], ascending=[False, True])
    lines = review_lines(cycle, wanted, landed=landed_now(cycle, now))
    return Review(lines, _by_family(frame), upside, frame, stages, now)


def _is_exception(frame: pd.DataFrame) -> pd.Series:
    share = (frame["events"] - frame["baseline"]).abs() > FLOOR_SHARE * frame["baseline"].abs()
    return (share & (frame["stake"] > FLOOR_VALUE)) | (frame["question"] != "")


def review_frame(cycle: Cycle) -> pd.DataFrame:
    """One row per line of the cycle: who and what, twelve months' units per stage, money at stake, reason, settled."""
    now, about = versions_now(cycle), cycle_lines(cycle)
    return _frame(cycle, about, working_stages(cycle, about, now), now)


def _frame(cycle: Cycle, about: pd.DataFrame, stages: Mapping[Stage, Plan], now: VersionsNow) -> pd.DataFrame:
    frame = about.reset_index()
    for name in ("baseline", "sales", "team", "events"):
        frame[name] = _near(stages[Stage(name)].quantity)
    frame["plan"] = _near(stages[Stage.DEMAND_PLAN].quantity) if Stage.DEMAND_PLAN in stages else frame["events"]
    proposed, lines = now.proposed, line_ids(about)
    frame["proposal"] = _near(version_plan(proposed, lines).quantity) if proposed else frame["plan"]
    frame["stake"] = (frame["events"] - frame["baseline"]).abs() * frame["price"]
    sure = certainties(cycle)
    frame["upside"] = [upside_of(sure.get(line), NEAR_MONTHS) for line in frame["line"]]
    return with_said(cycle, frame)


def _near(quantity: np.ndarray) -> np.ndarray:
    return quantity[:, :NEAR_MONTHS].sum(axis=1)


def review_lines(
    cycle: Cycle, wanted: pd.DataFrame, *, landed: dict[Key, LandedKind] | None = None
) -> list[ReviewLine]:
    """Rows of `review_frame` as the page shows them; `landed` is read where it is not given."""
    sources = sources_taken(cycle, wanted["line"].tolist())
    landed = landed_now(cycle) if landed is None else landed
    return [_line(row, sources, landed) for row in wanted.to_dict("records")]


def sources_taken(cycle: Cycle, lines: list[int]) -> dict[int, str]:
    """Line -> what its newest standing choice took."""
    rows = SettledLine.objects.filter(settlement__cycle=cycle, settlement__undone_at=None, line_id__in=lines).order_by(
        "settlement_id"
    )
    return dict(rows.values_list("line_id", "settlement__source"))


def landed_now(cycle: Cycle, now: VersionsNow | None = None) -> dict[Key, LandedKind]:
    """How past changes landed by direction, reason and family, as known when the proposal was built."""
    version = (versions_now(cycle) if now is None else now).proposed
    if version is None:
        return _landed(cycle)
    return _landed_kept(cycle, version.pk, version.made_at)


@lru_cache(maxsize=KEPT)
def _landed_kept(cycle: Cycle, version: int, made_at: datetime) -> dict[Key, LandedKind]:
    return _landed(cycle)


def _landed(cycle: Cycle) -> dict[Key, LandedKind]:
    cases = calibration_cases(cycle)
    names = cycle_lines(cycle)["family_name"]
    return landed_table(cases.assign(family=cases["line"].map(names).fillna("")))


def _line(row: dict[Any, Any], sources: dict[int, str], landed: dict[Key, LandedKind]) -> ReviewLine:
    reason = str(row["reason"])
    kind = {"change": row["events"] - row["baseline"], "reason": reason, "family": row["family_name"]}
    return ReviewLine(
        line=row["line"],
        customer=row["customer_name"],
        product=row["product_name"],
        family=row["family_name"],
        rep=row["rep_name"],
        reason=Reason(reason).label if reason else "",
        reason_code=reason,
        note=row["note"],
        question=row["question"],
        settled_by=row["settled_by"],
        settled_at=row["settled_at"],
        source=sources.get(row["line"], "") if row["settled_by"] else "",
        is_locked=row["is_locked"],
        is_held=row["is_held"],
        locked_by=row["locked_by"],
        landed=landed_of(landed, **kind) if abs(kind["change"]) > SMALLEST else None,
        **{name: float(row[name]) for name in NUMBERS},
    )


def _by_family(frame: pd.DataFrame) -> pd.DataFrame:
    """Revenue of the next twelve months by family and source."""
    sources = ["baseline", "sales", "team", "events", "plan"]
    money = frame[sources].mul(frame["price"], axis=0)
    table = money.groupby([frame["family"], frame["family_name"]]).sum().reset_index()
    return table.sort_values("plan", ascending=False)
