"""The planner's choices in the demand review: take a source per line or in bulk, type a total, take it back."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd
from django.db import transaction
from django.db.models import QuerySet
from numpy.typing import NDArray

from cycles.models import Cycle
from cycles.periods import month_range
from cycles.services import cycle_lock_shared
from demand.bulk_rules import BulkRule, rule_fits
from demand.matrices import Lines, Matrix
from demand.models import LayerLine, Origin, SettledLine, Settlement, Source, Stage
from demand.policy import check_demand_open, check_role
from demand.selectors.review import NEAR_MONTHS, review_frame, source_rows
from demand.selectors.review_bulk import SOURCE_WORDS, rule_words
from demand.selectors.review_said import held_cells
from demand.selectors.versions import stage_plan
from demand.services.entries import CellEdit, cells_save, layer_check_open, layer_rows
from demand.spreading import spread_total
from jobs.errors import Invalid, Refused
from masterdata.models import Person
from masterdata.roles import Role

TAKEN = tuple(source for source in Source if source != Source.TYPED)
SMALLEST = 1e-9
PREVIEWED = 5


@dataclass(frozen=True)
class Taken:
    """What a choice changed: lines, cells, and units over the whole horizon."""

    lines: int
    cells: int
    before: float
    after: float


@dataclass(frozen=True)
class Undone:
    """What was taken back: the lines, how many cells moved, and what the choice had been."""

    lines: list[int]
    cells: int
    source: str
    rule: str


@transaction.atomic
def review_take(*, cycle: Cycle, person: Person, lines: Lines, source: str, at: datetime, rule: str = "") -> Taken:
    """Make the plan of these lines equal to a source; the proposal takes the planner's own number away.

    `rule` is the bulk rule in words when one chose the lines.
    """
    if source not in TAKEN:
        raise Invalid(f"Choose one of: {', '.join(SOURCE_WORDS[source] for source in TAKEN)}.")
    check_settles(cycle, person)
    lines = np.unique(lines)
    settlement = Settlement(cycle=cycle, source=source, rule=rule, by=person, at=at)
    target = source_rows(cycle, source, lines)
    return _settle(settlement, lines, target, f"Took {SOURCE_WORDS[Source(source)]}")


@transaction.atomic
def review_type(*, cycle: Cycle, person: Person, line: int, total: float, at: datetime, note: str = "") -> Taken:
    """Set the next twelve months of a line to a total, spread like the plan (else the baseline); adds up exactly."""
    check_settles(cycle, person)
    if not np.isfinite(total) or total < 0:
        raise Invalid("Type a quantity of zero or more.")
    lines = np.array([line], dtype=np.int64)
    target = stage_plan(cycle, Stage.DEMAND_PLAN, lines).quantity.copy()
    baseline = stage_plan(cycle, Stage.BASELINE, lines).quantity[0, :NEAR_MONTHS]
    held = held_cells(cycle, lines)[0, :NEAR_MONTHS]
    target[0, :NEAR_MONTHS] = _spread(total, target[0, :NEAR_MONTHS], baseline, held)
    settlement = Settlement(cycle=cycle, source=Source.TYPED, by=person, at=at)
    return _settle(settlement, lines, target, note or "Typed in the demand review")


def _spread(total: float, plan: Matrix, baseline: Matrix, held: NDArray[np.bool_]) -> Matrix:
    if held.any() and total < plan[held].sum():
        raise Invalid(f"The locked months alone are {plan[held].sum():,.0f} units. Unlock some, or type more.")
    if held.all():
        raise Refused("locked", "Every month is locked. Unlock the line with L first.")
    return spread_total(total, plan, held=held, fallbacks=[baseline])


def check_settles(cycle: Cycle, person: Person) -> None:
    """Refused unless this person settles exceptions and demand is not signed; held open until the write is done."""
    check_role(person, Role.DEMAND_PLANNER, what="Settling exceptions")
    check_demand_open(cycle)
    cycle_lock_shared(cycle)


def _settle(settlement: Settlement, lines: Lines, target: Matrix, note: str) -> Taken:
    """Keep what was, write the plan, mark the lines as looked at, also those whose number did not have to change."""
    cycle, person, at = settlement.cycle, settlement.by, settlement.at
    layer_check_open(cycle, Stage.DEMAND_PLAN, person, lines.tolist(), at)
    held = held_cells(cycle, lines)
    _check_free(cycle, lines[held.all(axis=1)])
    current = stage_plan(cycle, Stage.DEMAND_PLAN, lines).quantity
    target = np.where(held, current, target)
    choice_keep(settlement, lines)
    edits = _edits(settlement, lines, current, target, note)
    origin = Origin.RULE if settlement.rule else Origin.SCREEN
    if edits:
        cells_save(cycle=cycle, stage=Stage.DEMAND_PLAN, person=person, edits=edits, at=at, origin=origin)
    plan_layers(cycle, lines).update(changed_by=person, changed_at=at, note=note)
    return Taken(len(lines), len(edits), float(current.sum()), float(target.sum()))


def _check_free(cycle: Cycle, held: Lines) -> None:
    """Refused with names when lines are locked in every month; single locked months just keep their number."""
    if not len(held):
        return
    layer = plan_layers(cycle, held[:1]).select_related("line__customer", "line__product", "locked_by__user").get()
    more = f" and {len(held) - 1} more are" if len(held) > 1 else " is"
    by = f" by {layer.locked_by.name}" if layer.locked_by else ""
    names = f"{layer.line.customer.name}, {layer.line.product.name}{more} locked{by}"
    raise Refused("locked", f"{names}. Unlock with L to change it.")


def _edits(settlement: Settlement, lines: Lines, current: Matrix, target: Matrix, note: str) -> list[CellEdit]:
    """The cells that move; taking the proposal clears them, so that a new proposal is followed."""
    months = month_range(settlement.cycle.month, settlement.cycle.horizon)
    clears = settlement.source == Source.PROPOSAL
    rows, columns = np.nonzero(np.abs(target - current) > SMALLEST)
    return [
        CellEdit(int(lines[r]), months[c], None if clears else float(target[r, c]), comment=settlement.rule or note)
        for r, c in zip(rows, columns, strict=True)
    ]


def choice_keep(settlement: Settlement, lines: Lines) -> None:
    """Store the choice with the layer of each line as it was; a line without one gets an empty one, all for update."""
    settlement.save()
    layers = layer_rows(settlement.cycle, Stage.DEMAND_PLAN, lines.tolist(), settlement.at)
    SettledLine.objects.bulk_create(_settled(settlement, layers[int(line)]) for line in lines)


def _settled(settlement: Settlement, layer: LayerLine) -> SettledLine:
    """A layer that was just made, or holds nothing, counts as none."""
    if layer.changed_by_id is None and not layer.locked and all(value is None for value in layer.quantity):
        return SettledLine(settlement=settlement, line_id=layer.line_id)
    return SettledLine(
        settlement=settlement,
        line_id=layer.line_id,
        before=layer.quantity,
        before_by_id=layer.changed_by_id,
        before_at=layer.changed_at,
        before_note=layer.note,
    )


def plan_layers(cycle: Cycle, lines: Lines | list[int]) -> QuerySet[LayerLine]:
    """The planner's own numbers of these lines."""
    return LayerLine.objects.filter(cycle=cycle, stage=Stage.DEMAND_PLAN, line_id__in=np.asarray(lines).tolist())


# --- In bulk ------------------------------------------------------------------------------


@dataclass(frozen=True)
class BulkPreview:
    """What a bulk rule would do: its lines, how far the plan would move in units and in money, and how many lines it
    leaves out because they are locked."""

    lines: Lines
    units: float
    value: float
    words: str
    first: list[str]
    held: int = 0


def bulk_preview(cycle: Cycle, rule: BulkRule) -> BulkPreview:
    """How many lines a rule fits, units and money it would move over the horizon, and the biggest of them by name."""
    lines, frame, held = _fitting(cycle, rule)
    words = rule_words(rule)
    if not len(lines):
        return BulkPreview(lines, 0.0, 0.0, words, [], held)
    change = source_rows(cycle, rule.source, lines) - stage_plan(cycle, Stage.DEMAND_PLAN, lines).quantity
    change[held_cells(cycle, lines)] = 0.0
    moved = change.sum(axis=1)
    biggest = frame.sort_values("stake", ascending=False).head(PREVIEWED)
    first = [f"{row.customer_name}, {row.product_name}" for row in biggest.itertuples()]
    value = float((moved * frame["price"].to_numpy()).sum())
    return BulkPreview(lines, float(moved.sum()), value, words, first, held)


def bulk_apply(*, cycle: Cycle, person: Person, rule: BulkRule, at: datetime) -> Taken:
    """Carry a bulk rule out over the lines that are still open; it can be undone as a whole."""
    lines, _, _ = _fitting(cycle, rule)
    if not len(lines):
        raise Refused("nothing_to_do", "No line fits this rule, so nothing was changed.")
    return review_take(cycle=cycle, person=person, lines=lines, source=rule.source, at=at, rule=rule_words(rule))


def _fitting(cycle: Cycle, rule: BulkRule) -> tuple[Lines, pd.DataFrame, int]:
    """The lines a rule may move, their rows of the review, and how many more it fits that are locked."""
    if rule.source not in TAKEN:
        raise Invalid(f"Choose one of: {', '.join(SOURCE_WORDS[source] for source in TAKEN)}.")
    if not rule.is_bounded:
        raise Invalid("Say which lines: a size, a value, a family or a reason.")
    frame = review_frame(cycle)
    fitting = frame[rule_fits(frame, rule)]
    held = fitting["is_held"].to_numpy(dtype=bool)
    free = fitting[~held]
    return free["line"].to_numpy(dtype=np.int64), free, int(held.sum())


# --- Taken back ---------------------------------------------------------------------------


def settlement_last(cycle: Cycle, person: Person) -> Settlement | None:
    """The newest choice of this planner that stands."""
    return Settlement.objects.filter(cycle=cycle, by=person, undone_at=None).order_by("-id").first()


@transaction.atomic
def review_undo(*, cycle: Cycle, person: Person, at: datetime) -> Undone:
    """Take the planner's last choice back, whole: every line is as it was before, settled or open."""
    check_settles(cycle, person)
    last = settlement_last(cycle, person)
    if last is None:
        raise Refused("nothing_to_undo", "There is no choice of yours to undo.")
    kept = list(last.lines.select_related("line__customer", "line__product").order_by("line_id"))
    lines = np.array([row.line_id for row in kept], dtype=np.int64)
    layers = {row.line_id: row for row in plan_layers(cycle, lines).select_for_update().order_by("line_id")}
    for row in kept:
        _check_untouched(last, row, layers.get(row.line_id))
    edits = [edit for row in kept for edit in _back(cycle, row, layers[row.line_id])]
    if edits:
        cells_save(cycle=cycle, stage=Stage.DEMAND_PLAN, person=person, edits=edits, at=at)
    choice_restore(cycle, kept)
    last.undone_at = at
    last.save(update_fields=["undone_at"])
    return Undone(lines.tolist(), len(edits), last.source, last.rule)


def _check_untouched(last: Settlement, row: SettledLine, layer: LayerLine | None) -> None:
    if layer is None or layer.changed_by_id != last.by_id or layer.changed_at != last.at:
        name = f"{row.line.customer.name}, {row.line.product.name}"
        raise Refused("changed_since", f"{name} was changed after this choice, so it cannot be undone.")


def _back(cycle: Cycle, row: SettledLine, layer: LayerLine) -> list[CellEdit]:
    before = row.before or [None] * cycle.horizon
    months = month_range(cycle.month, cycle.horizon)
    pairs = zip(months, before, layer.quantity, strict=True)
    return [CellEdit(row.line_id, month, was, comment="Choice undone") for month, was, now in pairs if was != now]


def choice_restore(cycle: Cycle, kept: list[SettledLine]) -> None:
    """Who had settled the lines before, and when; a layer that was made by the choice goes, unless it holds locks."""
    fresh = [row.line_id for row in kept if row.before is None]
    plan_layers(cycle, fresh).filter(locked=[]).delete()
    plan_layers(cycle, fresh).update(changed_by=None, note="")
    was = {row.line_id: row for row in kept if row.before is not None}
    layers = list(plan_layers(cycle, list(was)))
    for layer in layers:
        row = was[layer.line_id]
        layer.changed_by_id, layer.note = row.before_by_id, row.before_note
        layer.changed_at = row.before_at or layer.changed_at
    LayerLine.objects.bulk_update(layers, ["changed_by", "changed_at", "note"])
