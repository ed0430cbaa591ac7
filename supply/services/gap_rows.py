"""The gaps of a cycle as rows: found by the plan, kept with what was chosen or sent on for them."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Final

import numpy as np
import pandas as pd
from django.db import transaction
from numpy.typing import NDArray

from cycles.periods import add_months, month_range
from demand.matrices import Matrix, Plan
from masterdata.selectors import company
from supply.capacity import load_hours
from supply.commitment import Commitment
from supply.gaps import Gap as Found
from supply.gaps import Product, customers_hit, find_gaps
from supply.joint_options import joint_options, resources_short
from supply.models import Gap
from supply.options import FreeHours, Kind, ResourceFacts, recommended
from supply.relief import PREBUILD_MONTHS
from supply.selectors.situation import Situation, reliefs_of
from supply.wording import count_text

TOLERANCE: Final = 0.02
LEAST_UNITS: Final = 1.0
MONTHS_AFTER: Final = 6
CUSTOMERS_KEPT: Final = 8
GROWN: Final = 1.05


@dataclass(frozen=True)
class LinePlan:
    """Demand and allocation (lines, months) with the line's facts and the row of its product."""

    frame: pd.DataFrame
    demand: Plan
    product_rows: NDArray[np.int64]
    allocation: Matrix


@dataclass(frozen=True)
class _Hours:
    """Hours of every resource and month that the plan uses, may use, and could still get by overtime; and
    the units of every product and month that it commits and that are late."""

    load: Matrix
    released: Matrix
    overtime_left: Matrix
    committed: Matrix
    late: Matrix


@transaction.atomic
def gaps_store(*, given: Situation, made: Commitment, lines: LinePlan | None, at: datetime) -> list[Gap]:
    """Bring the gap rows up to the plan: new ones open, chosen ones kept, those that are gone and were never
    answered removed. A gap that has grown since its option was chosen opens again and says so.

    Without `lines` the customers stay as they were, for plans on the way to another one.
    """
    known = {(g.resource_id, g.month): g for g in Gap.objects.select_for_update().filter(cycle=given.cycle)}
    hours = _hours(given, made, list(known.values()))
    months = month_range(given.cycle.month, given.cycle.horizon)
    rows = []
    for found in _found(given, made, hours.released):
        key = (int(given.capacity.resources.index[found.resource]), months[found.month])
        row = known.pop(key, None) or Gap(cycle=given.cycle, resource_id=key[0], month=key[1], at=at)
        _fill(row, found, given, lines, hours)
        rows.append(row)
    rows += _closed(known.values())
    _write(rows)
    return rows


def _found(given: Situation, made: Commitment, released: Matrix) -> list[Found]:
    products = [
        Product(price, price - cost, family)
        for price, cost, family in zip(
            given.products["price"], given.products["unit_cost"], given.products["family"], strict=True
        )
    ]
    found = find_gaps(given.demand, made, given.capacity.hours, released, products, tolerance=TOLERANCE)
    return [
        gap
        for gap in found
        if gap.resource >= 0
        and gap.units > LEAST_UNITS
        and gap.hours > TOLERANCE * released[gap.resource, gap.month]
    ]


def _hours(given: Situation, made: Commitment, gaps: Sequence[Gap]) -> _Hours:
    reliefs = reliefs_of(given.cycle, given.capacity, gaps)
    taken = np.zeros_like(given.capacity.overtime)
    for relief in reliefs:
        if relief.kind is Kind.OVERTIME:
            taken[relief.resource, relief.month] += relief.hours
    return _Hours(
        load=load_hours(given.capacity.hours, made.production),
        released=given.released(reliefs),
        overtime_left=np.maximum(given.capacity.overtime - taken, 0.0),
        committed=made.commitment,
        late=np.maximum(given.demand - made.commitment, 0.0),
    )


def _fill(row: Gap, found: Found, given: Situation, lines: LinePlan | None, hours: _Hours) -> None:
    """Figures as the plan has them now; options only while none is chosen, so a choice keeps its draft."""
    row.hours, row.units, row.value = found.hours, found.units, found.value
    row.families = [{"code": code, "units": round(units, 1)} for code, units in found.families]
    if lines is not None:
        row.customers = _customers(found, lines)
    if row.chosen:
        _reopen_when_grown(row)
        return
    row.options = _options(row, found, given, hours)


def _reopen_when_grown(row: Gap) -> None:
    """More stays late than was accepted with the choice: the gap is a question again."""
    accepted = next((o.get("units_after", o["units_left"]) for o in row.options if o["kind"] == row.chosen), 0.0)
    if row.state == Gap.State.CHOSEN and row.units > max(accepted * GROWN, accepted + LEAST_UNITS):
        row.state = Gap.State.OPEN
        row.note = (
            f"{row.get_chosen_display()} was chosen, but {count_text(row.units)} are late now where "
            f"{count_text(accepted)} were accepted. Choose again, or send the question to pre-S&OP."
        )


def _closed(rows: Iterable[Gap]) -> list[Gap]:
    """Gaps the plan no longer has: an answered one stays at zero, an open one goes."""
    kept = []
    for row in rows:
        if row.state == Gap.State.OPEN and not row.chosen:
            row.delete()
            continue
        row.hours = row.units = row.value = 0.0
        row.families, row.customers = [], []
        if row.state == Gap.State.OPEN:
            row.state, row.note = Gap.State.CHOSEN, ""
        kept.append(row)
    return kept


def _write(rows: list[Gap]) -> None:
    fields = ["hours", "units", "value", "families", "customers", "options", "state", "note"]
    Gap.objects.bulk_create([row for row in rows if row.pk is None])
    Gap.objects.bulk_update([row for row in rows if row.pk is not None], fields)


def _customers(found: Found, lines: LinePlan) -> list[dict[str, Any]]:
    frame = lines.frame
    hit = customers_hit(
        found, lines.demand.quantity, lines.allocation, lines.product_rows, list(frame["customer"]), frame["price"]
    )
    names = dict(zip(frame["customer"], frame["customer_name"], strict=True))
    return [
        {"code": c.customer, "name": names[c.customer], "units": round(c.units, 1), "value": round(c.value, 2)}
        for c in hit[:CUSTOMERS_KEPT]
    ]


def _options(row: Gap, found: Found, given: Situation, hours: _Hours) -> list[dict[str, Any]]:
    month = found.month
    short = resources_short(
        found, hours.late[:, month], hours.load[:, month], hours.released[:, month], given.capacity.hours
    )
    drafts = joint_options(
        found,
        row.month,
        [(one, _resource(one.resource, found, given, hours)) for one in short],
        caught_up=_caught_up(found, given, hours),
        currency=company().currency,
    )
    best = recommended([draft.option for draft in drafts]).kind
    asked = float(given.demand[:, month].sum())
    codes = given.capacity.codes
    return [
        asdict(draft.option)
        | {
            "kind": draft.option.kind.value,
            "hours_by": {codes[one.resource]: one.hours for one in draft.hours_by},
            "recommended": draft.option.kind is best,
            "service": draft.option.units / asked if asked else 0.0,
        }
        for draft in drafts
    ]


def _caught_up(found: Found, given: Situation, hours: _Hours) -> date | None:
    """The first month by whose end everything asked for up to the gap's month has shipped."""
    rows = list(found.products)
    owed = given.demand[rows, : found.month + 1].sum(axis=1)
    shipped = np.cumsum(hours.committed[rows], axis=1)
    done = (shipped >= owed[:, None] - 0.01).all(axis=0)
    return add_months(given.cycle.month, int(done.argmax())) if done.any() else None


def _resource(index: int, found: Found, given: Situation, hours: _Hours) -> ResourceFacts:
    resource, month = given.capacity.resources.iloc[index], found.month
    return ResourceFacts(
        name=str(resource["name"]),
        unit=str(resource["unit"]),
        regular_cost=float(resource["regular_cost"]),
        overtime_cost=float(resource["overtime_cost"]),
        overtime_hours=float(hours.overtime_left[index, month]),
        before=_free(index, given, hours, month - PREBUILD_MONTHS, month) if _storable(found, given) else (),
        after=_free(index, given, hours, month + 1, month + 1 + MONTHS_AFTER),
    )


def _storable(found: Found, given: Situation) -> bool:
    return bool(given.products["storable"].to_numpy()[list(found.products)].any())


def _free(index: int, given: Situation, hours: _Hours, first: int, end: int) -> tuple[FreeHours, ...]:
    spare = np.maximum(hours.released[index] - hours.load[index], 0.0)
    within = range(max(first, 0), min(end, given.cycle.horizon))
    return tuple(FreeHours(add_months(given.cycle.month, m), float(spare[m])) for m in within if spare[m] > 0)
