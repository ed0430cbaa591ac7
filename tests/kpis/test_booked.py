"""What was booked: the same from stored measures, from the rows, and from both together."""

from datetime import UTC, date, datetime

import numpy as np
import pytest
from django.db.models import Sum

from cycles.periods import month_range
from demand.models import Booking
from kpis.selectors.booked import booked, booked_by_family
from kpis.services.snapshots import measures_take
from tests.cast import Cast

pytestmark = pytest.mark.django_db
START, MONTHS = date(2026, 5, 1), 6
AT = datetime(2026, 11, 2, 8, tzinfo=UTC)
COLUMNS = {"revenue": "revenue", "quantity": "qty"}


@pytest.mark.parametrize("measure", COLUMNS)
@pytest.mark.parametrize("measured", [0, 3, 6])
def test_measured_or_not_it_is_the_sum_of_the_rows(cast: Cast, measure: str, measured: int) -> None:
    if measured:
        measures_take(months=month_range(START, MONTHS)[:measured], at=AT)
    rows = Booking.objects.filter(month__gte=START)
    by_month = dict(rows.values_list("month").annotate(Sum(COLUMNS[measure])))
    by_family = dict(rows.values_list("product__family__code").annotate(Sum(COLUMNS[measure])))
    np.testing.assert_allclose(booked(START, MONTHS, measure), [by_month[m] for m in month_range(START, MONTHS)])
    assert booked_by_family(START, MONTHS, measure) == pytest.approx(by_family)


def test_measured_months_are_not_added_up_again(cast: Cast) -> None:
    measures_take(months=month_range(START, MONTHS), at=AT)
    before = booked(START, MONTHS, "revenue"), booked_by_family(START, MONTHS, "revenue")
    Booking.objects.all().delete()
    np.testing.assert_array_equal(booked(START, MONTHS, "revenue"), before[0])
    assert booked_by_family(START, MONTHS, "revenue") == before[1]


def test_a_month_without_bookings_is_zero(cast: Cast) -> None:
    assert booked(date(2030, 1, 1), 3, "revenue").tolist() == [0, 0, 0]
    assert booked(START, 0, "revenue").size == 0
    assert booked_by_family(date(2030, 1, 1), 3, "quantity") == {}
