"""What a re-organisation moved into or out of a team's total since the numbers of a cycle were made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from django.db.models import F

from cycles.models import Cycle
from cycles.periods import add_months
from demand.models import CycleLine, Stage
from demand.reorganised import Kind, kinds, sentence
from demand.selectors.lines import line_ids, living_lines
from demand.selectors.people import team_below
from demand.selectors.versions import stage_plan, version_current
from masterdata.models import Person, RowChange
from masterdata.selectors import company

MONTHS: Final = 12
LEAST: Final = 0.5
NOBODY: Final = 0
Since = dict[int, date]


@dataclass(frozen=True)
class Moved:
    """One move: what it does to the team's total over the next twelve months, and the sentence that says why."""

    text: str
    units: float
    money: float


@dataclass(frozen=True)
class Reorganised:
    """The moves, the largest first, and what they make together: the page's total less what its people stood for."""

    moves: list[Moved]

    @property
    def units(self) -> float:
        return sum(move.units for move in self.moves)

    @property
    def money(self) -> float:
        return sum(move.money for move in self.moves)


@dataclass(frozen=True)
class _Staff:
    """Names, who reported to whom when the cycle opened, and the days people changed place since."""

    names: dict[int, str]
    then: dict[int, int | None]
    changed: Since


def reorganised(cycle: Cycle, manager: Person) -> Reorganised | None:
    """What moved into or out of a manager's team; None where the total is that of its people. The same few queries
    for any number of moves."""
    frame = living_lines(cycle)
    if not len(frame) or version_current(cycle, Stage.BASELINE) is None:
        return None
    zone = ZoneInfo(company().timezone)
    staff = _staff(cycle, zone)
    owners = _owners(cycle, frame, staff, zone)
    below, before = {person.pk for person in team_below(manager)}, _below(manager.pk, staff.then)
    owners["kind"] = kinds(
        owners["then"].isin(before).to_numpy(),
        owners["counted"].isin(below).to_numpy(),
        owners["now"].isin(below).to_numpy(),
        (owners["counted"] != NOBODY).to_numpy(),
    )
    moved = owners[owners["kind"].notna()]
    moves = _moves(moved.join(_worth(cycle, frame, line_ids(moved))), staff.names) if len(moved) else []
    return Reorganised(moves) if moves else None


def _staff(cycle: Cycle, zone: ZoneInfo) -> _Staff:
    rows = list(Person.objects.values_list("pk", "user__username", "user__first_name", "reports_to_id"))
    ids = {username: pk for pk, username, _, _ in rows}
    then: dict[int, int | None] = {pk: manager for pk, _, _, manager in rows}
    changed: Since = {}
    records = RowChange.objects.filter(table="masterdata_person", at__gt=cycle.opened_at, before__isnull=False)
    for username, was, at in records.order_by("-pk").values_list("key", "before", "at"):
        pk, was = ids.get(username), was or {}
        if pk is not None and was.keys() & {"is_active", "reports_to", "reports_to_id"}:
            changed.setdefault(pk, at.astimezone(zone).date())
            then[pk] = was.get("reports_to", was.get("reports_to_id", then[pk]))
    return _Staff({pk: name or username for pk, username, name, _ in rows}, then, changed)


def _below(manager: int, managers: Mapping[int, int | None]) -> set[int]:
    """A manager and everybody below, at any level."""
    found, grows = {manager}, True
    while grows:
        more = {person for person, above in managers.items() if above in found} - found
        grows = bool(more)
        found |= more
    return found


def _owners(cycle: Cycle, frame: pd.DataFrame, staff: _Staff, zone: ZoneInfo) -> pd.DataFrame:
    """Per line: its customer, the owner then, the one it is counted with, today's owner, and since when; owners are
    ids of people, `NOBODY` where there is none."""
    found = pd.DataFrame({"customer": frame["customer"], "name": frame["customer_name"]})
    found["counted"] = frame["rep_id"].fillna(NOBODY).astype(int)
    handed, orphans = (
        _handed_over(cycle, zone),
        _before_orphaned(cycle, found.index[found["counted"] == NOBODY].tolist()),
    )
    then = found["customer"].map({code: owner for code, (owner, _) in handed.items()})
    then = then.fillna(pd.Series(orphans, dtype=float)).fillna(found["counted"])
    found["then"] = then.astype(int)
    differing = _owned_otherwise(cycle)
    owned = found["customer"].map({code: owner for code, (owner, _) in differing.items()})
    found["now"] = owned.fillna(found["counted"]).astype(int)
    days = {code: day for code, (_, day) in differing.items()} | {code: day for code, (_, day) in handed.items()}
    found["since"] = found["customer"].map(days)
    same = found["then"] == found["counted"]
    found["since"] = found["since"].where(found["since"].notna() | ~same, found["counted"].map(staff.changed))
    return found


def _handed_over(cycle: Cycle, zone: ZoneInfo) -> dict[str, tuple[int, date]]:
    """Customer code -> who owned its lines when the cycle began, and the day they were handed over last."""
    rows = RowChange.objects.filter(table=CycleLine._meta.db_table, key__startswith=f"{cycle.code} ")
    found: dict[str, tuple[int, date]] = {}
    for key, was, at in rows.order_by("-pk").values_list("key", "before", "at"):
        code = key.removeprefix(f"{cycle.code} ")
        found[code] = (
            _id((was or {}).get("owner_id")),
            found[code][1] if code in found else at.astimezone(zone).date(),
        )
    return found


def _before_orphaned(cycle: Cycle, lines: list[int]) -> dict[int, int]:
    """Line -> its owner in the cycle before, for lines that nobody owns in this one."""
    rows = CycleLine.objects.filter(cycle__month=add_months(cycle.month, -1), line_id__in=lines, owner__isnull=False)
    return dict(rows.values_list("line_id", "owner_id"))


def _owned_otherwise(cycle: Cycle) -> dict[str, tuple[int, date | None]]:
    """Customer code -> today's owner and since when, where the cycle counts its lines with somebody else."""
    rows = CycleLine.objects.filter(cycle=cycle).exclude(owner=F("line__customer__owner"))
    fields = ("line__customer__code", "line__customer__owner_id", "line__customer__owner_from")
    return {code: (_id(owner), day) for code, owner, day in rows.order_by().values_list(*fields).distinct()}


def _id(owner: int | None) -> int:
    return NOBODY if owner is None else owner


def _worth(cycle: Cycle, frame: pd.DataFrame, lines: np.ndarray) -> pd.DataFrame:
    """Units and money of the team number over the next twelve months per line."""
    units = stage_plan(cycle, Stage.TEAM, lines).for_lines(lines).quantity[:, :MONTHS].sum(axis=1)
    price = frame["price"].reindex(lines).to_numpy(dtype=float)
    return pd.DataFrame({"units": units, "money": units * price}, index=lines)


def _moves(moved: pd.DataFrame, names: Mapping[int, str]) -> list[Moved]:
    """One move per kind and people it lies between, without those that carry no number."""
    found = []
    for (kind, then, counted, now), rows in moved.groupby(["kind", "then", "counted", "now"], sort=False):
        owner_then, owner_counted, owner_now = (names.get(int(owner), "") for owner in (then, counted, now))
        since = max(rows["since"].dropna(), default=None)
        text = sentence(Kind(kind), _customers(rows), owner_then, owner_counted, owner_now, since)
        units, money = float(rows["units"].sum()), float(rows["money"].sum())
        if units >= LEAST:
            found.append(Moved(text, Kind(kind).sign * units, Kind(kind).sign * money))
    return sorted(found, key=lambda move: (-abs(move.money), move.text))


def _customers(rows: pd.DataFrame) -> Sequence[str]:
    """Names of the customers, those worth most first."""
    return list(rows.groupby("name")["money"].sum().sort_values(ascending=False, kind="stable").index)
