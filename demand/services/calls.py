"""A rep's call on an open order: recorded for later scoring; a slip moves the quantity at once."""

from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
from django.db import transaction
from django.db.models import F, Sum
from numpy.typing import NDArray

from cycles.models import Cycle, CycleState
from cycles.periods import add_months, months_between
from demand.models import Call, Change, CycleLine, Line, Opportunity, OrderCall, OrderLine, Reason, Stage
from demand.policy import acts_for, check_sales_open
from demand.selectors.calls import month_in_plan
from demand.selectors.quiet import ordered_on, quiet_line
from demand.selectors.versions import stage_plan
from demand.services.entries import CellEdit, cells_save
from demand.services.said import comment_add
from jobs.errors import Invalid, Refused
from masterdata.models import Person
from masterdata.roles import Role
from masterdata.selectors import people

Subject = OrderLine | Opportunity | Line
Moves = dict[date, float]
Vector = NDArray[np.float64]
TINY = 1e-9
USUAL = "Usual order"


@dataclass(frozen=True)
class CallMade:
    """The call and what it did to the plan: units moved, from which month to which; 0 when nothing was moved."""

    call: OrderCall
    units: float = 0.0
    from_month: date | None = None
    to_month: date | None = None
    closed: bool = False


@dataclass(frozen=True)
class _Order:
    """What is called as the plan sees it: its name, its line, the month it stands in, how much it is."""

    code: str
    line: Line | None
    stands: date
    qty: float


@transaction.atomic
def call_make(
    *,
    cycle: Cycle,
    person: Person,
    subject: Subject,
    call: Call,
    at: datetime,
    slips_to: date | None = None,
) -> CallMade:
    """Record a call; the newest one counts. A slip moves the quantity to its new month, a later call moves it back.

    A line is called only while it is past its usual interval; what moves then is its usual order. Who is named while
    the owner is away calls in the owner's place; the record names both.

    When entry is closed the call is still recorded, but the plan is not moved without a decision.
    """
    if cycle.state != CycleState.OPEN:
        raise Refused("cycle_ended", f"The cycle {cycle.code} has ended; call the order in the next one.")
    locked = type(subject).objects.select_for_update().get(pk=subject.pk)
    _check_open(cycle, locked)
    owner = _owner(cycle, locked)
    stead = acts_for(person, owner, at, what="Calling an order", does="calls its orders")
    order = _order(cycle, owner or person, locked)
    _check_month(cycle, call, slips_to, order.stands)
    made = OrderCall.objects.create(
        cycle=cycle,
        order_line=locked if isinstance(locked, OrderLine) else None,
        opportunity=locked if isinstance(locked, Opportunity) else None,
        line=locked if isinstance(locked, Line) else None,
        month=order.stands,
        call=call,
        slips_to=slips_to,
        by=person,
        on_behalf_of=stead,
        at=at,
    )
    return _move(cycle, order, made)


def _check_open(cycle: Cycle, subject: Subject) -> None:
    if isinstance(subject, OrderLine) and subject.shipped_on:
        raise Refused(
            "shipped", f"Order {subject.code} was shipped on {_day(subject.shipped_on)}; no answer is needed."
        )
    if isinstance(subject, Opportunity) and subject.closed_on:
        raise Refused("closed", f"{subject.code} was closed on {_day(subject.closed_on)}; no answer is needed.")
    ordered = ordered_on(cycle, subject) if isinstance(subject, Line) else None
    if ordered:
        raise Refused("ordered", f"The customer ordered on {_day(ordered)}; no answer is needed.")


def _day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"


def _order(cycle: Cycle, owner: Person, subject: Subject) -> _Order:
    if not isinstance(subject, Line):
        return _Order(subject.code, _line_of(subject), _stands(subject, cycle), subject.qty)
    quiet = quiet_line(cycle, subject, owner.pk)
    if quiet is None:
        raise Refused("not_quiet", "This line is not past its usual interval; change its number on your sheet instead.")
    return _Order(USUAL, subject, cycle.month, quiet.qty)


def _line_of(subject: Subject) -> Line | None:
    if isinstance(subject, Line):
        return subject
    if subject.product is None:
        return None
    product = subject.product.plan_as_id or subject.product.pk
    customer = subject.customer.plan_as_id or subject.customer_id
    return Line.objects.filter(product_id=product, customer_id=customer).first()


def _owner(cycle: Cycle, subject: Subject) -> Person | None:
    row = CycleLine.objects.select_related("owner__user").filter(cycle=cycle, line=_line_of(subject)).first()
    return row.owner if row else getattr(subject, "owner", None) or subject.customer.owner


def _stands(subject: OrderLine | Opportunity, cycle: Cycle) -> date:
    if isinstance(subject, Opportunity):
        return month_in_plan(subject.expected_month, cycle)
    return month_in_plan(subject.promised_on or subject.requested_on or subject.ordered_on, cycle)


def _check_month(cycle: Cycle, call: Call, slips_to: date | None, stands: date) -> None:
    if call != Call.SLIPS:
        if slips_to is not None:
            raise Invalid("Only a slip has a month.")
        return
    last = add_months(cycle.month, cycle.horizon - 1)
    if slips_to is None or slips_to.day != 1 or not stands < slips_to <= last:
        raise Invalid(f"Choose the month it slips to: after {stands:%B %Y}, up to {last:%B %Y}.")


def _move(cycle: Cycle, order: _Order, made: OrderCall) -> CallMade:
    """Take earlier slips of the order back and, for a slip, move what is there to its month."""
    line = order.line
    undo = _earlier_moves(cycle, line, order.code) if line else {}
    if line is None or (made.call != Call.SLIPS and not undo):
        return CallMade(made)
    try:
        check_sales_open(cycle, [line.pk])
    except Refused:
        return CallMade(made, closed=True)
    values = stage_plan(cycle, Stage.SALES, np.array([line.pk], dtype=np.int64)).quantity[0]
    after = values.copy()
    for month, back in undo.items():
        after[months_between(cycle.month, month)] += back
    units = _slip(cycle, order, made, after)
    comment = _comment(order, made, units)
    _save(cycle, line, values, np.maximum(after, 0.0), made, comment)
    if units:
        _tell_supply(cycle, line, order.stands, comment, made)
    return CallMade(made, units, order.stands, made.slips_to)


def _slip(cycle: Cycle, order: _Order, made: OrderCall, after: Vector) -> float:
    """Move the quantity, at most what is there, in `after`; returns the units."""
    if made.slips_to is None:
        return 0.0
    source, target = (months_between(cycle.month, month) for month in (order.stands, made.slips_to))
    units = float(min(order.qty, max(after[source], 0.0)))
    after[source] -= units
    after[target] += units
    return units


def _comment(order: _Order, made: OrderCall, units: float) -> str:
    if made.slips_to:
        return f"{order.code}: {units:,.0f} units slip to {made.slips_to:%b %Y}"
    return f"{order.code}: does not slip any more"


def _earlier_moves(cycle: Cycle, line: Line, code: str) -> Moves:
    """What earlier slips of an order did together, turned round: units to give back to each month."""
    rows = Change.objects.filter(cycle=cycle, stage=Stage.SALES, line=line, comment__startswith=f"{code}: ")
    moved = rows.values_list("month").annotate(units=Sum(F("before") - F("after")))
    return {month: units for month, units in moved.order_by("month") if abs(units) > TINY}


def _save(cycle: Cycle, line: Line, values: Vector, after: Vector, made: OrderCall, comment: str) -> None:
    reason = Reason.ORDER_DELAYED if made.call == Call.SLIPS else ""
    edits = [
        CellEdit(
            line.pk,
            add_months(cycle.month, int(month)),
            float(after[month]),
            seen=float(values[month]),
            reason=reason,
            comment=comment,
        )
        for month in np.flatnonzero(after != values)
    ]
    if edits:
        cells_save(cycle=cycle, stage=Stage.SALES, person=made.by, edits=edits, at=made.at)


def _tell_supply(cycle: Cycle, line: Line, month: date, text: str, made: OrderCall) -> None:
    to = people().filter(role=Role.SUPPLY_PLANNER).first()
    comment_add(cycle=cycle, line=line, month=month, text=text, to=to, by=made.by, at=made.at)
