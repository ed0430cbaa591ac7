"""What was booked in closed months, from what was measured when they closed; the rows only where nothing was."""

from collections import defaultdict
from datetime import date
from typing import Final

import numpy as np
from django.db.models import QuerySet, Sum

from cycles.periods import add_months, month_range, months_between
from demand.matrices import Matrix
from demand.models import Booking
from kpis.models import Snapshot
from kpis.selectors.month_parts import FAMILY

QUANTITY: Final = "quantity"
COMPANY: Final = "company"


def booked(start: date, months: int, measure: str) -> Matrix:
    """(months,) bookings of the company, in units or company currency; 0 in months without any."""
    values = np.zeros(months)
    calendar = month_range(start, months) if months else []
    known = dict(_measured(measure, COMPANY, calendar).values_list("month", "value"))
    rows = Booking.objects.filter(month__in=[month for month in calendar if month not in known])
    missing = dict(rows.values_list("month").annotate(Sum(_column(measure)))) if len(known) < months else {}
    for month, total in (missing | known).items():
        values[months_between(start, month)] = total or 0.0
    return values


def booked_by_family(start: date, months: int, measure: str) -> dict[str, float]:
    """Family code -> bookings of a span of months together."""
    calendar = month_range(start, months)
    totals: dict[str, float] = defaultdict(float)
    measured = set(_measured(measure, COMPANY, calendar).values_list("month", flat=True))
    for code, value in _measured(measure, FAMILY, sorted(measured)).values_list("key", "value"):
        totals[code] += value or 0.0
    if len(measured) < months:
        rows = Booking.objects.filter(month__gte=start, month__lt=add_months(start, months))
        other = rows.exclude(month__in=measured).values_list("product__family__code")
        for code, value in other.annotate(Sum(_column(measure))):
            totals[code] += value or 0.0
    return dict(totals)


def _measured(measure: str, level: str, months: list[date]) -> QuerySet[Snapshot]:
    code = "units_sold" if measure == QUANTITY else "revenue"
    return Snapshot.objects.filter(measure=code, level=level, month__in=months)


def _column(measure: str) -> str:
    return "qty" if measure == QUANTITY else "revenue"
