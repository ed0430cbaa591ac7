"""The full grid of the demand review: every line month by month, filtered, under headings, in pages."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pandas as pd

from cycles.models import Cycle
from cycles.periods import month_range
from demand.models import Stage
from demand.paging import page_starts
from demand.selectors.review import Review, review
from demand.selectors.review_grid_lines import GridLine, GridNumbers, grid_lines
from demand.selectors.stored import version_plan
from demand.selectors.versions import versions_now
from masterdata.models import Person
from masterdata.roles import Role

PAGE = 300
SMALLEST = 1e-6
# what lines are put under: the column of their code, the column of their name
KINDS = {
    "family": ("family", "family_name"),
    "product": ("product", "product_name"),
    "customer": ("customer", "customer_name"),
    "region": ("region", "region_name"),
    "rep": ("rep", "rep_name"),
}
ONLY = {"": "All lines", "exceptions": "Only exceptions", "changed": "Only changed", "locked": "Only locked"}


@dataclass(frozen=True)
class GridAsked:
    """What the address asks for: filters by code, words in a name, `only` of ONLY, headings `by` of KINDS, a page."""

    filters: Mapping[str, str] = field(default_factory=dict)
    words: str = ""
    only: str = ""
    by: str = ""
    page: int = 1

    def address(self, **other: object) -> str:
        """The query of the same view with something else asked."""
        asked = {**self.filters, "q": self.words, "only": self.only, "by": self.by, "page": self.page, **other}
        return urlencode({name: value for name, value in asked.items() if value and (name, value) != ("page", 1)})


@dataclass(frozen=True)
class ReviewGrid:
    """A page of the grid, from its line `first` on (0 = the first that fits), and how many lines fit of how many.

    `totals` are by month over every line that fits; `rest` is what those of other pages add to them.
    """

    cycle: Cycle
    asked: GridAsked
    lines: list[GridLine]
    first: int
    pages: int
    found: int
    of: int
    totals: list[float]
    rest: list[float]
    rest_money: list[float]
    rest_delta: float
    rest_delta_money: float
    choices: Mapping[str, list[tuple[str, str]]]
    exceptions: int
    may_write: bool
    is_built: bool
    is_proposed: bool

    @property
    def months(self) -> list[date]:
        return month_range(self.cycle.month, self.cycle.horizon)

    @property
    def delta(self) -> float:
        return sum(line.delta for line in self.lines) + self.rest_delta

    @cached_property
    def addresses(self) -> dict[str, str]:
        """Where *previous* and *next* lead, empty at the ends."""
        page = self.asked.page
        return {
            "previous": self.asked.address(page=page - 1) if page > 1 else "",
            "next": self.asked.address(page=page + 1) if page < self.pages else "",
        }


def review_grid(cycle: Cycle, person: Person, asked: GridAsked) -> ReviewGrid:
    """The page of the grid that is asked for; a page beyond the last is the last."""
    now = versions_now(cycle)
    if Stage.BASELINE not in now.finished:
        return _empty(cycle, asked)
    found = review(cycle, now)
    numbers = _numbers(found)
    frame = _fitting(found, numbers, asked)
    starts = _starts(frame, asked.by)
    asked = replace(asked, page=min(max(asked.page, 1), len(starts)))
    first = starts[asked.page - 1]
    shown = frame.iloc[first : (*starts, len(frame))[asked.page]]
    rest = frame.drop(index=shown.index)
    return ReviewGrid(
        cycle=cycle,
        asked=asked,
        lines=grid_lines(cycle, found, numbers, frame, shown, column=KINDS[asked.by][1] if asked.by else ""),
        first=first,
        pages=len(starts),
        found=len(frame),
        of=len(found.everything),
        totals=numbers.plan[frame.index].sum(axis=0).tolist(),
        choices={kind: _choices(found.everything, kind) for kind in KINDS},
        exceptions=len(found.lines),
        may_write=numbers.proposed and person.role == Role.DEMAND_PLANNER,
        is_built=True,
        is_proposed=numbers.proposed,
        **_rest(numbers, rest),
    )


def _starts(frame: pd.DataFrame, by: str) -> list[int]:
    """Where pages begin; whole headings stay together as far as they fit a page."""
    sizes = frame.groupby(KINDS[by][1], sort=True).size().tolist() if by else [1] * len(frame)
    return page_starts(sizes, PAGE)


def _empty(cycle: Cycle, asked: GridAsked) -> ReviewGrid:
    nothing: list[float] = []
    choices: dict[str, list[tuple[str, str]]] = {kind: [] for kind in KINDS}
    return ReviewGrid(
        cycle, asked, [], 0, 1, 0, 0, nothing, nothing, nothing, 0.0, 0.0, choices, 0, False, False, False
    )


def _numbers(found: Review) -> GridNumbers:
    """Plan against proposal while the review runs; before it the events stage, after it what was signed."""
    plan = found.stages[Stage.DEMAND_PLAN if Stage.DEMAND_PLAN in found.stages else Stage.EVENTS].quantity
    proposed = found.versions.proposed
    works = proposed is not None and Stage.DEMAND_PLAN not in found.versions.finished
    if proposed is None:
        return GridNumbers(plan, plan, False)
    lines = found.everything["line"].to_numpy(dtype=np.int64)
    return GridNumbers(version_plan(proposed, lines).quantity, plan, works)


def _rest(numbers: GridNumbers, rest: pd.DataFrame) -> dict[str, Any]:
    """What the lines of other pages add to the totals of this one, in units and in money."""
    plan, change = numbers.plan[rest.index], (numbers.plan - numbers.base)[rest.index].sum(axis=1)
    price = rest["price"].to_numpy(dtype=float)
    return {
        "rest": plan.sum(axis=0).tolist(),
        "rest_money": (price @ plan).tolist(),
        "rest_delta": float(change.sum()),
        "rest_delta_money": float(price @ change),
    }


# --- Which lines, in which order ------------------------------------------------------------


def _fitting(found: Review, numbers: GridNumbers, asked: GridAsked) -> pd.DataFrame:
    """The rows of the review's frame that fit, dearest first, those of a heading together; its index is kept."""
    frame = found.everything.reset_index(drop=True)
    keep = _only(frame, found, numbers, asked.only)
    for kind, code in asked.filters.items():
        keep &= (frame[KINDS[kind][0]] == code).to_numpy()
    if asked.words:
        names = (frame["customer_name"] + " " + frame["product_name"]).str.lower()
        for word in asked.words.lower().split():
            keep &= names.str.contains(word, regex=False).to_numpy()
    frame = frame.assign(worth=frame["plan"] * frame["price"])[keep]
    if not asked.by:
        return frame.sort_values(["worth", "line"], ascending=[False, True])
    name = KINDS[asked.by][1]
    return frame.sort_values([name, "worth", "line"], ascending=[True, False, True])


def _only(frame: pd.DataFrame, found: Review, numbers: GridNumbers, only: str) -> np.ndarray:
    if only == "exceptions":
        return np.asarray(frame["line"].isin([line.line for line in found.lines]))
    if only == "changed":
        return np.asarray((np.abs(numbers.plan - numbers.base) > SMALLEST).any(axis=1))
    if only == "locked":
        return np.asarray(frame["is_locked"].astype(bool))
    return np.ones(len(frame), dtype=bool)


def _choices(frame: pd.DataFrame, kind: str) -> list[tuple[str, str]]:
    """Codes and names to filter by, in order of the alphabet."""
    code, name = KINDS[kind]
    known = frame.loc[frame[code] != "", [code, name]].drop_duplicates(code).sort_values(name)
    return [(str(row[0]), str(row[1])) for row in known.to_numpy()]
