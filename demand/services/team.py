"""The manager's part: accepting reps' numbers, adjusting them in a layer of one's own, nudging."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import numpy as np
from django.db import transaction

from cycles.models import Contribution, Cycle
from cycles.periods import add_months, months_between
from cycles.services import contribution_nudge
from cycles.steps import Step
from demand.cell_grammar import EntryError, parse_entry
from demand.models import LayerLine, Reason, Stage, TeamReview
from demand.policy import check_demand_open, check_role, entry_open
from demand.selectors.owned import Owned, owned
from demand.selectors.people import managers_above
from demand.services.entries import CellEdit, cells_save
from demand.spreading import spread_basis, spread_total
from jobs.errors import Invalid, NotYours, Refused
from masterdata.models import Person
from masterdata.roles import Role
from masterdata.selectors.absences import away_on, company_day

BASES = {-1: "evenly", 0: "in proportion to the team number", 1: "in proportion to the baseline"}


@dataclass(frozen=True)
class Scope:
    """What a manager adjusts: a rep's lines, of one family or one line where given, from month to month."""

    rep: Person
    first: date
    last: date
    family: str = ""
    line: int | None = None


@dataclass(frozen=True)
class Adjustment:
    """What an adjustment did: the total before and after, over how many lines, and how it was spread."""

    before: float
    after: float
    lines: int
    basis: str


@transaction.atomic
def team_accept(*, cycle: Cycle, manager: Person, reps: Collection[Person], at: datetime) -> int:
    """Accept reps' numbers; refused while somebody's answer is still open. Accepting again renews the time."""
    check_role(manager, Role.SALES_MANAGER, what="Accepting a team's numbers")
    check_demand_open(cycle)
    for rep in reps:
        _check_mine(manager, rep)
    waiting = _unanswered(cycle, reps) if entry_open(cycle) else []
    if waiting:
        names = ", ".join(waiting)
        raise Refused("not_submitted", f"Not submitted yet: {names}. You can accept when entry has closed.")
    TeamReview.objects.bulk_create(
        [TeamReview(cycle=cycle, rep=rep, manager=manager, at=at) for rep in reps],
        update_conflicts=True,
        unique_fields=["cycle", "rep"],
        update_fields=["manager", "at"],
    )
    return len(reps)


def _unanswered(cycle: Cycle, reps: Collection[Person]) -> list[str]:
    answered = set(
        Contribution.objects.filter(
            cycle=cycle,
            step=Step.SALES_FORECAST.value,
            person__in=[rep.user_id for rep in reps],
            answered_at__isnull=False,
        ).values_list("person_id", flat=True)
    )
    return [rep.name for rep in reps if rep.user_id not in answered]


def _check_mine(manager: Person, rep: Person) -> None:
    if rep.pk != manager.pk and manager.pk not in managers_above(rep):
        raise NotYours(f"{rep.name} is not in your team.")


@transaction.atomic
def team_adjust(
    *,
    cycle: Cycle,
    manager: Person,
    scope: Scope,
    entry: str,
    reason: str,
    comment: str,
    at: datetime,
    seen: float | None = None,
    token: UUID | None = None,
) -> Adjustment:
    """Set the total of a scope (`entry`: 1200, +10%, -50 ...) in the manager's own layer, spread pro rata and exact.

    `seen` is the total the manager looked at: when it has moved since, nothing is saved and both are named.
    """
    check_role(manager, Role.SALES_MANAGER, what="Adjusting a team's numbers")
    _check_mine(manager, scope.rep)
    if reason not in Reason.values:
        raise Invalid("Say why: choose one of the nine reasons. The rep sees it at once.")
    if reason == Reason.OTHER and not comment.strip():
        raise Invalid("“Other” needs a few words. The rep sees them at once.")
    numbers = owned(cycle, [scope.rep.pk])
    rows, months = _cells(cycle, numbers, scope)
    cells = numbers.team[np.ix_(rows, months)]
    before, after = _totals(numbers, cells, rows, months, entry, seen)
    baseline = numbers.baseline[np.ix_(rows, months)]
    held = _held(cycle, numbers, rows, months)
    try:
        spread = spread_total(after, cells, held=held, fallbacks=[baseline])
    except ValueError as error:
        raise Invalid(f"That cannot be spread: {error}. Unlock cells on the sheet first.") from error
    edits = _edits(cycle, numbers, rows, months, cells, spread, reason, comment)
    cells_save(cycle=cycle, stage=Stage.TEAM, person=manager, edits=edits, at=at, token=token)
    return Adjustment(before, after, len(rows), BASES[spread_basis(cells, held=held, fallbacks=[baseline])])


def _held(cycle: Cycle, numbers: Owned, rows: np.ndarray, months: np.ndarray) -> np.ndarray:
    """(rows, months) True where the manager's layer is locked."""
    notes = numbers.numbers.notes.get((cycle.month, Stage.TEAM), {})
    locked = [notes[line].locked if (line := int(numbers.lines[row])) in notes else () for row in rows]
    return np.array([[add_months(cycle.month, int(month)) in some for month in months] for some in locked], dtype=bool)


def _cells(cycle: Cycle, numbers: Owned, scope: Scope) -> tuple[np.ndarray, np.ndarray]:
    """Row and month positions of the scope; refused when there is nothing in it."""
    first, last = months_between(cycle.month, scope.first), months_between(cycle.month, scope.last)
    if not 0 <= first <= last < cycle.horizon:
        end = add_months(cycle.month, cycle.horizon - 1)
        raise Invalid(f"Choose months from {cycle.code} to {end:%Y-%m}, the first not after the last.")
    wanted = np.ones(len(numbers.frame), dtype=bool)
    if scope.family:
        wanted &= (numbers.frame["family"] == scope.family).to_numpy()
    if scope.line is not None:
        wanted &= numbers.lines == scope.line
    rows = np.flatnonzero(wanted)
    if not len(rows):
        raise Invalid(f"{scope.rep.name} has no line there.")
    return rows, np.arange(first, last + 1)


def _totals(
    numbers: Owned, cells: np.ndarray, rows: np.ndarray, months: np.ndarray, entry: str, seen: float | None
) -> tuple[float, float]:
    before = float(cells.sum())
    if seen is not None and abs(before - seen) > max(0.5, 1e-6 * before):
        raise Refused(
            "conflict",
            f"The total has changed since you looked: it was {seen:,.0f} and is {before:,.0f} now. "
            "Look again and repeat the adjustment if you still want it.",
        )
    baseline = float(numbers.baseline[np.ix_(rows, months)].sum())
    decimals = int(numbers.frame["decimals"].iloc[rows].max())
    try:
        return before, parse_entry(entry, current=before, baseline=baseline, decimals=decimals).value
    except EntryError as error:
        raise Invalid(str(error)) from error


def _edits(
    cycle: Cycle,
    numbers: Owned,
    rows: np.ndarray,
    months: np.ndarray,
    cells: np.ndarray,
    spread: np.ndarray,
    reason: str,
    comment: str,
) -> list[CellEdit]:
    calendar = {int(month): add_months(cycle.month, int(month)) for month in months}
    return [
        CellEdit(
            int(numbers.lines[row]),
            calendar[int(month)],
            float(spread[i, j]),
            seen=float(cells[i, j]),
            reason=reason,
            comment=comment.strip(),
        )
        for i, row in enumerate(rows)
        for j, month in enumerate(months)
        if spread[i, j] != cells[i, j]
    ]


@transaction.atomic
def team_adjust_undo(*, cycle: Cycle, manager: Person, rep: Person, at: datetime) -> int:
    """Take the manager's layer off a rep's lines, except where it is locked; returns the cells."""
    _check_mine(manager, rep)
    lines = LayerLine.objects.filter(cycle=cycle, stage=Stage.TEAM, line_id__in=owned(cycle, [rep.pk]).lines.tolist())
    edits = [
        CellEdit(layer.line_id, add_months(cycle.month, month), None)
        for layer in lines
        for month, value in enumerate(layer.quantity)
        if value is not None and add_months(cycle.month, month) not in layer.locked
    ]
    if edits:
        cells_save(cycle=cycle, stage=Stage.TEAM, person=manager, edits=edits, at=at)
    return len(edits)


@transaction.atomic
def team_nudge(*, cycle: Cycle, manager: Person, rep: Person, at: datetime) -> None:
    """Remind one person by mail, which the next tick sends; it takes the place of the second reminder."""
    check_role(manager, Role.SALES_MANAGER, Role.SOP_LEADER, what="Nudging")
    if manager.role == Role.SALES_MANAGER:
        _check_mine(manager, rep)
    if not entry_open(cycle):
        raise Refused("step_closed", f"Sales entry of {cycle.code} is not open, so a nudge would ask for nothing.")
    absence = away_on(company_day(at)).get(rep.pk)
    if absence is not None and absence.substitute is None:
        raise Refused("away", f"{rep.name} is {absence.words}. Name somebody who enters meanwhile.")
    contribution_nudge(cycle=cycle, step=Step.SALES_FORECAST, person=rep.user, at=at)
