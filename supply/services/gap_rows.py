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
from supply.commitment import Commitment
from supply.gaps import Gap as Found
from supply.gaps import Product, customers_hit, find_gaps
from supply.joint_options import JointOption, Short, evaluated, joint_options, resources_short
from supply.models import Gap
from supply.options import FreeHours, ResourceFacts, recommended
from supply.relief import ADDS_HOURS, PREBUILD_MONTHS, SHIPS_IN_TIME, Relief
from supply.selectors.situation import Situation, reliefs_of
from supply.wording import count_text

TOLERANCE: Final = 0.02
LEAST_UNITS: Final = 1.0
MONTHS_AFTER: Final = 6
CUSTOMERS_KEPT: Final = 8
GROWN: Final = 1.05
# the most valuable gaps: for these the whole plan is made again under every option
EVALUATED: Final = 12


@dataclass(frozen=True)
class LinePlan:
    """Demand and allocation (lines, months) with the line's facts and the row of its product."""

    frame: pd.DataFrame
    demand: Plan
    product_rows: NDArray[np.int64]
    allocation: Matrix


@dataclass(frozen=True)
class _Planned:
    """The plan the gaps are found in: the options it takes, hours of every resource and month that it uses, may
    use, and could still get by overtime; units of every product and month that it commits and that are late."""

    reliefs: list[Relief]
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
    plan = _planned(given, made, list(known.values()))
    months = month_range(given.cycle.month, given.cycle.horizon)
    rows: list[Gap] = []
    for found in _found(given, made, plan.released):
        key = (int(given.capacity.resources.index[found.resource]), months[found.month])
        row = known.pop(key, None) or Gap(cycle=given.cycle, resource_id=key[0], month=key[1], at=at)
        _fill(row, found, given, lines, plan)
        if not row.chosen:
            # the plan of a scenario is too dear to make again under every option
            evaluate = len(rows) < EVALUATED and not given.capacity.adopted
            row.options = _options(row, found, given, plan, evaluate=evaluate)
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
        if gap.resource >= 0 and gap.units > LEAST_UNITS and gap.hours > TOLERANCE * released[gap.resource, gap.month]
    ]


def _planned(given: Situation, made: Commitment, gaps: Sequence[Gap]) -> _Planned:
    reliefs = reliefs_of(given.cycle, given.capacity, gaps)
    ground = given.ground(reliefs)
    return _Planned(
        reliefs=reliefs,
        load=made.load,
        released=ground.released,
        overtime_left=ground.overtime,
        committed=made.commitment,
        late=np.maximum(given.demand - made.commitment, 0.0),
    )


def _fill(row: Gap, found: Found, given: Situation, lines: LinePlan | None, plan: _Planned) -> None:
    """Figures as the plan has them now; a choice keeps the draft it was made on."""
    row.hours, row.units, row.value = found.hours, found.units, found.value
    row.families = [{"code": code, "units": round(units, 1)} for code, units in found.families]
    if lines is not None:
        row.customers = _customers(found, lines)
    if row.chosen:
        _reopen_when_grown(row)


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


def _options(row: Gap, found: Found, given: Situation, plan: _Planned, *, evaluate: bool) -> list[dict[str, Any]]:
    """The options of a gap as stored; `evaluate` makes the whole plan again for each that changes it."""
    month, currency = found.month, company().currency
    hours = given.capacity.hours
    lacking = resources_short(found, plan.late[:, month], plan.load[:, month], plan.released[:, month], hours)
    short = [(one, _resource(one.resource, found, given, plan)) for one in lacking]
    caught_up = _caught_up(found, given, plan)
    drafts = joint_options(found, row.month, short, caught_up=caught_up, currency=currency)
    if evaluate:
        drafts = [_evaluated(draft, found, given, plan, short, currency) for draft in drafts]
    best = recommended([draft.option for draft in drafts]).kind
    return [_stored(draft, given, month) | {"recommended": draft.option.kind is best} for draft in drafts]


def _stored(draft: JointOption, given: Situation, month: int) -> dict[str, Any]:
    asked = float(given.demand[:, month].sum())
    return asdict(draft.option) | {
        "kind": draft.option.kind.value,
        "hours_by": {given.capacity.codes[one.resource]: one.hours for one in draft.hours_by},
        "service": draft.option.units / asked if asked else 0.0,
    }


def _evaluated(
    draft: JointOption,
    found: Found,
    given: Situation,
    plan: _Planned,
    short: list[tuple[Short, ResourceFacts]],
    currency: str,
) -> JointOption:
    kind = draft.option.kind
    if kind not in SHIPS_IN_TIME or not draft.option.feasible:
        return draft
    taken = [
        Relief(kind, one.resource, found.month, one.hours if kind in ADDS_HOURS else 0.0) for one in draft.hours_by
    ]
    made = given.commitment([*plan.reliefs, *taken])
    gained = (plan.late - np.maximum(given.demand - made.commitment, 0.0)).sum(axis=1)
    price, cost = given.products["price"].to_numpy(), given.products["unit_cost"].to_numpy()
    return evaluated(
        draft,
        found,
        short,
        units=float(gained.sum()),
        revenue=float(gained @ price),
        margin=float(gained @ (price - cost)),
        currency=currency,
    )


def _caught_up(found: Found, given: Situation, plan: _Planned) -> date | None:
    """The first month by whose end everything asked for up to the gap's month has shipped."""
    rows = list(found.products)
    owed = given.demand[rows, : found.month + 1].sum(axis=1)
    shipped = np.cumsum(plan.committed[rows], axis=1)
    done = (shipped >= owed[:, None] - 0.01).all(axis=0)
    return add_months(given.cycle.month, int(done.argmax())) if done.any() else None


def _resource(index: int, found: Found, given: Situation, plan: _Planned) -> ResourceFacts:
    resource, month = given.capacity.resources.iloc[index], found.month
    return ResourceFacts(
        name=str(resource["name"]),
        unit=str(resource["unit"]),
        regular_cost=float(resource["regular_cost"]),
        overtime_cost=float(resource["overtime_cost"]),
        overtime_hours=float(plan.overtime_left[index, month]),
        before=_free(index, given, plan, _earliest(found, given), month),
        after=_free(index, given, plan, month + 1, month + 1 + MONTHS_AFTER),
    )


def _earliest(found: Found, given: Situation) -> int:
    """The first month in which work for a gap may be done ahead: what is ordered now has to arrive by then, and
    nothing made to order can be built ahead."""
    rows = list(found.products)
    storable = given.products["storable"].to_numpy(dtype=bool)[rows]
    if not storable.any():
        return found.month
    lead = given.products["lead_months"].to_numpy()[rows][storable] if given.stock_known else np.zeros(1)
    return max(found.month - PREBUILD_MONTHS, int(lead.min()))


def _free(index: int, given: Situation, plan: _Planned, first: int, end: int) -> tuple[FreeHours, ...]:
    spare = np.maximum(plan.released[index] - plan.load[index], 0.0)
    within = range(max(first, 0), min(end, given.cycle.horizon))
    return tuple(FreeHours(add_months(given.cycle.month, m), float(spare[m])) for m in within if spare[m] > 0)
