"""A rep's call on an open order: recorded for later scoring; a slip moves the quantity at once."""

from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
from django.db import transaction

from cycles.models import Cycle, CycleState
from cycles.periods import add_months, months_between
from demand.models import Call, Change, Comment, CycleLine, Line, Opportunity, OrderCall, OrderLine, Reason, Stage
from demand.policy import check_role, check_sales_open
from demand.selectors.calls import call_newest, month_in_plan
from demand.selectors.versions import stage_plan
from demand.services.entries import CellEdit, cells_save
from jobs.errors import Invalid, NotYours, Refused
from masterdata.models import Person
from masterdata.roles import SALES_ROLES, Role
from masterdata.selectors import people

Moves = dict[date, float]


@dataclass(frozen=True)
class CallMade:
    """The call and what it did to the plan: units moved, from which month to which; 0 when nothing was moved."""

    call: OrderCall
    units: float = 0.0
    from_month: date | None = None
    to_month: date | None = None
    closed: bool = False


@transaction.atomic
def call_make(
    *,
    cycle: Cycle,
    person: Person,
    subject: OrderLine | Opportunity,
    call: Call,
    at: datetime,
    slips_to: date | None = None,
) -> CallMade:
    """Record a call; the newest one counts. A slip moves the quantity to its new month, a later call moves it back.

    When entry is closed the call is still recorded, but the plan is not moved without a decision.
    """
    check_role(person, *SALES_ROLES, what="Calling an order")
    if cycle.state != CycleState.OPEN:
        raise Refused("cycle_ended", f"The cycle {cycle.code} has ended; call the order in the next one.")
    locked = type(subject).objects.select_for_update().get(pk=subject.pk)
    _check_open(locked)
    line = _line_of(locked)
    _check_owner(cycle, person, locked, line)
    stands = _stands(locked, cycle)
    _check_month(cycle, call, slips_to, stands)
    before = call_newest(cycle, locked)
    made = OrderCall.objects.create(
        cycle=cycle,
        order_line=locked if isinstance(locked, OrderLine) else None,
        opportunity=locked if isinstance(locked, Opportunity) else None,
        call=call,
        slips_to=slips_to,
        by=person,
        at=at,
    )
    return _moved(cycle, person, locked, line, before, made, stands)


def _check_open(subject: OrderLine | Opportunity) -> None:
    if isinstance(subject, OrderLine) and subject.shipped_on:
        raise Refused("shipped", f"Order {subject.code} was shipped on {subject.shipped_on}; no answer is needed.")
    if isinstance(subject, Opportunity) and subject.closed_on:
        raise Refused("closed", f"{subject.code} was closed on {subject.closed_on}; no answer is needed.")


def _line_of(subject: OrderLine | Opportunity) -> Line | None:
    if subject.product is None:
        return None
    product = subject.product.plan_as_id or subject.product.pk
    customer = subject.customer.plan_as_id or subject.customer_id
    return Line.objects.filter(product_id=product, customer_id=customer).first()


def _check_owner(cycle: Cycle, person: Person, subject: OrderLine | Opportunity, line: Line | None) -> None:
    row = CycleLine.objects.select_related("owner__user").filter(cycle=cycle, line=line).first() if line else None
    owner = row.owner if row else getattr(subject, "owner", None) or subject.customer.owner
    if owner is None or owner.pk != person.pk:
        raise NotYours(
            f"This customer belongs to {owner.name if owner else 'nobody'}; only the owner calls its orders."
        )


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


def _moved(
    cycle: Cycle,
    person: Person,
    subject: OrderLine | Opportunity,
    line: Line | None,
    before: OrderCall | None,
    made: OrderCall,
    stands: date,
) -> CallMade:
    undo = _moves_of(cycle, line, before, subject.code) if before and before.call == Call.SLIPS else {}
    if line is None or (made.call != Call.SLIPS and not undo):
        return CallMade(made)
    try:
        check_sales_open(cycle, [line.pk])
    except Refused:
        return CallMade(made, closed=True)
    values = _values(cycle, line)
    after = values.copy()
    for month, units in undo.items():
        after[months_between(cycle.month, month)] += units
    units = 0.0
    if made.call == Call.SLIPS and made.slips_to:
        source, target = months_between(cycle.month, stands), months_between(cycle.month, made.slips_to)
        units = float(min(subject.qty, max(after[source], 0.0)))
        after[source] -= units
        after[target] += units
    comment = _comment(subject, made, units)
    _save(cycle, person, line, values, np.maximum(after, 0.0), made, comment)
    if units:
        _tell_supply(cycle, person, line, stands, comment, made.at)
    return CallMade(made, units, stands, made.slips_to)


def _comment(subject: OrderLine | Opportunity, made: OrderCall, units: float) -> str:
    if made.call == Call.SLIPS and made.slips_to:
        return f"{subject.code}: {units:,.0f} units slip to {made.slips_to:%b %Y}"
    return f"{subject.code}: does not slip any more"


def _values(cycle: Cycle, line: Line) -> np.ndarray:
    return stage_plan(cycle, Stage.SALES, np.array([line.pk], dtype=np.int64)).quantity[0].copy()


def _moves_of(cycle: Cycle, line: Line | None, before: OrderCall, code: str) -> Moves:
    """What an earlier slip did, turned round: units to give back to each month."""
    moves: Moves = {}
    rows = Change.objects.filter(
        cycle=cycle, stage=Stage.SALES, line=line, at=before.at, by_id=before.by_id, comment__startswith=f"{code}: "
    )
    for change in rows:
        moves[change.month] = moves.get(change.month, 0.0) + change.before - change.after
    return moves


def _save(
    cycle: Cycle, person: Person, line: Line, values: np.ndarray, after: np.ndarray, made: OrderCall, comment: str
) -> None:
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
        cells_save(cycle=cycle, stage=Stage.SALES, person=person, edits=edits, at=made.at)


def _tell_supply(cycle: Cycle, person: Person, line: Line, month: date, text: str, at: datetime) -> None:
    to = people().filter(role=Role.SUPPLY_PLANNER).first()
    Comment.objects.create(cycle=cycle, line=line, month=month, text=text, to=to, by=person, at=at)
