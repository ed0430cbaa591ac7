"""Locking cells of one's own layer, so that spreads, fills and later edits leave them alone for the cycle."""

import math
from collections.abc import Mapping, Sequence
from datetime import date, datetime

from django.db import transaction

from cycles.models import Cycle
from cycles.periods import months_between
from cycles.services import cycle_lock_shared
from demand.models import LayerLine, Stage
from demand.services.entries import layer_base, layer_check_open, layer_rows
from jobs.errors import Invalid
from masterdata.models import Person

Cell = tuple[int, date]


@transaction.atomic
def cells_lock(
    *, cycle: Cycle, stage: Stage, person: Person, cells: Sequence[Cell], locked: bool, at: datetime
) -> list[Cell]:
    """Lock or unlock these (line, month) cells; returns those whose state changed. Numbers stay as they are.

    A locked number of the demand plan becomes the planner's own, so that a new proposal does not move it either.
    """
    cycle_lock_shared(cycle)
    for _, month in cells:
        if not 0 <= months_between(cycle.month, month) < cycle.horizon or month.day != 1:
            raise Invalid(f"{month:%Y-%m} is not one of the {cycle.horizon} months from {cycle.code}.")
    lines = sorted({line for line, _ in cells})
    layer_check_open(cycle, stage, person, lines, at)
    layers = layer_rows(cycle, stage, lines, at)
    changed = [cell for cell in dict.fromkeys(cells) if (cell[1] in layers[cell[0]].locked) != locked]
    for line, month in changed:
        _turn(layers[line], month, locked=locked, person=person)
    if stage == Stage.DEMAND_PLAN:
        _hold(cycle, changed, layers, locked=locked)
    LayerLine.objects.bulk_update(layers.values(), ["locked", "locked_by", "quantity"])
    return changed


def _turn(layer: LayerLine, month: date, *, locked: bool, person: Person) -> None:
    months = set(layer.locked) ^ {month}
    layer.locked = sorted(months)
    if locked:
        layer.locked_by = person
    elif not months:
        layer.locked_by = None


def _hold(cycle: Cycle, cells: Sequence[Cell], layers: Mapping[int, LayerLine], *, locked: bool) -> None:
    """A number that is let go follows the proposal again where it is still the same."""
    base = layer_base(cycle, Stage.DEMAND_PLAN, sorted(layers))
    for line, month in cells:
        position, layer = months_between(cycle.month, month), layers[line]
        under, own = float(base[line][position]), layer.quantity[position]
        if locked and own is None:
            layer.quantity[position] = under
        elif not locked and own is not None and math.isclose(own, under, rel_tol=1e-9, abs_tol=1e-9):
            layer.quantity[position] = None
