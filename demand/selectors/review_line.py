"""One line of the demand review with its chart and everything that speaks for or against a number."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from django.db.models import Prefetch, Q

from cycles.models import Cycle
from cycles.periods import add_months, month_range
from demand.certainty import parts_of
from demand.matrices import Plan
from demand.models import Assumption, Change, Comment, CycleLine, Event, Line, Opportunity, OrderCall, OrderLine, Stage
from demand.selectors.assumptions import assumptions_about
from demand.selectors.certainty import certainties
from demand.selectors.history import history
from demand.selectors.review import NEAR_MONTHS, Review, ReviewLine, review_lines
from demand.selectors.threads import thread
from jobs.errors import Refused
from masterdata.models import Person
from masterdata.selectors import people

MOST = 5
PAST_MONTHS = 12


@dataclass(frozen=True)
class FocusLine:
    """What is shown of the line in focus; `place` is its place among the exceptions, 0 for any other line."""

    row: ReviewLine
    cycle_line: CycleLine
    place: int
    previous: int | None
    following: int | None
    chart: dict[str, Any]
    orders: list[OrderLine]
    quotes: list[Opportunity]
    events: list[Event]
    changes: list[Change]
    thread: list[Comment]
    sure: str
    assumptions: list[Assumption]
    owners: list[Person]

    @property
    def check_on(self) -> date:
        """When an assumption is looked at again unless somebody says otherwise: the next cycle's first day."""
        return add_months(self.cycle_line.cycle.month, 1)

    @property
    def decimals(self) -> int:
        return self.cycle_line.line.product.decimals

    @property
    def method(self) -> str:
        """How the baseline was made and how wrong it was in its backtest."""
        row = self.cycle_line
        if not row.method or row.backtest_wape is None:
            return row.method
        return f"{row.method}, wrong by {row.backtest_wape:.0%} of what was sold in its backtest"


def focus_line(cycle: Cycle, found: Review, line_id: int) -> FocusLine:
    """A line of the review in full; refused when the cycle has no such line."""
    about = CycleLine.objects.select_related("line__product", "line__customer", "owner__user", "family", "cycle")
    cycle_line = about.filter(cycle=cycle, line_id=line_id).first()
    if cycle_line is None:
        raise Refused("no_line", f"There is no such line in the cycle {cycle.code}.", status=404)
    row = found.line(line_id) or review_lines(cycle, found.everything[found.everything["line"] == line_id])[0]
    place = next((i for i, line in enumerate(found.lines) if line.line == line_id), -1)
    return FocusLine(
        row=row,
        cycle_line=cycle_line,
        place=place + 1,
        previous=found.lines[place - 1].line if place > 0 else None,
        following=found.lines[place + 1].line if 0 <= place < len(found.lines) - 1 else None,
        chart=_chart(cycle, cycle_line, row, found.stages),
        orders=_orders(cycle, cycle_line.line),
        quotes=_quotes(cycle_line.line),
        events=_events(cycle, cycle_line),
        changes=_changes(cycle, line_id),
        thread=thread(cycle, cycle_line.line),
        sure=_sure(cycle, line_id, _ahead(found.stages, Stage.SALES, line_id)),
        assumptions=assumptions_about(cycle, cycle_line),
        owners=list(people()),
    )


# --- The chart ------------------------------------------------------------------------------


def _chart(cycle: Cycle, about: CycleLine, row: ReviewLine, stages: Mapping[Stage, Plan]) -> dict[str, Any]:
    """A year back and a year ahead: actuals, the plan as it stands, the year before, baseline and sales."""
    start = add_months(cycle.month, -PAST_MONTHS)
    ids = np.array([row.line], dtype=np.int64)
    known = history(ids, start=add_months(start, -PAST_MONTHS), before=cycle.month).quantity[0]
    plan = Stage.DEMAND_PLAN if Stage.DEMAND_PLAN in stages else Stage.EVENTS
    unknown = [None] * PAST_MONTHS
    return {
        "months": month_range(start, PAST_MONTHS + NEAR_MONTHS),
        "forecast": [False] * PAST_MONTHS + [True] * NEAR_MONTHS,
        "values": [*known[PAST_MONTHS:].tolist(), *_ahead(stages, plan, row.line)],
        "previous_year": known.tolist(),
        "baseline": [*unknown, *_ahead(stages, Stage.BASELINE, row.line)],
        "sales": [*unknown, *_ahead(stages, Stage.EVENTS, row.line)],
        "decimals": about.line.product.decimals,
        "measure": "Demand",
        "unit": "units",
        "who": f"{row.customer}, {row.product}",
        "when": f"{start:%b %Y} to {add_months(cycle.month, NEAR_MONTHS - 1):%b %Y}",
        "message": _message(row),
    }


def _ahead(stages: Mapping[Stage, Plan], stage: Stage, line: int) -> list[float]:
    quantity = stages[stage].for_lines(np.array([line], dtype=np.int64)).quantity
    return [float(value) for value in quantity[0, :NEAR_MONTHS]]


def _message(row: ReviewLine) -> str:
    if abs(row.moved) < 0.5:
        return f"Sales and the baseline agree at {row.baseline:,.0f} units for the next twelve months."
    share = f", {row.change:+.0%}" if row.baseline else ""
    words = f"Sales sees {row.events:,.0f} units in twelve months, the baseline {row.baseline:,.0f}: {row.moved:+,.0f}"
    return f"{words}{share}.".replace("-", "−")


# --- Evidence -------------------------------------------------------------------------------


def _orders(cycle: Cycle, line: Line) -> list[OrderLine]:
    """Open orders of the line, detail products and customers included, the dearest first, with the newest call."""
    rows = OrderLine.objects.filter(_of_line(line), shipped_on=None).order_by("-revenue", "code")
    newest = OrderCall.objects.filter(cycle=cycle).order_by("-id")
    return list(rows.prefetch_related(Prefetch("calls", newest, to_attr="newest_calls"))[:MOST])


def _quotes(line: Line) -> list[Opportunity]:
    return list(Opportunity.objects.filter(_of_line(line), closed_on=None).order_by("-value", "code")[:MOST])


def _of_line(line: Line) -> Q:
    product = Q(product=line.product_id) | Q(product__plan_as=line.product_id)
    return product & (Q(customer=line.customer_id) | Q(customer__plan_as=line.customer_id))


def _events(cycle: Cycle, about: CycleLine) -> list[Event]:
    """Marketing's events whose scope the line is in."""
    scope = Q(cancelled_on=None, to_month__gte=cycle.month)
    line = about.line
    parts = {"family": about.family_id, "region": about.region_id}
    parts |= {"product": line.product_id, "customer": line.customer_id}
    for name, own in parts.items():
        scope &= Q(**{name: None}) | Q(**{name: own})
    return list(Event.objects.filter(scope)[:MOST])


def _changes(cycle: Cycle, line_id: int) -> list[Change]:
    """The newest changes by sales and managers, one per moment and month."""
    rows = Change.objects.filter(cycle=cycle, line_id=line_id, stage__in=[Stage.SALES, Stage.TEAM])
    return list(rows.select_related("by__user").order_by("-id")[:MOST])


def _sure(cycle: Cycle, line_id: int, numbers: list[float]) -> str:
    """What the owner said is firm, likely and upside over the next twelve months; empty where nothing is said."""
    said = certainties(cycle, [line_id]).get(line_id)
    if said is None:
        return ""
    parts = [parts_of(number, said.firm[i], said.upside[i]) for i, number in enumerate(numbers)]
    firm = sum(part.firm or 0.0 for part in parts)
    upside = sum(part.upside or 0.0 for part in parts)
    return f"Firm {firm:,.0f} units, upside {upside:+,.0f} that is not in the plan."
