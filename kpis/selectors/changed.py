"""Forecast value added over the cells that people changed: all together, and by lag, direction, reason or family."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from cycles.models import Cycle
from demand.landed import FEWEST_PEOPLE
from demand.models import Reason, Stage
from demand.selectors.changed import changed_by_people
from kpis.changed_cells import TOLD_BY, changed_sums, changed_sums_by_group
from kpis.errors import pooled
from kpis.models import ChangedAccuracy
from kpis.selectors.accuracy import DEFAULT_LAGS, LAG, closed_before, ladder
from kpis.selectors.feedback import check_may_see
from masterdata.models import Family, Person
from masterdata.roles import Role

GROUPS = ("lag", "direction", "reason", "family")
COLUMNS = (Stage.NAIVE, Stage.BASELINE, Stage.SALES, Stage.DEMAND_PLAN)
FEWEST = 5
DIRECTIONS = {"up": "Upward", "down": "Downward"}


@dataclass(frozen=True)
class Group:
    """One group of changed cells with its ladder; `name` is what a page says, `key` what a program reads, `people` how
    many owners its cells have."""

    key: str
    name: str
    people: int
    rows: list[dict[str, Any]]

    @property
    def n(self) -> int:
        return max((row["n"] for row in self.rows), default=0)

    @property
    def wapes(self) -> list[float | None]:
        """WAPE of naive, baseline, sales and demand plan."""
        return [self._of(stage)["wape"] for stage in COLUMNS]

    @property
    def bias(self) -> float | None:
        """Bias of what sales entered."""
        return self._of(Stage.SALES)["bias"]

    def _of(self, stage: Stage) -> dict[str, Any]:
        return next((row for row in self.rows if row["stage"] == stage), {"wape": None, "bias": None})


def changed(
    *,
    lags: Sequence[int] = DEFAULT_LAGS,
    first: date | None = None,
    last: date | None = None,
    owner: Person | None = None,
) -> pd.DataFrame:
    """The changed cells of closed months; `first` and `last` are cycles."""
    until = closed_before()
    if until is None:
        return pd.DataFrame()
    return changed_by_people(until=until, lags=list(lags), first=first, last=last, owner=owner.pk if owner else None)


def changed_errors(cycle: Cycle) -> pd.DataFrame:
    """Error sums over the changed cells of a cycle in its closed months, at every lag, by group: what is stored."""
    cells = changed(lags=range(cycle.horizon), first=cycle.month, last=cycle.month)
    return changed_sums_by_group(cells, _stages(cells)) if len(cells) else cells


def _stages(cells: pd.DataFrame) -> list[str]:
    return [stage.value for stage in Stage if stage.value in cells.columns]


def changed_ladder(cells: pd.DataFrame, *, level: str = "line") -> list[dict[str, Any]]:
    """The ladder over changed cells, the seasonal naive first; rows like those of `accuracy_ladder`."""
    return ladder(changed_sums(cells, _stages(cells), level=level))


def changed_groups(cells: pd.DataFrame, by: str, *, level: str = "line") -> list[Group]:
    """The ladder of every group with its cells, most cells first (lags in order); never by person."""
    if cells.empty:
        return []
    names = _names(by)
    groups = [
        Group(
            str(key),
            _name(names, key),
            part.loc[part["rep"] != 0, "rep"].nunique(),
            changed_ladder(part, level=level),
        )
        for key, part in cells.groupby(by)
    ]
    return groups if by == "lag" else sorted(groups, key=lambda group: (-group.n, group.key))


def _names(by: str) -> dict[str, str]:
    if by == "family":
        return dict(Family.objects.values_list("code", "name"))
    return {"direction": DIRECTIONS, "reason": {str(k): str(v) for k, v in Reason.choices}}.get(by, {})


@dataclass(frozen=True)
class ChangedPage:
    """What the accuracy page says of changed cells; `tables` are for planners: by direction, reason and family."""

    ladder: list[dict[str, Any]]
    columns: list[str]
    tables: list[tuple[str, list[Group]]]


def changed_page(level: str, lag: int | None, viewer: Person) -> ChangedPage | None:
    """From the stored sums; None while nobody's change has come in."""
    rows = _stored("family" if level == "family" else "line", DEFAULT_LAGS if lag is None else (lag,))
    if rows.empty:
        return None
    tables = []
    if viewer.role == Role.DEMAND_PLANNER:
        tables = [(by.capitalize(), _told(_stored_groups(rows[rows["by"] == by], by))) for by in TOLD_BY]
    return ChangedPage(_labelled(ladder(rows[rows["by"] == ""])), [stage.label for stage in COLUMNS], tables)


def _stored(level: str, lags: Sequence[int]) -> pd.DataFrame:
    columns = ["cycle__month", "month", "stage", "by", "key", "absolute_error", "signed_error", "actual", "n", "owners"]
    rows = ChangedAccuracy.objects.filter(level=level).annotate(lag=LAG).filter(lag__in=list(lags))
    frame = pd.DataFrame.from_records(rows.order_by("cycle__month", "month").values_list(*columns), columns=columns)
    return frame.rename(columns={"cycle__month": "cycle"})


def _stored_groups(rows: pd.DataFrame, by: str) -> list[Group]:
    """The groups of one kind with WAPE, bias and n of every stage, most cells first."""
    names, owners = _names(by), rows.groupby("key")["owners"]
    people = {key: len({owner for some in lists for owner in some}) for key, lists in owners}
    groups = [
        Group(str(key), _name(names, key), people[key], _known_only(part))
        for key, part in pooled(rows, ["key", "stage"]).groupby("key")
    ]
    return sorted(groups, key=lambda group: (-group.n, group.key))


def _known_only(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows with None where a measure is undefined."""
    shown = rows[["stage", "wape", "bias", "n"]].astype(object)
    return shown.where(shown.notna(), None).to_dict("records")


def _name(names: dict[str, str], key: object) -> str:
    return names.get(str(key), str(key) or "No reason given")


def own_ladder(viewer: Person, owner: Person) -> list[dict[str, Any]]:
    """The ladder over the cells of a person's own lines that were changed; refused to anybody who may not see it."""
    check_may_see(viewer, owner)
    return _labelled(changed_ladder(changed(owner=owner)))


def _labelled(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row | {"label": Stage(row["stage"]).label} for row in rows]


def _told(groups: list[Group]) -> list[Group]:
    """Those with enough cells of enough people: a family that one person sells would show that person's record."""
    return [group for group in groups if group.n >= FEWEST and group.people >= FEWEST_PEOPLE]
