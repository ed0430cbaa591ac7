"""Marketing's events as the calculation wants them, and those that can be entered again."""

from dataclasses import dataclass
from datetime import date

import pandas as pd
from django.db.models import Q

from cycles.models import Cycle
from cycles.periods import add_months
from demand.models import Event, EventShape
from demand.selectors.event_advice import ended_before

COLUMNS = {
    "code": "code",
    "name": "name",
    "kind": "kind",
    "family__code": "family",
    "product__code": "product",
    "customer__code": "customer",
    "region__code": "region",
    "from_month": "from_month",
    "to_month": "to_month",
    "uplift_pct": "uplift_pct",
    "uplift_qty": "uplift_qty",
    "confidence": "confidence",
    "shape": "shape",
}


def events_frame(cycle: Cycle) -> pd.DataFrame:
    """The events that touch the cycle's horizon; a simulated cycle knows only those entered before it began."""
    dipping = Q(shape=EventShape.DIP, to_month=add_months(cycle.month, -1))
    rows = Event.objects.filter(Q(to_month__gte=cycle.month) | dipping)
    if cycle.simulated:
        rows = rows.filter(entered_on__lt=cycle.month).exclude(cancelled_on__lt=cycle.month)
    else:
        rows = rows.filter(cancelled_on=None)
    records = rows.order_by("code").values_list(*COLUMNS)
    frame = pd.DataFrame.from_records(records, columns=list(COLUMNS.values()))
    text = ["family", "product", "customer", "region"]
    frame[text] = frame[text].fillna("").astype(object)
    return frame


def events_shared(cycle: Cycle) -> bool:
    """Whether an event adds a quantity, which all its lines share, rather than a percentage of each."""
    return bool(events_frame(cycle)["uplift_qty"].notna().any())


@dataclass(frozen=True)
class Copies:
    """Last year's events as they would be entered again (event, first and last month), and why others would not."""

    rows: list[tuple[Event, date, date]]
    left_out: list[str]


def events_to_copy(cycle: Cycle) -> Copies:
    """Those of the last twelve months a year later, without those that stand there already or whose product ends."""
    standing = Event.objects.filter(cancelled_on=None)
    known = set(standing.values_list("name", "from_month"))
    rows, left_out = [], []
    for event in standing.filter(from_month__lt=cycle.month).select_related("product", "family").order_by("from_month"):
        first, last = add_months(event.from_month, 12), add_months(event.to_month, 12)
        if first < cycle.month or (event.name, first) in known:
            continue
        ended, _ = ended_before(event.product, first)
        if ended:
            left_out.append(f"{event.name}: {ended}")
        else:
            rows.append((event, first, last))
    return Copies(rows, left_out)
