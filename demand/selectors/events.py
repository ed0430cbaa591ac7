"""Marketing's events as the calculation wants them."""

import pandas as pd

from cycles.models import Cycle
from demand.models import Event

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
}


def events_frame(cycle: Cycle) -> pd.DataFrame:
    """The events that touch the cycle's horizon; a simulated cycle knows only those entered before it began."""
    rows = Event.objects.filter(to_month__gte=cycle.month)
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
