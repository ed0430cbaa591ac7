"""Taking what was recorded of a past cycle into it: sales input into its sales layer, calls on orders."""

from collections import defaultdict
from datetime import datetime

import numpy as np

from cycles.models import Cycle
from cycles.periods import months_between
from demand.models import (
    Change,
    LayerLine,
    Line,
    Opportunity,
    OrderCall,
    OrderLine,
    Origin,
    PastCall,
    SalesInput,
    Stage,
)
from demand.selectors.versions import version_current, version_plan
from jobs.errors import Refused


def sales_input_replay(*, cycle: Cycle, at: datetime) -> int:
    """Write the reps' recorded quantities of this cycle as their layer, each change on record; returns the cells."""
    rows = list(SalesInput.objects.filter(cycle=cycle.month).order_by("id"))
    lines = _line_of(rows)
    baseline = version_current(cycle, Stage.BASELINE)
    if baseline is None:
        raise Refused("no_baseline", f"The cycle {cycle.code} has no baseline to replay sales input on.")
    ids = np.unique(np.array(list(lines.values()), dtype=np.int64))
    base = dict(zip(ids.tolist(), version_plan(baseline, ids).quantity, strict=True))
    made = [_layer(cycle, line, inputs, base[line], at) for line, inputs in _by_line(cycle, rows, lines).items()]
    changes = [change for _, some in made for change in some]
    LayerLine.objects.bulk_create([layer for layer, _ in made])
    Change.objects.bulk_create(changes)
    return len(changes)


def calls_replay(*, cycle: Cycle, at: datetime) -> int:
    """Record the reps' past calls of this cycle on the orders and opportunities that are known; returns how many."""
    rows = list(PastCall.objects.filter(cycle=cycle.month).order_by("id"))
    codes = [row.order for row in rows]
    orders = dict(OrderLine.objects.filter(code__in=codes).values_list("code", "pk"))
    quotes = dict(Opportunity.objects.filter(code__in=codes).values_list("code", "pk"))
    calls = [
        OrderCall(
            cycle=cycle,
            order_line_id=orders.get(row.order),
            opportunity_id=None if row.order in orders else quotes[row.order],
            month=row.month,
            call=row.call,
            slips_to=row.slips_to,
            by_id=row.rep_id,
            at=at,
        )
        for row in rows
        if row.order in orders or row.order in quotes
    ]
    return len(OrderCall.objects.bulk_create(calls))


def _by_line(cycle: Cycle, rows: list[SalesInput], lines: dict[tuple[int, int], int]) -> dict[int, list[SalesInput]]:
    by_line: defaultdict[int, list[SalesInput]] = defaultdict(list)
    for row in rows:
        line = lines.get((row.customer_id, row.product_id))
        if line is not None and 0 <= months_between(cycle.month, row.month) < cycle.horizon:
            by_line[line].append(row)
    return by_line


def _line_of(rows: list[SalesInput]) -> dict[tuple[int, int], int]:
    customers = {row.customer_id for row in rows}
    found = Line.objects.filter(customer_id__in=customers).values_list("customer_id", "product_id", "pk")
    wanted = {(row.customer_id, row.product_id) for row in rows}
    return {(c, p): pk for c, p, pk in found if (c, p) in wanted}


def _layer(
    cycle: Cycle, line: int, inputs: list[SalesInput], base: np.ndarray, at: datetime
) -> tuple[LayerLine, list[Change]]:
    quantity: list[float | None] = [None] * cycle.horizon
    changes = []
    for row in inputs:
        position = months_between(cycle.month, row.month)
        quantity[position] = row.qty
        changes.append(
            Change(
                cycle=cycle,
                stage=Stage.SALES,
                line_id=line,
                month=row.month,
                before=float(base[position]),
                after=row.qty,
                reason=row.reason,
                origin=Origin.REPLAY,
                by_id=row.rep_id,
                at=at,
            )
        )
    layer = LayerLine(
        cycle=cycle,
        stage=Stage.SALES,
        line_id=line,
        quantity=quantity,
        reason=inputs[-1].reason,
        changed_by_id=inputs[-1].rep_id,
        changed_at=at,
    )
    return layer, changes
