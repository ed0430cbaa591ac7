"""Everything the demand review shows."""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from cycles.models import Cycle
from cycles.periods import add_months
from cycles.selectors import step_of
from cycles.steps import Step
from demand.models import ForecastVersion, Settlement, Stage
from demand.selectors.assumptions import AssumptionView, assumption_views
from demand.selectors.outlook import chart_data, outlook
from demand.selectors.review import Review, ReviewLine, review, review_lines
from demand.selectors.review_line import FocusLine, focus_line
from demand.selectors.review_record import Fix, Signature, fixes_of, signature_of
from demand.selectors.versions import proposal_stale, versions_now
from masterdata.models import Family, Person, Product
from masterdata.roles import PLANNER_ROLES, Role
from masterdata.selectors import company, people

SHOWN = 300
FIRST_SHOWN = 10
PAST_MONTHS, AHEAD_MONTHS = 6, 12


@dataclass(frozen=True)
class Asked:
    """What the address asks for: a line in focus, every line instead of the exceptions, a family, words in a name.

    `shown` is how many rows a phone shows; a wide screen shows all.
    """

    line: int = 0
    after: int = 0
    everything: bool = False
    shown: int = FIRST_SHOWN
    family: str = ""
    words: str = ""


@dataclass(frozen=True)
class ReviewPage:
    """The page's context; `review` is None before the baseline is built."""

    cycle: Cycle
    asked: Asked
    review: Review | None
    lines: list[ReviewLine]
    found: int
    focus: FocusLine | None
    version: ForecastVersion | None
    is_stale: bool
    fixes: list[Fix]
    signature: Signature
    chart: dict[str, Any] | None
    assumptions: list[AssumptionView]
    portfolio: list[Product]
    families: list[Family]
    owners: list[Person]
    may_settle: bool
    sees_landed: bool
    last: Settlement | None
    due_at: datetime

    @property
    def rule(self) -> str:
        return self.version.rule if self.version else ""

    @property
    def sentences(self) -> list[str]:
        return self.version.note.splitlines() if self.version else []

    @property
    def later(self) -> ReviewLine | None:
        """The first line that a phone does not show yet."""
        return self.lines[self.asked.shown] if len(self.lines) > self.asked.shown else None

    @property
    def more(self) -> int:
        """How many a phone shows when asked for more."""
        return self.asked.shown + FIRST_SHOWN

    @property
    def to_check(self) -> int:
        """Assumptions of earlier cycles that still wait for their check."""
        return sum(view.waits for view in self.assumptions)

    @property
    def hidden(self) -> int:
        """How many lines that were asked for are not listed."""
        return self.found - len(self.lines)

    @cached_property
    def family_rows(self) -> list[dict[str, Any]]:
        if self.review is None:
            return []
        table = self.review.families
        table = table[(table[["baseline", "plan"]] > 0).any(axis=1)]
        return table.assign(change=table["plan"] - table["baseline"]).to_dict("records")


@dataclass(frozen=True)
class Progress:
    """What one line or a choice needs of the page: the review as it stands, and what this person may do."""

    cycle: Cycle
    review: Review
    may_settle: bool
    sees_landed: bool
    last: Settlement | None
    focus: FocusLine | None = None


def review_page(cycle: Cycle, person: Person, *, asked: Asked) -> ReviewPage:
    now = versions_now(cycle)
    built = Stage.BASELINE in now.finished
    version = now.finished.get(Stage.DEMAND_PLAN) or now.proposed
    found = review(cycle, now) if built else None
    signature = signature_of(cycle, person, found)
    is_stale = version is not None and signature.signed is None and proposal_stale(cycle, now)
    works = built and signature.signed is None and version is not None and person.role == Role.DEMAND_PLANNER
    lines, count = _shown(cycle, found, asked)
    return ReviewPage(
        cycle=cycle,
        asked=asked,
        review=found,
        lines=lines,
        found=count,
        focus=_focus(cycle, found, lines, asked),
        version=version,
        is_stale=is_stale,
        fixes=fixes_of(found, is_stale=is_stale),
        signature=signature,
        chart=_chart(cycle, found, asked.family) if found else None,
        assumptions=assumption_views(cycle, person),
        portfolio=_portfolio(cycle),
        families=list(Family.objects.filter(products__lines__isnull=False).distinct()),
        owners=list(people()),
        may_settle=works,
        sees_landed=person.role in PLANNER_ROLES,
        last=_last(cycle, person) if works else None,
        due_at=step_of(cycle, Step.DEMAND_REVIEW).due_at,
    )


def review_progress(cycle: Cycle, person: Person, *, asked: Asked | None = None) -> Progress:
    """The review as it stands after a choice, or with one line in focus: no lists, no company chart."""
    found = review(cycle)
    now = found.versions
    works = now.proposed is not None and Stage.DEMAND_PLAN not in now.finished and person.role == Role.DEMAND_PLANNER
    progress = Progress(cycle, found, works, person.role in PLANNER_ROLES, _last(cycle, person) if works else None)
    return replace(progress, focus=_focus(cycle, found, found.lines, asked)) if asked else progress


def lines_now(progress: Progress, ids: list[int]) -> list[ReviewLine]:
    """These lines as they stand, exceptions or not."""
    frame = progress.review.everything
    return review_lines(progress.cycle, frame[frame["line"].isin(ids)])


def _last(cycle: Cycle, person: Person) -> Settlement | None:
    """The newest choice of this planner that stands: what *undo* takes back."""
    return Settlement.objects.filter(cycle=cycle, by=person, undone_at=None).order_by("-id").first()


def _shown(cycle: Cycle, found: Review | None, asked: Asked) -> tuple[list[ReviewLine], int]:
    """The lines to list and how many there are: the exceptions, or all that fit family and words, dearest first."""
    if found is None:
        return [], 0
    if not asked.everything:
        return found.lines[:SHOWN], len(found.lines)
    wanted = _filtered(found.everything, asked)
    return review_lines(cycle, wanted.head(SHOWN)), len(wanted)


def _filtered(frame: pd.DataFrame, asked: Asked) -> pd.DataFrame:
    keep = frame["plan"] + frame["baseline"] + frame["events"] > 0
    if asked.family:
        keep &= frame["family"] == asked.family
    names = [f"{row.customer_name} {row.product_name}".lower() for row in frame.itertuples()] if asked.words else []
    for word in asked.words.lower().split():
        keep &= np.array([word in name for name in names], dtype=bool)
    value = frame["plan"] * frame["price"]
    return frame.assign(worth=value)[keep].sort_values(["worth", "line"], ascending=[False, True])


def _focus(cycle: Cycle, found: Review | None, lines: list[ReviewLine], asked: Asked) -> FocusLine | None:
    """The line asked for, else the next open exception, else the first line of the list."""
    if found is None:
        return None
    if asked.line:
        return focus_line(cycle, found, asked.line)
    first = found.next_open(asked.after) if not asked.everything else None
    row = first or (lines[0] if lines else None)
    return focus_line(cycle, found, row.line) if row else None


def _chart(cycle: Cycle, found: Review, family: str) -> dict[str, Any]:
    stage = Stage.DEMAND_PLAN if Stage.DEMAND_PLAN in found.stages else Stage.EVENTS
    frame = found.everything[found.everything["family"] == family] if family else found.everything
    revenue = frame["price"].to_numpy(dtype=float) @ found.stages[stage].quantity[frame.index]
    start = add_months(cycle.month, -PAST_MONTHS)
    view = outlook(cycle, stage, start=start, months=PAST_MONTHS + AHEAD_MONTHS, family=family, revenue=revenue)
    ahead = float(view.values[PAST_MONTHS:].sum())
    before = float(view.last_year[PAST_MONTHS:].sum())
    share = f", {(ahead - before) / before:+.0%} on the year before" if before else ""
    named = str(frame["family_name"].iloc[0]) if family and len(frame) else "All families"
    return chart_data(
        view,
        unit=company().currency,
        message=f"The next twelve months are {ahead / 1e6:.1f} m{share}.".replace("-", "−"),
        who=named,
        when=f"{stage.label}, {start:%b %Y} to {view.months[-1]:%b %Y}; AC, FC, PL budget, PY",
    )


def _portfolio(cycle: Cycle) -> list[Product]:
    """Launches and phase-outs inside the horizon."""
    end = add_months(cycle.month, cycle.horizon)
    planned = Product.objects.filter(plan_as=None).select_related("family", "like_product")
    launches = planned.filter(launch_month__gte=cycle.month, launch_month__lt=end)
    endings = planned.filter(phase_out_month__gte=cycle.month, phase_out_month__lt=end)
    return list((launches | endings).distinct().order_by("family__name", "name"))
