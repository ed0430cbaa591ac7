"""What the allocation rules go by: which customers are served first."""

import numpy as np
import pandas as pd
from django.db.models import Sum
from django.db.models.functions import Coalesce

from cycles.models import Cycle
from cycles.periods import add_months
from demand.matrices import Matrix
from demand.models import Booking
from supply.allocation import Rule
from supply.customer_classes import customer_classes

RULES = {
    Rule.FAIR_SHARE: ("Fair share", "Every customer gets the same share of what they wait for."),
    Rule.PRIORITY: (
        "Largest customers first",
        "Customers who together bought half of the last twelve months' value come first, then the next 30 %.",
    ),
    Rule.MARGIN: ("Highest margin first", "Lines with the most margin per unit come first."),
}


def rule_vectors(cycle: Cycle, lines: pd.DataFrame, rule: Rule) -> dict[str, Matrix]:
    """The vector a rule needs, per line; nothing for the fair share."""
    if rule is Rule.MARGIN:
        return {"margin": (lines["price"] - lines["unit_cost"]).to_numpy()}
    if rule is Rule.PRIORITY:
        return {"priority": _priority(cycle, lines)}
    return {}


def _priority(cycle: Cycle, lines: pd.DataFrame) -> Matrix:
    bought = dict(
        Booking.objects.filter(month__gte=add_months(cycle.month, -12), month__lt=cycle.month)
        .values_list(Coalesce("customer__plan_as", "customer"))
        .annotate(Sum("revenue"))
    )
    customers, row = np.unique(lines["customer_id"].to_numpy(dtype=np.int64), return_inverse=True)
    return customer_classes([bought.get(int(c), 0.0) for c in customers])[row].astype(float)
